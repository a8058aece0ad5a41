"""Phone screens with a voucher on them, as a cheap camera over a counter sees them.

Light is added up linearly and comes out with a gamma, as in a camera: screen, tilt, blur, the
room's reflection in the glass, exposure, noise, sharpening of nothing, JPEG.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import segno
from numpy.typing import NDArray

from drivers.opencv import Picture, cv2

ALPHANUMERIC = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
"""What base45 uses, and what a QR code packs best."""


@dataclass(frozen=True, slots=True)
class Scene:
    """How the picture is taken.  The default is a good day."""

    width: int = 1280
    height: int = 720
    module_pixels: float = 4.0
    """Camera pixels to a module of the code."""
    tilt: float = 0.1
    """How much shorter the far edge is than the near one, as a share."""
    roll_degrees: float = 8.0
    blur_pixels: float = 0.8
    noise_levels: float = 2.0
    exposure: float = 0.8
    """What screen white comes to, in linear light; above 1 it is burnt out."""
    haze: float = 0.03
    jpeg_quality: int = 80
    motion_pixels: float = 0.0
    """How far the phone moves while the picture is taken."""
    glare_share: float = 0.0
    """Of the code's area, burnt out by reflections of lamps."""
    lamps: int = 1
    window: float = 0.0
    """Light of a window mirrored in a part of the screen with a straight edge, as a multiple of
    screen white."""
    moire: float = 0.0
    """Amplitude of the beat between the screen's pixels and the camera's, as a share."""
    bands: float = 0.0
    """Depth of the bands of a dimmed OLED under a rolling shutter, as a share."""
    sharpening: float = 0.0
    """What a cheap camera does to its own picture."""
    is_dark_mode: bool = False
    """Light modules on black."""


def payload(seed: int, length: int = 300) -> str:
    """As long as a voucher is, and as random."""
    return "".join(random.Random(seed).choices(ALPHANUMERIC, k=length))


def matrix(content: str | bytes, error: str = "m") -> NDArray[np.uint8]:
    """Modules with their quiet zone: 0 black, 1 white."""
    # Told to, because it takes some bytes for kanji that are none, and writes others.
    mode = "byte" if isinstance(content, bytes) else None
    code = segno.make(content, error=error, mode=mode, micro=False, boost_error=False)
    return np.pad(1 - np.array(code.matrix, np.uint8), 4, constant_values=1)


def flat(content: str | bytes, module_pixels: int = 4) -> Picture:
    """Nothing but the code, perfect."""
    return np.kron(matrix(content) * 255, np.ones((module_pixels, module_pixels), np.uint8))


def photograph(content: str | bytes, scene: Scene, seed: int = 1) -> Picture:
    """(H, W) luma of a phone that shows the code."""
    chance = np.random.default_rng(seed)
    modules = matrix(content).astype(np.float32)
    side_pixels = modules.shape[0] * scene.module_pixels
    if scene.is_dark_mode:
        modules = 1 - modules
    screen = np.pad(modules, ((10, 14), (3, 3)), constant_values=0.6)
    screen = np.pad(screen, 1, constant_values=0.0)
    place = _perspective(screen.shape, scene)
    size = (scene.width, scene.height)
    glowing = cv2.warpPerspective(
        np.kron(screen, np.ones((4, 4), np.float32)), place, size, flags=cv2.INTER_AREA
    )
    phone = cv2.warpPerspective(
        np.ones((screen.shape[0] * 4, screen.shape[1] * 4), np.float32), place, size
    )
    light = _counter(scene, chance) * (1 - phone) + (0.99 * glowing + 0.01) * phone
    if scene.blur_pixels:
        light = cv2.GaussianBlur(light, (0, 0), scene.blur_pixels)
    if scene.motion_pixels > 1:
        light = cv2.filter2D(light, -1, _streak(scene.motion_pixels, chance.uniform(0, np.pi)))
    light = _disturbed(
        np.asarray(light, np.float32), np.asarray(phone, np.float32), side_pixels, scene, chance
    )
    light = (light + scene.haze) * scene.exposure
    levels = np.clip(light, 0, 1) ** (1 / 2.2) * 255
    levels = levels + chance.normal(0, scene.noise_levels, levels.shape)
    if scene.sharpening:
        soft = cv2.GaussianBlur(levels.astype(np.float32), (0, 0), 1.2)
        levels = levels + scene.sharpening * (levels - soft)
    luma = np.clip(levels, 0, 255).astype(np.uint8)
    unfolded = cv2.imdecode(
        np.frombuffer(jpeg(luma, scene.jpeg_quality), np.uint8), cv2.IMREAD_GRAYSCALE
    )
    return np.asarray(unfolded, np.uint8)


def counter(scene: Scene | None = None, seed: int = 1) -> Picture:
    """The same counter with no phone on it."""
    scene = Scene() if scene is None else scene
    chance = np.random.default_rng(seed)
    levels = np.clip(_counter(scene, chance), 0, 1) ** (1 / 2.2) * 255
    levels = levels + chance.normal(0, scene.noise_levels, levels.shape)
    return np.clip(levels, 0, 255).astype(np.uint8)


