"""Takes what is a customer's own out of a camera's pictures.

A code that was read is painted over, and the picture read once more.  A picture in which a code is
seen but cannot be read is left out: somebody else might.  So is one in which nothing was read: a
code can be too blurred for its shape to be seen, and still be on it.  Somebody who has looked at
the pictures may keep those (`keeps_unread`); less than a second from a picture that showed
something personal they are left out even then, because the phone is still in view.  What stays
without paint stays byte for byte.

One rule: a picture stays only if the whole ladder, with all the time it wants, finds nothing in it
that is personal, nor a code it cannot read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import numpy as np

from drivers.address import Engine, parse_camera
from drivers.capture import jpeg_array
from drivers.decode import Climb, Code, reader_for
from drivers.ladder import CHEAP, DEAR, LAST
from drivers.opencv import Picture, cv2, jpeg_of_picture, luma_of_jpeg, picture_of_jpeg
from drivers.region import region_of

NS = 1_000_000_000
AROUND_NS = 1 * NS
BLANK = 128
MARGIN = 0.2
"""Round a code that is painted over."""
SECONDS_MAX = 10.0
"""Of processor time for one picture: more than all the rungs take."""
CODES_MAX = 8
"""Codes painted over in one picture; with more it is left out."""


class Blanking:
    """One camera's pictures."""

    def __init__(
        self, url: str, is_personal: Callable[[bytes, str | None], bool], keeps_unread: bool
    ) -> None:
        """Raises ScannerLost(BAD_URL), NoDecoder."""
        self._keeps_unread = keeps_unread
        self._engine = parse_camera(url).engine
        reader_for(self._engine)
        self._is_personal = is_personal
        self._times: list[tuple[int, int]] = []
        self._changed: dict[int, bytes | None] = {}
        self._personal_at: list[int] = []
        self.harmless: set[str] = set()
        """SHA-256, hex, of the codes that stay."""

    def take(self, number: int, at_ns: int, jpeg: bytes) -> None:
        """number  by which `changed` names the picture"""
        picture, luma = picture_of_jpeg(jpeg_array(jpeg)), luma_of_jpeg(jpeg_array(jpeg))
        if picture is None or luma is None:
            self._changed[number] = None  # who knows what it shows
            return
        self._times.append((number, at_ns))
        painted = False
        for _ in range(CODES_MAX + 1):
            codes, is_unread = _seen(luma, self._engine)
            personal = [code for code in codes if self._is_personal(code.payload, code.symbology)]
            if not personal:
                break
            painted = True
            for code in personal:
                _paint(picture, code)
                _paint(luma, code)
        else:
            is_unread = True
        if is_unread or not (painted or codes or self._keeps_unread):
            self._changed[number] = None
        elif painted:
            self._changed[number] = jpeg_of_picture(picture)
        if painted:
            self._personal_at.append(at_ns)
        self.harmless |= {hashlib.sha256(code.payload).hexdigest() for code in codes}

    def changed(self) -> dict[int, bytes | None]:
        """What becomes of pictures that do not stay as they are; None: they are left out."""
        near = {
            number
            for number, at_ns in self._times
            if any(abs(at_ns - personal) < AROUND_NS for personal in self._personal_at)
        }
        return dict.fromkeys(near) | self._changed


def _seen(luma: Picture, engine: Engine) -> tuple[list[Code], bool]:
    """The codes in a picture, and whether there is one that cannot be read."""
    climb = Climb(reader_for(engine), luma, SECONDS_MAX)
    codes = climb.whole(CHEAP) or climb.focus() or climb.by_and_by(DEAR + LAST)
    codes = codes + climb.goods()
    read = [region_of(code.corners).wider(MARGIN) for code in codes]
    is_unread = any(not any(seen.mostly_in(r) for r in read) for seen in climb.located)
    return codes, is_unread


def _paint(picture: Picture, code: Code) -> None:
    height, width = picture.shape[:2]
    place = region_of(code.corners).wider(MARGIN).within(np.empty((height, width), np.uint8))
    top_left, bottom_right = (place.left, place.top), (place.right - 1, place.bottom - 1)
    cv2.rectangle(picture, top_left, bottom_right, (BLANK, BLANK, BLANK), cv2.FILLED)
