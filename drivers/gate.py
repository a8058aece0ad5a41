"""Whether a frame is worth reading: most frames show a counter where nothing has moved.

One rule: nothing readable is passed over for good.  After a change every frame is read until the
picture has settled, so that each rung of the ladder has its turns at it; then for a while with
everything there is; and a still picture is looked at once a second all the same.

Pure: the time is an argument.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from drivers.opencv import Picture, cv2
from drivers.region import Region

THUMBNAIL_SHRINK = 8
"""How many times smaller than the frame its thumbnail is, each way."""
MOVED_MARGIN = 0.1
"""Round what moved: the edge of a phone shows against the counter, the code on it need not."""
CHANGE_LEVELS_MIN = 12
"""A thumbnail's pixel has changed when it differs by more than this, of 255.  Each is the mean of
64 of the frame's, so that sensor noise stays far below."""
CHANGED_PIXELS_MIN = 12
"""A code just large enough to be read covers some 300 of a 720p frame's thumbnail."""
SETTLE_SECONDS = 1.0
SETTLED_SECONDS = 1.0
STILL_EVERY_SECONDS = 1.0


class Look(StrEnum):
    SKIP = "skip"
    """Nothing has moved since the frame looked at last: what was in view still is."""
    LIVE = "live"
    """Something moved less than SETTLE_SECONDS ago."""
    SETTLED = "settled"
    """Nothing has moved since then, but not for long: a code may lie there that is hard to read."""
    STILL = "still"
    """One frame a second of a picture that does not change."""


@dataclass(frozen=True, slots=True)
class Glance:
    """What a thumbnail tells of its frame."""

    look: Look
    moved: Region | None
    """With LIVE, the part of the frame that has moved since the picture was last still; may reach
    over its edge."""


class Gate:
    """One for each camera."""

    def __init__(self) -> None:
        self._reference: Picture | None = None
        self._moved: Region | None = None
        self._changed_at = 0.0
        self._settled_until = 0.0
        self._looked_at = 0.0

    def look(self, thumbnail: Picture, at: float) -> Glance:
        """How to look at a frame.

        thumbnail  the frame at an eighth of its size, (H, W) uint8
        at         when it was captured, seconds
        """
        changed = self._changed(thumbnail)
        if changed is not None:
            self._reference = thumbnail
            self._changed_at = at
            self._moved = changed if self._moved is None else self._moved.around(changed)
        if at - self._changed_at < SETTLE_SECONDS:
            glance = Glance(Look.LIVE, self._moved_in_frame())
        elif self._moved is not None or at < self._settled_until:
            if self._moved is not None:
                self._settled_until = at + SETTLED_SECONDS
            self._moved = None
            glance = Glance(Look.SETTLED, None)
        elif at - self._looked_at >= STILL_EVERY_SECONDS:
            glance = Glance(Look.STILL, None)
        else:
            return Glance(Look.SKIP, None)
        self._looked_at = at
        return glance

    def _moved_in_frame(self) -> Region | None:
        if self._moved is None:
            return None
        return self._moved.times(THUMBNAIL_SHRINK).wider(MOVED_MARGIN)

    def _changed(self, thumbnail: Picture) -> Region | None:
        if self._reference is None or self._reference.shape != thumbnail.shape:
            height, width = thumbnail.shape
            self._moved = None
            return Region(0, 0, width, height)
        difference: NDArray[np.bool_] = cv2.absdiff(self._reference, thumbnail) > CHANGE_LEVELS_MIN
        if int(np.count_nonzero(difference)) < CHANGED_PIXELS_MIN:
            return None
        rows, columns = np.flatnonzero(difference.any(1)), np.flatnonzero(difference.any(0))
        return Region(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
