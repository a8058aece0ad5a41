"""A picture in, the codes on it out.

A phone's screen is glossy, over-exposed, blurred or too close, and each of these wants another
treatment before the decoder sees it.  The treatments are a ladder: the cheap ones that read most
come first, and the first that reads anything ends the climb.

One rule: exact bytes or nothing.  No charset is guessed, and only QR model 2 is looked for: the
wider "QR" family includes Micro QR, whose little error correction turned pieces of large codes
into short numbers in tests.

Pure: nothing is remembered from one picture to the next.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import import_module
from typing import Protocol, TypeAlias

import numpy as np

from drivers.address import Engine
from drivers.opencv import Picture, cv2

Corners: TypeAlias = tuple[
    tuple[float, float], tuple[float, float], tuple[float, float], tuple[float, float]
]

CODES_MAX = 16
"""Codes told of one picture; a counter shows one or two."""
SIDE_MIN = 32
"""Below this many pixels no QR code of any use fits, and halving comes to nothing."""


@dataclass(frozen=True, slots=True)
class Code:
    payload: bytes
    """As encoded, never empty."""
    symbology: str | None
    """AIM identifier; None where the engine does not tell it."""
    corners: Corners
    """(x, y) in pixels of the picture, in order round the code."""
    rung: str
    """Which treatment read it, a `Rung.name`, or "goods"."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a reader says of one code; corners are in pixels of the picture it was given."""

    payload: bytes
    symbology: str | None
    corners: Corners


class Effort(StrEnum):
    LIVE = "live"
    """A frame among many: the cheap rungs, and one of the dear ones by turns."""
    STILL = "still"
    """The only picture there is: every rung."""


class Binarizer(StrEnum):
    """How the decoder tells black from white.  Names as in zxing-cpp; zbar has its own way."""

    GLOBAL_HISTOGRAM = "GlobalHistogram"
    LOCAL_AVERAGE = "LocalAverage"
    FIXED_THRESHOLD = "FixedThreshold"


@dataclass(frozen=True, slots=True)
class Rung:
    """One treatment of the picture, and how the decoder is to read the result."""

    name: str
    treat: Callable[[Picture], Picture]
    shrink: int = 1
    """How many times smaller the treated picture is, each way."""
    binarizer: Binarizer = Binarizer.LOCAL_AVERAGE
    downscale: bool = True
    """Whether the decoder also looks at smaller copies."""
    invert: bool = False
    """Whether it also looks for light codes on dark."""


def decode(
    luma: Picture,
    *,
    engine: Engine = Engine.AUTO,
    effort: Effort = Effort.STILL,
    turn: int = 0,
    goods: bool = False,
) -> list[Code]:
    """The codes in one picture, nearest the centre first.

    luma     (H, W) uint8, 0 black .. 255 white; not modified
    turn     with LIVE, the number of the frame: says which dear rung has its turn
    goods    also read EAN-13 (UPC-A as its EAN-13), EAN-8, Code 128, ITF-14 and Data Matrix;
             costs several times what QR costs
    Returns  no payload twice, at most CODES_MAX; [] when nothing is readable
    Raises   NoDecoder when the engine cannot be loaded.  Nothing because of the picture: whatever
             a customer holds up is not an error
    """
    assert luma.ndim == 2, luma.shape
    assert luma.dtype == np.uint8, luma.dtype
    reader = reader_for(engine)
    if min(luma.shape) < SIDE_MIN:
        return []
    codes: list[Code] = []
    for rung in rungs(reader, effort, turn):
        codes = _climb(reader, rung, luma)
        if codes:
            break
    if goods:
        found = reader.read_goods(np.ascontiguousarray(luma))
        codes += [Code(one.payload, one.symbology, one.corners, "goods") for one in found]
    height, width = luma.shape
    codes.sort(key=lambda code: _distance(code.corners, width / 2, height / 2))
    nearest: dict[bytes, Code] = {}
    for code in codes:
        nearest.setdefault(code.payload, code)
    return list(nearest.values())[:CODES_MAX]


