"""A phone that fails: the number of a card is typed, and never seen whole."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from terminal.sale.commands import AddItem, Present
from terminal.sale.events import Decoding, Quoted, Refused, ShownAs, VoucherAccepted
from terminal.sandbox.people import THE_SEVEN, card_number
from terminal.text import LANGUAGES
from terminal.tui.card_dialog import CardDialog
from terminal.tui.sale_screen import SaleScreen
from tests.till import BOXES, make_plan
from tests.tui.counter import counter

EMPLOYEE = next(person for person in THE_SEVEN if person.id == "employee")


@pytest.mark.parametrize("language", LANGUAGES)
async def test_an_identity_number_stands_in_for_the_code(tmp_path: Path, language: str) -> None:
    async with counter(tmp_path, language=language) as at:
        await at.till.do(AddItem(BOXES[0]))
        await at.settle()
        await at.press("ctrl+k")
        assert isinstance(at.app.screen, CardDialog)
        await at.type(EMPLOYEE.certno)
        assert "•" * 14 + EMPLOYEE.certno[-4:] in at.text
        assert EMPLOYEE.certno not in at.text
        await at.press("enter")
        assert isinstance(at.app.screen, SaleScreen)
        (accepted,) = at.till.told(VoucherAccepted)
        assert accepted.shown_as is ShownAs.IDENTITY
        assert at.till.told(Quoted)
        assert at.app.desk.words.say("customer.by_identity") in at.text
        assert EMPLOYEE.certno not in at.text


async def test_a_card_has_its_number_and_perhaps_a_serial_number(tmp_path: Path) -> None:
    async with counter(tmp_path) as at:
        await at.press("ctrl+k")
        await at.press("tab")
        await at.type(card_number(EMPLOYEE.psn_no))
        await at.press("enter")
        assert at.till.told(VoucherAccepted) == []
        assert at.app.desk.words.say("dialog.card_sn")[:12] in at.text
        await at.press("enter")
        (accepted,) = at.till.told(VoucherAccepted)
        assert accepted.shown_as is ShownAs.CARD


async def test_what_is_too_long_is_no_number_and_escape_shows_nothing(tmp_path: Path) -> None:
    async with counter(tmp_path) as at:
        await at.press("ctrl+k")
        await at.type("1" * 33)
        await at.press("enter")
        assert isinstance(at.app.screen, CardDialog)
        await at.press("escape")
        assert at.till.told(VoucherAccepted) == []
        assert at.till.told(Refused) == []


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_wrong_number_says_what_to_do(tmp_path: Path, language: str) -> None:
    async with counter(tmp_path, language=language) as at:
        await at.press("ctrl+k")
        await at.type("123456")
        await at.press("enter")
        say = at.app.desk.words.say
        assert say("refused.not_an_identity_number")[:12] in at.text
        assert say("refused_next.not_an_identity_number")[:12] in at.text


async def test_decoding_says_how_long_at_most_and_a_refusal_what_to_do(tmp_path: Path) -> None:
    made = make_plan("sandbox-splits")
    rule = made.profile.opaque_codes
    assert rule
    patient = msgspec.structs.replace(rule, seconds_max=7.0)
    made = replace(made, profile=msgspec.structs.replace(made.profile, opaque_codes=patient))
    async with counter(tmp_path, made=made) as at:
        await at.till.do(Present(b"1" * 28))
        await at.settle()
        assert at.till.told(Decoding) == [Decoding(7.0)]
        assert at.app.desk.words.say("decline_next.decode")[:12] in at.text
        assert "1" * 28 not in at.text
