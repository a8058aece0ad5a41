"""Where the journal's work is done: in one thread of its own, so that a slow disk holds up the
sale and never the screen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, TypeVar

T = TypeVar("T")


class Disk(Protocol):
    """Runs the journal's calls one after the other."""

    async def run(self, work: Callable[[], T]) -> T:
        """What `work` returns or raises.  Whoever is cancelled meanwhile ends after it, with what
        it raised if it did: how the last write ended is not lost."""
        ...

    def close(self) -> None:
        """Waits for a call under way."""
        ...


class WriterThread:
    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="journal")

    async def run(self, work: Callable[[], T]) -> T:
        under_way = asyncio.get_running_loop().run_in_executor(self._thread, work)
        try:
            return await asyncio.shield(under_way)
        except asyncio.CancelledError:
            await asyncio.wait({under_way})
            under_way.result()
            raise

    def close(self) -> None:
        self._thread.shutdown()
