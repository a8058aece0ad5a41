"""A till that is stopped in the middle of a write says how that write ended."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest

from terminal.checkout.disk import WriterThread
from terminal.journal import Journal, JournalError, Trouble
from terminal.sale.commands import AddItem
from terminal.sale.events import Entry
from tests.till import BOXES, open_test_till, sandbox_app

SECONDS_MAX = 30


class SlowWrite:
    """A write that waits until it may end, one way or the other."""

    def __init__(self, error: JournalError | None) -> None:
        self._error = error
        self.begun, self.may_end = threading.Event(), threading.Event()

    def __call__(self, *_: object) -> str:
        self.begun.set()
        assert self.may_end.wait(SECONDS_MAX)
        if self._error:
            raise self._error
        return "written"


FAILED = JournalError(Trouble.DISK, Path("j"), "disk I/O error")


async def cancelled_meanwhile(task: asyncio.Task[str], write: SlowWrite) -> None:
    assert await asyncio.to_thread(write.begun.wait, SECONDS_MAX)
    task.cancel()
    await asyncio.sleep(0)
    assert not task.done()
    write.may_end.set()
    await asyncio.wait({task}, timeout=SECONDS_MAX)


@pytest.mark.parametrize("error", [FAILED, None])
async def test_who_is_cancelled_learns_how_its_write_ended(error: JournalError | None) -> None:
    disk, write = WriterThread(), SlowWrite(error)
    task = asyncio.create_task(disk.run(write))
    await cancelled_meanwhile(task, write)
    with pytest.raises(JournalError if error else asyncio.CancelledError):
        task.result()
    disk.close()


async def test_a_till_stopped_in_a_write_that_fails_ends_with_that_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = SlowWrite(FAILED)

    def append(journal: Journal, *entries: Entry) -> None:
        write()

    async with open_test_till(tmp_path / "j", sandbox_app()) as till:
        monkeypatch.setattr(Journal, "append", append)
        till.checkout.do(AddItem(BOXES[0]))
        assert await asyncio.to_thread(write.begun.wait, SECONDS_MAX)
        till.task.cancel()
        write.may_end.set()
        await asyncio.wait({till.task}, timeout=SECONDS_MAX)
        with pytest.raises(JournalError):
            till.task.result()
