"""`gongji receipt`: the slip of a settled sale, read from a copy of the journal."""

from __future__ import annotations

import argparse

from terminal.cli.build import add_arguments, plan
from terminal.cli.exits import Exit, Stop
from terminal.cli.output import say
from terminal.journal import JournalError
from terminal.journal.snapshot import reading
from terminal.receipt import WIDTH_58_MM, WIDTH_80_MM, slip
from terminal.sale.evolve import fold


def add_parser(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = verbs.add_parser("receipt", help="print the slip of a settled sale")
    parser.add_argument("sale", metavar="SALE", help="its number, as on the slip")
    parser.add_argument("--wide", action="store_true", help="for 80 mm paper instead of 58 mm")
    add_arguments(parser)


def run(args: argparse.Namespace) -> int:
    made = plan(args)
    try:
        with reading(args.journal) as journal:
            sale = fold(journal.entries_of(args.sale))
    except JournalError as exc:
        raise Stop(Exit.JOURNAL, str(exc)) from exc
    if sale is None or not sale.settled:
        raise Stop(Exit.FAILED, f"{args.journal} holds no settled sale {args.sale}")
    width = WIDTH_80_MM if args.wide else WIDTH_58_MM
    words = made.words[made.counter.language]
    say("\n".join(slip(sale, words, made.counter.shop.name, width=width)))
    return Exit.OK
