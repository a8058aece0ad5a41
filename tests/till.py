"""A whole till for tests: the real Checkout, journal and platform client over the real sandbox.

The network is replaced one layer below the client, by the sandbox's own ASGI application; time is
the real one unless a clock is given.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

import httpx
import msgspec
from starlette.applications import Starlette

from terminal.checkout import Checkout
from terminal.cli.build import Plan, open_till, plan, sender_of
from terminal.clock import Clock
from terminal.sale.commands import AddItem, Command, Confirm, Present, Quote, TakeCash
from terminal.sale.events import Event, Notice
from terminal.sale.sale import Sale
from terminal.sandbox.app import create_app
from terminal.sandbox.settings import Settings
from terminal.settlement.dialect import Sender

BOXES = ("6901234567892", "6909876543212", "6971234567895")
"""18.50 甲 + 32.80 乙 + 9.90 自费 = 61.20"""

T = TypeVar("T")


def shipped_plan(profile: str = "sandbox", **changes: str) -> Plan:
    """The demo counter on a shipped profile.  changes  options of the command line"""
    args: dict[str, object] = {
        "counter": "demo",
        "platform": None,
        "profile": profile,
        "keys": None,
        "lang": None,
        "after_restart": None,
        "journal": Path("/nowhere/journal.db"),
    }
    return plan(argparse.Namespace(**(args | changes)))


def without_goods(made: Plan) -> Plan:
    return replace(made, profile=msgspec.structs.replace(made.profile, goods=None))


def make_plan(profile: str = "sandbox", **changes: str) -> Plan:
    """The same with quick schedules, so that tests need not wait; goods are not told, so that the
    messages of a test are those of its sales."""
    made = without_goods(shipped_plan(profile, **changes))
    resolve = msgspec.structs.replace(
        made.profile.resolve,
        ask_at_seconds=(0.0, 0.02, 0.04),
        reverse_every_seconds=(0.02, 0.05),
    )
    timeouts = msgspec.structs.replace(made.profile.timeouts, settle_seconds=2)
    quick = msgspec.structs.replace(made.profile, resolve=resolve, timeouts=timeouts)
    return replace(made, profile=quick)


def at_number(made: Plan, number: int) -> Plan:
    """The same for another till of the shop, whose ids are its own."""
    till = msgspec.structs.replace(made.counter.till, number=number)
    return replace(made, counter=msgspec.structs.replace(made.counter, till=till))


def sender_of_demo() -> Sender:
    """What the demo counter says of itself, on whatever machine the test runs."""
    made = shipped_plan()
    return sender_of(made.counter, made.profile, mac="02:00:00:00:00:01", ip="127.0.0.1")


@dataclass
class Till:
    """One till in front of one sandbox.  `happened` is everything it ever told."""

    checkout: Checkout
    task: asyncio.Task[None]
    sandbox: httpx.AsyncClient
    happened: list[Event | Notice] = field(default_factory=list)

    async def do(self, *commands: Command) -> None:
        """Each command, and what follows from it.  Raises what ended the till, if anything did."""
        for command in commands:
            await self._until_idle()
            self.checkout.do(command)
            await self._until_idle()

    async def _until_idle(self) -> None:
        idle = asyncio.ensure_future(self.checkout.idle())
        await asyncio.wait({idle, self.task}, return_when=asyncio.FIRST_COMPLETED)
        if self.task.done():
            idle.cancel()
            self.task.result()

    async def until_resolved(self) -> None:
        """Waits until nothing at the platform is open, as long as the schedules say."""
        async with asyncio.timeout(20):
            while any(s.unresolved or s.cancelling for s in self.checkout.open):
                await asyncio.sleep(0.01)
                await self._until_idle()

    async def voucher(self, person: str) -> str:
        """The text of a fresh code of this person's."""
        answer = await self.sandbox.get("/vouchers/new", params={"person": person})
        text: str = answer.json()["text"]
        return text

    async def show(self, person: str) -> None:
        await self.do(Present((await self.voucher(person)).encode()))

    async def quoted(self, person: str, boxes: tuple[str, ...] = BOXES) -> Sale:
        """Goods and customer, up to the split on the screen."""
        await self.do(*(AddItem(box) for box in boxes))
        await self.show(person)
        sale = self.checkout.sale
        assert sale
        assert sale.quote, self.happened[-3:]
        return sale

    async def sell(self, person: str) -> Sale:
        """One whole sale, the rest in cash.  Returns it settled."""
        await self.quoted(person)
        await self.do(Confirm())
        if self.checkout.sale:
            await self.do(TakeCash())
        assert self.checkout.last
        return self.checkout.last

    def floor(self, floor_bytes: int) -> None:
        """How much space must be free from now on for a sale to begin."""
        room = self.checkout._book._journal._room
        assert room
        room._floor_bytes = floor_bytes

    async def ledger(self) -> dict[str, object]:
        answer: dict[str, object] = (await self.sandbox.get("/ledger")).json()
        return answer

    async def fault(self, infno: str, kind: str, count: int = 1, seconds: float = 0) -> None:
        fault = {"infno": infno, "kind": kind, "count": count, "seconds": seconds}
        (await self.sandbox.post("/_faults", json=fault)).raise_for_status()

    def told(self, kind: type[T]) -> list[T]:
        return [happened for happened in self.happened if isinstance(happened, kind)]


def sandbox_app(settings: Settings | None = None) -> Starlette:
    return create_app(settings)


@asynccontextmanager
async def open_test_till(
    journal: Path,
    app: Starlette,
    *,
    made: Plan | None = None,
    clock: Clock | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
) -> AsyncIterator[Till]:
    """One boot of a till.

    transport  in front of the sandbox, to lose and delay; else the sandbox itself
    """
    direct = httpx.ASGITransport(app=app)
    async with (
        httpx.AsyncClient(transport=direct, base_url="http://sandbox") as sandbox,
        open_till(
            made or make_plan(), journal, clock=clock, transport=transport or direct
        ) as checkout,
    ):
        happened: list[Event | Notice] = []
        checkout.subscribe(lambda what, sale: happened.append(what))
        task = asyncio.create_task(checkout.run())
        try:
            await asyncio.wait_for(asyncio.shield(_started(checkout, task)), 10)
            yield Till(checkout, task, sandbox, happened)
        finally:
            task.cancel()
            await asyncio.wait({task})


async def _started(checkout: Checkout, task: asyncio.Task[None]) -> None:
    idle = asyncio.ensure_future(checkout.idle())
    await asyncio.wait({idle, task}, return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        idle.cancel()
        task.result()


__all__ = ["BOXES", "Quote", "Till", "make_plan", "open_test_till", "sandbox_app"]
