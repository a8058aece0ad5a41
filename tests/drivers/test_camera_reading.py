"""What the two threads of a camera make of its frames."""

from __future__ import annotations

import asyncio
import itertools
import time
from contextlib import suppress

import numpy as np

from drivers import LostReason, ScannerLost, ScannerState
from drivers.address import parse_camera
from drivers.camera import Ended, Newest, PictureReader, Started
from drivers.capture import STALL_SECONDS, Frame
from drivers.feed import Feed
from tests.drivers.cameras import SCENE
from tests.drivers.hard_screens import BY_ONE_RUNG
from tests.drivers.scenes import counter, payload, photograph
from tests.drivers.watching import PATIENCE_SECONDS, News, nothing_comes


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


async def test_a_picture_that_has_settled_is_read_with_everything_there_is() -> None:
    """What a live frame does not get."""
    url = "camera:///dev/video0"
    seed, scene = BY_ONE_RUNG["smooth"]
    picture = photograph(payload(seed), scene, seed)
    feed = Feed(url, News())
    newest = Newest()
    newest.tell(Started("a camera", is_live=True))
    async with feed.running(PictureReader(parse_camera(url), newest, feed).run) as scans:
        newest.put(Frame(1, 100.0, picture, is_jpeg=False))
        await nothing_comes(scans, 0.5)
        for number in itertools.count():
            newest.put(Frame(2, 101.5 + number / 1000, picture, is_jpeg=False))
            with suppress(TimeoutError):
                async with asyncio.timeout(0.3):
                    scan = await anext(scans)
                    break
            assert number < 100
    assert scan.payload == payload(seed).encode()


async def test_where_something_moves_unread_another_exposure_is_asked_for() -> None:
    url = "camera:///dev/video0?exposure=100,40"
    newest = Newest()
    newest.tell(Started("a camera", is_live=True))
    news = News()
    feed = Feed(url, news)
    async with feed.running(PictureReader(parse_camera(url), newest, feed).run):
        wishes: list[int] = []
        async with asyncio.timeout(PATIENCE_SECONDS):
            for number in itertools.count():
                newest.put(Frame(1, 100 + 0.3 * number, counter(SCENE, number % 2), is_jpeg=False))
                await asyncio.sleep(0.1)
                if (wish := newest.wished()) is not None:
                    wishes.append(wish)
                if len(wishes) == 2:
                    break
    assert wishes == [100, 40], "first what it was opened with, again"
