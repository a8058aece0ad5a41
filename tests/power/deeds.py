"""What the journal is asked to write: many small sales at once, as a busy counter would.

A deed is one durable write: the entries of one append, or a day's end.  Sales go through the events
that leave a mark outside the list of events: vouchers, message ids, open and closed.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from terminal.journal import Journal, StaleVersion, VoucherUsed
from terminal.sale.events import (
    UNPAID,
    Account,
    CancelRequested,
    ChargeApproved,
    ChargeDeclined,
    ChargeIntended,
    ChargeUnknown,
    Decline,
    Entry,
    Event,
    LineAdded,
    ReversalIntended,
    SaleOpened,
    SaleSettled,
    SaleVoided,
    VoucherAccepted,
)
from terminal.sale.money import Fen


@dataclass(frozen=True, slots=True)
class Append:
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class DayEnd:
    report: str


Deed = Append | DayEnd


def entries_of(deeds: Iterable[Deed]) -> list[Entry]:
    return [entry for deed in deeds if isinstance(deed, Append) for entry in deed.entries]


def days_of(deeds: Iterable[Deed]) -> list[tuple[int, int, str]]:
    """Number, last event and report of each day."""
    days: list[tuple[int, int, str]] = []
    last_seq = 0
    for deed in deeds:
        match deed:
            case Append(entries):
                last_seq += len(entries)
            case DayEnd(report):
                days.append((len(days) + 1, last_seq, report))
    return days


def perform(journal: Journal, deed: Deed) -> None:
    match deed:
        case Append(entries):
            journal.append(*entries)
        case DayEnd(report):
            journal.close_day(report)


def refuses_again(journal: Journal, deed: Deed) -> None:
    """Raises AssertionError where the journal takes a second time what it holds already."""
    if isinstance(deed, DayEnd):
        return
    for entry in deed.entries:
        version = entry.version
        if isinstance(entry.event, VoucherAccepted | ChargeIntended | ReversalIntended):
            # A free version, so that only the voucher's or the message's own key can refuse.
            version = 1_000_000
        try:
            journal.append(Entry(entry.sale_id, version, entry.event))
        except (StaleVersion, VoucherUsed):
            continue
        raise AssertionError(f"taken twice: {entry}")


class Counter:
    """Makes deeds that may follow what the journal holds."""

    def __init__(self, rng: random.Random, held: Iterable[Entry] = ()) -> None:
        self._rng = rng
        self._number = 0
        """Of the latest sale, voucher or message: no two share one."""
        self._versions: dict[str, int] = {}
        self._open: list[str] = []
        for entry in held:
            self._note(entry)

    def next(self) -> Deed:
        if self._rng.random() < 0.04:
            return DayEnd(f'{{"note":"{"日" * self._rng.randrange(200)}"}}')
        entries: list[Entry] = []
        for _ in range(self._rng.choice((1, 1, 1, 1, 2, 2, 3, 6))):
            for sale_id, event in self._happening():
                entry = Entry(sale_id, self._versions.get(sale_id, 0) + 1, event)
                self._note(entry)
                entries.append(entry)
        return Append(tuple(entries))

    def _note(self, entry: Entry) -> None:
        self._number += 1
        self._versions[entry.sale_id] = entry.version
        match entry.event:
            case SaleOpened():
                self._open.append(entry.sale_id)
            case SaleSettled() | SaleVoided():
                self._open.remove(entry.sale_id)
            case _:
                pass

    def _happening(self) -> Iterator[tuple[str, Event]]:
        rng, fresh = self._rng, self._number
        if not self._open or (len(self._open) < 5 and rng.random() < 0.25):
            yield f"sale-{fresh}", SaleOpened(f"2026-01-02T03:{fresh % 60:02d}:05+00:00")
            return
        sale_id = rng.choice(self._open)
        # Now and then one that fills pages: a long text takes the overflow pages of SQLite.
        words = "字" * rng.choice((0, 3, 40, 3000))
        charge = ChargeIntended(f"m{fresh}", Account.PERSONAL, Fen(1250), f"{fresh:064x}")
        event: Event = rng.choice(
            (
                LineAdded(fresh, "6901234567892", f"药 {fresh}", Fen(1850), 1),
                VoucherAccepted(
                    "qh-test", f"{fresh:032x}", f"{fresh:032x}", "王*", "630100", "310", False,
                    "wechat", 1_800_000_000,
                ),
                charge,
                ReversalIntended("m", f"m{fresh}"),
                ChargeApproved(f"m{fresh}", f"s{fresh}", "v", UNPAID, None),
                ChargeDeclined(f"m{fresh}", Decline.REFUSED, Fen(0), words),
                ChargeUnknown(f"m{fresh}", words[:40]),
                CancelRequested("clerk"),
                SaleSettled("2026-01-02T04:00:00+00:00"),
                SaleVoided("2026-01-02T04:00:00+00:00"),
            )
        )  # fmt: skip
        yield sale_id, event
