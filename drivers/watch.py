"""A camera's frames in, the codes on them out: the ladder, spread over time.

A phone is in view for thirty frames and more.  So each frame gets the cheap rungs, and of the dear
ones as many as its time allows; the next frame goes on where this one stopped.  Where a code was
read, the next frame is read there first.

One rule: what costs time is done where something moved.  An empty counter gets the cheap rungs,
and the dearest of these in every other frame.

The clock is that of `drivers.decode`; the rest is pure.
"""

from __future__ import annotations

from collections.abc import Sequence

from drivers.decode import Climb, Code, Reader, nearest_first
from drivers.gate import Glance, Look
from drivers.ladder import BY_NAME, CHEAP, DEAR, FOCUS, LAST, Rung
from drivers.opencv import Picture
from drivers.region import Region, region_of

LIVE_SECONDS = 0.008
"""Processor time for the dear rungs of one frame."""
SETTLED_SECONDS = 0.5
"""For one frame of a picture that has stopped changing: nothing is happening meanwhile."""
IDLE_EVERY = 8
"""Where nothing moved, one dear rung in so many frames."""
WHOLE_EVERY = 4
"""While a code is held in view, the rest of the picture is looked at in one frame of so many."""
GOODS_EVERY = 5
"""With `goods`, one frame in so many is also searched for bar codes."""
TRACK_MARGIN = 0.25
"""How far a hand moves a code from one frame to the next, as a share of its size."""


class Watch:
    """One for each camera."""

    def __init__(self, reader: Reader, *, goods: bool = False) -> None:
        self._reader = reader
        self._goods = goods
        self._frames = 0
        self._dear_turn = 0
        self._focus_turn = 0
        self._tracked: tuple[Code, ...] = ()

    def read(self, luma: Picture, glance: Glance) -> list[Code]:
        """The codes in the next frame, nearest the centre first.

        luma     (H, W) uint8; not modified
        glance   what the gate made of it; not SKIP
        """
        self._frames += 1
        is_settled = glance.look is Look.SETTLED
        climb = Climb(self._reader, luma, SETTLED_SECONDS if is_settled else LIVE_SECONDS)
        codes: list[Code] = []
        if not is_settled and self._frames % WHOLE_EVERY:
            codes = self._where_they_were(climb)
        is_idle = glance.look is Look.LIVE and glance.moved is None
        codes = codes or climb.whole(CHEAP[:-1] if is_idle and self._frames % 2 else CHEAP)
        if not codes and is_settled:
            codes = climb.focus() or climb.by_and_by(DEAR + LAST)
        elif not codes:
            codes = self._by_turns(climb, glance.moved)
        self._tracked = tuple(codes)
        if self._goods and (glance.look is not Look.LIVE or self._frames % GOODS_EVERY == 0):
            codes = codes + climb.goods()
        return nearest_first(codes, luma)

    def _where_they_were(self, climb: Climb) -> list[Code]:
        """All that were in view, or nothing: what is gone may have moved further."""
        codes: list[Code] = []
        for code in self._tracked:
            region = region_of(code.corners).wider(TRACK_MARGIN)
            rung = BY_NAME[code.rung]
            found = climb.whole(CHEAP if rung in CHEAP else (rung,), region)
            if not found:
                return []
            codes += found
        return codes

    def _by_turns(self, climb: Climb, moved: Region | None) -> list[Code]:
        focus = _turned(FOCUS, self._focus_turn)
        codes = climb.focus(focus)
        if not codes and (moved is not None or self._frames % IDLE_EVERY == 0):
            codes = climb.by_and_by(_turned(DEAR, self._dear_turn), moved, focus)
        self._dear_turn += climb.dear_climbed
        self._focus_turn += climb.focus_climbed
        return codes


def _turned(rungs: Sequence[Rung], turn: int) -> tuple[Rung, ...]:
    """The same rungs, beginning with another."""
    start = turn % len(rungs)
    return (*rungs[start:], *rungs[:start])
