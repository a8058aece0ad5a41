"""`gongji reconcile`: the journal's settlements beside the platform's books, one by one.

Reads a copy of the journal, so it may be asked while the till works.  It changes nothing on either
side; what can be done about a difference is said below it.

exit    0 the books agree · 1 they differ · 2 the days cannot be · 3 the profile has no books
        5 the platform gave no answer
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable
from typing import TypeVar

from terminal.checkout.reconciling import Reconciling
from terminal.cli.build import Plan, add_arguments, ids_of, message_ids, plan, sender_of
from terminal.cli.exits import Exit, Stop
from terminal.cli.output import say, say_json
from terminal.clock import SystemClock
from terminal.journal import Journal, JournalError
from terminal.journal.snapshot import reading
from terminal.reports import reconciliation_lines
from terminal.sale.answers import Reconciled
from terminal.sale.commands import Reconcile
from terminal.sale.events import Refused
from terminal.sale.statement import Verdict
from terminal.settlement.exchange import Exchange

T = TypeVar("T")
EXITS = {
    Verdict.AGREES: Exit.OK,
    Verdict.DIFFERS: Exit.FAILED,
    Verdict.UNANSWERED: Exit.PLATFORM,
}


def add_parser(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = verbs.add_parser("reconcile", help="the journal beside the platform's books")
    add = parser.add_argument
    add("--day", default="", metavar="DAY", help="yyyy-MM-dd (default: since the last Z report)")
    add("--to", default="", metavar="DAY", help="the last day, where it is more than one")
    add("--json", action="store_true", help="one JSON object")
    add_arguments(parser)


def run(args: argparse.Namespace) -> int:
    made = plan(args)
    words = made.words[made.counter.language]
    last_day = args.to or args.day
    try:
        with reading(args.journal) as journal:
            answer = asyncio.run(_ask(made, journal, Reconcile(args.day, last_day)))
    except JournalError as exc:
        raise Stop(Exit.JOURNAL, str(exc)) from exc
    if isinstance(answer, Refused):
        code = Exit.CONFIG if answer.reason == "no_books" else Exit.USAGE
        raise Stop(code, words.say(f"refused.{answer.reason}"))
    if args.json:
        say_json(answer.reconciliation)
    else:
        say("\n".join(reconciliation_lines(answer.reconciliation, words)))
    return EXITS[answer.reconciliation.verdict]


async def _ask(made: Plan, journal: Journal, wish: Reconcile) -> Reconciled | Refused:
    clock, profile = SystemClock(), made.profile
    # The till may be sending at this very moment: ids of a till that the shop does not have.
    other = 10**profile.message_id.till_digits - 1
    exchange = Exchange(
        profile,
        sender_of(made.counter, profile),
        clock.now,
        message_ids(made, clock.now, till=other),
        credentials=made.credentials,
    )

    async def read(work: Callable[[Journal], T]) -> T:
        return work(journal)

    try:
        ids = ids_of(made.counter, profile)
        return await Reconciling(read, exchange, profile, ids, clock).answer(wish)
    finally:
        await exchange.close()
