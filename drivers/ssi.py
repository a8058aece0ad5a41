"""Zebra's Simple Serial Interface: codes in packets, each to be acknowledged.

    length  opcode  source  status  data …  checksum (2)

`length` counts itself up to the last data byte; the checksum is the two's complement of the sum of
those bytes, high byte first.  `source` is 0 from the scanner, 4 from the host.  A code longer than
one packet comes in several, all but the last with the continuation bit; the scanner sends a packet
again, with the retransmit bit, when no acknowledgement came within its 2 s.

One rule: what is acknowledged is kept, and what is kept is acknowledged: once.

Pure: the time is an argument, and answers are returned, not sent.

Source   Simple Serial Interface Programmer's Guide, 72E-40451
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum, IntFlag

from drivers.framing import FRAME_BYTES_MAX, Frame


class Opcode(IntEnum):
    ACK = 0xD0
    NAK = 0xD1
    START_SESSION = 0xE4
    STOP_SESSION = 0xE5
    BEEP = 0xE6
    DECODE_DATA = 0xF3


class Status(IntFlag):
    RETRANSMIT = 0x01
    CONTINUATION = 0x02


class Cause(IntEnum):
    """Why a packet is not taken."""

    RESEND = 1
    BAD_CONTEXT = 2


BEEP_SHORT_HIGH = 0x00
BEEP_TWO_LONG_LOW = 0x10

HOST = 4
HEADER_BYTES = 4
CHECKSUM_BYTES = 2
CHARACTER_SECONDS_MAX = 0.2
"""The scanner's own limit between two bytes of a packet."""

_AIM: Mapping[int, str] = {
    0x03: "]C0",
    0x06: "]I0",
    0x08: "]E0",
    0x0A: "]E4",
    0x0B: "]E0",
    0x0F: "]C1",
    0x1B: "]d1",
    0x1C: "]Q1",
}
"""Of the guide's code types those that say which AIM identifier is meant."""


def packet(opcode: Opcode, data: bytes = b"", status: int = 0, source: int = HOST) -> bytes:
    body = bytes((HEADER_BYTES + len(data), opcode, source, status)) + data
    return body + _checksum(body)


def _checksum(body: bytes) -> bytes:
    return (-sum(body) & 0xFFFF).to_bytes(2, "big")


class SsiFramer:
    """Bytes in, codes out; `answers` is what is to be written to the scanner."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget everything, as after the line was lost."""
        self._buffer = bytearray()
        self._parts = bytearray()
        self._last_taken = b""
        self._last_byte_at = 0.0
        self._answers = bytearray()

    @property
    def is_open(self) -> bool:
        """Whether a packet is half read, so that a silence would mean something."""
        return bool(self._buffer)

    def answers(self) -> bytes:
        """What has become due since the last call."""
        due = bytes(self._answers)
        self._answers.clear()
        return due

    def feed(self, data: bytes, now: float) -> list[Frame]:
        """The codes that `data` completes, an AIM identifier in front where the type gives one."""
        frames: list[Frame] = []
        for byte in data:
            if not self._buffer and byte < HEADER_BYTES:
                continue  # no packet is so short: a wake-up byte, or noise
            self._buffer.append(byte)
            self._last_byte_at = now
            if len(self._buffer) == self._buffer[0] + CHECKSUM_BYTES:
                frames += self._take(bytes(self._buffer), now)
                self._buffer.clear()
        return frames

    def poll(self, now: float) -> list[Frame]:
        """Gives up a packet that stopped in the middle.  Never completes a code."""
        if self._buffer and now - self._last_byte_at >= CHARACTER_SECONDS_MAX:
            self._buffer.clear()
            self._refuse(Cause.RESEND)
        return []

    def _take(self, whole: bytes, now: float) -> list[Frame]:
        body, checksum = whole[:-CHECKSUM_BYTES], whole[-CHECKSUM_BYTES:]
        if checksum != _checksum(body):
            self._refuse(Cause.RESEND)
            return []
        if body[1] in (Opcode.ACK, Opcode.NAK):
            return []  # of a command of ours; it is not repeated, and never answered
        status, data = Status(body[3] & 3), body[HEADER_BYTES:]
        if body[1] != Opcode.DECODE_DATA or not data:
            self._accept()  # an event, a revision: heard, not used
            return []
        if Status.RETRANSMIT in status and data == self._last_taken:
            self._accept()  # our acknowledgement was lost, the packet was not
            return []
        if len(self._parts) + len(data) > FRAME_BYTES_MAX:
            self._parts.clear()
            self._refuse(Cause.BAD_CONTEXT)
            return []
        self._last_taken = data
        self._accept()
        self._parts += data[1:] if self._parts else data
        if Status.CONTINUATION in status:
            return []
        kind, payload = self._parts[0], bytes(self._parts[1:])
        self._parts.clear()
        return [Frame(_AIM.get(kind, "").encode() + payload, now)] if payload else []

    def _accept(self) -> None:
        self._answers += packet(Opcode.ACK)

    def _refuse(self, cause: Cause) -> None:
        self._answers += packet(Opcode.NAK, bytes((cause,)))
