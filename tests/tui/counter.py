"""The screen in front of a whole till: real Checkout, journal, client and sandbox; keys by Pilot.

Only the screen's own clock is ahead by hand, so that no test waits for a pause between two keys.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import msgspec
from starlette.applications import Starlette
from textual import events
from textual.keys import _character_to_key
from textual.pilot import Pilot

from terminal.cli.build import Plan
from terminal.clock import SystemClock
from terminal.config import load_profile
from terminal.sale.events import Event, Notice
from terminal.sale.sale import Sale
from terminal.sale.steps import Phase
from terminal.tui import DemoControls, ShopFacts, TillApp
from terminal.tui.cells import flow, width
from terminal.tui.widgets.status import StatusPanel
from tests.till import Till, make_plan, open_test_till, sandbox_app

SMALL, LARGE = (80, 24), (160, 48)
CHARACTERS = {"enter": "\r", "tab": "\t", "ctrl+j": "\n", "space": " ", "ctrl+b": "\x02"}


HASTY_SECONDS, SCANNER_SECONDS = 0.06, 0.005
"""Between two keys."""


def key_event(key: str, at: float) -> events.Key:
    """A key as the input thread hands it on; key: a character, or as Textual names it."""
    character = key if len(key) == 1 else CHARACTERS.get(key)
    name = _character_to_key(key) if len(key) == 1 and not key.isalnum() else key
    event = events.Key(name, character)
    event.time = at
    return event


class ScreenClock(SystemClock):
    """The real time, `ahead` seconds later."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=self.ahead)

    def monotonic(self) -> float:
        return super().monotonic() + self.ahead


class Network(httpx.ASGITransport):
    """The way to the sandbox: closed for some transactions, and for others held up at will."""

    def __init__(self, app: Starlette, unreachable: Sequence[str]) -> None:
        super().__init__(app=app)
        self._unreachable = tuple(unreachable)
        self._gates: dict[str, asyncio.Event] = {}

    def hold(self, transaction: str) -> asyncio.Event:
        """From now on such a request gets no answer before the returned event is set."""
        return self._gates.setdefault(transaction, asyncio.Event())

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        transaction = json.loads(await request.aread())["infno"]
        if transaction in self._unreachable:
            raise httpx.ConnectError("no route", request=request)
        response = await super().handle_async_request(request)
        if gate := self._gates.get(transaction):
            await gate.wait()
        return response


class RungApp(TillApp):
    """Counts its bells instead of ringing them."""

    bells = 0

    def bell(self) -> None:
        self.bells += 1


@dataclass
class Counter:
    """A clerk's place: the till, the screen, and hands on the keyboard."""

    till: Till
    app: RungApp
    pilot: Pilot[None]
    clock: ScreenClock
    network: Network
    slips: list[Sale] = field(default_factory=list)
    key_at: float = 0.0
    """When the terminal saw the last key, seconds."""

    async def press(self, *keys: str) -> None:
        """Each key after a pause long enough to read the screen, and what follows from it."""
        for key in keys:
            self.clock.ahead += 1
            await self.strike(key)

    async def strike(self, *keys: str, gap_seconds: float = HASTY_SECONDS) -> None:
        """Keys as fast as a hasty clerk strikes them, or at another pace."""
        for key in keys:
            self.key_at += gap_seconds
            self.app.post_message(key_event(key, self.key_at))
        await self.settle()

    async def type(self, text: str) -> None:
        await self.strike(*text)

    async def scan(self, text: str, *ends: str) -> None:
        """As a scanner types it; after the last key a pause."""
        await self.strike(*text, *ends, gap_seconds=SCANNER_SECONDS)
        self.key_at += 1

    async def settle(self) -> None:
        """Until the till is idle and the screen has drawn it.  Raises what ended the till."""
        await self.pilot.pause()
        async with asyncio.timeout(30):
            while self.app.is_judging_keys or self.app._tasks:
                await self.pilot.pause(0.01)
        idle = asyncio.ensure_future(self.till.checkout.idle())
        await asyncio.wait({idle, self.till.task}, timeout=10, return_when=asyncio.FIRST_COMPLETED)
        assert idle.done() or self.till.task.done(), "the till is busy for ten seconds"
        idle.cancel()
        if self.till.task.done():
            self.till.task.result()
        await self.pilot.pause()
        self.app.redraw()
        await self.pilot.pause()

    async def quoted(self, person: str, boxes: tuple[str, ...] | None = None) -> Sale:
        sale = await (self.till.quoted(person, boxes) if boxes else self.till.quoted(person))
        await self.settle()
        return sale

    def phase(self) -> Phase:
        return self.till.checkout.phase

    @property
    def text(self) -> str:
        """What can be read on the screen now, dialogs and what shows around them included."""
        strips = self.app.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in strip) for strip in strips)

    def says(self, key: str, **values: object) -> bool:
        """Whether the status panel says this message, wrapped as it may be."""
        words = self.app.desk.words
        labels = (words.say(f"screen.{label}") for label in ("happened", "money", "next"))
        panel = self.app.screen_stack[0].query_one(StatusPanel)
        cells = panel.content_size.width - max(width(label) for label in labels) - 4
        return all(row in self.text for row in flow(words.say(key, **values), cells, 9))

    @property
    def happened(self) -> Sequence[Event | Notice]:
        return self.till.happened


def unhurried(profile: str) -> Plan:
    """The demo counter with the schedules it is shipped with, so that a wait can be seen."""
    made = make_plan(profile)
    shipped = load_profile(made.counter.platform, Path())
    patient = msgspec.structs.replace(made.profile, resolve=shipped.resolve)
    return replace(made, profile=patient)


@asynccontextmanager
async def counter(
    folder: Path,
    *,
    size: tuple[int, int] = SMALL,
    language: str = "zh",
    profile: str = "sandbox",
    app: Starlette | None = None,
    made: Plan | None = None,
    demo: DemoControls | None = None,
    unreachable: Sequence[str] = (),
) -> AsyncIterator[Counter]:
    """One boot of a till with its screen.

    app          the sandbox, kept for a second boot
    unreachable  transactions for which no connection can be made
    """
    made = made or make_plan(profile)
    app = app or sandbox_app()
    network = Network(app, unreachable)
    async with open_test_till(folder / "journal.db", app, made=made, transport=network) as till:
        clock = ScreenClock()
        slips: list[Sale] = []
        shop = made.counter.shop
        screen = RungApp(
            till.checkout,
            made.words,
            ShopFacts(shop.name, made.counter.till.number, made.counter.till.operator, shop.region),
            clock,
            language=language,
            search=made.catalogue.search,
            on_slip=slips.append,
            demo=demo,
        )
        async with screen.run_test(size=size) as pilot:
            at_counter = Counter(till, screen, pilot, clock, network, slips)
            await at_counter.settle()
            yield at_counter
