"""Nothing that comes from outside is interpreted: not as markup, not as a terminal's commands."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from pathlib import Path

import pytest

from terminal.catalogue import Catalogue, Item
from terminal.catalogue.goods import goods_of
from terminal.sale.commands import AddItem, Present
from terminal.sale.events import (
    Account,
    CodeNotUsable,
    Decline,
    Notice,
    PersonIdentified,
    PlatformRefused,
    PlatformSilent,
    PrinterFailed,
    Refused,
    ScannerChanged,
    VoucherAccepted,
    VoucherRefused,
)
from terminal.sale.money import Fen
from terminal.sale.sale import Sale, Status, Tender
from terminal.tui.cells import width
from terminal.tui.sale_screen import SaleScreen
from terminal.tui.widgets.charges import ChargesPanel, ChargesShown
from terminal.tui.widgets.customer import CustomerPanel, CustomerShown
from tests.till import make_plan
from tests.tui.counter import LARGE, SMALL, Counter, counter

MARKUP = "[@click=app.exit]x[/]"
HOSTILE = f"{MARKUP}\x1b[2J\x1b]0;t\x07\u202eab\u200b\x9b\n$error"
ITEM = Item("4006381333931", HOSTILE, "\x1b[31m", Fen(100), "", "自费", "x", "")


def assert_harmless(text: str) -> None:
    for character in text.replace("\n", ""):
        assert unicodedata.category(character)[0] in "LMNPSZ", hex(ord(character))
        assert unicodedata.category(character) not in ("Cc", "Cf"), hex(ord(character))


async def shown_harmlessly(at: Counter) -> None:
    await at.settle()
    assert_harmless(at.text)


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=str)
async def test_a_name_from_the_catalogue_is_taken_literally(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    made = replace(make_plan(), catalogue=Catalogue(goods_of([ITEM])))
    async with counter(tmp_path, size=size, made=made) as at:
        await at.till.do(AddItem(ITEM.code))
        await shown_harmlessly(at)
        assert MARKUP in at.text
        rows = at.text.splitlines()
        y = next(number for number, row in enumerate(rows) if MARKUP in row)
        await at.pilot.click(offset=(width(rows[y][: rows[y].index("x[/]")]), y))
        await at.settle()
        assert at.app.is_running
        assert not at.app._exit
        await at.press("f4")
        await shown_harmlessly(at)
        await at.press("escape")
        await at.type("400")
        await shown_harmlessly(at)
        assert MARKUP in at.text


NOTICES: tuple[Notice, ...] = (
    CodeNotUsable("unknown", HOSTILE),
    CodeNotUsable(HOSTILE, HOSTILE),
    PlatformRefused("quote", Decline.REFUSED, HOSTILE),
    PlatformSilent("identify", HOSTILE),
    ScannerChanged(HOSTILE, "lost", HOSTILE),
    ScannerChanged(HOSTILE, HOSTILE, HOSTILE),
    PrinterFailed(HOSTILE, HOSTILE),
    VoucherRefused(HOSTILE),
    Refused(HOSTILE),
)


@pytest.mark.parametrize("notice", NOTICES, ids=lambda notice: type(notice).__name__)
async def test_a_notice_with_hostile_text_is_shown_as_text(tmp_path: Path, notice: Notice) -> None:
    async with counter(tmp_path, size=LARGE) as at:
        at.till.checkout.tell(notice)
        await shown_harmlessly(at)
        assert isinstance(at.app.screen, SaleScreen)
        assert MARKUP in at.text


async def test_the_platforms_own_words_stay_visible(tmp_path: Path) -> None:
    async with counter(tmp_path) as at:
        at.till.checkout.tell(PlatformRefused("identify", Decline.REFUSED, "未获取到人员信息"))
        await at.settle()
        assert "未获取到人员信息" in at.text
        assert at.app.desk.words.say("decline_next.not_found") in at.text


async def test_a_scanned_code_full_of_commands_is_harmless(tmp_path: Path) -> None:
    async with counter(tmp_path, size=LARGE) as at:
        await at.till.do(Present(HOSTILE.encode("utf-8")))
        await shown_harmlessly(at)
        assert at.till.told(CodeNotUsable)


def test_a_name_from_platform_or_voucher_is_drawn_without_commands() -> None:
    words = make_plan().words["zh"]
    voucher = VoucherAccepted("i", "0" * 32, "0" * 32, HOSTILE, HOSTILE, HOSTILE, True, "c", 0)
    person = PersonIdentified("P", HOSTILE, HOSTILE, HOSTILE, Fen(1))
    for sale in (
        Sale("1", 1, "", voucher=voucher),
        Sale("1", 1, "", voucher=voucher, person=person),
    ):
        panel = CustomerPanel("customer")
        rows = panel.rows(CustomerShown(words, sale, 30), 60, 12)
        assert_harmless("".join(row.plain for row in rows))


def test_the_words_of_a_refused_charge_are_drawn_without_commands() -> None:
    tender = Tender(
        "k",
        Account.FUND,
        Fen(1),
        Status.DECLINED,
        reason=Decline.REFUSED,
        words=HOSTILE,
    )
    panel = ChargesPanel("charges")
    rows = panel.rows(ChargesShown(make_plan().words["zh"], (tender,)), 60, 12)
    assert_harmless("".join(row.plain for row in rows))
