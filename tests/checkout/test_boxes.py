"""Trace codes: a box counts once, in one sale that stands, and insurance can wait for them."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from terminal.cli.build import Plan
from terminal.escpos import columns
from terminal.receipt import slip
from terminal.sale.commands import (
    AddItem,
    Cancel,
    Confirm,
    Present,
    Refund,
    RemoveLine,
    SellForCash,
    SetQuantity,
)
from terminal.sale.events import (
    BoxKnown,
    BoxScanned,
    ChargeIntended,
    CodeNotUsable,
    LineAdded,
    QuantitySet,
    Refused,
    SaleSettled,
)
from tests.till import BOXES, Till, make_plan, open_test_till, sandbox_app

A1, A2, A3 = (f"8300001{number:013d}" for number in (1, 2, 3))
B1 = f"8300002{1:013d}"


def scans(*codes: str) -> list[Present]:
    return [Present(code.encode()) for code in codes]


def lines(till: Till) -> list[tuple[str, int, int]]:
    """Code, quantity and boxes scanned of each line on the counter."""
    sale = till.checkout.sale
    assert sale
    return [(line.code, line.quantity, sale.boxes_of(line.line)) for line in sale.lines]


def reasons(till: Till) -> list[str]:
    return [notice.reason for notice in till.told(Refused)]


def required() -> Plan:
    made = make_plan()
    return replace(made, counter=msgspec.structs.replace(made.counter, trace_codes="required"))


async def test_a_trace_code_adds_its_goods_and_completes_what_a_barcode_added(
    tmp_path: Path,
) -> None:
    async with open_test_till(tmp_path / "j", sandbox_app()) as till:
        await till.do(*scans(A1), AddItem(BOXES[1], 2), *scans(B1, A2))
        assert lines(till) == [(BOXES[0], 2, 2), (BOXES[1], 2, 1)]
        assert till.told(QuantitySet) == [QuantitySet(1, 2)]
        sale = till.checkout.sale
        assert sale
        assert sale.missing_boxes == 1


@pytest.mark.parametrize("order", list(itertools.permutations((A1, BOXES[0], B1))))
async def test_in_whatever_order_barcodes_and_trace_codes_come(
    tmp_path: Path, order: tuple[str, ...]
) -> None:
    async with open_test_till(tmp_path / "j", sandbox_app()) as till:
        await till.do(*scans(*order))
        boxes = till.told(BoxScanned)
        assert sorted(box.code for box in boxes) == [A1, B1]
        assert sum(quantity for _, quantity, _ in lines(till)) == 2 + (
            order.index(A1) < order.index(BOXES[0])
        )


async def test_the_same_box_twice_in_a_sale_counts_once(tmp_path: Path) -> None:
    async with open_test_till(tmp_path / "j", sandbox_app()) as till:
        await till.do(*scans(A1, A1), AddItem(A1))
        sale = till.checkout.sale
        assert sale
        assert till.told(BoxKnown) == [BoxKnown(A1, sale.sale_id, here=True)] * 2
        assert lines(till) == [(BOXES[0], 1, 1)]


async def test_a_box_sold_before_is_named_with_its_sale_also_after_a_restart(
    tmp_path: Path,
) -> None:
    app = sandbox_app()
    async with open_test_till(tmp_path / "j", app) as till:
        await till.do(*scans(A1), SellForCash())
        sold = till.checkout.last
        assert sold
    async with open_test_till(tmp_path / "j", app) as till:
        await till.do(*scans(A1))
        assert till.checkout.sale is None
        await till.do(*scans(A2, A1))
        assert till.told(BoxKnown) == [BoxKnown(A1, sold.sale_id, here=False)] * 2
        assert lines(till) == [(BOXES[0], 1, 1)]
        assert len(till.told(LineAdded)) == 1


async def test_a_box_is_free_again_when_its_line_or_its_sale_goes(tmp_path: Path) -> None:
    async with open_test_till(tmp_path / "j", sandbox_app()) as till:
        await till.do(*scans(A1, B1), RemoveLine(1), *scans(A1), Cancel())
        await till.until_resolved()
        await till.do(*scans(A1, B1), SellForCash())
        sold = till.checkout.last
        assert sold
        await till.do(Refund(sold.sale_id))
        await till.until_resolved()
        await till.do(*scans(A1, B1))
        assert till.told(BoxKnown) == []
        assert lines(till) == [(BOXES[0], 1, 1), (BOXES[1], 1, 1)]


async def test_of_a_partial_refund_the_kept_boxes_stay_with_their_goods(tmp_path: Path) -> None:
    async with open_test_till(tmp_path / "j", sandbox_app()) as till:
        await till.do(*scans(A1, B1), SellForCash())
        sold = till.checkout.last
        assert sold
        await till.do(Refund(sold.sale_id, keeps=(2,)))
        await till.until_resolved()
        assert lines(till) == [(BOXES[1], 1, 1)]
        await till.do(*scans(B1))
        assert till.told(BoxKnown)[-1].here
        await till.do(*scans(A1))
        assert lines(till) == [(BOXES[1], 1, 1), (BOXES[0], 1, 1)]


async def test_fewer_than_were_scanned_cannot_be_sold(tmp_path: Path) -> None:
    async with open_test_till(tmp_path / "j", sandbox_app()) as till:
        await till.do(*scans(A1, A2), SetQuantity(1, 1), SetQuantity(1, 3))
        assert reasons(till) == ["boxes_scanned"]
        assert lines(till) == [(BOXES[0], 3, 2)]


async def test_where_it_is_required_insurance_waits_for_every_box(tmp_path: Path) -> None:
    async with open_test_till(tmp_path / "j", sandbox_app(), made=required()) as till:
        await till.do(AddItem(BOXES[0], 2), *scans(A1), AddItem(BOXES[2]))
        await till.show("employee")
        await till.do(Confirm())
        assert reasons(till) == ["boxes_missing"]
        assert till.told(ChargeIntended) == []
        await till.do(*scans(A2), Confirm())
        assert len(till.told(SaleSettled)) == 1


async def test_without_insurance_nothing_waits(tmp_path: Path) -> None:
    async with open_test_till(tmp_path / "j", sandbox_app(), made=required()) as till:
        await till.do(AddItem(BOXES[0], 2), SellForCash())
        assert len(till.told(SaleSettled)) == 1


async def test_a_box_of_goods_that_are_not_sold_here_is_said_so(tmp_path: Path) -> None:
    async with open_test_till(tmp_path / "j", sandbox_app()) as till:
        await till.do(*scans("8" * 20))
        assert till.told(CodeNotUsable) == [CodeNotUsable("trace_code", "8" * 20)]
        assert till.checkout.sale is None


async def test_after_the_yes_no_box_is_added(tmp_path: Path) -> None:
    async with open_test_till(tmp_path / "j", sandbox_app()) as till:
        await till.quoted("employee-both-short")
        await till.do(Confirm(), *scans(A1))
        assert reasons(till) == ["not_now"]


@pytest.mark.parametrize("width", [32, 48])
async def test_the_slip_names_every_box(tmp_path: Path, width: int) -> None:
    async with open_test_till(tmp_path / "j", sandbox_app()) as till:
        await till.do(*scans(A1, A2, B1), SellForCash())
        sale = till.checkout.last
    assert sale
    for words in make_plan().words.values():
        rows = slip(sale, words, "x", width=width)
        for code in (A1, A2, B1):
            assert sum(code in row for row in rows) == 1
        assert max(columns(row) for row in rows) <= width
