"""Puts what the taps see into a writer, from any thread, by one clock.

One rule: a driver never suffers from being recorded.  A disk that refuses ends the recording, not
the driver; `trouble` says why.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from drivers.address import without_secrets
from drivers.recording.entry import Entry
from drivers.recording.facts import device_facts
from drivers.recording.writer import Writer
from drivers.tap import Pictured, Seen, Tap, Unpacked

NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Clock:
    """Which moment of `time.monotonic` was which of 1970 UTC, when a recording began."""

    monotonic_ns: int
    utc_ns: int

    @classmethod
    def now(cls) -> Clock:
        return cls(time.monotonic_ns(), time.time_ns())

    def utc(self, at: float) -> int:
        """at  seconds of `time.monotonic`"""
        return self.utc_ns + round(at * NS) - self.monotonic_ns

    @property
    def facts(self) -> dict[str, str]:
        return {"monotonic_ns": str(self.monotonic_ns), "utc_ns": str(self.utc_ns)}


class Recorder:
    """Taps that write at once: what was seen is in the file before the driver goes on."""

    def __init__(self, writer: Writer, on_trouble: Callable[[], object] = lambda: None) -> None:
        """
        on_trouble  called once, in a driver's thread, when nothing more is written
        Raises      OSError
        """
        self._writer = writer
        self._on_trouble = on_trouble
        self._clock = Clock.now()
        self._lock = threading.Lock()
        self.entries = 0
        """How many are in the file."""
        self.trouble: OSError | None = None
        """Why nothing more is written."""
        self._writer.fact("clock", self._clock.facts)

    def tap(self, name: str, url: str) -> Tap:
        """A tap for one device.  Raises OSError."""
        self._writer.device(name, without_secrets(url))
        if facts := device_facts(url):
            self._writer.fact(f"device/{name}", facts)
        return lambda at, seen: self.add(name, at, seen)

    def add(self, device: str, at: float, seen: Seen | Unpacked) -> None:
        """at  seconds of `time.monotonic`"""
        self._put(lambda: Entry(device, self._clock.utc(at), packed(seen)))

    def _put(self, entry: Callable[[], Entry]) -> None:
        with self._lock:
            if self.trouble is not None:
                return
            try:
                self._writer.add(entry())
                self.entries += 1
            except OSError as error:
                self.trouble = error
                self._on_trouble()


def packed(seen: Seen | Unpacked) -> Seen:
    """With a picture that was no JPEG made one."""
    if not isinstance(seen, Unpacked):
        return seen
    from drivers.opencv import jpeg_of_picture

    return Pictured(jpeg_of_picture(seen.picture))