def _climb(reader: Reader, rung: Rung, luma: Picture) -> list[Code]:
    try:
        treated = rung.treat(luma)
    except cv2.error:  # a shape OpenCV cannot treat; the next rung may
        return []
    found = reader.read_qr(np.ascontiguousarray(treated), rung)
    return [
        Code(one.payload, one.symbology, _scaled(one.corners, rung.shrink), rung.name)
        for one in found
    ]


def _scaled(corners: Corners, factor: int) -> Corners:
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = corners
    return (
        (ax * factor, ay * factor),
        (bx * factor, by * factor),
        (cx * factor, cy * factor),
        (dx * factor, dy * factor),
    )


def _distance(corners: Corners, x: float, y: float) -> float:
    middle_x = sum(corner[0] for corner in corners) / 4
    middle_y = sum(corner[1] for corner in corners) / 4
    return (middle_x - x) ** 2 + (middle_y - y) ** 2


# --- the ladder ------------------------------------------------------------------------------


def _as_it_is(luma: Picture) -> Picture:
    return luma


def _half(luma: Picture) -> Picture:
    height, width = luma.shape
    small = cv2.resize(luma, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8)


def _gamma(exponent: float) -> Callable[[Picture], Picture]:
    """Darkens the mid tones: what an over-exposed screen needs."""
    table = np.round(255 * (np.arange(256) / 255) ** exponent).astype(np.uint8)

    def treat(luma: Picture) -> Picture:
        return np.asarray(cv2.LUT(luma, table), np.uint8)

    return treat


def _half_adaptive(luma: Picture) -> Picture:
    """Black and white against the mean of 50 pixels round about: uneven light, reflections."""
    mean, binary = cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY
    return np.asarray(cv2.adaptiveThreshold(_half(luma), 255, mean, binary, 25, 5), np.uint8)


def _unsharp(luma: Picture) -> Picture:
    """Small or soft codes, just below what the decoder resolves."""
    soft = cv2.GaussianBlur(luma, (0, 0), 2)
    return np.asarray(cv2.addWeighted(luma, 2.5, soft, -1.5, 0), np.uint8)


LADDER = (
    Rung("histogram", _as_it_is, binarizer=Binarizer.GLOBAL_HISTOGRAM, downscale=False),
    Rung("half", _half, shrink=2, downscale=False),
    Rung("full", _as_it_is, invert=True),
    Rung("dark", _gamma(4.0)),
    Rung(
        "adaptive",
        _half_adaptive,
        shrink=2,
        binarizer=Binarizer.FIXED_THRESHOLD,
        downscale=False,
    ),
    Rung("dim", _gamma(2.2)),
    Rung("sharp", _unsharp),
)
"""In the order in which they add most for their time, measured on photographs and on synthetic
phone screens."""


class Reader(Protocol):
    """A decoding library.  Neither method raises because of what is in the picture."""

    every_frame: tuple[str, ...]
    """Names of the rungs a live frame always climbs, in order."""
    by_turns: tuple[str, ...]
    """Names of those of which a live frame climbs one more."""

    def read_qr(self, luma: Picture, rung: Rung) -> list[Found]: ...

    def read_goods(self, luma: Picture) -> list[Found]: ...


def rungs(reader: Reader, effort: Effort, turn: int) -> list[Rung]:
    """The rungs one picture gets, in order."""
    names = reader.every_frame + reader.by_turns
    if effort is Effort.LIVE:
        names = (*reader.every_frame, reader.by_turns[turn % len(reader.by_turns)])
    return [next(rung for rung in LADDER if rung.name == name) for name in names]


# --- engines ---------------------------------------------------------------------------------


class NoDecoder(Exception):
    """No library that reads codes can be loaded."""


_MODULES = {Engine.ZXING: "drivers.reader_zxing", Engine.PYZBAR: "drivers.reader_zbar"}


@cache
def reader_for(engine: Engine) -> Reader:
    """The engine, loaded.

    Raises   NoDecoder; for AUTO only when neither can be loaded
    """
    wanted = tuple(_MODULES) if engine is Engine.AUTO else (engine,)
    refusals: list[str] = []
    for candidate in wanted:
        try:
            reader: Reader = import_module(_MODULES[candidate]).READER
        except ImportError as refusal:  # pyzbar raises it too when libzbar itself is missing
            refusals.append(f"{candidate}: {refusal}")
        else:
            return reader
    raise NoDecoder("; ".join(refusals))
