"""A picture in, the codes on it out.

A ladder of treatments (`drivers.ladder`) is climbed until a code is read: first what is cheap and
reads most, then what a dim, tilted, glaring screen needs.  Where the decoder sees the shape of a
code and cannot read it, that part alone is enlarged and treated: a tenth of the picture takes a
tenth of the time.

One rule: exact bytes or nothing.  No charset is guessed, and only QR model 2 is looked for: the
wider "QR" family includes Micro QR, whose little error correction turned pieces of large codes
into short numbers in tests.

Pure but for the clock of the thread's own processor time: nothing is remembered from one picture
to the next.  What a camera's frames have in common is `drivers.watch`'s to know.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import import_module
from typing import Protocol

import numpy as np

from drivers.address import Engine
from drivers.ladder import CHEAP, DEAR, FOCUS, LAST, Rung
from drivers.opencv import Picture, cv2
from drivers.region import Corners, Region, region_of

CODES_MAX = 16
"""Codes told of one picture; a counter shows one or two."""
SIDE_MIN = 32
"""Below this many pixels no QR code of any use fits, and halving comes to nothing."""
STILL_SECONDS = 0.13
"""Processor time a still picture may take, but for the cheap rungs, which it always gets."""
MARGIN = 0.15
"""Round a code that was found: its quiet zone, and what a poor guess at its corners missed."""
REGIONS_MAX = 4
"""Parts of one picture that are looked at more closely; texture looks like codes by hundreds."""
MEGAPIXEL = 1e6


class Format(StrEnum):
    """What kind of symbol a code is."""

    QR = "qr"
    EAN_13 = "ean-13"
    """Also a UPC-A, which is the EAN-13 that begins with 0."""
    EAN_8 = "ean-8"
    UPC_E = "upc-e"
    CODE_128 = "code-128"
    ITF_14 = "itf-14"
    DATA_MATRIX = "data-matrix"


@dataclass(frozen=True, slots=True)
class Code:
    payload: bytes
    """As encoded, never empty."""
    symbology: str | None
    """AIM identifier; None where the engine does not tell it."""
    format: Format
    corners: Corners
    """In pixels of the picture."""
    rung: str
    """Which treatment read it, a `Rung.name`, or "goods"."""
    decoder: str
    """The library that read it, a `Reader.name`."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a reader says of one code; corners are in pixels of the picture it was given."""

    payload: bytes
    symbology: str | None
    format: Format
    corners: Corners


@dataclass(frozen=True, slots=True)
class Seen:
    """What a reader sees in one picture."""

    found: tuple[Found, ...]
    located: tuple[Corners, ...]
    """Codes whose place was recognised, but which could not be read.  Not every reader tells."""


class Reader(Protocol):
    """A decoding library.  Neither method raises because of what is in the picture."""

    name: str
    skips: frozenset[str]
    """Names of the rungs that are the same to it as an earlier one."""

    def read_qr(self, luma: Picture, rung: Rung) -> Seen: ...

    def read_goods(self, luma: Picture) -> tuple[Found, ...]: ...


class Effort(StrEnum):
    LIVE = "live"
    """What a camera's frames get, taken together: everything but the last rungs."""
    STILL = "still"
    """The only picture there is."""


def decode(
    luma: Picture,
    *,
    engine: Engine = Engine.AUTO,
    effort: Effort = Effort.STILL,
    goods: bool = False,
    budget_seconds: float = STILL_SECONDS,
) -> list[Code]:
    """The codes in one picture, nearest the centre first.

    luma     (H, W) uint8, 0 black .. 255 white; not modified
    goods    also read EAN-13 (UPC-A and UPC-E as EAN-13), EAN-8, Code 128, ITF-14 and Data Matrix,
             those of GS1 with their separators; costs several times what QR costs
    budget_seconds  of the thread's processor time, for all but the cheap rungs and goods
    Returns  no payload twice, at most CODES_MAX; [] when nothing is readable
    Raises   NoDecoder when the engine cannot be loaded.  Nothing because of the picture: whatever
             a customer holds up is not an error
    """
    climb = Climb(reader_for(engine), luma, budget_seconds)
    codes = climb.whole(CHEAP) or climb.focus()
    if not codes:
        dear = DEAR if effort is Effort.LIVE else DEAR + LAST
        codes = climb.by_and_by(dear)
    if goods:
        codes = codes + climb.goods()
    return nearest_first(codes, luma)


