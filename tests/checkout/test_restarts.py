"""What a till does first with what it was in the middle of."""

from __future__ import annotations

from pathlib import Path

from terminal.journal import Journal
from terminal.sale.commands import Confirm, RemoveLine
from terminal.sale.events import CashTaken, Entry, LineRemoved, SaleSettled
from terminal.sale.steps import Phase
from tests.till import open_test_till, sandbox_app


async def test_a_sale_that_was_paid_in_full_is_closed_and_cannot_be_edited(tmp_path: Path) -> None:
    """The power fails after the cash is written down and before the sale is closed."""
    app, path = sandbox_app(), tmp_path / "j"
    async with open_test_till(path, app) as till:
        await till.quoted("employee-both-short")
        await till.do(Confirm())
        sale = till.checkout.sale
        assert sale
        assert till.checkout.phase is Phase.CASH_DUE
    with Journal(path) as journal:
        taken = CashTaken(sale.due_fen, sale.due_fen)
        journal.append(Entry(sale.sale_id, sale.version + 1, taken))
    async with open_test_till(path, app) as till:
        await till.do(RemoveLine(1))
        assert not till.told(LineRemoved)
        assert len(till.told(SaleSettled)) == 1
        settled = await till.checkout.find(sale.sale_id)
        assert settled
        assert settled.settled
        assert settled.cash_fen == sale.due_fen
        assert till.checkout.sale is None
