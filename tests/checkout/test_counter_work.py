"""Sales without insurance, questions to the journal, cash taken before a restart."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from terminal.escpos import columns
from terminal.journal import Journal
from terminal.receipt import refund_slip, slip, slip_code, slip_number
from terminal.sale.answers import DayRead, SaleFound, SalesListed
from terminal.sale.commands import (
    AddItem,
    Cancel,
    CloseDay,
    Confirm,
    FindSale,
    ListSales,
    Present,
    PrintReceipt,
    ReadDay,
    Refund,
    SellForCash,
)
from terminal.sale.events import (
    CashTaken,
    DayClosed,
    Entry,
    Refused,
    SaleRefunded,
    SaleSettled,
    SelfPayAgreed,
)
from terminal.sale.money import Fen
from terminal.sale.sale import Sale
from terminal.sale.steps import Phase
from tests.audit import disagreements
from tests.till import BOXES, Till, make_plan, open_test_till, sandbox_app

WORDS = make_plan().words


def reasons(till: Till) -> list[str]:
    return [notice.reason for notice in till.told(Refused)]


async def sold_for_cash(till: Till) -> Sale:
    await till.do(AddItem(BOXES[0]), AddItem(BOXES[2]), SellForCash(Fen(3000)))
    assert till.checkout.last
    return till.checkout.last


async def test_a_sale_without_insurance_asks_no_account_and_can_be_refunded(
    tmp_path: Path,
) -> None:
    async with open_test_till(tmp_path / "j", sandbox_app()) as till:
        sale = await sold_for_cash(till)
        assert sale.self_pay
        assert (sale.cash_fen, sale.tendered_fen) == (2840, 3000)
        await till.do(Refund(sale.sale_id))
        await till.until_resolved()
        assert [refunded.cash_fen for refunded in till.told(SaleRefunded)] == [2840]
        assert disagreements(await till.checkout.everything(), await till.ledger()) == []


async def test_a_sale_without_insurance_is_refused_where_it_makes_no_sense(tmp_path: Path) -> None:
    async with open_test_till(tmp_path / "j", sandbox_app()) as till:
        await till.do(SellForCash(), AddItem(BOXES[0]), SellForCash(Fen(1849)))
        await till.do(Cancel())
        await till.quoted("employee-both-short")
        await till.do(Confirm())
        assert till.checkout.phase is Phase.CASH_DUE
        await till.do(SellForCash())
        assert reasons(till) == ["no_goods", "too_little_cash", "not_now"]
        assert till.told(SelfPayAgreed) == []


async def test_cash_taken_before_a_restart_is_neither_forgotten_nor_taken_twice(
    tmp_path: Path,
) -> None:
    """The power fails after agreement and cash are written down, before the sale is closed."""
    path, app = tmp_path / "j", sandbox_app()
    async with open_test_till(path, app) as till:
        await till.do(AddItem(BOXES[0]), AddItem(BOXES[2]))
        sale = till.checkout.sale
    assert sale
    with Journal(path) as journal:
        taken = CashTaken(sale.total_fen, sale.total_fen)
        journal.append(Entry(sale.sale_id, sale.version + 1, SelfPayAgreed()))
        journal.append(Entry(sale.sale_id, sale.version + 2, taken))
    async with open_test_till(path, app) as till:
        assert till.checkout.sale is None
        assert len(till.told(SaleSettled)) == 1
        settled = await till.checkout.find(sale.sale_id)
        assert settled
        assert settled.settled
        assert settled.cash_fen == settled.total_fen == 2840


async def test_an_agreement_without_cash_ends_with_a_restart(tmp_path: Path) -> None:
    path, app = tmp_path / "j", sandbox_app()
    async with open_test_till(path, app) as till:
        await till.do(AddItem(BOXES[0]))
        sale = till.checkout.sale
    assert sale
    with Journal(path) as journal:
        journal.append(Entry(sale.sale_id, sale.version + 1, SelfPayAgreed()))
    async with open_test_till(path, app) as till:
        assert [till.checkout.phase] == [Phase.FILLING]
        await till.show("employee")
        assert [till.checkout.phase] == [Phase.QUOTED]
        assert till.checkout.sale
        assert not till.checkout.sale.self_pay


async def test_what_is_asked_of_the_journal_is_told_and_changes_nothing(tmp_path: Path) -> None:
    async with open_test_till(tmp_path / "j", sandbox_app()) as till:
        first = await till.sell("employee")
        second = await sold_for_cash(till)
        await till.do(Refund(first.sale_id), PrintReceipt(second.sale_id))
        await till.until_resolved()
        before = await till.checkout.everything()
        await till.do(ListSales(), ListSales(1), ReadDay(), FindSale(first.sale_id))
        await till.do(FindSale("20200101010001"), Present(slip_code(second.sale_id).encode()))
        assert await till.checkout.everything() == before
        whole, short = till.told(SalesListed)
        assert [row.sale_id for row in whole.sales] == [second.sale_id, first.sale_id]
        assert [row.refunded for row in whole.sales] == [False, True]
        assert [row.receipts for row in whole.sales] == [1, 0]
        assert [row.masked_name for row in whole.sales] == ["", first.masked_name]
        assert short.sales == whole.sales[:1]
        found = [notice.sale_id for notice in till.told(SaleFound)]
        assert found == [first.sale_id, second.sale_id]
        assert reasons(till) == ["no_such_sale"]


async def test_the_day_so_far_is_what_the_day_end_then_says(tmp_path: Path) -> None:
    async with open_test_till(tmp_path / "j", sandbox_app()) as till:
        await till.sell("employee-both-short")
        await sold_for_cash(till)
        await till.do(ReadDay(), CloseDay(counted_fen=Fen(4779)), ReadDay())
    read, after = (json.loads(told.report) for told in till.told(DayRead))
    closed = json.loads(till.told(DayClosed)[0].report)
    assert read["totals"] == closed["totals"]
    assert (read["totals"]["settled"], read["totals"]["self_pay"]) == (2, 1)
    assert read["totals"]["cash_fen"] == closed["counted_fen"] == 4779
    assert after["totals"]["settled"] == 0


async def test_the_last_settled_sale_stays_the_last_whatever_ends_later(tmp_path: Path) -> None:
    async with open_test_till(tmp_path / "j", sandbox_app()) as till:
        older = await till.sell("employee")
        latest = await till.sell("resident")
        await till.do(AddItem(BOXES[0]), Cancel(), PrintReceipt(older.sale_id))
        await till.do(Refund(older.sale_id))
        await till.until_resolved()
        assert till.checkout.last == latest


@pytest.mark.parametrize(
    "payload",
    [b"", b"GJ", b"20260101010001", b"GJ2026010101000", b"GJ202601010100011", b"GJ2026010101000x",
     b"GJ20260101010001\n", "GJ２０２６０１０１０１０００１".encode()],
)  # fmt: skip
def test_only_the_code_of_a_slip_is_taken_for_one(payload: bytes) -> None:
    assert slip_number(payload) == ""
    assert slip_number(slip_code("20260101010001").encode()) == "20260101010001"


@pytest.mark.parametrize("width", [32, 48])
@pytest.mark.parametrize("language", ["zh", "en"])
async def test_slips_of_every_kind_fit_the_paper(tmp_path: Path, width: int, language: str) -> None:
    words = WORDS[language]
    async with open_test_till(tmp_path / "j", sandbox_app()) as till:
        insured = await till.sell("employee-both-short")
        cash = await sold_for_cash(till)
        await till.do(Refund(insured.sale_id, keeps=(1,)))
        await till.until_resolved()
        refunded = await till.checkout.find(insured.sale_id)
    assert refunded
    papers = [
        slip(insured, words, "x" * 60, width=width),
        slip(cash, words, "药" * 60, width=width),
        slip(replace(cash, receipts=1), words, "x", width=width),
        refund_slip(refunded, words, "x", width=width),
    ]
    assert all(columns(row) <= width for rows in papers for row in rows)
    told = "".join(papers[3])
    for amount in ("28.81", "5.00", "8.00", "19.39"):
        assert amount in told
    assert words.say("receipt.copy") in "".join(papers[2])
    assert words.say("receipt.fund") not in "".join(papers[1])
