"""What passes through a driver, for whoever records it.

A tap sees what a driver's reading is made from, and nothing a driver does depends on it.  The same
given to `SerialReading`, `HidReading` or `PictureReading` makes the same scans at the same times.

One rule: a tap is called in the driver's threads.  It returns at once, raises nothing, and never
asks anything of the scanner.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from drivers.scan import LostReason, Scan, ScannerState, ScannerStatus

if TYPE_CHECKING:
    from drivers.opencv import Picture


@dataclass(frozen=True, slots=True)
class Opened:
    """The device was opened, also after it was lost: what was half read is forgotten."""

    detail: str
    """One English sentence."""


@dataclass(frozen=True, slots=True)
class Received:
    """What one read gave."""

    data: bytes
    """Exactly as read; of a wedge whole `struct input_event`s.  Empty: nothing was there, told
    after bytes and while a code is half read, because then the silence means something."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What was written to the scanner."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Pictured:
    """A frame that was looked at."""

    jpeg: bytes
    """The camera's own bytes, where it sends JPEG."""


@dataclass(frozen=True, slots=True, eq=False)
class Unpacked:
    """A frame that was looked at, of a camera that sends no JPEG; recorded as a JPEG of ours."""

    picture: Picture
    """(H, W) luma or (H, W, 3) BGR; not to be modified."""


@dataclass(frozen=True, slots=True)
class Scanned:
    """A scan was delivered."""

    symbology: str | None
    size: int
    """Bytes of its payload."""
    sha256: str
    """Of its payload, hex."""

    @classmethod
    def of(cls, scan: Scan) -> Scanned:
        digest = hashlib.sha256(scan.payload).hexdigest()
        return cls(scan.symbology, len(scan.payload), digest)


@dataclass(frozen=True, slots=True)
class Told:
    """The state of the scanner, as it was told."""

    state: ScannerState
    detail: str
    reason: LostReason | None = None

    @classmethod
    def of(cls, status: ScannerStatus) -> Told:
        return cls(status.state, status.detail, status.reason)


@dataclass(frozen=True, slots=True)
class Noted:
    """Something that happened around the scanners: a till's verdict, a clerk's remark."""

    event: str
    facts: Mapping[str, str | int | bool | None]


CODE_UNREAD = Noted("CodeUnread", {})
"""Of a camera: a code is held out whose shape is seen, and nothing reads it."""

Seen: TypeAlias = Opened | Received | Sent | Pictured | Scanned | Told | Noted
"""What a recording holds."""

Tap: TypeAlias = Callable[[float, Seen | Unpacked], None]
"""`tap(at, seen)`: at is when it happened, seconds of `time.monotonic`; of a frame, when it was
captured."""
