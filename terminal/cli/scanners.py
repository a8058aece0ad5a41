"""Carries scans from the devices to the till."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from drivers import Scan, ScannerLost, ScannerStatus, camera_url, open_scanner, serial_url
from terminal.checkout import Checkout
from terminal.cli.exits import Exit, Stop
from terminal.sale.commands import Present
from terminal.sale.events import Refused, ScannerChanged
from terminal.text import visible


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


@asynccontextmanager
async def scanning(checkout: Checkout, addresses: Sequence[str]) -> AsyncIterator[None]:
    """While inside, every scan is presented to the till.

    Raises Stop(SCANNER) where a scanner cannot be opened.  One that is lost later is reported,
    and goes on when it is back.
    """

    def on_status(status: ScannerStatus) -> None:
        checkout.tell(ScannerChanged(status.url, status.state.value, visible(status.detail)))

    async with AsyncExitStack() as stack:
        try:
            streams = [
                await stack.enter_async_context(open_scanner(url, on_status=on_status))
                for url in addresses
            ]
        except ScannerLost as exc:
            raise Stop(Exit.SCANNER, str(exc)) from exc
        pumps = [asyncio.create_task(_pump(checkout, stream)) for stream in streams]
        try:
            yield
        finally:
            for pump in pumps:
                pump.cancel()
            ended = await asyncio.gather(*pumps, return_exceptions=True)
            for error in ended:
                if isinstance(error, Exception):
                    raise error


async def _pump(checkout: Checkout, scans: AsyncIterator[Scan]) -> None:
    async for scan in scans:
        if checkout.moving_money:
            # Not kept: once the money has moved it would open the next customer's sale.
            checkout.tell(Refused("busy"))
            continue
        await checkout.do_in_turn(Present(scan.payload, scan.symbology, scan.source))
