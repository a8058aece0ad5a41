"""Many days one after the other, until enough sales are made or one goes wrong.

One rule: each day has a seed of its own, so one that goes wrong is repeated alone.
"""

from __future__ import annotations

import gc
import random
import sys
import time
from collections import Counter
from contextlib import nullcontext
from dataclasses import dataclass, field

from tests.simulation import day
from tests.simulation.day import SALES_A_DAY, Outcome, Plan
from tests.simulation.host import PROFILES
from tests.simulation.mutation import Mutant
from tests.simulation.shrink import shrink, story

PROGRESS_SECONDS = 10.0
COLLECT_EVERY_DAYS = 25


@dataclass
class Tally:
    sales: int = 0
    """Sales opened: by customers, some of them more than once, and by partial returns."""
    days: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    people: Counter[str] = field(default_factory=Counter)
    endings: Counter[str] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)
    unresolved: int = 0
    wrong: Outcome | None = None
    """The first day that went wrong, None when all is well."""

    def add(self, outcome: Outcome) -> None:
        self.sales += outcome.events["SaleOpened"]
        self.days += 1
        self.faults += outcome.faults
        self.people += outcome.people
        self.endings += outcome.endings
        self.events += outcome.events
        self.unresolved += outcome.unresolved
        if outcome.violations:
            self.wrong = outcome


def seeds(base: int, profile: str) -> random.Random:
    return random.Random(f"{base} {profile}")


def campaign(
    sales: int,
    seed: int,
    profiles: tuple[str, ...] = tuple(PROFILES),
    hostility: int = 1,
    mutant: Mutant | None = None,
    *,
    progress: bool = False,
    strict_reversals: bool = False,
) -> Tally:
    """Lives days on these profiles in turn, until `sales` are made or one goes wrong.

    mutant  what is broken on purpose meanwhile; None: nothing
    """
    tally = Tally()
    draws = {profile: seeds(seed, profile) for profile in profiles}
    told = time.monotonic()
    gc.collect()
    gc.disable()
    try:
        with mutant.apply() if mutant else nullcontext():
            while tally.sales < sales and tally.wrong is None:
                profile = profiles[tally.days % len(profiles)]
                number = draws[profile].getrandbits(48)
                plan = Plan(
                    number,
                    profile,
                    min(SALES_A_DAY, sales - tally.sales),
                    hostility,
                    strict_reversals=strict_reversals,
                    likelier=mutant.likelier if mutant else (),
                )
                tally.add(day.run(plan))
                if tally.days % COLLECT_EVERY_DAYS == 0:
                    gc.collect()
                if progress and time.monotonic() - told > PROGRESS_SECONDS:
                    told = time.monotonic()
                    faults = tally.faults.total()
                    print(f"{tally.sales}/{sales} sales, {faults} faults", file=sys.stderr)
            if tally.wrong and progress:
                tally.wrong = _explain(tally.wrong)
    finally:
        gc.enable()
    return tally


def _explain(outcome: Outcome) -> Outcome:
    """The smallest version of a day that went wrong, printed."""
    print(f"seed {outcome.plan.seed}: {outcome.violations[0]}\nshrinking ...", file=sys.stderr)
    smallest = shrink(outcome, day.run)
    plan = smallest.plan
    came = [n for n in range(plan.sales) if n not in plan.skipped]
    print(
        f"{plan.profile}, hostility {plan.hostility}, customers {came},"
        f" {smallest.faults.total()} faults left of {outcome.faults.total()}:",
        *story(smallest),
        sep="\n",
        file=sys.stderr,
    )
    return smallest
