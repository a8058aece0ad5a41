"""`python -m tests.fuzz [--seconds 60] [--target NAME]`."""

from __future__ import annotations

import argparse
import json
import sys

from tests.fuzz.engines import engine, run
from tests.fuzz.targets import TARGETS


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("--seconds", type=float, default=60, help="for all targets together")
    parser.add_argument("--target", choices=[target.name for target in TARGETS])
    args = parser.parse_args()
    names = [args.target] if args.target else [target.name for target in TARGETS]
    reports = {name: run(name, args.seconds / len(names)) for name in names}
    failures = sum(len(report["failures"]) for report in reports.values())  # type: ignore[arg-type, misc]  # a JSON list
    print(json.dumps({"engine": engine(), "failures": failures, "targets": reports}))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
