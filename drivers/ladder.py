"""The ladder: treatments of a picture, in the order in which they add most for their time.

`docs/reading.md` has what each rung adds and costs; a rung that adds nothing goes.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from drivers.treat import (
    Treatment,
    as_it_is,
    black_and_white,
    divided_by_light,
    enlarged,
    equalized,
    gamma,
    half,
    scaled,
    sharpened,
    smoothed,
    then,
)


class Binarizer(StrEnum):
    """How the decoder tells black from white.  Names as in zxing-cpp; zbar has its own way."""

    GLOBAL_HISTOGRAM = "GlobalHistogram"
    LOCAL_AVERAGE = "LocalAverage"
    FIXED_THRESHOLD = "FixedThreshold"


@dataclass(frozen=True, slots=True)
class Rung:
    """One treatment of the picture, and how the decoder is to read the result."""

    name: str
    treat: Treatment
    cost: float
    """About how long it takes, as a multiple of the rung "full" on the same picture."""
    binarizer: Binarizer = Binarizer.LOCAL_AVERAGE
    downscale: bool = False
    """Whether the decoder also looks at smaller copies."""
    invert: bool = False
    """Whether it also looks for light codes on dark."""


CHEAP = (
    Rung("histogram", as_it_is, 0.3, Binarizer.GLOBAL_HISTOGRAM),
    Rung("half", half, 0.4, invert=True),
    Rung("full", as_it_is, 1.0, downscale=True, invert=True),
)
"""What every picture is worth."""

DEAR = (
    Rung("dark", gamma(4.0), 1.1, downscale=True),
    Rung("adaptive", then(half, black_and_white(25, 5)), 0.7, Binarizer.FIXED_THRESHOLD),
    Rung("half-sharp", then(half, sharpened(1.5, 1.5)), 0.9),
    Rung("dim", gamma(2.2), 1.2, downscale=True),
    Rung("sharp", sharpened(2.0, 1.5), 2.5, downscale=True),
)
"""What a live camera's frames get by turns."""

LAST = (
    Rung("fine-adaptive", then(half, black_and_white(13, 3)), 0.7, Binarizer.FIXED_THRESHOLD),
    Rung("bright", gamma(0.5), 1.2, downscale=True),
    Rung("half-even", then(half, equalized(3.0, 48)), 1.5),
    Rung("smooth", smoothed(1.0), 1.6, downscale=True),
    Rung("divided", divided_by_light(160), 2.5, downscale=True),
    Rung("two-thirds", then(scaled(2 / 3), sharpened(2.0, 1.5)), 2.5),
    Rung("larger", scaled(1.5), 3.5, downscale=True),
    Rung("even", equalized(3.0, 64), 5.0, downscale=True),
    Rung("sharp-even", then(sharpened(2.0, 1.5), equalized(3.0, 64)), 6.0, downscale=True),
)
"""What only a still picture gets."""

FOCUS = (
    Rung("focus", enlarged(480), 0.6),
    Rung("focus-sharp", then(enlarged(720), sharpened(5.0, 2.0)), 3.5),
    Rung("focus-even", then(enlarged(1000), equalized(4.0, 125)), 4.3),
)
"""For a part of the picture in which a code was located, but not read.  Their `cost` is a multiple
of "full" on a megapixel: the part is enlarged to the same size whatever it was."""

BY_NAME = {rung.name: rung for rung in (*CHEAP, *DEAR, *LAST, *FOCUS)}
