"""Reports of an HID-POS scanner (usage page 0x8C) to codes.

Two layouts are in use, both of 64 bytes with report id 2:

    AIM       02  length  ]cm  data (56)             code id  0  flags
    Newland   02  length  data (56)  reserved (4)  symbology  flags

Bit 0 of the flags says that the code goes on in the next report.  The first report of a code tells
which layout it is: a code that begins with "]" and is no AIM identifier cannot be told from one,
so `layout=` may fix it.

One rule: a code is told whole or not at all.

Pure: the time is an argument.

Source   HID Point of Sale Usage Tables 1.02; Access-IS ATR110 guide p. 33, NLS-FM420 guide p. 43
"""

from __future__ import annotations

from enum import StrEnum

from drivers.framing import FRAME_BYTES_MAX, Frame, split_aim

REPORT_BYTES = 64
REPORT_ID = 2
DATA_BYTES_MAX = 56
AIM_BYTES = 3
GOES_ON = 0x01
STALE_SECONDS = 1.0
"""A code whose next report does not come for so long is dropped."""


class Layout(StrEnum):
    AUTO = "auto"
    AIM = "aim"
    NEWLAND = "newland"


class Assembler:
    """Reports in, codes out."""

    def __init__(self, layout: Layout = Layout.AUTO) -> None:
        self._layout = layout
        self.reset()

    def reset(self) -> None:
        """Forget everything, as after the device was lost."""
        self._aim = b""
        self._data = bytearray()
        self.is_open = False
        """Whether a code is half read, so that a silence would mean something."""
        self._is_spoiled = False
        self._has_aim = False
        self._last_at = 0.0

    def feed(self, report: bytes, now: float) -> list[Frame]:
        """The code, at most one, that this report completes, its AIM identifier in front.

        report   as hidraw gives it, report id first.  One of another id is not a scan; one that is
                 too short or says an impossible length spoils the code it belongs to
        """
        if not report or report[0] != REPORT_ID:
            return []
        self._last_at = now
        goes_on = len(report) == REPORT_BYTES and bool(report[-1] & GOES_ON)
        if not self.is_open:
            self.is_open = True
            self._has_aim = self._begins_with_aim(report)
            self._aim = report[2 : 2 + AIM_BYTES] if self._has_aim else b""
        start = 2 + AIM_BYTES if self._has_aim else 2
        fits = len(report) == REPORT_BYTES and report[1] <= DATA_BYTES_MAX
        self._data += report[start : start + report[1]] if fits else b""
        self._is_spoiled = self._is_spoiled or not fits or len(self._data) > FRAME_BYTES_MAX
        if self._is_spoiled:
            self._data.clear()
        if goes_on:
            return []
        whole = bool(self._data) and not self._is_spoiled
        frames = [Frame(self._aim + bytes(self._data), now)] if whole else []
        self.reset()
        return frames

    def poll(self, now: float) -> list[Frame]:
        """Drops a code that stopped half way.  Never completes one.

        To be called when the device was found empty, which alone proves a pause.
        """
        if self.is_open and now - self._last_at >= STALE_SECONDS:
            self.reset()
        return []

    def _begins_with_aim(self, report: bytes) -> bool:
        if self._layout is Layout.AUTO:
            return split_aim(report[2 : 2 + AIM_BYTES])[0] is not None
        return self._layout is Layout.AIM
