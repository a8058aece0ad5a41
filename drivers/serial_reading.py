"""What a serial scanner's bytes come to: scans, and whether the line makes sense.

All of a serial scanner but its line, so that a recording is read by the same code as the wire.

Pure: the time is an argument, and answers are returned, not sent.
"""

from __future__ import annotations

from drivers.address import SerialAddress, shown
from drivers.debounce import Debounce
from drivers.framing import Frame, Framer, split_aim
from drivers.legibility import Legibility
from drivers.scan import LostReason, Scan, ScannerState, ScannerStatus
from drivers.ssi import SsiFramer
from drivers.vendors import PROFILES

_GARBLED = (
    "The scanner at {place} sends what makes no sense: its speed is not that of the address;"
    " set baud=… to the scanner's, often 9600 or 115200."
)


class SerialReading:
    """One for each scanner."""

    def __init__(self, address: SerialAddress) -> None:
        self._address = address
        self._ssi = SsiFramer() if PROFILES[address.vendor].is_ssi else None
        self._framer = self._ssi or Framer(address.framing, address.idle_ms)
        self._debounce = Debounce(address.hold_seconds)
        self._legibility = Legibility()

    def opened(self) -> None:
        """The line was opened: whatever came before belongs to nothing that comes now."""
        self._framer.reset()
        self._legibility = Legibility()

    @property
    def waits(self) -> bool:
        """Whether a silence would mean something: a code is half read."""
        return self._framer.is_open

    def cut(self, data: bytes, now: float) -> list[Frame]:
        """The codes that one read completes.

        data     b"" when the line was found empty
        now      seconds, never less than at the call before
        """
        return self._framer.feed(data, now) if data else self._framer.poll(now)

    def answers(self) -> bytes:
        """What is to be written to the scanner since the last call."""
        return self._ssi.answers() if self._ssi is not None else b""

    def tell(self, frames: list[Frame], data: bytes) -> list[Scan | ScannerStatus]:
        """What to report of a read, once its answers are written.

        frames, data  what `cut` gave, and was given
        """
        told: list[Scan | ScannerStatus] = []
        for frame in frames:
            symbology, payload = split_aim(frame.data)
            if payload and self._debounce.is_new(payload, frame.at):
                told.append(Scan(payload, symbology, self._address.url, frame.at))
        if self._ssi is None:
            told += self._judge(data)
        return told

    def _judge(self, data: bytes) -> list[ScannerStatus]:
        """Tells once when the line makes no sense, and once when it does again."""
        was_garbled = self._legibility.is_garbled
        if data:
            self._legibility.feed(data)
        else:
            self._legibility.pause()
        if self._legibility.is_garbled == was_garbled:
            return []
        if was_garbled:
            return [ScannerStatus(self._address.url, ScannerState.READY, ready(self._address))]
        sentence = _GARBLED.format(place=shown(self._address.place))
        lost = LostReason.GARBLED
        return [ScannerStatus(self._address.url, ScannerState.LOST, sentence, lost)]


def ready(address: SerialAddress) -> str:
    return f"The scanner at {shown(address.place)} is ready."