def jpeg(luma: Picture, quality: int = 85) -> bytes:
    done, data = cv2.imencode(".jpg", luma, [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert done
    return bytes(data)


def film(path: Path, frames: list[Picture], codec: str, fps: int = 20) -> None:
    """A video file of these frames; the codec as four letters."""
    height, width = frames[0].shape
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*codec), fps, (width, height))
    assert writer.isOpened()
    for frame in frames:
        writer.write(cv2.cvtColor(frame, cv2.COLOR_GRAY2BGR))
    writer.release()


def _counter(scene: Scene, chance: np.random.Generator) -> NDArray[np.float32]:
    """Uneven light over boxes of medicine with print on them."""
    size = (scene.width, scene.height)
    rough = chance.uniform(0.1, 0.4, (6, 8)).astype(np.float32)
    light = cv2.resize(rough, size, interpolation=cv2.INTER_CUBIC)
    for _ in range(20):
        x, y = int(chance.integers(scene.width)), int(chance.integers(scene.height))
        far = (x + int(chance.integers(20, 300)), y + int(chance.integers(15, 200)))
        cv2.rectangle(light, (x, y), far, float(chance.uniform(0.02, 0.7)), -1)
        for row in range(y + 4, far[1], 9):
            cv2.line(light, (x + 4, row), (far[0] - 4, row), float(chance.uniform(0, 0.5)), 2)
    return np.asarray(cv2.GaussianBlur(light, (0, 0), 1.5), np.float32)


def _perspective(shape: tuple[int, ...], scene: Scene) -> NDArray[np.float64]:
    """From four pixels a module to the camera's picture, the screen in the middle."""
    height, width = shape[0] * 4, shape[1] * 4
    scale = scene.module_pixels / 4
    half_w, half_h = width * scale / 2, height * scale / 2
    far = 1 - scene.tilt
    top = [[-half_w * far, -half_h * far], [half_w * far, -half_h * far]]
    corners = np.array([*top, [half_w, half_h], [-half_w, half_h]])
    angle = np.radians(scene.roll_degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    target = corners @ turn.T + (scene.width / 2, scene.height / 2)
    source = np.array([[0, 0], [width, 0], [width, height], [0, height]])
    found = cv2.getPerspectiveTransform(source.astype(np.float32), target.astype(np.float32))
    return np.asarray(found, np.float64)


def _streak(length: float, angle: float) -> NDArray[np.float32]:
    """The trace of a point that moves while the shutter is open."""
    side = int(np.ceil(length)) | 1
    kernel = np.zeros((side, side), np.float32)
    middle = (side - 1) / 2
    for step in np.linspace(-length / 2, length / 2, 8 * side):
        x, y = middle + np.cos(angle) * step, middle + np.sin(angle) * step
        kernel[min(side - 1, max(0, round(y))), min(side - 1, max(0, round(x)))] += 1
    return np.asarray(kernel / kernel.sum(), np.float32)


def _disturbed(
    light: NDArray[np.float32],
    phone: NDArray[np.float32],
    side_pixels: float,
    scene: Scene,
    chance: np.random.Generator,
) -> NDArray[np.float32]:
    """The scene's light with what glass, panel and shutter do to it."""
    if not (scene.window or scene.glare_share or scene.moire or scene.bands):
        return light
    y, x = np.mgrid[0 : scene.height, 0 : scene.width].astype(np.float32)
    x -= scene.width / 2
    y -= scene.height / 2
    if scene.window:
        angle, offset = chance.uniform(0, 2 * np.pi), chance.uniform(-0.3, 0.3) * side_pixels
        inside = x * np.cos(angle) + y * np.sin(angle) - offset
        light = light + scene.window * phone / (1 + np.exp(np.clip(-inside / 3, -30, 30)))
    for _ in range(scene.lamps if scene.glare_share else 0):
        radius = np.sqrt(scene.glare_share / scene.lamps / np.pi) * side_pixels
        at_x, at_y = chance.uniform(-0.35, 0.35, 2) * side_pixels
        far = np.hypot(x - at_x, y - at_y) / radius
        burn = 3 / (1 + np.exp(np.clip((far - 1) * 8, -30, 30)))
        light = light + burn + 0.25 * np.exp(-((far / 2.2) ** 2))
    if scene.moire:
        beat = np.zeros_like(light)
        for _ in range(2):
            waves, angle = chance.uniform(0.03, 0.22), chance.uniform(0, np.pi)
            bend = chance.uniform(-2e-4, 2e-4)
            along = x * np.cos(angle) + y * np.sin(angle) + bend * x * y
            beat += np.sin(2 * np.pi * waves * along + chance.uniform(0, 6))
        light = light * np.clip(1 + phone * scene.moire * beat / 1.4, 0.02, None)
    if scene.bands:
        waves = chance.uniform(2, 9) / scene.height
        dark = 0.5 + 0.5 * np.sin(2 * np.pi * waves * y + chance.uniform(0, 6))
        light = light * (1 - phone * scene.bands * dark)
    return np.asarray(light, np.float32)
