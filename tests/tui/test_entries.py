"""What is typed lands where it is meant to, or nowhere."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest
from textual import events

from terminal.sale.commands import Cancel, Present
from terminal.sale.events import (
    CashTaken,
    CodeNotUsable,
    LineAdded,
    QuantitySet,
    Refused,
)
from terminal.sale.steps import Phase
from terminal.tui.cells import width
from terminal.tui.entry_dialogs import CashDialog, PeopleDialog, QuantityDialog, SearchDialog
from terminal.tui.sale_screen import SaleScreen
from tests.till import BOXES
from tests.tui.counter import Counter, counter


async def with_goods(at: Counter) -> None:
    await at.till.do(Present(BOXES[0].encode()))
    await at.settle()


async def paste(at: Counter, text: str) -> None:
    at.app.post_message(events.Paste(text))
    await at.settle()


async def test_the_quantity_is_set_by_digits_and_enter(tmp_path: Path) -> None:
    async with counter(tmp_path) as at:
        await with_goods(at)
        await at.press("f4")
        await at.type("12")
        await at.press("backspace")
        await at.type("3")
        await at.press("enter")
        assert at.till.told(QuantitySet) == [QuantitySet(1, 13)]
        assert isinstance(at.app.screen, SaleScreen)


@pytest.mark.parametrize("tail", ["", "enter"])
async def test_a_barcode_typed_into_the_quantity_sets_no_quantity(
    tmp_path: Path, tail: str
) -> None:
    async with counter(tmp_path) as at:
        await with_goods(at)
        await at.press("f4")
        await at.strike(*BOXES[1], *([tail] if tail else []))
        assert at.till.told(QuantitySet) == []
        assert len(at.till.told(LineAdded)) == 1
        assert isinstance(at.app.screen, QuantityDialog)
        shown = at.app.desk.words.say("dialog.not_a_quantity")
        assert shown[:10] in at.text
        await at.press("backspace")
        await at.type("2")
        await at.press("enter")
        assert at.till.told(QuantitySet) == [QuantitySet(1, 2)]


async def test_a_paste_is_ignored_everywhere(tmp_path: Path) -> None:
    async with counter(tmp_path) as at:
        await with_goods(at)
        await paste(at, BOXES[1])
        assert isinstance(at.app.screen, SaleScreen)
        await at.press("f4")
        await paste(at, "7")
        await at.press("enter")
        assert at.till.told(QuantitySet) == []
        assert isinstance(at.app.screen, QuantityDialog)


@pytest.mark.parametrize("typed", ["", "0"])
async def test_no_quantity_and_zero_change_nothing(tmp_path: Path, typed: str) -> None:
    async with counter(tmp_path) as at:
        await with_goods(at)
        await at.press("f4")
        await at.type(typed)
        await at.press("enter")
        assert at.till.told(QuantitySet) == []
        if typed:
            assert at.till.told(Refused) == [Refused("quantity")]


async def test_a_quantity_meant_for_a_sale_that_is_gone_goes_with_it(tmp_path: Path) -> None:
    async with counter(tmp_path) as at:
        await with_goods(at)
        await at.press("f4")
        await at.till.do(Cancel())
        await at.settle()
        assert isinstance(at.app.screen, SaleScreen)


async def test_after_the_yes_neither_quantity_nor_line_can_change(tmp_path: Path) -> None:
    async with counter(tmp_path) as at:
        await at.quoted("employee-both-short")
        await at.press("enter")
        for key in ("f4", "delete"):
            await at.press(key)
            assert at.till.told(Refused)[-1].reason in ("not_now", "no_line")
            assert isinstance(at.app.screen, SaleScreen)


@pytest.mark.parametrize("typed", ["19.38", "1939.", "..", "1e3", "19.395", "6909876543212"])
async def test_what_is_no_amount_or_too_little_is_not_taken(tmp_path: Path, typed: str) -> None:
    async with counter(tmp_path) as at:
        await at.quoted("employee-both-short")
        await at.press("enter", "f8")
        await at.type(typed.replace("e", ""))
        taken = typed == "1e3"
        await at.press("enter")
        assert bool(at.till.told(CashTaken)) is False or taken
        if not taken:
            assert isinstance(at.app.screen, CashDialog)
            await at.press("escape")
            assert at.phase() is Phase.CASH_DUE


async def test_f8_where_no_cash_is_due_says_so(tmp_path: Path) -> None:
    async with counter(tmp_path) as at:
        assert at.till.checkout.sale is None
        await at.press("f8")
        assert at.till.told(Refused) == [Refused("no_cash_due")]
        assert isinstance(at.app.screen, SaleScreen)


@pytest.mark.parametrize(
    ("typed", "code"), [("lhqw", BOXES[1]), ("碘伏", BOXES[2]), ("690123", BOXES[0])]
)
async def test_goods_are_found_by_pinyin_name_and_code(
    tmp_path: Path, typed: str, code: str
) -> None:
    async with counter(tmp_path) as at:
        await at.type(typed)
        assert isinstance(at.app.screen, SearchDialog)
        await at.press("enter")
        assert [line.code for line in at.till.told(LineAdded)] == [code]


async def test_arrows_choose_among_what_was_found(tmp_path: Path) -> None:
    async with counter(tmp_path) as at:
        await at.press("slash")
        await at.type("690")
        found = at.app.desk.search("690")
        await at.press("down", "down", "enter")
        assert [line.code for line in at.till.told(LineAdded)] == [found[2].code]


async def test_a_scanner_that_types_adds_goods_and_never_a_quantity(tmp_path: Path) -> None:
    async with counter(tmp_path) as at:
        for box in BOXES:
            await at.strike(*box, "enter")
        assert [line.code for line in at.till.told(LineAdded)] == list(BOXES)


async def test_keys_struck_while_a_dialog_opens_arrive_in_order(tmp_path: Path) -> None:
    """All keys are in the queue before the dialog exists."""
    async with counter(tmp_path) as at:
        for character in BOXES[0]:
            at.app.post_message(events.Key(character, character))
        at.app.post_message(events.Key("enter", "\r"))
        await asyncio.sleep(0)
        await at.settle()
        await at.settle()
        assert [line.code for line in at.till.told(LineAdded)] == [BOXES[0]]


async def test_an_unknown_code_typed_is_refused_by_the_till(tmp_path: Path) -> None:
    async with counter(tmp_path) as at:
        await at.type("zzz")
        assert at.app.desk.words.say("dialog.search_none") in at.text
        await at.press("enter")
        assert at.till.told(CodeNotUsable) == [CodeNotUsable("goods_not_sold", "zzz")]


class Actors:
    """Stands for the demo's devices: remembers what was asked of them."""

    people: Sequence[tuple[str, str]] = (("employee", "one"), ("resident", "two"))

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def choose(self, person_id: str) -> None:
        self.asked.append(person_id)

    async def hide(self) -> None:
        self.asked.append("hide")

    async def scan_boxes(self) -> None:
        self.asked.append("boxes")


async def test_the_demo_offers_people_and_boxes(tmp_path: Path) -> None:
    actors = Actors()
    async with counter(tmp_path, demo=actors) as at:
        assert "F2" in at.text
        await at.press("f2")
        assert isinstance(at.app.screen, PeopleDialog)
        await at.press("2")
        await at.press("f2", "down", "enter")
        await at.press("f2", "0")
        await at.press("f3")
        assert actors.asked == ["resident", "resident", "hide", "boxes"]


async def test_a_till_at_work_has_no_demo_keys(tmp_path: Path) -> None:
    async with counter(tmp_path) as at:
        assert "F2" not in at.text
        await at.press("f2", "f3")
        assert isinstance(at.app.screen, SaleScreen)


async def test_a_click_on_a_key_is_a_press_of_it(tmp_path: Path) -> None:
    async with counter(tmp_path) as at:
        row = at.text.splitlines()[-1]
        column = width(row[: row.index("F12")])
        await at.pilot.click("#keys", offset=(column, 0))
        await at.settle()
        assert at.app.desk.words.language == "en"
