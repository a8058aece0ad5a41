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
from drivers.decode import Climb, Effort, Format, decode, reader_for
from drivers.ladder import BY_NAME, CHEAP, DEAR, FOCUS, LAST
from drivers.opencv import Picture, cv2
from drivers.region import Corners, Region
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
BY_ONE_RUNG = {
    "focus": (
        114,
        Scene(
            module_pixels=2.763,
            tilt=0.028,
            roll_degrees=265.973,
            blur_pixels=1.229,
            noise_levels=1.726,
            exposure=0.774,
            haze=0.027,
            jpeg_quality=92,
            sharpening=0.799,
        ),
    ),
    "focus-sharp": (
        172,
        Scene(
            module_pixels=3.036,
            tilt=0.151,
            roll_degrees=-10.018,
            blur_pixels=1.348,
            noise_levels=1.554,
            exposure=0.56,
            haze=0.017,
            jpeg_quality=76,
            sharpening=0.475,
        ),
    ),
    "focus-even": (
        409,
        Scene(
            module_pixels=2.359,
            tilt=0.194,
            roll_degrees=76.937,
            blur_pixels=1.109,
            noise_levels=2.728,
            exposure=0.886,
            haze=0.061,
            jpeg_quality=88,
            sharpening=0.589,
        ),
    ),
    "adaptive": (
        565,
        Scene(
            module_pixels=4.103,
            tilt=0.131,
            roll_degrees=4.065,
            blur_pixels=0.788,
            noise_levels=37.241,
            exposure=0.769,
            haze=0.099,
            jpeg_quality=61,
            sharpening=0.196,
        ),
    ),
    "half-sharp": (
        145,
        Scene(
            module_pixels=4.5,
            tilt=0.109,
            roll_degrees=271.79,
            blur_pixels=0.754,
            noise_levels=2.742,
            exposure=0.74,
            haze=0.045,
            jpeg_quality=68,
            moire=0.47,
            sharpening=0.14,
        ),
    ),
    "dim": (
        709,
        Scene(
            module_pixels=4.5,
            tilt=0.191,
            roll_degrees=161.799,
            blur_pixels=0.767,
            noise_levels=3.257,
            exposure=0.203,
            haze=0.049,
            jpeg_quality=88,
            window=2.595,
            sharpening=0.308,
        ),
    ),
    "sharp": (
        151,
        Scene(
            module_pixels=4.5,
            tilt=0.187,
            roll_degrees=-10.063,
            blur_pixels=0.892,
            noise_levels=2.878,
            exposure=0.491,
            haze=0.097,
            jpeg_quality=88,
            bands=0.866,
            sharpening=0.523,
        ),
    ),
    "smooth": (
        256,
        Scene(
            module_pixels=3.747,
            tilt=0.06,
            roll_degrees=2.093,
            blur_pixels=1.276,
            noise_levels=19.407,
            exposure=0.727,
            haze=0.086,
            jpeg_quality=92,
            sharpening=0.514,
        ),
    ),
    "two-thirds": (
        408,
        Scene(
            module_pixels=4.084,
            tilt=0.155,
            roll_degrees=269.432,
            blur_pixels=1.372,
            noise_levels=15.421,
            exposure=0.621,
            haze=0.043,
            jpeg_quality=64,
            glare_share=0.016,
            lamps=2,
            bands=0.438,
            sharpening=0.117,
        ),
    ),
    "larger": (
        523,
        Scene(
            module_pixels=2.914,
            tilt=0.099,
            roll_degrees=-0.847,
            blur_pixels=0.856,
            noise_levels=18.045,
            exposure=0.736,
            haze=0.073,
            jpeg_quality=77,
            bands=0.361,
            sharpening=0.875,
        ),
    ),
    "sharp-even": (
        430,
        Scene(
            module_pixels=3.836,
            tilt=0.184,
            roll_degrees=1.763,
            blur_pixels=1.982,
            noise_levels=2.083,
            exposure=0.48,
            haze=0.058,
            jpeg_quality=66,
            sharpening=0.364,
        ),
    ),
}
"""Screens no rung before this one reads, found by search; with their seeds."""


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


