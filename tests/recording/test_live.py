"""What was recorded while a driver worked gives the same scans again, without a device."""

from __future__ import annotations

import asyncio
import resource
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from drivers import Scan, ScannerStatus, open_scanner, serial_url
from drivers.hid import open_hid
from drivers.recording import (
    Heard,
    Opened,
    Pictured,
    Received,
    Recorder,
    Recording,
    Scanned,
    Sent,
    Told,
    Writer,
    load,
    straight,
)
from drivers.scan import LostReason, ScannerState, Signal
from drivers.tap import Unpacked
from tests.drivers.cameras import EMPTY, PAYLOADS, SHOWN, WebCamera
from tests.drivers.scanners import PtyScanner
from tests.drivers.scenes import Scene, counter
from tests.drivers.test_hid import PipeDevice, address_of
from tests.drivers.test_wedge import ENTER, Keyboard, typed
from tests.drivers.watching import News, nothing_comes, take


@pytest.fixture
def scanner(tmp_path: Path) -> Iterator[PtyScanner]:
    with closing(PtyScanner(tmp_path / "usb-Scanner_SN1-if00")) as plugged:
        yield plugged


@pytest.fixture
def camera() -> Iterator[WebCamera]:
    with closing(WebCamera(EMPTY)) as switched_on:
        yield switched_on


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.mcap"


def again(recording: Recording) -> list[Heard]:
    return list(straight(recording.entries, recording.devices))


def scans_of(heard: list[Heard]) -> list[tuple[str | None, bytes]]:
    return [(h.told.symbology, h.told.payload) for h in heard if isinstance(h.told, Scan)]


def told(scans: list[Scan]) -> list[tuple[str | None, bytes]]:
    return [(scan.symbology, scan.payload) for scan in scans]


SENT = {
    "CR": (b"6901234567892\r", b"81234567890123456789\r"),
    "CR LF and AIM": (b"]E06901234567892\r\n", b"]Q1YB1:" + b"X" * 290 + b"\r\n"),
    "STX ETX": (b"\x026901234567892\x03", b"\x0281234567890123456789\x03"),
    "pauses": (b"6901234567892", b"81234567890123456789"),
    "a hiccup in mid-code": (b"6901\r", b"8123", b"4567\r"),
    "noise": (b"\x00\x006901234567892\r", b"\x00"),
}


@pytest.mark.parametrize("name", SENT)
async def test_bytes_give_the_same_scans_as_they_did_live(
    scanner: PtyScanner, path: Path, name: str
) -> None:
    with Writer(path) as writer:
        url = serial_url(str(scanner.link))
        recorder = Recorder(writer)
        async with open_scanner(url, tap=recorder.tap("serial1", url)) as scans:
            for code in SENT[name]:
                scanner.send(code)
                await asyncio.sleep(0.15)  # a pause that may or may not end a code
            live = await until_quiet(scans)
    recording = load(path)
    heard = again(recording)
    assert scans_of(heard) == told(live)
    assert len(live) >= 1
    began = recording.entries[0].at_ns
    at = [h.told.at for h in heard if isinstance(h.told, Scan)]
    assert at == pytest.approx([scan.at - live[0].at + at[0] for scan in live], abs=1e-6)
    assert [h.at_ns for h in heard] == [began + round(seconds * 1e9) for seconds in at]


async def until_quiet(scans: AsyncIterator[Scan]) -> list[Scan]:
    """What comes until half a second passes without a scan."""
    came: list[Scan] = []
    while True:
        try:
            async with asyncio.timeout(0.6):
                came.append(await anext(scans))
        except TimeoutError:
            return came


async def test_what_is_unplugged_in_mid_code_is_so_again(scanner: PtyScanner, path: Path) -> None:
    url, news = serial_url(str(scanner.link)), News()
    with Writer(path) as writer:
        tap = Recorder(writer).tap("serial1", url)
        async with open_scanner(url, on_status=news, tap=tap) as scans:
            scanner.send(b"690123")
            await asyncio.sleep(0.02)
            scanner.unplug()
            await news.wait_for(2)
            scanner.plug()
            await news.wait_for(3)
            scanner.send(b"4567892\r")
            live = await take(scans, 1)
    recording = load(path)
    assert scans_of(again(recording)) == told(live)
    kinds = [type(entry.seen) for entry in recording.entries]
    assert kinds.count(Opened) == 2
    states = [entry.seen for entry in recording.entries if isinstance(entry.seen, Told)]
    assert [(state.state, state.reason) for state in states] == [
        (ScannerState.READY, None),
        (ScannerState.LOST, LostReason.GONE),
        (ScannerState.READY, None),
    ]
    [scanned] = [entry.seen for entry in recording.entries if isinstance(entry.seen, Scanned)]
    assert scanned == Scanned.of(live[0])


