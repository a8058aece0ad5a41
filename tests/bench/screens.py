"""Sets of phone screens for measuring the reader: one kind of trouble each, and everything mixed.

Drawn from a seed, so that two runs, and two decoders in one run, see the same pictures.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from drivers.opencv import Picture, cv2
from tests.drivers.scenes import Scene, counter, flat, payload, photograph

SIZES = ((1280, 720), (1920, 1080))
CHARS = (250, 300, 350, 450)
"""A voucher has about 300; a longer one has smaller modules on the same screen."""
MODULES_ACROSS = {250: 61, 300: 65, 350: 69, 450: 77}
"""With the quiet zone, at error correction M."""


@dataclass(frozen=True, slots=True)
class Shot:
    name: str
    text: str | None
    """None where no code is in view."""
    luma: Picture


def _ordinary(chance: random.Random) -> Scene:
    """A phone held over the counter by somebody who wants it to be read."""
    width, height = chance.choice(SIZES)
    return Scene(
        width,
        height,
        module_pixels=chance.uniform(3.0, 5.5) * height / 720,
        tilt=chance.uniform(0, 0.2),
        roll_degrees=chance.uniform(-20, 20) + chance.choice((0, 0, 0, 90, 180, 270)),
        blur_pixels=chance.uniform(0.5, 1.0) * height / 720,
        noise_levels=chance.uniform(1, 4),
        exposure=chance.uniform(0.4, 0.95),
        haze=chance.uniform(0, 0.1),
        jpeg_quality=chance.randint(60, 92),
        sharpening=chance.uniform(0, 0.9),
    )


def _blurred(scene: Scene, modules: float) -> Scene:
    return replace(scene, blur_pixels=modules * scene.module_pixels)


TROUBLES: dict[str, Callable[[Scene, random.Random], Scene]] = {
    "ordinary": lambda scene, chance: scene,
    "far": lambda scene, chance: replace(scene, module_pixels=chance.uniform(1.9, 2.8)),
    "soft": lambda scene, chance: _blurred(scene, chance.uniform(0.3, 0.55)),
    "shaken": lambda scene, chance: replace(
        scene, motion_pixels=chance.uniform(0.8, 2.0) * scene.module_pixels
    ),
    "tilted": lambda scene, chance: replace(scene, tilt=chance.uniform(0.3, 0.5)),
    "dim": lambda scene, chance: replace(
        scene, exposure=chance.uniform(0.006, 0.04), noise_levels=chance.uniform(2, 6)
    ),
    "grainy": lambda scene, chance: replace(scene, noise_levels=chance.uniform(15, 40)),
    "burnt": lambda scene, chance: replace(
        scene, exposure=chance.uniform(1.5, 5), haze=chance.uniform(0.05, 0.25)
    ),
    "veiled": lambda scene, chance: replace(
        scene, haze=chance.uniform(0.5, 4), exposure=chance.uniform(0.1, 0.3)
    ),
    "glare": lambda scene, chance: replace(
        scene, glare_share=chance.uniform(0.02, 0.14), lamps=chance.randint(1, 4)
    ),
    "window": lambda scene, chance: replace(
        scene, window=chance.uniform(0.5, 3), exposure=chance.uniform(0.15, 0.6)
    ),
    "moire": lambda scene, chance: replace(scene, moire=chance.uniform(0.15, 0.5)),
    "bands": lambda scene, chance: replace(scene, bands=chance.uniform(0.4, 0.9)),
    "dark mode": lambda scene, chance: replace(scene, is_dark_mode=True),
}


def _mixed(scene: Scene, chance: random.Random) -> Scene:
    """Three troubles at once, none of them as bad as alone."""
    for name in chance.sample(sorted(TROUBLES.keys() - {"dark mode", "burnt", "dim"}), 3):
        worse = TROUBLES[name](scene, chance)
        scene = _between(scene, worse)
    return scene


def _between(easy: Scene, hard: Scene) -> Scene:
    middle = {
        name: (getattr(easy, name) + getattr(hard, name)) / 2
        for name in Scene.__slots__
        if isinstance(getattr(easy, name), float)
    }
    return replace(hard, **middle)


KINDS = (*TROUBLES, "mixed")


def shots(kind: str, count: int, seed: int = 1) -> Iterator[Shot]:
    """Pictures with one code each.

    kind     one of KINDS
    """
    chance = random.Random(f"{kind} {seed}")
    trouble = _mixed if kind == "mixed" else TROUBLES[kind]
    for number in range(count):
        scene = trouble(_ordinary(chance), chance)
        chars = chance.choice(CHARS)
        across = MODULES_ACROSS[chars] * 1.3  # room for a turned one
        scene = replace(scene, module_pixels=min(scene.module_pixels, scene.height / across))
        text = payload(chance.randrange(2**31), chars)
        yield Shot(f"{kind} {number}", text, photograph(text, scene, chance.randrange(2**31)))


def ruined(seed: int) -> Shot:
    """A small picture of a code that was cut, painted over, merged with another or torn: it may be
    read or not, but never as something else."""
    chance, noise = random.Random(f"ruined {seed}"), np.random.default_rng(seed)
    content = payload(chance.randrange(2**31), chance.choice((8, 20, 60, 150)))
    code = flat(content, 3)
    side = code.shape[0]
    for _ in range(chance.randint(1, 4)):
        left, top = chance.randrange(side), chance.randrange(side)
        right, bottom = left + chance.randrange(side // 2), top + chance.randrange(side // 2)
        part = code[top:bottom, left:right]
        match chance.randrange(4):
            case 0:
                part[:] = chance.choice((0, 255))
            case 1:
                part[:] = noise.integers(0, 256, part.shape)
            case 2:
                other = flat(payload(chance.randrange(2**31), len(content)), 3)
                part[:] = other[top:bottom, left:right]
            case _:
                part[:] = 255 - part
    blurred = cv2.GaussianBlur(code, (0, 0), chance.uniform(0.3, 2.5))
    return Shot(f"ruined {seed}", content, np.asarray(blurred, np.uint8))


def clip(seed: int, frames: int = 36, fps: int = 30) -> list[Shot]:
    """A phone coming to the camera, 720p: from far and shaken to near and held still, while the
    exposure settles and the focus hunts."""
    chance = random.Random(f"clip {seed}")
    text = payload(chance.randrange(2**31))
    near = chance.uniform(3.2, 5.0)
    roll, tilt = chance.uniform(-40, 40), chance.uniform(0.05, 0.3)
    trouble = {"noise_levels": chance.uniform(1, 8), "haze": chance.uniform(0, 0.4)}
    shot = []
    for number in range(frames):
        rest = (1 - min(1.0, number / fps / 0.9)) ** 2
        scene = Scene(
            module_pixels=near * (1 - 0.7 * rest),
            tilt=tilt * (0.4 + 0.6 * rest),
            roll_degrees=roll * rest + 2 * chance.random(),
            blur_pixels=0.7 + 2.5 * rest,
            motion_pixels=14 * rest * chance.random(),
            exposure=0.7 + 3 * rest,
            **trouble,
        )
        shot.append(Shot(f"clip {seed}, {number}", text, photograph(text, scene, seed)))
    return shot


def empty_frames(size: tuple[int, int], count: int, seed: int = 1) -> list[Picture]:
    """A counter on which nothing lies but goods; noise differs from frame to frame."""
    scene = Scene(*size)
    still = counter(replace(scene, noise_levels=0.0), seed)
    return [_grain(still, seed + number) for number in range(count)]


def _grain(luma: Picture, seed: int) -> Picture:
    noise = np.random.default_rng(seed).normal(0, 2, luma.shape)
    return np.clip(luma + noise, 0, 255).astype(np.uint8)
