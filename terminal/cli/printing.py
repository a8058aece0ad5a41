"""The printer's queue: papers in, bytes out, in a thread of its own.

One rule: a paper that may have been begun is printed again only marked 补打, so that there are
never two originals of a slip.

What cannot be printed now waits, in its order, and is tried again until it can; the clerk is told
when that begins, at each further slip, and when it is over.  What waits is lost when the program
ends: the journal counts those slips as printed, so that a reprint of theirs is marked too.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from drivers.printer import Printer
from drivers.printer_address import PrinterLost, parse_printer
from terminal import config
from terminal.cli.exits import Exit, Stop
from terminal.cli.output import complain
from terminal.cli.papers import FINISH_SECONDS, WAITING_MAX, Paper, Tell
from terminal.escpos import Charset, Drawer, Print, encode, pulse, resync
from terminal.receipt import printed_again
from terminal.sale.events import PrinterChanged, PrinterFailed
from terminal.text import Words

RETRY_SECONDS = 2.0
BEGUN_MAX = 3
"""Pieces of one paper that a printer may leave behind; then a person has to look at it."""
DRAWER_SECONDS = 5.0
"""A drawer that springs open later does so in front of nobody, or of the wrong people."""
READY = "ready"


class Prints(Protocol):
    """As much of `drivers.printer.Printer` as the queue uses.  Both raise PrinterLost."""

    def print(self, data: bytes) -> bool: ...

    def look(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Job:
    number: str
    first: bytes
    again: bytes
    """For a printer that may have been left in the middle of anything."""
    pulse: bytes
    queued_at: float
    """Seconds, monotonic."""


def make_printer(setup: config.Printer) -> Printer:
    """Raises Stop(PRINTER) for an address that cannot be one."""
    try:
        return Printer(parse_printer(setup.url), asks=setup.asks)
    except PrinterLost as lost:
        raise Stop(Exit.PRINTER, str(lost)) from lost


@contextmanager
def printing(setup: config.Printer, words: Words, tell: Tell) -> Iterator[PrintQueue]:
    """A queue that prints while inside.  Raises Stop(PRINTER)."""
    line = PrintQueue(make_printer(setup), setup, words, tell)
    line.start()
    try:
        yield line
    finally:
        if left := line.finish(FINISH_SECONDS):
            complain(f"gongji: not printed: {' '.join(left)}. Print them again, F7, later")


class PrintQueue:
    def __init__(
        self,
        printer: Prints,
        setup: config.Printer,
        words: Words,
        tell: Tell,
        retry_seconds: float = RETRY_SECONDS,
    ) -> None:
        self._printer, self._setup, self._words, self._tell = printer, setup, words, tell
        self._retry_seconds = retry_seconds
        self._waiting: queue.Queue[Job | None] = queue.Queue(WAITING_MAX)
        self._printing: Job | None = None
        self._trouble = ""
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._work, name="printer", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def put(self, paper: Paper) -> None:
        job = self._job(paper)
        try:
            self._waiting.put_nowait(job)
        except queue.Full:
            waiting = f"{WAITING_MAX} slips are waiting already"
            self._tell(PrinterFailed(paper.number, waiting))
            return
        if trouble := self._trouble:
            self._tell(self._change(trouble))

    def finish(self, seconds: float) -> list[str]:
        """Prints what can be printed in so many seconds; the numbers of what was not."""
        self._ending.set()
        try:
            self._waiting.put_nowait(None)
        except queue.Full:
            pass
        else:
            self._thread.join(seconds)
        left = [self._printing] if self._printing else []
        with self._waiting.mutex:
            left += [job for job in self._waiting.queue if job]
        return [job.number for job in left]

    def _job(self, paper: Paper) -> Job:
        setup, charset = self._setup, Charset(self._setup.charset)

        def encoded(rows: list[str]) -> bytes:
            return encode(Print(tuple(rows), paper.code), charset, cuts=setup.cuts)

        rows = paper.rows(setup.columns)
        return Job(
            paper.number,
            encoded(rows),
            resync() + encoded(printed_again(rows, self._words, setup.columns)),
            pulse(Drawer(setup.drawer)) if paper.moves_cash else b"",
            time.monotonic(),
        )

    # -- in the thread

    def _work(self) -> None:
        looks = True  # Once at first, when the screen is there to show what is wrong.
        while True:
            try:
                job = self._waiting.get(timeout=self._retry_seconds if looks else None)
            except queue.Empty:
                looks = self._try(self._printer.look) is not None
                continue
            if job is None:
                return
            self._printing = job
            if not self._print(job):
                return
            self._printing, looks = None, bool(self._trouble)

    def _print(self, job: Job) -> bool:
        """Until it is printed or given up.  False: the program ended before."""
        begun = 0
        while begun < BEGUN_MAX:
            data = job.again if begun else self._opening(job) + job.first
            lost = self._try(partial(self._printer.print, data))
            if lost is None:
                return True
            begun += lost.begun
            if self._ending.wait(self._retry_seconds):
                return False
        self._tell(PrinterFailed(job.number, str(lost)))
        return True

    def _opening(self, job: Job) -> bytes:
        is_late = time.monotonic() - job.queued_at > DRAWER_SECONDS
        return b"" if is_late else job.pulse

    def _try(self, work: Callable[[], bool]) -> PrinterLost | None:
        """Tells when the printer begins to fail, fails otherwise, or does not fail any more."""
        result: PrinterLost | None = None
        try:
            work()
        except PrinterLost as lost:
            result = lost
        state = result.trouble.value if result else ""
        if state != self._trouble:
            self._trouble = state
            self._tell(self._change(state or READY))
        return result

    def _change(self, state: str) -> PrinterChanged:
        waiting = self._waiting.qsize() + (self._printing is not None)
        return PrinterChanged(self._setup.url, state, waiting)
