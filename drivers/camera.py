"""A camera as a scanner: one thread takes frames, another reads the newest.

The two are apart because a frame that waits is a frame of the past: whoever reads only when it has
time gets pictures up to two seconds old from the driver's queue.  The taking thread therefore
never stops taking, and keeps one frame.

One rule: only the reading thread tells of the camera's state.  It alone knows how old the newest
frame is, and a camera is as alive as its newest frame.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import TypeAlias, assert_never

from drivers.address import CameraAddress, shown
from drivers.capture import STALL_SECONDS, Capture, Frame, camera_lost, open_capture
from drivers.decode import NoDecoder, reader_for
from drivers.feed import WAIT_SECONDS, Feed
from drivers.picture_reading import PictureReading
from drivers.scan import LostReason, Scanner, ScannerLost, ScannerStatus
from drivers.tap import CODE_UNREAD, Opened, Tap

BACK_OFF_SECONDS = (0.0, 0.05, 0.1, 0.2, 0.4)
"""Waits before each attempt to open; the last one is repeated."""
NEWS_MAX = 8
"""News that may wait while the reading thread is held up; the oldest go."""


def open_camera(
    address: CameraAddress,
    on_status: Callable[[ScannerStatus], None],
    tap: Tap | None = None,
) -> AbstractAsyncContextManager[Scanner]:
    """See `drivers.open_scanner`.  Raises ScannerLost(NO_DECODER) at once."""
    try:
        reader_for(address.engine)
    except NoDecoder as missing:
        raise camera_lost(LostReason.NO_DECODER, address) from missing
    feed = Feed(address.url, on_status, tap=tap)
    newest = Newest()
    return feed.running(
        Taker(address, newest, feed.stopping).run, PictureReader(address, newest, feed).run
    )


@dataclass(frozen=True, slots=True)
class Started:
    """A camera delivers; the frames that follow are its."""

    detail: str
    is_live: bool
    """Whether a pause means something; a video file has none."""


@dataclass(frozen=True, slots=True)
class Ended:
    """The video file is over."""


News: TypeAlias = Started | ScannerLost | Ended


class Newest:
    """Where the taking thread leaves the newest frame and its news for the reading thread; and
    the reading thread, the exposure it wants."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._frame: Frame | None = None
        self._news: deque[News] = deque(maxlen=NEWS_MAX)
        self._exposure: int | None = None

    def put(self, frame: Frame) -> None:
        """Replaces the frame that was not taken in time."""
        with self._changed:
            self._frame = frame
            self._changed.notify()

    def tell(self, news: News) -> None:
        """Only the end of a file leaves the last frame to be read first."""
        with self._changed:
            self._news.append(news)
            if not isinstance(news, Ended):
                self._frame = None
            self._changed.notify()

    def take(self, timeout_seconds: float) -> Frame | News | None:
        """What is new, news first; None when nothing is, for so long."""
        with self._changed:
            self._changed.wait_for(self._has_something, timeout_seconds)
            if self._news and (self._frame is None or not isinstance(self._news[0], Ended)):
                return self._news.popleft()
            frame, self._frame = self._frame, None
            return frame

    def wish(self, exposure: int) -> None:
        with self._changed:
            self._exposure = exposure

    def wished(self) -> int | None:
        """The newest wish, once."""
        with self._changed:
            exposure, self._exposure = self._exposure, None
            return exposure

    def _has_something(self) -> bool:
        return self._frame is not None or bool(self._news)


