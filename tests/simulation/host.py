"""One till of the shop: its computer, which starts, crashes and starts again.

One rule: what survives a crash is the journal's database and nothing else.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from terminal.catalogue import Catalogue
from terminal.catalogue import load as load_catalogue
from terminal.checkout import Checkout, Setup
from terminal.checkout.reception import Reception
from terminal.checkout.trust import Trust
from terminal.cli.build import SaleIds
from terminal.config import SHIPPED, load_funding, load_profile
from terminal.journal import LATEST_TIME, Journal, JournalError
from terminal.profile import Mode, Profile
from terminal.sale.events import Event, Notice
from terminal.sale.funding import FundingRule
from terminal.sale.sale import Sale
from terminal.settlement.client import Platform as Client
from terminal.settlement.dialect import MessageIds, Sender
from terminal.voucher.algorithms import load_public_key
from terminal.voucher.keys import FreshnessLimits, KeyBundle, parse_bundle
from tests.simulation.audit import Auditor
from tests.simulation.network import Line, Network
from tests.simulation.process import Crash, Process
from tests.simulation.storage import OneWriter, Space, already_open, new_database
from tests.simulation.virtual_time import ProcessClock, WallClock

SHOP_CODE = "P63010200001"
PROFILES = {"platform-splits": "sandbox-splits", "terminal-falls-back": "sandbox"}
RESTART_SECONDS = (3.0, 30.0, 300.0)
FULL_SECONDS = (5.0, 120.0)
YEAR_SECONDS = 365 * 24 * 3600
LIMITS = FreshnessLimits(10 * YEAR_SECONDS, 15 * YEAR_SECONDS, 0)


@dataclass(frozen=True)
class Shop:
    """What both tills are made from; read once."""

    profile: Profile
    rule: FundingRule
    catalogue: Catalogue
    bundle: KeyBundle
    root: bytes
    """SubjectPublicKeyInfo of who signed the list."""


@functools.cache
def shop(name: str) -> Shop:
    """By a name of PROFILES; the profile as shipped."""
    profile = load_profile(PROFILES[name], SHIPPED)
    root = load_public_key((SHIPPED / "keys" / "test-root.pub.pem").read_bytes())
    return Shop(
        profile,
        load_funding("qinghai-2024-12", SHIPPED, Mode(profile.mode)),
        load_catalogue(SHIPPED / "catalogues" / "demo.csv"),
        parse_bundle(bundle_bytes(), [root]),
        root,
    )


@functools.cache
def bundle_bytes() -> bytes:
    """The trust list as it is signed."""
    return (SHIPPED / "keys" / "test-bundle.cbor").read_bytes()


class Host:
    def __init__(
        self,
        number: int,
        made: Shop,
        wall: WallClock,
        network: Network,
        *,
        cancel_after_restart: bool,
        on_told: Callable[[Event | Notice, Sale | None], None],
    ) -> None:
        self.number, self._made, self.wall, self._network = number, made, wall, network
        self._cancel_after_restart, self._on_told = cancel_after_restart, on_told
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
            latest = journal.mark(LATEST_TIME)
            sender = Sender(
                SHOP_CODE,
                "示范药房",
                "630102",
                f"000{self.number}",
                "示范收银员",
                made.profile.receiver_code,
                made.profile.interface_version,
                "00:00:5e:00:53:01",
                "192.0.2.1",
            )
            message_ids = MessageIds(SHOP_CODE, self.number, clock.now, journal.latest_message_id())
            client = Client(
                made.profile,
                sender,
                clock.now,
                message_ids,
                Line(self._network, self.number, process),
            )
            trust = Trust(made.bundle, [made.root], LIMITS, lambda data, held: True)
            seen = datetime.fromisoformat(latest) if latest else None
            checkout = Checkout(
                Setup(
                    journal=journal,
                    platform=client,
                    profile=made.profile,
                    rule=made.rule,
                    reception=Reception(made.catalogue, trust, seen),
                    clock=clock,
                    disk=OneWriter(process, self._faults),
                    new_sale_id=SaleIds(self.number, clock.now, journal.greatest_sale_id()),
                    cancel_after_restart=self._cancel_after_restart,
                    trace_codes_required=False,
                )
            )
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
