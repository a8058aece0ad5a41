"""Trace codes on the screen: what is missing is seen, and no digit lands in a quantity."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from terminal.sale.commands import AddItem, Present, SellForCash
from terminal.sale.events import BoxScanned, QuantitySet, Refused
from terminal.text import LANGUAGES
from terminal.tui.entry_dialogs import QuantityDialog
from tests.till import BOXES, make_plan
from tests.tui.counter import LARGE, SMALL, Counter, counter

EVERYWHERE = list(itertools.product((SMALL, LARGE), LANGUAGES))
A1, A2 = (f"8300001{number:013d}" for number in (1, 2))


async def scan(at: Counter, *codes: str) -> None:
    await at.till.do(*(Present(code.encode()) for code in codes))
    await at.settle()


@pytest.mark.parametrize(("size", "language"), EVERYWHERE, ids=str)
async def test_each_line_shows_how_many_boxes_are_missing(
    tmp_path: Path, size: tuple[int, int], language: str
) -> None:
    async with counter(tmp_path, size=size, language=language) as at:
        words = at.app.desk.words
        await at.till.do(AddItem(BOXES[0], 2))
        await scan(at, A1)
        assert words.say("screen.boxes", mark="!", scanned=1, wanted=2) in at.text
        assert words.say("screen.boxes_missing", count=1) in at.text
        await scan(at, A2)
        assert words.say("screen.boxes", mark="✓", scanned=2, wanted=2) in at.text
        assert words.say("screen.boxes_missing", count=1) not in at.text


async def test_a_charge_that_waits_for_boxes_says_so(tmp_path: Path) -> None:
    made = make_plan()
    strict = replace(made, counter=msgspec.structs.replace(made.counter, trace_codes="required"))
    async with counter(tmp_path, made=strict) as at:
        await at.quoted("employee")
        await at.press("enter")
        assert at.till.told(Refused) == [Refused("boxes_missing")]
        assert at.says("refused.boxes_missing")
        assert at.says("refused_next.boxes_missing")


async def test_a_box_sold_before_is_an_alarm(tmp_path: Path) -> None:
    async with counter(tmp_path) as at:
        await at.till.do(Present(A1.encode()), SellForCash())
        await at.settle()
        await at.press("enter")
        sold = at.till.checkout.last
        assert sold
        rung = at.app.bells
        await scan(at, A1)
        await at.pilot.pause(0.3)
        assert at.says("box.sold", trace=A1, number=sold.sale_id)
        assert at.says("box_next.sold")
        assert at.app.bells == rung + 2


async def test_a_typed_trace_code_is_a_box_and_never_a_quantity(tmp_path: Path) -> None:
    async with counter(tmp_path) as at:
        await at.type(A1)
        await at.press("enter")
        assert at.till.told(BoxScanned) == [BoxScanned(1, A1)]
        await at.press("f4")
        await at.type(A2)
        await at.press("enter")
        assert isinstance(at.app.screen, QuantityDialog)
        assert at.till.told(QuantitySet) == []
        await at.press("escape")
        await at.press("f4")
        await scan(at, A2)
        assert at.till.told(QuantitySet) == [QuantitySet(1, 2)]
        assert len(at.till.told(BoxScanned)) == 2
