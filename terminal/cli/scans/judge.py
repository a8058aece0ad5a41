"""`gongji scans accept` and `gongji scans verify`: a recording as a test case."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

from drivers.address import HID_SCHEMES
from drivers.recording import load
from terminal.cli.exits import Exit, Stop
from terminal.cli.output import complain, say, say_json
from terminal.cli.scans.files import reading, recordings, test_bundle, told
from terminal.cli.scans.look import say_outcome
from terminal.recorded import (
    BadExpectation,
    Expected,
    Outcome,
    Personal,
    Summary,
    differences,
    expected_path,
    load_expected,
    outcomes,
    save_expected,
)
from terminal.recorded.outcome import digest_of
from terminal.text import visible
from terminal.voucher.keys import KeyBundle

REAL_TIME_WITHIN_MS = 2000.0
"""A busy machine is late; what is compared in real time is codes and their order."""


def add_parsers(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    accept = actions.add_parser("accept", help="what a recording gives is right")
    accept.add_argument("file", type=Path, metavar="FILE")
    accept.add_argument("--note", default="", help="what is to be seen in it")
    accept.add_argument("--yes", action="store_true", help="do not ask")
    verify = actions.add_parser("verify", help="do recordings still give what was accepted")
    verify.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="file or folder")
    verify.add_argument(
        "--through",
        choices=("decoder", "devices"),
        default="decoder",
        help="devices: pretend ones and the real drivers, in real time (default: %(default)s)",
    )
    verify.add_argument("--json", action="store_true", help="one line of JSON for each")


def run_accept(args: argparse.Namespace) -> int:
    """Only a whole recording in which nothing personal is, so that it can be passed on."""
    bundle, summary = test_bundle(), Summary()
    got: list[Outcome] = []
    with reading(args.file) as reader:
        for outcome in outcomes(reader, bundle, summary):
            say_outcome(outcome, (), show=False, as_json=False)
            got.append(outcome)
        if reader.damage:
            raise Stop(Exit.CONFIG, f"{args.file}: {reader.damage}: recover it first")
    if any(Personal(bundle)(*scan) for scan in summary.payloads):
        sentence = "it holds a customer's code, or one of no test issuer: redact it first"
        raise Stop(Exit.CONFIG, f"{args.file}: {sentence}")
    if not got:
        say("nothing was scanned")
    if not args.yes and not _agreed():
        return Exit.FAILED
    with told(args.file):
        save_expected(args.file, Expected(digest_of(args.file), tuple(got), args.note))
    say(f"{expected_path(args.file)}: {len(got)} outcomes")
    return Exit.OK


def _by_devices(path: Path, bundle: KeyBundle) -> list[Outcome]:
    from terminal.cli.scans.through import into_drivers

    return [outcome for outcome, _ in asyncio.run(into_drivers(path, bundle))]


def _without_stand_in(path: Path) -> list[str]:
    """The HID scanners of a recording."""
    with told(path):
        devices = load(path).devices.values()
    return [device.name for device in devices if device.url.partition("://")[0] in HID_SCHEMES]


def _agreed() -> bool:
    if not sys.stdin.isatty():
        raise Stop(Exit.USAGE, "somebody has to look at it: run this on a terminal, or give --yes")
    complain("Is this what the recording should give? y/N")
    return sys.stdin.readline().strip().lower() in ("y", "yes", "是")


def run_verify(args: argparse.Namespace) -> int:
    bundle = test_bundle()
    good = looked = 0
    for path in recordings(args.paths):
        if args.through == "devices" and (names := _without_stand_in(path)):
            why = f"not played: nothing can stand in for {', '.join(names)}"
            line = {"path": str(path), "ok": None, "wrong": [why]}
            say_json(line) if args.json else say(f"{visible(str(path))}: {why}")
            continue
        looked += 1
        wrong = _wrong(path, bundle, args.through)
        good += not wrong
        if args.json:
            say_json({"path": str(path), "ok": not wrong, "wrong": wrong})
        else:
            say("\n  ".join([f"{visible(str(path))}: {'wrong' if wrong else 'ok'}", *wrong]))
    if not args.json:
        say(f"{good} of {looked} give what was accepted")
    return Exit.OK if looked and good == looked else Exit.FAILED


def _wrong(path: Path, bundle: KeyBundle, through: str) -> list[str]:
    """Sentences; none when all is as expected.  Raises Stop(CONFIG)."""
    try:
        with told(path):
            expected = load_expected(path)
            if expected is None:
                return ["nobody has accepted what it gives: gongji scans accept"]
            if digest_of(path) != expected.sha256:
                return ["it is not the recording that was accepted"]
    except BadExpectation as bad:
        raise Stop(Exit.CONFIG, str(bad)) from bad
    if through == "devices":
        scans = [outcome for outcome in expected.outcomes if outcome.bytes]
        return list(differences(scans, _by_devices(path, bundle), REAL_TIME_WITHIN_MS))
    with reading(path) as reader:
        got = list(outcomes(reader, bundle))
        return [*differences(expected.outcomes, got), *([reader.damage] if reader.damage else [])]
