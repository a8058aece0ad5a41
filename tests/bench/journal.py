"""What the journal costs beside bare SQLite, and how long a till with a long one takes to start.

    python -m tests.bench.journal [--appends 2000] [--events 500000] [--folder DIR]

One JSON object:

    append      one event an append, beside bare SQLite with the same pragmas that inserts one row
                of the same size in one transaction.  They alternate in blocks of the same run, so a
                busy machine slows them all; a ratio is the median over the blocks.  In between
                stands `same_rows`: bare SQLite that writes what the journal writes for any event
                (its row, its unique key, the head mark).  What it costs beside `bare` is the price
                of the keys, what the journal costs beside it is the price of Python and the seals.
                `fdatasync_ms` is the disk's own: the slower it is, the nearer to 1 the ratio
    syncs       made durable by one append, counted below SQLite; and the fsyncs that `strace` saw
                of as many appends, where there is one
    start       of a new process, with a journal of so many events and ten open sales, left as by a
                till that was killed: with the file in memory, and from the disk

The folder should be on the disk the journal will be on.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import random
import re
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec

from terminal.journal import Journal
from terminal.journal.chain import key_file
from terminal.journal.schema import PRAGMAS, SCHEMA
from terminal.sale.events import (
    Account,
    ChargeApproved,
    ChargeIntended,
    Confirmed,
    Entry,
    Event,
    LineAdded,
    PersonIdentified,
    Quoted,
    SaleOpened,
    SaleSettled,
    Split,
    VoucherAccepted,
)
from terminal.sale.money import Fen
from tests.power.disk import Disk
from tests.power.lives import real_journal

BLOCK = 50
OPEN_SALES = 10
STARTS = 5
BATCH = 2000
STRACED = 100


def sale(number: int) -> list[Entry]:
    """Everything that happens in an ordinary sale: three boxes, fund, own account, no cash."""
    at, key = "2026-01-02T03:04:05+00:00", f"H63010000001202601020304{number:010d}"
    split = Split(Fen(2000), Fen(3550))
    bought: list[Event] = [
        LineAdded(line, "6901234567892", "阿莫西林胶囊 0.25g*24粒", Fen(1850), 1, "XJ01CAA0", "甲")
        for line in (1, 2, 3)
    ]
    happened: list[Event] = [
        SaleOpened(at),
        *bought,
        VoucherAccepted(
            "qh-test", f"{number:032x}", f"{number % 500:032x}", "王*", "630100", "310", False,
            "wechat", 1_800_000_000,
        ),
        PersonIdentified("SBX0000000001", "310", "630100", "王*", Fen(528640)),
        Quoted(Fen(5550), Fen(2000), Fen(3550), Fen(0)),
        Confirmed(),
        ChargeIntended(key, Account.INSURANCE, Fen(5550), f"{number:064x}"),
        ChargeApproved(key, f"S{number:020d}", f"V{number:020d}", split, Fen(1)),
        SaleSettled(at),
    ]  # fmt: skip
    return [Entry(f"{number:014d}", n, event) for n, event in enumerate(happened, start=1)]


def entries(first: int = 0) -> Iterator[Entry]:
    for number in itertools.count(first):
        yield from sale(number)


def bare(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None)
    for pragma in PRAGMAS:
        db.execute(pragma)
    return db


def contenders(
    journal: Journal, one: sqlite3.Connection, same: sqlite3.Connection
) -> dict[str, Callable[[], None]]:
    """Each writes the next event, durably, when it is called."""
    one.execute("CREATE TABLE rows (seq INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT")
    for statement in SCHEMA.split(";"):
        same.execute(statement)
    same.execute("INSERT INTO marks VALUES ('head', '')")
    coming = {name: entries() for name in ("journal", "same_rows", "bare")}
    head, link = f"1:{'0' * 64}", bytes(32)

    def insert() -> None:
        entry = next(coming["bare"])
        # As long as the journal's row of this event: names, body, and 32 bytes of link.
        kind, body = type(entry.event).__name__, msgspec.json.encode(entry.event).decode()
        one.execute("BEGIN IMMEDIATE")
        row = entry.sale_id + kind + body + "x" * len(link)
        one.execute("INSERT INTO rows (body) VALUES (?)", (row,))
        one.execute("COMMIT")

    def insert_the_same() -> None:
        entry = next(coming["same_rows"])
        kind, body = type(entry.event).__name__, msgspec.json.encode(entry.event).decode()
        row = (entry.sale_id, entry.version, kind, body, link)
        same.execute("BEGIN IMMEDIATE")
        same.execute(
            "INSERT INTO events (sale_id, version, type, body, link) VALUES (?, ?, ?, ?, ?)", row
        )
        same.execute("UPDATE marks SET value = ? WHERE name = 'head'", (head,))
        same.execute("COMMIT")

    return {
        "journal": lambda: journal.append(next(coming["journal"])),
        "same_rows": insert_the_same,
        "bare": insert,
    }


def measure_appends(folder: Path, appends: int) -> dict[str, float]:
    chance = random.Random(1)
    with (
        Journal(folder / "journal.db") as journal,
        closing(bare(folder / "bare.db")) as one,
        closing(bare(folder / "same.db")) as same,
    ):
        each = contenders(journal, one, same)
        blocks: dict[str, list[float]] = {name: [] for name in each}
        for _ in range(appends // BLOCK):
            for name in chance.sample(sorted(each), len(each)):
                began = time.perf_counter()
                for _ in range(BLOCK):
                    each[name]()
                blocks[name].append(1000 * (time.perf_counter() - began) / BLOCK)
    figures: dict[str, float] = {}
    for name, taken in blocks.items():
        figures[f"{name}_commits_per_second"] = round(1000 / statistics.median(taken), 1)
        figures[f"{name}_ms"] = round(statistics.median(taken), 3)
    for name in ("bare", "same_rows"):
        ratios = [b / j for j, b in zip(blocks["journal"], blocks[name], strict=True)]
        figures[f"ratio_to_{name}"] = round(statistics.median(ratios), 3)
    return figures | {"fdatasync_ms": fdatasync_ms(folder / "sync")}


def fdatasync_ms(path: Path) -> float:
    """The median of writing a page over itself and waiting for the disk."""
    taken = []
    with path.open("wb", buffering=0) as file:
        file.write(bytes(4096))
        for _ in range(200):
            file.seek(0)
            file.write(bytes(4096))
            began = time.perf_counter()
            os.fdatasync(file.fileno())
            taken.append(1000 * (time.perf_counter() - began))
    return round(statistics.median(taken), 3)


def count_syncs(folder: Path) -> dict[str, object]:
    disk = Disk()
    coming = entries()
    with real_journal(disk) as journal:
        before = disk.syncs
        for _ in range(20):
            journal.append(next(coming))
        few = disk.syncs - before
        for _ in range(1980):
            journal.append(next(coming))
        many = disk.syncs - before
    return {
        "per_append": few / 20,
        "per_append_with_checkpoints": many / 2000,
        "strace": _straced(folder),
    }


def _straced(folder: Path) -> float | None:
    """fsyncs and fdatasyncs of one append, the cost of opening and closing taken off."""
    if not shutil.which("strace"):
        return None
    counts = []
    for appends in (0, STRACED):
        log = folder / f"strace-{appends}"
        command = ["strace", "-f", "-c", "-e", "trace=fsync,fdatasync", "-o", str(log)]
        words = ["-m", "tests.bench.journal", "--only-append", str(appends)]
        words += ["--folder", str(folder / f"straced-{appends}")]
        done = subprocess.run([*command, sys.executable, *words], check=False)
        if done.returncode:
            return None
        calls = re.findall(r"^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+).*sync$", log.read_text(), re.M)
        counts.append(sum(map(int, calls)))
    return (counts[1] - counts[0]) / STRACED


def only_append(folder: Path, appends: int) -> None:
    """For `strace`: so many appends and no checkpoint among them."""
    with Journal(folder / "journal.db") as journal:
        journal._db.execute("PRAGMA wal_autocheckpoint = 0")
        for entry in itertools.islice(entries(), appends):
            journal.append(entry)


def make_long(path: Path, events: int) -> None:
    """A journal of that many events and ten open sales.  Ends like a killed till: no checkpoint."""
    journal = Journal(path)
    waiting: list[Entry] = []
    length = len(sale(0))
    sales = events // length
    for number in range(sales):
        # The open sales are spread over the whole journal: the oldest is at its beginning.
        opens = number % (sales // OPEN_SALES) == 0 and number // (sales // OPEN_SALES) < OPEN_SALES
        waiting += sale(number)[: length - opens]
        if len(waiting) >= BATCH or number == sales - 1:
            journal.append(*waiting)
            waiting.clear()
    for entry in itertools.islice(entries(sales), 3 * length):
        journal.append(entry)
    os._exit(0)


_START = """
import json, sys, time
began = time.perf_counter()
from pathlib import Path
from terminal.cli import run
from terminal.checkout.book import Book
from terminal.checkout.disk import WriterThread
from terminal.journal import LATEST_TIME, Journal
from terminal.journal.room import Room
imported = time.perf_counter()
path = Path(sys.argv[1])
journal = Journal(path, room=Room(path))
opened = time.perf_counter()
journal.mark(LATEST_TIME), journal.latest_message_id(), journal.greatest_sale_id()
asked = time.perf_counter()
book = Book(journal, WriterThread())
folded = time.perf_counter()
print(json.dumps({
    "import_seconds": imported - began,
    "open_seconds": opened - imported,
    "greatest_ids_seconds": asked - opened,
    "fold_open_sales_seconds": folded - asked,
    "journal_seconds": folded - imported,
    "open_sales": len(book.open),
}))
"""
"""What `gongji run` does before it signs in, by stage."""


def measure_starts(folder: Path, events: int) -> dict[str, Any]:
    long = folder / "long.db"
    began = time.perf_counter()
    words = ["-m", "tests.bench.journal", "--only-make", str(events), "--folder", str(folder)]
    subprocess.run([sys.executable, *words], check=True)
    made: dict[str, Any] = {
        "events": events,
        "bytes": long.stat().st_size,
        "making_it_seconds": round(time.perf_counter() - began, 1),
    }
    for name, cold in (("from_memory", False), ("from_disk", True)):
        starts = [_start(long, folder / "copy", cold=cold) for _ in range(STARTS)]
        made[name] = {
            key: round(statistics.median(start[key] for start in starts), 4) for key in starts[0]
        }
    return made


def _start(long: Path, folder: Path, *, cold: bool) -> dict[str, float]:
    """One start, on a copy: each finds the log that the killed till left."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    parts = [long, long.with_name(long.name + "-wal"), key_file(long)]
    for part in parts:
        shutil.copyfile(part, folder / part.name)
        if cold:
            _drop_from_memory(folder / part.name)
    command = [sys.executable, "-c", _START, str(folder / long.name)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    told: dict[str, float] = json.loads(done.stdout)
    return told


def _drop_from_memory(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
        os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(handle)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.journal")
    parser.add_argument("--appends", type=int, default=2000)
    parser.add_argument("--events", type=int, default=500_000)
    parser.add_argument("--folder", type=Path, help="where the journals are made")
    parser.add_argument("--only-append", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--only-make", type=int, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.only_append is not None:
        only_append(args.folder, args.only_append)
        return 0
    if args.only_make is not None:
        make_long(args.folder / "long.db", args.only_make)
    with tempfile.TemporaryDirectory(prefix="gongji-bench-", dir=args.folder) as name:
        folder = Path(name)
        figures = {
            "append": measure_appends(folder, args.appends),
            "syncs": count_syncs(folder),
            "start": measure_starts(folder, args.events),
            "sqlite": sqlite3.sqlite_version,
        }
    print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
