"""When something goes wrong: what the screen says about the money, and what the keys may do."""

from __future__ import annotations

import asyncio
import itertools
from pathlib import Path

import pytest

from terminal.sale.commands import Present
from terminal.sale.events import (
    CancelRequested,
    ChargeDeclined,
    CodeNotUsable,
    Confirmed,
    PlatformRefused,
    PlatformSilent,
    Refused,
    SaleVoided,
    ScannerChanged,
    VoucherRefused,
)
from terminal.sale.steps import Phase
from terminal.text import LANGUAGES
from terminal.tui.dialogs import QuestionDialog
from terminal.tui.paper import SlipDialog
from terminal.tui.sale_screen import SaleScreen
from tests.till import BOXES, sandbox_app
from tests.tui.counter import LARGE, SMALL, Counter, counter, unhurried

EVERYWHERE = list(itertools.product((SMALL, LARGE), LANGUAGES))
BOTH = [(SMALL, "en"), (LARGE, "zh")]
"""Each size and each language once, where a test takes long."""


async def until_waiting(at: Counter) -> None:
    """The personal account was charged, and nobody says so."""
    await at.quoted("employee-short")
    await at.till.fault("X101", "5xx_after")
    await at.till.fault("X103", "5xx_before", count=99)
    await at.press("enter")
    assert at.phase() is Phase.WAITING


@pytest.mark.parametrize(("size", "language"), EVERYWHERE, ids=str)
async def test_waiting_says_what_is_uncertain_and_what_will_happen(
    tmp_path: Path, size: tuple[int, int], language: str
) -> None:
    async with counter(tmp_path, size=size, language=language, made=unhurried("sandbox")) as at:
        words = at.app.desk.words
        await until_waiting(at)
        account = words.say("account.personal")
        assert words.say("phase.waiting", account=account, asked="32.39")[:20] in at.text
        assert at.says("money.uncertain", asked="32.39")
        assert words.say("known.asking") in at.text
        before = at.text
        at.clock.ahead += 1
        await at.settle()
        assert at.text != before, "the countdown runs"


async def test_f5_asks_at_once_and_the_sale_goes_on(tmp_path: Path) -> None:
    async with counter(tmp_path, made=unhurried("sandbox")) as at:
        await until_waiting(at)
        await at.till.sandbox.delete("/_faults")
        await at.press("f5")
        assert at.till.checkout.last
        assert at.till.checkout.last.settled
        assert isinstance(at.app.screen, SlipDialog)


async def test_enter_while_waiting_charges_nothing_more(tmp_path: Path) -> None:
    async with counter(tmp_path, made=unhurried("sandbox")) as at:
        await until_waiting(at)
        await at.press("enter")
        assert at.phase() is Phase.WAITING
        assert at.till.told(Refused)[-1].reason in ("unresolved", "too_fast")
        assert len(at.till.told(Confirmed)) == 1
        assert "F5" in at.text


async def test_the_till_cannot_be_left_while_money_moves(tmp_path: Path) -> None:
    async with counter(tmp_path, made=unhurried("sandbox")) as at:
        await until_waiting(at)
        for key in ("f10", "ctrl+q"):
            await at.press(key)
            assert at.till.told(Refused)[-1] == Refused("quit_busy")
            assert at.app.is_running
            assert isinstance(at.app.screen, SaleScreen)
        assert at.says("refused.quit_busy")


async def test_while_a_charge_is_on_its_way_every_key_is_refused(tmp_path: Path) -> None:
    async with counter(tmp_path) as at:
        await at.quoted("employee")
        answer = at.network.hold("2102")
        at.clock.ahead += 1
        await at.pilot.press("enter")
        while at.phase() is not Phase.CHARGING:
            await at.pilot.pause()
        at.app.redraw()
        await at.pilot.pause()
        assert at.says("phase.charging", account="医保基金", asked="61.20")
        assert at.says("money.moving", asked="61.20", held="0.00")
        for key in ("f10", "escape", "enter"):
            at.clock.ahead += 1
            await at.pilot.press(key)
            assert at.till.checkout.busy
        answer.set()
        await at.settle()
        refused = [notice.reason for notice in at.till.told(Refused)]
        assert refused == ["quit_busy", "busy", "busy"]
        assert at.app.is_running
        assert at.till.checkout.last
        assert at.till.checkout.last.settled
        assert not at.till.told(CancelRequested)


async def test_leaving_with_an_open_sale_is_asked_about_once(tmp_path: Path) -> None:
    async with counter(tmp_path) as at:
        await at.quoted("employee")
        await at.press("f10")
        assert isinstance(at.app.screen, QuestionDialog)
        await at.press("escape")
        assert isinstance(at.app.screen, SaleScreen)
        await at.press("f10", "enter")
        assert at.app.return_code == 0
        assert at.app._exit


