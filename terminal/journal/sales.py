"""What a journal holds, as sales: reading only, also from a copy beside the till at work."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date

from terminal.clock import in_china
from terminal.journal.store import Journal
from terminal.sale.events import SaleRefunded, SaleSettled, SaleVoided
from terminal.sale.evolve import fold
from terminal.sale.goods import RowKey
from terminal.sale.sale import Sale


def charged_between(journal: Journal, low: str, high: str) -> list[Sale]:
    """The sales with a charge or a reversal whose message id is in low <= id < high, as they stand
    now; oldest first."""
    return _folded(journal, journal.sales_of_messages(low, high))


def senders(journal: Journal, message_ids: Collection[str]) -> dict[str, Sale]:
    """By message id, the sales that sent them; an id that nobody sent is left out."""
    numbers = {sent: journal.sale_of_message(sent) for sent in message_ids}
    sales = {sale.sale_id: sale for sale in _folded(journal, {n for n in numbers.values() if n})}
    return {sent: sales[number] for sent, number in numbers.items() if number}


def first_unreported_day(journal: Journal) -> date | None:
    """In China time, the first day on which a sale in no Z report yet began, or a refund ended;
    None: there is none."""
    days = []
    for entry in journal.ended_after(journal.latest_day()[1]):
        match entry.event:
            case SaleSettled() | SaleVoided():
                (opened,) = _folded(journal, [entry.sale_id])
                days.append(in_china(opened.opened_at).date())
            case SaleRefunded(at=at):
                days.append(in_china(at).date())
            case _:
                raise AssertionError(entry)
    return min(days, default=None)


def sale_of(journal: Journal, sale_id: str) -> Sale:
    """A sale that is in the journal, as it stands now."""
    sale = fold(journal.entries_of(sale_id))
    assert sale
    return sale


def queue_goods(journal: Journal, returns: bool) -> bool:
    """Makes the rows of goods that the sales and refunds since the last time call for, and writes
    them.  Whether there were any such events.

    returns  whether the platform takes them; those of a sale it was never told of are left out
    """
    events = journal.unqueued_goods()
    rows: list[tuple[RowKey, str]] = []
    told: set[str] = set()
    for seq, sale_id, kind in events:
        is_sale = kind == SaleSettled.__name__
        if is_sale or (returns and (sale_id in told or journal.has_goods(sale_id))):
            told.add(sale_id)
            lines = sale_of(journal, sale_id).lines
            rows += [(RowKey(seq, line.line), sale_id) for line in lines]
    if events:
        journal.queue_goods(rows, events[-1][0])
    return bool(events)


def _folded(journal: Journal, numbers: Iterable[str]) -> list[Sale]:
    sales = (fold(journal.entries_of(number)) for number in sorted(numbers))
    return [sale for sale in sales if sale]
