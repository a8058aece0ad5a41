"""Wrong designs, and what it takes to catch each of them.

    python -m tests.simulation.mutants                  all of them, one line each
    python -m tests.simulation.mutants --only NAME      one

One rule: each must be caught; one that escapes is a hole in the simulation.
"""

from __future__ import annotations

import argparse
import sys
import time

from tests.simulation import mutants_of_messages, mutants_of_rules
from tests.simulation.campaign import campaign
from tests.simulation.mutation import MUTANTS

SALES_MAX = 200_000

REGISTERED = (mutants_of_messages, mutants_of_rules)
"""Importing them fills the table."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.mutants", description=__doc__)
    parser.add_argument("--only", choices=tuple(MUTANTS))
    parser.add_argument("--sales", type=int, default=SALES_MAX, help="give up after so many")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--hostility", type=int, choices=(1, 2, 3), default=2)
    args = parser.parse_args()
    escaped = 0
    for name, made in MUTANTS.items():
        if args.only in (None, name):
            began = time.process_time()
            tally = campaign(args.sales, args.seed, made.profiles, args.hostility, made)
            seconds = time.process_time() - began
            escaped += tally.wrong is None
            what = tally.wrong.violations[0] if tally.wrong else "ESCAPED"
            print(f"{name:<46} {tally.sales:>7} sales {seconds:>6.1f} s  {what}", flush=True)
    return 1 if escaped else 0


if __name__ == "__main__":
    sys.exit(main())
