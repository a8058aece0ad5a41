"""What every scanner tells: a scan, its state, or why it cannot be used.

One rule: a payload leaves here as it was encoded.  What it means is for the till to find out.
"""

from __future__ import annotations

import errno
from collections.abc import AsyncIterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Scan:
    """One code, read once."""

    payload: bytes
    """Exactly as encoded: not stripped, no charset applied, never empty."""
    symbology: str | None
    """AIM identifier, such as "]Q1"; None when neither device nor decoder told it.  It is never
    left inside `payload`."""
    source: str
    """The scanner's url, as given to `open_scanner`."""
    at: float
    """Capture time, seconds of `time.monotonic`, which is the event loop's clock."""


class Signal(StrEnum):
    """What the till may tell a scanner."""

    TRIGGER_ON = "trigger-on"
    """Light up and read, as if its trigger were pulled."""
    TRIGGER_OFF = "trigger-off"
    GOOD_READ = "good-read"
    """The sound of a scan that was taken."""
    REJECT = "reject"
    """The sound of a scan that was not: the clerk looks at the customer, not at the screen."""


class Scanner(Protocol):
    """An open scanner."""

    def __aiter__(self) -> AsyncIterator[Scan]: ...

    async def __anext__(self) -> Scan: ...

    def signal(self, signal: Signal) -> bool:
        """Tells the scanner, soon.  Returns whether it is one that can be told this."""


class ScannerState(StrEnum):
    READY = "ready"
    LOST = "lost"
    """Not delivering.  The driver keeps trying to get it back."""


class LostReason(StrEnum):
    """Why a scanner cannot be used, for a front end that has its own words."""

    MISSING = "missing"
    """Nothing is there under that name or address."""
    BUSY = "busy"
    """Another program holds it."""
    PERMISSION = "permission"
    NOT_A_SCANNER = "not_a_scanner"
    """Something is there, but it is no serial port, no camera, no video."""
    GONE = "gone"
    """It was there and went away: unplugged, or its server ended."""
    STALLED = "stalled"
    """It is there and sends nothing, though it should."""
    SPOILED = "spoiled"
    """A scan came, but not whole; it has to be made again.  The scanner itself is well."""
    GARBLED = "garbled"
    """It sends, but nothing that makes sense: most likely at another speed."""
    BAD_URL = "bad_url"
    NO_DECODER = "no_decoder"
    """The machine lacks the library that would read codes from pictures."""


REASONS = {
    errno.ENOENT: LostReason.MISSING,
    errno.ENOTDIR: LostReason.MISSING,
    errno.ENODEV: LostReason.MISSING,
    errno.ENXIO: LostReason.MISSING,
    errno.EBUSY: LostReason.BUSY,
    errno.EACCES: LostReason.PERMISSION,
    errno.EPERM: LostReason.PERMISSION,
}
"""What the system says when a device file cannot be opened."""


@dataclass(frozen=True, slots=True)
class ScannerStatus:
    """One change of state, told once."""

    url: str
    state: ScannerState
    detail: str
    """One English sentence."""
    reason: LostReason | None = None
    """None when the state is READY."""


class ScannerLost(Exception):
    """A scanner cannot be used.  `str()` is one sentence: what, where, what to do."""

    def __init__(self, reason: LostReason, url: str, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason
        self.url = url
