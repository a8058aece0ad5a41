"""A phone held before a cheap fixed camera: what the camera hands on, frame by frame.

One rule: light first.  Everything up to the sensor is luminance in linear light; then, in the order
of the real thing:

    screen, hand, counter, lamp and room mirrored in the glass      nits, millimetres
    -> perspective -> focus blur -> motion blur                     nits, pixels
    -> exposure and lens fall-off -> shot and read noise -> 12 bit  electrons
    -> gamma -> sharpening -> JPEG                                  8 bit

What does not change is made once: the counter (with a few frames of its noise developed) and, for
each code, the phone in the hand at twice the camera's resolution.  A frame then costs one warp, one
small convolution and the sensor, and only where the phone is.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

from terminal.demo import phone_face
from terminal.demo.counter_top import counter_top
from terminal.demo.drawing import Point, bounds
from terminal.demo.held_phone import ROOM_TINT, HeldPhone, PhonePicture
from terminal.demo.phone_face import Wallet
from terminal.demo.scene import (
    FOCAL_PX,
    FRAME_PX,
    GAMMA,
    Pose,
    Scene,
    moved,
    nits,
    nominal,
    shift,
    to_camera,
)

__all__ = ["PhonePicture", "Scene", "Viewpoint", "Wallet", "empty_counter", "nominal", "photograph"]

ADC_LEVELS = 4096
NOISE_SHIFT_PX = 64
EMPTY_FRAMES = 4
"""Developed frames of the bare counter, shown in random order: its noise must move too."""
MOTION_PX_MAX = 48.0
ENTERS_FROM_MM = (25.0, 175.0)
SWAY_HZ = (0.31, 0.77, 8.3, 9.7)
SWAY_SHARE = (0.7, 0.45, 0.07, 0.06)
"""Slow sway, and the tremor every hand has near 9 Hz, as shares of `Scene.tremor_mm`."""

Presence = Callable[[float], float]
"""Moment -> 0 below the lower edge of the view .. 1 where the phone is held."""


def held_still(_at_seconds: float) -> float:
    return 1.0


class Viewpoint:
    """One counter seen by one camera, and one hand.  The same seed gives the same pictures.

    `phone` may be called from any thread, `photograph` from one.
    """

    def __init__(self, scene: Scene, seed: int) -> None:
        self._scene = scene
        self._random = np.random.default_rng(seed)
        spread, place = scene.hand_spread_degrees, scene.place_spread_mm
        turns = self._random.uniform(-spread, spread, 3)
        self._rest = Pose(
            self._random.uniform(-place, place),
            9.0 + self._random.uniform(-place, place) / 2,
            scene.yaw_degrees + turns[0],
            scene.pitch_degrees + turns[1],
            scene.roll_degrees + turns[2],
        )
        self._phases = self._random.uniform(0, 2 * math.pi, (len(SWAY_HZ), 5))
        self._gain = _lens_falloff() * np.float32(1 / scene.saturation_nits)
        self._offset = scene.read_noise_electrons**2 / scene.full_well_electrons
        self._curve = _tone_curve(self._offset)
        reflected = nits(counter_top(FRAME_PX, self._random), scene.room_lux / math.pi)
        # The counter lies behind the phone, further from where the lens is focused.
        sigma = 0.6 + 1.3 * scene.focus_sigma_px
        self._counter = cv2.GaussianBlur(reflected * np.array(ROOM_TINT, np.float32), (0, 0), sigma)
        self._empty: list[MatLike] = []
        self._held_phone = HeldPhone(scene, self._rest, self._random)

    def phone(self, text: str, wallet: Wallet = Wallet.VOUCHER) -> PhonePicture:
        """The hand with a phone showing `text`.  Slow: about as long as two frames.

        Raises phone_face.TextRefused when no QR code holds the text.
        """
        return self._held_phone.showing(phone_face.phone_screen(text, wallet))

    def photograph(
        self, phone: PhonePicture | None, at_seconds: float, presence: Presence = held_still
    ) -> bytes:
        """One JPEG frame of `FRAME_PX`.

        phone       None: the bare counter
        at_seconds  time on any clock; the unsteadiness of the hand follows it
        presence    of a moment on that clock
        """
        frame = self._bare_counter()
        if phone is not None and presence(at_seconds) > 0:
            frame = self._with_phone(frame.copy(), phone, at_seconds, presence)
        quality = [cv2.IMWRITE_JPEG_QUALITY, self._scene.jpeg_quality]
        done, jpeg = cv2.imencode(".jpg", frame, quality)
        assert done
        return jpeg.tobytes()

    def _bare_counter(self) -> MatLike:
        if len(self._empty) < EMPTY_FRAMES:
            self._empty.append(self._develop(self._counter, (0, 0, *FRAME_PX)))
            return self._empty[-1]
        return self._empty[int(self._random.integers(EMPTY_FRAMES))]

    def _with_phone(
        self, frame: MatLike, phone: PhonePicture, at_seconds: float, presence: Presence
    ) -> MatLike:
        height, width = phone.cover.shape
        ends_at = at_seconds + self._scene.exposure_seconds
        now, later = (
            to_camera(self._held(moment, presence(moment)), self._scene.distance_mm) @ phone.to_mm
            for moment in (at_seconds, ends_at)
        )
        outline: list[Point] = [(0, 0), (width, 0), (width, height), (0, height)]
        left, top, right, bottom = bounds(moved(now, outline), FRAME_PX)
        if right <= left or bottom <= top:
            return frame
        size = right - left, bottom - top
        into = shift(-left, -top) @ now
        middle: list[Point] = [(width / 2, height / 2)]
        (x0, y0), (x1, y1) = moved(now, middle)[0], moved(later, middle)[0]
        streak = _streak(x1 - x0, y1 - y0)
        light, cover = (
            cv2.filter2D(cv2.warpPerspective(part, into, size), -1, streak)
            for part in (phone.light, phone.cover)
        )
        bare = 1 - cover
        counter = self._counter[top:bottom, left:right]
        cv2.add(light, cv2.multiply(counter, cv2.merge((bare, bare, bare))), dst=light)
        frame[top:bottom, left:right] = self._develop(light, (left, top, right, bottom))
        return frame

    def _held(self, at_seconds: float, presence: float) -> Pose:
        """Where an unsteady hand holds the phone."""
        rates, shares = np.array(SWAY_HZ)[:, None], np.array(SWAY_SHARE)[:, None]
        waves = np.sin(2 * math.pi * rates * at_seconds + self._phases)
        x, y, yaw, pitch, roll = (waves * shares).sum(0) * self._scene.tremor_mm
        rest, away = self._rest, 1 - presence
        return Pose(
            rest.x_mm + x + ENTERS_FROM_MM[0] * away,
            rest.y_mm + y + ENTERS_FROM_MM[1] * away,
            rest.yaw_degrees + 0.8 * yaw + 6 * away,
            rest.pitch_degrees + 0.8 * pitch,
            rest.roll_degrees + 0.6 * roll + 10 * away,
        )

    def _develop(self, light: MatLike, box: tuple[int, int, int, int]) -> MatLike:
        """Sensor and image processor, for the part of the frame inside `box`: nits -> 8 bit.

        In the square root of the signal, shot and read noise together are equally large at every
        brightness (Anscombe's generalised transform), so they are added there.
        """
        left, top, right, bottom = box
        dx, dy = (int(pixels) for pixels in self._random.integers(0, NOISE_SHIFT_PX, 2))
        noise = _noise()[top + dy : bottom + dy, left + dx : right + dx]
        filled = cv2.multiply(light, self._gain[top:bottom, left:right])
        # The converter saturates at both ends: below black by the cast, above white by the clip.
        steps = (ADC_LEVELS - 1) / math.sqrt(1 + self._offset)
        sigma = 0.5 / math.sqrt(self._scene.full_well_electrons)
        root = cv2.sqrt(filled + np.float32(self._offset))
        levels = cv2.addWeighted(root, steps, noise, steps * sigma, 0, dtype=cv2.CV_16U)
        picture = np.take(self._curve, np.asarray(levels, np.uint16), mode="clip")
        soft = cv2.GaussianBlur(picture, (5, 5), 1.2)
        sharpening = self._scene.sharpening
        return cv2.addWeighted(picture, 1 + sharpening, soft, -sharpening, 0)


def photograph(text: str, seed: int, scene: Scene | None = None) -> bytes:
    """One JPEG frame of a phone showing `text`; raises phone_face.TextRefused."""
    view = Viewpoint(scene or nominal(), seed)
    return view.photograph(view.phone(text), at_seconds=seed * 0.37)


def empty_counter(seed: int, scene: Scene | None = None) -> bytes:
    """One JPEG frame of the counter with no phone."""
    return Viewpoint(scene or nominal(), seed).photograph(None, at_seconds=0.0)


@cache
def _noise() -> MatLike:
    """Standard normal, larger than a frame so that each frame can take another piece of it."""
    size = FRAME_PX[1] + NOISE_SHIFT_PX, FRAME_PX[0] + NOISE_SHIFT_PX, 3
    return np.random.default_rng(0).standard_normal(size, dtype=np.float32)


def _tone_curve(offset: float) -> NDArray[np.uint8]:
    """Converter level, a step of sqrt(signal + offset), -> 8 bit with the display's gamma."""
    roots = np.linspace(0, math.sqrt(1 + offset), ADC_LEVELS)
    signal = np.clip(roots**2 - offset, 0, 1)
    return np.round(signal ** (1 / GAMMA) * 255).astype(np.uint8)


@cache
def _lens_falloff() -> MatLike:
    """Share of the light that reaches each pixel, (H, W, 3) float32.

    The square of the cosine of the field angle: nature's fourth power, half corrected.
    """
    x = np.arange(FRAME_PX[0], dtype=np.float32) - FRAME_PX[0] / 2
    y = np.arange(FRAME_PX[1], dtype=np.float32)[:, None] - FRAME_PX[1] / 2
    share = (1 + (x**2 + y**2) / np.float32(FOCAL_PX**2)) ** np.float32(-1)
    return cv2.merge((share, share, share))


def _streak(dx_px: float, dy_px: float) -> MatLike:
    """Kernel of a straight movement during the exposure; any length, also below a pixel."""
    shorten = min(1.0, MOTION_PX_MAX / (math.hypot(dx_px, dy_px) + 1e-9))
    dx, dy = dx_px * shorten, dy_px * shorten
    half = math.ceil(max(abs(dx), abs(dy)) / 2)
    kernel = np.zeros((2 * half + 2, 2 * half + 2), np.float32)
    for part in np.linspace(-0.5, 0.5, 8 * half + 1):
        x, y = half + dx * part, half + dy * part
        column, row = math.floor(x), math.floor(y)
        fx, fy = x - column, y - row
        kernel[row : row + 2, column : column + 2] += np.outer((1 - fy, fy), (1 - fx, fx))
    kernel = kernel[:-1, :-1]
    return np.asarray(kernel / kernel.sum(), np.float32)
