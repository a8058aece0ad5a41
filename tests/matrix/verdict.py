"""What must hold when the dust has settled: journal = ledger, nothing twice, nothing open."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from terminal.journal import Journal
from terminal.journal.snapshot import raw
from terminal.journal.verify import Verdict, verify
from terminal.sale.events import Entry, SaleRefunded, SaleSettled, SaleVoided
from terminal.sale.sale import Sale, Status
from tests.audit import disagreements, sales_of
from tests.matrix.edges import Job
from tests.matrix.moments import Moment
from tests.matrix.printer import second_originals
from tests.matrix.rules import End
from tests.matrix.shop import OLDER_COPY, Shop

Ledger = dict[str, Any]


class Books:
    """Everything that was written by tills and platform, after the run."""

    def __init__(self, shop: Shop, ledger: Ledger) -> None:
        self._shop, self._ledger = shop, ledger
        self.entries: list[Entry] = []
        self.wrong: list[str] = list(shop.watch.wrong)
        self.days: list[tuple[int, int, str]] = []
        for post in shop.posts.values():
            if post.starts == 0:
                continue
            self.entries += self._read(post.path, own=post.number == 1)
        self.sales = sales_of(self.entries)
        self._compare()
        self.wrong += never_more_than_owed(self.sales.values(), ledger)
        self._slips()

    def _read(self, path: Path, *, own: bool) -> list[Entry]:
        with Journal(path) as journal:
            entries = journal.all_entries()
            rows = journal._db.execute("SELECT z, last_seq, body FROM days ORDER BY z").fetchall()
        with raw(path) as (db, key):
            found = verify(db, key)
        if found.verdict is not Verdict.INTACT:
            self.wrong.append(f"the journal is {found.verdict} at {found.seq}")
        if own:
            self.days = rows
            self.wrong += z_reports_add_up(entries, rows)
        return entries

    def _compare(self) -> None:
        """What only a lost journal knew, and what head office took back, is named and no more."""
        found = disagreements(self.entries, self._ledger)
        lost = self._shop.lost
        named = [line for line in found if line.partition(":")[0] in lost]
        if named:
            self._shop.held = self._shop.held or "the books differ"
            found = [line for line in found if line not in named]
            found = [line for line in found if not line.startswith("the shop is owed")]
        self.wrong += found

    def _slips(self) -> None:
        """A settled sale has a slip on paper; every slip after the first says that it is one."""
        if self._shop.held == OLDER_COPY:
            # Numbers of slips are used again by a journal that does not know them.
            return
        words = self._shop.made.words[self._shop.made.counter.language]
        copy = words.say("receipt.copy")
        for sale in self.sales.values():
            self.wrong += second_originals(self._shop.printer, sale.sale_id, words)
            for path in self._shop.slips.glob(f"{sale.sale_id}*.txt"):
                if path.stem.endswith("-R"):
                    if not sale.refunded:
                        self.wrong.append(f"{path.name} of a sale that was not refunded")
                    continue
                marked = copy in path.read_text(encoding="utf-8")
                if marked != ("-" in path.stem):
                    self.wrong.append(f"slip {path.name}: marked as a copy: {marked}")
                if not sale.settled and not sale.refunded:
                    self.wrong.append(f"there is a slip of {sale.sale_id}, which is not settled")

    def end(self, moment: Moment, target: Sale | None) -> End:
        """How the sale or the day end that the moment is about came out."""
        if self._shop.held:
            return End.H
        if moment.job is Job.DAY:
            return End.S1
        sale = self.sales[target.sale_id] if target else None
        if sale and sale.refunded:
            return End.S3
        if sale and sale.settled:
            return End.S1
        return End.S2 if sale and self._ever_charged(sale) else End.S0

    def _ever_charged(self, sale: Sale) -> bool:
        keys = {tender.key for tender in sale.tenders}
        moved = {row["msgid"] for row in self._ledger["movements"]}
        return bool(keys & moved)


def z_reports_add_up(entries: list[Entry], days: list[tuple[int, int, str]]) -> list[str]:
    """Each end of a sale is in one Z report, with its amount; the numbers have no gap."""
    if [z for z, _, _ in days] != list(range(1, len(days) + 1)):
        return ["a Z report has the wrong number"]
    until = days[-1][1] if days else 0
    reported: Counter[str] = Counter()
    for _, _, body in days:
        totals = msgspec.json.decode(body)["totals"]
        reported.update({name: totals[name] for name in COUNTED})
    sales = sales_of(entries)
    expected: Counter[str] = Counter(dict.fromkeys(COUNTED, 0))
    for entry in entries[:until]:
        sale = sales[entry.sale_id]
        match entry.event:
            case SaleSettled():
                expected.update(settled=1, sold_fen=sale.total_fen, cash_fen=sale.cash_fen)
            case SaleVoided():
                expected.update(voided=1)
            case SaleRefunded(cash_fen=cash):
                expected.update(refunded=1, cash_returned_fen=cash)
    return [] if reported == expected else [f"Z reports say {reported}, the sales {expected}"]


COUNTED = ("settled", "voided", "refunded", "sold_fen", "cash_fen", "cash_returned_fen")


def never_more_than_owed(sales: Iterable[Sale], ledger: Ledger) -> list[str]:
    """At every instant the accounts have paid for a sale at most what it costs, and not less
    than nothing."""
    owner: dict[str, Sale] = {}
    for sale in sales:
        for tender in sale.tenders:
            owner[tender.key] = sale
            if tender.status in (Status.REVERSED, Status.REVERSING):
                owner[tender.reversal_key] = sale
    shops = {row["account"] for row in ledger["accounts"] if row["kind"] == "shop"}
    paid: Counter[str] = Counter()
    wrong = []
    for row in ledger["movements"]:
        if row["account"] not in shops or row["msgid"] not in owner:
            continue
        sale = owner[row["msgid"]]
        paid[sale.sale_id] += row["amount_fen"]
        if not 0 <= paid[sale.sale_id] <= sale.total_fen:
            wrong.append(f"{sale.sale_id} was paid {paid[sale.sale_id]} of {sale.total_fen}")
    return wrong
