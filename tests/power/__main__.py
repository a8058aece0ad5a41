"""Cuts the power under the journal, many times.

    python -m tests.power --cuts 100000 --seed 1

Prints one JSON line; exits 1 when an acknowledged write was lost or a journal was not whole.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict

from tests.power.campaign import run


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.power", description=__doc__)
    parser.add_argument("--cuts", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    tally = run(args.cuts, args.seed)
    print(json.dumps(asdict(tally), ensure_ascii=False))
    return 1 if tally.lost or tally.corrupt else 0


if __name__ == "__main__":
    sys.exit(main())
