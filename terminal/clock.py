"""The one module that asks the operating system what time it is."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta, timezone
from typing import Protocol

CHINA = timezone(timedelta(hours=8), "CST")
"""China has one time zone and no summer time.  Screens, paper and the wire show it."""


def in_china(iso: str) -> datetime:
    """An instant as the journal writes it, as the wall clock over the counter shows it."""
    return datetime.fromisoformat(iso).astimezone(CHINA)


class Clock(Protocol):
    def now(self) -> datetime:
        """Wall-clock time, aware, UTC.  May jump backwards."""
        ...

    def monotonic(self) -> float:
        """Seconds since an arbitrary origin.  Never goes backwards."""
        ...

    async def sleep(self, seconds: float) -> None: ...


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
