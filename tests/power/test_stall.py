"""A disk that hangs holds up the sale, and never the screen.

The screen lives in the event loop, so what is measured is how late the loop is while a write hangs.
A busy machine is late by itself, so one quiet stall of several is enough; a till that wrote in the
loop would be late in every one.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

from terminal.checkout.book import Book
from terminal.checkout.disk import Disk as Runner
from terminal.checkout.disk import WriterThread
from terminal.sale.commands import AddItem
from terminal.sale.events import Refused, SaleOpened
from tests.power.disk import Disk
from tests.power.lives import real_journal
from tests.till import BOXES, open_test_till, sandbox_app

T = TypeVar("T")

STALL_SECONDS = 0.6
LATE_SECONDS_MAX = 0.1
STALLS_MAX = 8
TICK_SECONDS = 0.005


class Lateness:
    """How much later than asked the loop has come back, at most."""

    def __init__(self) -> None:
        self.seconds = 0.0

    async def watch(self) -> None:
        while True:
            before = time.monotonic()
            await asyncio.sleep(TICK_SECONDS)
            self.seconds = max(self.seconds, time.monotonic() - before - TICK_SECONDS)


async def ever_in_time(stall: Callable[[int], asyncio.Future[None]]) -> bool:
    """Whether in one of several stalls the loop was never late."""
    for number in range(STALLS_MAX):
        lateness = Lateness()
        watch = asyncio.create_task(lateness.watch())
        await asyncio.sleep(2 * TICK_SECONDS)
        before = time.monotonic()
        await stall(number)
        await asyncio.sleep(2 * TICK_SECONDS)
        watch.cancel()
        assert time.monotonic() - before >= STALL_SECONDS, "nothing stalled"
        if lateness.seconds < LATE_SECONDS_MAX:
            return True
    return False


class InTheLoop:
    """What the till must not do."""

    async def run(self, work: Callable[[], T]) -> T:
        return work()

    def close(self) -> None:
        pass


@pytest.mark.parametrize(("runner", "in_time"), [(WriterThread, True), (InTheLoop, False)])
async def test_the_loop_answers_while_a_sync_hangs(
    runner: Callable[[], Runner], *, in_time: bool
) -> None:
    disk = Disk()

    def hang(kind: str, name: str) -> None:
        if kind == "sync":
            time.sleep(STALL_SECONDS)

    with real_journal(disk) as journal:
        book = Book(journal, runner())
        disk.before = hang

        def stall(number: int) -> asyncio.Future[None]:
            opened = SaleOpened("2026-01-02T03:04:05+00:00")
            return asyncio.ensure_future(book.record(f"s{number}", opened))

        was_in_time = await ever_in_time(stall)
        disk.before = lambda *_: None
        book.close()
    assert was_in_time is in_time


class Stalling:
    """A writer thread whose every call hangs first."""

    def __init__(self, inner: Runner) -> None:
        self._inner = inner

    async def run(self, work: Callable[[], T]) -> T:
        def hang_and_work() -> T:
            time.sleep(STALL_SECONDS)
            return work()

        return await self._inner.run(hang_and_work)

    def close(self) -> None:
        self._inner.close()


async def test_a_till_answers_that_it_is_busy_while_its_disk_hangs(tmp_path: Path) -> None:
    async with open_test_till(tmp_path / "journal.db", sandbox_app()) as till:
        book = till.checkout._book
        book._disk = Stalling(book._disk)

        def stall(number: int) -> asyncio.Future[None]:
            async def add_a_box() -> None:
                till.checkout.do(AddItem(BOXES[0]))
                await asyncio.sleep(STALL_SECONDS / 2)
                before = len(till.happened)
                till.checkout.do(AddItem(BOXES[1]))
                assert till.happened[before:] == [Refused("busy")]
                await till.checkout.idle()

            return asyncio.ensure_future(add_a_box())

        assert await ever_in_time(stall)
        assert till.checkout.sale
        assert {line.code for line in till.checkout.sale.lines} == {BOXES[0]}