class Climb:
    """One picture on its way up the ladder."""

    def __init__(self, reader: Reader, luma: Picture, budget_seconds: float) -> None:
        assert luma.ndim == 2, luma.shape
        assert luma.dtype == np.uint8, luma.dtype
        self._reader = reader
        self._luma = luma
        self._ends_at = time.thread_time() + budget_seconds
        self._megapixel_seconds = 0.0
        self._located: list[Region] = []
        self._focused: list[Region] = []
        self.dear_climbed = 0
        """How many rungs `by_and_by` came to."""
        self.focus_climbed = 0
        """How many rungs `focus` came to, of the region where it came furthest."""

    def whole(self, rungs: Iterable[Rung], region: Region | None = None) -> list[Code]:
        """What the first rung that reads anything reads, in the picture or a part of it."""
        place = self._whole_picture() if region is None else region.within(self._luma)
        for rung in rungs:
            if rung.name in self._reader.skips:
                continue
            codes = self._read(rung, place)
            if codes:
                return codes
        return []

    def focus(self, rungs: Sequence[Rung] = FOCUS) -> list[Code]:
        """A closer look at what was located so far and not yet looked at.

        The first rung is climbed however long it takes, the others while time lasts.
        """
        while self._located and len(self._focused) < REGIONS_MAX:
            place = self._located.pop(0)
            if any(place.mostly_in(done) for done in self._focused):
                continue
            self._focused.append(place)
            for number, rung in enumerate(rungs):
                if number and not self._has_time_for(rung.cost * self._megapixel_seconds):
                    return []
                self.focus_climbed = max(self.focus_climbed, number + 1)
                codes = self._read(rung, place)
                if codes:
                    return codes
        return []

    def by_and_by(
        self,
        rungs: Sequence[Rung],
        region: Region | None = None,
        focus: Sequence[Rung] = FOCUS,
    ) -> list[Code]:
        """Rung after rung, each followed by a closer look at what it located.

        The first rung is climbed however long it takes, the others while time lasts.
        """
        place = self._whole_picture() if region is None else region.within(self._luma)
        megapixels = place.width * place.height / MEGAPIXEL
        for number, rung in enumerate(rungs):
            seconds = rung.cost * megapixels * self._megapixel_seconds
            if number and not self._has_time_for(seconds):
                return []
            self.dear_climbed = number + 1
            codes = self.whole((rung,), place) or self.focus(focus)
            if codes:
                return codes
        return []

    @property
    def located(self) -> tuple[Region, ...]:
        """Where the shape of a code was seen, whether or not a closer look read it."""
        return (*self._focused, *self._located)

    def goods(self) -> list[Code]:
        if min(self._luma.shape) < SIDE_MIN:
            return []
        found = self._reader.read_goods(np.ascontiguousarray(self._luma))
        return [self._code(one, one.corners, "goods") for one in found]

    def _has_time_for(self, seconds: float) -> bool:
        return time.thread_time() + seconds < self._ends_at

    def _whole_picture(self) -> Region:
        height, width = self._luma.shape
        return Region(0, 0, width, height)

    def _read(self, rung: Rung, place: Region) -> list[Code]:
        if min(place.width, place.height) < SIDE_MIN:
            return []
        begun = time.thread_time()
        try:
            treated = rung.treat(place.cut(self._luma))
        except cv2.error:  # a shape OpenCV cannot treat; the next rung may
            return []
        seen = self._reader.read_qr(np.ascontiguousarray(treated), rung)
        if rung.downscale and not self._megapixel_seconds:
            megapixels = place.width * place.height / MEGAPIXEL
            self._megapixel_seconds = (time.thread_time() - begun) / rung.cost / megapixels
        scale = place.width / treated.shape[1]
        self._located += [
            region_of(_moved(corners, scale, place)).wider(MARGIN).within(self._luma)
            for corners in seen.located
        ]
        return [self._code(one, _moved(one.corners, scale, place), rung.name) for one in seen.found]

    def _code(self, found: Found, corners: Corners, rung: str) -> Code:
        name = self._reader.name
        return Code(found.payload, found.symbology, found.format, corners, rung, name)


def nearest_first(codes: list[Code], luma: Picture) -> list[Code]:
    """Each payload once, those in the middle of the picture first."""
    if len(codes) > 1:
        height, width = luma.shape
        codes = sorted(codes, key=lambda code: _distance(code.corners, width / 2, height / 2))
    nearest: dict[bytes, Code] = {}
    for code in codes:
        nearest.setdefault(code.payload, code)
    return list(nearest.values())[:CODES_MAX]


def _moved(corners: Corners, scale: float, place: Region) -> Corners:
    """From pixels of the treated part to pixels of the picture."""
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = corners
    x, y = place.left, place.top
    return (
        (ax * scale + x, ay * scale + y),
        (bx * scale + x, by * scale + y),
        (cx * scale + x, cy * scale + y),
        (dx * scale + x, dy * scale + y),
    )


def _distance(corners: Corners, x: float, y: float) -> float:
    middle_x = sum(corner[0] for corner in corners) / 4
    middle_y = sum(corner[1] for corner in corners) / 4
    return (middle_x - x) ** 2 + (middle_y - y) ** 2


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
