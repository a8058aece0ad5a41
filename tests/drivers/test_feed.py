"""The hand-over from threads to the event loop."""

from __future__ import annotations

import asyncio

import pytest

from drivers import LostReason, Scan, ScannerLost, ScannerState
from drivers.feed import SCANS_MAX, Feed
from tests.drivers.watching import PATIENCE_SECONDS, News, nothing_left_behind, take

URL = "serial:///dev/ttyACM0"


def scan(number: int) -> Scan:
    return Scan(b"%d" % number, None, URL, float(number))


async def test_a_driver_is_told_when_nobody_takes_its_scans_and_loses_none() -> None:
    feed = Feed(URL, News())
    is_full = asyncio.Event()
    loop = asyncio.get_running_loop()

    def job() -> None:
        feed.ready("ready")
        for number in range(SCANS_MAX + 20):
            while not feed.has_room:
                loop.call_soon_threadsafe(is_full.set)
                feed.stopping.wait(0.001)
            feed.put(scan(number))
        feed.end()

    with nothing_left_behind():
        async with feed.running(job) as scans:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await is_full.wait()
            assert not feed.has_room
            received = [scan async for scan in scans]
    assert received == [scan(number) for number in range(SCANS_MAX + 20)]
    assert feed.has_room


async def test_what_one_reading_brought_is_taken_though_it_is_more_than_there_is_room_for() -> None:
    feed = Feed(URL, News())

    def job() -> None:
        feed.ready("ready")
        for number in range(3 * SCANS_MAX):
            feed.put(scan(number))
        feed.end()

    async with feed.running(job) as scans:
        assert len([scan async for scan in scans]) == 3 * SCANS_MAX


async def test_what_cannot_be_opened_is_raised_on_entering() -> None:
    feed = Feed(URL, News())
    lost = ScannerLost(LostReason.BUSY, URL, "It is in use.")
    with nothing_left_behind(), pytest.raises(ScannerLost) as caught:
        async with feed.running(lambda: feed.lost(lost)):
            raise AssertionError("entered")
    assert caught.value is lost


async def test_news_are_told_once_and_not_after_leaving() -> None:
    news = News()
    feed = Feed(URL, news)
    gone = ScannerLost(LostReason.GONE, URL, "It went away.")
    missing = ScannerLost(LostReason.MISSING, URL, "It is not there.")
    denied = ScannerLost(LostReason.PERMISSION, URL, "It may not be opened.")

    def job() -> None:
        for _ in range(3):
            feed.ready("It is ready.")
        for error in (gone, missing, missing, denied, denied, missing, denied):
            feed.lost(error)
        feed.ready("It is ready.")
        feed.stopping.wait()
        feed.lost(gone)

    async with feed.running(job):
        await news.wait_for(4)
    told = [(status.state, status.reason) for _, status in news.told]
    assert told == [
        (ScannerState.READY, None),
        (ScannerState.LOST, LostReason.GONE),
        (ScannerState.LOST, LostReason.PERMISSION),
        (ScannerState.READY, None),
    ]


class Bug(Exception):
    """What no driver should raise."""


async def test_a_bug_in_a_thread_is_not_swallowed() -> None:
    feed = Feed(URL, News())

    def broken_later() -> None:
        feed.ready("ready")
        feed.put(scan(1))
        raise Bug

    with nothing_left_behind():
        async with feed.running(broken_later) as scans:
            assert await take(scans, 1) == [scan(1)]
            with pytest.raises(Bug):
                await take(scans, 1)


async def test_a_bug_before_the_scanner_is_ready_is_raised_on_entering() -> None:
    def broken() -> None:
        raise Bug

    with nothing_left_behind(), pytest.raises(Bug):
        async with Feed(URL, News()).running(broken):
            raise AssertionError("entered")


async def test_entering_can_be_cancelled() -> None:
    feed = Feed(URL, News())

    def never_ready() -> None:
        feed.stopping.wait()

    async def enter() -> None:
        async with feed.running(never_ready):
            raise AssertionError("entered")

    with nothing_left_behind():
        entering = asyncio.create_task(enter())
        await asyncio.sleep(0.05)
        entering.cancel()
        with pytest.raises(asyncio.CancelledError):
            await entering
