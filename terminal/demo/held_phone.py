"""The hand and its phone at rest, in light: everything about a frame that no tremor changes.

One rule: a new code touches the screen's part of the picture only.  Light adds up, so the picture
is `dark + through * screen`: `dark` is the hand, the switched-off phone, its shadow and what the
glass mirrors; `through` is how much of the screen's light gets past its edge and the fingers.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from cv2.typing import MatLike

from terminal.demo import phone_face
from terminal.demo.drawing import Point
from terminal.demo.phone_face import Cutout
from terminal.demo.scene import FRAME_PX, Pose, Scene, moved, nits, scale, shift, to_camera

LAYER_SCALE = 1.5
"""Layer pixels a camera pixel: resampling by the tremor must not blur what the lens did not."""
MARGIN_PX = 48
"""The layer reaches this far out of the frame, so that the hand may move."""
COARSE = 8
SHADOW_FALL_PX = (22, 30)
SHADOW_SIGMA_PX = 18.0
SHADOW_REACH_PX = 48
"""Past this the shadow's edge is under half a per cent."""
MIRROR_TEXELS_PER_MM = 2
ROOM_TINT = (0.90, 0.98, 1.05)
"""The shop's light is warmer than a phone's white: blue, green, red."""


@dataclass(frozen=True, slots=True)
class PhonePicture:
    """A phone showing one code, held still, after the lens and before the sensor."""

    light: MatLike
    """(H, W, 3) float32: nits that come from here, nothing where the counter is seen."""
    cover: MatLike
    """(H, W) float32: 0 the counter is seen .. 1 it is hidden."""
    to_mm: MatLike
    """Homography: pixels of both -> millimetres on the phone."""


