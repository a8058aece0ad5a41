"""What a clerk does besides selling on insurance: cash sales, refunds, reprints, the day end."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest

from terminal.receipt import slip_code
from terminal.reports import reconciliation_lines
from terminal.sale.answers import DayRead, Reconciled, SaleFound
from terminal.sale.commands import Present, PrintReceipt
from terminal.sale.events import (
    CashTaken,
    ChargeIntended,
    DayClosed,
    ReceiptPrinted,
    Refused,
    SaleRefunded,
    SaleSettled,
    SelfPayAgreed,
)
from terminal.sale.money import Fen
from terminal.sale.steps import Phase
from terminal.text import LANGUAGES
from terminal.tui.books import OpenDialog, RefundDialog, SalesDialog
from terminal.tui.day_dialog import DayDialog
from terminal.tui.entry_dialogs import CashDialog
from terminal.tui.paper import DayClosedDialog, RefundedDialog, SlipDialog
from terminal.tui.sale_screen import SaleScreen
from tests.till import BOXES, sandbox_app
from tests.tui.counter import LARGE, SMALL, Counter, counter, unhurried

EVERYWHERE = list(itertools.product((SMALL, LARGE), LANGUAGES))


async def scan_boxes(at: Counter) -> None:
    await at.till.do(*(Present(box.encode()) for box in BOXES))
    await at.settle()


@pytest.mark.parametrize(("size", "language"), EVERYWHERE, ids=str)
async def test_a_sale_without_insurance_by_keys_alone(
    tmp_path: Path, size: tuple[int, int], language: str
) -> None:
    async with counter(tmp_path, size=size, language=language) as at:
        words = at.app.desk.words
        await scan_boxes(at)
        await at.press("f8")
        assert isinstance(at.app.screen, CashDialog)
        assert words.say("dialog.self_pay", due="61.20") in at.text
        await at.type("100")
        assert words.say("dialog.cash_change", change="38.80") in at.text
        await at.press("enter")
        assert at.till.told(CashTaken) == [CashTaken(Fen(6120), Fen(10000))]
        assert len(at.till.told(SelfPayAgreed)) == len(at.till.told(SaleSettled)) == 1
        assert at.till.told(ChargeIntended) == []
        assert isinstance(at.app.screen, SlipDialog)
        assert words.say("receipt.title_self_pay") in at.text
        assert words.say("receipt.fund") not in at.text
        await at.press("enter")
        assert words.say("why.self_pay") in at.text


async def test_who_cannot_use_insurance_pays_without_scanning_anything_again(
    tmp_path: Path,
) -> None:
    async with counter(tmp_path) as at:
        await scan_boxes(at)
        await at.till.show("suspended")
        await at.settle()
        assert at.says("decline_next.suspended")
        await at.press("f8")
        await at.type("61.20")
        await at.press("enter")
        settled = at.till.checkout.last
        assert settled
        assert settled.self_pay
        assert settled.voucher is None
        assert settled.cash_fen == 6120


async def test_too_little_typed_sells_nothing(tmp_path: Path) -> None:
    async with counter(tmp_path) as at:
        await scan_boxes(at)
        await at.press("f8")
        await at.type("61")
        await at.press("enter")
        assert isinstance(at.app.screen, CashDialog)
        await at.press("escape")
        assert at.phase() is Phase.FILLING
        assert at.till.told(CashTaken) == []


@pytest.mark.parametrize(("size", "language"), EVERYWHERE, ids=str)
async def test_a_whole_refund_from_the_list_shows_where_each_fen_goes(
    tmp_path: Path, size: tuple[int, int], language: str
) -> None:
    async with counter(tmp_path, size=size, language=language) as at:
        words = at.app.desk.words
        sale = await at.till.sell("employee-both-short")
        await at.settle()
        await at.press("enter", "f7")
        assert isinstance(at.app.screen, SalesDialog)
        assert sale.sale_id in at.text
        await at.press("enter")
        assert isinstance(at.app.screen, RefundDialog)
        for amount in ("28.81", "5.00", "8.00", "19.39"):
            assert amount in at.text
        assert words.say("dialog.refund_to_account") in at.text
        assert words.say("dialog.refund_to_cash") in at.text
        await at.press("enter")
        await at.till.until_resolved()
        await at.settle()
        assert [refunded.cash_fen for refunded in at.till.told(SaleRefunded)] == [1939]
        assert isinstance(at.app.screen, RefundedDialog)
        assert words.say("dialog.hand_back", cash="19.39") in at.text
        assert words.say("receipt.returned_personal") in at.text
        await at.press("enter")
        assert isinstance(at.app.screen, SaleScreen)


async def test_of_a_partial_refund_the_kept_goods_come_back_to_the_counter(
    tmp_path: Path,
) -> None:
    async with counter(tmp_path) as at:
        words = at.app.desk.words
        sale = await at.till.sell("employee")
        await at.settle()
        await at.press("enter", "f7", "enter", "down", "space")
        assert words.say("dialog.refund_keeps") in at.text
        assert "32.80" in at.text
        await at.press("enter")
        await at.till.until_resolved()
        await at.settle()
        assert isinstance(at.app.screen, RefundedDialog)
        assert words.say("receipt.kept", count=1) in at.text
        anew = at.till.checkout.sale
        assert anew
        assert anew.replaces == sale.sale_id
        assert [line.code for line in anew.lines] == [BOXES[1]]


async def test_an_enter_too_soon_after_a_change_refunds_nothing(tmp_path: Path) -> None:
    async with counter(tmp_path) as at:
        await at.till.sell("employee")
        await at.settle()
        await at.press("enter", "f7", "enter")
        at.clock.ahead += 1
        await at.strike("space", "enter")
        assert isinstance(at.app.screen, RefundDialog)
        assert at.till.checkout.last
        assert at.till.checkout.last.settled


async def test_a_scanned_slip_finds_its_sale_and_a_refunded_one_cannot_be_refunded_again(
    tmp_path: Path,
) -> None:
    async with counter(tmp_path) as at:
        words = at.app.desk.words
        sale = await at.till.sell("employee")
        await at.settle()
        await at.press("enter")
        code = Present(slip_code(sale.sale_id).encode())
        await at.till.do(code)
        await at.settle()
        assert isinstance(at.app.screen, RefundDialog)
        await at.press("enter")
        await at.till.until_resolved()
        await at.settle()
        await at.press("enter")
        await at.till.do(code)
        await at.settle()
        assert words.say("dialog.refund_refunded") in at.text
        await at.press("enter")
        assert len(at.till.told(SaleRefunded)) == 1


async def test_a_slip_scanned_while_cash_is_typed_opens_nothing(tmp_path: Path) -> None:
    async with counter(tmp_path) as at:
        sale = await at.till.sell("employee")
        await at.settle()
        await at.press("enter")
        await scan_boxes(at)
        await at.press("f8")
        await at.till.do(Present(slip_code(sale.sale_id).encode()))
        await at.settle()
        assert at.till.told(SaleFound) == [SaleFound(sale.sale_id)]
        assert isinstance(at.app.screen, CashDialog)


async def test_digits_narrow_the_list_and_f9_prints_the_chosen_slip_again(tmp_path: Path) -> None:
    async with counter(tmp_path) as at:
        words = at.app.desk.words
        first = await at.till.sell("employee")
        second = await at.till.sell("resident")
        await at.till.do(PrintReceipt(first.sale_id))
        await at.settle()
        await at.press("enter", "f7")
        assert words.say("dialog.sales_unprinted") in at.text
        await at.type("0001")
        assert first.sale_id in at.text
        assert second.sale_id not in at.text
        await at.press("f9")
        assert isinstance(at.app.screen, SlipDialog)
        assert words.say("receipt.copy") in at.text
        assert len(at.till.told(ReceiptPrinted)) == 2
        assert at.till.checkout.last
        assert at.till.checkout.last.sale_id == second.sale_id


async def test_a_number_that_is_nowhere_is_said_so(tmp_path: Path) -> None:
    async with counter(tmp_path) as at:
        await at.press("f7")
        await at.type("20200101010001")
        await at.press("enter")
        assert at.till.told(Refused) == [Refused("no_such_sale")]


@pytest.mark.parametrize(("size", "language"), EVERYWHERE, ids=str)
async def test_the_day_is_counted_and_closed_by_keys(
    tmp_path: Path, size: tuple[int, int], language: str
) -> None:
    async with counter(tmp_path, size=size, language=language) as at:
        words = at.app.desk.words
        await at.till.sell("employee-both-short")
        await at.settle()
        await at.press("enter", "f11")
        assert isinstance(at.app.screen, DayDialog)
        assert words.say("dialog.day_drawer", amount="19.39") in at.text
        await at.type("20")
        assert words.say("dialog.day_over", amount="0.61") in at.text
        await at.press("enter")
        assert isinstance(at.app.screen, DayClosedDialog)
        assert words.say("report.title_z", number=1) in at.text
        report = json.loads(at.till.told(DayClosed)[0].report)
        assert report["counted_fen"] == 2000
        assert report["totals"]["cash_fen"] == 1939


@pytest.mark.parametrize(("size", "language"), EVERYWHERE, ids=str)
async def test_f5_at_the_day_end_says_what_the_platform_has_in_its_books(
    tmp_path: Path, size: tuple[int, int], language: str
) -> None:
    async with counter(tmp_path, size=size, language=language) as at:
        words = at.app.desk.words
        sale = await at.till.sell("employee")
        await at.settle()
        await at.press("enter", "f11")
        assert at.says("dialog.day_books")
        await at.till.fault("3201", "busy")
        await at.press("f5")
        await at.settle()
        assert (
            words.say(
                "reconciled.unanswered", days="x", words="系统繁忙", count=1, amount=""
            ).split("x")[0]
            in at.text
        )
        await at.press("f5")
        await at.settle()
        (_, second) = at.till.told(Reconciled)
        agrees = reconciliation_lines(second.reconciliation, words)[0]
        assert agrees[:30] in at.text
        assert str(sale.total_fen // 100) in at.text
        await at.press("enter")
        assert isinstance(at.app.screen, DayClosedDialog)


async def test_with_something_open_the_day_needs_a_manager_and_a_reason(tmp_path: Path) -> None:
    async with counter(tmp_path) as at:
        await scan_boxes(at)
        await at.press("ctrl+d")
        assert at.app.desk.words.say("dialog.day_manager") in at.text
        await at.press("tab", "tab", "enter")
        assert at.till.told(Refused) == [Refused("open_items")]
        await at.press("f11", "tab")
        await at.type("9001")
        await at.press("enter")
        await at.type("power cut")
        await at.press("enter")
        report = json.loads(at.till.told(DayClosed)[0].report)
        assert (report["manager"], report["reason"]) == ("9001", "power cut")
        assert report["counted_fen"] is None
        assert len(report["open"]) == 1


async def test_an_unreadable_amount_closes_no_day(tmp_path: Path) -> None:
    async with counter(tmp_path) as at:
        await at.press("f11")
        await at.type("1.2.3")
        assert at.app.desk.words.say("dialog.cash_unreadable") in at.text
        await at.press("enter")
        assert isinstance(at.app.screen, DayDialog)
        assert at.till.told(DayClosed) == []


@pytest.mark.parametrize(("size", "language"), EVERYWHERE, ids=str)
async def test_f6_says_of_everything_open_what_is_done_and_what_to_tell(
    tmp_path: Path, size: tuple[int, int], language: str
) -> None:
    async with counter(tmp_path, size=size, language=language, made=unhurried("sandbox")) as at:
        words = at.app.desk.words
        await at.quoted("employee-short")
        await at.till.fault("X101", "5xx_after")
        await at.till.fault("X103", "5xx_before", count=99)
        await at.press("enter", "f6")
        assert isinstance(at.app.screen, OpenDialog)
        account = words.say("account.personal")
        assert words.say("open.uncertain", amount="32.39", account=account) in at.text
        assert words.say("open.held", amount="28.81") in at.text
        assert words.say("open.tell.waiting")[:30] in at.text
        await at.till.sandbox.delete("/_faults")
        await at.press("f5")
        assert at.till.checkout.last
        assert at.till.checkout.last.settled


async def test_after_a_restart_the_slip_that_was_never_printed_is_offered(tmp_path: Path) -> None:
    app = sandbox_app()
    async with counter(tmp_path, app=app) as at:
        sale = await at.till.sell("employee")
    async with counter(tmp_path, app=app) as at:
        assert at.says("phase.empty_unprinted", number=sale.sale_id)
        await at.press("f9")
        assert isinstance(at.app.screen, SlipDialog)
        assert at.app.desk.words.say("receipt.copy") not in at.text
        await at.press("enter")
        assert at.says("phase.empty")
    async with counter(tmp_path, app=app) as at:
        assert at.says("phase.empty")
        await at.press("f9")
        assert at.app.desk.words.say("receipt.copy") in at.text


async def test_the_offered_slip_gives_way_to_the_next_sale(tmp_path: Path) -> None:
    app = sandbox_app()
    async with counter(tmp_path, app=app) as at:
        await at.till.sell("employee")
    async with counter(tmp_path, app=app) as at:
        assert at.till.checkout.unprinted
        await at.till.sell("resident")
        assert at.till.checkout.unprinted is None


async def test_f9_prints_the_day_so_far_and_stays_where_it_is(tmp_path: Path) -> None:
    async with counter(tmp_path) as at:
        await at.press("f11", "f9")
        assert [read.on_paper for read in at.till.told(DayRead)] == [False, True]
        assert isinstance(at.app.screen, DayDialog)
        await at.press("escape")
        assert isinstance(at.app.screen, SaleScreen)
