"""What must be true of a disk after a cut.

The journal opens.  What it had acknowledged is there, in order; of what it had begun, the first
few writes or none, each of them whole.  Every link of its chain holds and its end is where it left
it.  What stands beside the events (open sales, used vouchers, message ids, the head mark) says what
the events say, and what was unique is refused a second time.
"""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from terminal.journal import Journal, JournalError
from terminal.journal.verify import Verdict, verify
from terminal.sale.events import (
    ChargeIntended,
    Entry,
    ReversalIntended,
    SaleOpened,
    SaleSettled,
    SaleVoided,
    VoucherAccepted,
)
from tests.power.deeds import Deed, days_of, entries_of, refuses_again
from tests.power.disk import Disk, Remains
from tests.power.lives import KEY, PATH, Cut, OpenJournal


class Result(StrEnum):
    SOUND = "sound"
    LOST = "lost"
    """Something that was acknowledged is not there."""
    CORRUPT = "corrupt"
    """It does not open, holds half a write, or contradicts itself."""


@dataclass(frozen=True, slots=True)
class Examined:
    result: Result
    detail: str
    deeds: Sequence[Deed]
    """What was found, where it is sound."""
    again: Cut | None
    """A cut in the course of this very examination."""


BREAKS = (JournalError, sqlite3.DatabaseError, AssertionError, TypeError, ValueError)
"""What a journal raises that is not whole: junk in a page breaks more than its own checks."""


class _Unsound(Exception):
    def __init__(self, result: Result, detail: str) -> None:
        super().__init__(result, detail)
        self.result, self.detail = result, detail


def examine(
    cut: Cut, open_journal: OpenJournal, rng: random.Random, *, cut_again: bool = False
) -> Examined:
    """Opens what the cut left, looks at everything, and closes it.

    cut_again  whether to set a cut aside for one of the disk's operations meanwhile
    """
    disk = Disk(cut.image)
    left: tuple[str, Remains] | None = None
    during, operations = "opening after a cut", 0

    def moment(*_: str) -> None:
        nonlocal left, operations
        operations += 1
        # Each operation is as likely as any other, however many there will be.
        if rng.randrange(operations) == 0:
            left = during, disk.cut(rng)

    if cut_again:
        disk.before = moment
    try:
        with open_journal(disk) as journal:
            deeds = _found(journal, cut)
            _look(journal, deeds, rng)
            during = "closing after a cut"
    except _Unsound as exc:
        return Examined(exc.result, exc.detail, (), None)
    except BREAKS as exc:
        return Examined(Result.CORRUPT, repr(exc), (), None)
    again = Cut(left[1].image, left[1].torn, left[0], deeds, ()) if left else None
    return Examined(Result.SOUND, "", deeds, again)


def examine_with_the_standard_library(cut: Cut, folder: Path) -> Examined:
    """The same with `sqlite3` on real files: the SQLite that a till runs on."""
    for old in folder.iterdir():
        old.unlink()
    for name, content in cut.image.items():
        (folder / name).write_bytes(content)
    try:
        with Journal(folder / PATH.name, KEY) as journal:
            deeds = _found(journal, cut)
            _look(journal, deeds, random.Random(0))
    except _Unsound as exc:
        return Examined(exc.result, exc.detail, (), None)
    except BREAKS as exc:
        return Examined(Result.CORRUPT, repr(exc), (), None)
    return Examined(Result.SOUND, "", deeds, None)


def _found(journal: Journal, cut: Cut) -> Sequence[Deed]:
    entries = journal.all_entries()
    days = list(
        map(tuple, journal._db.execute("SELECT z, last_seq, body FROM days ORDER BY z").fetchall())
    )
    for count in range(len(cut.begun) + 1):
        deeds = (*cut.acknowledged, *cut.begun[:count])
        if entries == entries_of(deeds) and days == days_of(deeds):
            return deeds
    promised, promised_days = entries_of(cut.acknowledged), days_of(cut.acknowledged)
    kept = entries[: len(promised)] == promised and days[: len(promised_days)] == promised_days
    told = f"{len(entries)} events and {len(days)} days, promised {len(promised)} and "
    told += f"{len(promised_days)}, begun {len(entries_of(cut.begun))}"
    raise _Unsound(Result.CORRUPT if kept else Result.LOST, told)


def _look(journal: Journal, deeds: Sequence[Deed], rng: random.Random) -> None:
    entries = entries_of(deeds)
    finding = verify(journal._db, KEY)
    if finding.verdict is not Verdict.INTACT or finding.seq != len(entries):
        raise _Unsound(Result.CORRUPT, f"chain: {finding}")
    pages = journal._db.execute("PRAGMA integrity_check").fetchone()[0]
    if pages != "ok":
        raise _Unsound(Result.CORRUPT, f"pages: {pages}")
    if (beside := _beside(journal)) != _implied(entries):
        raise _Unsound(Result.CORRUPT, f"beside the events: {beside}")
    for deed in rng.sample(deeds, min(2, len(deeds))):
        refuses_again(journal, deed)


Beside = tuple[dict[str, str], set[tuple[str, str, str]], set[tuple[str, str]]]
"""State of each sale, used vouchers, message ids."""


def _beside(journal: Journal) -> Beside:
    rows = journal._db.execute
    return (
        dict(rows("SELECT sale_id, state FROM sales").fetchall()),
        set(map(tuple, rows("SELECT issuer, voucher_id, sale_id FROM used_vouchers").fetchall())),
        set(map(tuple, rows("SELECT message_id, sale_id FROM message_ids").fetchall())),
    )


def _implied(entries: Sequence[Entry]) -> Beside:
    states: dict[str, str] = {}
    vouchers: set[tuple[str, str, str]] = set()
    messages: set[tuple[str, str]] = set()
    for sale_id, event in ((entry.sale_id, entry.event) for entry in entries):
        match event:
            case SaleOpened():
                states[sale_id] = "open"
            case SaleSettled():
                states[sale_id] = "settled"
            case SaleVoided():
                states[sale_id] = "voided"
            case VoucherAccepted(issuer=issuer, voucher_id=voucher_id):
                vouchers.add((issuer, voucher_id, sale_id))
            case ChargeIntended(key=key) | ReversalIntended(reversal_key=key):
                messages.add((key, sale_id))
            case _:
                pass
    return states, vouchers, messages