class HeldPhone:
    """One hand in one pose.  Nothing changes after construction: any thread may call `showing`."""

    def __init__(self, scene: Scene, rest: Pose, random: np.random.Generator) -> None:
        self._scene = scene
        projection = to_camera(rest, scene.distance_mm)
        self._fit_to(projection, phone_face.hand_behind().cover)
        room = scene.room_lux / math.pi
        hand = phone_face.HAND_MM[:2], phone_face.HAND_TEXELS_PER_MM
        half = -phone_face.BODY_MM[0] / 2, -phone_face.BODY_MM[1] / 2
        behind = self._light(phone_face.hand_behind, room, *hand)
        body = self._light(phone_face.phone_body, room, half, phone_face.BODY_TEXELS_PER_MM)
        before = self._light(phone_face.hand_before, room, *hand)
        screen = phone_face.SCREEN_MM
        self._corner_mm = -screen[0] / 2, -screen[1] / 2
        lit = self._warp(phone_face.screen_outline(), self._corner_mm, phone_face.TEXELS_PER_MM)
        through = lit * (1 - before[..., 3])
        dark = self._shadow(cv2.max(behind[..., 3], body[..., 3]))
        _lay(behind, upon=dark)
        _lay(body, upon=dark)
        mirrored = self._warp(_mirror(scene, random), half, MIRROR_TEXELS_PER_MM) * body[..., 3]
        _lay(cv2.merge([mirrored * tint for tint in (*ROOM_TINT, 0.0)]), upon=dark)
        _lay(before, upon=dark)
        self._sigma = scene.focus_sigma_px * LAYER_SCALE
        dark = cv2.GaussianBlur(dark, (0, 0), self._sigma)
        self._dark = np.ascontiguousarray(dark[..., :3])
        self._cover = np.ascontiguousarray(dark[..., 3])
        xs, ys = np.flatnonzero(through.any(0)), np.flatnonzero(through.any(1))
        reach = math.ceil(4 * self._sigma) + 1
        self._box = (
            max(0, int(xs[0]) - reach),
            max(0, int(ys[0]) - reach),
            min(dark.shape[1], int(xs[-1]) + reach),
            min(dark.shape[0], int(ys[-1]) + reach),
        )
        left, top, right, bottom = self._box
        self._through = cv2.merge([through[top:bottom, left:right]] * 3)

    def showing(self, screen: MatLike) -> PhonePicture:
        """`screen` as `phone_face.phone_screen` draws it."""
        left, top, right, bottom = self._box
        into = (
            shift(-left, -top)
            @ self._into
            @ _texels_to_mm(self._corner_mm, phone_face.TEXELS_PER_MM)
        )
        shown = cv2.warpPerspective(screen, into, (right - left, bottom - top))
        light = cv2.multiply(nits(shown, self._scene.screen_nits), self._through)
        seen = self._dark.copy()
        spot = seen[top:bottom, left:right]
        cv2.add(spot, cv2.GaussianBlur(light, (0, 0), self._sigma), dst=spot)
        return PhonePicture(seen, self._cover, np.linalg.inv(self._into))

    def _fit_to(self, projection: MatLike, hand: MatLike) -> None:
        """Lay the layer over the part of the frame that hand, phone and shadow cover."""
        coarse = scale(1 / COARSE) @ shift(MARGIN_PX, MARGIN_PX)
        wide, high = ((side + 2 * MARGIN_PX) // COARSE for side in FRAME_PX)
        flat = _texels_to_mm(phone_face.HAND_MM[:2], phone_face.HAND_TEXELS_PER_MM)
        cover = cv2.warpPerspective(hand, coarse @ projection @ flat, (wide, high))
        half = phone_face.BODY_MM[0] / 2, phone_face.BODY_MM[1] / 2
        corners = [(x * half[0], y * half[1]) for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
        phone = np.round(moved(coarse @ projection, corners)).astype(np.int32)
        cv2.fillConvexPoly(cover, phone, 1.0)
        xs, ys = np.flatnonzero(cover.any(0)) * COARSE, np.flatnonzero(cover.any(1)) * COARSE
        assert len(xs), "a phone at rest is in view"
        (right_fall, down_fall), reach = SHADOW_FALL_PX, SHADOW_REACH_PX
        left = max(0, int(xs[0]) - reach + right_fall)
        top = max(0, int(ys[0]) - reach + down_fall)
        right = min(wide * COARSE, int(xs[-1]) + COARSE + reach + right_fall)
        bottom = min(high * COARSE, int(ys[-1]) + COARSE + reach + down_fall)
        self._into = scale(LAYER_SCALE) @ shift(MARGIN_PX - left, MARGIN_PX - top) @ projection
        self._size = (round((right - left) * LAYER_SCALE), round((bottom - top) * LAYER_SCALE))

    def _shadow(self, cover: MatLike) -> MatLike:
        """A black layer: the soft shadow that hand and phone throw on the counter."""
        to_small = LAYER_SCALE / COARSE
        small = cv2.resize(cover, None, fx=1 / COARSE, fy=1 / COARSE, interpolation=cv2.INTER_AREA)
        small = 0.45 * cv2.GaussianBlur(small, (0, 0), SHADOW_SIGMA_PX * to_small)
        fall = shift(SHADOW_FALL_PX[0] * to_small, SHADOW_FALL_PX[1] * to_small)
        small = cv2.warpAffine(small, fall[:2], (small.shape[1], small.shape[0]))
        layer = np.zeros((*cover.shape, 4), np.float32)
        layer[..., 3] = cv2.resize(small, self._size, interpolation=cv2.INTER_LINEAR)
        return layer

    def _warp(self, picture: MatLike, corner_mm: Point, texels_per_mm: float) -> MatLike:
        into = self._into @ _texels_to_mm(corner_mm, texels_per_mm)
        return cv2.warpPerspective(picture, into, self._size)

    def _light(
        self, drawn: Callable[[], Cutout], white_nits: float, corner_mm: Point, texels_per_mm: float
    ) -> MatLike:
        brightness = np.array((white_nits, white_nits, white_nits, 1), np.float32)
        return self._warp(_reflecting(drawn) * brightness, corner_mm, texels_per_mm)


@cache
def _reflecting(drawn: Callable[[], Cutout]) -> MatLike:
    """A layer of what a thing reflects where white is one nit."""
    cutout = drawn()
    lit = nits(cutout.colours, 1.0) * np.array(ROOM_TINT, np.float32)
    return np.dstack((lit * cutout.cover[..., None], cutout.cover))


def _texels_to_mm(corner_mm: Point, texels_per_mm: float) -> MatLike:
    """Homography of a flat picture whose left top corner lies at `corner_mm`."""
    return shift(*corner_mm) @ scale(1 / texels_per_mm) @ shift(0.5, 0.5)


def _mirror(scene: Scene, random: np.random.Generator) -> MatLike:
    """Nits the glass adds by reflection, over the whole phone, (H, W) float32."""
    width, height = (round(side * MIRROR_TEXELS_PER_MM) for side in phone_face.BODY_MM)
    yy, xx = np.mgrid[0:height, 0:width].astype(np.float32)
    slope = random.uniform(-0.4, 0.4)
    ceiling = 0.9 + slope * (xx / width - 0.5) + 0.5 * (0.5 - yy / height)
    veil = ceiling * np.float32(scene.room_lux / math.pi * scene.glass_reflectance)
    x, y = width * random.uniform(0.15, 0.85), height * random.uniform(0.12, 0.6)
    turn, ratio = random.uniform(0.3, 1.2), random.uniform(0.35, 0.8)
    if scene.lamp_mm2 <= 0:
        return np.asarray(veil, np.float32)
    long = MIRROR_TEXELS_PER_MM * math.sqrt(scene.lamp_mm2 / math.pi / ratio)
    u = ((xx - x) * math.cos(turn) + (yy - y) * math.sin(turn)) / long
    v = ((yy - y) * math.cos(turn) - (xx - x) * math.sin(turn)) / (long * ratio)
    far = np.hypot(u, v)
    # The diffuser's edge is soft, and grease on the glass spreads a little of its light.
    lamp = 1 / (1 + np.exp(np.clip((far - 1) * 9, -30, 30))) + 0.06 * np.exp(-((far / 2.4) ** 2))
    return np.asarray(veil + lamp * (scene.lamp_nits * scene.glass_reflectance), np.float32)


def _lay(above: MatLike, *, upon: MatLike) -> None:
    """Put one layer on another, in place; `upon` becomes both."""
    hidden = 1 - above[..., 3]
    cv2.multiply(upon, cv2.merge((hidden, hidden, hidden, hidden)), dst=upon)
    cv2.add(upon, above, dst=upon)
