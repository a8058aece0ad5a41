"""Takes out of a recording what is a customer's own.

Bytes: a stretch of them reaches from the end of one code to the end of the next.  It stays where
the code is harmless and nothing else is in it: what came only half may be half a voucher.
Otherwise every printable byte of a serial line becomes "*", so that chunks, pauses and suffixes
stay as they were; reports, keys and packets, which have lengths and checks, are left out.

Pictures: `drivers.recording.blank`.

One rule: nothing stays that is not known to be harmless.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from drivers.address import HID_SCHEMES, SERIAL_SCHEMES, parse_serial
from drivers.recording.entry import Entry
from drivers.recording.reader import Reader
from drivers.recording.rewrite import Rewritten, rewrite
from drivers.recording.straight import NS, HidTape, SerialTape
from drivers.scan import Scan
from drivers.tap import Opened, Pictured, Received, Scanned, Seen
from drivers.vendors import PROFILES

IsPersonal: TypeAlias = Callable[[bytes, str | None], bool]
"""`is_personal(payload, symbology)`: whether nobody else may see a code."""

MASK = ord("*")
PRINTABLE_FROM = 0x20
SSI_BYTES = 7
"""Of a packet with a code, all but the code."""


def redact(
    source: Path, target: Path, is_personal: IsPersonal, *, keeps_unread: bool = False
) -> Rewritten:
    """A new file without anything personal in it.

    keeps_unread  somebody has looked at the pictures: those in which nothing is read show nothing
    Raises OSError, BadFile; ScannerLost for an address no driver takes; NoDecoder
    """
    finding = _Finding(is_personal, keeps_unread)
    finding.go_through(source)
    changes = finding.changes

    def redacted(entries: Iterable[Entry]) -> Iterator[Entry]:
        for number, entry in enumerate(entries):
            seen = changes.get(number, entry.seen)
            if seen is not None:
                yield replace(entry, seen=seen)

    return rewrite(source, target, redacted, {"redacted": {"by": "gongji scans redact"}})


Changes: TypeAlias = dict[int, Seen | None]
"""By number of the entry, what it becomes; None: it is left out."""


class _Finding:
    """What has to change."""

    def __init__(self, is_personal: IsPersonal, keeps_unread: bool) -> None:
        self.is_personal = is_personal
        self.keeps_unread = keeps_unread
        self.changes: Changes = {}
        self.harmless: set[str] = set()
        """SHA-256, hex, of the codes that stay."""

    def go_through(self, source: Path) -> None:
        devices: dict[str, _Bytes | _Pictures | None] = {}
        scanned: list[tuple[int, str]] = []
        with Reader(source) as reader:
            for number, entry in enumerate(reader):
                if entry.device not in devices:
                    devices[entry.device] = self._device(reader.devices[entry.device].url)
                device = devices[entry.device]
                if isinstance(entry.seen, Scanned):
                    scanned.append((number, entry.seen.sha256))
                elif device is not None:
                    device.take(number, entry)
                elif isinstance(entry.seen, Received | Pictured):
                    self.changes[number] = None  # of nothing that could be read again
        for device in devices.values():
            if device is not None:
                device.end()
        for number, sha256 in scanned:
            if sha256 not in self.harmless:
                self.changes[number] = None

    def _device(self, url: str) -> _Bytes | _Pictures | None:
        """None: it is no scanner."""
        if not url:
            return None
        is_cable = url.partition("://")[0] in SERIAL_SCHEMES + HID_SCHEMES
        return _Bytes(url, self) if is_cable else _Pictures(url, self)


class _Bytes:
    """What came from one scanner on a cable."""

    def __init__(self, url: str, finding: _Finding) -> None:
        self._finding = finding
        self._is_line = url.partition("://")[0] in SERIAL_SCHEMES
        self._is_ssi = self._is_line and PROFILES[parse_serial(url).vendor].is_ssi
        self._tape = SerialTape(url) if self._is_line else HidTape(url)
        self._began_ns: int | None = None
        self._stretch: list[tuple[int, bytes]] = []
        self._codes: list[Scan] = []
        self._has_news = False

    def take(self, number: int, entry: Entry) -> None:
        if isinstance(entry.seen, Opened):
            self.end()
        if self._began_ns is None:
            self._began_ns = entry.at_ns
        for told in self._tape.take(entry.seen, (entry.at_ns - self._began_ns) / NS):
            if isinstance(told, Scan):
                self._codes.append(told)
            else:
                self._has_news = True
        if isinstance(entry.seen, Received):
            self._stretch.append((number, entry.seen.data))
            if not self._tape.waits:
                self.end()

    def end(self) -> None:
        """The stretch is over: nothing of it belongs to what comes."""
        if self._is_harmless():
            digests = (hashlib.sha256(code.payload).hexdigest() for code in self._codes)
            self._finding.harmless.update(digests)
        else:
            for number, data in self._stretch:
                self._finding.changes[number] = self._masked(data)
        self._stretch, self._codes, self._has_news = [], [], False

    def _is_harmless(self) -> bool:
        codes = self._codes
        if self._has_news or any(
            self._finding.is_personal(code.payload, code.symbology) for code in codes
        ):
            return False
        data = b"".join(data for _, data in self._stretch)
        if not data:
            return True
        if self._is_ssi:
            return len(data) == sum(SSI_BYTES + len(code.payload) for code in codes)
        if not self._is_line:
            return bool(codes)  # a stretch of reports or keys is one code, whole
        told = b"".join((code.symbology or "").encode() + code.payload for code in codes)
        return _printable(data) == _printable(told)

    def _masked(self, data: bytes) -> Received | None:
        if not self._is_line or self._is_ssi:
            return None
        return Received(bytes(MASK if byte >= PRINTABLE_FROM else byte for byte in data))


def _printable(data: bytes) -> int:
    return sum(byte >= PRINTABLE_FROM for byte in data)


class _Pictures:
    """What came from one camera."""

    def __init__(self, url: str, finding: _Finding) -> None:
        # Loads OpenCV, which a recording of bytes does without.
        from drivers.recording.blank import Blanking

        self._finding = finding
        self._blanking = Blanking(url, finding.is_personal, finding.keeps_unread)

    def take(self, number: int, entry: Entry) -> None:
        if isinstance(entry.seen, Pictured):
            self._blanking.take(number, entry.at_ns, entry.seen.jpeg)

    def end(self) -> None:
        for number, jpeg in self._blanking.changed().items():
            self._finding.changes[number] = None if jpeg is None else Pictured(jpeg)
        self._finding.harmless.update(self._blanking.harmless)
