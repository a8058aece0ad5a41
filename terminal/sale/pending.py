"""Everything that is not final, and what is being done about it.  Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from terminal.sale.events import Account
from terminal.sale.funding import FundingRule
from terminal.sale.money import Fen
from terminal.sale.sale import Sale, Status
from terminal.sale.steps import Phase, phase

MAYBE_HELD = (Status.INTENDED, Status.UNKNOWN, Status.REVERSING)


@dataclass(frozen=True, slots=True)
class OpenItem:
    """One sale that is not final."""

    sale_id: str
    since: str
    """ISO 8601, UTC: when the sale was opened."""
    phase: Phase
    """What is being done; the message catalogue says it below `open`."""
    total_fen: Fen
    held_fen: Fen
    """Surely taken from the customer's accounts, and not given back yet."""
    uncertain_fen: Fen
    """Asked for, and perhaps taken; or being given back, and perhaps still held."""
    uncertain_account: Account | None
    cash_fen: Fen
    """In the drawer for this sale."""


def open_items(sales: Iterable[Sale], rule: FundingRule) -> list[OpenItem]:
    """One item for each sale that is not closed, oldest first."""
    items = [_item(sale, rule) for sale in sales if not sale.closed]
    return sorted(items, key=lambda item: item.sale_id)


def _item(sale: Sale, rule: FundingRule) -> OpenItem:
    uncertain = [t for t in sale.tenders if t.status in MAYBE_HELD]
    return OpenItem(
        sale.sale_id,
        sale.opened_at,
        phase(sale, rule),
        sale.total_fen,
        sale.split.paid_fen,
        Fen(sum(t.asked_fen for t in uncertain)),
        uncertain[-1].account if uncertain else None,
        sale.cash_fen,
    )
