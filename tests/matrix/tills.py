"""What a till is made of here: the product's parts, and the clock, disk and files below them."""

from __future__ import annotations

import argparse
import asyncio
import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from terminal.checkout import Checkout, Setup, Trust
from terminal.checkout.book import Book
from terminal.checkout.reception import Reception
from terminal.checkout.settling import Settling
from terminal.cli.build import Plan, SaleIds, plan
from terminal.journal import LATEST_TIME, Journal
from terminal.sale.events import Entry, Event, Notice
from terminal.settlement.client import Platform
from terminal.settlement.dialect import MessageIds, Sender
from terminal.voucher.keys import FreshnessLimits
from tests.matrix.disk import Killed, OneWriter, Process, Weather
from tests.matrix.edges import Place
from tests.matrix.virtual_time import VirtualLoop

DAY_SECONDS = 86_400
BEGAN = datetime(2026, 11, 20, 15, 50, tzinfo=UTC)
"""Ten minutes to midnight in China, so that midnight can fall into anything."""


@functools.cache
def demo_plan() -> Plan:
    """The shipped demonstration counter on the profile where the terminal falls back."""
    args = ("platform", "keys", "lang", "after_restart")
    return plan(argparse.Namespace(counter="demo", profile="sandbox", **dict.fromkeys(args)))


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
    keys = made.counter.keys
    days = (keys.warn_after_days, keys.refuse_after_days, keys.warn_before_end_days)
    limits = FreshnessLimits(*(number * DAY_SECONDS for number in days))
    return Trust(made.bundle, made.roots, limits, lambda data, held: False)


def compose(
    post: Post,
    made: Plan,
    design: Design,
    clock: TillClock,
    journal: Journal,
    line: httpx.AsyncBaseTransport,
) -> tuple[Checkout, Platform]:
    """A till out of the product's own parts, put together as `terminal.cli.build` does."""
    counter = made.counter
    sender = Sender(
        counter.shop.code,
        counter.shop.name,
        counter.shop.region,
        post.operator,
        counter.till.operator_name,
        made.profile.receiver_code,
        made.profile.interface_version,
        "00:00:5e:00:53:01",
        "192.0.2.1",
    )
    message_ids = MessageIds(counter.shop.code, post.number, clock.now, journal.latest_message_id())
    platform = Platform(made.profile, sender, clock.now, message_ids, line)
    latest = journal.mark(LATEST_TIME)
    seen = datetime.fromisoformat(latest) if latest else None
    checkout = design.checkout(
        Setup(
            journal,
            platform,
            made.profile,
            made.rule,
            Reception(made.catalogue, _trust(made), seen),
            clock,
            OneWriter(post.weather, clock.process),
            SaleIds(post.number, clock.now, journal.greatest_sale_id()),
            False,
            False,
        )
    )
    # A wrong design differs from the product in what one class does, not in how it is put together.
    checkout._settling.__class__ = design.settling
    checkout._book.__class__ = design.book
    return checkout, platform
