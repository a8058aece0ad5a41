"""One day at the counter, from one seed: sales under faults, then healing, then the audit.

One rule: everything that happens is decided by the seed and the options, to the byte.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import msgspec

from terminal.cli import build
from tests.simulation.audit import Auditor
from tests.simulation.clerk import Clerk
from tests.simulation.faults import Faults
from tests.simulation.host import Host, shop
from tests.simulation.network import Network
from tests.simulation.people import Code, Person, a_person, show_code
from tests.simulation.platform import Platform
from tests.simulation.records import Manners, Promises
from tests.simulation.virtual_time import Livelock, Stuck, VirtualLoop, WallClock

SALES_A_DAY = 20
BEGINS = datetime(2026, 3, 2, tzinfo=UTC)
HEALED_SECONDS = 24 * 3600.0
SALE_SECONDS = 45.0
"""What a customer takes, roughly: faults that come once a day come within the sales."""
OUTAGE_SECONDS = (5.0, 30.0, 120.0, 600.0)
CLOCK_ERRORS = (timedelta(hours=1), timedelta(hours=-1), timedelta(days=-1))
DAILY_MAX = 2
"""Outages, clock jumps and kills: at most this often a day each."""


@dataclass(frozen=True)
class Plan:
    """What a day is made from; equal plans are equal days."""

    seed: int
    profile: str
    sales: int = SALES_A_DAY
    hostility: int = 1
    left_out: frozenset[int] = frozenset()
    """Numbers of faults that do not strike."""
    skipped: frozenset[int] = frozenset()
    """Numbers of customers who do not come."""
    strict_reversals: bool = False
    """A reversal by message id that finds nothing to reverse is refused."""
    likelier: tuple[tuple[str, float], ...] = ()
    """Kinds of fault, and how many times as often as usual each strikes."""


@dataclass
class Outcome:
    plan: Plan
    violations: list[str] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)
    people: Counter[str] = field(default_factory=Counter)
    endings: Counter[str] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)
    unresolved: int = 0
    faults_drawn: int = 0
    trace: list[tuple[object, ...]] = field(default_factory=list)

    def digest(self) -> str:
        """Of everything that happened, in order."""
        whole = hashlib.sha256()
        for line in self.trace:
            whole.update(repr(line).encode())
        return whole.hexdigest()


def run(plan: Plan) -> Outcome:
    """Lives one day.  Returns at the first violation, or after the audit at the end."""
    loop = VirtualLoop()
    outcome = Outcome(plan)
    day = Day(plan, loop, outcome)
    try:
        loop.run_until_complete(day.live())
    except Livelock:
        outcome.violations.append("the till turns and turns while no time passes")
    except Stuck:
        outcome.violations.append("everybody waits for ever")
    finally:
        day.over = True
        _cancel_all(loop)
        loop.close()
        day.end()
    outcome.violations += loop.troubles
    return outcome


def _cancel_all(loop: asyncio.AbstractEventLoop) -> None:
    tasks = asyncio.all_tasks(loop)
    for task in tasks:
        task.cancel()
    if tasks:
        loop.run_until_complete(asyncio.wait(tasks, timeout=1.0))


class Day:
    def __init__(self, plan: Plan, loop: VirtualLoop, outcome: Outcome) -> None:
        self._plan, self._loop, self._outcome = plan, loop, outcome
        rng = self._rng = random.Random(f"{plan.seed} day")
        self._broken = loop.create_future()
        self.over = False
        """From now on nothing is noted: what is left is only taken apart, in no order."""
        self._faults = Faults(
            f"{plan.seed} faults",
            plan.hostility,
            plan.left_out,
            self._struck,
            dict(plan.likelier),
        )
        made, promises = _made(plan, rng)
        begins = BEGINS + timedelta(minutes=rng.randrange(24 * 60))
        self._true = WallClock(loop, begins)
        self._auditor = Auditor(loop.time, self._found)
        self._platform = Platform(
            self._auditor.books,
            promises,
            Manners.draw(rng, promises, strict_reversals=plan.strict_reversals),
            self._faults,
            random.Random(f"{plan.seed} platform"),
            self._true.now,
            loop.call_later,
            self._found,
        )
        self._network = Network(
            loop, self._platform, self._faults, self._auditor, self._note, made.bundle_data
        )
        self._people = self._enrol(rng)
        self._shown: list[Code] = []
        tills = 2 if rng.random() < 0.35 else 1
        self._hosts = [self._host(number, made, begins) for number in range(1, tills + 1)]
        self._clerks: list[Clerk] = []

    def _enrol(self, rng: random.Random) -> list[Person]:
        people = [a_person(rng, number) for number in range(1, rng.randint(4, 10))]
        for person in people:
            self._platform.enrol(person)
            self._auditor.keep_secret(person.name, person.certno)
        self._auditor.keep_secret("YB1:")
        return people

    def _host(self, number: int, made: build.Plan, begins: datetime) -> Host:
        return Host(
            number,
            made,
            WallClock(self._loop, begins),
            self._network,
            after_restart="cancel" if self._rng.random() < 0.5 else "ask",
            on_told=lambda what, sale: self._clerks[number - 1].told(what, sale),
        )

    # -- what is noted

    def _note(self, what: str, *details: object) -> None:
        if self.over:
            return
        self._outcome.trace.append((round(self._loop.time(), 6), what, *details))
        if what == "durable":
            self._outcome.events[str(details[3])] += 1

    def _struck(self, kind: str, number: int) -> None:
        self._note("fault", number, kind)

    def _found(self, violation: str) -> None:
        if self.over:
            return
        self._note("violation", violation)
        self._outcome.violations.append(violation)
        if not self._broken.done():
            self._broken.set_result(None)

    # -- the day

    async def live(self) -> None:
        """Until the end, or the first violation."""
        whole = asyncio.create_task(self._whole())
        await asyncio.wait({whole, self._broken}, return_when=asyncio.FIRST_COMPLETED)
        if whole.done() and (bug := whole.exception()):
            self._found(f"somebody at the counter meets {bug!r}")

    async def _whole(self) -> None:
        self._clerks = [Clerk(host, self._phone, self._shown, self._found) for host in self._hosts]
        running = [asyncio.create_task(host.run()) for host in self._hosts]
        running.append(asyncio.create_task(self._disturb()))
        work = [asyncio.create_task(self._serve(n)) for n in range(len(self._hosts))]
        await asyncio.gather(*work)
        self._heal()
        await asyncio.gather(*(clerk.close() for clerk in self._clerks))
        await asyncio.sleep(HEALED_SECONDS)
        # What a refund left to be settled anew may have come to the counter meanwhile.
        await asyncio.gather(*(clerk.close() for clerk in self._clerks))
        self._outcome.unresolved = sum(
            len(host.checkout.open) if host.checkout else 1 for host in self._hosts
        )
        if self._network.under_way or self._platform.under_way:
            self._found("a request is still under way after a day")
        for host in self._hosts:
            host.kill()
        await asyncio.sleep(3600.0)
        journals = {host.number: (host.database, host.key) for host in self._hosts}
        self._auditor.finish(journals, self._people)

    async def _serve(self, number: int) -> None:
        clerk = self._clerks[number]
        for customer in range(number, self._plan.sales, len(self._hosts)):
            rng = random.Random(f"{self._plan.seed} customer {customer}")
            person = rng.choice(self._people)
            if customer not in self._plan.skipped:
                self._note("customer", number + 1, customer, person.psn_no)
                await clerk.serve(person, rng)

    def _phone(self, rng: random.Random, person: Person, age_seconds: float) -> Code:
        code = show_code(rng, person, self._true.now().timestamp() - age_seconds)
        self._platform.issued(code)
        self._shown.append(code)
        return code

    def _heal(self) -> None:
        self._note("healed")
        self._faults.enabled = False
        self._network.down = False
        for host in self._hosts:
            host.wall.error = timedelta()

    # -- what comes once a day

    async def _disturb(self) -> None:
        rng = random.Random(f"{self._plan.seed} disturber")
        whole = self._plan.sales * SALE_SECONDS / len(self._hosts)
        due: list[tuple[float, str]] = []
        for kind in ("outage", "clock", "kill", "stop") * DAILY_MAX:
            at = rng.uniform(0.0, whole)
            if self._faults.pick(kind):
                due.append((at, kind))
        due += [(rng.uniform(0.0, whole), "spend") for _ in range(self._plan.sales // 2)]
        for at, kind in sorted(due):
            await asyncio.sleep(max(0.0, at - self._loop.time()))
            self._happen(kind, rng)

    def _happen(self, kind: str, rng: random.Random) -> None:
        host = rng.choice(self._hosts)
        person = rng.choice(self._people)
        seconds = rng.choice(OUTAGE_SECONDS)
        error, lasts = rng.choice(CLOCK_ERRORS), rng.uniform(30.0, 600.0)
        if not self._faults.enabled:
            return
        self._note("disturbance", kind)
        match kind:
            case "outage":
                self._network.down = True
                self._loop.call_later(seconds, self._restore)
            case "clock":
                host.wall.error = error
                self._loop.call_later(lasts, self._set_right, host)
            case "kill":
                host.kill()
            case "stop":
                host.stop()
            case "spend" if person.pot:
                self._auditor.books.spend_elsewhere(person.pot, rng.randint(1, 60_000))

    def _restore(self) -> None:
        self._network.down = False

    def _set_right(self, host: Host) -> None:
        host.wall.error = timedelta()

    def end(self) -> None:
        """Counts, and lets the databases go."""
        self._outcome.faults, self._outcome.faults_drawn = self._faults.struck, self._faults.number
        for clerk in self._clerks:
            self._outcome.people += clerk.did
            self._outcome.endings += clerk.endings
        for host in self._hosts:
            host.database.end()


def _made(plan: Plan, rng: random.Random) -> tuple[build.Plan, Promises]:
    """The shipped profile on most days; on the others one that promises less, or more."""
    made = shop(plan.profile)
    shipped = made.profile.capabilities
    draws = [rng.random() < 0.5 for _ in range(4)]
    if rng.random() < 0.4:
        promises = Promises(
            shipped.query_by_own_id,
            shipped.idempotent_repeat,
            shipped.failure_is_final,
            shipped.reversal_binds_unknown,
        )
    else:
        promises = Promises(*draws)
    capabilities = msgspec.structs.replace(
        shipped,
        query_by_own_id=promises.query_by_own_id,
        idempotent_repeat=promises.idempotent_repeat,
        failure_is_final=promises.failure_is_final,
        reversal_binds_unknown=promises.reversal_binds_unknown,
    )
    profile = msgspec.structs.replace(made.profile, capabilities=capabilities)
    return replace(made, profile=profile), promises
