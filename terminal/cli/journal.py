"""`gongji journal`: is it whole, what is in it, what happened in one sale.

Reads a copy, so it may be asked while the till works.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

import msgspec

from terminal.cli.exits import Exit, Stop
from terminal.cli.output import say_json
from terminal.journal import JournalError
from terminal.journal.snapshot import raw, reading
from terminal.journal.verify import Finding, Verdict, Witness, parse_witness, verify
from terminal.sale.events import Entry

SENTENCES = {
    Verdict.INTACT: "every event is as it was written",
    Verdict.CHANGED: "event {seq} was changed after it was written",
    Verdict.MISSING: "events were taken out, from number {seq} on",
    Verdict.TRUNCATED: "events were taken off the end, from number {seq} on",
    Verdict.REWRITTEN: "written anew from event {seq} on, by somebody without this key",
    Verdict.REPORT: "Z report {seq} is not the one that was made, or is missing",
}


def add_parser(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = verbs.add_parser("journal", help="verify, export or show the journal")
    tasks = parser.add_subparsers(dest="task", required=True, metavar="TASK")
    check = tasks.add_parser("verify", help="is every event as it was written?")
    check.add_argument("--witness", metavar="NUMBER:LINK", help="as an earlier verify printed it")
    export = tasks.add_parser("export", help="every event as a JSON line")
    show = tasks.add_parser("show", help="what happened in one sale")
    show.add_argument("sale", metavar="SALE")
    for task in (check, export, show):
        task.add_argument("--journal", type=Path, default=Path("var/journal.db"), metavar="FILE")


def run(args: argparse.Namespace) -> int:
    try:
        if args.task == "verify":
            return _verify(args.journal, args.witness)
        with reading(args.journal) as journal:
            if args.task == "export":
                _print(journal.all_entries())
                return Exit.OK
            entries = journal.entries_of(args.sale)
    except JournalError as exc:
        raise Stop(Exit.JOURNAL, str(exc)) from exc
    if not entries:
        raise Stop(Exit.FAILED, f"{args.journal} holds no sale {args.sale}")
    _print(entries)
    return Exit.OK


def _verify(path: Path, told: str | None) -> int:
    witness: Witness | None = None
    if told is not None:
        try:
            witness = parse_witness(told)
        except ValueError as exc:
            raise Stop(Exit.USAGE, f"--witness {told!r}: {exc}") from exc
    with raw(path) as (db, key):
        finding = verify(db, key, witness)
    say_json(_line(finding))
    return Exit.OK if finding.verdict is Verdict.INTACT else Exit.FAILED


def _line(finding: Finding) -> dict[str, object]:
    line: dict[str, object] = {
        "verdict": finding.verdict,
        "event": finding.seq,
        "meaning": SENTENCES[finding.verdict].format(seq=finding.seq),
    }
    if finding.verdict is Verdict.INTACT:
        line["witness"] = f"{finding.seq}:{finding.link}"
    return line


def _print(entries: Iterable[Entry]) -> None:
    for entry in entries:
        line = {
            "sale_id": entry.sale_id,
            "version": entry.version,
            "event": type(entry.event).__name__,
            **msgspec.to_builtins(entry.event),
        }
        say_json(line)
