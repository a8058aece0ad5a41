"""A scanner that types into the terminal: its codes are scans, and never numbers in a field."""

from __future__ import annotations

from pathlib import Path

import pytest

from terminal.sale.events import (
    CashTaken,
    CodeNotUsable,
    DayClosed,
    LineAdded,
    QuantitySet,
    Refused,
    SaleOpened,
    VoucherAccepted,
    VoucherRefused,
)
from terminal.sale.steps import Phase
from terminal.tui.day_dialog import DayDialog
from terminal.tui.entry_dialogs import CashDialog, EntryDialog, QuantityDialog, SearchDialog
from terminal.tui.front import Dialog
from terminal.tui.sale_screen import SaleScreen
from tests.till import BOXES
from tests.tui.counter import SCANNER_SECONDS, Counter, counter, key_event

EAN_8 = "69012349"
"""Short enough for an amount of yuan."""
NUMBERS = (EAN_8, BOXES[0], "1234", "50.5", "000001")
"""What would do as an amount or a quantity, if it were typed."""


async def with_goods(at: Counter) -> None:
    await at.scan(BOXES[0], "enter")


async def at_cash(at: Counter) -> None:
    await at.quoted("employee-both-short")
    await at.press("enter", "f8")
    assert isinstance(at.app.screen, CashDialog)


async def test_goods_typed_by_a_scanner_are_scanned(tmp_path: Path) -> None:
    async with counter(tmp_path) as at:
        await at.scan(BOXES[0], "enter")
        await at.scan(BOXES[1], "enter", "ctrl+j")
        await at.scan("]E0" + BOXES[2], "tab")
        assert [line.code for line in at.till.told(LineAdded)] == list(BOXES)
        assert isinstance(at.app.screen, SaleScreen)


async def test_three_codes_in_one_breath_are_three_scans_in_order(tmp_path: Path) -> None:
    async with counter(tmp_path) as at:
        await at.scan(BOXES[0], "enter", *BOXES[1], "enter", *BOXES[2], "enter")
        assert [line.code for line in at.till.told(LineAdded)] == list(BOXES)


@pytest.mark.parametrize("key", ["", "f4", "slash", "f1", "f7", "f11"])
async def test_a_voucher_typed_by_a_scanner_is_a_scan_whatever_is_in_front(
    tmp_path: Path, key: str
) -> None:
    """Its signs are keys of their own elsewhere: `/` searches, a blank chooses."""
    async with counter(tmp_path) as at:
        await with_goods(at)
        if key:
            await at.press(key)
        front = at.app.screen
        await at.scan(await at.till.voucher("employee"), "enter")
        assert len(at.till.told(VoucherAccepted)) == 1
        assert at.till.told(VoucherRefused) == []
        assert at.app.screen is front


@pytest.mark.parametrize("end", [(), ("enter",), ("tab",), ("enter", "enter")])
@pytest.mark.parametrize("code", NUMBERS)
async def test_no_scan_is_an_amount_of_cash(tmp_path: Path, code: str, end: tuple[str]) -> None:
    async with counter(tmp_path) as at:
        await at_cash(at)
        await at.scan(code, *end)
        front = at.app.screen
        assert isinstance(front, CashDialog)
        assert front.typed == ""
        assert at.phase() is Phase.CASH_DUE
        assert at.till.told(CashTaken) == []


@pytest.mark.parametrize("end", [(), ("enter",)])
@pytest.mark.parametrize("code", NUMBERS)
async def test_no_scan_is_a_quantity(tmp_path: Path, code: str, end: tuple[str]) -> None:
    async with counter(tmp_path) as at:
        await with_goods(at)
        await at.press("f4")
        await at.strike("7")
        await at.scan(code, *end)
        front = at.app.screen
        assert isinstance(front, QuantityDialog)
        assert front.typed == "7"
        assert at.till.told(QuantitySet) == []
        await at.press("enter")
        assert at.till.told(QuantitySet) == [QuantitySet(1, 7)]


