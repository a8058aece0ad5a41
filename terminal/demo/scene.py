"""The scene before the demo camera: its sizes and lights, and the perspective of the lens.

One rule: units are in the names.  Light is luminance in cd/m2 (nits); millimetres are on the phone,
from its middle; pixels are of the camera's frame, x to the right, y down.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from cv2.typing import MatLike

from terminal.demo.drawing import Point

FRAME_PX = (1280, 720)
FOCAL_PX = 914.0
"""A lens that sees 70 degrees across."""
GAMMA = 2.2


@dataclass(frozen=True, slots=True)
class Scene:
    """A place, a phone, a way of holding it and a camera.  The defaults are an ordinary counter.

    A code of 300 characters is then about 4 pixels a module, and the till reads it without effort.
    """

    distance_mm: float = 188.0
    yaw_degrees: float = 7.0
    pitch_degrees: float = -8.0
    roll_degrees: float = 4.0
    hand_spread_degrees: float = 6.0
    """Each angle is drawn once within plus or minus this."""
    place_spread_mm: float = 10.0
    """So is the place of the phone, sideways, and half as much upwards."""
    tremor_mm: float = 0.8
    screen_nits: float = 420.0
    room_lux: float = 750.0
    glass_reflectance: float = 0.04
    lamp_nits: float = 4500.0
    lamp_mm2: float = 70.0
    """Area of the lamp's mirror image on the glass; 0 is no lamp."""
    exposure_seconds: float = 1 / 40
    focus_sigma_px: float = 0.9
    saturation_nits: float = 540.0
    """Luminance that just fills the sensor: smaller is a longer exposure or more gain."""
    full_well_electrons: float = 4000.0
    read_noise_electrons: float = 14.0
    sharpening: float = 0.45
    """Share of the high frequencies that the camera adds once more."""
    jpeg_quality: int = 80


def nominal() -> Scene:
    """What the till must read without effort."""
    return Scene()


@dataclass(frozen=True, slots=True)
class Pose:
    """Where the middle of the phone is, off the optical axis, and how the phone is turned."""

    x_mm: float
    y_mm: float
    yaw_degrees: float
    pitch_degrees: float
    roll_degrees: float


def to_camera(pose: Pose, distance_mm: float) -> MatLike:
    """Homography: millimetres on the phone -> pixels of the frame."""
    yaw, pitch, roll = (
        math.radians(a) for a in (pose.yaw_degrees, pose.pitch_degrees, pose.roll_degrees)
    )
    c, s = math.cos(yaw), math.sin(yaw)
    turn_y = np.array(((c, 0, s), (0, 1, 0), (-s, 0, c)))
    c, s = math.cos(pitch), math.sin(pitch)
    turn_x = np.array(((1, 0, 0), (0, c, -s), (0, s, c)))
    c, s = math.cos(roll), math.sin(roll)
    turn_z = np.array(((c, -s, 0), (s, c, 0), (0, 0, 1)))
    turn = turn_z @ turn_y @ turn_x
    where = np.array((pose.x_mm, pose.y_mm, distance_mm))
    lens = np.diag((FOCAL_PX, FOCAL_PX, 1.0))
    lens[:2, 2] = FRAME_PX[0] / 2, FRAME_PX[1] / 2
    return np.asarray(lens @ np.column_stack((turn[:, 0], turn[:, 1], where)), np.float64)


def shift(dx: float, dy: float) -> MatLike:
    """Homography that only moves."""
    return np.array(((1.0, 0, dx), (0, 1, dy), (0, 0, 1)))


def scale(factor: float) -> MatLike:
    """Homography that only enlarges."""
    return np.diag((factor, factor, 1.0))


def moved(homography: MatLike, points: Sequence[Point]) -> list[Point]:
    there = cv2.perspectiveTransform(np.array([points], np.float64), homography)[0]
    return [(float(x), float(y)) for x, y in there]


def nits(picture: MatLike, white_nits: float) -> MatLike:
    """Display colours (H, W, 3) uint8 -> linear light (H, W, 3) float32."""
    table = (np.arange(256) / 255) ** GAMMA * white_nits
    return cv2.LUT(picture, table.astype(np.float32))
