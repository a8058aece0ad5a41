"""Whether a frame is worth reading: most frames show a counter where nothing has moved.

One rule: nothing readable is passed over for good.  After a change every frame is read until the
picture has settled, so that each rung of the ladder has its turns at it; a still picture is read
thoroughly once a second all the same.

Pure: the time is an argument.
"""

from __future__ import annotations

from enum import StrEnum

import numpy as np

from drivers.opencv import Picture, cv2

CHANGE_LEVELS_MIN = 12
"""A thumbnail's pixel has changed when it differs by more than this, of 255.  Each is the mean of
64 of the frame's, so that sensor noise stays far below."""
CHANGED_PIXELS_MIN = 12
"""A code just large enough to be read covers some 300 of a 720p frame's thumbnail."""
SETTLE_SECONDS = 1.0
STILL_EVERY_SECONDS = 1.0


class Look(StrEnum):
    SKIP = "skip"
    """Nothing has moved since the frame looked at last: what was in view still is."""
    LIVE = "live"
    THOROUGH = "thorough"


class Gate:
    """One for each camera."""

    def __init__(self) -> None:
        self._reference: Picture | None = None
        self._changed_at = 0.0
        self._looked_at = 0.0

    def look(self, thumbnail: Picture, at: float) -> Look:
        """How to look at a frame.

        thumbnail  the frame at an eighth of its size, (H, W) uint8
        at         when it was captured, seconds
        """
        if self._differs(thumbnail):
            self._reference = thumbnail
            self._changed_at = at
        if at - self._changed_at < SETTLE_SECONDS:
            look = Look.LIVE
        elif at - self._looked_at >= STILL_EVERY_SECONDS:
            look = Look.THOROUGH
        else:
            return Look.SKIP
        self._looked_at = at
        return look

    def _differs(self, thumbnail: Picture) -> bool:
        if self._reference is None or self._reference.shape != thumbnail.shape:
            return True
        difference = cv2.absdiff(self._reference, thumbnail)
        return int(np.count_nonzero(difference > CHANGE_LEVELS_MIN)) >= CHANGED_PIXELS_MIN
