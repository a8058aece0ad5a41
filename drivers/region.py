"""A part of a picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from drivers.opencv import Picture

Corners: TypeAlias = tuple[
    tuple[float, float], tuple[float, float], tuple[float, float], tuple[float, float]
]
"""(x, y) of each, in order round the code."""


@dataclass(frozen=True, slots=True)
class Region:
    """Upright, in pixels; half open.  May reach over the edge of a picture until it is cut."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top

    def wider(self, share: float) -> Region:
        """With a margin all round, as a share of the longer side."""
        margin = round(share * max(self.width, self.height))
        return Region(
            self.left - margin, self.top - margin, self.right + margin, self.bottom + margin
        )

    def within(self, luma: Picture) -> Region:
        """The part of it that lies in the picture; may be empty."""
        height, width = luma.shape
        left, top = min(max(self.left, 0), width), min(max(self.top, 0), height)
        return Region(
            left, top, min(max(self.right, left), width), min(max(self.bottom, top), height)
        )

    def cut(self, luma: Picture) -> Picture:
        """A view into the picture, to be called on what is `within` it."""
        return luma[self.top : self.bottom, self.left : self.right]

    def around(self, other: Region) -> Region:
        """The smallest that holds both."""
        return Region(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )

    def times(self, factor: int) -> Region:
        """In a picture so many times larger."""
        return Region(
            self.left * factor, self.top * factor, self.right * factor, self.bottom * factor
        )

    def mostly_in(self, other: Region) -> bool:
        """Whether more than half of it lies in the other."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        return 2 * max(0, width) * max(0, height) > self.width * self.height


def region_of(corners: Corners) -> Region:
    """The smallest that holds the corners, rounded outwards."""
    xs, ys = [x for x, _ in corners], [y for _, y in corners]
    return Region(int(min(xs)), int(min(ys)), int(max(xs)) + 1, int(max(ys)) + 1)
