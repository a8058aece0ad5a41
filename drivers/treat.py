"""What can be done to a picture before a decoder sees it.

A phone's screen is glossy, over-exposed, blurred or too close, and each of these wants another
treatment.  Every function takes and gives (H, W) uint8 and leaves its argument as it was.

Pure.  cv2.error is raised for a shape OpenCV cannot treat, such as one pixel high.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from drivers.opencv import Picture, cv2

Treatment: TypeAlias = Callable[[Picture], Picture]


def as_it_is(luma: Picture) -> Picture:
    return luma


def then(*treatments: Treatment) -> Treatment:
    """One after the other."""

    def treat(luma: Picture) -> Picture:
        for treatment in treatments:
            luma = treatment(luma)
        return luma

    return treat


def half(luma: Picture) -> Picture:
    height, width = luma.shape
    small = cv2.resize(luma, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8)


def scaled(factor: float) -> Treatment:
    """Larger or smaller by a factor.  A decoder that halves and thirds has no size between."""

    def treat(luma: Picture) -> Picture:
        height, width = luma.shape
        size = (round(width * factor), round(height * factor))
        how = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
        return np.asarray(cv2.resize(luma, size, interpolation=how), np.uint8)

    return treat


def enlarged(side_pixels: int) -> Treatment:
    """So large that its longer side has at least `side_pixels`; never smaller."""

    def treat(luma: Picture) -> Picture:
        factor = side_pixels / max(luma.shape)
        return scaled(factor)(luma) if factor > 1 else luma

    return treat


def gamma(exponent: float) -> Treatment:
    """Above 1 darkens the mid tones, as an over-exposed screen needs; below 1 lifts them."""
    table = np.round(255 * (np.arange(256) / 255) ** exponent).astype(np.uint8)

    def treat(luma: Picture) -> Picture:
        return np.asarray(cv2.LUT(luma, table), np.uint8)

    return treat


def black_and_white(block: int, levels: int) -> Treatment:
    """Against the mean of the neighbourhood: uneven light, reflections.

    block    side of the neighbourhood, odd
    levels   how much darker than the mean is black
    """
    mean, binary = cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY

    def treat(luma: Picture) -> Picture:
        return np.asarray(cv2.adaptiveThreshold(luma, 255, mean, binary, block, levels), np.uint8)

    return treat


def sharpened(sigma: float, amount: float) -> Treatment:
    """Unsharp mask: small or soft codes, just below what the decoder resolves."""

    def treat(luma: Picture) -> Picture:
        soft = cv2.GaussianBlur(luma, (0, 0), sigma)
        return np.asarray(cv2.addWeighted(luma, 1 + amount, soft, -amount, 0), np.uint8)

    return treat


def smoothed(sigma: float) -> Treatment:
    """Against the noise of a dark or cheap sensor."""

    def treat(luma: Picture) -> Picture:
        return np.asarray(cv2.GaussianBlur(luma, (0, 0), sigma), np.uint8)

    return treat


def without_specks(luma: Picture) -> Picture:
    """Median of nine: noise that is not gaussian."""
    return np.asarray(cv2.medianBlur(luma, 3), np.uint8)


def equalized(clip: float, tile_pixels: int) -> Treatment:
    """Contrast made even, tile by tile (CLAHE): bright spots, shadows, veils."""

    def treat(luma: Picture) -> Picture:
        height, width = luma.shape
        tiles = (max(1, width // tile_pixels), max(1, height // tile_pixels))
        return np.asarray(cv2.createCLAHE(clip, tiles).apply(luma), np.uint8)

    return treat


def divided_by_light(spread_pixels: int) -> Treatment:
    """The picture as a share of the light round about: a screen with a reflection on it.

    The light is the brightest nearby, smoothed, estimated at a quarter of the size.
    """
    near = max(3, spread_pixels // 16) | 1
    far = max(3, spread_pixels // 4) | 1

    def treat(luma: Picture) -> Picture:
        height, width = luma.shape
        light = scaled(0.25)(luma)
        light = np.asarray(cv2.dilate(light, np.ones((near, near), np.uint8)), np.uint8)
        light = np.asarray(cv2.GaussianBlur(light, (far, far), 0), np.uint8)
        full = cv2.resize(light, (width, height), interpolation=cv2.INTER_LINEAR)
        return np.asarray(cv2.divide(luma, full, scale=230), np.uint8)

    return treat