@pytest.mark.parametrize(("size", "language"), BOTH, ids=str)
async def test_cancelling_with_money_held_is_asked_about_and_gives_it_back(
    tmp_path: Path, size: tuple[int, int], language: str
) -> None:
    async with counter(tmp_path, size=size, language=language) as at:
        await at.quoted("employee-both-short")
        await at.press("enter")
        assert at.phase() is Phase.CASH_DUE
        await at.press("escape")
        assert isinstance(at.app.screen, QuestionDialog)
        assert not at.till.told(CancelRequested)
        assert "41.81" in at.text
        await at.press("escape")
        assert at.phase() is Phase.CASH_DUE
        await at.press("escape", "enter")
        await at.till.until_resolved()
        await at.settle()
        assert len(at.till.told(CancelRequested)) == 1
        assert len(at.till.told(SaleVoided)) == 1
        assert at.says("money.returned")


async def test_cancelling_with_nothing_held_needs_no_question(tmp_path: Path) -> None:
    async with counter(tmp_path) as at:
        await at.quoted("employee")
        await at.press("escape")
        assert len(at.till.told(SaleVoided)) == 1
        assert at.says("money.nothing_was_taken")


async def test_esc_struck_twice_closes_a_dialog_and_no_sale(tmp_path: Path) -> None:
    async with counter(tmp_path) as at:
        await at.till.do(Present(BOXES[0].encode()))
        await at.settle()
        await at.press("f4")
        await at.strike("escape", "escape")
        assert at.phase() is Phase.FILLING
        assert not at.till.told(CancelRequested)


async def test_a_cancelled_sale_is_undone_behind_the_next_customer(tmp_path: Path) -> None:
    async with counter(tmp_path, made=unhurried("sandbox")) as at:
        words = at.app.desk.words
        await at.quoted("employee-both-short")
        await at.press("enter")
        await at.till.fault("*", "5xx_before", count=999)
        await at.press("escape", "enter")
        assert words.say("screen.undoing", count=1, amount="41.81") in at.text
        assert at.says("phase.cancelling")
        await at.till.sandbox.delete("/_faults")
        await at.till.do(Present(BOXES[0].encode()))
        await at.settle()
        assert at.phase() is Phase.FILLING
        assert at.says("phase.filling")
        assert words.say("screen.undoing", count=1, amount="41.81") in at.text
        await at.press("f5")
        await at.till.until_resolved()
        await at.settle()
        assert words.say("screen.undoing", count=1, amount="41.81") not in at.text
        assert at.phase() is Phase.FILLING


@pytest.mark.parametrize(("size", "language"), BOTH, ids=str)
@pytest.mark.parametrize("goes_on", [True, False])
async def test_after_a_restart_the_clerk_is_asked_whether_the_customer_is_there(
    tmp_path: Path, size: tuple[int, int], language: str, goes_on: bool
) -> None:
    app = sandbox_app()
    async with counter(tmp_path, app=app, made=unhurried("sandbox")) as at:
        await until_waiting(at)
        await at.till.sandbox.delete("/_faults")
    async with counter(tmp_path, size=size, language=language, app=app) as at:
        assert at.phase() is Phase.LAPSED
        assert at.says("phase.lapsed_restart")
        assert at.says("money.held", held="28.81", due="32.39")
        if goes_on:
            await at.press("enter")
            assert isinstance(at.app.screen, SlipDialog)
            assert len(at.slips) == 1
        else:
            await at.press("escape", "enter")
            await at.till.until_resolved()
            assert len(at.till.told(SaleVoided)) == 1
            assert at.slips == []


async def test_an_account_that_refuses_leaves_the_choice_to_the_clerk(tmp_path: Path) -> None:
    async with counter(tmp_path, unreachable=("X101",)) as at:
        words = at.app.desk.words
        await at.quoted("employee")
        await at.press("enter")
        assert at.phase() is Phase.REFUSED
        assert at.till.told(ChargeDeclined)
        assert words.say("decline.unreachable") in at.text
        assert at.says("money.held", held="28.81", due="32.39")
        await at.press("f8")
        await at.type("32.39")
        await at.press("enter")
        assert at.till.checkout.last
        assert at.till.checkout.last.settled
        assert at.till.checkout.last.cash_fen == 3239


async def test_a_suspended_customer_is_told_from_a_silent_platform(tmp_path: Path) -> None:
    async with counter(tmp_path) as at:
        words = at.app.desk.words
        await at.till.do(Present(BOXES[0].encode()))
        await at.till.show("suspended")
        await at.settle()
        assert at.till.told(PlatformRefused)
        assert words.say("decline.suspended") in at.text
        assert at.says("decline_next.suspended")
        await at.press("escape")
        await at.till.do(Present(BOXES[0].encode()))
        await at.till.fault("1101", "5xx_before")
        await at.till.show("employee")
        await at.settle()
        assert at.till.told(PlatformSilent) == [PlatformSilent("identify", "HTTP 503")]
        assert "HTTP 503" in at.text
        await at.press("enter")
        assert at.phase() is Phase.QUOTED


