"""A phone before a small camera, frame by frame, in every trouble.  The same each time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from drivers.opencv import Picture, cv2
from tests.drivers.scenes import Scene, counter, flat, jpeg, photograph

ORDINARY = Scene(
    width=480, height=360, module_pixels=3.2, tilt=0.06, roll_degrees=3, noise_levels=1.5
)
DIM = replace(ORDINARY, exposure=0.03, noise_levels=2.5)
GLARE = replace(ORDINARY, glare_share=0.05, lamps=2)
TILTED = replace(ORDINARY, tilt=0.3, roll_degrees=-14)
SHAKEN = replace(ORDINARY, motion_pixels=3.6)
MOIRE = replace(ORDINARY, moire=0.3)
QUALITY = 75
SWAY_DEGREES = (0.0, 1.1, 0.4, -0.7)
"""How a hand turns the phone from one frame to the next."""


def held(code: bytes, count: int, scene: Scene = ORDINARY, seed: int = 1) -> list[bytes]:
    """Frames of a phone that shows the code, as JPEG."""
    return [
        jpeg(photograph(code.decode("ascii"), _swayed(scene, number), seed + number), QUALITY)
        for number in range(count)
    ]


def empty(count: int) -> list[bytes]:
    return [jpeg(counter(ORDINARY, number + 1), QUALITY) for number in range(count)]


def side_by_side(middle: bytes, beside: bytes, count: int) -> list[bytes]:
    """A phone in the middle, and a printed code in the corner of the picture."""
    label = flat(beside.decode("ascii"), 2)
    height, width = label.shape
    frames = []
    for number in range(count):
        picture = photograph(middle.decode("ascii"), _swayed(_nearer(), number), 40 + number)
        picture[4 : 4 + height, -4 - width : -4] = label
        frames.append(jpeg(picture, QUALITY))
    return frames


def darker(picture: Picture) -> Picture:
    """So dark that nothing is left of the code."""
    return np.asarray(picture // 16, np.uint8)


def out_of_focus(picture: Picture) -> Picture:
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), 4.0), np.uint8)


def burnt_out(picture: Picture) -> Picture:
    """A lamp over all of the code's middle."""
    burnt = picture.copy()
    height, width = burnt.shape
    cv2.circle(burnt, (width // 2, height // 2), height // 4, 255, -1)
    return burnt


def _swayed(scene: Scene, number: int) -> Scene:
    turn = SWAY_DEGREES[number % len(SWAY_DEGREES)]
    return replace(scene, roll_degrees=scene.roll_degrees + turn)


def _nearer() -> Scene:
    """Leaves the corners of the picture free."""
    return replace(ORDINARY, module_pixels=2.9)
