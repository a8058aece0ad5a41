"""Compares a till's journal with the platform's ledger, each read on its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from terminal.sale.events import Entry
from terminal.sale.evolve import evolve
from terminal.sale.sale import Sale, Status

Ledger = dict[str, Any]


def sales_of(entries: Iterable[Entry]) -> dict[str, Sale]:
    sales: dict[str, Sale] = {}
    for entry in entries:
        sales[entry.sale_id] = evolve(sales.get(entry.sale_id), entry.sale_id, entry.event)
    return sales


def disagreements(entries: Iterable[Entry], ledger: Ledger) -> list[str]:
    """What is wrong between the two, in words; [] when every fen agrees.

    A settled sale was paid exactly what its slip says, a voided one nothing, no message id was
    charged twice, no charge stands that the journal does not know, and nothing is left open.
    """
    sales = sales_of(entries)
    standing = _standing(ledger)
    wrong = [f"{s.sale_id} is still open" for s in sales.values() if not s.closed]
    for sale in sales.values():
        approved = {t.key: t.split.paid_fen for t in sale.tenders if t.status is Status.APPROVED}
        if approved and not sale.settled:
            wrong.append(f"{sale.sale_id} holds money and is not settled")
        if sale.settled and sale.split.paid_fen + sale.cash_fen != sale.total_fen:
            wrong.append(f"{sale.sale_id} is settled and not paid")
        for tender in sale.tenders:
            told, kept = approved.get(tender.key, 0), standing.pop(tender.key, 0)
            if told != kept:
                wrong.append(f"{tender.key}: the journal says {told}, the ledger {kept}")
    wrong += [f"{key}: {fen} fen that no sale knows of" for key, fen in standing.items() if fen]
    return wrong + _more_than_once(ledger) + _shop(sales.values(), ledger)


def _standing(ledger: Ledger) -> dict[str, int]:
    """What each message id's charge still holds."""
    held: Counter[str] = Counter()
    for row in ledger["settlements"]:
        if row["kind"] == "charge" and row["state"] == "settled":
            parts = row["split_fen"]
            held[row["msgid"]] += parts["fund"] + parts["own"] + parts["mutual_aid"]
    for row in ledger["debits"]:
        if row["state"] == "debited":
            held[row["msgid"]] += row["amount_fen"]
    return dict(held)


def _more_than_once(ledger: Ledger) -> list[str]:
    charged = Counter(
        (row["msgid"], row["posting"]) for row in ledger["movements"] if row["kind"] in CHARGES
    )
    times = Counter(msgid for msgid, _ in charged)
    return [f"{msgid} was charged {count} times" for msgid, count in times.items() if count > 1]


CHARGES = ("settlement", "debit")


def _shop(sales: Iterable[Sale], ledger: Ledger) -> list[str]:
    owed = sum(a["balance_fen"] for a in ledger["accounts"] if a["kind"] == "shop")
    told = sum(sale.split.paid_fen for sale in sales if sale.settled)
    everything = sum(a["balance_fen"] for a in ledger["accounts"])
    wrong = [] if owed == told else [f"the shop is owed {owed}, its journal says {told}"]
    return wrong if everything == 0 else [*wrong, f"the ledger is out by {everything} fen"]
