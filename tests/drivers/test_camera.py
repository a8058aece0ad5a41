"""Cameras, through real HTTP and real video files."""

from __future__ import annotations

import asyncio
import os
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from drivers import LostReason, ScannerLost, ScannerState, camera_url, open_scanner
from drivers.address import parse_camera
from drivers.camera import Ended, Newest, PictureReader, Started
from drivers.capture import STALL_SECONDS, Frame
from drivers.feed import Feed
from drivers.opencv import Picture, cv2
from tests.drivers.cameras import WebCamera
from tests.drivers.scenes import Scene, counter, jpeg, payload, photograph
from tests.drivers.test_decode import BY_ONE_RUNG, GOODS, bars
from tests.drivers.watching import News, nobody, nothing_comes, nothing_left_behind, take

SCENE = Scene()
EMPTY = jpeg(counter(SCENE))
SHOWN = [jpeg(photograph(payload(number), SCENE, number)) for number in range(3)]
PAYLOADS = [payload(number).encode() for number in range(3)]


@pytest.fixture
def camera() -> Iterator[WebCamera]:
    with closing(WebCamera(EMPTY)) as switched_on:
        yield switched_on


def url_of(camera: WebCamera, options: str = "") -> str:
    return camera_url(camera.address) + options


# --- codes -----------------------------------------------------------------------------------


async def test_a_phone_held_out_is_one_scan_with_everything_that_is_known_of_it(
    camera: WebCamera,
) -> None:
    async with open_scanner(url_of(camera)) as scans:
        await nothing_comes(scans, 0.3)
        shown_at = time.monotonic()
        camera.picture = SHOWN[0]
        [scan] = await take(scans, 1)
        assert time.monotonic() - shown_at < 1.0
    assert (scan.payload, scan.symbology, scan.source) == (PAYLOADS[0], "]Q1", url_of(camera))
    assert shown_at <= scan.at <= time.monotonic()


async def test_a_code_held_for_five_seconds_is_reported_once_and_its_renewal_at_once(
    camera: WebCamera,
) -> None:
    """The picture stands still for most of it; the code must not be thought to have gone."""
    camera.picture = SHOWN[0]
    async with open_scanner(url_of(camera)) as scans:
        assert [scan.payload for scan in await take(scans, 1)] == PAYLOADS[:1]
        await nothing_comes(scans, 5.0)
        renewed_at = time.monotonic()
        camera.picture = SHOWN[1]
        assert [scan.payload for scan in await take(scans, 1)] == PAYLOADS[1:2]
        assert time.monotonic() - renewed_at < 1.0


async def test_a_still_picture_is_still_in_view_however_short_the_hold(camera: WebCamera) -> None:
    """Though its frames are passed over for a second at a time."""
    camera.picture = SHOWN[0]
    async with open_scanner(url_of(camera, "#hold=0.3")) as scans:
        await take(scans, 1)
        await nothing_comes(scans, 4.0)


async def test_a_code_is_reported_again_only_after_it_was_away_for_the_hold(
    camera: WebCamera,
) -> None:
    async with open_scanner(url_of(camera, "#hold=0.8")) as scans:
        camera.picture = SHOWN[0]
        first = (await take(scans, 1))[0]
        camera.picture = EMPTY
        await nothing_comes(scans, 0.3)
        camera.picture = SHOWN[0]
        await nothing_comes(scans, 0.5)
        camera.picture = EMPTY
        await nothing_comes(scans, 1.2)
        camera.picture = SHOWN[0]
        again = (await take(scans, 1))[0]
    assert first.payload == again.payload == PAYLOADS[0]


async def test_a_shaking_hand_is_still_one_scan(camera: WebCamera) -> None:
    """Every frame differs, and the code is lost from sight now and then."""
    shaken = [jpeg(photograph(payload(0), Scene(roll_degrees=r), r)) for r in range(5)]
    async with open_scanner(url_of(camera)) as scans:
        camera.picture = shaken[0]
        await take(scans, 1)
        until = time.monotonic() + 1.5
        while time.monotonic() < until:
            for picture in (*shaken, EMPTY):
                camera.picture = picture
                await asyncio.sleep(0.04)
        await nothing_comes(scans, 0.1)


