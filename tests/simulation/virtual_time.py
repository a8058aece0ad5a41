"""Time that passes only when nothing is left to do.

One rule: nothing here or above asks the real time, so one seed is one run.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

TURN_SECONDS = 1e-6
"""What one turn of the loop costs: a machine takes time, however little."""
TURNS_MAX = 50_000
"""More turns than anything needs without waiting for a timer."""


class Livelock(Exception):
    """The loop turns and turns and never waits."""


class Stuck(Exception):
    """Everybody waits and nothing will ever happen."""


class _Skipping(selectors.SelectSelector):
    """Instead of waiting for a file, moves the clock to the next timer."""

    now = 0.0
    turns = 0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise Stuck
        self.now += timeout + TURN_SECONDS
        self.turns = self.turns + 1 if timeout < TURN_SECONDS else 0
        if self.turns > TURNS_MAX:
            self.turns = 0
            raise Livelock
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """An ordinary event loop on a clock of its own, which starts at 0."""

    def __init__(self) -> None:
        self._skipping = _Skipping()
        super().__init__(self._skipping)
        self.troubles: list[str] = []
        self.set_exception_handler(self._note)

    def time(self) -> float:
        return self._skipping.now

    def _note(self, _: asyncio.AbstractEventLoop, context: Mapping[str, Any]) -> None:
        exception = context.get("exception")
        if isinstance(exception, Exception):
            self.troubles.append(f"{context.get('message')}: {exception!r}")


class WallClock:
    """What a till believes the time is.  Its error is set by whoever disturbs it."""

    def __init__(self, loop: asyncio.AbstractEventLoop, began: datetime) -> None:
        """began  true time at loop time 0, aware"""
        self._loop, self._began = loop, began
        self.error = timedelta()

    def true(self) -> datetime:
        return self._began + timedelta(seconds=self._loop.time())

    def now(self) -> datetime:
        return self.true() + self.error


class ProcessClock:
    """`terminal.clock.Clock` for one life of a till: its monotonic clock starts with it."""

    def __init__(self, loop: asyncio.AbstractEventLoop, wall: WallClock) -> None:
        self._loop, self._wall = loop, wall
        self._began = loop.time()

    def now(self) -> datetime:
        return self._wall.now()

    def monotonic(self) -> float:
        return self._loop.time() - self._began

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
