"""`gongji open`: everything that is not final, since when, what is being done, what to say.

Reads a copy of the journal, so it may be asked while the till works.
"""

from __future__ import annotations

import argparse

from terminal.cli.build import add_arguments, plan
from terminal.cli.exits import Exit, Stop
from terminal.cli.output import say, say_json
from terminal.journal import JournalError
from terminal.journal.snapshot import reading
from terminal.reports import open_item_lines, refused_goods_lines
from terminal.sale.evolve import evolve
from terminal.sale.goods import RowState
from terminal.sale.pending import open_items
from terminal.sale.sale import Sale


def add_parser(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = verbs.add_parser("open", help="everything that is not final")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    add_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """0 also when something is open: that is an answer, not a failure."""
    made = plan(args)
    sales: dict[str, Sale] = {}
    try:
        with reading(args.journal) as journal:
            for entry in journal.open_entries():
                sales[entry.sale_id] = evolve(sales.get(entry.sale_id), entry.sale_id, entry.event)
            refused = journal.goods_rows(RowState.REFUSED)
    except JournalError as exc:
        raise Stop(Exit.JOURNAL, str(exc)) from exc
    items = open_items(sales.values(), made.rule)
    words = made.words[made.counter.language]
    for item in items:
        if args.json:
            say_json(item)
        else:
            say("\n  ".join(open_item_lines(item, words)))
    for row in refused:
        if args.json:
            say_json({"goods": row})
        else:
            say("\n  ".join(refused_goods_lines(row, words)))
    if not (items or refused or args.json):
        say(words.say("open.nothing"))
    return Exit.OK
