"""python -m tests.matrix [--run] [--jobs N] [--seed N] [--only TEXT] [--trace]"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter

from tests.matrix.campaign import carry_out_all, counts, tasks
from tests.matrix.cells import CELLS, Cell
from tests.matrix.faults import FAULTS
from tests.matrix.moments import MOMENTS

NAME_WIDTH = 36
PROGRESS_RUNS = 500


def grid() -> str:
    """One row a fault, one column a moment: · runs, - cannot exist, ? missing."""
    cells = {(cell.fault.name, cell.moment.number): cell for cell in CELLS}
    rows = [" " * NAME_WIDTH + " ".join(f"{moment.number:2}" for moment in MOMENTS)]
    for group in dict.fromkeys(fault.group for fault in FAULTS):
        rows.append(group.value)
        for fault in (fault for fault in FAULTS if fault.group is group):
            marks = [_mark(cells.get((fault.name, moment.number))) for moment in MOMENTS]
            rows.append(
                f"  {fault.name:<{NAME_WIDTH - 2}}" + "".join(f" {mark} " for mark in marks)
            )
    return "\n".join(rows)


def _mark(cell: Cell | None) -> str:
    if cell is None:
        return "?"
    return "-" if cell.why_not else "·"


def run_all(jobs: int, seed: int, only: str, *, trace: bool) -> int:
    began = time.monotonic()
    chosen = tasks(seed, only)
    failed: set[str] = set()
    ends: Counter[str] = Counter()
    for done, report in enumerate(carry_out_all(chosen, jobs), start=1):
        ends[report.end] += 1
        if report.wrong:
            failed.add(report.cell)
            print(f"{report.run}: {'; '.join(report.wrong)}", file=sys.stderr)
        if trace:
            print("\n".join((f"== {report.run}: {report.end}", *report.trace)), file=sys.stderr)
        elif done % PROGRESS_RUNS == 0:
            print(f"{done}/{len(chosen)}", file=sys.stderr)
    result = counts() | {
        "runs": len(chosen),
        "ends": dict(sorted(ends.items())),
        "failed": sorted(failed),
        "seconds": round(time.monotonic() - began, 1),
    }
    print(json.dumps(result, ensure_ascii=False))
    return 1 if failed or counts()["missing"] else 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.matrix", description=__doc__)
    parser.add_argument("--run", action="store_true", help="run every cell that can exist")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", metavar="TEXT", help="cells whose name contains it")
    parser.add_argument("--trace", action="store_true", help="what happened in each run")
    args = parser.parse_args()
    if args.run:
        return run_all(args.jobs, args.seed, args.only, trace=args.trace)
    print(grid())
    reasons = Counter(cell.why_not for cell in CELLS if cell.why_not)
    for reason, count in reasons.most_common():
        print(f"{count:4}  {reason}")
    print(json.dumps(counts()))
    return 1 if counts()["missing"] else 0


if __name__ == "__main__":
    sys.exit(main())
