"""What a camera's frames get, one after the other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from drivers.address import Engine
from drivers.decode import Found, Reader, Seen, reader_for
from drivers.gate import Glance, Look
from drivers.ladder import BY_NAME, CHEAP, DEAR, FOCUS, LAST, Rung
from drivers.opencv import Picture
from drivers.region import Region
from drivers.watch import GOODS_EVERY, IDLE_EVERY, WHOLE_EVERY, Watch
from tests.drivers.hard_screens import BY_ONE_RUNG
from tests.drivers.scenes import Scene, counter, flat, payload, photograph
from tests.drivers.test_goods import F, bars

IDLE = Glance(Look.LIVE, None)
EVERYWHERE = Glance(Look.LIVE, Region(0, 0, 1280, 720))
SETTLED = Glance(Look.SETTLED, None)


class Recorder:
    """zxing-cpp, with a record of what it was given."""

    name = "zxing"
    skips: frozenset[str] = frozenset()

    def __init__(self) -> None:
        self._reader: Reader = reader_for(Engine.ZXING)
        self.given: list[tuple[str, tuple[int, ...]]] = []
        self.goods = 0

    def read_qr(self, luma: Picture, rung: Rung) -> Seen:
        self.given.append((rung.name, luma.shape))
        return self._reader.read_qr(luma, rung)

    def read_goods(self, luma: Picture) -> tuple[Found, ...]:
        self.goods += 1
        return self._reader.read_goods(luma)

    def taken(self) -> list[str]:
        """The rungs of the frame just read."""
        names = [name for name, _ in self.given]
        self.given.clear()
        return names


def names(*groups: tuple[Rung, ...]) -> set[str]:
    return {rung.name for group in groups for rung in group}


def test_an_empty_counter_gets_the_cheap_rungs_and_now_and_then_a_dear_one() -> None:
    recorder, empty = Recorder(), counter()
    watch = Watch(recorder)
    dear = 0
    for _ in range(IDLE_EVERY * len(DEAR)):
        assert watch.read(empty, IDLE) == []
        taken = recorder.taken()
        assert taken[:2] == ["histogram", "half"]
        assert set(taken) <= names(CHEAP, DEAR)
        dear += len(names(DEAR) & set(taken))
    assert dear >= len(DEAR)
    assert dear < 4 * len(DEAR)


def test_where_something_moved_every_dear_rung_has_its_turn_within_a_few_frames() -> None:
    recorder, empty = Recorder(), counter()
    watch = Watch(recorder)
    seen: set[str] = set()
    for _ in range(len(DEAR)):
        watch.read(empty, EVERYWHERE)
        seen |= set(recorder.taken())
    assert seen >= names(CHEAP, DEAR)
    assert not seen & names(LAST)


def test_dear_rungs_look_at_what_moved_only() -> None:
    recorder = Recorder()
    Watch(recorder).read(counter(), Glance(Look.LIVE, Region(100, 100, 500, 400)))
    shapes = {name: shape for name, shape in recorder.given if name in names(DEAR)}
    assert shapes
    assert max(max(shape) for shape in shapes.values()) <= 400


@pytest.mark.parametrize("name", [name for name in BY_ONE_RUNG if BY_NAME[name] not in LAST])
def test_what_a_dear_rung_reads_is_read_within_a_few_frames(name: str) -> None:
    seed, scene = BY_ONE_RUNG[name]
    picture = photograph(payload(seed), scene, seed)
    watch = Watch(reader_for(Engine.ZXING))
    frames = [watch.read(picture, EVERYWHERE) for _ in range(len(DEAR) + len(FOCUS))]
    assert [code.payload for codes in frames for code in codes][:1] == [payload(seed).encode()]


@pytest.mark.parametrize("name", [name for name in BY_ONE_RUNG if BY_NAME[name] in LAST])
def test_what_only_the_last_rungs_read_is_read_soon_after_the_picture_has_settled(
    name: str,
) -> None:
    seed, scene = BY_ONE_RUNG[name]
    picture = photograph(payload(seed), scene, seed)
    watch = Watch(reader_for(Engine.ZXING))
    frames = [watch.read(picture, SETTLED) for _ in range(len(DEAR) + len(LAST))]
    assert [code.payload for codes in frames for code in codes][:1] == [payload(seed).encode()]


def test_no_frame_takes_all_the_time_though_its_picture_has_settled() -> None:
    recorder = Recorder()
    watch = Watch(recorder)
    noisy = np.random.default_rng(1).integers(0, 256, (720, 1280), np.uint8)
    most = 0
    seen: set[str] = set()
    for _ in range(len(DEAR) + len(LAST)):
        assert watch.read(noisy, SETTLED) == []
        taken = set(recorder.taken()) - names(CHEAP, FOCUS)
        most = max(most, len(taken))
        seen |= taken
    assert seen == names(DEAR, LAST)
    assert most < len(seen) / 2


def test_a_code_held_in_view_is_looked_for_where_it_was() -> None:
    recorder = Recorder()
    watch = Watch(recorder)
    scene = Scene()
    for number in range(12):
        picture = photograph(payload(1), replace(scene, roll_degrees=8 + number), 1)
        recorder.given.clear()
        [code] = watch.read(picture, EVERYWHERE)
        assert code.payload == payload(1).encode()
        _, shape = recorder.given[0]
        is_part = max(shape) < 720
        assert is_part == (number > 0 and (number + 1) % WHOLE_EVERY != 0)


def test_a_second_code_beside_one_that_is_held_is_seen_within_a_few_frames() -> None:
    picture = np.full((700, 1200), 255, np.uint8)
    first, second = flat("FIRST"), flat("SECOND")
    picture[10 : 10 + first.shape[0], 10 : 10 + first.shape[1]] = first
    watch = Watch(reader_for(Engine.ZXING))
    assert [code.payload for code in watch.read(picture, EVERYWHERE)] == [b"FIRST"]
    picture[400 : 400 + second.shape[0], 900 : 900 + second.shape[1]] = second
    frames = [watch.read(picture, EVERYWHERE) for _ in range(WHOLE_EVERY)]
    assert {code.payload for code in frames[-1] + frames[-2]} == {b"FIRST", b"SECOND"}


def test_a_code_that_is_taken_away_is_not_told_any_more() -> None:
    watch = Watch(reader_for(Engine.ZXING))
    assert watch.read(photograph(payload(1), Scene()), EVERYWHERE)
    for _ in range(2 * WHOLE_EVERY):
        assert watch.read(counter(), EVERYWHERE) == []


def test_a_voucher_renewed_in_view_is_told_at_the_next_frame() -> None:
    watch = Watch(reader_for(Engine.ZXING))
    for seed in range(6):
        [code] = watch.read(photograph(payload(seed), Scene()), EVERYWHERE)
        assert code.payload == payload(seed).encode()


def test_goods_are_looked_for_in_one_frame_of_several_and_in_every_still_one() -> None:
    recorder = Recorder()
    watch = Watch(recorder, goods=True)
    box = bars(F.EAN13, "6901234567892")
    read = [bool(watch.read(box, EVERYWHERE)) for _ in range(2 * GOODS_EVERY)]
    assert (sum(read), recorder.goods) == (2, 2)
    assert watch.read(box, SETTLED)
    assert watch.read(box, Glance(Look.STILL, None))
    assert Watch(recorder).read(box, SETTLED) == []
