"""The counter under the demo camera: a laminate top with what lies about in a pharmacy.

One rule: nothing on it is a QR code, and no name on it belongs to a person.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from cv2.typing import MatLike

from terminal.demo.drawing import Point, bounds, colour, limb, patch, rounded_box, write


@dataclass(frozen=True, slots=True)
class Carton:
    name: str
    strength: str
    sold_as: str
    band: str
    """Main colour, red-green-blue."""


CARTONS = (
    Carton("阿莫西林胶囊", "0.25g×24粒", "Rx", "1f6fb5"),
    Carton("连花清瘟胶囊", "0.35g×36粒", "OTC", "b3262e"),
    Carton("碘伏消毒液", "100ml", "", "8a4b1f"),
    Carton("布洛芬缓释胶囊", "0.3g×20粒", "OTC", "d9822b"),
    Carton("板蓝根颗粒", "10g×20袋", "OTC", "2f8f4e"),
    Carton("维生素C片", "100mg×100片", "OTC", "e0b020"),
)

TOPS = ("cbb08c", "b9a58a", "c9c3b8", "a98f70")


def counter_top(size_px: tuple[int, int], random: np.random.Generator) -> MatLike:
    """What the counter reflects, (H, W, 3) uint8, blue-green-red, display colours."""
    width, height = size_px
    picture = _laminate(width, height, random)
    _receipt(picture, _near((0.86 * width, 0.70 * height), random), random)
    _blister(picture, _near((0.13 * width, 0.80 * height), random), random)
    slots: tuple[Point, ...] = ((0.15, 0.30), (0.84, 0.20), (0.57, 0.09), (0.36, 0.86))
    for slot, kind in zip(slots, random.permutation(len(CARTONS)), strict=False):
        place = _near((slot[0] * width, slot[1] * height), random)
        _box(picture, CARTONS[int(kind)], place, random)
    _pen(picture, _near((0.70 * width, 0.86 * height), random), random)
    return picture


def _near(place: Point, random: np.random.Generator) -> Point:
    return place[0] + random.uniform(-30, 30), place[1] + random.uniform(-20, 20)


def _laminate(width: int, height: int, random: np.random.Generator) -> MatLike:
    base = np.array(colour(TOPS[int(random.integers(len(TOPS)))]), np.float32)
    grain = np.zeros((height, width), np.float32)
    for rows, columns, strength in ((height, 6, 0.030), (height // 3, 3, 0.035), (5, 4, 0.07)):
        wave = random.normal(0, strength, (rows, columns)).astype(np.float32)
        grain += cv2.resize(wave, (width, height), interpolation=cv2.INTER_CUBIC)
    # The lamp hangs at the upper left: the counter falls off in brightness away from it.
    xx = np.arange(width, dtype=np.float32) - 0.35 * width
    yy = np.arange(height, dtype=np.float32)[:, None] - 0.25 * height
    fall = 1.08 - 0.16 * np.hypot(xx, yy) / width
    shade = np.clip((1 + grain) * fall, 0, 255 / base.max())
    return cv2.multiply(np.full((height, width, 3), base), cv2.merge([shade] * 3), dtype=cv2.CV_8U)


def _turned(place: Point, half: Point, degrees: float) -> list[Point]:
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    corners = ((-1, -1), (1, -1), (1, 1), (-1, 1))
    return [
        (
            place[0] + x * half[0] * c - y * half[1] * s,
            place[1] + x * half[0] * s + y * half[1] * c,
        )
        for x, y in corners
    ]


def _shadow(picture: MatLike, quad: Sequence[Point], away: Point, depth: float) -> None:
    moved = [(x + away[0], y + away[1]) for x, y in quad]
    size_px = (picture.shape[1], picture.shape[0])
    left, top, right, bottom = bounds([*quad, *moved], size_px, margin_px=18)
    if right <= left or bottom <= top:
        return
    dark = np.zeros((bottom - top, right - left), np.float32)
    corners = np.array([*quad, *moved]) - (left, top)
    cv2.fillConvexPoly(dark, cv2.convexHull(np.round(corners).astype(np.int32)), depth)
    soft = cv2.blur(cv2.blur(dark, (17, 17)), (17, 17))
    spot = picture[top:bottom, left:right]
    spot[:] = (spot * (1 - soft)[..., None]).astype(np.uint8)


def _box(picture: MatLike, carton: Carton, place: Point, random: np.random.Generator) -> None:
    """Seen from above: its top is nearer the camera, so larger, and leans outwards."""
    height, width = picture.shape[:2]
    foot = _turned(
        place, (random.uniform(100, 125), random.uniform(52, 66)), random.uniform(-35, 35)
    )
    rise = random.uniform(1.07, 1.12)
    middle = np.array([width / 2, height / 2])
    top = [tuple(middle + (np.array(corner) - middle) * rise) for corner in foot]
    _shadow(picture, foot, (16, 22), 0.45)
    art = _print(carton, random)
    edge = np.array(colour(carton.band), np.float32)
    for i in range(4):
        j = (i + 1) % 4
        side = np.array([foot[i], foot[j], top[j], top[i]])
        outward = np.array([foot[j][1] - foot[i][1], foot[i][0] - foot[j][0]])
        outward = outward / (np.hypot(*outward) + 1e-6)
        bright = 0.62 + 0.22 * float(outward @ np.array([-0.5, -0.8]))
        paint = tuple(float(c) for c in np.clip((edge * 0.35 + 150) * bright, 0, 255))
        cv2.fillConvexPoly(
            picture, np.round(side * 16).astype(np.int32), paint, cv2.LINE_AA, shift=4
        )
    patch(picture, art, [(float(x), float(y)) for x, y in top])


def _print(carton: Carton, random: np.random.Generator) -> MatLike:
    art = np.full((220, 420, 3), 246, np.uint8)
    ink = colour(carton.band)
    cv2.rectangle(art, (0, 0), (420, 46), ink, -1)
    cv2.rectangle(art, (0, 196), (420, 220), ink, -1)
    write(art, carton.sold_as, (362, 34), size_px=26, ink=(250, 250, 250))
    write(art, "共济示范药业", (16, 33), size_px=24, ink=(250, 250, 250))
    write(
        art,
        carton.name,
        (20, 108),
        size_px=min(46, 320 / len(carton.name)),
        ink=(40, 40, 40),
        weight=700,
    )
    write(art, carton.strength, (20, 146), size_px=26, ink=(70, 70, 70))
    for row in range(3):
        cv2.line(
            art,
            (20, 160 + row * 11),
            (20 + int(random.integers(90, 190)), 160 + row * 11),
            (150, 150, 150),
            3,
        )
    x = 270
    while x < 400:
        bar = int(random.integers(1, 5))
        cv2.rectangle(art, (x, 130), (x + bar - 1, 184), (25, 25, 25), -1)
        x += bar + int(random.integers(2, 5))
    return art


def _receipt(picture: MatLike, place: Point, random: np.random.Generator) -> None:
    art = np.full((460, 230, 3), (240, 244, 246), np.uint8)
    write(art, "共济示范药房", (32, 44), size_px=26, ink=(60, 60, 60), weight=600)
    for y in range(76, 430, 24):
        if y in (100, 316):
            for x in range(16, 214, 12):
                cv2.line(art, (x, y), (x + 6, y), (110, 110, 110), 2)
            continue
        ends = int(random.integers(60, 150))
        cv2.line(art, (16, y), (ends, y), (130, 130, 130), 5)
        cv2.line(art, (176, y), (214, y), (120, 120, 120), 5)
    quad = _turned(place, (74, 148), random.uniform(-24, 24))
    _shadow(picture, quad, (4, 6), 0.35)
    patch(picture, art, quad)


def _blister(picture: MatLike, place: Point, random: np.random.Generator) -> None:
    art = np.full((150, 330, 3), (188, 186, 182), np.uint8)
    art += random.integers(0, 14, (150, 330, 1), np.uint8)
    cover = np.zeros(art.shape[:2], np.float32)
    for column in range(6):
        for row in range(2):
            x, y = 35 + column * 52, 42 + row * 66
            rounded_box(art, (x - 19, y - 27), (x + 19, y + 27), 18, (160, 158, 154))
            for end, paint in ((-1, "d8503c"), (1, "f0e2b8")):
                half = ((x, y + end * 12, 12), (x, y, 12))
                limb(art, cover, (half,), colour(paint), gloss=0.8)
    quad = _turned(place, (112, 50), random.uniform(-25, 25))
    _shadow(picture, quad, (6, 9), 0.4)
    patch(picture, art, quad)


def _pen(picture: MatLike, place: Point, random: np.random.Generator) -> None:
    turn = math.radians(random.uniform(100, 150))
    x, y = math.cos(turn), math.sin(turn)
    back, neck, tip = ((place[0] + x * far, place[1] + y * far) for far in (-95, 70, 95))
    _shadow(picture, [back, neck, tip], (7, 10), 0.5)
    cover = np.zeros(picture.shape[:2], np.float32)
    limb(picture, cover, (((*neck, 8), (*tip, 1.5)),), colour("c8c8c8"), gloss=0.6)
    limb(picture, cover, (((*back, 8.5), (*neck, 9)),), colour("20366e"), gloss=0.7)
