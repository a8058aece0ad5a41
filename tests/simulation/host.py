"""One till of the shop: its computer, which starts, crashes and starts again.

One rule: what survives a crash is the journal's database and nothing else.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Literal

import msgspec

from terminal.checkout import Checkout, Trust
from terminal.cli.build import Plan, assemble, sender_of
from terminal.journal import Journal, JournalError
from terminal.sale.events import Event, Notice
from terminal.sale.sale import Sale
from terminal.voucher.keys import FreshnessLimits
from tests.simulation.audit import Auditor
from tests.simulation.network import Line, Network
from tests.simulation.process import Crash, Process
from tests.simulation.storage import OneWriter, Space, already_open, new_database
from tests.simulation.virtual_time import ProcessClock, WallClock
from tests.till import shipped_plan, without_goods

PROFILES = {"platform-splits": "sandbox-splits", "terminal-falls-back": "sandbox"}
RESTART_SECONDS = (3.0, 30.0, 300.0)
FULL_SECONDS = (5.0, 120.0)
YEAR_SECONDS = 365 * 24 * 3600
LIMITS = FreshnessLimits(10 * YEAR_SECONDS, 15 * YEAR_SECONDS, 0)


@functools.cache
def shop(name: str) -> Plan:
    """What both tills are made from, by a name of PROFILES; the profile as shipped, but that the
    simulated platform gives no statements and is not told of goods."""
    made = without_goods(shipped_plan(PROFILES[name]))
    return replace(made, profile=msgspec.structs.replace(made.profile, reconciliation=None))


class Host:
    def __init__(
        self,
        number: int,
        made: Plan,
        wall: WallClock,
        network: Network,
        *,
        after_restart: Literal["ask", "cancel"],
        on_told: Callable[[Event | Notice, Sale | None], None],
    ) -> None:
        self.number, self.wall, self._network, self._on_told = number, wall, network, on_told
        till = msgspec.structs.replace(made.counter.till, number=number, operator=f"000{number}")
        counter = msgspec.structs.replace(made.counter, till=till, after_restart=after_restart)
        self._made = replace(made, counter=counter)
        self._loop, self._faults = network.loop, network.faults
        self._auditor: Auditor = network.auditor
        self._full_until = 0.0
        self._space = Space(lambda: self._loop.time() < self._full_until)
        self.key = bytes([number]) * 32
        self.database = new_database()
        self.database.faults = self._faults
        self.database.space = self._space
        self.database.on_full = self._fill
        self.database.on_durable = lambda rows: self._durable(rows)
        self.checkout: Checkout | None = None
        """None while the till is down."""
        self.starts = 0
        self._process = Process()
        self._task: asyncio.Task[None] | None = None

    def _durable(self, rows: list[tuple[int, str, int, str, str, bytes]]) -> None:
        for _, sale_id, version, kind, body, _ in rows:
            self._network.trace("durable", self.number, sale_id, version, kind, body)
        self._auditor.durable(self.number, rows)

    def _fill(self) -> None:
        self._full_until = self._loop.time() + self._faults.uniform(*FULL_SECONDS)

    async def run(self) -> None:
        """For ever: starts, serves, dies, and starts again after a while."""
        while True:
            self._task = asyncio.create_task(self._one_life())
            await asyncio.wait({self._task})
            self.checkout = None
            if not self._faults.enabled:
                self._full_until = 0.0
            await asyncio.sleep(self._rest())

    def _rest(self) -> float:
        return RESTART_SECONDS[int(self._faults.uniform(0, len(RESTART_SECONDS)))]

    async def _one_life(self) -> None:
        process = self._process = self.database.process = Process()
        self.starts += 1
        self._auditor.till_started(self.number)
        why = ""
        try:
            await self._serve(process)
        except Crash as crash:
            why = str(crash)
        except JournalError as error:
            why = f"journal: {error.reason}"
        except asyncio.CancelledError:
            why = "stopped"
        except Exception as bug:
            self._auditor.found(f"till {self.number} dies of a bug: {type(bug).__name__}")
            raise
        finally:
            process.alive = False
            self._network.trace("down", self.number, why)

    async def _serve(self, process: Process) -> None:
        made, clock = self._made, ProcessClock(self._loop, self.wall)
        journal = Journal(
            Path(f"till-{self.number}.db"),
            key=self.key,
            connect=already_open(self.database),
            room=self._space,
        )
        client = None
        try:
            trust = Trust(made.bundle, made.roots, LIMITS, lambda data, held: True)
            sender = sender_of(made.counter, made.profile, "00:00:5e:00:53:01", "192.0.2.1")
            line = Line(self._network, self.number, process)
            disk = OneWriter(process, self._faults)
            checkout, client = assemble(made, journal, clock, disk, trust, sender, line)
            checkout.subscribe(self._told)
            self.checkout = checkout
            await checkout.run()
        finally:
            journal.close()
            if client:
                await client.close()

    def _told(self, what: Event | Notice, sale: Sale | None) -> None:
        self._process.require_alive()
        self._network.trace("told", self.number, what)
        self._auditor.told(self.number, what, sale)
        self._on_told(what, sale)

    def kill(self) -> None:
        """SIGKILL, whatever is going on."""
        self._process.alive = False
        self.stop()

    def stop(self) -> None:
        """SIGTERM: the till is asked to end, in the middle of anything."""
        if self._task:
            self._task.cancel()
