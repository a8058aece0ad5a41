"""A camera's frames in, the codes on them out: the ladder, spread over time.

A phone is in view for thirty frames and more.  So each frame gets the cheap rungs, and of the dear
ones as many as its time allows; the next frame goes on where this one stopped.  Where a code was
read, the next frame is read there first.

No frame holds up the next for long: a phone may come any moment.

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
from drivers.region import region_of

LIVE_SECONDS = 0.008
"""Processor time for the dear rungs of one frame."""
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
        self.sees_unread = False
        """Whether the shape of a code was seen in the latest frame, and nothing was read."""

    def read(self, luma: Picture, glance: Glance) -> list[Code]:
        """The codes in the next frame, nearest the centre first.

        luma     (H, W) uint8; not modified
        glance   what the gate made of it; not SKIP
        """
        self._frames += 1
        climb = Climb(self._reader, luma, LIVE_SECONDS)
        codes: list[Code] = []
        if self._frames % WHOLE_EVERY:
            codes = self._where_they_were(climb)
        is_idle = glance.look is Look.LIVE and glance.moved is None
        codes = codes or climb.whole(CHEAP[:-1] if is_idle and self._frames % 2 else CHEAP)
        codes = codes or self._by_turns(climb, glance)
        self._tracked = tuple(codes)
        self.sees_unread = not codes and bool(climb.located)
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

    def _by_turns(self, climb: Climb, glance: Glance) -> list[Code]:
        focus = _turned(FOCUS, self._focus_turn)
        codes = climb.focus(focus)
        is_settled = glance.look is Look.SETTLED
        if not codes and (is_settled or glance.moved is not None or self._is_turn_of_idle):
            dear = DEAR + LAST if is_settled else DEAR
            codes = climb.by_and_by(_turned(dear, self._dear_turn), glance.moved, focus)
        self._dear_turn += climb.dear_climbed
        self._focus_turn += climb.focus_climbed
        return codes

    @property
    def _is_turn_of_idle(self) -> bool:
        return self._frames % IDLE_EVERY == 0


def _turned(rungs: Sequence[Rung], turn: int) -> tuple[Rung, ...]:
    """The same rungs, beginning with another."""
    start = turn % len(rungs)
    return (*rungs[start:], *rungs[:start])
