"""The three ways a recording goes: straight, through pretend devices, into a running till.

The devices are those of `gongji scans replay`; a keyboard scanner, for which no program can stand
in, is a pipe in the place of `/dev/input/…`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from drivers import LostReason, Scan, Scanner, ScannerState, ScannerStatus, open_scanner
from drivers.address import HID_SCHEMES, parse_hid
from drivers.hid import open_hid
from drivers.recording import Device, Entry, Received, Told, load, straight
from terminal.cli.scans.standins import StandIns
from terminal.cli.scans.through import RecordedClock
from terminal.sale.commands import Present
from terminal.sale.events import (
    BoxScanned,
    CodeNotUsable,
    LineAdded,
    Refused,
    VoucherAccepted,
    VoucherRefused,
)
from tests.drivers.test_hid import PipeDevice
from tests.kit.tape import NS
from tests.till import open_test_till, sandbox_app

PATIENCE_SECONDS = 30.0
"""For what should have come by the end of the tape."""
EXTRA_SECONDS = 0.4
"""For what should not come at all."""

OnStatus = Callable[[ScannerStatus], None]
News = tuple[ScannerState, LostReason | None]


def straight_scans(entries: Iterable[Entry], devices: Mapping[str, Device]) -> list[Scan]:
    """What the drivers' reading makes of it, as fast as it goes, by the clock of the recording."""
    return [heard.told for heard in straight(entries, devices) if isinstance(heard.told, Scan)]


def recorded_news(path: Path) -> list[News]:
    return [(e.seen.state, e.seen.reason) for e in load(path).entries if isinstance(e.seen, Told)]


@dataclass
class Played:
    """One device that plays, and the scanner that reads it."""

    scans: Scanner
    began_ns: int
    play: Callable[[], None]
    """At the pace of the recording; in a thread."""


@asynccontextmanager
async def playing(path: Path, folder: Path, on_status: OnStatus) -> AsyncIterator[Played]:
    """The recording has one device."""
    recording = load(path)
    (device,) = recording.devices.values()
    began_ns = recording.entries[0].at_ns
    if device.url.partition(":")[0] in HID_SCHEMES:
        with closing(PipeDevice(folder / "event7")) as pipe:
            address = parse_hid(f"wedge://{pipe.path}")
            async with open_hid(address, on_status, pipe.claim) as scans:
                yield Played(scans, began_ns, lambda: _through_pipe(pipe, recording.entries))
        return
    with StandIns(path) as devices:
        (url,) = devices.urls.values()
        async with open_scanner(url, on_status=on_status) as scans:
            yield Played(scans, began_ns, devices.play)


def _through_pipe(pipe: PipeDevice, entries: Sequence[Entry]) -> None:
    began = time.monotonic()
    for entry in entries:
        due = began + (entry.at_ns - entries[0].at_ns) / NS
        time.sleep(max(0.0, due - time.monotonic()))
        if isinstance(entry.seen, Received) and entry.seen.data:
            pipe.send(entry.seen.data)


T = TypeVar("T")


class Heard(list[T]):
    """Grows while somebody waits for it."""

    def __init__(self) -> None:
        super().__init__()
        self._changed = asyncio.Event()

    def hear(self, what: T) -> None:
        self.append(what)
        self._changed.set()

    async def wait_for(self, count: int) -> None:
        """Until there are so many or patience ends; then a moment for what should not come."""
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_SECONDS):
                while len(self) < count:
                    self._changed.clear()
                    await self._changed.wait()
        await asyncio.sleep(EXTRA_SECONDS)


@dataclass
class Came:
    scans: Heard[tuple[str | None, bytes]] = field(default_factory=Heard)
    news: list[News] = field(default_factory=list)
    """Without the first, that it is ready."""


async def through_devices(path: Path, folder: Path, expected: int) -> Came:
    """expected  how many scans to wait for; more are told as well"""
    came = Came()

    def hear(status: ScannerStatus) -> None:
        came.news.append((status.state, status.reason))

    async with playing(path, folder, hear) as played:

        async def take() -> None:
            async for scan in played.scans:
                came.scans.hear((scan.symbology, scan.payload))

        async with beside(take()):
            await asyncio.to_thread(played.play)
            await came.scans.wait_for(expected)
    del came.news[0]
    return came


VERDICTS = (BoxScanned, CodeNotUsable, LineAdded, Refused, VoucherAccepted, VoucherRefused)
"""What a till makes of a scan."""


async def into_till(path: Path, folder: Path, expected: int) -> list[str]:
    """What a till at the time of the recording made of the scans, in order.

    expected  how many verdicts to wait for; more are told as well
    """
    told: Heard[str] = Heard()
    async with playing(path, folder, lambda status: None) as played:
        clock = RecordedClock(played.began_ns)
        journal = folder / "journal.db"
        async with open_test_till(journal, sandbox_app(), clock=clock) as till:
            till.checkout.subscribe(
                lambda what, sale: told.hear(shown(what)) if isinstance(what, VERDICTS) else None
            )

            async def present() -> None:
                async for scan in played.scans:
                    command = Present(scan.payload, scan.symbology, scan.source)
                    await till.checkout.do_in_turn(command)

            async with beside(present()):
                clock.start()
                await asyncio.to_thread(played.play)
                await told.wait_for(expected)
    return told


def shown(verdict: object) -> str:
    """The verdict and what it is about; of a voucher no more than that."""
    match verdict:
        case LineAdded(code=code) | BoxScanned(code=code):
            return f"{type(verdict).__name__} {code}"
        case VoucherRefused(reason) | Refused(reason):
            return f"{type(verdict).__name__} {reason}"
        case CodeNotUsable(kind):
            return f"CodeNotUsable {kind}"
        case _:
            return type(verdict).__name__


@asynccontextmanager
async def beside(job: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """While inside, the job is done; what it raised is raised."""
    task = asyncio.create_task(job)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
