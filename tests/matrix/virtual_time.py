"""An event loop whose time passes only when nobody has anything to do.

The sandbox answers from worker threads, so the loop waits for those in earnest; everything else
that waits - a time-out, a schedule, a lost reply - costs nothing.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Mapping
from typing import Any

TURNS_MAX = 20_000
"""More turns of the loop than anything needs without time passing."""
TURNS_FREE = 200
"""After so many, each turn takes a while, as it does in earnest: a wait for less than the clock
can tell apart must end."""
TURN_SECONDS = 1e-6
THREAD_SECONDS_MAX = 60.0
"""How long a worker thread may take, in real seconds."""


class Stuck(Exception):
    """Everybody waits for something that will never happen, or time stands still."""


class _Skipping(selectors.SelectSelector):
    """Instead of waiting, moves the clock to the next timer."""

    now = 0.0
    threads = 0
    """How many calls are being carried out by worker threads."""
    turns = 0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.turns += 1
        if self.turns > TURNS_MAX:
            self.turns = 0
            raise Stuck("time stands still")
        if self.turns > TURNS_FREE and not self.threads:
            self.now += TURN_SECONDS
        if self.threads:
            ready = super().select(timeout if timeout == 0 else THREAD_SECONDS_MAX)
            if not ready and timeout != 0:
                raise Stuck("a worker thread does not come back")
            return ready
        ready = super().select(0)
        if ready or timeout == 0:
            return ready
        if timeout is None:
            raise Stuck("nothing will ever happen")
        self.now += timeout
        self.turns = 0
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """Starts at second 0."""

    def __init__(self) -> None:
        self._skipping = _Skipping()
        super().__init__(self._skipping)
        self.troubles: list[BaseException] = []
        """What background tasks ended with and nobody looked at."""
        self.set_exception_handler(self._note)

    def time(self) -> float:
        return self._skipping.now

    def freeze(self, seconds: float) -> None:
        """Time passes and nothing is done meanwhile, as when the process hangs."""
        self._skipping.now += seconds

    def thread_begins(self) -> None:
        self._skipping.threads += 1

    def thread_ends(self) -> None:
        self._skipping.threads -= 1

    def _note(self, _: asyncio.AbstractEventLoop, context: Mapping[str, Any]) -> None:
        if (exception := context.get("exception")) is not None:
            self.troubles.append(exception)
