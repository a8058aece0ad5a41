"""`gongji scans trim | redact | recover`: another recording of one."""

from __future__ import annotations

import argparse
from pathlib import Path

from drivers.recording.rewrite import Rewritten, recover, trim
from terminal.cli.exits import Exit, Stop
from terminal.cli.output import say
from terminal.cli.scans.files import reading, test_bundle, told
from terminal.recorded import Personal, Summary, outcomes


def add_parsers(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    cut = actions.add_parser("trim", help="a part of a recording")
    cut.add_argument("--from", dest="start", type=float, default=0.0, metavar="S", help="seconds")
    cut.add_argument("--to", dest="end", type=float, default=float("inf"), metavar="S")
    black = actions.add_parser("redact", help="without what is a customer's own")
    black.add_argument(
        "--keep-unread",
        action="store_true",
        help="keep pictures in which nothing is read: I have looked at them",
    )
    whole = actions.add_parser("recover", help="of a file that was cut off, all there is")
    for parser in (cut, black, whole):
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("out", type=Path, metavar="OUT", help="a new file")


def run_trim(args: argparse.Namespace) -> int:
    if not args.start < args.end:
        raise Stop(Exit.USAGE, "--from must be less than --to")
    with told(args.file):
        return _end(args, trim(args.file, args.out, args.start, args.end))


def run_recover(args: argparse.Namespace) -> int:
    with told(args.file):
        return _end(args, recover(args.file, args.out))


def run_redact(args: argparse.Namespace) -> int:
    from drivers.recording.redact import redact

    bundle = test_bundle()
    is_personal = Personal(bundle)
    with told(args.file):
        rewritten = redact(args.file, args.out, is_personal, keeps_unread=args.keep_unread)
    # Looked at once more, as whoever gets it could.
    summary = Summary()
    with reading(args.out) as reader:
        for _ in outcomes(reader, bundle, summary):
            pass
    if any(is_personal(*scan) for scan in summary.payloads):
        args.out.unlink()
        raise Stop(Exit.FAILED, f"{args.out} would still show a customer's code; it was not kept")
    return _end(args, rewritten)


def _end(args: argparse.Namespace, rewritten: Rewritten) -> int:
    say(f"{args.out}: {rewritten.entries} entries, {rewritten.left_out} left out")
    if rewritten.damage:
        say(f"{args.file} was damaged: {rewritten.damage}")
    return Exit.OK
