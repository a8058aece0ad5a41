"""An open scanner for whoever is no coroutine: the bodies of hardware tests.

One rule: nothing waits for ever, and what did not come is an AssertionError that says what did.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import Empty, Queue

from drivers import Scan, Scanner, ScannerState, ScannerStatus, Signal, open_scanner

HEARD_MAX = 10_000
OPEN_SECONDS_MAX = 30.0


class Listening:
    def __init__(self, url: str) -> None:
        self.url = url
        self._heard: Queue[Scan | ScannerStatus | BaseException] = Queue(HEARD_MAX)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._scanner: Scanner | None = None
        self._is_open = threading.Event()
        self._leave: Callable[[], None] | None = None

    def scan(self, seconds: float) -> Scan:
        """The next scan.  Raises AssertionError when none comes in time."""
        for heard in self._until(time.monotonic() + seconds):
            if isinstance(heard, Scan):
                return heard
        raise AssertionError(f"{self.url}: no scan in {seconds:g} s")

    def state(self, state: ScannerState, seconds: float) -> ScannerStatus:
        """The next news that the scanner is so.  Raises AssertionError when none comes in time."""
        for heard in self._until(time.monotonic() + seconds):
            if isinstance(heard, ScannerStatus) and heard.state is state:
                return heard
        raise AssertionError(f"{self.url}: not {state} in {seconds:g} s")

    def silence(self, seconds: float) -> None:
        """Raises AssertionError for a scan that comes before they are over."""
        for heard in self._until(time.monotonic() + seconds):
            # Only how long it was: a code may be a customer's.
            assert not isinstance(heard, Scan), f"a scan of {len(heard.payload)} bytes"

    def signal(self, signal: Signal) -> bool:
        """As `Scanner.signal`; from any thread."""
        scanner, loop = self._scanner, self._loop
        assert scanner
        assert loop

        async def tell() -> bool:
            return scanner.signal(signal)

        return asyncio.run_coroutine_threadsafe(tell(), loop).result(OPEN_SECONDS_MAX)

    def _until(self, end: float) -> Iterator[Scan | ScannerStatus]:
        while (seconds := end - time.monotonic()) > 0:
            try:
                heard = self._heard.get(timeout=seconds)
            except Empty:
                return
            if isinstance(heard, BaseException):
                raise heard
            yield heard

    # -- in the thread of its own

    def run(self) -> None:
        try:
            asyncio.run(self._listen())
        except BaseException as error:
            self._heard.put(error)
        finally:
            self._is_open.set()

    async def _listen(self) -> None:
        self._loop = asyncio.get_running_loop()
        leaving = asyncio.Event()
        self._leave = lambda: self._in_loop(leaving.set)
        async with open_scanner(self.url, on_status=self._heard.put_nowait) as scanner:
            self._scanner = scanner
            self._is_open.set()
            pump = asyncio.create_task(self._pump(scanner))
            left = asyncio.create_task(leaving.wait())
            done, _ = await asyncio.wait({pump, left}, return_when=asyncio.FIRST_COMPLETED)
            for task in (pump, left):
                task.cancel()
            await asyncio.gather(pump, left, return_exceptions=True)
            if pump in done:
                pump.result()

    async def _pump(self, scanner: Scanner) -> None:
        async for scan in scanner:
            self._heard.put_nowait(scan)

    def _in_loop(self, call: Callable[[], object]) -> None:
        assert self._loop
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(call)

    def wait_until_open(self) -> None:
        """Raises ScannerLost, and whatever else opening raises."""
        assert self._is_open.wait(OPEN_SECONDS_MAX), f"{self.url}: not open after so long"
        if self._scanner is None:
            error = self._heard.get()
            assert isinstance(error, BaseException)
            raise error

    def leave(self) -> None:
        if self._leave is not None:
            self._leave()


@contextmanager
def listening(url: str) -> Iterator[Listening]:
    """A scanner, open and listened to until left.  Raises ScannerLost."""
    scanner = Listening(url)
    thread = threading.Thread(target=scanner.run, name="listening")
    thread.start()
    try:
        scanner.wait_until_open()
        yield scanner
    finally:
        scanner.leave()
        thread.join()
