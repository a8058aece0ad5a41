"""The command line: `gongji VERB`.

The only place that constructs things, opens devices and makes ids.  Verbs are imported when they
are used, so that checking a voucher loads neither the camera nor the screen.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

from terminal.cli.exits import Stop

VERBS = {
    "run": "the till: on screen, or --headless with JSON lines",
    "demo": "watch a sale: sandbox, pretend camera and scanner, real everything else",
    "sandbox": "a pretend settlement platform and voucher issuer on this machine",
    "receipt": "print the slip of a settled sale",
    "journal": "is the journal whole, and what is in it",
    "open": "everything that is not final, and what is being done about it",
    "voucher": "check or issue a voucher",
    "keys": "make, show and check keys and trust lists",
}
"""Each verb is the module of its name here, with `add_parser(verbs)` and `run(args) -> int`."""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one verb and returns its exit code."""
    if sys.flags.optimize:
        print("gongji: refuses to run under python -O: its checks guard money", file=sys.stderr)
        return 2
    arguments = sys.argv[1:] if argv is None else list(argv)
    parser = argparse.ArgumentParser(
        prog="gongji", description="A pharmacy counter for medical-insurance vouchers (共济)."
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    named = next((word for word in arguments if not word.startswith("-")), "")
    for verb, summary in VERBS.items():
        if verb == named:
            import_module(f"terminal.cli.{verb}").add_parser(verbs)
        else:
            verbs.add_parser(verb, help=summary)
    args = parser.parse_args(arguments)
    try:
        code: int = import_module(f"terminal.cli.{args.verb}").run(args)
    except Stop as stop:
        print(f"gongji: {stop.sentence}", file=sys.stderr)
        return stop.code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader of stdout went away; there is nobody left to tell.
        sys.stderr.close()
        return 1
    return code
