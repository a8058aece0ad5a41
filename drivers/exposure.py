"""Which of several exposure times a camera uses: the one that read last, until it reads no more.

A camera's automatic meters the room and burns out a phone's screen, and no single time suits both
a bright phone and a dim one.  So where something moves and nothing is read, the others are tried,
once round; then the best one is back until the counter has come to rest.

One rule: trying changes the picture, and what changes the picture looks like somebody moving.  A
round is therefore followed by rest, or an empty counter would be tried for ever.

Pure: the time is an argument.
"""

from __future__ import annotations

from drivers.gate import SETTLE_SECONDS, Look

TRY_SECONDS = 0.2
"""For one exposure: a camera takes about three frames to obey, and the ladder some to climb."""
REST_SECONDS = 2 * SETTLE_SECONDS
"""After a round.  Longer than the last change of exposure takes to settle."""


class Bracket:
    """One for each camera that has its exposure set by us.

    exposures  one or more, the usual one first
    """

    def __init__(self, exposures: tuple[int, ...]) -> None:
        assert exposures
        self._exposures = exposures
        self._best = 0
        self._now = 0
        self._tried = 0
        self._since: float | None = None
        self._rests_until = 0.0

    @property
    def now(self) -> int:
        """What the camera should be at; to be told again to one that was opened again."""
        return self._exposures[self._now]

    def next(self, look: Look, *, is_read: bool, at: float) -> int | None:
        """The exposure to change to, if any.

        look     what the gate made of the frame; SKIP and STILL mean that nothing moves
        is_read  whether a code was read in it
        at       when it was captured, seconds
        """
        if is_read:
            self._best = self._now
        if is_read or look is not Look.LIVE:
            self._since = None
            return self._back(at) if self._tried else None
        if len(self._exposures) == 1 or at < self._rests_until:
            return None
        if self._since is None:
            self._since = at
        if at - self._since < TRY_SECONDS:
            return None
        self._since = at
        self._tried += 1
        if self._tried == len(self._exposures):
            return self._back(at)
        self._now = (self._now + 1) % len(self._exposures)
        return self._exposures[self._now]

    def _back(self, at: float) -> int | None:
        """To the best one, and rest."""
        self._tried, self._since = 0, None
        self._rests_until = at + REST_SECONDS
        if self._now == self._best:
            return None
        self._now = self._best
        return self._exposures[self._best]
