"""What the tap of a driver sees of a device, made up: pure, and the same each time."""

from __future__ import annotations

from collections.abc import Iterator

from drivers.recording import Entry, Opened, Pictured, Received, Seen, Told
from drivers.scan import LostReason, ScannerState

NS = 1_000_000_000
BEGAN_NS = 1_795_312_800 * NS
"""2026-11-22 02:00 UTC, when every tape begins."""
READ_NS = NS // 25
"""How long a driver's read waits for the first byte."""
BITS_PER_BYTE = 10
FIFO_BYTES = 7
"""Taken at once from a line that is slow; codes are cut anywhere by it."""


class Tape:
    """One device, from its opening on."""

    def __init__(self, device: str) -> None:
        self._device = device
        self._at_ns = BEGAN_NS
        self.entries: list[Entry] = []
        self._add(Opened("It is ready."))

    def wait(self, seconds: float) -> None:
        """Time passes and nothing is read."""
        self._at_ns += round(seconds * NS)

    def send(self, data: bytes, *, baud: int = 0, silence: int = 1) -> None:
        """Bytes, and then reads that find nothing.

        baud     0: all at once
        """
        self.wait(0.2)
        for piece in _pieces(data, FIFO_BYTES) if baud else [data]:
            self._at_ns += len(piece) * BITS_PER_BYTE * NS // baud if baud else 0
            self._add(Received(piece))
        self.quiet(silence * READ_NS / NS)

    def read(self, data: bytes) -> None:
        """One read, now."""
        self._add(Received(data))

    def quiet(self, seconds: float) -> None:
        """Reads that find nothing."""
        for _ in range(round(seconds * NS) // READ_NS):
            self._at_ns += READ_NS
            self.read(b"")

    def show(self, jpegs: list[bytes], *, fps: int = 6) -> None:
        """Frame after frame."""
        for jpeg in jpegs:
            self._at_ns += NS // fps
            self._add(Pictured(jpeg))

    def lost(self, away_seconds: float, *, then_quiet_seconds: float = 0.0) -> None:
        """The plug is pulled, and put back after so long.

        then_quiet_seconds  what a line carries before the driver has opened it again is lost, and a
                            busy machine takes its time
        """
        self.wait(0.1)
        self._add(Told(ScannerState.LOST, "It went away.", LostReason.GONE))
        self.wait(away_seconds)
        self._add(Opened("It is ready."))
        self._add(Told(ScannerState.READY, "It is ready."))
        self.wait(then_quiet_seconds)

    def spoiled(self) -> None:
        """A burst came without its end, and its scanner is asked for it again."""
        self._add(Told(ScannerState.LOST, "Scan again.", LostReason.SPOILED))
        self._add(Told(ScannerState.READY, "It is ready."))

    def stalled(self, seconds: float, noticed_after: float) -> None:
        """No picture for so long."""
        self.wait(noticed_after)
        self._add(Told(ScannerState.LOST, "It sends no pictures.", LostReason.STALLED))
        self.wait(seconds - noticed_after)
        self._add(Told(ScannerState.READY, "It is ready."))

    @property
    def seconds(self) -> float:
        """Since it began."""
        return (self._at_ns - BEGAN_NS) / NS

    def _add(self, seen: Seen) -> None:
        self.entries.append(Entry(self._device, self._at_ns, seen))


def _pieces(data: bytes, size: int) -> Iterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]