async def test_goods_are_read_by_a_camera_that_is_asked_to(camera: WebCamera) -> None:
    symbology, content, expected, aim = GOODS["EAN-13"]
    camera.picture = jpeg(bars(symbology, content))
    async with open_scanner(url_of(camera, "#goods=1")) as scans:
        [scan] = await take(scans, 1)
        assert (scan.payload, scan.symbology) == (expected, aim)
        await nothing_comes(scans, 2.5)
    async with open_scanner(url_of(camera)) as scans:
        await nothing_comes(scans, 1.5)


async def test_the_second_engine_reads_a_live_picture_too(camera: WebCamera) -> None:
    camera.picture = SHOWN[0]
    async with open_scanner(url_of(camera, "#engine=pyzbar")) as scans:
        [scan] = await take(scans, 1)
    assert (scan.payload, scan.symbology) == (PAYLOADS[0], None)


async def test_a_code_only_a_dear_rung_reads_is_read_while_the_phone_lies_still(
    camera: WebCamera,
) -> None:
    seed, scene = BY_ONE_RUNG["dark"]
    camera.picture = jpeg(photograph(payload(seed), scene, seed), 95)
    async with open_scanner(url_of(camera)) as scans:
        [scan] = await take(scans, 1)
    assert scan.payload == payload(seed).encode()


# --- loss and return -------------------------------------------------------------------------


async def test_a_camera_that_stalls_is_noticed_and_taken_up_again(camera: WebCamera) -> None:
    news = News()
    async with open_scanner(url_of(camera), on_status=news) as scans:
        camera.picture = SHOWN[0]
        await take(scans, 1)
        stalled_at = time.monotonic()
        camera.is_stalled = True
        lost_at, lost = await news.wait_for(2)
        assert (lost.state, lost.reason) == (ScannerState.LOST, LostReason.STALLED)
        assert "sends no pictures" in lost.detail
        assert STALL_SECONDS - 0.2 < lost_at - stalled_at < 2.0
        camera.picture = SHOWN[1]
        camera.is_stalled = False
        back_at = time.monotonic()
        ready_at, ready = await news.wait_for(3)
        assert ready.state is ScannerState.READY
        assert ready_at - back_at < 2.0
        assert [scan.payload for scan in await take(scans, 1)] == PAYLOADS[1:2]
    assert len(news.threads) == 1


async def test_a_short_stall_is_no_loss(camera: WebCamera) -> None:
    news = News()
    async with open_scanner(url_of(camera), on_status=news) as scans:
        camera.is_stalled = True
        await asyncio.sleep(0.6)
        camera.is_stalled = False
        camera.picture = SHOWN[0]
        assert [scan.payload for scan in await take(scans, 1)] == PAYLOADS[:1]
    assert news.states == [ScannerState.READY]


async def test_a_camera_that_dies_and_comes_back_is_taken_up_again(camera: WebCamera) -> None:
    news = News()
    async with open_scanner(url_of(camera), on_status=news) as scans:
        camera.picture = SHOWN[0]
        await take(scans, 1)
        for number in (1, 2):
            died_at = time.monotonic()
            camera.switch_off()
            lost_at, lost = await news.wait_for(2 * number)
            assert (lost.state, lost.reason) == (ScannerState.LOST, LostReason.GONE)
            assert lost_at - died_at < 2.0
            await nothing_comes(scans, 0.7)
            camera.picture = SHOWN[number]
            camera.switch_on()
            back_at = time.monotonic()
            ready_at, _ = await news.wait_for(2 * number + 1)
            assert ready_at - back_at < 2.0
            assert [scan.payload for scan in await take(scans, 1)] == [PAYLOADS[number]]
    assert news.states == [ScannerState.READY, *[ScannerState.LOST, ScannerState.READY] * 2]


