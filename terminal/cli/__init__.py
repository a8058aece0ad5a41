"""The command line: `gongji VERB`.

The only place that constructs things, opens devices and makes ids.  Verbs are imported when they
are used, so that checking a voucher loads neither the camera nor the screen.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NoReturn

from terminal.cli.exits import Stop
from terminal.cli.output import complain
from terminal.text import visible

VERBS = {
    "run": "the till: on screen, or --headless with JSON lines",
    "serve": "the till in a browser on this machine",
    "demo": "watch a sale: sandbox, pretend camera and scanner, real everything else",
    "sandbox": "a pretend settlement platform and voucher issuer on this machine",
    "conformance": "does a platform keep what its profile promises",
    "receipt": "print the slip of a settled sale",
    "journal": "is the journal whole, and what is in it",
    "open": "everything that is not final, and what is being done about it",
    "reconcile": "the journal's settlements beside the platform's books",
    "voucher": "check or issue a voucher",
    "read": "the codes on pictures, videos and recordings",
    "listen": "what a scanner says, for finding out what is wrong with it",
    "scans": "recordings of scans: record, replay, verify …",
    "catalogue": "import goods, download what the platform publishes, look in both",
    "printer": "print a test page",
    "keys": "make, show and check keys and trust lists",
}
"""Each verb is the module of its name here, with `add_parser(verbs)` and `run(args) -> int`."""


class _Parser(argparse.ArgumentParser):
    """Subcommands get this class too."""

    def error(self, message: str) -> NoReturn:
        """A word of the command line may be a customer's code."""
        super().error(visible(message, 1000))


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one verb and returns its exit code."""
    if sys.flags.optimize:
        complain("gongji: refuses to run under python -O: its checks guard money")
        return 2
    arguments = sys.argv[1:] if argv is None else list(argv)
    parser = _Parser(
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
        complain(f"gongji: {stop.sentence}")
        return stop.code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader of stdout went away; there is nobody left to tell.
        sys.stderr.close()
        return 1
    return code
