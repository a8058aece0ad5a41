"""Whether a press of Enter was meant for what the screen shows now.

One rule: a step that moves money is taken only when what it agrees to has been on the screen for a
moment, and never from a key that is held down or struck twice.  Pure.
"""

from __future__ import annotations

QUIET_SECONDS = 0.6
"""Longer than the delay before a held key begins to repeat (250 to 500 ms on usual systems)."""


class Pace:
    def __init__(self) -> None:
        self._shown: object = None
        self._shown_at = float("-inf")
        self._enter_at = float("-inf")

    def showing(self, what: object, now: float) -> None:
        """What Enter would agree to, as it is drawn; now: seconds of the monotonic clock."""
        if what != self._shown:
            self._shown, self._shown_at = what, now

    def enter(self, what: object, now: float) -> bool:
        """Whether an Enter at `now` may agree to `what`.  Counts as a press either way."""
        last, self._enter_at = self._enter_at, now
        settled = what == self._shown and now - self._shown_at >= QUIET_SECONDS
        return settled and now - last >= QUIET_SECONDS