CODES = {
    b"134567890123456789": "code.wechat_pay",
    b"2812345678901234567": "code.alipay",
    b"6212345678901234567": "code.unionpay",
    b"1234567890123456789012345678": "code.insurance_code",
    b"81234567890123456789": "code.trace_code",
    b"https://example.org/health?id=1": "code.web_link",
    b"hello": "code.unknown",
    b"4006381333931": "code.goods_not_sold",
}


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_code_that_is_no_voucher_is_named_and_the_right_one_asked_for(
    tmp_path: Path, language: str
) -> None:
    async with counter(tmp_path, language=language) as at:
        words = at.app.desk.words
        for payload, key in CODES.items():
            await at.till.do(Present(payload))
            await at.settle()
            notice = at.till.told(CodeNotUsable)[-1]
            assert key == f"code.{notice.kind}"
            first = words.say(key, text=notice.text)
            assert first[:30] in at.text
            assert words.say(f"code_next.{notice.kind}") in at.text


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_voucher_used_twice_is_refused_with_its_reason(
    tmp_path: Path, language: str
) -> None:
    async with counter(tmp_path, language=language) as at:
        words = at.app.desk.words
        voucher = (await at.till.voucher("employee")).encode()
        await at.till.do(Present(BOXES[0].encode()), Present(voucher))
        await at.press("escape")
        await at.till.do(Present(BOXES[0].encode()), Present(voucher))
        await at.settle()
        assert at.till.told(VoucherRefused) == [VoucherRefused("replayed")]
        assert at.says("voucher.replayed")
        assert at.says("voucher_next.fresh")
        await at.till.do(Present(voucher[:-8]))
        await at.settle()
        refused = at.till.told(VoucherRefused)[-1]
        assert words.say(f"voucher.{refused.reason}") in at.text


async def test_a_lost_scanner_stays_on_the_screen_until_it_is_back(tmp_path: Path) -> None:
    async with counter(tmp_path) as at:
        words = at.app.desk.words
        url = "serial:///dev/ttyACM0"
        at.till.checkout.tell(ScannerChanged(url, "lost", "unplugged"))
        await at.settle()
        assert words.say("screen.scanner_lost", count=1) in at.text
        await at.till.do(Present(BOXES[0].encode()))
        await at.settle()
        assert words.say("screen.scanner_lost", count=1) in at.text
        at.till.checkout.tell(ScannerChanged(url, "ready", ""))
        await at.settle()
        assert words.say("screen.scanner_lost", count=1) not in at.text


async def test_a_clerk_who_waits_long_for_a_code_is_told_what_helps(tmp_path: Path) -> None:
    async with counter(tmp_path) as at:
        await at.till.do(Present(BOXES[0].encode()))
        await at.settle()
        assert not at.says("phase_next.filling_long")
        at.clock.ahead += 20
        await at.settle()
        assert at.says("phase_next.filling_long")


async def test_the_voucher_runs_out_before_the_clerks_eyes(tmp_path: Path) -> None:
    async with counter(tmp_path, unreachable=("1101",)) as at:
        words = at.app.desk.words
        await at.till.show("employee")
        await at.settle()
        assert words.say("customer.unchecked") in at.text
        at.clock.ahead += 40
        await at.settle()
        assert any(words.say("customer.seconds", seconds=n) in at.text for n in range(15, 21))
        at.clock.ahead += 40
        await at.settle()
        assert words.say("customer.expired") in at.text


async def test_a_till_that_cannot_go_on_ends_the_screen_with_its_sentence(tmp_path: Path) -> None:
    async with counter(tmp_path) as at:
        at.app.fail("disk \x1b[31mgone")
        await at.pilot.pause()
        await asyncio.sleep(0)
        assert at.app.return_code == 1
        assert [str(said) for said in at.app._exit_renderables] == ["disk ·[31mgone"]


async def test_drawing_goes_on_harmlessly_while_the_screen_is_taken_down(tmp_path: Path) -> None:
    """The clock ticks and events arrive until the very end."""
    async with counter(tmp_path) as at:
        await at.quoted("employee")
        await at.press("f1")
        at.app.exit()
        for _ in range(200):
            at.till.checkout.tell(Refused("busy"))
            at.app.redraw()
            await asyncio.sleep(0)
    assert at.app.return_code == 0


async def test_a_calm_notice_gives_way_to_the_state_again(tmp_path: Path) -> None:
    async with counter(tmp_path) as at:
        voucher = (await at.till.voucher("employee")).encode()
        await at.till.do(Present(BOXES[0].encode()), Present(voucher), Present(voucher))
        await at.settle()
        assert at.says("refused.already_read")
        at.clock.ahead += 5
        await at.settle()
        assert at.says("phase.quoted")
