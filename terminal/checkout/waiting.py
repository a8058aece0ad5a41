"""Waiting for something or for a time, whichever comes first."""

from __future__ import annotations

import asyncio

from terminal.clock import Clock


async def until(event: asyncio.Event, due: float | None, clock: Clock) -> None:
    """Until `event` is set or the clock reaches `due`, monotonic seconds; None: no time."""
    waits = [asyncio.create_task(_set(event))]
    if due is not None:
        waits.append(asyncio.create_task(clock.sleep(max(0.0, due - clock.monotonic()))))
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()


async def _set(event: asyncio.Event) -> None:
    await event.wait()
