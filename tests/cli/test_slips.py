"""Slips are written beside the till: neither a full nor a hanging file system holds up a sale."""

from __future__ import annotations

import asyncio
import os
import threading
from pathlib import Path

from terminal.cli.papers import WAITING_MAX
from terminal.cli.slips import WriterThread, writing_slips
from terminal.sale.commands import AddItem, Confirm, PrintReceipt
from terminal.sale.events import LineAdded, PrinterFailed
from tests.till import BOXES, make_plan, open_test_till, sandbox_app

SECONDS_MAX = 20


async def test_a_file_system_that_hangs_holds_up_the_slip_and_nothing_else(tmp_path: Path) -> None:
    made = make_plan()
    async with open_test_till(tmp_path / "j", sandbox_app(), made=made) as till:
        with writing_slips(till.checkout, made, tmp_path / "slips"):
            sale = await till.quoted("employee")
            # Whoever opens a pipe to write waits until somebody reads it.
            stuck = tmp_path / "slips" / f"{sale.sale_id}.txt"
            os.mkfifo(stuck)
            async with asyncio.timeout(SECONDS_MAX):
                await till.do(Confirm(), AddItem(BOXES[0]))
            assert len(till.told(LineAdded)) == 4
            assert till.told(PrinterFailed) == []
            slip = await asyncio.wait_for(asyncio.to_thread(stuck.read_text), SECONDS_MAX)
            assert sale.sale_id in slip


async def test_a_slip_that_cannot_be_written_is_told_and_the_sale_stays_settled(
    tmp_path: Path,
) -> None:
    made = make_plan()
    async with open_test_till(tmp_path / "j", sandbox_app(), made=made) as till:
        with writing_slips(till.checkout, made, tmp_path / "slips"):
            sale = await till.quoted("employee")
            (tmp_path / "slips" / f"{sale.sale_id}.txt").mkdir()
            failed = asyncio.Event()
            till.checkout.subscribe(
                lambda what, _: failed.set() if isinstance(what, PrinterFailed) else None
            )
            await till.do(Confirm())
            await asyncio.wait_for(failed.wait(), SECONDS_MAX)
            assert till.told(PrinterFailed)[0].sale_id == sale.sale_id
            await till.do(PrintReceipt(sale.sale_id))
        assert (tmp_path / "slips" / f"{sale.sale_id}-2.txt").is_file()


def test_too_many_slips_waiting_are_refused_and_the_end_does_not_wait_for_ever() -> None:
    thread, go = WriterThread(), threading.Event()
    done: list[int] = []
    assert thread.start(lambda: (go.wait(), None)[1])
    started = sum(thread.start(lambda: done.append(1)) for _ in range(WAITING_MAX + 9))
    assert WAITING_MAX <= started + 1 <= WAITING_MAX + 1
    thread.finish(0.01)
    assert done == []
    go.set()
    while not thread.start(lambda: None):
        pass
    thread.finish(SECONDS_MAX)
    assert len(done) == started
