"""When to ask again: pure schedules for what has no answer yet."""

from __future__ import annotations

from dataclasses import dataclass, replace

from terminal.profile import Resolve

EARLY_SECONDS = 0.001
"""A timer may wake this much before its time: a clock has a grain, and sums of floats round."""


class Seldom:
    """What may be asked without being told to, but not often."""

    def __init__(self, every_seconds: float) -> None:
        self._every_seconds = every_seconds
        self._next = float("-inf")

    def may(self, monotonic: float) -> bool:
        """Whether it is time again; True counts as having asked."""
        if monotonic < self._next:
            return False
        self._next = monotonic + self._every_seconds
        return True


@dataclass(frozen=True, slots=True)
class Patience:
    """How often one open question was tried, and when the next try is due.

    Times are seconds of the till's monotonic clock.  Kept in memory only: after a restart every
    schedule begins anew, which asks more often than needed and never too little.
    """

    began: float
    due: float
    tries: int = 0

    def is_due(self, now: float) -> bool:
        return now >= self.due - EARLY_SECONDS

    def asked(self, resolve: Resolve, now: float) -> Patience | None:
        """After one more unanswered question; None when it is time to take the charge back."""
        tries = self.tries + 1
        if tries >= len(resolve.ask_at_seconds):
            return None
        return replace(self, tries=tries, due=max(now, self.began + resolve.ask_at_seconds[tries]))

    def reversed_in_vain(self, resolve: Resolve, now: float) -> Patience:
        waits = resolve.reverse_every_seconds
        return replace(self, tries=self.tries + 1, due=now + waits[min(self.tries, len(waits) - 1)])

    def gives_up_at(self, resolve: Resolve) -> float:
        return self.began + resolve.ask_at_seconds[-1]


def begin(resolve: Resolve, now: float) -> Patience:
    """A question that has just become open; first asked at the first time of the profile."""
    return Patience(now, now + resolve.ask_at_seconds[0])


def begin_reversing(now: float) -> Patience:
    """A reversal is tried at once."""
    return Patience(now, now)
