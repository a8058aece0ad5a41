"""Every short sequence of network faults, on both kinds of platform, for customers of every kind.

Faults strike the messages that move money or say what became of it.  Whatever the sequence, at
the end the journal and the platform's ledger agree to the fen, and nothing is left open.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx
import msgspec
import pytest

from terminal.cli.build import Plan
from terminal.sale.commands import Cancel, Confirm, TakeCash
from terminal.sale.events import Account, ChargeUnknown, SaleSettled, SaleVoided
from terminal.sale.sale import Sale
from terminal.sale.steps import Phase
from tests.audit import disagreements
from tests.till import Till, make_plan, open_test_till, sandbox_app

FAULTS = ("", "request lost", "reply lost", "5xx before", "5xx after", "garbled", "refused")
MONEY = ("2102", "2103", "2601", "X101", "X102")


class Faulty(httpx.AsyncBaseTransport):
    """Strikes the first messages that move money, in order, with the given faults."""

    def __init__(self, inner: httpx.AsyncBaseTransport, faults: Sequence[str]) -> None:
        self._inner = inner
        self._faults: Iterator[str] = iter(faults)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        infno = msgspec.json.decode(request.content)["infno"]
        fault = next(self._faults, "") if infno in MONEY else ""
        match fault:
            case "refused":
                raise httpx.ConnectError("connection refused")
            case "request lost":
                raise httpx.ReadTimeout("lost")
            case "5xx before":
                return httpx.Response(503)
        response = await self._inner.handle_async_request(request)
        await response.aread()
        match fault:
            case "reply lost":
                raise httpx.ReadError("lost")
            case "5xx after":
                return httpx.Response(502, text="<html>bad gateway</html>")
            case "garbled":
                return httpx.Response(200, content=response.content[:-9])
        return response


async def serve(till: Till, person: str, ending: str) -> None:
    """What a patient clerk does: tries again after a stop, then cash, or gives up."""
    await till.quoted(person)
    tries = 0
    while sale := till.checkout.sale:
        await till.until_resolved()
        phase = till.checkout.phase
        tries += 1
        if phase in (Phase.QUOTED, Phase.LAPSED) and tries <= 3:
            await till.do(Confirm())
        elif phase is Phase.REFUSED and tries <= 3:
            await till.do(Confirm() if ending == "cash" else Cancel())
        elif phase is Phase.CASH_DUE and ending == "cash":
            await till.do(TakeCash())
        elif till.checkout.sale is sale:
            await till.do(Cancel())
    await till.until_resolved()


def closed(till: Till) -> list[object]:
    return [h for h in till.happened if isinstance(h, SaleSettled | SaleVoided)]


async def run(
    path: Path, made: Plan, person: str, faults: Sequence[str], ending: str
) -> tuple[Till, Sale]:
    app = sandbox_app()
    transport = Faulty(httpx.ASGITransport(app=app), faults)
    async with open_test_till(path, app, made=made, transport=transport) as till:
        await serve(till, person, ending)
        entries = await till.checkout.everything()
        assert disagreements(entries, await till.ledger()) == [], faults
        assert len(closed(till)) == 1
        sale = await till.checkout.find(entries[-1].sale_id)
        assert sale
        app.state.store.close()
        return till, sale


@pytest.mark.parametrize("profile", ["sandbox", "sandbox-splits"])
@pytest.mark.parametrize("ending", ["cash", "cancel"])
@pytest.mark.parametrize("person", ["employee", "employee-both-short"])
async def test_every_pair_of_faults(tmp_path: Path, profile: str, person: str, ending: str) -> None:
    made = make_plan(profile)
    for number, faults in enumerate(itertools.product(FAULTS, repeat=2)):
        await run(tmp_path / str(number), made, person, faults, ending)
    assert number == len(FAULTS) ** 2 - 1


@pytest.mark.parametrize("fault", FAULTS[1:])
@pytest.mark.parametrize("position", range(6))
async def test_one_fault_at_each_message_of_the_longest_sale(
    tmp_path: Path, fault: str, position: int
) -> None:
    faults = [""] * position + [fault]
    await run(tmp_path / "j", make_plan(), "employee-both-short", faults, "cash")


async def test_a_lost_reply_is_found_again_and_nothing_is_charged_anew(tmp_path: Path) -> None:
    till, sale = await run(tmp_path / "j", make_plan(), "employee", ["", "reply lost"], "cash")
    assert [t.account for t in sale.tenders] == [Account.FUND, Account.PERSONAL]
    assert len(till.told(ChargeUnknown)) == 1
    assert sale.settled


async def test_a_request_that_never_left_may_be_tried_again_at_once(tmp_path: Path) -> None:
    till, sale = await run(tmp_path / "j", make_plan(), "employee", ["refused"], "cash")
    assert till.told(ChargeUnknown) == []
    assert sale.settled
