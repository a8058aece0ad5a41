"""The open sales, and the one way to change them: refuse, write, apply, tell.

So whatever was shown had already happened, and whatever happened is on disk.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from terminal.journal import Journal
from terminal.sale.events import Entry, Event, Notice
from terminal.sale.sale import Sale, evolve, fold

T = TypeVar("T")
Subscriber = Callable[[Event | Notice, Sale | None], None]


class Book:
    def __init__(self, journal: Journal) -> None:
        """Folds what the journal holds of the sales that are not closed."""
        self._journal = journal
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="journal")
        self._subscribers: list[Subscriber] = []
        self.open: dict[str, Sale] = {}
        self.last: Sale | None = None
        """The sale closed latest by this process."""
        for entry in journal.open_entries():
            before = self.open.get(entry.sale_id)
            self._apply(evolve(before, entry.sale_id, entry.event))

    @property
    def counter(self) -> Sale | None:
        """The sale on the counter.  A sale being cancelled has left it."""
        return next((s for s in self.open.values() if not s.cancelling), None)

    @property
    def cancelled(self) -> list[Sale]:
        """The sales that are being undone, oldest first."""
        return [s for s in self.open.values() if s.cancelling]

    def subscribe(self, callback: Subscriber) -> None:
        self._subscribers.append(callback)

    def tell(self, happened: Event | Notice, sale: Sale | None = None) -> None:
        """Tells every subscriber; a notice comes with the sale on the counter."""
        for callback in self._subscribers:
            callback(happened, sale or self.counter)

    async def record(self, sale_id: str, *events: Event) -> None:
        """All events in one durable write.

        Raises IllegalEvent where one cannot follow, VoucherUsed where a voucher among them opened
        another sale, JournalError where the disk refuses.  Nothing has happened then.
        """
        await self._write(self.open.get(sale_id), sale_id, *events)

    async def record_on_closed(self, sale: Sale, event: Event) -> None:
        await self._write(sale, sale.sale_id, event)

    async def find(self, sale_id: str) -> Sale | None:
        """A sale of the journal by its number, open or closed; None where there is none."""
        return fold(await self._on_disk(lambda: self._journal.entries_of(sale_id)))

    async def everything(self) -> list[Entry]:
        """The whole journal, oldest first: for audits."""
        return await self._on_disk(self._journal.all_entries)

    def close(self) -> None:
        """Waits for a write under way."""
        self._writer.shutdown()

    async def _write(self, sale: Sale | None, sale_id: str, *events: Event) -> None:
        changes: list[tuple[Entry, Sale]] = []
        for event in events:
            sale = evolve(sale, sale_id, event)
            changes.append((Entry(sale_id, sale.version, event), sale))
        await self._on_disk(lambda: self._journal.append(*(entry for entry, _ in changes)))
        for entry, after in changes:
            self._apply(after)
            self.tell(entry.event, after)

    async def _on_disk(self, work: Callable[[], T]) -> T:
        """The journal is used from one thread, and never from the one that answers keys."""
        return await asyncio.get_running_loop().run_in_executor(self._writer, work)

    def _apply(self, sale: Sale) -> None:
        if not sale.closed:
            self.open[sale.sale_id] = sale
        else:
            self.open.pop(sale.sale_id, None)
            self.last = sale
