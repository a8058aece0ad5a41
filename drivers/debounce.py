"""A code held in front of a scanner is one scan.

One rule: a payload is new again only after it was out of view for `hold_seconds`, by the time of
the frames, not of the machine that was busy reading them.
"""

from __future__ import annotations

REMEMBERED_MAX = 64
"""Payloads in view, or recently so.  A counter shows one or two."""


class Debounce:
    """Pure: the time is an argument.  One for each scanner."""

    def __init__(self, hold_seconds: float) -> None:
        self._hold_seconds = hold_seconds
        self._seen_at: dict[bytes, float] = {}

    def is_new(self, payload: bytes, at: float) -> bool:
        """Whether this sighting is to be reported; remembers it either way.

        at       when it was captured, seconds
        """
        is_new = not self.holds(payload, at)
        self._seen_at.pop(payload, None)
        self._seen_at[payload] = at
        if len(self._seen_at) > REMEMBERED_MAX:
            del self._seen_at[next(iter(self._seen_at))]
        return is_new

    def holds(self, payload: bytes, at: float) -> bool:
        """Whether a sighting then would be no news.  Remembers nothing."""
        seen_at = self._seen_at.get(payload)
        return seen_at is not None and at - seen_at < self._hold_seconds
