"""The last seconds of everything that was seen, in memory.

One rule: it is bounded in time and in bytes, and adding to it never waits for anything but itself.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import TypeAlias

from drivers.tap import Pictured, Received, Seen, Sent, Unpacked

ENTRY_BYTES = 200
"""What an entry takes beside its data, about."""

Held: TypeAlias = tuple[float, str, Seen | Unpacked]
"""When, seconds of `time.monotonic`; which device; what."""


class Ring:
    """Its methods may be called from any thread."""

    def __init__(self, seconds: float, bytes_max: int) -> None:
        self._seconds = seconds
        self._bytes_max = bytes_max
        self._lock = threading.Lock()
        self._held: deque[Held] = deque()
        self._bytes = 0

    def add(self, at: float, device: str, seen: Seen | Unpacked) -> None:
        """The oldest go when there is no room."""
        with self._lock:
            self._held.append((at, device, seen))
            self._bytes += _size(seen)
            while self._bytes > self._bytes_max or at - self._held[0][0] > self._seconds:
                _, _, oldest = self._held.popleft()
                self._bytes -= _size(oldest)

    def between(self, start: float, end: float) -> list[Held]:
        """What is still held of that time, in the order it came; both ends included."""
        with self._lock:
            return [held for held in self._held if start <= held[0] <= end]


def _size(seen: Seen | Unpacked) -> int:
    match seen:
        case Pictured(jpeg):
            return ENTRY_BYTES + len(jpeg)
        case Unpacked(picture):
            return ENTRY_BYTES + int(picture.nbytes)
        case Received(data) | Sent(data):
            return ENTRY_BYTES + len(data)
    return ENTRY_BYTES
