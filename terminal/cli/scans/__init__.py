"""`gongji scans`: recordings of scans, made, looked at, read again, and kept as test cases.

    gongji scans record FILE --camera URL --serial URL [--title TEXT] [--seconds S]
    gongji scans list PATH…                       one line each
    gongji scans show FILE [--entries] [--show]   what is in one
    gongji scans replay FILE [--to …]             what the drivers make of it
    gongji scans trim FILE OUT --from S --to S
    gongji scans redact FILE OUT                  without what is a customer's own
    gongji scans recover FILE OUT                 of a file that was cut off, all there is
    gongji scans accept FILE [--note TEXT]        what it gives is right: write it down beside it
    gongji scans verify PATH…                     does each still give what was accepted?

Codes are shown by length and digest; their bytes only with --show.  Vouchers are judged as of the
recording, and only those of the test issuer are believed.  docs/recordings.md has the rest.

Exit code 0: done, all as expected · 1: something is not as expected, or nothing was scanned ·
2: usage · 3: a file is wrong · 4: a scanner.
"""

from __future__ import annotations

import argparse

from terminal.cli.scans import change, judge, look, record, replay

ACTIONS = {
    "record": record.run,
    "list": look.run_list,
    "show": look.run_show,
    "replay": replay.run,
    "trim": change.run_trim,
    "redact": change.run_redact,
    "recover": change.run_recover,
    "accept": judge.run_accept,
    "verify": judge.run_verify,
}


def add_parser(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = verbs.add_parser("scans", help="recordings of scans")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for module in (record, look, replay, change, judge):
        module.add_parsers(actions)


def run(args: argparse.Namespace) -> int:
    return ACTIONS[args.action](args)
