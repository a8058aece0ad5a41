"""Watching a scanner from a test: its scans, its news, and what it leaves behind."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from drivers import Scan, ScannerState, ScannerStatus

PATIENCE_SECONDS = 15.0
"""After which a test gives up; never how long it usually takes."""


async def take(scans: AsyncIterator[Scan], count: int) -> list[Scan]:
    async with asyncio.timeout(PATIENCE_SECONDS):
        return [await anext(scans) for _ in range(count)]


async def nothing_comes(scans: AsyncIterator[Scan], seconds: float) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(seconds):
            await anext(scans)


@dataclass
class News:
    """An `on_status` that remembers when it was told what, and by which thread."""

    told: list[tuple[float, ScannerStatus]] = field(default_factory=list)
    threads: set[int] = field(default_factory=set)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def __call__(self, status: ScannerStatus) -> None:
        self.threads.add(threading.get_ident())
        self.told.append((time.monotonic(), status))
        self.changed.set()

    @property
    def states(self) -> list[ScannerState]:
        return [status.state for _, status in self.told]

    async def wait_for(self, states: int) -> tuple[float, ScannerStatus]:
        """The newest news, once so many have been told; and when that was."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while len(self.told) < states:
                self.changed.clear()
                await self.changed.wait()
        return self.told[states - 1]


def open_files() -> set[str]:
    """Descriptor and target of each open file, but for what comes and goes by itself."""
    files = set()
    for name in os.listdir("/proc/self/fd"):
        try:
            files.add(f"{name} {os.readlink(f'/proc/self/fd/{name}')}")
        except FileNotFoundError:
            continue
    return files


@contextmanager
def nothing_left_behind() -> Iterator[None]:
    """Every thread started inside has ended, every file opened inside is closed."""
    threads, files = set(threading.enumerate()), open_files()
    yield
    assert set(threading.enumerate()) - threads == set()
    assert open_files() - files == set()


@contextmanager
def nobody() -> Iterator[None]:
    """As a user without rights of any kind; root may open everything."""
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)
