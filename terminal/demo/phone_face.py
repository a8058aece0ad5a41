"""A hand holding a phone that shows a code, as flat pictures in the plane of the glass.

One rule: the code is drawn as a wallet app draws it: level M without boost, whole pixels a module,
a quiet zone of four modules.  Lengths are millimetres from the middle of the phone, x to the
right, y down; pictures are (H, W, 3) uint8, blue-green-red, display colours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

import cv2
import numpy as np
import segno
from cv2.typing import MatLike

from terminal.demo.drawing import Colour, Point, colour, limb, rounded_box, width_px, write

TEXT_BYTES_MAX = 2331
"""Capacity of the largest QR code (version 40) at level M in bytes: ISO/IEC 18004:2015, table 7."""

QUIET_MODULES = 4
BODY_MM = (70.0, 146.0)
BODY_TEXELS_PER_MM = 6
SCREEN_MM = (65.0, 140.0)
TEXELS_PER_MM = 16
"""1040 x 2240 screen pixels: an ordinary phone."""
CODE_MM_MAX = 58.0
"""Room for the code on the glass, quiet zone included."""
CODE_MIDDLE_MM = (0.0, -12.0)
APP_PX = (780, 1680)
"""The apps are laid out on a grid this large."""

HAND_TEXELS_PER_MM = 4
HAND_MM = (-62.0, -50.0, 92.0, 220.0)
"""Left, top, right, bottom of the pictures of the hand."""


class Wallet(StrEnum):
    """Which app is open on the phone."""

    VOUCHER = "voucher"
    OTHER = "other"


class Unshowable(StrEnum):
    EMPTY = "empty"
    TOO_LONG = "too_long"
    NOT_UNICODE = "not_unicode"
    """Half a surrogate pair: no bytes stand for it."""


class TextRefused(Exception):
    """No phone can show this text as one QR code."""

    def __init__(self, reason: Unshowable) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Cutout:
    """A picture with its own outline."""

    colours: MatLike
    cover: MatLike
    """(H, W) float32: 0 not there .. 1 there."""


def qr_modules(text: str) -> MatLike:
    """The modules and their quiet zone, (N, N) uint8, 1 is dark.

    Raises TextRefused for an empty text, for more than `TEXT_BYTES_MAX` in UTF-8, for no Unicode.
    """
    try:
        size_bytes = len(text.encode())
    except UnicodeEncodeError as exc:
        raise TextRefused(Unshowable.NOT_UNICODE) from exc
    if not size_bytes:
        raise TextRefused(Unshowable.EMPTY)
    if size_bytes > TEXT_BYTES_MAX:
        raise TextRefused(Unshowable.TOO_LONG)
    # Left to choose, segno writes Chinese as Shift-JIS kanji; wallets write UTF-8.
    mode, encoding = (None, None) if text.isascii() else ("byte", "utf-8")
    code = segno.make(text, error="m", mode=mode, encoding=encoding, micro=False, boost_error=False)
    return np.pad(np.array(code.matrix, np.uint8), QUIET_MODULES)


def phone_screen(text: str, wallet: Wallet) -> MatLike:
    """What the glass emits, `SCREEN_MM` large at `TEXELS_PER_MM`; raises TextRefused."""
    modules = qr_modules(text)
    screen = _open_app(wallet).copy()
    height, width = screen.shape[:2]
    texels = max(1, int(CODE_MM_MAX * TEXELS_PER_MM) // modules.shape[0])
    dark = cv2.resize(modules, None, fx=texels, fy=texels, interpolation=cv2.INTER_NEAREST)
    side = dark.shape[0]
    x = round(width / 2 + CODE_MIDDLE_MM[0] * TEXELS_PER_MM - side / 2)
    y = round(height / 2 + CODE_MIDDLE_MM[1] * TEXELS_PER_MM - side / 2)
    screen[y : y + side, x : x + side] = np.where(dark[..., None], 0, 255)
    return screen


@cache
def _open_app(wallet: Wallet) -> MatLike:
    app = np.full((APP_PX[1], APP_PX[0], 3), colour("f3f5f9"), np.uint8)
    if wallet is Wallet.VOUCHER:
        _voucher_app(app)
    else:
        _plain_app(app)
    _status_bar(app)
    width, height = (round(side * TEXELS_PER_MM) for side in SCREEN_MM)
    return cv2.resize(app, (width, height), interpolation=cv2.INTER_CUBIC)


def _middle(screen: MatLike, words: str, y: float, size_px: float, ink: str, weight: int) -> None:
    x = (screen.shape[1] - width_px(words, size_px, weight)) / 2
    write(screen, words, (x, y), size_px=size_px, ink=colour(ink), weight=weight)


def _status_bar(screen: MatLike) -> None:
    width = screen.shape[1]
    white = colour("ffffff")
    write(screen, "10:24", (52, 58), size_px=34, ink=white, weight=600)
    cv2.circle(screen, (width // 2, 44), 17, (0, 0, 0), -1, cv2.LINE_AA)
    rounded_box(screen, (width - 108, 36), (width - 54, 60), 7, white)
    rounded_box(screen, (width - 49, 43), (width - 44, 53), 2, white)
    for bar in range(4):
        left = width - 190 + bar * 16
        cv2.rectangle(screen, (left, 58 - 6 * bar), (left + 9, 60), white, -1)


def _voucher_app(screen: MatLike) -> None:
    height, width = screen.shape[:2]
    top, bottom = np.array(colour("2a6fe8")), np.array(colour("5b9cf6"))
    band = 780
    fade = np.linspace(0, 1, band)[:, None, None]
    screen[:band] = np.round(top * (1 - fade) + bottom * fade)
    white = colour("ffffff")
    _middle(screen, "医保码", 158, 50, "ffffff", 700)
    cv2.polylines(screen, [np.array([(58, 118), (36, 140), (58, 162)])], False, white, 5, 16)
    rounded_box(screen, (28, 206), (width - 28, 1190), 34, white)
    write(screen, "请向工作人员出示此码", (72, 288), size_px=38, ink=colour("333333"), weight=600)
    write(screen, "演示", (width - 150, 288), size_px=34, ink=colour("c0392b"), weight=600)
    _middle(screen, "动态二维码 每 30 秒自动刷新", 1100, 34, "8a94a6", 400)
    _middle(screen, "刷新", 1158, 32, "2a6fe8", 600)
    rows = (("参保信息", "2a6fe8"), ("家庭共济", "18a058"), ("结算记录", "e08a1e"))
    for i, (words, ink) in enumerate(rows):
        y = 1220 + i * 138
        rounded_box(screen, (28, y), (width - 28, y + 122), 24, white)
        rounded_box(screen, (60, y + 33), (116, y + 89), 16, colour(ink))
        write(screen, words, (148, y + 75), size_px=38, ink=colour("333333"))
        chevron = np.array([(width - 84, y + 45), (width - 68, y + 61), (width - 84, y + 77)])
        cv2.polylines(screen, [chevron], False, colour("b8c0cc"), 4, cv2.LINE_AA)
    rounded_box(
        screen, (width / 2 - 130, height - 32), (width / 2 + 130, height - 22), 5, colour("222222")
    )


def _plain_app(screen: MatLike) -> None:
    height, width = screen.shape[:2]
    screen[:] = colour("3d4450")
    _middle(screen, "二维码", 158, 48, "ffffff", 600)
    rounded_box(screen, (28, 260), (width - 28, 1130), 34, colour("ffffff"))
    _middle(screen, "长按保存图片", 1240, 34, "c8ced8", 400)
    rounded_box(
        screen, (width / 2 - 130, height - 32), (width / 2 + 130, height - 22), 5, colour("eeeeee")
    )


@cache
def phone_body() -> Cutout:
    """The switched-off phone, `BODY_MM` large at `BODY_TEXELS_PER_MM`: frame, black glass."""
    scale = BODY_TEXELS_PER_MM
    width, height = (round(side * scale) for side in BODY_MM)
    body = np.zeros((height, width, 3), np.uint8)
    outline = np.zeros((height, width, 3), np.uint8)
    rounded_box(outline, (0, 0), (width - 1, height - 1), 9.5 * scale, (255, 255, 255))
    rounded_box(body, (0, 0), (width - 1, height - 1), 9.5 * scale, colour("8d9299"))
    rounded_box(body, (3, 3), (width - 4, height - 4), 9.1 * scale, colour("3a3d42"))
    rounded_box(body, (7, 7), (width - 8, height - 8), 8.4 * scale, colour("0c0c0e"))
    return Cutout(body, outline[..., 0].astype(np.float32) / 255)


@cache
def screen_outline() -> MatLike:
    """(H, W) float32 at the size of `phone_screen`: the lit part of the glass has round corners."""
    width, height = (round(side * TEXELS_PER_MM) for side in SCREEN_MM)
    outline = np.zeros((height, width, 3), np.uint8)
    rounded_box(outline, (0, 0), (width - 1, height - 1), 7.0 * TEXELS_PER_MM, (255, 255, 255))
    return outline[..., 0].astype(np.float32) / 255


SKIN = colour("efc3a4")
NAIL = colour("f6d3c4")
SLEEVE = colour("34425c")
FINGERTIPS = ((-37.5, -20, 7.4), (-38.5, -2, 7.8), (-38.0, 17, 7.6), (-36.5, 34, 6.6))
"""x, y, radius, millimetres, from the index finger down."""


@cache
def hand_behind() -> Cutout:
    """Sleeve, palm and the parts of the fingers that the phone hides."""
    hand = _Hand()
    for x, y, radius in FINGERTIPS:
        hand.limb((((x - 4, y + 3, radius), (x + 20, y + 26, radius + 2)),), SKIN)
    wrist = ((60, 205, 27), (54, 160, 26), (44, 118, 30))
    palm = ((44, 118, 30), (26, 92, 32), (10, 60, 30))
    ball = ((48, 128, 25), (46, 92, 20), (43, 62, 14))
    hand.limb((wrist, palm, ball), SKIN)
    hand.limb((((76, 260, 42), (59, 178, 36)),), SLEEVE)
    return hand.cutout()


@cache
def hand_before() -> Cutout:
    """What closes round the edges of the phone: the thumb on the right, four fingertips left."""
    hand = _Hand()
    for x, y, radius in FINGERTIPS:
        finger = ((x - 4, y + 3, radius), (x, y, radius), (x + 4, y - 2, radius * 0.86))
        hand.limb((finger,), SKIN)
    thumb = ((46, 92, 19), (43.5, 62, 12.5), (40, 38, 9.6), (37.5, 26, 9.2), (33.5, 10, 7.4))
    hand.limb((thumb,), SKIN)
    hand.nail((33.2, 9.6), (4.4, 5.8), -14)
    # Below the phone the thumb is part of the palm drawn behind it: let the seam melt away.
    hand.fade(from_mm=72, to_mm=100)
    return hand.cutout()


class _Hand:
    """A sheet `HAND_MM` large to draw limbs on."""

    def __init__(self) -> None:
        left, top, right, bottom = HAND_MM
        size = (
            round((bottom - top) * HAND_TEXELS_PER_MM),
            round((right - left) * HAND_TEXELS_PER_MM),
        )
        self._colours = np.zeros((*size, 3), np.uint8)
        self._cover = np.zeros(size, np.float32)

    def _texel(self, at: Point) -> Point:
        return (at[0] - HAND_MM[0]) * HAND_TEXELS_PER_MM, (at[1] - HAND_MM[1]) * HAND_TEXELS_PER_MM

    def limb(self, bones_mm: Sequence[Sequence[tuple[float, float, float]]], paint: Colour) -> None:
        scale = HAND_TEXELS_PER_MM
        bones = [[(*self._texel((x, y)), r * scale) for x, y, r in bone] for bone in bones_mm]
        limb(self._colours, self._cover, bones, paint, gloss=0.05)

    def nail(self, at: Point, half_mm: Point, degrees: float) -> None:
        x, y = self._texel(at)
        axes = half_mm[0] * HAND_TEXELS_PER_MM, half_mm[1] * HAND_TEXELS_PER_MM
        cv2.ellipse(
            self._colours, ((x, y), (axes[0] * 2, axes[1] * 2), degrees), NAIL, -1, cv2.LINE_AA
        )

    def fade(self, *, from_mm: float, to_mm: float) -> None:
        y = np.arange(self._cover.shape[0], dtype=np.float32) / HAND_TEXELS_PER_MM + HAND_MM[1]
        self._cover *= np.clip((to_mm - y) / (to_mm - from_mm), 0, 1)[:, None]

    def cutout(self) -> Cutout:
        return Cutout(self._colours, self._cover)
