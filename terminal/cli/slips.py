"""Where papers go: the counter's printer, and text files, which stand in for one."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Protocol

from terminal.checkout import Checkout
from terminal.cli.build import Plan
from terminal.cli.exits import Exit, Stop
from terminal.cli.papers import FINISH_SECONDS, WAITING_MAX, Paper, Papers, Sink, Tell, telling
from terminal.cli.printing import printing
from terminal.receipt import WIDTH_58_MM
from terminal.sale.events import PrinterFailed


class Writer(Protocol):
    def start(self, work: Callable[[], None]) -> bool:
        """Has `work` done, in turn.  False: it will not be, too much is waiting already."""
        ...


class WriterThread:
    """One thread that does not keep the process alive: what hangs there is given up at the end."""

    def __init__(self) -> None:
        self._waiting: queue.Queue[Callable[[], None] | None] = queue.Queue(WAITING_MAX)
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
    """Every paper to the counter's printer and to files in `folder`, while the till works.

    Inside a running event loop.  Raises Stop(CONFIG), Stop(PRINTER) where one of them cannot be
    used at all.
    """
    with ExitStack() as stack:
        tell = telling(checkout)
        sinks: list[Sink] = []
        if made.counter.printer:
            words = made.words[made.counter.language]
            sinks.append(stack.enter_context(printing(made.counter.printer, words, tell)))
        if folder:
            thread = WriterThread()
            stack.callback(thread.finish, FINISH_SECONDS)
            sinks.append(SlipFiles(folder, thread, tell))
        if sinks:
            Papers(checkout, made, sinks).watch()
        yield


class SlipFiles:
    """Each paper as a text file, `NAME.txt`: what stands in for a printer where there is none."""

    def __init__(self, folder: Path, writer: Writer, tell: Tell) -> None:
        """Raises Stop(CONFIG) where the folder cannot be made."""
        self._folder, self._writer, self._tell = folder, writer, tell
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as exc:
            raise Stop(Exit.CONFIG, f"--slips {folder}: {exc.strerror}") from exc

    def put(self, paper: Paper) -> None:
        path = self._folder / f"{paper.name}.txt"
        text = "\n".join(paper.rows(WIDTH_58_MM)) + "\n"

        def write() -> None:
            try:
                path.write_text(text, encoding="utf-8")
            except OSError as exc:
                self._tell(PrinterFailed(paper.number, f"{path}: {exc.strerror}"))

        if not self._writer.start(write):
            waiting = f"{WAITING_MAX} slips are waiting already"
            self._tell(PrinterFailed(paper.number, f"{path}: {waiting}"))
