"""A recording through pretend devices: into the drivers, and into a till.

One rule: time is the recording's.  When it is played, the clock of the till and of the pretend
platform begins where the recording began, so that a voucher holds now as it held then.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import httpx
from starlette.applications import Starlette

from drivers import Scan, Scanner, ScannerLost, open_scanner
from drivers.recording import Heard
from terminal.cli import scanners
from terminal.cli.build import open_till, plan
from terminal.cli.exits import Exit, Stop
from terminal.cli.headless import Printer
from terminal.cli.run import beside, sign_in
from terminal.cli.scans.files import reading, test_bundle
from terminal.cli.scans.standins import NS, StandIns
from terminal.clock import SystemClock
from terminal.recorded import Outcome, Summary, outcomes
from terminal.recorded.outcome import VALID, outcome_of
from terminal.sandbox.app import create_app
from terminal.sandbox.settings import Settings
from terminal.sandbox.vouchers import take_over
from terminal.voucher.keys import KeyBundle
from terminal.voucher.voucher import verify

AFTER_SECONDS = 1.5
"""For what is still on its way when the last entry was played; a code may end with a pause."""


class RecordedClock(SystemClock):
    """Stands at the beginning of a recording until that is played, then runs as clocks do."""

    def __init__(self, began_ns: int) -> None:
        self._began = datetime.fromtimestamp(began_ns / NS, UTC)
        self._started_at: float | None = None

    def start(self) -> None:
        """From now on it runs."""
        self._started_at = time.monotonic()

    def now(self) -> datetime:
        if self._started_at is None:
            return self._began
        return self._began + timedelta(seconds=time.monotonic() - self._started_at)


async def into_drivers(path: Path, bundle: KeyBundle) -> list[tuple[Outcome, bytes]]:
    """What the real drivers make of it, in real time: each scan's outcome and payload.

    Raises Stop(CONFIG), Stop(SCANNER), Stop(FAILED)
    """
    loop = asyncio.get_running_loop()
    heard: list[tuple[str, Scan]] = []
    with StandIns(path) as devices:
        async with AsyncExitStack() as stack:
            opened: dict[str, Scanner] = {}
            for name, url in devices.urls.items():
                try:
                    opened[name] = await stack.enter_async_context(open_scanner(url))
                except ScannerLost as lost:
                    raise Stop(Exit.SCANNER, str(lost)) from lost
            pumps = [asyncio.create_task(_pump(name, opened[name], heard)) for name in opened]
            began = loop.time()
            try:
                await _play(devices)
            finally:
                for pump in pumps:
                    pump.cancel()
                await asyncio.gather(*pumps, return_exceptions=True)
    got: list[tuple[Outcome, bytes]] = []
    for name, scan in heard:
        at_ns = devices.began_ns + round((scan.at - began) * NS)
        outcome = outcome_of(Heard(name, at_ns, scan), devices.began_ns, bundle)
        got.append((outcome, scan.payload))
    return got


async def _pump(name: str, scanner: Scanner, heard: list[tuple[str, Scan]]) -> None:
    async for scan in scanner:
        heard.append((name, scan))


async def _play(devices: StandIns) -> None:
    await asyncio.to_thread(devices.play)
    await asyncio.sleep(AFTER_SECONDS)


def _issue_again(app: Starlette, path: Path) -> None:
    """Makes the pretend platform know the vouchers of a recording whose holders it knows."""
    bundle, summary = test_bundle(), Summary()
    with reading(path) as reader:
        valid = {
            summary.payloads[-1][0].decode("latin-1"): summary.began_ns + int(outcome.at_ms * 1e6)
            for outcome in outcomes(reader, bundle, summary)
            if outcome.verdict == VALID
        }
    for text, at_ns in valid.items():
        voucher = verify(text, bundle, datetime.fromtimestamp(at_ns / NS, UTC))
        app.state.store.run(
            partial(
                take_over,
                voucher_id=voucher.voucher_id,
                holder_hex=voucher.holder,
                issued_at=voucher.issued_at,
                expires_at=voucher.expires_at,
            )
        )


async def into_till(path: Path, args: argparse.Namespace) -> None:
    """A till of its own, with a pretend platform, a fresh journal and the recording's clock.

    args     as `terminal.cli.build.add_arguments` reads them; the platform is not asked for
    Raises   Stop
    """
    with StandIns(path) as devices, tempfile.TemporaryDirectory(prefix="gongji-replay-") as folder:
        clock = RecordedClock(devices.began_ns)
        made = plan(args)
        app = create_app(Settings(clock=lambda: clock.now().timestamp()))
        _issue_again(app, path)
        transport = httpx.ASGITransport(app=app)
        journal = Path(folder, "journal.db")
        try:
            async with open_till(made, journal, clock=clock, transport=transport) as checkout:
                checkout.subscribe(Printer(checkout, sys.stdout))

                async def serve() -> None:
                    await checkout.idle()
                    await sign_in(checkout, made)
                    async with scanners.scanning(checkout, list(devices.urls.values())):
                        clock.start()
                        await _play(devices)
                        await checkout.idle()

                await beside(checkout, serve)
        finally:
            app.state.store.close()