class Taker:
    """The taking thread's work: open, take, and open again."""

    def __init__(self, address: CameraAddress, newest: Newest, stopping: threading.Event) -> None:
        self._address = address
        self._newest = newest
        self._stopping = stopping
        self._was_ready = False

    def run(self) -> None:
        failures = 0
        while not self._stopping.wait(BACK_OFF_SECONDS[min(failures, len(BACK_OFF_SECONDS) - 1)]):
            failures += 1
            try:
                capture = open_capture(self._address)
            except ScannerLost as error:
                self._newest.tell(self._reworded(error))
                continue
            try:
                frames = self._take_all(capture)
            finally:
                capture.close()
            if frames and capture.ends:
                self._newest.tell(Ended())
                return
            if frames:
                failures = 1
            if not frames or not self._address.is_web:
                self._newest.tell(self._loss(capture))
            # A web camera that broke off may answer again at once; if not, it is told then.

    def _take_all(self, capture: Capture) -> int:
        """How many frames came."""
        frames = 0
        while (frame := capture.next(self._stopping)) is not None:
            if not frames:
                self._newest.tell(Started(capture.detail, not capture.ends))
                self._was_ready = True
            frames += 1
            self._newest.put(frame)
            if (exposure := self._newest.wished()) is not None:
                capture.expose(exposure)
        return frames

    def _loss(self, capture: Capture) -> ScannerLost:
        if capture.ends:
            return camera_lost(LostReason.NOT_A_SCANNER, self._address)
        unplugged = not self._address.is_web and not os.path.exists(self._address.place)
        return camera_lost(LostReason.GONE if unplugged else LostReason.STALLED, self._address)

    def _reworded(self, error: ScannerLost) -> ScannerLost:
        """What was there before is not missing but gone, and is a camera that pauses."""
        since = {
            LostReason.MISSING: LostReason.GONE,
            LostReason.NOT_A_SCANNER: LostReason.STALLED,
        }
        if self._was_ready and error.reason in since:
            return camera_lost(since[error.reason], self._address)
        return error


class PictureReader:
    """The reading thread's work."""

    def __init__(self, address: CameraAddress, newest: Newest, feed: Feed) -> None:
        self._address = address
        self._newest = newest
        self._feed = feed
        self._reading = PictureReading(address)
        self._started: Started | None = None
        self._is_stalled = False
        self._frame_at = 0.0

    def run(self) -> None:
        while not self._feed.stopping.is_set():
            news = self._newest.take(WAIT_SECONDS)
            match news:
                case None:
                    self._watch(time.monotonic())
                case Frame() as frame:
                    self._alive(frame.at)
                    self._read(frame)
                case Started() as started:
                    self._start(started, time.monotonic())
                case ScannerLost() as error:
                    self._started = None
                    self._feed.lost(error)
                case Ended():
                    self._feed.end()
                    return
                case never:
                    assert_never(never)

    def _start(self, started: Started, now: float) -> None:
        self._started, self._is_stalled = started, False
        self._frame_at = now
        if self._reading.exposure is not None:
            self._newest.wish(self._reading.exposure)
        self._feed.saw(now, Opened(self._ready_sentence(started)))
        self._feed.ready(self._ready_sentence(started))

    def _watch(self, now: float) -> None:
        """A camera whose newest frame is too old is lost, whatever its handle says."""
        is_live = self._started is not None and self._started.is_live
        if is_live and not self._is_stalled and now - self._frame_at >= STALL_SECONDS:
            self._is_stalled = True
            self._feed.lost(camera_lost(LostReason.STALLED, self._address))

    def _alive(self, at: float) -> None:
        self._frame_at = at
        if self._is_stalled and self._started is not None:
            self._is_stalled = False
            self._feed.ready(self._ready_sentence(self._started))

    def _read(self, frame: Frame) -> None:
        if self._feed.is_tapped:
            self._feed.saw(frame.at, frame.seen())
        exposure = self._reading.exposure
        scans = self._reading.take(frame, can_tell=self._feed.has_room)
        if self._reading.exposure is not None and self._reading.exposure != exposure:
            self._newest.wish(self._reading.exposure)
        if self._reading.has_failed:
            self._feed.saw(frame.at, CODE_UNREAD)
        for scan in scans:
            self._feed.put(scan)

    def _ready_sentence(self, started: Started) -> str:
        return f"The camera at {shown(self._address.place)} is ready: {started.detail}."
