"""What a HID scanner's reports or keys come to: scans, and bursts that were spoiled.

All of a HID scanner but its device, so that a recording is read by the same code as the wire.

Pure: the time is an argument.
"""

from __future__ import annotations

from drivers.address import HidAddress, shown
from drivers.debounce import Debounce
from drivers.framing import split_aim
from drivers.hid_pos import Assembler
from drivers.scan import LostReason, Scan, ScannerState, ScannerStatus
from drivers.wedge import KeyFramer

_SPOILED = "A scan at {place} did not come through whole: scan the code again."


class HidReading:
    """One for each scanner."""

    def __init__(self, address: HidAddress) -> None:
        self._address = address
        self._keys = KeyFramer() if address.scheme == "wedge" else None
        self._framer = self._keys or Assembler(address.layout)
        self._debounce = Debounce(address.hold_seconds)

    def opened(self) -> None:
        """The device was opened: whatever came before belongs to nothing that comes now."""
        self._framer.reset()

    @property
    def waits(self) -> bool:
        """Whether a silence would mean something: a code is half read."""
        return self._framer.is_open

    def take(self, data: bytes, now: float) -> list[Scan | ScannerStatus]:
        """What to report of one read.

        data     b"" when the device was found empty
        now      seconds, never less than at the call before
        """
        told: list[Scan | ScannerStatus] = []
        for frame in self._framer.feed(data, now) if data else self._framer.poll(now):
            symbology, payload = split_aim(frame.data)
            if payload and self._debounce.is_new(payload, frame.at):
                told.append(Scan(payload, symbology, self._address.url, frame.at))
        if self._keys is not None and self._keys.is_spoiled:
            self._keys.is_spoiled = False
            url, sentence = self._address.url, _SPOILED.format(place=shown(self._address.place))
            told += [
                ScannerStatus(url, ScannerState.LOST, sentence, LostReason.SPOILED),
                ScannerStatus(url, ScannerState.READY, ready(self._address)),
            ]
        return told


def ready(address: HidAddress) -> str:
    return f"The scanner at {shown(address.place)} is ready."
