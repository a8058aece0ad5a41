"""What the client costs beside a bare POST, and what the sandbox bears.

    python -m tests.bench.platform [--settlements 300] [--terminals 200] [--sales 1000]
                                   [--db FILE | --postgres]

One JSON object:

    client      a settlement through the till's client (prepared, sent, read, added up) beside a
                bare httpx POST of the very same bytes to the same server, in turns, medians.
                Every message is one the server has answered before, so both meet the same work:
                the first answer again.  Both open a new connection each time, as the client does
                on purpose; `kept_ratio` is beside a bare POST on a kept connection
    sandbox     sales a second (a fresh voucher, 1101, 2101, 2102 each) by so many terminals at
                once, each on a connection of its own, and whether every account adds up
                afterwards; --postgres: on a server of its own, as Debian sets one up.
                `processor_ms_per_sale` is of the sandbox's process, whatever else the machine does

The sandbox is a process of its own: `gongji sandbox`.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import msgspec

from terminal.config import SHIPPED, load_profile
from terminal.sale.events import (
    Account,
    LineAdded,
    PersonIdentified,
    SaleOpened,
    VoucherAccepted,
)
from terminal.sale.evolve import evolve
from terminal.sale.money import Fen
from terminal.sale.sale import Sale, Tender
from terminal.settlement.client import Platform
from terminal.settlement.dialect import MessageIds, Sender
from terminal.settlement.outcome import Approved
from tests import postgres
from tests.bench.connection import Connection
from tests.sandbox.counter import CALL_SERVICE, Clock, Counter, audit

SHOP = "P63010200001"
PEOPLE = ("employee", "employee-short", "employee-both-short", "employee-empty", "resident")
JSON = {"Content-Type": "application/json"}


class RealClock(Clock):
    """The counter's clock, running."""

    @property
    def now(self) -> float:
        return time.time()

    @now.setter
    def now(self, moment: float) -> None:
        return


@contextmanager
def sandbox(*options: str) -> Iterator[str]:
    """Its url."""
    with sandbox_process(*options) as (url, _):
        yield url


