"""Cameras, through real HTTP and real video files."""

from __future__ import annotations

import asyncio
import time

import numpy as np

from drivers import LostReason, ScannerState, open_scanner
from drivers.capture import STALL_SECONDS
from drivers.feed import SCANS_MAX, Feed
from tests.drivers.cameras import EMPTY, PAYLOADS, SHOWN, WebCamera
from tests.drivers.hard_screens import BY_ONE_RUNG
from tests.drivers.scenes import Scene, jpeg, payload, photograph
from tests.drivers.test_goods import GOODS, bars
from tests.drivers.watching import PATIENCE_SECONDS, News, nothing_comes, take

# --- codes -----------------------------------------------------------------------------------


async def test_a_phone_held_out_is_one_scan_with_everything_that_is_known_of_it(
    camera: WebCamera,
) -> None:
    async with open_scanner(camera.url()) as scans:
        await nothing_comes(scans, 0.3)
        shown_at = time.monotonic()
        camera.picture = SHOWN[0]
        [scan] = await take(scans, 1)
        assert time.monotonic() - shown_at < 1.0
    assert (scan.payload, scan.symbology, scan.source) == (PAYLOADS[0], "]Q1", camera.url())
    assert shown_at <= scan.at <= time.monotonic()


async def test_a_code_held_for_five_seconds_is_reported_once_and_its_renewal_at_once(
    camera: WebCamera,
) -> None:
    """The picture stands still for most of it; the code must not be thought to have gone."""
    camera.picture = SHOWN[0]
    async with open_scanner(camera.url()) as scans:
        assert [scan.payload for scan in await take(scans, 1)] == PAYLOADS[:1]
        await nothing_comes(scans, 5.0)
        renewed_at = time.monotonic()
        camera.picture = SHOWN[1]
        assert [scan.payload for scan in await take(scans, 1)] == PAYLOADS[1:2]
        assert time.monotonic() - renewed_at < 1.0


async def test_a_still_picture_is_still_in_view_however_short_the_hold(camera: WebCamera) -> None:
    """Though its frames are passed over for a second at a time."""
    camera.picture = SHOWN[0]
    async with open_scanner(camera.url("#hold=0.3")) as scans:
        await take(scans, 1)
        await nothing_comes(scans, 4.0)


async def test_a_code_is_reported_again_only_after_it_was_away_for_the_hold(
    camera: WebCamera,
) -> None:
    async with open_scanner(camera.url("#hold=0.8")) as scans:
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


async def test_a_stall_is_noticed_though_nobody_takes_the_scans(camera: WebCamera) -> None:
    """And what is still in view is a scan as soon as there is room for it."""
    news = News()
    async with open_scanner(camera.url("#hold=0"), on_status=news) as scans:
        async with asyncio.timeout(PATIENCE_SECONDS):
            number = 0
            while not isinstance(scans, Feed) or scans.has_room:
                number += 1
                camera.picture = SHOWN[number % 2]
                await asyncio.sleep(0.2)
        camera.picture = SHOWN[2]
        await asyncio.sleep(0.5)
        for number in range(2):
            camera.is_stalled = True
            _, lost = await news.wait_for(2 * number + 2)
            assert (lost.state, lost.reason) == (ScannerState.LOST, LostReason.STALLED)
            camera.is_stalled = False
            await news.wait_for(2 * number + 3)
        waiting = await take(scans, SCANS_MAX)
        assert {scan.payload for scan in waiting} <= set(PAYLOADS[:2])
        async with asyncio.timeout(PATIENCE_SECONDS):
            while (await anext(scans)).payload != PAYLOADS[2]:
                pass


async def test_a_shaking_hand_is_still_one_scan(camera: WebCamera) -> None:
    """Every frame differs, and the code is lost from sight now and then."""
    shaken = [jpeg(photograph(payload(0), Scene(roll_degrees=r), r)) for r in range(5)]
    async with open_scanner(camera.url()) as scans:
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
    async with open_scanner(camera.url("#goods=1")) as scans:
        [scan] = await take(scans, 1)
        assert (scan.payload, scan.symbology) == (expected, aim)
        await nothing_comes(scans, 2.5)
    async with open_scanner(camera.url()) as scans:
        await nothing_comes(scans, 1.5)


async def test_the_second_engine_reads_a_live_picture_too(camera: WebCamera) -> None:
    camera.picture = SHOWN[0]
    async with open_scanner(camera.url("#engine=pyzbar")) as scans:
        [scan] = await take(scans, 1)
    assert (scan.payload, scan.symbology) == (PAYLOADS[0], None)


async def test_a_code_only_a_dear_rung_reads_is_read_while_the_phone_lies_still(
    camera: WebCamera,
) -> None:
    seed, scene = BY_ONE_RUNG["half-sharp"]
    camera.picture = jpeg(photograph(payload(seed), scene, seed), 95)
    async with open_scanner(camera.url()) as scans:
        [scan] = await take(scans, 1)
    assert scan.payload == payload(seed).encode()


# --- loss and return -------------------------------------------------------------------------


async def test_a_camera_that_stalls_is_noticed_and_taken_up_again(camera: WebCamera) -> None:
    news = News()
    async with open_scanner(camera.url(), on_status=news) as scans:
        camera.picture = SHOWN[0]
        await take(scans, 1)
        stalled_at = time.monotonic()
        camera.is_stalled = True
        lost_at, lost = await news.wait_for(2)
        assert (lost.state, lost.reason) == (ScannerState.LOST, LostReason.STALLED)
        assert "sends no pictures" in lost.detail
        assert STALL_SECONDS - 0.2 < lost_at - stalled_at < 4.0
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
    async with open_scanner(camera.url(), on_status=news) as scans:
        camera.is_stalled = True
        await asyncio.sleep(0.6)
        camera.is_stalled = False
        camera.picture = SHOWN[0]
        assert [scan.payload for scan in await take(scans, 1)] == PAYLOADS[:1]
    assert news.states == [ScannerState.READY]


async def test_a_camera_that_dies_and_comes_back_is_taken_up_again(camera: WebCamera) -> None:
    news = News()
    async with open_scanner(camera.url(), on_status=news) as scans:
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
    async with open_scanner(camera.url()) as scans:
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
