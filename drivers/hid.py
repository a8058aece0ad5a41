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
from drivers.feed import Feed
from drivers.hid_pos import REPORT_BYTES
from drivers.hid_reading import HidReading, ready
from drivers.scan import (
    REASONS,
    LostReason,
    Scanner,
    ScannerLost,
    ScannerStatus,
)
from drivers.tap import Opened, Received, Tap
from drivers.wedge import EVENT

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
    tap: Tap | None = None,
) -> AbstractAsyncContextManager[Scanner]:
    """See `drivers.open_scanner`.

    claim    how the device is made ours; None for the way its scheme has
    """
    feed = Feed(address.url, on_status, tap=tap)
    return feed.running(HidScanner(address, feed, claim or CLAIMS[address.scheme]).run)


class HidScanner:
    """The reading thread's work."""

    def __init__(self, address: HidAddress, feed: Feed, claim: Claim) -> None:
        self._address = address
        self._feed = feed
        self._claim = claim
        self._reading = HidReading(address)
        is_wedge = address.scheme == "wedge"
        self._bytes_max = EVENT.size * EVENTS_MAX if is_wedge else REPORT_BYTES
        self._was_data = False

    def run(self) -> None:
        device = self._open()
        while device is not None:
            self._reading.opened()
            self._was_data = False
            self._feed.saw(time.monotonic(), Opened(ready(self._address)))
            self._feed.ready(ready(self._address))
            try:
                self._read_until_lost(device)
            finally:
                os.close(device)
            device = self._reopen()

    def _read_until_lost(self, device: int) -> None:
        while not self._feed.stopping.is_set():
            try:
                if not self._feed.has_room:
                    _watch(device)
                    continue
                data = self._read(device)
            except OSError as error:
                self._feed.lost(_lost(LostReason.GONE, self._address, error))
                return
            now = time.monotonic()
            if data or self._was_data or self._reading.waits:
                self._feed.saw(now, Received(data))
            self._was_data = bool(data)
            for told in self._reading.take(data, now):
                self._feed.report(told)

    def _read(self, device: int) -> bytes:
        """b"" when nothing came.  Raises OSError when the device is gone."""
        if not select.select([device], [], [], READ_SECONDS)[0]:
            return b""
        data = os.read(device, self._bytes_max)
        if not data:
            raise OSError(errno.ENODEV, "the device delivers no more")
        return data

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


def _watch(device: int) -> None:
    """Waits for READ_SECONDS and leaves what comes unread.  Raises OSError when it is gone."""
    poll = select.poll()
    poll.register(device, 0)  # that it hung up is told unasked
    if poll.poll(READ_SECONDS * 1000):
        raise OSError(errno.ENODEV, "the device is gone")


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
}


def _lost(reason: LostReason, address: HidAddress, cause: Exception | None = None) -> ScannerLost:
    lost = ScannerLost(reason, address.url, _SENTENCES[reason].format(place=shown(address.place)))
    lost.__cause__ = cause
    return lost
