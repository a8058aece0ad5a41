"""Scanners.  A camera, a serial port and a TCP bridge all yield the same `Scan`.

    async with open_scanner("serial:///dev/ttyACM0?baud=9600", on_status=show) as scans:
        async for scan in scans:
            ...

Entering opens the device or raises `ScannerLost`.  A device lost later is told through
`on_status` and reopened for as long as it takes; the loop simply goes on.  Leaving closes it,
within a second, whatever it was waiting for.

One rule: a scanner knows nothing of what it reads, and nothing of the till.  Drivers are loaded
by scheme, so that importing this package loads neither OpenCV nor pyserial.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from drivers.address import (
    CAMERA_SCHEMES,
    HID_SCHEMES,
    SERIAL_SCHEMES,
    bad_scheme,
    camera_url,
    parse_camera,
    parse_hid,
    parse_serial,
    serial_url,
    shown,
)
from drivers.scan import (
    LostReason,
    Scan,
    Scanner,
    ScannerLost,
    ScannerState,
    ScannerStatus,
    Signal,
)
from drivers.tap import Tap

__all__ = [
    "LostReason",
    "Scan",
    "Scanner",
    "ScannerLost",
    "ScannerState",
    "ScannerStatus",
    "Signal",
    "Tap",
    "camera_url",
    "ignore",
    "open_scanner",
    "serial_url",
]

OnStatus = Callable[[ScannerStatus], None]


def ignore(status: ScannerStatus) -> None:
    """The `on_status` of somebody who does not ask."""


def open_scanner(
    url: str, *, on_status: OnStatus = ignore, tap: Tap | None = None
) -> AbstractAsyncContextManager[Scanner]:
    """A scanner, to be entered once, in a running event loop.

    url        see `drivers.address`; `camera_url` and `serial_url` make one from what people type
    on_status  called in the event loop's thread with READY when the device delivers, LOST when it
               no longer does; never twice running with the same news
    tap        sees everything that is read, see `drivers.tap`; None: nobody records
    Yields     scans in the order of capture.  A video file ends the iterator after its last frame;
               a device never does.  Scans wait in a bounded queue; when nobody takes them the
               driver stops reading, drops nothing, and still tells when its device goes
    Raises     ScannerLost: here for an address that cannot be used or a library that is missing,
               on entering for a device that cannot be opened
    """
    scheme = url.partition("://")[0]
    if scheme in CAMERA_SCHEMES:
        return _camera(url, on_status, tap)
    if scheme in SERIAL_SCHEMES:
        return _serial(url, on_status, tap)
    if scheme in HID_SCHEMES:
        return _hid(url, on_status, tap)
    return bad_scheme(url)


def _camera(url: str, on_status: OnStatus, tap: Tap | None) -> AbstractAsyncContextManager[Scanner]:
    address = parse_camera(url)
    try:
        from drivers.camera import open_camera
    except ImportError as missing:
        why = f"OpenCV cannot be loaded ({missing}), so no camera can be used: install it."
        raise ScannerLost(LostReason.NO_DECODER, url, f"{shown(url)}: {why}") from missing
    return open_camera(address, on_status, tap)


def _serial(url: str, on_status: OnStatus, tap: Tap | None) -> AbstractAsyncContextManager[Scanner]:
    address = parse_serial(url)
    from drivers.serial_line import open_serial

    return open_serial(address, on_status, tap)


def _hid(url: str, on_status: OnStatus, tap: Tap | None) -> AbstractAsyncContextManager[Scanner]:
    address = parse_hid(url)
    from drivers.hid import open_hid

    return open_hid(address, on_status, tap=tap)
