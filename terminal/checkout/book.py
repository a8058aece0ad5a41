"""The open sales, and the one way to change them: refuse, write, apply, tell.

So whatever was shown had already happened, and whatever happened is on disk.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import msgspec

from terminal.checkout.disk import Disk
from terminal.journal import Journal
from terminal.sale.answers import DayRead, SaleRow
from terminal.sale.day import DayReport, totals
from terminal.sale.events import DayClosed, Entry, Event, Notice
from terminal.sale.evolve import evolve, fold
from terminal.sale.money import Fen
from terminal.sale.sale import Sale
from terminal.sale.statement import Reconciliation
from terminal.text import visible

T = TypeVar("T")
Subscriber = Callable[[Event | Notice, Sale | None], None]


class Book:
    def __init__(self, journal: Journal, disk: Disk) -> None:
        """Folds what the journal holds of the sales that are not closed."""
        self._journal, self._disk = journal, disk
        self._subscribers: list[Subscriber] = []
        self.open: dict[str, Sale] = {}
        self.last: Sale | None = None
        """The sale settled latest, as it stands now."""
        self.unprinted: Sale | None = None
        """The sale settled latest before this start, where no slip of it left the till."""
        for entry in journal.open_entries():
            before = self.open.get(entry.sale_id)
            self.open[entry.sale_id] = evolve(before, entry.sale_id, entry.event)
        assert not any(sale.closed for sale in self.open.values())
        if latest := journal.latest_settled():
            self.last = fold(journal.entries_of(latest))
            self.unprinted = self.last if self.last and not self.last.receipts else None

    @property
    def counter(self) -> Sale | None:
        """The sale on the counter: the oldest that is not put aside and not being undone."""
        return next((s for s in self.open.values() if not (s.undoing or s.held)), None)

    @property
    def held(self) -> list[Sale]:
        """The sales put aside, oldest first."""
        return [s for s in self.open.values() if s.held and not s.undoing]

    @property
    def undoing(self) -> list[Sale]:
        """The sales that are being cancelled or refunded, oldest first."""
        return [s for s in self.open.values() if s.undoing]

    def subscribe(self, callback: Subscriber) -> None:
        self._subscribers.append(callback)

    def tell(self, happened: Event | Notice, sale: Sale | None = None) -> None:
        """Tells every subscriber; a notice about no sale in particular comes with the one on the
        counter."""
        for callback in self._subscribers:
            callback(happened, sale or self.counter)

    async def record(self, sale_id: str, *events: Event) -> None:
        """All events in one durable write.

        Raises IllegalEvent where one cannot follow, VoucherUsed where a voucher among them opened
        another sale, JournalError where the disk refuses.  Nothing has happened then.
        """
        await self.record_each(*((sale_id, event) for event in events))

    async def record_each(self, *changes: tuple[str, Event], closed: Sale | None = None) -> None:
        """As `record`, for events of several sales.

        closed  a sale that is not open, where one of the events is about it
        """
        known = dict(self.open)
        if closed:
            known[closed.sale_id] = closed
        written: list[tuple[Entry, Sale]] = []
        for sale_id, event in changes:
            after = evolve(known.get(sale_id), sale_id, event)
            known[sale_id] = after
            written.append((Entry(sale_id, after.version, event), after))
        await self._disk.run(lambda: self._journal.append(*(entry for entry, _ in written)))
        for entry, after in written:
            self._apply(after)
            self.tell(entry.event, after)

    async def find(self, sale_id: str) -> Sale | None:
        """A sale of the journal by its number, open or closed; None where there is none."""
        return fold(await self._disk.run(lambda: self._journal.entries_of(sale_id)))

    async def everything(self) -> list[Entry]:
        """The whole journal, oldest first: for audits."""
        return await self._disk.run(self._journal.all_entries)

    async def read(self, work: Callable[[Journal], T]) -> T:
        """What `work` finds in the journal, in the journal's own thread."""
        return await self._disk.run(lambda: work(self._journal))

    async def keep(self, work: Callable[[Journal], T]) -> T:
        """As `read`, for what the journal keeps beside its events."""
        return await self.read(work)

    async def has_room(self) -> bool:
        """Whether the disk has space for a new sale to end."""
        return await self._disk.run(self._journal.has_room)

    async def latest(self, count: int) -> tuple[SaleRow, ...]:
        """The sales settled or refunded, the newest first."""

        def read() -> tuple[SaleRow, ...]:
            found = [fold(self._journal.entries_of(n)) for n in self._journal.latest_ended(count)]
            return tuple(_row(sale) for sale in found if sale)

        return await self._disk.run(read)

    async def read_day(self, at: str) -> DayRead:
        """What a Z report over every sale that ended since the one before would say."""
        report = await self._disk.run(lambda: self._report(at))
        return DayRead(msgspec.json.encode(report).decode())

    async def close_day(
        self,
        at: str,
        manager: str,
        reason: str,
        counted_fen: Fen | None,
        reconciliation: Reconciliation | None,
    ) -> DayClosed:
        """Writes the Z report."""

        def write() -> tuple[str, int, str]:
            report = replace(
                self._report(at),
                manager=visible(manager, 50),
                reason=visible(reason),
                counted_fen=counted_fen,
                reconciliation=reconciliation,
            )
            text = msgspec.json.encode(report).decode()
            return text, *self._journal.close_day(text)

        report, z, witness = await self._disk.run(write)
        return DayClosed(z, report, witness)

    def _report(self, at: str) -> DayReport:
        ended = self._journal.ended_after(self._journal.latest_day()[1])
        return DayReport(at, totals(self._as_of(e) for e in ended), tuple(sorted(self.open)))

    def _as_of(self, entry: Entry) -> Sale:
        """The sale of `entry` as that event left it."""
        entries = self._journal.entries_of(entry.sale_id)
        sale = fold(e for e in entries if e.version <= entry.version)
        assert sale
        return sale

    def close(self) -> None:
        """Waits for a write under way."""
        self._disk.close()

    def _apply(self, sale: Sale) -> None:
        if not sale.closed:
            self.open[sale.sale_id] = sale
            return
        self.open.pop(sale.sale_id, None)
        if sale.settled and (self.last is None or self.last.sale_id <= sale.sale_id):
            self.last, self.unprinted = sale, None


def _row(sale: Sale) -> SaleRow:
    return SaleRow(
        sale.sale_id,
        sale.closed_at,
        sale.masked_name,
        sale.total_fen,
        sale.cash_fen,
        sale.refunded,
        sale.receipts,
    )
