"""Sales put aside and taken back: several at once, across restarts, never with money in them."""

from __future__ import annotations

from pathlib import Path

from terminal.sale.commands import (
    AddItem,
    Cancel,
    CloseDay,
    Confirm,
    Hold,
    Present,
    Recall,
    SellForCash,
)
from terminal.sale.events import Refused, SaleHeld, SaleSettled
from terminal.sale.steps import Phase, phase
from tests.audit import disagreements
from tests.till import BOXES, Till, open_test_till, sandbox_app

TRACE = "83000010000000000001"


def reasons(till: Till) -> list[str]:
    return [notice.reason for notice in till.told(Refused)]


def number(till: Till) -> str:
    sale = till.checkout.sale
    assert sale
    return sale.sale_id


async def test_several_sales_wait_aside_and_survive_a_restart(tmp_path: Path) -> None:
    app = sandbox_app()
    async with open_test_till(tmp_path / "j", app) as till:
        await till.do(Present(TRACE.encode()), AddItem(BOXES[1]))
        first = number(till)
        await till.do(Hold(), AddItem(BOXES[2]))
        second = number(till)
        await till.do(Hold())
        assert till.checkout.sale is None
        assert {phase(sale, till.checkout.rule) for sale in till.checkout.held} == {Phase.HELD}
    async with open_test_till(tmp_path / "j", app) as till:
        assert [sale.sale_id for sale in till.checkout.held] == [first, second]
        assert till.checkout.sale is None
        await till.do(Recall(second), SellForCash(), Recall(first))
        sale = till.checkout.sale
        assert sale
        assert [line.code for line in sale.lines] == [BOXES[0], BOXES[1]]
        assert [box.code for box in sale.boxes] == [TRACE]
        await till.show("employee")
        await till.do(Confirm())
        assert len(till.told(SaleSettled)) == 2
        assert disagreements(await till.checkout.everything(), await till.ledger()) == []


async def test_the_next_customer_is_served_while_a_sale_waits(tmp_path: Path) -> None:
    async with open_test_till(tmp_path / "j", sandbox_app()) as till:
        await till.do(AddItem(BOXES[0]))
        waiting = number(till)
        await till.do(Hold())
        served = await till.sell("employee")
        assert served.sale_id != waiting
        assert [sale.sale_id for sale in till.checkout.held] == [waiting]


async def test_a_sale_put_aside_lets_its_voucher_go(tmp_path: Path) -> None:
    async with open_test_till(tmp_path / "j", sandbox_app()) as till:
        await till.quoted("employee")
        sale_id = number(till)
        await till.do(Hold(), Recall(sale_id), Confirm())
        sale = till.checkout.sale
        assert sale
        assert (sale.voucher, sale.person, sale.quote) == (None, None, None)
        assert reasons(till) == ["no_voucher"]


async def test_what_cannot_be_held_or_recalled_is_said(tmp_path: Path) -> None:
    async with open_test_till(tmp_path / "j", sandbox_app()) as till:
        await till.do(Hold(), Recall("20200101010001"), AddItem(BOXES[0]))
        held = number(till)
        await till.do(Hold(), AddItem(BOXES[1]), Recall(held), Cancel())
        await till.until_resolved()
        await till.quoted("employee-both-short")
        await till.do(Confirm(), Hold())
        assert reasons(till) == ["nothing_to_hold", "not_held", "counter_taken", "not_now"]
        assert len(till.told(SaleHeld)) == 1


async def test_a_sale_put_aside_is_not_final(tmp_path: Path) -> None:
    async with open_test_till(tmp_path / "j", sandbox_app()) as till:
        await till.do(AddItem(BOXES[0]))
        held = number(till)
        await till.do(Hold(), CloseDay())
        assert reasons(till) == ["open_items"]
        await till.do(Recall(held), Cancel())
        await till.until_resolved()
        await till.do(CloseDay())
        assert reasons(till) == ["open_items"]


async def test_there_is_an_end_to_how_many_wait(tmp_path: Path) -> None:
    async with open_test_till(tmp_path / "j", sandbox_app()) as till:
        for _ in range(21):
            await till.do(AddItem(BOXES[0]), Hold())
        assert reasons(till) == ["too_many_held"]
        assert len(till.checkout.held) == 20
        assert till.checkout.sale
