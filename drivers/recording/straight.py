"""A recording straight through the drivers' reading, as fast as it goes, by its own clock.

Each device's entries are given to what reads them live: `SerialReading`, `HidReading`,
`PictureReading`.  Bytes come out as they did live, bit by bit.  Of pictures the ladder may take so
much processor time a frame (`drivers.watch`): a slower machine may need a frame or two more.

One rule: nothing here asks what time it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from drivers.address import (
    CAMERA_SCHEMES,
    HID_SCHEMES,
    SERIAL_SCHEMES,
    bad_scheme,
    parse_camera,
    parse_hid,
    parse_serial,
)
from drivers.hid_reading import HidReading
from drivers.recording.entry import Device, Entry
from drivers.scan import Scan, ScannerStatus
from drivers.serial_reading import SerialReading
from drivers.tap import Opened, Pictured, Received, Seen

NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Heard:
    """What the drivers make of an entry."""

    device: str
    at_ns: int
    """Capture time, or that of the last byte: `told.at` on the clock of the recording."""
    told: Scan | ScannerStatus
    """`Scan.at` is seconds since the recording's first entry."""


class Reading(Protocol):
    """What a driver's reading is to a recording."""

    def take(self, seen: Seen, now: float) -> Sequence[Scan | ScannerStatus]: ...


def straight(entries: Iterable[Entry], devices: Mapping[str, Device]) -> Iterator[Heard]:
    """Scans, and bursts that were spoiled or made no sense, in the order they were found.

    devices  may fill up while `entries` are read, as those of a `Reader` do
    Raises   ScannerLost(BAD_URL) for a device whose address no driver takes; NoDecoder
    """
    readings: dict[str, Reading | None] = {}
    began_ns: int | None = None
    for entry in entries:
        began_ns = entry.at_ns if began_ns is None else began_ns
        name = entry.device
        if name not in readings:
            readings[name] = reading_for(devices[name].url)
        reading = readings[name]
        if reading is None:
            continue
        # Small numbers, because a float has no room for nanoseconds since 1970.
        now = (entry.at_ns - began_ns) / NS
        for told in reading.take(entry.seen, now):
            at_ns = began_ns + round(told.at * NS) if isinstance(told, Scan) else entry.at_ns
            yield Heard(name, at_ns, told)


class SerialTape:
    """A serial scanner's entries."""

    def __init__(self, url: str) -> None:
        self._reading = SerialReading(parse_serial(url))

    def take(self, seen: Seen, now: float) -> Sequence[Scan | ScannerStatus]:
        match seen:
            case Opened():
                self._reading.opened()
            case Received(data):
                frames = self._reading.cut(data, now)
                self._reading.answers()  # were written then, or were not; nobody waits for them now
                return self._reading.tell(frames, data)
        return ()

    @property
    def waits(self) -> bool:
        return self._reading.waits


class HidTape:
    """A HID scanner's entries."""

    def __init__(self, url: str) -> None:
        self._reading = HidReading(parse_hid(url))

    def take(self, seen: Seen, now: float) -> Sequence[Scan | ScannerStatus]:
        match seen:
            case Opened():
                self._reading.opened()
            case Received(data):
                return self._reading.take(data, now)
        return ()

    @property
    def waits(self) -> bool:
        return self._reading.waits


class CameraTape:
    """A camera's entries."""

    def __init__(self, url: str) -> None:
        # Loads OpenCV, which a recording of bytes does without.
        from drivers.picture_reading import PictureReading

        self._reading = PictureReading(parse_camera(url))
        self._frames = 0

    def take(self, seen: Seen, now: float) -> Sequence[Scan | ScannerStatus]:
        from drivers.capture import Frame, jpeg_array

        if not isinstance(seen, Pictured):
            return ()
        self._frames += 1
        return self._reading.take(Frame(self._frames, now, jpeg_array(seen.jpeg), is_jpeg=True))


_TAPES: dict[str, Callable[[str], Reading]] = {
    **dict.fromkeys(SERIAL_SCHEMES, SerialTape),
    **dict.fromkeys(HID_SCHEMES, HidTape),
    **dict.fromkeys(CAMERA_SCHEMES, CameraTape),
}


def reading_for(url: str) -> Reading | None:
    """None: it is no scanner.  Raises ScannerLost(BAD_URL), NoDecoder."""
    if not url:
        return None
    make = _TAPES.get(url.partition("://")[0])
    return make(url) if make is not None else bad_scheme(url)
