"""Pictures to codes: screens as cameras see them, goods, and what a stranger may hold up."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest
import segno
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.address import Engine
from drivers.decode import Climb, Effort, decode, reader_for
from drivers.ladder import BY_NAME, CHEAP, DEAR, FOCUS, LAST
from drivers.opencv import cv2
from drivers.region import Corners, Region
from tests.drivers.hard_screens import BY_ONE_RUNG
from tests.drivers.scenes import Scene, counter, flat, payload, photograph

GOOD_DAY = Scene()
SCREENS = {
    "good day": GOOD_DAY,
    "far away": replace(GOOD_DAY, module_pixels=2.6),
    "tilted": replace(GOOD_DAY, tilt=0.35, roll_degrees=30),
    "upside down": replace(GOOD_DAY, roll_degrees=177),
    "soft": replace(GOOD_DAY, blur_pixels=1.4),
    "grainy": replace(GOOD_DAY, noise_levels=16),
    "washed out": replace(GOOD_DAY, exposure=1.6, haze=0.15),
    "dim": replace(GOOD_DAY, exposure=0.03),
    "mirrored room": replace(GOOD_DAY, exposure=0.25, haze=3.0),
    "poor JPEG": replace(GOOD_DAY, jpeg_quality=15),
    "full HD": replace(GOOD_DAY, width=1920, height=1080, module_pixels=6, roll_degrees=100),
}
PLENTY_SECONDS = 60.0
"""So that no rung is left out on a busy machine."""


@pytest.mark.parametrize("name", SCREENS)
def test_a_voucher_on_a_phone_is_read_exactly(name: str) -> None:
    for seed in range(3):
        [code] = decode(photograph(payload(seed), SCREENS[name], seed))
        assert code.payload == payload(seed).encode()
        assert code.symbology == "]Q1"


def are_near(corners: Corners, expected: list[tuple[int, int]]) -> bool:
    """Each where one of the expected ones is, whichever comes first."""
    return all(
        min(abs(x - there_x) + abs(y - there_y) for there_x, there_y in expected) < 16
        for x, y in corners
    )


def test_the_corners_are_the_codes_own_in_the_whole_picture() -> None:
    """Whatever size the rung that read it worked at."""
    picture = np.full((720, 1280), 255, np.uint8)
    code = flat("CORNERS", 6)
    side = code.shape[0] - 2 * 4 * 6
    picture[200 : 200 + code.shape[0], 700 : 700 + code.shape[1]] = code
    left, top = 700 + 24, 200 + 24
    expected = [(left, top), (left + side, top), (left + side, top + side), (left, top + side)]
    for engine in (Engine.ZXING, Engine.PYZBAR):
        for rung in BY_NAME.values():
            codes = Climb(reader_for(engine), picture, 1.0).whole((rung,))
            for found in codes:
                assert are_near(found.corners, expected), rung.name
            part = Region(650, 150, 1200, 700)
            codes += Climb(reader_for(engine), picture, 1.0).whole((rung,), part)
            for found in codes:
                assert are_near(found.corners, expected), rung.name
            assert codes or rung.name in reader_for(engine).skips or "even" in rung.name
    [read] = decode(picture)
    assert np.allclose(read.corners, expected, atol=4)


def test_the_corners_are_the_same_by_a_rung_that_halves_the_picture() -> None:
    [clear] = decode(photograph(payload(1), GOOD_DAY))
    [grainy] = decode(photograph(payload(1), SCREENS["grainy"]))
    assert (clear.rung, grainy.rung) == ("histogram", "half")
    assert np.allclose(clear.corners, grainy.corners, atol=4)


def test_of_several_codes_the_one_in_the_middle_comes_first() -> None:
    picture = np.full((700, 1200), 255, np.uint8)
    for content, left, top in (("LEFT", 10, 10), ("MIDDLE", 550, 280), ("RIGHT", 980, 500)):
        code = flat(content)
        picture[top : top + code.shape[0], left : left + code.shape[1]] = code
    assert decode(picture)[0].payload == b"MIDDLE"
    assert {code.payload for code in decode(picture)} == {b"LEFT", b"MIDDLE", b"RIGHT"}


@pytest.mark.parametrize("name", BY_ONE_RUNG)
def test_each_later_rung_reads_what_those_before_it_cannot(name: str) -> None:
    seed, scene = BY_ONE_RUNG[name]
    [still] = decode(photograph(payload(seed), scene, seed), budget_seconds=PLENTY_SECONDS)
    assert (still.rung, still.payload) == (name, payload(seed).encode())


def test_a_live_camera_does_without_the_last_rungs() -> None:
    name = next(name for name in BY_ONE_RUNG if BY_NAME[name] in LAST)
    seed, scene = BY_ONE_RUNG[name]
    picture = photograph(payload(seed), scene, seed)
    assert decode(picture, effort=Effort.LIVE, budget_seconds=PLENTY_SECONDS) == []


def test_no_rung_has_the_name_of_another_or_a_cost_that_hides_it() -> None:
    every = (*CHEAP, *DEAR, *LAST, *FOCUS)
    assert len({rung.name for rung in every}) == len(every) == len(BY_NAME)
    assert all(rung.cost > 0 for rung in every)
    assert any(rung.downscale for rung in CHEAP), "the cost of the others is told by it"


def test_a_picture_takes_no_more_time_than_it_is_given() -> None:
    """But for the cheap rungs, and one more that was thought to fit."""
    noisy = np.random.default_rng(1).integers(0, 256, (1080, 1920), np.uint8)
    taken = {}
    for budget_seconds in (0.0, PLENTY_SECONDS):
        begun = time.thread_time()
        assert decode(noisy, budget_seconds=budget_seconds) == []
        taken[budget_seconds] = time.thread_time() - begun
    assert taken[0.0] < 0.6 * taken[PLENTY_SECONDS]


# --- exact bytes -----------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(st.binary(min_size=1, max_size=120))
def test_any_bytes_come_out_as_they_went_in(content: bytes) -> None:
    [code] = decode(flat(content))
    assert code.payload == content


@settings(max_examples=30, deadline=None)
@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=120))
def test_zbar_reads_printable_ascii_exactly(content: str) -> None:
    [code] = decode(flat(content), engine=Engine.PYZBAR)
    assert (code.payload, code.symbology) == (content.encode(), None)


@pytest.mark.parametrize("content", ["药店".encode("gb18030"), "药店".encode(), b"\xff\xfe\x00A"])
def test_zbar_says_nothing_where_it_would_have_to_guess_a_charset(content: bytes) -> None:
    assert [code.payload for code in decode(flat(content))] == [content]
    assert decode(flat(content), engine=Engine.PYZBAR) == []


# --- what must not be read -------------------------------------------------------------------


@pytest.mark.parametrize("content", ["393610", "12345", "ABC"])
def test_a_micro_qr_code_is_never_read(content: str) -> None:
    micro = segno.make(content, micro=True)
    modules = np.pad(1 - np.array(micro.matrix, np.uint8), 4, constant_values=1)
    picture = np.kron(modules * 255, np.ones((8, 8), np.uint8))
    assert zxingcpp.read_barcodes(picture)
    assert decode(picture) == []


@pytest.mark.parametrize("engine", [Engine.ZXING, Engine.PYZBAR])
def test_a_counter_without_a_code_gives_nothing(engine: Engine) -> None:
    for seed in range(3):
        assert decode(counter(seed=seed), engine=engine, goods=True) == []


def test_a_code_damaged_beyond_repair_gives_nothing() -> None:
    """Whatever part is missing: never a wrong payload."""
    whole = flat(payload(1))
    height, width = whole.shape
    reads = 0
    for top in range(0, height, 40):
        for left in range(0, width, 40):
            damaged = whole.copy()
            damaged[top : top + 120, left : left + 120] = 0
            for code in decode(damaged):
                reads += 1
                assert code.payload == payload(1).encode()
    assert reads > 0


@pytest.mark.parametrize("engine", [Engine.ZXING, Engine.PYZBAR])
@pytest.mark.parametrize(
    "shape", [(0, 0), (0, 9), (1, 1), (1, 4000), (31, 31), (32, 32), (33, 35), (4000, 32)]
)
def test_a_picture_of_any_shape_is_no_error(engine: Engine, shape: tuple[int, int]) -> None:
    for level in (0, 127, 255):
        assert decode(np.full(shape, level, np.uint8), engine=engine, goods=True) == []


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 90), st.integers(1, 90))
def test_noise_is_no_error_and_no_code(seed: int, height: int, width: int) -> None:
    noise = np.random.default_rng(seed).integers(0, 256, (height, width), np.uint8)
    for engine in (Engine.ZXING, Engine.PYZBAR):
        assert decode(noise, engine=engine, goods=True) == []


def test_a_view_into_a_larger_picture_is_read_and_left_as_it_was() -> None:
    picture = np.kron(flat("A VIEW"), np.ones((2, 2), np.uint8))
    before = picture.copy()
    for engine in (Engine.ZXING, Engine.PYZBAR):
        assert [code.payload for code in decode(picture[::2, ::2], engine=engine)] == [b"A VIEW"]
    assert np.array_equal(picture, before)


# --- engines ---------------------------------------------------------------------------------

WITHOUT = """
import sys
for name in {missing!r}:
    sys.modules[name] = None
import numpy
from drivers.address import Engine
from drivers.decode import NoDecoder, decode, reader_for
try:
    print(type(reader_for(Engine.AUTO)).__name__)
except NoDecoder as refusal:
    print("none:", refusal)
"""


@pytest.mark.parametrize(
    ("missing", "expected"),
    [
        ([], "ZxingReader"),
        (["zxingcpp"], "ZbarReader"),
        (["pyzbar"], "ZxingReader"),
        (["zxingcpp", "pyzbar"], "none: zxing: "),
    ],
)
def test_the_engine_is_the_best_that_can_be_loaded(missing: list[str], expected: str) -> None:
    program = [sys.executable, "-c", WITHOUT.format(missing=missing)]
    answer = subprocess.run(program, capture_output=True, text=True, check=True, timeout=30)
    assert answer.stdout.startswith(expected)
    assert answer.stderr == ""


def test_opencv_uses_one_thread() -> None:
    assert cv2.getNumThreads() == 1