# --- goods -----------------------------------------------------------------------------------

F = zxingcpp.BarcodeFormat
FORMATS = {
    F.EAN13: Format.EAN_13,
    F.EAN8: Format.EAN_8,
    F.UPCA: Format.EAN_13,
    F.UPCE: Format.UPC_E,
    F.Code128: Format.CODE_128,
    F.ITF: Format.ITF_14,
    F.DataMatrix: Format.DATA_MATRIX,
}
GS1 = b"010690123456789210ABC\x1d217"
GOODS = {
    "EAN-13": (F.EAN13, "6901234567892", b"6901234567892", "]E0"),
    "EAN-8": (F.EAN8, "96385074", b"96385074", "]E4"),
    "UPC-A": (F.UPCA, "123456789012", b"0123456789012", "]E0"),
    "UPC-E": (F.UPCE, "01234565", b"0012345000065", "]E0"),
    "GS1-128": (F.Code128, "(01)06901234567892(10)ABC(21)7", GS1, "]C1"),
    "GS1 Data Matrix": (F.DataMatrix, "(01)06901234567892(10)ABC(21)7", GS1, "]d2"),
    "Code 128": (F.Code128, "81234567890123456789", b"81234567890123456789", "]C0"),
    "ITF-14": (F.ITF, "16901234567899", b"16901234567899", "]I1"),
    "Data Matrix": (F.DataMatrix, "81234567890123456789", b"81234567890123456789", "]d1"),
}


def bars(symbology: zxingcpp.BarcodeFormat, content: str) -> Picture:
    """The bar code in the middle of a 720p picture."""
    is_gs1 = content.startswith("(01)")
    code = zxingcpp.create_barcode(content, symbology, gs1=is_gs1)
    drawn = zxingcpp.write_barcode_to_image(code, scale=3)
    symbol = np.array(drawn)
    picture = np.full((720, 1280), 230, np.uint8)
    top, left = 360 - symbol.shape[0] // 2, 640 - symbol.shape[1] // 2
    picture[top : top + symbol.shape[0], left : left + symbol.shape[1]] = symbol
    return picture


@pytest.mark.parametrize("name", GOODS)
def test_goods_are_read_when_asked_for_with_their_aim_identifier(name: str) -> None:
    symbology, content, expected, aim = GOODS[name]
    picture = bars(symbology, content)
    [code] = decode(picture, goods=True)
    assert (code.payload, code.symbology, code.rung) == (expected, aim, "goods")
    assert code.format is FORMATS[symbology]
    [turned] = decode(np.rot90(picture), goods=True)
    assert turned.payload == expected


@pytest.mark.parametrize("name", GOODS)
def test_goods_are_not_looked_for_otherwise(name: str) -> None:
    symbology, content, *_ = GOODS[name]
    assert decode(bars(symbology, content)) == []


@pytest.mark.parametrize("name", ["EAN-13", "EAN-8", "UPC-A", "GS1-128", "Code 128", "ITF-14"])
def test_zbar_reads_the_linear_codes_of_goods(name: str) -> None:
    symbology, content, expected, aim = GOODS[name]
    [code] = decode(bars(symbology, content), engine=Engine.PYZBAR, goods=True)
    assert code.payload == expected
    assert code.symbology in (aim, None)


def test_an_itf_code_of_another_length_is_not_believed() -> None:
    for engine in (Engine.ZXING, Engine.PYZBAR):
        assert decode(bars(F.ITF, "1234567890"), engine=engine, goods=True) == []


def test_a_box_shows_its_qr_code_and_its_bar_code_at_once() -> None:
    picture = bars(F.EAN13, "6901234567892")
    code = flat("QR")
    picture[20 : 20 + code.shape[0], 20 : 20 + code.shape[1]] = code
    assert {code.payload for code in decode(picture, goods=True)} == {b"QR", b"6901234567892"}


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
