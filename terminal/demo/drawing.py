"""Shapes the demo's pictures are made of: words, rounded boxes, lit limbs, perspective patches.

One rule: every function draws into the picture it is given and clips at its edges.  Pictures are
(H, W, 3) uint8, blue-green-red, display colours; coordinates are pixels, x to the right, y down.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import cv2
import numpy as np
from cv2.typing import MatLike

Colour = tuple[int, int, int]
Point = tuple[float, float]

LIGHT_FROM = (-0.35, -0.55, 0.76)
"""Unit vector from a surface towards the ceiling lamp."""


def colour(red_green_blue: str) -> Colour:
    """`"ffcc00"` -> blue-green-red."""
    red, green, blue = bytes.fromhex(red_green_blue)
    return blue, green, red


def write(
    picture: MatLike, words: str, at: Point, *, size_px: float, ink: Colour, weight: int = 400
) -> None:
    """Words with their baseline starting at `at`.

    OpenCV has a font with Chinese characters since 5.0; before, bars stand for the words.
    """
    x, y = round(at[0]), round(at[1])
    if hasattr(cv2, "FontFace"):
        size = max(4, round(size_px))
        cv2.putText(picture, words, (x, y), ink, cv2.FontFace("sans"), size, weight)
        return
    for i, letter in enumerate(words):
        if letter != " ":
            left = x + round(i * size_px)
            cv2.rectangle(picture, (left, round(y - size_px * 0.8)), (left + 2, y), ink, -1)


def width_px(words: str, size_px: float, weight: int = 400) -> int:
    """How wide `write` draws them."""
    if not hasattr(cv2, "FontFace"):
        return round(len(words) * size_px)
    face = cv2.FontFace("sans")
    return cv2.getTextSize((0, 0), words, (0, 0), face, max(4, round(size_px)), weight)[2]


def rounded_box(
    picture: MatLike, left_top: Point, right_bottom: Point, radius: float, ink: Colour
) -> None:
    """A filled rectangle with round corners, antialiased to a sixteenth of a pixel."""
    fine = 16
    (x0, y0), (x1, y1) = left_top, right_bottom
    corners = ((x0, y0, 180), (x1, y0, 270), (x1, y1, 0), (x0, y1, 90))
    outline = []
    for x, y, start in corners:
        cx = x + radius if x == x0 else x - radius
        cy = y + radius if y == y0 else y - radius
        for degrees in range(start, start + 91, 6):
            turn = math.radians(degrees)
            outline.append((cx + radius * math.cos(turn), cy + radius * math.sin(turn)))
    polygon = np.round(np.array(outline) * fine).astype(np.int32)
    cv2.fillConvexPoly(picture, polygon, ink, cv2.LINE_AA, shift=4)


def bounds(
    points: Sequence[Point], size_px: tuple[int, int], margin_px: float = 0
) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of the whole pixels around the points, inside the picture.

    Right and bottom are exclusive.  A rectangle wholly outside comes back empty (right <= left or
    bottom <= top).
    """
    xs, ys = [x for x, _ in points], [y for _, y in points]
    left, top = math.floor(min(xs) - margin_px), math.floor(min(ys) - margin_px)
    right, bottom = math.ceil(max(xs) + margin_px) + 1, math.ceil(max(ys) + margin_px) + 1
    return max(0, left), max(0, top), min(size_px[0], right), min(size_px[1], bottom)


def limb(
    picture: MatLike,
    cover: MatLike,
    bones: Sequence[Sequence[tuple[float, float, float]]],
    paint: Colour,
    *,
    gloss: float = 0.0,
) -> None:
    """One round body melted together from `bones` and lit from the ceiling.

    cover    (H, W) float32, 0..1; raised to 1 where the body is, with a soft edge of one pixel
    bones    chains of (x, y, radius), pixels
    gloss    0 matt .. 1 shiny
    """
    balls = [ball for bone in bones for ball in bone]
    widest = max(radius for _, _, radius in balls)
    size_px = (picture.shape[1], picture.shape[0])
    x0, y0, x1, y1 = bounds([(x, y) for x, y, _ in balls], size_px, widest + 2)
    if x1 <= x0 or y1 <= y0:
        return
    yy, xx = np.mgrid[y0:y1, x0:x1].astype(np.float32)
    relief, inside = np.zeros_like(xx), np.full_like(xx, -1)
    for bone in bones:
        for (ax, ay, ra), (bx, by, rb) in pairwise(bone):
            length2 = (bx - ax) ** 2 + (by - ay) ** 2 + 1e-6
            along = np.clip(((xx - ax) * (bx - ax) + (yy - ay) * (by - ay)) / length2, 0, 1)
            radius = ra + (rb - ra) * along
            off = np.hypot(xx - ax - (bx - ax) * along, yy - ay - (by - ay) * along)
            np.maximum(inside, radius - off, out=inside)
            np.maximum(relief, np.sqrt(np.clip(radius**2 - off**2, 0, None)), out=relief)
    relief = cv2.GaussianBlur(relief, (0, 0), max(0.7, 0.12 * widest))
    slope_y, slope_x = np.gradient(relief)
    steep = np.sqrt(slope_x**2 + slope_y**2 + 1)
    facing = (LIGHT_FROM[2] - slope_x * LIGHT_FROM[0] - slope_y * LIGHT_FROM[1]) / steep
    facing = np.clip(facing, 0, 1)[..., None]
    lit = np.clip(np.array(paint) * (0.55 + 0.5 * facing) + 255 * gloss * facing**24, 0, 255)
    alpha = np.clip(inside + 0.5, 0, 1)[..., None]
    spot = picture[y0:y1, x0:x1]
    spot[:] = (spot * (1 - alpha) + lit * alpha).astype(np.uint8)
    np.maximum(cover[y0:y1, x0:x1], alpha[..., 0], out=cover[y0:y1, x0:x1])


def patch(picture: MatLike, art: MatLike, quad: Sequence[Point]) -> None:
    """`art` stretched over four corners, given clockwise from its top left one."""
    left, top, right, bottom = bounds(quad, (picture.shape[1], picture.shape[0]))
    if right <= left or bottom <= top:
        return
    height, width = art.shape[:2]
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    moved = (np.array(quad) - (left, top)).astype(np.float32)
    bend = cv2.getPerspectiveTransform(corners, moved)
    # Shrinking artwork by plain bilinear sampling would leave jagged print.
    soft = cv2.GaussianBlur(art, (0, 0), 0.8)
    size = (right - left, bottom - top)
    warped = cv2.warpPerspective(soft, bend, size, borderMode=cv2.BORDER_REPLICATE)
    cover = np.zeros((size[1], size[0]), np.uint8)
    cv2.fillConvexPoly(cover, np.round(moved * 16).astype(np.int32), 255, cv2.LINE_AA, shift=4)
    alpha = cover[..., None] / np.float32(255)
    spot = picture[top:bottom, left:right]
    spot[:] = (spot * (1 - alpha) + warped * alpha).astype(np.uint8)
