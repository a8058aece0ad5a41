"""Whole sales with the keyboard alone, at both sizes and in both languages."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from terminal.sale.commands import Present
from terminal.sale.events import (
    CashTaken,
    ChargeApproved,
    Confirmed,
    LineAdded,
    Quoted,
    ReceiptPrinted,
    Refused,
    SaleOpened,
    SaleSettled,
    VoucherAccepted,
)
from terminal.sale.money import Fen
from terminal.sale.steps import Phase
from terminal.text import LANGUAGES
from terminal.tui.dialogs import HelpDialog
from terminal.tui.paper import SlipDialog
from terminal.tui.sale_screen import SaleScreen
from tests.till import BOXES
from tests.tui.counter import LARGE, SMALL, Counter, counter

EVERYWHERE = list(itertools.product((SMALL, LARGE), LANGUAGES))


def kinds(at: Counter) -> list[str]:
    return [type(happened).__name__ for happened in at.happened]


def count(at: Counter, kind: type) -> int:
    return sum(isinstance(happened, kind) for happened in at.happened)


@pytest.mark.parametrize(("size", "language"), EVERYWHERE, ids=str)
async def test_an_insured_sale_with_cash_remainder_by_keys_alone(
    tmp_path: Path, size: tuple[int, int], language: str
) -> None:
    async with counter(tmp_path, size=size, language=language) as at:
        words = at.app.desk.words
        for code in BOXES:
            await at.type(code)
            await at.press("enter")
        assert count(at, LineAdded) == 3
        await at.till.show("employee-both-short")
        await at.settle()
        assert at.phase() is Phase.QUOTED
        assert words.say("known.later") in at.text
        await at.press("enter")
        assert at.phase() is Phase.CASH_DUE
        for amount in ("28.81", "5.00", "8.00", "19.39"):
            assert amount in at.text
        assert words.say("phase.cash_due") in at.text
        await at.press("enter")
        settled = at.till.checkout.last
        assert settled
        assert settled.settled
        assert settled.cash_fen == settled.tendered_fen == 1939
        assert at.slips == [settled]
        assert isinstance(at.app.screen, SlipDialog)
        assert words.say("receipt.title") in at.text
        assert words.say("phase.settled") in at.text
        await at.press("enter")
        assert isinstance(at.app.screen, SaleScreen)
        order = [k for k in kinds(at) if k in ("VoucherAccepted", "Quoted", "Confirmed")]
        assert order == ["VoucherAccepted", "Quoted", "Confirmed"]
        assert kinds(at).index("Confirmed") < kinds(at).index("ChargeIntended")
        assert kinds(at).index("CashTaken") < kinds(at).index("SaleSettled")


@pytest.mark.parametrize("profile", ["sandbox", "sandbox-splits"])
async def test_where_the_accounts_pay_all_one_enter_settles(tmp_path: Path, profile: str) -> None:
    async with counter(tmp_path, profile=profile) as at:
        await at.quoted("employee-short")
        await at.press("enter")
        settled = at.till.checkout.last
        assert settled
        assert settled.settled
        assert count(at, CashTaken) == 0
        assert isinstance(at.app.screen, SlipDialog)


async def test_a_platform_that_splits_shows_all_amounts_before_the_yes(tmp_path: Path) -> None:
    async with counter(tmp_path, profile="sandbox-splits") as at:
        await at.quoted("employee-both-short")
        assert at.app.desk.words.say("known.later") not in at.text
        for amount in ("28.81", "5.00", "8.00", "19.39"):
            assert amount in at.text
        assert count(at, ChargeApproved) == 0


@pytest.mark.parametrize(("size", "language"), EVERYWHERE, ids=str)
async def test_cash_with_change(tmp_path: Path, size: tuple[int, int], language: str) -> None:
    async with counter(tmp_path, size=size, language=language) as at:
        words = at.app.desk.words
        await at.quoted("employee-both-short")
        await at.press("enter", "f8")
        await at.type("20")
        assert words.say("dialog.cash_change", change="0.61") in at.text
        await at.press("enter")
        assert at.till.told(CashTaken) == [CashTaken(Fen(1939), Fen(2000))]
        assert words.say("dialog.change", change="0.61") in at.text
        assert words.say("receipt.change") in at.text


async def test_a_second_enter_of_a_double_press_agrees_to_nothing(tmp_path: Path) -> None:
    async with counter(tmp_path) as at:
        await at.quoted("employee-both-short")
        at.clock.ahead += 1
        await at.strike("enter", "enter")
        await at.strike("enter")
        assert count(at, Confirmed) == 1
        assert count(at, CashTaken) == 0
        assert at.phase() is Phase.CASH_DUE
        assert {r.reason for r in at.till.told(Refused)} <= {"busy", "too_fast"}


async def test_an_enter_meant_for_the_estimate_does_not_charge(tmp_path: Path) -> None:
    async with counter(tmp_path) as at:
        await at.till.quoted("employee")
        await at.strike("enter")
        assert at.phase() is Phase.QUOTED
        assert count(at, Confirmed) == 0
        assert at.till.told(Refused) == [Refused("too_fast")]
        assert at.app.desk.words.say("refused.too_fast") in at.text


async def test_a_held_enter_does_not_close_the_slip_unread(tmp_path: Path) -> None:
    async with counter(tmp_path) as at:
        await at.quoted("employee")
        at.clock.ahead += 1
        await at.strike("enter")
        await at.strike("enter", "enter", "enter")
        assert isinstance(at.app.screen, SlipDialog)


async def test_the_slip_closes_at_the_next_scan(tmp_path: Path) -> None:
    async with counter(tmp_path) as at:
        await at.quoted("employee")
        await at.press("enter")
        assert isinstance(at.app.screen, SlipDialog)
        await at.till.do(Present(BOXES[0].encode()))
        await at.settle()
        assert isinstance(at.app.screen, SaleScreen)
        assert count(at, SaleOpened) == 2
        assert len(at.slips) == 1


async def test_a_phone_left_in_view_does_not_close_the_slip(tmp_path: Path) -> None:
    async with counter(tmp_path) as at:
        await at.quoted("employee")
        await at.press("enter")
        await at.till.show("employee")
        await at.settle()
        assert isinstance(at.app.screen, SlipDialog)
        assert at.till.told(Refused) == [Refused("just_served")]


async def test_f9_prints_the_last_slip_again_and_marks_the_copy(tmp_path: Path) -> None:
    async with counter(tmp_path) as at:
        words = at.app.desk.words
        await at.quoted("employee")
        await at.press("enter", "enter")
        await at.press("f9")
        assert count(at, ReceiptPrinted) == 1
        assert isinstance(at.app.screen, SlipDialog)
        assert words.say("receipt.copy") not in at.text
        await at.press("f9")
        assert count(at, ReceiptPrinted) == 2
        assert words.say("receipt.copy") in at.text
        assert len(at.slips) == 1


async def test_f9_before_any_sale_says_that_there_is_none(tmp_path: Path) -> None:
    async with counter(tmp_path) as at:
        await at.press("f9")
        assert at.till.told(Refused) == [Refused("no_last_sale")]


async def test_f12_changes_the_language_of_everything_at_once(tmp_path: Path) -> None:
    async with counter(tmp_path, size=LARGE) as at:
        await at.quoted("employee-both-short")
        chinese, english = at.app.desk._all_words["zh"], at.app.desk._all_words["en"]
        keys = ("screen.cart", "screen.split", "phase.quoted", "payer.mutual_aid", "key.cancel")
        assert all(chinese.say(key) in at.text for key in keys)
        await at.press("f12")
        assert all(english.say(key) in at.text for key in keys)
        await at.press("f12")
        assert all(chinese.say(key) in at.text for key in keys)


async def test_f1_explains_every_key_and_closes(tmp_path: Path) -> None:
    async with counter(tmp_path, size=LARGE) as at:
        await at.press("f1")
        assert isinstance(at.app.screen, HelpDialog)
        for key in ("F4", "F5", "F8", "F9", "F10", "F12", "Delete", "Esc"):
            assert key in at.text
        await at.press("escape")
        assert isinstance(at.app.screen, SaleScreen)


async def test_delete_and_arrows_act_on_the_selected_line(tmp_path: Path) -> None:
    async with counter(tmp_path) as at:
        await at.till.do(*(Present(box.encode()) for box in BOXES))
        await at.settle()
        await at.press("up", "delete")
        sale = at.till.checkout.sale
        assert sale
        assert [line.code for line in sale.lines] == [BOXES[0], BOXES[2]]


async def test_accepted_rings_once_and_refused_twice(tmp_path: Path) -> None:
    async with counter(tmp_path) as at:
        await at.till.do(Present(BOXES[0].encode()))
        await at.settle()
        assert at.app.bells == 1
        await at.till.do(Present(b"134567890123456789"))
        await at.settle()
        await at.pilot.pause(0.3)
        assert at.app.bells == 3


async def test_the_last_good_scan_is_shown_and_says_when_there_was_none(tmp_path: Path) -> None:
    async with counter(tmp_path) as at:
        words = at.app.desk.words
        assert words.say("screen.no_voucher_yet") in at.text
        await at.till.show("employee")
        await at.settle()
        assert count(at, VoucherAccepted) == 1
        assert words.say("screen.no_voucher_yet") not in at.text
        assert words.say("screen.last_voucher", time="") in at.text


async def test_a_changed_cart_has_no_quote_on_the_screen(tmp_path: Path) -> None:
    async with counter(tmp_path) as at:
        await at.quoted("employee")
        await at.press("delete")
        assert at.phase() is Phase.QUOTABLE
        assert at.app.desk.words.say("known.later") in at.text
        assert "28.81" not in at.text
        await at.press("enter")
        assert count(at, Quoted) == 2


async def test_on_slip_is_called_before_the_slip_is_shown(tmp_path: Path) -> None:
    async with counter(tmp_path) as at:
        await at.quoted("employee")
        await at.press("enter")
        assert count(at, SaleSettled) == len(at.slips) == 1
