"""The hand-over from a driver's threads to the event loop.

One rule: a thread never touches asyncio except through here, and nothing here blocks the loop.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

from drivers.scan import (
    LostReason,
    Scan,
    Scanner,
    ScannerLost,
    ScannerState,
    ScannerStatus,
    Signal,
)
from drivers.tap import Scanned, Seen, Tap, Told, Unpacked

SCANS_MAX = 64
"""Scans that may wait for whoever reads the iterator, before a driver stops reading."""
SIGNALS_MAX = 8
"""Signals that may wait for the thread; the oldest go."""
WAIT_SECONDS = 0.1
"""How long a thread waits before it looks whether it should stop."""


class Feed(AsyncIterator[Scan]):
    """One scanner's scans and news, made by threads and taken in the loop it was created in."""

    def __init__(
        self,
        url: str,
        on_status: Callable[[ScannerStatus], None],
        takes: frozenset[Signal] = frozenset(),
        tap: Tap | None = None,
    ) -> None:
        self.url = url
        self.signals: deque[Signal] = deque(maxlen=SIGNALS_MAX)
        """For the thread to pass on, from the left."""
        self._takes = takes
        self._tap = tap
        self.stopping = threading.Event()
        self._on_status = on_status
        self._loop = asyncio.get_running_loop()
        self._opened: asyncio.Future[None] = self._loop.create_future()
        self._waiting: deque[Scan] = deque()
        self._counting = threading.Lock()
        self._untaken = 0
        self._something = asyncio.Event()
        self._over = False
        self._bug: BaseException | None = None
        self._told: ScannerStatus | None = None

    # --- for the threads ---

    @property
    def is_tapped(self) -> bool:
        return self._tap is not None

    def saw(self, at: float, seen: Seen | Unpacked) -> None:
        """Passes on what was read, to whoever records it."""
        if self._tap is not None:
            self._tap(at, seen)

    def report(self, told: Scan | ScannerStatus) -> None:
        """A scan, or news of a device that has delivered before."""
        if isinstance(told, Scan):
            self.put(told)
        else:
            self._in_loop(lambda: self._tell(told))

    @property
    def has_room(self) -> bool:
        """Whether scans are taken.  While they are not, a driver reads no more and goes on watching
        its device: what waits is bounded by SCANS_MAX and what one reading brought."""
        return self._untaken < SCANS_MAX

    def put(self, scan: Scan) -> None:
        """Never waits."""
        if self._tap is not None:
            self._tap(time.monotonic(), Scanned.of(scan))
        with self._counting:
            self._untaken += 1
        self._in_loop(lambda: self._arrived(scan))

    def ready(self, detail: str) -> None:
        """The device delivers.  The first time this lets the context be entered."""
        self._in_loop(lambda: self._tell(ScannerStatus(self.url, ScannerState.READY, detail)))

    def lost(self, error: ScannerLost) -> None:
        """The device does not deliver.  Before the first `ready` this ends it all."""
        status = ScannerStatus(self.url, ScannerState.LOST, str(error), error.reason)
        self._in_loop(lambda: self._lose(error, status))

    def end(self) -> None:
        """There will be no more scans."""
        self._in_loop(self._finish)

    def _in_loop(self, call: Callable[[], None]) -> None:
        if self.stopping.is_set():
            return
        try:
            self._loop.call_soon_threadsafe(call)
        except RuntimeError:  # the loop was closed without leaving the context
            self.stopping.set()

    # --- in the loop ---

    async def __anext__(self) -> Scan:
        while not self._waiting:
            if self._bug is not None:
                raise self._bug
            if self._over:
                raise StopAsyncIteration
            self._something.clear()
            await self._something.wait()
        with self._counting:
            self._untaken -= 1
        return self._waiting.popleft()

    def signal(self, signal: Signal) -> bool:
        if signal not in self._takes:
            return False
        self.signals.append(signal)
        return True

    def _arrived(self, scan: Scan) -> None:
        if not self._over:
            self._waiting.append(scan)
            self._something.set()

    def _tell(self, status: ScannerStatus) -> None:
        if not self._opened.done():
            self._opened.set_result(None)
        if not self._over and (self._told is None or _is_news(self._told, status)):
            self._told = status
            self.saw(time.monotonic(), Told.of(status))
            self._on_status(status)

    def _lose(self, error: ScannerLost, status: ScannerStatus) -> None:
        if self._opened.done():
            self._tell(status)
        else:
            self._opened.set_exception(error)

    def _finish(self) -> None:
        self._over = True
        self._something.set()

    def _thread_ended(self, thread: asyncio.Future[None]) -> None:
        if not thread.cancelled() and (bug := thread.exception()) is not None:
            self._bug = bug
            if not self._opened.done():
                self._opened.set_exception(bug)
            self._something.set()

    @asynccontextmanager
    async def running(self, *jobs: Callable[[], None]) -> AsyncIterator[Scanner]:
        """Runs each job in a thread of its own.

        jobs     return soon after `stopping` is set; one of them calls `ready` or `lost`
        Raises   ScannerLost when `lost` came first; what a job raised, if it did
        """
        executor = ThreadPoolExecutor(len(jobs), "scanner")
        threads = [self._loop.run_in_executor(executor, job) for job in jobs]
        for thread in threads:
            thread.add_done_callback(self._thread_ended)
        try:
            await self._opened
            yield self
        finally:
            self.stopping.set()
            self._waiting.clear()
            self._finish()
            try:
                await asyncio.wait(threads)
            finally:
                executor.shutdown(wait=all(thread.done() for thread in threads))


def _is_news(told: ScannerStatus, status: ScannerStatus) -> bool:
    """A state is told once; but a loss that has become something a person must mend, again."""
    mendable = (LostReason.PERMISSION, LostReason.BUSY, LostReason.NOT_A_SCANNER)
    return told.state is not status.state or (
        status.reason in mendable and told.reason is not status.reason
    )
