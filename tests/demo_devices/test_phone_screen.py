"""The optics: what the pretend camera's frames hold, and what they cost."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

import cv2
import numpy as np
import pytest
import zxingcpp
from cv2.typing import MatLike

from terminal.demo import phone_face
from terminal.demo.phone_face import TEXT_BYTES_MAX, TextRefused, Unshowable, Wallet, qr_modules
from terminal.demo.phone_screen import Scene, Viewpoint, empty_counter, nominal, photograph
from terminal.demo.scene import FRAME_PX

from .stand_in import codes, voucher_text

SEEDS = 100
CHUNK = 20
READ_OF_CHUNK_MIN = 19
"""95 per cent."""


@pytest.fixture(scope="module")
def view() -> Viewpoint:
    return Viewpoint(nominal(), seed=3)


@pytest.fixture
def one_core() -> Iterator[None]:
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    yield
    cv2.setNumThreads(threads)


def picture(jpeg: bytes) -> MatLike:
    frame = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert frame is not None
    return frame


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, SEEDS, CHUNK))
def test_of_a_hundred_nominal_frames_ninety_five_read_to_the_exact_text(first: int) -> None:
    """Every frame has its own code, moment and noise; four follow each other in one hand."""
    read = 0
    for hand in range(first, first + CHUNK, 4):
        view = Viewpoint(nominal(), hand)
        for seed in range(hand, hand + 4):
            text = voucher_text(seed)
            found = codes(view.photograph(view.phone(text), at_seconds=seed * 0.37))
            assert found in ([], [text.encode()]), f"seed {seed}: a wrong text was read"
            read += len(found)
    assert read >= READ_OF_CHUNK_MIN


HARDER = {
    "out of focus": replace(nominal(), focus_sigma_px=3.0),
    "too far": replace(nominal(), distance_mm=480.0),
    "over-exposed": replace(nominal(), saturation_nits=20.0),
    "switched almost off": replace(nominal(), screen_nits=4.0),
    "lamp all over the glass": replace(nominal(), lamp_mm2=9000.0, lamp_nits=60000.0),
    "edge on": replace(nominal(), yaw_degrees=80.0, hand_spread_degrees=0.0),
    "shaken": replace(nominal(), tremor_mm=60.0, exposure_seconds=0.2),
    "noise": replace(nominal(), full_well_electrons=8.0),
}


@pytest.mark.parametrize("scene", HARDER.values(), ids=HARDER.keys())
def test_a_scene_can_be_too_hard_to_read(scene: Scene) -> None:
    view = Viewpoint(scene, seed=2)
    phone = view.phone(voucher_text("hard"))
    assert [codes(view.photograph(phone, at)) for at in (0.0, 0.3, 0.6)] == [[], [], []]


@pytest.mark.parametrize("seed", range(4))
def test_an_empty_counter_holds_no_code(seed: int) -> None:
    jpeg = empty_counter(seed)
    assert codes(jpeg) == []
    assert picture(jpeg).shape == (FRAME_PX[1], FRAME_PX[0], 3)


def test_a_seed_is_one_picture_and_another_seed_another() -> None:
    one, again, another = (photograph(voucher_text(0), seed) for seed in (5, 5, 6))
    assert one == again
    assert one != another


def test_frames_of_a_bare_counter_differ_by_noise_only(view: Viewpoint) -> None:
    one, other = picture(view.photograph(None, 0.0)), picture(view.photograph(None, 0.1))
    apart = np.abs(one.astype(np.int16) - other.astype(np.int16))
    assert 0.3 < apart.mean() < 4.0
    assert np.percentile(apart, 99.9) < 25


@pytest.mark.parametrize(
    "text",
    [
        "134567890123456789",
        "https://example.org/Pay?a=1&b=%2F",
        "医保码 共济 ℳ",
        "点茗",  # two characters that also exist in Shift-JIS
        "a\x1db\x00c\r\n",
        voucher_text("long", chars=350),
        "A",
    ],
)
@pytest.mark.parametrize("wallet", list(Wallet))
def test_any_text_is_read_as_the_bytes_it_is(view: Viewpoint, text: str, wallet: Wallet) -> None:
    phone = view.phone(text, wallet)
    found = [codes(view.photograph(phone, at)) for at in (0.0, 0.4, 0.9)]
    assert [text.encode()] in found


def test_a_code_is_level_m_with_four_modules_of_quiet() -> None:
    modules = qr_modules(voucher_text(1))
    bare = modules[4:-4, 4:-4]
    assert modules.sum() == bare.sum()
    assert bare[0].any()
    drawn = cv2.resize(255 - 255 * modules, None, fx=4, fy=4, interpolation=cv2.INTER_NEAREST)
    (code,) = zxingcpp.read_barcodes(drawn)
    assert code.ec_level == "M"
    assert len(bare) == 17 + 4 * 10, "301 characters fit version 10"


def test_a_short_code_is_level_m_too() -> None:
    """Though the smallest version would hold it at a higher level."""
    drawn = cv2.resize(
        255 - 255 * qr_modules("A"), None, fx=4, fy=4, interpolation=cv2.INTER_NEAREST
    )
    (code,) = zxingcpp.read_barcodes(drawn)
    assert code.ec_level == "M"


def test_the_longest_text_fits_and_one_byte_more_is_refused() -> None:
    assert qr_modules("x" * TEXT_BYTES_MAX).shape == (185, 185)
    for text in ("x" * (TEXT_BYTES_MAX + 1), "药" * (TEXT_BYTES_MAX // 3 + 1)):
        with pytest.raises(TextRefused) as refused:
            qr_modules(text)
        assert refused.value.reason is Unshowable.TOO_LONG


@pytest.mark.parametrize(
    ("text", "reason"), [("", Unshowable.EMPTY), ("a\ud800", Unshowable.NOT_UNICODE)]
)
def test_what_is_no_text_is_refused(text: str, reason: Unshowable) -> None:
    with pytest.raises(TextRefused) as refused:
        qr_modules(text)
    assert refused.value.reason is reason


def test_a_phone_comes_into_view_from_nothing_to_readable(view: Viewpoint) -> None:
    text = voucher_text("entering")
    phone = view.phone(text)
    steps = [view.photograph(phone, step / 40, lambda at: min(1.0, 2 * at)) for step in range(21)]
    assert all(picture(jpeg).shape == (FRAME_PX[1], FRAME_PX[0], 3) for jpeg in steps)
    assert codes(steps[0]) == []
    assert codes(steps[-1]) == [text.encode()]


def test_a_new_code_changes_the_screen_and_nothing_else(view: Viewpoint) -> None:
    one, other = (view.phone(voucher_text(seed)).light for seed in (1, 2))
    changed = np.argwhere(np.abs(one - other).max(2) > 1.0)
    height, width = changed.max(0) - changed.min(0)
    assert one.shape[0] * 0.2 < height < one.shape[0] * 0.6
    assert one.shape[1] * 0.2 < width < one.shape[1] * 0.6


def test_a_longer_exposure_is_brighter() -> None:
    text = voucher_text(1)
    means = [
        picture(photograph(text, 1, replace(nominal(), saturation_nits=full))).mean()
        for full in (2000.0, 540.0, 150.0)
    ]
    assert means[0] < means[1] - 10 < means[2] - 20


def test_the_screen_has_the_size_the_optics_expect() -> None:
    screen = phone_face.phone_screen("A", Wallet.OTHER)
    assert screen.shape == (*phone_face.screen_outline().shape, 3)


@pytest.mark.usefixtures("one_core")
def test_one_core_draws_twelve_frames_a_second(view: Viewpoint) -> None:
    """Processor time of this thread, so that a busy machine does not decide."""
    phone = view.phone(voucher_text("speed"))
    view.photograph(phone, 0.0)
    began = time.thread_time()
    for number in range(12):
        view.photograph(phone, number / 12)
    assert time.thread_time() - began < 1.0
