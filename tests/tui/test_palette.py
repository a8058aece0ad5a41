"""Ctrl+P: everything that can be done now, by name."""

from __future__ import annotations

from pathlib import Path

from terminal.sale.commands import AddItem
from terminal.tui.dialogs import HelpDialog
from terminal.tui.entry_dialogs import QuantityDialog
from terminal.tui.palette import PaletteDialog
from terminal.tui.sale_screen import SaleScreen
from tests.till import BOXES
from tests.tui.counter import counter


async def test_what_is_typed_narrows_it_and_enter_presses_the_key(tmp_path: Path) -> None:
    async with counter(tmp_path, language="en") as at:
        await at.till.do(AddItem(BOXES[0]))
        await at.press("ctrl+p")
        assert isinstance(at.app.screen, PaletteDialog)
        for character in at.app.desk.words.say("key.quantity"):
            await at.press("space" if character == " " else character)
        await at.press("enter")
        assert isinstance(at.app.screen, QuantityDialog)


async def test_arrows_choose_and_what_does_not_exist_does_nothing(tmp_path: Path) -> None:
    async with counter(tmp_path, language="en") as at:
        offered = [cap.key for cap in at.app.screen._caps()]  # type: ignore[attr-defined]
        await at.press("ctrl+p", *["down"] * offered.index("f1"), "enter")
        assert isinstance(at.app.screen, HelpDialog)
        await at.press("escape", "ctrl+p", "q", "q", "q", "enter")
        assert isinstance(at.app.screen, PaletteDialog)
        await at.press("escape")
        assert isinstance(at.app.screen, SaleScreen)


async def test_nothing_can_be_agreed_to_or_given_up_in_it(tmp_path: Path) -> None:
    async with counter(tmp_path) as at:
        await at.quoted("employee")
        words = at.app.desk.words
        await at.press("ctrl+p")
        sheet = "\n".join(row.plain for row in at.app.screen.sheet_rows(46))  # type: ignore[attr-defined]
        assert words.say("key.theme") in sheet
        assert words.say("key.cancel") not in sheet
        assert words.say("enter.quoted") not in sheet
