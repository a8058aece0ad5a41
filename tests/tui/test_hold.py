"""One key puts a sale aside and takes it back."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from terminal.sale.commands import AddItem
from terminal.sale.events import Refused, SaleHeld, SaleRecalled
from terminal.text import LANGUAGES
from terminal.tui.books import HeldDialog, OpenDialog
from tests.till import BOXES
from tests.tui.counter import LARGE, SMALL, counter

EVERYWHERE = list(itertools.product((SMALL, LARGE), LANGUAGES))


@pytest.mark.parametrize(("size", "language"), EVERYWHERE, ids=str)
async def test_tab_puts_aside_and_tab_takes_back(
    tmp_path: Path, size: tuple[int, int], language: str
) -> None:
    async with counter(tmp_path, size=size, language=language) as at:
        words = at.app.desk.words
        await at.till.do(AddItem(BOXES[0]))
        await at.press("tab")
        assert at.till.checkout.sale is None
        assert at.says("phase.held")
        assert words.say("screen.held", count=1) in at.text
        await at.press("f6")
        assert isinstance(at.app.screen, OpenDialog)
        assert words.say("open.doing.held")[:20] in at.text
        await at.press("escape", "tab")
        sale = at.till.checkout.sale
        assert sale
        assert at.says("phase.filling")
        assert len(at.till.told(SaleHeld)) == len(at.till.told(SaleRecalled)) == 1


async def test_of_several_one_is_chosen(tmp_path: Path) -> None:
    async with counter(tmp_path) as at:
        for box in BOXES:
            await at.till.do(AddItem(box))
            await at.press("tab")
        await at.press("tab")
        assert isinstance(at.app.screen, HeldDialog)
        for amount in ("18.50", "32.80", "9.90"):
            assert amount in at.text
        await at.press("down", "enter")
        sale = at.till.checkout.sale
        assert sale
        assert [line.code for line in sale.lines] == [BOXES[1]]
        assert len(at.till.checkout.held) == 2


async def test_tab_with_nothing_anywhere_says_so(tmp_path: Path) -> None:
    async with counter(tmp_path) as at:
        await at.press("tab")
        assert at.till.told(Refused) == [Refused("nothing_to_hold")]
