"""`gongji scans replay`: a recording through the same code as the wire, in four ways.

--to decoder   straight into what reads bytes and pictures, as fast as it goes
--to devices   through pseudo-terminals and an HTTP camera into the drivers, in real time
--to till      the same, and on into a till with a pretend platform; what it says, as JSON lines
--to others    only the pretend devices, for another program: each line on stdin plays them once
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from pathlib import Path

from terminal.cli.build import add_arguments
from terminal.cli.exits import Exit
from terminal.cli.output import complain, say_json
from terminal.cli.scans.files import reading, test_bundle
from terminal.cli.scans.look import say_outcome
from terminal.recorded import Summary, outcomes


def add_parsers(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = actions.add_parser("replay", help="what comes of a recording")
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument(
        "--to",
        choices=list(WAYS),
        default="decoder",
        help="decoder: as fast as it goes; the others in real time (default: %(default)s)",
    )
    parser.add_argument("--show", action="store_true", help="also the bytes of codes")
    add_arguments(parser)


def run(args: argparse.Namespace) -> int:
    return WAYS[args.to](args)


def _decoder(args: argparse.Namespace) -> int:
    summary = Summary()
    begun = time.perf_counter()
    with reading(args.file) as reader:
        for outcome in outcomes(reader, test_bundle(), summary):
            say_outcome(outcome, summary.payloads[-1:], show=args.show, as_json=True)
    took = time.perf_counter() - begun
    say_json(
        {
            "replayed": str(args.file),
            "seconds": round(summary.seconds, 3),
            "took_seconds": round(took, 4),
            "times_real": round(summary.seconds / took),
            "scans": len(summary.payloads),
        }
    )
    return Exit.OK if summary.payloads else Exit.FAILED


def _devices(args: argparse.Namespace) -> int:
    from terminal.cli.scans.through import into_drivers

    got = asyncio.run(into_drivers(args.file, test_bundle()))
    for outcome, payload in got:
        say_outcome(outcome, [(payload, outcome.symbology)], show=args.show, as_json=True)
    return Exit.OK if got else Exit.FAILED


def _till(args: argparse.Namespace) -> int:
    from terminal.cli.scans.through import into_till

    asyncio.run(into_till(args.file, args))
    return Exit.OK


def _others(args: argparse.Namespace) -> int:
    from terminal.cli.scans.standins import StandIns

    with StandIns(args.file) as devices:
        say_json({"devices": devices.urls, "left_out": devices.left_out})
        complain("each line on standard input plays it once; its end ends this")
        for _ in sys.stdin:
            devices.play()
            say_json({"played": str(args.file)})
    return Exit.OK


WAYS = {"decoder": _decoder, "devices": _devices, "till": _till, "others": _others}