@contextmanager
def sandbox_process(*options: str) -> Iterator[tuple[str, int]]:
    """Its url and its process."""
    command = [sys.executable, "-m", "terminal.cli", "sandbox", "--port", "0", "--until-eof"]
    with subprocess.Popen(
        [*command, *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        assert process.stdout
        assert process.stdin
        yield json.loads(process.stdout.readline())["sandbox"], process.pid
        process.stdin.close()


def _sale(sale_id: str, voucher: dict[str, object], who: dict[str, object]) -> Sale:
    """Three lines and an identified customer."""
    events = [
        SaleOpened(datetime.now(UTC).isoformat(timespec="seconds")),
        LineAdded(1, "6901234567892", "a", Fen(1850), 1, "XJ01CAA040E001010300001", "甲"),
        LineAdded(2, "6909876543212", "b", Fen(3280), 1, "ZA01BAL0189010200001", "乙"),
        LineAdded(3, "6971234567895", "c", Fen(990), 1),
        VoucherAccepted(
            "qh-test", str(voucher["voucher_id"]), "0" * 32, "x", "630100", "310", False, "", 0
        ),
        PersonIdentified(str(who["psn_no"]), "310", "630100", "x", None),
    ]
    sale = None
    for event in events:
        sale = evolve(sale, sale_id, event)
    assert sale
    return sale


async def client(url: str, settlements: int) -> dict[str, object]:
    profile = msgspec.structs.replace(load_profile("sandbox-splits", SHIPPED), url=url)
    sender = Sender(SHOP, "店", "630102", "0001", "员", "SBX", "V1.0", "00:00:5e:00:53:01", "::1")

    def now() -> datetime:
        return datetime.now(UTC)

    platform = Platform(profile, sender, now, MessageIds(SHOP, 1, now))
    spent: dict[str, list[float]] = {"client": [], "bare": [], "kept": []}
    anew = httpx.Limits(max_keepalive_connections=0)
    async with (
        httpx.AsyncClient(base_url=url, limits=anew, trust_env=False) as bare,
        httpx.AsyncClient(base_url=url, trust_env=False) as kept,
    ):
        who = (await kept.get("/people")).json()[0]
        for number in range(settlements):
            voucher = (await kept.get("/vouchers/new", params={"person": "employee"})).json()
            sale = _sale(f"{number:014d}", voucher, who)
            await platform.identify(sale)
            request = platform.prepare(sale, Account.INSURANCE, sale.total_fen)
            tender = Tender(request.msgid, Account.INSURANCE, sale.total_fen)
            assert isinstance(await platform.submit(request, sale, tender), Approved)
            for turn in itertools.islice(itertools.cycle(spent), number, number + 3):
                began = time.perf_counter()
                if turn == "client":
                    platform.prepare(sale, Account.INSURANCE, sale.total_fen)
                    assert isinstance(await platform.submit(request, sale, tender), Approved)
                else:
                    http = bare if turn == "bare" else kept
                    answer = await http.post(CALL_SERVICE, content=request.body, headers=JSON)
                    assert answer.status_code == 200
                spent[turn].append(time.perf_counter() - began)
            # The employee's account is for one basket, not for hundreds.
            await kept.post("/_adjust", json={"account": "own:employee", "amount_fen": 3239})
    await platform.close()
    medians = {name: statistics.median(times) for name, times in spent.items()}
    return {
        "settlements": settlements,
        **{f"{name}_ms": round(median * 1000, 3) for name, median in medians.items()},
        "ratio": round(medians["client"] / medians["bare"], 3),
        "kept_ratio": round(medians["client"] / medians["kept"], 3),
    }


def processor_seconds(pid: int) -> float:
    """What a process has used; proc(5), `stat`, fields 14 and 15."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def load(url: str, pid: int, terminals: int, sales: int) -> dict[str, object]:
    numbers = iter(range(sales))
    institutions = [f"P630102{number:05d}" for number in range(1, terminals + 1)]

    async def terminal(line: Connection, institution: str) -> int:
        counter, done = Counter(line, RealClock(), institution), 0
        while (number := next(numbers, None)) is not None:
            customer = await counter.scan(PEOPLE[number % len(PEOPLE)])
            assert (await counter.quote(customer)).code == 0
            assert (await counter.settle(customer)).code == 0
            done += 1
        return done

    lines = [await Connection.to(url) for _ in institutions]
    began, used_before = time.perf_counter(), processor_seconds(pid)
    done = await asyncio.gather(*map(terminal, lines, institutions))
    seconds = time.perf_counter() - began
    used = processor_seconds(pid) - used_before
    books = (await lines[0].get("/ledger")).json()
    for line in lines:
        await line.close()
    audit(books)
    return {
        "terminals": terminals,
        "sales": sum(done),
        "sales_per_second": round(sum(done) / seconds, 1),
        "processor_ms_per_sale": round(used / sum(done) * 1000, 2),
        "settlements_in_ledger": len(books["settlements"]),
        "books_add_up": True,
    }


@contextmanager
def database_of(args: argparse.Namespace) -> Iterator[str]:
    with ExitStack() as stack:
        if args.postgres:
            yield stack.enter_context(postgres.server())
        else:
            folder = stack.enter_context(TemporaryDirectory())
            yield args.db or f"{folder}/ledger.db"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.platform", description=__doc__)
    parser.add_argument("--settlements", type=int, default=300)
    parser.add_argument("--terminals", type=int, default=200)
    parser.add_argument("--sales", type=int, default=1000)
    database = parser.add_mutually_exclusive_group()
    database.add_argument("--db", help="the sandbox's database file (default: a temporary one)")
    database.add_argument("--postgres", action="store_true")
    args = parser.parse_args()
    with sandbox("--fund-ratio", "0.6") as url:
        measured: dict[str, object] = {"client": asyncio.run(client(url, args.settlements))}
    with database_of(args) as name, sandbox_process("--db", name) as (url, pid):
        measured["sandbox"] = asyncio.run(load(url, pid, args.terminals, args.sales))
    print(json.dumps(measured, indent=1))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
