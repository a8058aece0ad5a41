"""What a day came to: totals by who paid, from the sales that ended in it.  Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from terminal.sale.events import UNPAID, Split
from terminal.sale.money import NOTHING, Fen
from terminal.sale.sale import Sale, Status
from terminal.sale.statement import Reconciliation


@dataclass(frozen=True, slots=True)
class DayTotals:
    """Sales and refunds stand beside each other; a refund of an earlier day's sale counts today."""

    settled: int = 0
    self_pay: int = 0
    """Of those settled, the ones without insurance."""
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


@dataclass(frozen=True, slots=True)
class DayReport:
    """What a day end, or a look at the day so far, says."""

    at: str
    """ISO 8601, UTC."""
    totals: DayTotals
    open: tuple[str, ...]
    """Numbers of the sales that were not final."""
    manager: str = ""
    """Who closed the day in spite of them; empty where none were open."""
    reason: str = ""
    counted_fen: Fen | None = None
    """The day's cash as a person counted it; None: nobody did."""
    reconciliation: Reconciliation | None = None
    """With the platform's books; None: not compared, as in a look at the day so far."""


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
        self_pay=day.self_pay + sale.self_pay,
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
