"""What a camera is opened from, what is refused, and what leaving leaves behind."""

from __future__ import annotations

import os
import stat
import time
from pathlib import Path

import pytest

from drivers import LostReason, ScannerLost, ScannerState, camera_url, open_scanner
from drivers.v4l2 import steady
from tests.drivers.cameras import PAYLOADS, SCENE, SHOWN, WebCamera
from tests.drivers.scenes import counter, film, payload, photograph
from tests.drivers.watching import News, nobody, nothing_comes, nothing_left_behind, take

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
    lost = await refusal(camera.url())
    assert lost.reason is LostReason.MISSING
    assert "127.0.0.1" in str(lost)
    camera.switch_on()


async def test_a_device_that_is_not_there_is_missing() -> None:
    assert (await refusal("camera:///dev/video98")).reason is LostReason.MISSING


async def test_a_web_server_without_a_camera_is_no_scanner(camera: WebCamera) -> None:
    lost = await refusal(camera.url().replace("stream.mjpg", "index.html"))
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
        async with open_scanner(camera.url()):
            raise AssertionError("it opened")
    assert time.monotonic() - started_at < 5.0


# --- video files -----------------------------------------------------------------------------


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
        async with open_scanner(camera.url()) as scans:
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
    async with open_scanner(camera.url(), on_status=news):
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
    async with open_scanner(camera.url()):
        pass  # what libraries open once and for all is open now
    with nothing_left_behind():
        for url in (camera_url(str(clip)), camera.url()) * 50:
            async with open_scanner(url) as scans:
                assert [scan.payload for scan in await take(scans, 1)] == PAYLOADS[:1]
        camera.switch_off()
    camera.switch_on()


def test_controls_a_device_does_not_have_are_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    for path in ("/dev/null", str(tmp_path / "file"), str(tmp_path / "missing")):
        steady(path, 50)
        steady(path, 60)
