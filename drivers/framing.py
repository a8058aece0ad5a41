"""Cuts the bytes from a serial scanner into codes, and a code into AIM identifier and payload.

Scanners leave the factory with a CR, with CR LF, with TAB, with STX and ETX around the code, or
with nothing at all, and then only the pause after it tells where it ends.  A NUL is never data:
a break and a line error arrive as one, because pyserial leaves their marking off
(pyserial 3.5, serialposix.py).  GS (0x1D) is data: it separates the fields of a GS1 code.

One rule: what comes out was sent as one code.  A code too long for the buffer, or cut off, is
dropped whole; its tail is never taken for the next code.

Pure: the time is an argument.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

FRAME_BYTES_MAX = 4096
"""The largest QR code holds 2953 bytes."""
IDLE_MS_DEFAULT = 80
SUFFIX_PATIENCE = 5
"""A scanner known to send a suffix is waited for this many times longer before a pause counts as
the end: a hiccup of the line in mid-code must not make two codes of one."""
UNFINISHED_SECONDS_MAX = 1.0
"""With a suffix fixed by the address, a code that stops without it for this long is dropped."""

_STX, _ETX, _CR, _LF = 0x02, 0x03, 0x0D, 0x0A


class Framing(StrEnum):
    """What ends a code."""

    AUTO = "auto"
    """Any of CR, LF, CR LF, TAB, ETX, or a pause."""
    CR = "cr"
    LF = "lf"
    CRLF = "crlf"
    """Only the pair; a lone CR or LF is data."""
    TAB = "tab"
    STX_ETX = "stx-etx"
    """Only what stands between the two, whatever it is."""
    IDLE = "idle"
    """Only a pause; CR, LF and TAB are data."""


_ENDS: dict[Framing, bytes] = {
    Framing.AUTO: b"\r\n\t\x03",
    Framing.CR: b"\r",
    Framing.LF: b"\n",
    Framing.CRLF: b"\n",
    Framing.TAB: b"\t",
    Framing.STX_ETX: b"\x03",
    Framing.IDLE: b"",
}


@dataclass(frozen=True, slots=True)
class Frame:
    data: bytes
    """Never empty; AIM identifier still in front, if the scanner sends one."""
    at: float
    """When its last byte came, on the clock `feed` was given."""


class Framer:
    """Bytes in, codes out."""

    def __init__(self, framing: Framing = Framing.AUTO, idle_ms: int = IDLE_MS_DEFAULT) -> None:
        self._framing = framing
        self._ends = _ENDS[framing]
        self._idle_seconds = idle_ms / 1000
        self.reset()

    def reset(self) -> None:
        """Forget everything, as after the line was lost."""
        self._buffer = bytearray()
        self._last_byte_at = 0.0
        self._suffix_seen = False
        self._previous_byte = 0
        self.is_open = False
        """Whether a code is half read, so that a silence would mean something."""
        self._too_long = False

    def feed(self, data: bytes, now: float) -> list[Frame]:
        """The codes that `data` completes.

        data     as read from the line, in pieces of any size
        now      seconds, never less than at the call before.  However long ago that was is no
                 pause: the bytes may have waited for a reader that was kept busy
        """
        frames: list[Frame] = []
        for byte in data:
            if byte == 0:
                continue
            self._last_byte_at = now
            frames.extend(self._take(byte, now))
        return frames

    def poll(self, now: float) -> list[Frame]:
        """The code, at most one, that the silence since the last byte completes.

        To be called when the line was found empty, which alone proves a silence.
        """
        if not self.is_open or now - self._last_byte_at < self._pause_seconds:
            return []
        frames = self._finish(self._last_byte_at) if self._ends_by_pause else []
        self._start_over()
        return frames

    @property
    def _ends_by_pause(self) -> bool:
        return self._framing in (Framing.AUTO, Framing.IDLE)

    @property
    def _pause_seconds(self) -> float:
        if not self._ends_by_pause:
            return UNFINISHED_SECONDS_MAX
        return self._idle_seconds * (SUFFIX_PATIENCE if self._suffix_seen else 1)

    def _take(self, byte: int, now: float) -> list[Frame]:
        follows_cr, self._previous_byte = self._previous_byte == _CR, byte
        if byte == _STX and self._framing in (Framing.AUTO, Framing.STX_ETX):
            self._start_over()
            self.is_open = True
        elif byte in self._ends and (follows_cr or self._framing is not Framing.CRLF):
            self._suffix_seen = True
            return self._finish(now)
        elif byte == _LF and follows_cr and self._framing is Framing.CR:
            pass  # the second half of a CR LF whose CR already ended the code
        elif self._framing is not Framing.STX_ETX or self.is_open:
            self.is_open = True
            self._too_long = self._too_long or len(self._buffer) >= FRAME_BYTES_MAX
            if not self._too_long:
                self._buffer.append(byte)
        return []

    def _finish(self, at: float) -> list[Frame]:
        data = bytes(self._buffer)
        if self._framing in (Framing.LF, Framing.CRLF):
            data = data.removesuffix(b"\r")
        whole = bool(data) and not self._too_long
        self._start_over()
        return [Frame(data, at)] if whole else []

    def _start_over(self) -> None:
        self._buffer.clear()
        self.is_open = False
        self._too_long = False


_AIM = re.compile(rb"\](?:[ABCEFGHIKLMNOPQRSTUVXZcdefghjopsz])[0-9A-Za-z]")


def split_aim(data: bytes) -> tuple[str | None, bytes]:
    """AIM identifier, or None, and the payload after it.

    data     one frame, as a scanner sent it
    Returns  the identifier only where `]`, a code character that is assigned and a modifier stand
             first; then the payload may be empty
    Source   ISO/IEC 15424 (AIM symbology identifiers), code characters as listed in Honeywell's
             and Zebra's manuals
    """
    match = _AIM.match(data)
    if match is None:
        return None, data
    return match[0].decode("ascii"), data[match.end() :]
