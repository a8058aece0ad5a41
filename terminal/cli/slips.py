"""Slips as files: what stands in for a printer where there is none.

One rule: no file is written in the till's own thread, so that a file system that hangs holds up
slips and nothing else.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from terminal.checkout import Checkout
from terminal.cli.build import Plan
from terminal.cli.exits import Exit, Stop
from terminal.receipt import refund_slip, slip
from terminal.reports import day_lines, day_report
from terminal.sale.commands import PrintReceipt
from terminal.sale.events import (
    DayClosed,
    Event,
    Notice,
    PrinterFailed,
    ReceiptPrinted,
    SaleRefunded,
    SaleSettled,
)
from terminal.sale.sale import Sale

SLIPS_WAITING_MAX = 100
"""More than a stuck printer can be the reason of; the next ones are told as not printed."""
FINISH_SECONDS = 5.0
"""How long the end of the program waits for slips under way."""


class Writer(Protocol):
    def start(self, work: Callable[[], None]) -> bool:
        """Has `work` done, in turn.  False: it will not be, too much is waiting already."""
        ...


class WriterThread:
    """One thread that does not keep the process alive: what hangs there is given up at the end."""

    def __init__(self) -> None:
        self._waiting: queue.Queue[Callable[[], None] | None] = queue.Queue(SLIPS_WAITING_MAX)
        self._thread = threading.Thread(target=self._work, name="slips", daemon=True)
        self._thread.start()

    def start(self, work: Callable[[], None]) -> bool:
        try:
            self._waiting.put_nowait(work)
        except queue.Full:
            return False
        return True

    def finish(self, seconds: float) -> None:
        """Waits for what was started, but not longer than this."""
        try:
            self._waiting.put_nowait(None)
        except queue.Full:
            return
        self._thread.join(seconds)

    def _work(self) -> None:
        while (work := self._waiting.get()) is not None:
            work()


@contextmanager
def writing_slips(checkout: Checkout, made: Plan, folder: Path | None) -> Iterator[None]:
    """Every slip as a file while the till works; None: nowhere.  Raises Stop(CONFIG)."""
    if folder is None:
        yield
        return
    thread = WriterThread()
    SlipFiles(checkout, made, folder, thread).watch()
    try:
        yield
    finally:
        thread.finish(FINISH_SECONDS)


class SlipFiles:
    """Writes `NUMBER.txt` for each settled sale, `NUMBER-2.txt` for the second print,
    `NUMBER-R.txt` for its refund, and `Z0001.txt` for each day end."""

    def __init__(self, checkout: Checkout, made: Plan, folder: Path, writer: Writer) -> None:
        """Raises Stop(CONFIG) where the folder cannot be made."""
        self._checkout, self._folder, self._writer = checkout, folder, writer
        self._words = made.words[made.counter.language]
        self._shop = made.counter.shop.name
        self._pending: set[asyncio.Task[None]] = set()
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as exc:
            raise Stop(Exit.CONFIG, f"--slips {folder}: {exc.strerror}") from exc

    def watch(self) -> None:
        self._checkout.subscribe(self._on_event)

    def _on_event(self, happened: Event | Notice, sale: Sale | None) -> None:
        if isinstance(happened, SaleSettled) and sale:
            turn = self._checkout.do_in_turn(PrintReceipt(sale.sale_id))
            task = asyncio.get_running_loop().create_task(turn)
            self._pending.add(task)
            task.add_done_callback(self._pending.discard)
        elif isinstance(happened, ReceiptPrinted) and sale:
            self._print(sale)
        elif isinstance(happened, SaleRefunded) and sale:
            rows = refund_slip(sale, self._words, self._shop)
            self._write(f"{sale.sale_id}-R.txt", rows, sale.sale_id)
        elif isinstance(happened, DayClosed):
            self._print_day(happened)

    def _print(self, sale: Sale) -> None:
        """`sale` counts the print that is being written."""
        copy = f"-{sale.receipts}" if sale.receipts > 1 else ""
        rows = slip(replace(sale, receipts=sale.receipts - 1), self._words, self._shop)
        self._write(f"{sale.sale_id}{copy}.txt", rows, sale.sale_id)

    def _print_day(self, closed: DayClosed) -> None:
        rows = day_lines(
            day_report(closed.report),
            self._words,
            self._shop,
            number=closed.z,
            witness=closed.witness,
        )
        self._write(f"Z{closed.z:04d}.txt", rows, f"Z{closed.z:04d}")

    def _write(self, name: str, rows: list[str], number: str) -> None:
        """number  what is told to have failed, if it does"""
        path = self._folder / name
        text = "\n".join(rows) + "\n"
        loop = asyncio.get_running_loop()

        def write() -> None:
            try:
                path.write_text(text, encoding="utf-8")
            except OSError as exc:
                failed = PrinterFailed(number, f"{path}: {exc.strerror}")
                # A loop that is closed has nobody left to tell.
                if not loop.is_closed():
                    loop.call_soon_threadsafe(self._checkout.tell, failed)

        if not self._writer.start(write):
            waiting = f"{SLIPS_WAITING_MAX} slips are waiting already"
            self._checkout.tell(PrinterFailed(number, f"{path}: {waiting}"))