@pytest.mark.parametrize("end", [(), ("enter",)])
async def test_no_scan_is_the_cash_that_was_counted(tmp_path: Path, end: tuple[str]) -> None:
    async with counter(tmp_path) as at:
        await at.press("f11")
        await at.scan(EAN_8, *end)
        front = at.app.screen
        assert isinstance(front, DayDialog)
        assert front._fields[0].typed == ""
        assert at.till.told(DayClosed) == []


@pytest.mark.parametrize("digits", ["5", "99", "500"])
async def test_the_rest_of_a_scan_agrees_to_no_amount(tmp_path: Path, digits: str) -> None:
    """As when a scanner stutters: the last digits come late, the Enter at once after them."""
    async with counter(tmp_path) as at:
        await at_cash(at)
        await at.scan(digits, "enter")
        assert at.till.told(CashTaken) == []
        assert at.till.told(Refused)[-1] == Refused("too_fast")
        assert isinstance(at.app.screen, CashDialog)


@pytest.mark.parametrize("front", ["counter", "search"])
async def test_without_an_end_goods_wait_in_the_search_for_the_clerks_enter(
    tmp_path: Path, front: str
) -> None:
    async with counter(tmp_path) as at:
        if front == "search":
            await at.press("slash")
        await at.scan(BOXES[1])
        assert isinstance(at.app.screen, SearchDialog)
        assert at.till.told(LineAdded) == []
        await at.press("enter")
        assert [line.code for line in at.till.told(LineAdded)] == [BOXES[1]]


@pytest.mark.parametrize("front", ["counter", "cash"])
async def test_a_voucher_without_an_end_is_nothing_and_the_clerk_is_told(
    tmp_path: Path, front: str
) -> None:
    async with counter(tmp_path) as at:
        if front == "cash":
            await at_cash(at)
        before = len(at.till.told(VoucherAccepted))
        await at.scan(await at.till.voucher("employee"))
        assert len(at.till.told(VoucherAccepted)) == before
        assert at.till.told(Refused)[-1] == Refused("scan_unfinished")
        assert at.says("refused.scan_unfinished")
        assert not isinstance(at.app.screen, SearchDialog)


async def test_a_code_with_chinese_in_it_types_no_digits(tmp_path: Path) -> None:
    async with counter(tmp_path) as at:
        await at_cash(at)
        await at.scan("感冒灵颗粒999", "enter")
        front = at.app.screen
        assert isinstance(front, EntryDialog)
        assert front.typed == ""
        assert isinstance(at.happened[-1], CodeNotUsable)


async def test_a_scan_while_money_moves_is_refused(tmp_path: Path) -> None:
    async with counter(tmp_path) as at:
        await at.quoted("employee")
        gate = at.network.hold("2102")
        at.clock.ahead += 1
        await at.pilot.press("enter")
        await at.pilot.pause()
        assert at.till.checkout.moving_money
        opened = len(at.till.told(SaleOpened))
        for number, key in enumerate((*BOXES[0], "enter")):
            at.app.post_message(key_event(key, 1000 + number * SCANNER_SECONDS))
        await at.pilot.pause()
        gate.set()
        await at.settle()
        assert at.till.told(Refused)[-1] == Refused("busy")
        assert len(at.till.told(SaleOpened)) == opened


async def test_a_scanner_types_between_a_clerks_keys(tmp_path: Path) -> None:
    async with counter(tmp_path) as at:
        await with_goods(at)
        await at.press("f4")
        await at.type("1")
        await at.scan(BOXES[1], "enter")
        await at.type("2")
        await at.press("enter")
        assert at.till.told(QuantitySet) == [QuantitySet(1, 12)]
        assert [line.code for line in at.till.told(LineAdded)] == list(BOXES[:2])
        assert not isinstance(at.app.screen, Dialog)
