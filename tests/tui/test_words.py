"""Every code has its words, in both languages, and they fit where they are shown."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

import terminal
from drivers.printer_address import Trouble
from terminal.config import SHIPPED
from terminal.sale.answers import DayRead, Reconciled, SaleFound, SalesListed
from terminal.sale.events import (
    Account,
    BoxKnown,
    ClockApart,
    CodeNotUsable,
    DayClosed,
    Decline,
    Decoding,
    Event,
    GoodsRefused,
    KeysAgeing,
    Notice,
    PlatformRefused,
    PlatformSilent,
    PrinterChanged,
    PrinterFailed,
    Refused,
    ScannerChanged,
    ShownAs,
    VoucherRefused,
    Waiting,
)
from terminal.sale.money import Fen
from terminal.sale.sale import DECLINED, DIFFERS, Status
from terminal.sale.statement import Reconciliation, Verdict
from terminal.sale.steps import Phase
from terminal.text import LANGUAGES, Words
from terminal.tui.advice import REPLAYED, Advice, voucher_advice
from terminal.tui.cells import flow, width
from terminal.tui.dialogs import KEYS_EXPLAINED
from terminal.tui.keys import ENTER, ENTER_OFFERED
from terminal.tui.shares import Known, Payer, Why
from terminal.tui.wording import TONES, VARIANTS, notice_sentences
from terminal.voucher.classify import Kind
from terminal.voucher.reasons import Reason

WORDS = {language: Words.load(SHIPPED / "lang", language) for language in LANGUAGES}
STATUS_CELLS = {"zh": 78 - 7 - 3, "en": 78 - 6 - 3}
"""What is left of 80 columns beside margin, mark and label."""
LONG = {
    "name": "欧阳某某",
    "account": "家庭共济账户",
    "differences": ", ".join(
        f"{payer} 12345.67→12345.67" for payer in ("医保基金", "个人账户", "家庭共济")
    ),
    "asked": "12345.67",
    "held": "12345.67",
    "due": "12345.67",
    "amount": "12345.67",
    "total": "12345.67",
    "change": "12345.67",
    "cash": "12345.67",
    "seconds": "300",
    "gives_up": "45",
    "place": "内蒙古",
    "code_place": "新疆兵团",
    "reason": "医保码在平台上已过期",
    "words": "账户余额不足",
    "text": "83160000123456789012",
    "trace": "83160000123456789012",
    "question": "核对参保人",
    "cause": "ReadTimeout",
    "url": "serial:///dev/ttyACM0",
    "detail": "EIO",
    "code": "surprising",
    "number": "20261122010001",
    "waiting": "100",
}
PRINTER_TROUBLES = tuple(trouble for trouble in Trouble if trouble is not Trouble.BAD_URL)
"""A till does not start with a wrong address."""


def refusals_in_the_source() -> set[str]:
    """Every literal reason that any file of the till gives to `Refused` or `_refuse`."""
    folder = Path(terminal.__file__).parent
    found: set[str] = set()
    for path in folder.rglob("*.py"):
        if "sandbox" not in path.parts:
            found |= set(_reasons(ast.parse(path.read_text(encoding="utf-8"))))
    return found


def _reasons(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            named = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            named = node.func.id if isinstance(node.func, ast.Name) else named
            if named in ("Refused", "_refuse") and node.args:
                # Both arms of a conditional, but not what it asks about.
                argument = node.args[0]
                arms = (
                    [argument.body, argument.orelse]
                    if isinstance(argument, ast.IfExp)
                    else [argument]
                )
                yield from (
                    arm.value
                    for arm in arms
                    if isinstance(arm, ast.Constant) and isinstance(arm.value, str)
                )


def phase_names() -> list[str]:
    named = [phase.value for phase in Phase]
    return named + [f"{phase}_{v}" for phase, variants in VARIANTS.items() for v in variants]


def needed_keys() -> Iterator[str]:
    for name in phase_names():
        yield from (f"phase.{name}", f"phase_next.{name}")
    tables: dict[str, list[str]] = {
        "enter": [phase.value for phase in ENTER_OFFERED],
        "decline": list(Decline),
        "decline_next": [*Decline, "not_found", "decode"],
        "shown_as": list(ShownAs),
        "voucher": [*Reason, REPLAYED, "other"],
        "voucher_next": list(Advice),
        "code": [*Kind, "goods_not_sold", "other"],
        "account": list(Account),
        "tender": list(Status),
        "payer": list(Payer),
        "letter": list(Payer),
        "known": list(Known),
        "why": list(Why),
        "event": [event.__name__ for event in get_args(Event)],
        "lapse": ["restart", "given_up", DECLINED, DIFFERS, "other"],
        "scanner": ["ready", "lost", "other"],
        "printer": [*PRINTER_TROUBLES, "ready", "other"],
        "printer_next": list(PRINTER_TROUBLES),
        "question": ["sign_in", "identify", "quote", "decode"],
        "customer": ["by_card", "by_identity"],
        "wait": ["asking", "reversing"],
        "refused": [*refusals_in_the_source(), "other"],
        "help": [f"key_{name}" for name in KEYS_EXPLAINED],
    }
    for table, codes in tables.items():
        yield from (f"{table}.{code}" for code in codes)


def test_both_languages_have_the_same_messages() -> None:
    assert WORDS["zh"].keys == WORDS["en"].keys


@pytest.mark.parametrize("key", sorted(WORDS["zh"].keys))
def test_both_languages_take_the_same_values(key: str) -> None:
    assert WORDS["zh"].placeholders(key) == WORDS["en"].placeholders(key)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_has_its_words(language: str) -> None:
    missing = sorted({key for key in needed_keys() if key not in WORDS[language]})
    assert missing == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_advice_is_about_a_code_that_does_not_exist(language: str) -> None:
    words = WORDS[language]
    for table in ("refused", "code", "phase", "scanner", "printer"):
        advised = {key.split(".", 1)[1] for key in words.keys if key.startswith(f"{table}_next.")}
        known = {key.split(".", 1)[1] for key in words.keys if key.startswith(f"{table}.")}
        assert advised <= known


def test_the_source_scan_finds_the_reasons_it_must() -> None:
    assert {"busy", "too_fast", "no_such_line", "quote_first"} <= refusals_in_the_source()


def test_every_phase_has_a_tone_and_an_enter() -> None:
    assert set(TONES) == set(ENTER) == set(Phase)


NOTICES: tuple[Notice, ...] = (
    Refused("busy"),
    VoucherRefused("expired"),
    CodeNotUsable("unknown", "x"),
    BoxKnown("83000010000000000001", "1", here=True),
    BoxKnown("83000010000000000001", "1", here=False),
    PlatformRefused("quote", Decline.REFUSED, ""),
    PlatformSilent("identify", "ReadTimeout"),
    Decoding(5.0),
    PlatformRefused("decode", Decline.REFUSED, "x"),
    PlatformSilent("decode", "ReadTimeout"),
    Waiting("1", "asking", 2.0, 45.0),
    ScannerChanged("serial:///dev/x", "lost", "EIO"),
    PrinterFailed("1", "full"),
    PrinterChanged("usb:///dev/usb/lp0", "paper_out", 2),
    DayClosed(1, "{}", ""),
    DayRead("{}"),
    SalesListed(()),
    SaleFound("1"),
    *(
        Reconciled(Reconciliation("", "2026-11-21", "2026-11-22", verdict, 1, Fen(1)))
        for verdict in Verdict
    ),
    ClockApart(60),
    ClockApart(-60),
    KeysAgeing("bundle_ageing"),
    KeysAgeing("bundle_ending"),
    GoodsRefused("1", 1, "x", "no"),
)


@pytest.mark.parametrize("notice", NOTICES, ids=lambda notice: type(notice).__name__)
def test_every_notice_is_worded(notice: Notice) -> None:
    for words in WORDS.values():
        assert notice_sentences(notice, words).happened


def test_no_notice_is_left_out() -> None:
    assert {type(notice) for notice in NOTICES} == set(get_args(Notice))


@pytest.mark.parametrize("reason", list(Reason))
def test_every_voucher_reason_has_advice_of_its_own(reason: Reason) -> None:
    assert voucher_advice(reason) in Advice


def test_the_letters_of_the_bar_differ() -> None:
    for words in WORDS.values():
        letters = [words.say(f"letter.{payer}") for payer in Payer]
        assert len(set(letters)) == len(letters)
        assert {width(letter) for letter in letters} <= {1, 2}


STATUS_TABLES = {
    1: ("box_next", "phase_next", "money",
        "refused_next", "voucher_next", "code_next", "platform_next",
        "decline_next", "scanner_next", "printer_next"),
    2: ("box", "phase", "refused", "voucher", "code", "platform", "scanner", "printer"),
}  # fmt: skip


@pytest.mark.parametrize(
    ("language", "rows"), list(itertools.product(LANGUAGES, STATUS_TABLES)), ids=str
)
def test_every_status_sentence_fits_at_eighty_columns(language: str, rows: int) -> None:
    words = WORDS[language]
    too_long: list[str] = []
    for key in sorted(words.keys):
        if key.split(".")[0] in STATUS_TABLES[rows]:
            said = words.say(key, **LONG)
            if flow(said, STATUS_CELLS[language], rows) != flow(said, STATUS_CELLS[language], 99):
                too_long.append(said)
    assert too_long == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_message_has_values_for_its_placeholders(language: str) -> None:
    """A message that names a value nobody gives would end the screen when it is needed."""
    words = WORDS[language]
    for name in phase_names():
        for table in ("phase", "phase_next"):
            given = {"name", "account", "asked", "reason", "words", "due", "seconds", "gives_up",
                     "place", "code_place", "number", "differences"}  # fmt: skip
            assert words.placeholders(f"{table}.{name}") <= given


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("reason", list(Why))
def test_every_reason_fits_below_the_split(language: str, reason: Why) -> None:
    words = WORDS[language]
    payers = " → ".join(words.say(f"payer.{payer}") for payer in Payer)
    said = words.say(f"why.{reason}", order=payers, cash="12345.67")
    assert len(flow(said, 30, 99)) <= 3