async def test_damaged_pictures_do_no_harm(camera: WebCamera) -> None:
    """Cut short, overwritten, no JPEG at all; then a good one."""
    chance = np.random.default_rng(1)
    torn = bytearray(SHOWN[0])
    torn[len(torn) // 2 : len(torn) // 2 + 64] = chance.bytes(64)
    async with open_scanner(url_of(camera)) as scans:
        for damaged in (SHOWN[0][: len(SHOWN[0]) // 8], b"\xff\xd8\xff", b"no picture", bytes(100)):
            camera.picture = damaged
            await asyncio.to_thread(camera.wait_for_pictures, 5)
        camera.picture = bytes(torn)
        await asyncio.to_thread(camera.wait_for_pictures, 5)
        camera.picture = SHOWN[1]
        payloads = [(await take(scans, 1))[0].payload]
        if payloads == PAYLOADS[:1]:  # the tear left enough of the first code to be mended
            payloads = [(await take(scans, 1))[0].payload]
        assert payloads == PAYLOADS[1:2]
    await asyncio.get_running_loop().shutdown_default_executor()


# --- what cannot be opened -------------------------------------------------------------------


async def refusal(url: str) -> ScannerLost:
    with nothing_left_behind(), pytest.raises(ScannerLost) as caught:
        async with open_scanner(url):
            raise AssertionError("it opened")
    assert caught.value.url == url
    assert str(caught.value).endswith(".")
    return caught.value


async def test_a_camera_nobody_answers_for_is_missing(camera: WebCamera) -> None:
    camera.switch_off()
    lost = await refusal(url_of(camera))
    assert lost.reason is LostReason.MISSING
    assert "127.0.0.1" in str(lost)
    camera.switch_on()


async def test_a_device_that_is_not_there_is_missing() -> None:
    assert (await refusal("camera:///dev/video98")).reason is LostReason.MISSING


async def test_a_web_server_without_a_camera_is_no_scanner(camera: WebCamera) -> None:
    lost = await refusal(url_of(camera).replace("stream.mjpg", "index.html"))
    assert lost.reason is LostReason.NOT_A_SCANNER


async def test_what_is_no_video_is_no_scanner(tmp_path: Path) -> None:
    (tmp_path / "text.mp4").write_text("not a video")
    (tmp_path / "empty.avi").write_bytes(b"")
    os.mkfifo(tmp_path / "fifo")
    for path in (tmp_path, tmp_path / "text.mp4", tmp_path / "empty.avi", tmp_path / "fifo"):
        assert (await refusal(camera_url(str(path)))).reason is LostReason.NOT_A_SCANNER, path
    assert (await refusal("camera:///dev/null")).reason is LostReason.NOT_A_SCANNER


async def test_a_file_that_may_not_be_read_is_a_matter_of_permission(tmp_path: Path) -> None:
    clip = tmp_path / "clip.avi"
    film(clip, [counter(SCENE)], "MJPG")
    os.chmod(clip, 0)
    os.chmod(tmp_path, stat.S_IRWXU | stat.S_IXOTH)
    with nobody():
        lost = await refusal(camera_url(str(clip)))
    assert lost.reason is LostReason.PERMISSION


async def test_a_camera_that_answers_and_sends_nothing_cannot_be_entered(
    camera: WebCamera,
) -> None:
    camera.is_stalled = True
    started_at = time.monotonic()
    with pytest.raises(ScannerLost, match="delivers no video"):
        async with open_scanner(url_of(camera)):
            raise AssertionError("it opened")
    assert time.monotonic() - started_at < 2.5


# --- video files -----------------------------------------------------------------------------


def film(path: Path, frames: list[Picture], codec: str, fps: int = 20) -> None:
    height, width = frames[0].shape
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*codec), fps, (width, height))
    assert writer.isOpened()
    for frame in frames:
        writer.write(cv2.cvtColor(frame, cv2.COLOR_GRAY2BGR))
    writer.release()


@pytest.mark.parametrize(("name", "codec"), [("clip.avi", "MJPG"), ("clip.mp4", "mp4v")])
async def test_a_video_file_is_read_at_its_own_pace_and_then_ends(
    tmp_path: Path, name: str, codec: str
) -> None:
    empty = counter(SCENE)
    first = photograph(payload(0), SCENE)
    second = photograph(payload(1), SCENE)
    film(tmp_path / name, [empty] * 10 + [first] * 16 + [empty] * 4 + [second] * 10, codec)
    news = News()
    with nothing_left_behind():
        started_at = time.monotonic()
        async with open_scanner(camera_url(str(tmp_path / name)), on_status=news) as scans:
            received = [scan async for scan in scans]
        assert 1.9 < time.monotonic() - started_at < 6.0
    assert [scan.payload for scan in received] == PAYLOADS[:2]
    assert 0.2 < received[1].at - received[0].at < 1.5
    assert news.states == [ScannerState.READY]


async def test_the_only_frame_of_a_video_is_read(tmp_path: Path) -> None:
    film(tmp_path / "one.avi", [photograph(payload(0), SCENE)], "MJPG")
    async with open_scanner(camera_url(str(tmp_path / "one.avi"))) as scans:
        assert [scan.payload async for scan in scans] == PAYLOADS[:1]


# --- leaving ---------------------------------------------------------------------------------


async def test_leaving_a_camera_that_blocks_takes_less_than_a_second(camera: WebCamera) -> None:
    with nothing_left_behind():
        async with open_scanner(url_of(camera)) as scans:
            camera.is_stalled = True
            await nothing_comes(scans, 0.2)
            left_at = time.monotonic()
        assert time.monotonic() - left_at < 1.0
        assert [scan async for scan in scans] == []
        camera.switch_off()
    camera.switch_on()


async def test_leaving_while_the_camera_is_lost_takes_less_than_a_second(
    camera: WebCamera,
) -> None:
    news = News()
    async with open_scanner(url_of(camera), on_status=news):
        camera.is_stalled = True
        await news.wait_for(2)
        left_at = time.monotonic()
    assert time.monotonic() - left_at < 1.0


async def test_a_hundred_openings_leave_nothing_behind(tmp_path: Path, camera: WebCamera) -> None:
    """Half of them by the network."""
    clip = tmp_path / "clip.avi"
    film(clip, [photograph(payload(0), SCENE)] * 20, "MJPG")
    camera.picture = SHOWN[0]
    camera.fps = 100.0
    async with open_scanner(url_of(camera)):
        pass  # what libraries open once and for all is open now
    with nothing_left_behind():
        for url in (camera_url(str(clip)), url_of(camera)) * 50:
            async with open_scanner(url) as scans:
                assert [scan.payload for scan in await take(scans, 1)] == PAYLOADS[:1]
        camera.switch_off()
    camera.switch_on()


# --- the newest frame ------------------------------------------------------------------------


def frame(number: int) -> Frame:
    return Frame(number, float(number), np.zeros((8, 8), np.uint8), is_jpeg=False)


def test_only_the_newest_frame_waits_for_the_reader() -> None:
    newest = Newest()
    for number in range(1, 6):
        newest.put(frame(number))
    taken = newest.take(0)
    assert isinstance(taken, Frame)
    assert taken.number == 5
    assert newest.take(0) is None


def test_news_come_before_frames_but_the_end_of_a_file_after_the_last() -> None:
    newest = Newest()
    newest.tell(Started("a file", is_live=False))
    newest.put(frame(1))
    newest.tell(Ended())
    kinds = [type(newest.take(0)).__name__ for _ in range(4)]
    assert kinds == ["Started", "Frame", "Ended", "NoneType"]


def test_a_frame_from_before_a_loss_is_not_read_after_it() -> None:
    newest = Newest()
    newest.put(frame(1))
    newest.tell(ScannerLost(LostReason.GONE, "", ""))
    assert isinstance(newest.take(0), ScannerLost)
    assert newest.take(0) is None


async def test_a_camera_is_as_alive_as_its_newest_frame() -> None:
    """Whatever the thread that takes frames is doing, be it blocked for good in a call."""
    url = "camera:///dev/video0"
    news = News()
    feed = Feed(url, news)
    newest = Newest()
    picture = counter(SCENE)
    newest.tell(Started("a camera", is_live=True))
    async with feed.running(PictureReader(parse_camera(url), newest, feed).run):
        for number in range(2):
            newest.put(Frame(1, time.monotonic(), picture, is_jpeg=False))
            fresh_at = time.monotonic()
            lost_at, lost = await news.wait_for(2 * number + 2)
            assert (lost.state, lost.reason) == (ScannerState.LOST, LostReason.STALLED)
            assert STALL_SECONDS - 0.1 < lost_at - fresh_at < 2.0
            newest.put(Frame(1, time.monotonic(), picture, is_jpeg=False))
            _, ready = await news.wait_for(2 * number + 3)
            assert ready.state is ScannerState.READY


async def test_a_still_picture_is_read_with_everything_there_is_once_a_second() -> None:
    """The first frame has one dear rung, and not the one it takes; the second has them all."""
    url = "camera:///dev/video0"
    seed, scene = BY_ONE_RUNG["sharp"]
    picture = photograph(payload(seed), scene, seed)
    feed = Feed(url, News())
    newest = Newest()
    newest.tell(Started("a camera", is_live=True))
    async with feed.running(PictureReader(parse_camera(url), newest, feed).run) as scans:
        newest.put(Frame(1, 100.0, picture, is_jpeg=False))
        await nothing_comes(scans, 0.5)
        newest.put(Frame(2, 101.5, picture, is_jpeg=False))
        [scan] = await take(scans, 1)
    assert (scan.payload, scan.at) == (payload(seed).encode(), 101.5)


# --- the screen is not ours ------------------------------------------------------------------

NOISY = """
import asyncio, sys, time
from drivers import ScannerLost, open_scanner

async def look(url):
    try:
        async with open_scanner(url) as scans, asyncio.timeout(0.5):
            async for scan in scans:
                pass
    except (ScannerLost, TimeoutError) as end:
        print(type(end).__name__)

for url in sys.argv[1:]:
    asyncio.run(look(url))
"""


def test_whatever_a_camera_sends_opencv_and_its_friends_are_silent(
    tmp_path: Path, camera: WebCamera
) -> None:
    """A terminal screen is drawn on stderr."""
    torn = bytearray(SHOWN[0])
    torn[2000:2064] = np.random.default_rng(1).bytes(64)
    luma = cv2.imdecode(np.frombuffer(bytes(torn), np.uint8), cv2.IMREAD_GRAYSCALE)
    assert luma is not None, "the picture must be damaged, not ruined, to make libjpeg speak"
    camera.picture = bytes(torn)
    (tmp_path / "text.mp4").write_text("not a video")
    film(tmp_path / "whole.avi", [counter(SCENE)] * 12, "MJPG")
    film(tmp_path / "whole.mp4", [counter(SCENE)] * 12, "mp4v")
    for name in ("whole.avi", "whole.mp4"):
        data = bytearray((tmp_path / name).read_bytes())
        data[len(data) // 2 : len(data) // 2 + 200] = bytes(200)
        (tmp_path / f"torn-{name}").write_bytes(data)
        (tmp_path / f"cut-{name}").write_bytes(data[: len(data) // 2])
    files = sorted(str(path) for path in tmp_path.iterdir())
    urls = [camera_url(path) for path in [*files, "/dev/null", "/dev/video98"]]
    urls += [url_of(camera), url_of(camera).replace("stream.mjpg", "nothing")]
    urls += ["camera+http://127.0.0.1:1/x"]
    program = [sys.executable, "-c", NOISY, *urls]
    answer = subprocess.run(program, capture_output=True, text=True, check=True, timeout=60)
    assert answer.stderr == ""
    assert answer.stdout.count("ScannerLost") >= 5


ONE_SCAN = """
import asyncio, sys
from drivers import open_scanner

async def scan(url):
    async with open_scanner(url) as scans:
        print((await anext(scans)).payload.decode())

asyncio.run(scan(sys.argv[1]))
"""


def test_a_camera_in_the_shop_is_not_looked_for_behind_a_proxy(camera: WebCamera) -> None:
    camera.picture = SHOWN[0]
    proxies = dict.fromkeys(("http_proxy", "HTTP_PROXY", "ALL_PROXY"), "http://127.0.0.1:1")
    program = [sys.executable, "-c", ONE_SCAN, url_of(camera)]
    answer = subprocess.run(
        program, env=os.environ | proxies, capture_output=True, text=True, check=True, timeout=30
    )
    assert answer.stdout == PAYLOADS[0].decode() + "\n"


LIGHT = """
import sys
import drivers
drivers.camera_url("/dev/video0")
drivers.serial_url("/dev/ttyACM0")
heavy = {"cv2", "numpy", "serial", "zxingcpp", "pyzbar"} & set(sys.modules)
assert not heavy, heavy
"""


def test_nothing_heavy_is_loaded_before_a_scanner_is_opened() -> None:
    subprocess.run([sys.executable, "-c", LIGHT], check=True, timeout=30)
