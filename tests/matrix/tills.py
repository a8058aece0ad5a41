"""What a till is made of here: the product's parts, and the clock, disk and files below them."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec

from terminal.checkout import Checkout, Trust
from terminal.checkout.book import Book
from terminal.checkout.settling import Settling
from terminal.cli.build import Plan, assemble, limits_of, sender_of
from terminal.journal import Journal
from terminal.sale.events import Entry, Event, Notice
from terminal.settlement.client import Platform
from tests.matrix.disk import Killed, OneWriter, Process, Weather
from tests.matrix.edges import Place
from tests.matrix.virtual_time import VirtualLoop
from tests.till import shipped_plan, without_goods

BEGAN = datetime(2026, 11, 20, 15, 50, tzinfo=UTC)
"""Ten minutes to midnight in China, so that midnight can fall into anything."""


@functools.cache
def demo_plan() -> Plan:
    """The shipped demonstration counter on the profile where the terminal falls back."""
    return without_goods(shipped_plan())


@dataclass
class Design:
    """What is tested: the product, or a design known to be wrong."""

    settling: type[Settling] = Settling
    checkout: type[Checkout] = Checkout
    book: type[Book] = Book
    capabilities: dict[str, bool] = field(default_factory=dict)
    """Promises of the platform profile that differ from the shipped one."""
    settings: dict[str, Any] = field(default_factory=dict)
    """How the sandbox differs from the shipped one."""


class WallClock:
    """True time, and what a till believes."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop
        self.skipped = timedelta()
        """By how much true time was moved on, for everybody."""
        self.error = timedelta()
        """By how much the till's clock is wrong."""

    def true(self) -> datetime:
        return BEGAN + timedelta(seconds=self._loop.time()) + self.skipped

    def now(self) -> datetime:
        return self.true() + self.error


class TillClock:
    """`terminal.clock.Clock` of one process."""

    def __init__(self, wall: WallClock, loop: VirtualLoop, process: Process) -> None:
        self._wall, self._loop, self._began = wall, loop, loop.time()
        self.process = process

    def now(self) -> datetime:
        return self._wall.now()

    def monotonic(self) -> float:
        return self._loop.time() - self._began

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class WatchedJournal(Journal):
    """The product's journal, which says when it is about to write and when it has written."""

    cross: Callable[[Place, tuple[Entry, ...]], None]

    def append(self, *entries: Entry) -> None:
        self.cross(Place.WRITING, entries)
        super().append(*entries)
        self.cross(Place.WRITTEN, entries)

    def append_unseen(self, *entries: Entry) -> None:
        super().append(*entries)

    def ended_after(self, seq: int) -> list[Entry]:
        self.cross(Place.DAY_ASKED, ())
        ended = super().ended_after(seq)
        self.cross(Place.DAY_READ, ())
        return ended

    def close_day(self, body: str) -> tuple[int, str]:
        written = super().close_day(body)
        self.cross(Place.DAY_WRITTEN, ())
        return written


@dataclass
class Life:
    """One process of one till."""

    process: Process
    journal: WatchedJournal
    checkout: Checkout
    platform: Platform
    task: asyncio.Task[None]
    happened: list[Event | Notice]

    async def quiet(self) -> None:
        """Until the till has nothing to do, or is no more."""
        idle = asyncio.ensure_future(self.checkout.idle())
        await asyncio.wait({idle, self.task}, return_when=asyncio.FIRST_COMPLETED)
        idle.cancel()

    def told(self, kind: type) -> bool:
        return any(isinstance(happened, kind) for happened in self.happened)


class Post:
    """What there is of one till besides its processes."""

    def __init__(self, number: int, folder: Path) -> None:
        self.number = number
        self.operator = f"{number:04d}"
        self.weather = Weather()
        folder.mkdir()
        self.folder = folder
        self.path = folder / "journal.db"
        self.life: Life | None = None
        self.starts = 0
        self.copies = 0
        self.after_death: list[Callable[[], None]] = []
        """What happens to the files before the next start."""
        self.expected: tuple[type[BaseException], ...] = (Killed,)
        """What this till may die of."""
        self.oldest: Path | None = None
        """A copy of the journal from before the run."""
        self.undamaged: Path | None = None
        """What a person puts back where the journal at `path` is refused."""


def _trust(made: Plan) -> Trust:
    """The counter's own list of issuers; a newer one is not what is tested here."""
    limits = limits_of(made.counter)
    return Trust(made.bundle, made.roots, limits, lambda data, held: False)


def compose(
    post: Post,
    made: Plan,
    design: Design,
    clock: TillClock,
    journal: Journal,
    line: httpx.AsyncBaseTransport,
) -> tuple[Checkout, Platform]:
    """The product's own till on this post's disk and network."""
    till = msgspec.structs.replace(made.counter.till, number=post.number, operator=post.operator)
    made = replace(made, counter=msgspec.structs.replace(made.counter, till=till))
    disk = OneWriter(post.weather, clock.process)
    sender = sender_of(made.counter, made.profile, "00:00:5e:00:53:01", "192.0.2.1")
    checkout, platform = assemble(
        made, journal, clock, disk, _trust(made), sender, line, design.checkout
    )
    # A wrong design differs from the product in what one class does, not in how it is put together.
    checkout._settling.__class__ = design.settling
    checkout._book.__class__ = design.book
    return checkout, platform
