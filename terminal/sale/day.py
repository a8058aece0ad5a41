"""What a day came to: totals by who paid, from the sales that ended in it.  Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from terminal.sale.events import UNPAID, Split
from terminal.sale.money import NOTHING, Fen
from terminal.sale.sale import Sale, Status


@dataclass(frozen=True, slots=True)
class DayTotals:
    """Sales and refunds stand beside each other; a refund of an earlier day's sale counts today."""

    settled: int = 0
    voided: int = 0
    refunded: int = 0
    sold_fen: Fen = NOTHING
    split: Split = UNPAID
    """What the accounts paid for the sales settled."""
    cash_fen: Fen = NOTHING
    returned: Split = UNPAID
    """What went back to the accounts for the sales refunded."""
    cash_returned_fen: Fen = NOTHING

    @property
    def drawer_fen(self) -> Fen:
        """What the drawer holds more than at the last day end; below nought after many refunds."""
        return Fen(self.cash_fen - self.cash_returned_fen)


def totals(ended: Iterable[Sale]) -> DayTotals:
    """Adds up sales, each as it stood when it was settled, voided or refunded."""
    day = DayTotals()
    for sale in ended:
        assert sale.closed
        if sale.refunded:
            day = _with_refund(day, sale)
        elif sale.cancelling:
            day = replace(day, voided=day.voided + 1)
        else:
            day = _with_sale(day, sale)
    return day


def _with_sale(day: DayTotals, sale: Sale) -> DayTotals:
    assert sale.split.paid_fen + sale.cash_fen == sale.total_fen
    return replace(
        day,
        settled=day.settled + 1,
        sold_fen=Fen(day.sold_fen + sale.total_fen),
        split=day.split + sale.split,
        cash_fen=Fen(day.cash_fen + sale.cash_fen),
    )


def _with_refund(day: DayTotals, sale: Sale) -> DayTotals:
    return replace(
        day,
        refunded=day.refunded + 1,
        returned=day.returned + returned(sale),
        cash_returned_fen=Fen(day.cash_returned_fen + sale.cash_fen),
    )


def returned(sale: Sale) -> Split:
    """What each account got back of a refunded sale, or is getting back."""
    back = [t.split for t in sale.tenders if t.status is Status.REVERSED]
    return sum(back, UNPAID)
