"""Simulated sales under faults.

    python -m tests.simulation --sales 100000 --seed 1
    python -m tests.simulation --day 123456789 --profile platform-splits   one day again

Progress and traces go to stderr, one JSON line to stdout; exits 1 after a violation.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from contextlib import nullcontext
from dataclasses import replace

from tests.simulation import day
from tests.simulation.campaign import Tally, campaign
from tests.simulation.day import SALES_A_DAY, Plan
from tests.simulation.host import PROFILES
from tests.simulation.mutants import REGISTERED
from tests.simulation.mutation import MUTANTS
from tests.simulation.shrink import story


def main() -> int:
    assert REGISTERED
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--sales", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--profile", choices=tuple(PROFILES), help="default: both in turn")
    parser.add_argument("--hostility", type=int, choices=(1, 2, 3), default=1)
    parser.add_argument("--mutant", choices=tuple(MUTANTS), help="break this on purpose")
    parser.add_argument("--day", type=int, metavar="SEED", help="only this one day, with its trace")
    parser.add_argument(
        "--strict-reversals",
        action="store_true",
        help="a reversal by message id that finds nothing to reverse is answered infcode -1",
    )
    args = parser.parse_args()
    profiles = (args.profile,) if args.profile else tuple(PROFILES)
    made = MUTANTS[args.mutant] if args.mutant else None
    if args.day is not None:
        plan = Plan(args.day, profiles[0], SALES_A_DAY, args.hostility)
        with made.apply() if made else nullcontext():
            outcome = day.run(replace(plan, likelier=made.likelier if made else ()))
        print(*story(outcome), *outcome.violations, sep="\n")
        return 1 if outcome.violations else 0
    wall, cpu = time.monotonic(), time.process_time()
    tally = campaign(
        args.sales,
        args.seed,
        profiles,
        args.hostility,
        made,
        progress=True,
        strict_reversals=args.strict_reversals,
    )
    print(json.dumps(_figures(tally, time.monotonic() - wall, time.process_time() - cpu)))
    return 1 if tally.wrong else 0


def _figures(tally: Tally, seconds: float, cpu_seconds: float) -> dict[str, object]:
    wrong = tally.wrong
    return {
        "sales": tally.sales,
        "days": tally.days,
        "faults": dict(tally.faults.most_common()),
        "faults_total": tally.faults.total(),
        "people": dict(tally.people.most_common()),
        "endings": dict(tally.endings.most_common()),
        "events": dict(tally.events.most_common()),
        "violations": [{"day": wrong.plan.seed, "what": wrong.violations}] if wrong else [],
        "unresolved": tally.unresolved,
        "seconds": round(seconds, 1),
        "cpu_seconds": round(cpu_seconds, 1),
        "sales_per_s": round(tally.sales / seconds, 1),
    }


if __name__ == "__main__":
    sys.exit(main())
