"""`gongji scans replay`: a recording through the same code as the wire."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from terminal.cli.exits import Exit
from terminal.cli.output import say_json
from terminal.cli.scans.files import reading, test_bundle
from terminal.cli.scans.look import say_outcome
from terminal.recorded import Summary, outcomes


def add_parsers(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = actions.add_parser("replay", help="what comes of a recording")
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("--show", action="store_true", help="also the bytes of codes")


def run(args: argparse.Namespace) -> int:
    return _straight(args)


def _straight(args: argparse.Namespace) -> int:
    summary = Summary()
    begun = time.perf_counter()
    with reading(args.file) as reader:
        for outcome in outcomes(reader, test_bundle(), summary):
            say_outcome(outcome, summary, show=args.show, as_json=True)
    took = time.perf_counter() - begun
    say_json(
        {
            "replayed": str(args.file),
            "seconds": round(summary.seconds, 3),
            "took_seconds": round(took, 4),
            "times_real": round(summary.seconds / took) if took else None,
            "scans": len(summary.payloads),
        }
    )
    return Exit.OK if summary.payloads else Exit.FAILED
