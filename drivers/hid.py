"""HID scanners on Linux: `hid://` reads reports from hidraw, `wedge://` keys from evdev.

A thread of its own drains the device: what a keyboard's reader leaves lying for ten characters is
lost.  A wedge is grabbed, so that nothing it types reaches the screen or another program.

One rule: whatever the device does is an OSError.  After it, what was half read is forgotten and
the device is opened again by the same name; links in /dev/input/by-id follow it.

Source   linux/hidraw.h (HIDIOCGRAWINFO), linux/input.h (EVIOCGRAB)
"""

from __future__ import annotations

import errno
import fcntl
import os
import select
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from itertools import chain, repeat

from drivers.address import HidAddress, shown
from drivers.debounce import Debounce
from drivers.feed import Feed
from drivers.framing import Frame, split_aim
from drivers.hid_pos import REPORT_BYTES, Assembler
from drivers.scan import (
    REASONS,
    LostReason,
    Scan,
    Scanner,
    ScannerLost,
    ScannerStatus,
)
from drivers.wedge import EVENT, KeyFramer

READ_SECONDS = 0.05
BACK_OFF_SECONDS = (0.05, 0.1, 0.2, 0.4)
"""Waits between attempts to reopen; the last one is repeated."""
EVENTS_MAX = 64
"""Read at once; as many as the kernel keeps."""

_HIDIOCGRAWINFO = 0x80084803
_EVIOCGRAB = 0x40044590

Claim = Callable[[int], None]
"""Makes sure that an open device is one, and ours alone.  Raises OSError."""


def is_hidraw(device: int) -> None:
    fcntl.ioctl(device, _HIDIOCGRAWINFO, bytes(8))


def grab(device: int) -> None:
    """Raises OSError(EBUSY) where another program has grabbed it."""
    fcntl.ioctl(device, _EVIOCGRAB, 1)


CLAIMS: dict[str, Claim] = {"hid": is_hidraw, "wedge": grab}


def open_hid(
    address: HidAddress,
    on_status: Callable[[ScannerStatus], None],
    claim: Claim | None = None,
) -> AbstractAsyncContextManager[Scanner]:
    """See `drivers.open_scanner`.

    claim    how the device is made ours; None for the way its scheme has
    """
    feed = Feed(address.url, on_status)
    return feed.running(HidScanner(address, feed, claim or CLAIMS[address.scheme]).run)


class HidScanner:
    """The reading thread's work."""

    def __init__(self, address: HidAddress, feed: Feed, claim: Claim) -> None:
        self._address = address
        self._feed = feed
        self._claim = claim
        is_wedge = address.scheme == "wedge"
        self._keys = KeyFramer() if is_wedge else None
        self._framer = self._keys or Assembler(address.layout)
        self._bytes_max = EVENT.size * EVENTS_MAX if is_wedge else REPORT_BYTES
        self._debounce = Debounce(address.hold_seconds)

    def run(self) -> None:
        device = self._open()
        while device is not None:
            self._framer.reset()
            self._feed.ready(self._ready_sentence)
            try:
                self._read_until_lost(device)
            finally:
                os.close(device)
            device = self._reopen()

    @property
    def _ready_sentence(self) -> str:
        return f"The scanner at {shown(self._address.place)} is ready."

    def _read_until_lost(self, device: int) -> None:
        while not self._feed.stopping.is_set():
            try:
                data = self._read(device)
            except OSError as error:
                self._feed.lost(_lost(LostReason.GONE, self._address, error))
                return
            now = time.monotonic()
            for frame in self._framer.feed(data, now) if data else self._framer.poll(now):
                self._deliver(frame)
            if self._keys is not None and self._keys.is_spoiled:
                self._keys.is_spoiled = False
                self._feed.lost(_lost(LostReason.SPOILED, self._address))
                self._feed.ready(self._ready_sentence)

    def _read(self, device: int) -> bytes:
        """b"" when nothing came.  Raises OSError when the device is gone."""
        if not select.select([device], [], [], READ_SECONDS)[0]:
            return b""
        data = os.read(device, self._bytes_max)
        if not data:
            raise OSError(errno.ENODEV, "the device delivers no more")
        return data

    def _deliver(self, frame: Frame) -> None:
        symbology, payload = split_aim(frame.data)
        if payload and self._debounce.is_new(payload, frame.at):
            self._feed.put(Scan(payload, symbology, self._address.url, frame.at))

    def _open(self) -> int | None:
        try:
            device = os.open(self._address.place, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            try:
                self._claim(device)
            except BaseException:
                os.close(device)
                raise
        except OSError as error:
            reason = REASONS.get(error.errno or 0, LostReason.NOT_A_SCANNER)
            self._feed.lost(_lost(reason, self._address, error))
            return None
        return device

    def _reopen(self) -> int | None:
        """None when the scanner is no longer wanted."""
        for wait_seconds in chain(BACK_OFF_SECONDS, repeat(BACK_OFF_SECONDS[-1])):
            if self._feed.stopping.wait(wait_seconds):
                break
            device = self._open()
            if device is not None:
                return device
        return None


_SENTENCES = {
    LostReason.MISSING: "There is no scanner at {place}: check its cable and its address.",
    LostReason.BUSY: "The scanner at {place} is in use by another program: close that program.",
    LostReason.PERMISSION: (
        "This user may not open the scanner at {place}: install the udev rules that come with this"
        " program, and plug it in again."
    ),
    LostReason.NOT_A_SCANNER: (
        "{place} is not a device of its kind: hid:// takes /dev/hidraw…, wedge:// /dev/input/…."
    ),
    LostReason.GONE: (
        "The scanner at {place} went away: check its cable; it is used again as soon as it is back."
    ),
    LostReason.SPOILED: "A scan at {place} did not come through whole: scan the code again.",
}


def _lost(reason: LostReason, address: HidAddress, cause: Exception | None = None) -> ScannerLost:
    lost = ScannerLost(reason, address.url, _SENTENCES[reason].format(place=shown(address.place)))
    lost.__cause__ = cause
    return lost
