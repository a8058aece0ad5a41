"""Tells the platform of goods sold and returned, behind the counter and after the sale.

One rule: nothing here can hold up or undo a sale.  What has to be told is in the journal, and is
told until the platform takes it; a row that it refuses again and again waits for a person.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from terminal.checkout.book import Book
from terminal.checkout.setup import Setup
from terminal.checkout.waiting import until
from terminal.journal import JournalError, Trouble
from terminal.journal.sales import queue_goods, sale_of
from terminal.sale.events import Event, GoodsRefused, Notice, SaleRefunded, SaleSettled
from terminal.sale.goods import GoodsRow, QueuedRow, RowKey, RowState, row_of
from terminal.sale.sale import Sale
from terminal.settlement.goods import GoodsWire
from terminal.settlement.outcome import Declined, Unknown

Change = tuple[RowKey, RowState, int, str]
Work = Callable[[], Awaitable[bool]]
Answer = tuple[str, ...] | Declined | Unknown


class GoodsTelling:
    def __init__(self, setup: Setup, book: Book) -> None:
        self._book, self._clock = book, setup.clock
        self._rules = setup.profile.goods
        self._wire = GoodsWire(setup.platform, self._rules, setup.seller) if self._rules else None
        self.refused: list[QueuedRow] = []
        """The rows that a person must see to, oldest first."""
        self._wanted = asyncio.Event()
        self._all_again = False
        # In memory only: after a restart everything is tried at once, and no row twice at a time.
        self._due: dict[RowKey, float] = {}
        self._alone: set[RowKey] = set()
        """Rows of a message that was refused as a whole: each is told by itself."""
        self._unanswered = 0
        """Messages without an answer since the last one that had one."""
        self._silent_until = 0.0
        self._now = 0.0
        """Of the step under way; what was not due then is waited for."""

    def hear(self, happened: Event | Notice, sale: Sale | None) -> None:
        if isinstance(happened, SaleSettled | SaleRefunded):
            self._wanted.set()

    def look_again(self) -> None:
        """Everything now, also what was given up."""
        self._all_again = True
        self._wanted.set()

    async def run(self) -> None:
        """Until cancelled.  Raises JournalError where the disk refuses for another reason than
        being full: then nothing can be sold either."""
        if self._wire is None or self._rules is None:
            await asyncio.Event().wait()
        self._book.subscribe(self.hear)
        while not await self._patiently(self._begin):
            await until(self._wanted, self._next_due(), self._clock)
        while True:
            self._wanted.clear()
            if not await self._patiently(self._work):
                await until(self._wanted, self._next_due(), self._clock)

    async def _patiently(self, work: Work) -> bool:
        try:
            return await work()
        except JournalError as exc:
            if exc.reason is not Trouble.FULL:
                raise
            self._hush()
            return False

    async def _begin(self) -> bool:
        await self._book.keep(lambda journal: journal.goods_from_now())
        self.refused = await self._book.read(lambda j: j.goods_rows(RowState.REFUSED))
        return True

    async def _work(self) -> bool:
        """One step.  False: there is nothing to do now."""
        assert self._wire
        self._now = self._clock.monotonic()
        returns = self._wire.tells_returns
        if await self._book.keep(lambda journal: queue_goods(journal, returns)):
            return True
        if self._all_again:
            await self._try_all_again()
        if self._now < self._silent_until:
            return False
        waiting = await self._book.read(lambda journal: journal.goods_rows(RowState.WAITING))
        batch = self._batch(waiting)
        if batch:
            await self._tell(batch)
        return bool(batch)

    async def _try_all_again(self) -> None:
        given_up = await self._book.read(lambda journal: journal.goods_rows(RowState.REFUSED))
        anew: list[Change] = [(row.key, RowState.WAITING, 0, row.words) for row in given_up]
        await self._book.keep(lambda journal: journal.note_goods(anew))
        self._all_again, self.refused, self._silent_until = False, [], 0.0
        self._due.clear()

    def _batch(self, waiting: Sequence[QueuedRow]) -> list[QueuedRow]:
        """What to tell now, in one message: many rows never refused, or one row."""
        assert self._wire
        batch: list[QueuedRow] = []
        for row in waiting:
            if not self._is_due(row, waiting):
                continue
            alone = row.is_return or row.refusals > 0 or row.key in self._alone
            if alone and not batch:
                return [row]
            if not alone:
                batch.append(row)
            if len(batch) == self._wire.rows_max:
                break
        return batch

    def _is_due(self, row: QueuedRow, waiting: Sequence[QueuedRow]) -> bool:
        """A return waits until its sale has been told."""
        unsold = row.is_return and any(
            other.sale_id == row.sale_id and other.key.seq < row.key.seq for other in waiting
        )
        return not unsold and self._due.get(row.key, 0.0) <= self._now

    async def _tell(self, batch: Sequence[QueuedRow]) -> None:
        assert self._wire
        rows = [await self._as_told(queued) for queued in batch]
        if batch[0].is_return:
            answer: Answer = await self._wire.returned(rows[0])
        else:
            answer = await self._wire.sold(rows)
        if isinstance(answer, Unknown):
            self._hush()
            return
        self._unanswered = 0
        if isinstance(answer, Declined):
            if len(batch) > 1:
                self._alone |= {queued.key for queued in batch}
                return
            answer = (answer.words or "?",)
        changes = [self._judge(*told) for told in zip(batch, answer, strict=True)]
        await self._book.keep(lambda journal: journal.note_goods(changes))
        for queued, row, (_, state, _, words) in zip(batch, rows, changes, strict=True):
            if state is RowState.REFUSED:
                self._book.tell(GoodsRefused(queued.sale_id, queued.key.line, row.name, words))
        if any(state is RowState.REFUSED for _, state, _, _ in changes):
            self.refused = await self._book.read(lambda j: j.goods_rows(RowState.REFUSED))

    async def _as_told(self, queued: QueuedRow) -> GoodsRow:
        sale = await self._book.read(lambda journal: sale_of(journal, queued.sale_id))
        return row_of(sale, queued)

    def _judge(self, row: QueuedRow, words: str) -> Change:
        """What one row's answer makes of it; "": it was taken."""
        assert self._rules
        if not words or any(text in words for text in self._rules.already):
            self._due.pop(row.key, None)
            self._alone.discard(row.key)
            return row.key, RowState.TAKEN, row.refusals, words
        refusals = row.refusals + 1
        if refusals >= self._rules.refusals_max:
            return row.key, RowState.REFUSED, refusals, words
        self._due[row.key] = self._clock.monotonic() + self._wait_after(refusals)
        return row.key, RowState.WAITING, refusals, words

    def _hush(self) -> None:
        """After no answer: nothing is told for a while."""
        self._unanswered += 1
        self._silent_until = self._clock.monotonic() + self._wait_after(self._unanswered)

    def _wait_after(self, tries: int) -> float:
        assert self._rules
        waits = self._rules.again_seconds
        return waits[min(tries, len(waits)) - 1]

    def _next_due(self) -> float | None:
        """When there is something to tell again; None: only after the next sale."""
        if self._now < self._silent_until:
            return self._silent_until
        return min((due for due in self._due.values() if due > self._now), default=None)
