"""The table, and the runs of one cell."""

from __future__ import annotations

import asyncio
import random
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from terminal.journal import JournalError
from tests.matrix.clerk import MAIN_CUSTOMER, Clerk, NeverEnds, Script
from tests.matrix.disk import copy_files
from tests.matrix.edges import Crossing, Job
from tests.matrix.fault import Case, Fault
from tests.matrix.faults import FAULTS
from tests.matrix.moments import MOMENTS, Moment, moments
from tests.matrix.rules import allowed, why_not
from tests.matrix.shop import DeadTill, Shop
from tests.matrix.tills import Design
from tests.matrix.verdict import Books
from tests.matrix.virtual_time import Stuck, VirtualLoop

FATES = ("arrives", "late", "lost")
CUSTOMER_DECIDES = (
    "customer leaves",
    "cancel while waiting",
    "cancel and fresh code",
    "drawer",
)
"""Faults that already say whether the customer stays; who leaves pays no cash."""
NEEDS_EXPIRED_CODE = "expired QR"
NEEDS_A_YESTERDAY = "older copy restored"
UNBOUND = "unbound"
"""The variant in which the platform does not promise to refuse an id that was reversed early."""


@dataclass(frozen=True)
class Cell:
    fault: Fault
    moment: Moment

    @property
    def name(self) -> str:
        return f"{self.moment.code} {self.fault.name}"

    @property
    def why_not(self) -> str:
        """ "" where the cell runs."""
        return why_not(self.fault, self.moment)

    def runs(self) -> Iterator[Run]:
        """Every kind of this cell: variants of the fault, fates of a message, the customer."""
        fated = self.fault.has_fates and self.moment.in_flight
        undecided = self.moment.number <= 11 and self.fault.name not in CUSTOMER_DECIDES
        for variant in self.fault.variants:
            for fate in FATES if fated else ("",):
                for leaves in (False, True) if undecided else (False,):
                    yield Run(self, variant, fate, leaves, "own")
        if self.moment.number in (8, 9, 10):
            yield Run(self, self.fault.variants[0], "arrives" if fated else "", False, "aid")


@dataclass(frozen=True)
class Run:
    cell: Cell
    variant: str
    fate: str
    leaves: bool
    leg: str

    @property
    def name(self) -> str:
        kinds = (self.variant, self.fate, "leaves" if self.leaves else "", self.leg)
        told = [kind for kind in kinds if kind not in ("", "own")]
        return self.cell.name + (f" [{', '.join(told)}]" if told else "")


CELLS = tuple(Cell(fault, moment) for fault in FAULTS for moment in MOMENTS)
assert len(CELLS) == 69 * 22 == 1518

THE_PRODUCT = Design()


@dataclass(frozen=True)
class Outcome:
    run: Run
    end: str
    wrong: tuple[str, ...]
    trace: tuple[str, ...] = ()


def carry_out(run: Run, design: Design = THE_PRODUCT, seed: int = 1) -> Outcome:
    """One run from the first start to the books; `wrong` is empty when all is well."""
    rng = random.Random(f"{seed} {run.name}")
    with (
        tempfile.TemporaryDirectory(prefix="gongji-matrix-", dir=_memory()) as folder,
        asyncio.Runner(loop_factory=VirtualLoop) as runner,
    ):
        loop = runner.get_loop()
        assert isinstance(loop, VirtualLoop)
        try:
            return runner.run(_carry_out(run, _design(run, design), rng, loop, Path(folder)))
        except Stuck as stuck:
            return Outcome(run, "-", (f"stuck: {stuck}",))


def _memory() -> Path | None:
    """Files in memory where the system offers that: power is cut by copying, not by the disk."""
    shared = Path("/dev/shm")
    return shared if shared.is_dir() else None


def _design(run: Run, design: Design) -> Design:
    if run.variant != UNBOUND:
        return design
    return replace(
        design,
        capabilities=design.capabilities | {"reversal_binds_unknown": False},
        settings=design.settings | {"tombstones": False},
    )


async def _carry_out(
    run: Run, design: Design, rng: random.Random, loop: VirtualLoop, folder: Path
) -> Outcome:
    fault, moment = run.cell.fault, run.cell.moment
    if run.leg == "aid":
        moment = moments("aid")[moment.number - 1]
    spare: list[str] = []

    def strike(shop: Shop, crossing: Crossing) -> None:
        fault.strike(Case(shop, clerk, moment, crossing, run.variant, run.fate, "".join(spare)))

    shop = Shop(loop, folder, rng, design, moment, strike)
    shop.leaving_on_strike = run.leaves
    clerk = Clerk(shop)
    script = Script(clerk)
    try:
        await _yesterday(shop, clerk, fault, spare)
        await script.run(moment.job)
        await shop.network.quiet()
        for number in shop.posts:
            await shop.end(number)
        ledger = await shop.ledger()
    except (NeverEnds, DeadTill, JournalError) as exc:
        wrong = [*shop.watch.wrong, f"{type(exc).__name__}: {exc}"]
        return Outcome(run, "-", tuple(wrong), tuple(shop.watch.trace))
    finally:
        await shop.close()
    books = Books(shop, ledger)
    end = books.end(moment, script.target)
    wrong = books.wrong
    if not shop.struck:
        wrong.append("the moment was never reached")
    elif not script.spent:
        wrong.append("the fault struck nothing")
    ends = allowed(fault, moment, run.variant, leaves=run.leaves)
    if end not in ends:
        wrong.append(f"ended as {end}, allowed are {', '.join(sorted(ends))}")
    wrong += [f"beside the till: {trouble!r}" for trouble in loop.troubles]
    return Outcome(run, end, tuple(wrong), tuple(shop.watch.trace))


async def _yesterday(shop: Shop, clerk: Clerk, fault: Fault, spare: list[str]) -> None:
    """What must have happened before the script for a fault to have something to work with."""
    if fault.name == NEEDS_EXPIRED_CODE:
        spare.append(await shop.voucher(MAIN_CUSTOMER))
        await asyncio.sleep(120)
    if fault.name == NEEDS_A_YESTERDAY:
        await (await shop.up()).quiet()
        post = shop.posts[1]
        post.oldest = copy_files(post.path, post.folder / "oldest")
        shop.job = Job.NEXT
        await clerk.sell("employee")
