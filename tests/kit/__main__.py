"""The whole kit, every way, several times.

    python -m tests.kit [--times 3] [NAME…]

Prints one line of JSON: how many went right each way, and what went wrong.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path

from terminal.recorded import differences, load_expected
from tests.kit.cases import CASES, Case
from tests.kit.make import judged, path_of
from tests.kit.paths import into_till, recorded_news, through_devices
from tests.kit.verdicts import verdicts


def straight(case: Case) -> list[str]:
    """What is other than expected, as sentences."""
    expected = load_expected(path_of(case))
    assert expected is not None
    return list(differences(expected.outcomes, judged(path_of(case))))


def devices(case: Case) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        path = path_of(case)
        came = asyncio.run(through_devices(path, Path(folder), len(case.codes)))
    wrong = []
    if (codes := [payload for _, payload in came.scans]) != list(case.codes):
        wrong.append(f"codes {codes}")
    if came.news != recorded_news(path):
        wrong.append(f"news {came.news}")
    return wrong


def till(case: Case) -> list[str]:
    expected = load_expected(path_of(case))
    assert expected is not None
    wanted = verdicts(case, [outcome for outcome in expected.outcomes if outcome.bytes])
    with tempfile.TemporaryDirectory() as folder:
        told = asyncio.run(into_till(path_of(case), Path(folder), len(wanted)))
    return [] if told == wanted else [f"the till said {told}"]


WAYS = {"straight": straight, "devices": devices, "till": till}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.kit")
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("names", nargs="*", metavar="NAME")
    args = parser.parse_args()
    cases = [case for case in CASES if not args.names or case.name in args.names]
    right = dict.fromkeys(WAYS, 0)
    wrong: list[str] = []
    began = time.monotonic()
    for number in range(args.times):
        for case in cases:
            for way, go in WAYS.items():
                told = go(case)
                right[way] += not told
                wrong += [f"{case.name}, {way}, time {number + 1}: {what}" for what in told]
    summary: dict[str, object] = {"cases": len(cases), "times": args.times, "right": right}
    summary |= {"wrong": wrong, "seconds": round(time.monotonic() - began)}
    print(json.dumps({"good": not wrong} | summary))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
