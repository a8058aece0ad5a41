"""Carries scans from the devices to the till."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from drivers import (
    Scanner,
    ScannerLost,
    ScannerStatus,
    Signal,
    camera_url,
    open_scanner,
    serial_url,
)
from drivers.address import CAMERA_SCHEMES, HID_SCHEMES
from terminal.checkout import Checkout
from terminal.cli.exits import Exit, Stop
from terminal.sale.commands import Present
from terminal.sale.events import (
    BoxKnown,
    BoxScanned,
    CodeNotUsable,
    Event,
    LineAdded,
    Notice,
    QuantitySet,
    Refused,
    ScannerChanged,
    VoucherAccepted,
    VoucherRefused,
)
from terminal.sale.sale import Sale
from terminal.text import visible

if TYPE_CHECKING:
    # Loads what a till that keeps no recordings does without.
    from drivers.recording.keeper import Keeper


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--camera", action="append", default=[], metavar="URL", help="device, file or MJPEG stream"
    )
    parser.add_argument(
        "--serial", action="append", default=[], metavar="URL", help="serial port of a scanner"
    )


def urls(args: argparse.Namespace) -> list[str]:
    """Raises Stop(SCANNER) for an address that cannot be one."""
    try:
        return [*map(camera_url, args.camera), *map(serial_url, args.serial)]
    except ScannerLost as exc:
        raise Stop(Exit.SCANNER, str(exc)) from exc


def named(addresses: Sequence[str]) -> dict[str, str]:
    """Each address by the name its device has in a recording: camera1, serial1, serial2, hid1."""
    devices: dict[str, str] = {}
    for url in addresses:
        scheme = url.partition("://")[0]
        kind = scheme if scheme in HID_SCHEMES else "serial"
        kind = "camera" if scheme in CAMERA_SCHEMES else kind
        number = sum(name.rstrip("0123456789") == kind for name in devices) + 1
        devices[f"{kind}{number}"] = url
    return devices


@asynccontextmanager
async def scanning(
    checkout: Checkout, addresses: Sequence[str], keeper: Keeper | None = None
) -> AsyncIterator[None]:
    """While inside, every scan is presented to the till; a scanner whose scan was refused says so.

    keeper   keeps the seconds around a scan that was refused
    Raises Stop(SCANNER) where a scanner cannot be opened.  One that is lost later is reported,
    and goes on when it is back.
    """

    def on_status(status: ScannerStatus) -> None:
        checkout.tell(ScannerChanged(status.url, status.state.value, visible(status.detail)))

    presenter = Presenter(checkout, keeper)
    async with AsyncExitStack() as stack:
        streams: list[Scanner] = []
        for name, url in named(addresses).items():
            tap = keeper.tap(name, url) if keeper is not None else None
            try:
                scanner = open_scanner(url, on_status=on_status, tap=tap)
                streams.append(await stack.enter_async_context(scanner))
            except ScannerLost as exc:
                raise Stop(Exit.SCANNER, str(exc)) from exc
        pumps = [asyncio.create_task(presenter.pump(stream)) for stream in streams]
        try:
            yield
        finally:
            for pump in pumps:
                pump.cancel()
            ended = await asyncio.gather(*pumps, return_exceptions=True)
            for error in ended:
                if isinstance(error, Exception):
                    raise error


SCAN_TAKEN = (LineAdded, QuantitySet, BoxScanned, VoucherAccepted)
SCAN_REFUSED = (Refused, VoucherRefused, CodeNotUsable, BoxKnown)
"""What the till answers to a scan."""
BUSY = Refused("busy")
"""What it answers to whatever comes while it does something else."""


class Presenter:
    """Presents scans to the till, one after the other, and tells the scanner of a refusal.

    The till obeys one command at a time, so that the first answer after a scan was presented is the
    answer to it.
    """

    def __init__(self, checkout: Checkout, keeper: Keeper | None) -> None:
        self._checkout = checkout
        self._keeper = keeper
        self._presented: Scanner | None = None
        checkout.subscribe(self._on_answer)

    async def pump(self, scanner: Scanner) -> None:
        async for scan in scanner:
            if self._checkout.moving_money:
                # Not kept: once the money has moved it would open the next customer's sale.
                self._checkout.tell(BUSY)
                self._answered(scanner, BUSY)
                continue
            while self._checkout.busy:
                await self._checkout.idle()
            self._presented = scanner
            self._checkout.do(Present(scan.payload, scan.symbology, scan.source))

    def _on_answer(self, happened: Event | Notice, sale: Sale | None) -> None:
        scanner = self._presented
        if scanner is None or happened == BUSY:
            return
        if isinstance(happened, SCAN_TAKEN + SCAN_REFUSED):
            self._presented = None
            self._answered(scanner, happened)

    def _answered(self, scanner: Scanner, happened: Event | Notice) -> None:
        if self._keeper is not None:
            self._keeper.note(type(happened).__name__, _why(happened))
        if isinstance(happened, SCAN_REFUSED):
            # The clerk looks at the customer, not at the screen.
            scanner.signal(Signal.REJECT)
            if self._keeper is not None:
                self._keeper.keep("refused")


def _why(happened: Event | Notice) -> dict[str, str | int | bool | None]:
    """Nothing of the code itself."""
    match happened:
        case Refused(reason) | VoucherRefused(reason):
            return {"reason": reason}
        case CodeNotUsable(kind):
            return {"kind": kind}
    return {}
