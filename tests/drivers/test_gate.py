"""Which frames are worth reading, in virtual time."""

from __future__ import annotations

from collections import Counter

import numpy as np

from drivers.capture import Frame
from drivers.gate import (
    MOVED_MARGIN,
    SETTLE_SECONDS,
    SETTLED_SECONDS,
    STILL_EVERY_SECONDS,
    Gate,
    Glance,
    Look,
)
from drivers.opencv import Picture, cv2
from drivers.region import Region
from tests.drivers.scenes import Scene, counter, jpeg, payload, photograph

FPS = 30


def thumbnail(luma: Picture) -> Picture:
    small = Frame(1, 0.0, np.frombuffer(jpeg(luma), np.uint8), is_jpeg=True).thumbnail()
    assert small is not None
    return small


def looks(gate: Gate, thumbnails: list[Picture], start: float) -> list[Look]:
    return [gate.look(one, start + number / FPS).look for number, one in enumerate(thumbnails)]


def test_a_still_counter_with_a_noisy_camera_is_looked_at_once_a_second() -> None:
    noise = np.random.default_rng(1)
    empty = counter(Scene(noise_levels=0)).astype(np.float64)
    frames = [
        thumbnail(np.clip(empty + noise.normal(0, 4, empty.shape), 0, 255).astype(np.uint8))
        for _ in range(12)
    ]
    gate = Gate()
    first = looks(gate, frames * 3, 0.0)
    settling = int(SETTLE_SECONDS * FPS)
    assert first == [Look.LIVE] * settling + [Look.SETTLED] * (36 - settling)
    looks(gate, frames, 5.0)
    after = Counter(looks(gate, frames * 25, 10.0))
    assert after == {Look.SKIP: 290, Look.STILL: 10}
    assert STILL_EVERY_SECONDS == 1.0


def test_a_phone_that_comes_a_code_that_changes_and_a_phone_that_goes_are_all_seen() -> None:
    """Even the smallest code that can be read, renewed while nothing else moves."""
    far = Scene(module_pixels=2.5, exposure=0.3)
    pictures = [
        counter(far),
        photograph(payload(1), far),
        photograph(payload(2), far),
        counter(far),
    ]
    gate = Gate()
    for number, picture in enumerate(pictures):
        start = 10.0 * number
        seen = looks(gate, [thumbnail(picture)] * 120, start)
        assert seen[: int(SETTLE_SECONDS * FPS)] == [Look.LIVE] * int(SETTLE_SECONDS * FPS)
        after = Counter(seen[int(SETTLE_SECONDS * FPS) :])
        assert after[Look.SETTLED] == int(SETTLED_SECONDS * FPS)
        assert set(after) == {Look.SKIP, Look.SETTLED, Look.STILL}


def test_what_moved_since_the_picture_was_still_is_told_in_pixels_of_the_frame() -> None:
    gate = Gate()
    still = np.full((90, 160), 100, np.uint8)
    assert gate.look(still, 0.0).moved is not None
    looks(gate, [still] * 90, 0.1)
    one, other = still.copy(), still.copy()
    one[40:50, 20:30] = 200
    other[60:70, 60:70] = 200
    first = gate.look(one, 10.0).moved
    both = gate.look(other, 10.1).moved
    assert first == Region(160, 320, 240, 400).wider(MOVED_MARGIN)
    assert both == Region(160, 320, 560, 560).wider(MOVED_MARGIN)
    assert gate.look(other, 10.2).moved == both
    assert gate.look(other, 12.0) == Glance(Look.SETTLED, None)
    assert gate.look(one, 13.0).moved == Region(160, 320, 560, 560).wider(MOVED_MARGIN)


def test_a_slow_change_is_measured_from_where_it_began() -> None:
    """No step is large; together they are."""
    gate = Gate()
    first = np.full((90, 160), 100, np.uint8)
    looks(gate, [first] * 90, 0.0)
    brighter = [np.full((90, 160), 100 + step, np.uint8) for step in range(30)]
    assert Look.LIVE in looks(gate, brighter, 20.0)[1:]


def test_another_size_of_picture_is_a_change() -> None:
    gate = Gate()
    looks(gate, [np.zeros((90, 160), np.uint8)] * 90, 0.0)
    assert gate.look(np.zeros((135, 240), np.uint8), 20.0).look is Look.LIVE


def test_frames_unfold_to_the_same_luma_whatever_they_came_as() -> None:
    luma = photograph(payload(1), Scene())
    forms = {
        "jpeg": Frame(1, 0.0, np.frombuffer(jpeg(luma, 98), np.uint8), is_jpeg=True),
        "bgr": Frame(1, 0.0, np.asarray(cv2.cvtColor(luma, cv2.COLOR_GRAY2BGR), np.uint8), False),
        "luma": Frame(1, 0.0, luma, is_jpeg=False),
    }
    for name, frame in forms.items():
        whole, small = frame.luma(), frame.thumbnail()
        assert whole is not None, name
        assert small is not None, name
        assert whole.shape == (720, 1280)
        assert small.shape == (90, 160)
        assert np.abs(whole.astype(int) - luma).mean() < 3, name


def test_a_damaged_jpeg_is_no_picture_and_no_error() -> None:
    whole = jpeg(counter())
    for data in (b"", b"\xff\xd8", whole[: len(whole) // 3], b"GIF89a" + whole, b"\0" * 999):
        frame = Frame(1, 0.0, np.frombuffer(data, np.uint8), is_jpeg=True)
        for picture in (frame.thumbnail(), frame.luma()):
            assert picture is None or picture.shape in ((720, 1280), (90, 160))