async def test_what_was_sent_to_a_scanner_is_recorded(scanner: PtyScanner, path: Path) -> None:
    url = serial_url(f"{scanner.link}?vendor=honeywell")
    with Writer(path) as writer:
        async with open_scanner(url, tap=Recorder(writer).tap("serial1", url)) as scans:
            scans.signal(Signal.REJECT)
            assert await asyncio.to_thread(scanner.heard, 3) == b"\x16\x07\r"
    sent = [entry.seen for entry in load(path).entries if isinstance(entry.seen, Sent)]
    assert sent == [Sent(b"\x16\x07\r")]


async def test_a_garbled_line_is_told_again(scanner: PtyScanner, path: Path) -> None:
    url, news = serial_url(str(scanner.link)), News()
    with Writer(path) as writer:
        tap = Recorder(writer).tap("serial1", url)
        async with open_scanner(url, on_status=news, tap=tap):
            for _ in range(2):
                scanner.send(b"\x80\xfe\xc1\x81\x90\xf0\x99" * 3)
                await asyncio.sleep(0.3)
            await news.wait_for(2)
    reasons = [h.told.reason for h in again(load(path)) if isinstance(h.told, ScannerStatus)]
    assert reasons == [LostReason.GARBLED]


async def test_a_wedge_gives_the_same_scans_and_spoiled_bursts(tmp_path: Path, path: Path) -> None:
    news = News()
    with closing(PipeDevice(tmp_path / "event7")) as device, Writer(path) as writer:
        address = address_of(device, "wedge")
        tap = Recorder(writer).tap("wedge1", address.url)
        async with open_hid(address, news, device.claim, tap) as scans:
            device.send(typed("]E06901234567892"))
            device.send(Keyboard(200.0).text("8123").dropped().key(ENTER).data)
            await news.wait_for(3)
            device.send(Keyboard(300.0).text("8124").key(ENTER).data)
            live = await take(scans, 2)
    heard = again(load(path))
    assert scans_of(heard) == told(live) == [("]E0", b"6901234567892"), (None, b"8124")]
    assert [h.told.reason for h in heard if isinstance(h.told, ScannerStatus)] == [
        LostReason.SPOILED,
        None,
    ]


async def test_a_camera_s_pictures_are_its_own_and_read_the_same(
    camera: WebCamera, path: Path
) -> None:
    url = camera.url("#hold=0.5")
    with Writer(path) as writer:
        async with open_scanner(url, tap=Recorder(writer).tap("camera1", url)) as scans:
            await nothing_comes(scans, 0.3)
            camera.picture = SHOWN[0]
            live = await take(scans, 1)
            camera.picture = SHOWN[1]
            live += await take(scans, 1)
    recording = load(path)
    jpegs = {entry.seen.jpeg for entry in recording.entries if isinstance(entry.seen, Pictured)}
    assert jpegs == {EMPTY, SHOWN[0], SHOWN[1]}
    heard = again(recording)
    assert scans_of(heard) == told(live) == [("]Q1", PAYLOADS[0]), ("]Q1", PAYLOADS[1])]


def test_a_picture_that_was_no_jpeg_is_recorded_as_one(path: Path) -> None:
    from drivers.capture import jpeg_array
    from drivers.opencv import luma_of_jpeg

    picture = counter(Scene())
    with Writer(path) as writer:
        Recorder(writer).tap("camera1", "camera:///dev/video0")(time.monotonic(), Unpacked(picture))
    [entry] = load(path).entries
    assert isinstance(entry.seen, Pictured)
    luma = luma_of_jpeg(jpeg_array(entry.seen.jpeg))
    assert luma is not None
    assert luma.shape == picture.shape
    assert abs(luma.astype(int) - picture.astype(int)).mean() < 2


async def test_a_disk_that_refuses_ends_the_recording_and_nothing_else(
    scanner: PtyScanner, path: Path
) -> None:
    url = serial_url(str(scanner.link))
    writer = Writer(path)
    recorder = Recorder(writer)
    async with open_scanner(url, tap=recorder.tap("serial1", url)) as scans:
        scanner.send(b"6901\r")
        live = await take(scans, 1)
        with no_file_grows_beyond(3000):
            scanner.send(b"6902\r" * 10)
            live += await take(scans, 10)
            assert recorder.trouble is not None
    with suppress(OSError):
        writer.close()
    assert told(live) == [(None, b"6901"), *[(None, b"6902")] * 10]
    received = [e.seen for e in load(path).entries if isinstance(e.seen, Received)]
    assert received[0] == Received(b"6901\r")


@contextmanager
def no_file_grows_beyond(size: int) -> Iterator[None]:
    """As good as a full disk, for this process."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
