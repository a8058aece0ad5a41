"""What is said about the money is said by the sale, whatever else is being said."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from terminal.config import SHIPPED
from terminal.sale.events import (
    Account,
    Decline,
    LineAdded,
    PersonIdentified,
    Quoted,
    Refused,
    Split,
    VoucherAccepted,
    VoucherRefused,
    Waiting,
)
from terminal.sale.money import Fen
from terminal.sale.sale import DIFFERS, Sale, Status, Tender
from terminal.sale.steps import Phase
from terminal.text import LANGUAGES, Words
from terminal.tui.wording import Scene, Tone, say

WORDS = {language: Words.load(SHIPPED / "lang", language) for language in LANGUAGES}
ZH = WORDS["zh"]

LINES = (LineAdded(1, "6901234567892", "x", Fen(10000), 1),)
VOUCHER = VoucherAccepted("i", "0" * 32, "0" * 32, "李*", "630100", "310", False, "qinghai", 0)
PERSON = PersonIdentified("P", "310", "630100", "李*", Fen(1200))
QUOTE = Quoted(Fen(10000), Fen(6000), None, None)
SALE = Sale("1", 1, "", lines=LINES, voucher=VOUCHER, person=PERSON, quote=QUOTE)
FUND = Tender("a", Account.FUND, Fen(10000), Status.APPROVED, Split(fund_fen=Fen(6000)))
PERSONAL = Tender("b", Account.PERSONAL, Fen(4000), Status.UNKNOWN)


def scene(sale: Sale | None, phase: Phase, **changes: object) -> Scene:
    return replace(Scene(sale, phase, busy=False), **changes)  # type: ignore[arg-type]  # any field of Scene


def test_every_scene_has_its_three_sentences_in_both_languages() -> None:
    sales = (None, SALE, replace(SALE, tenders=(FUND,)), replace(SALE, tenders=(FUND, PERSONAL)))
    for sale, phase, busy, words in itertools.product(sales, Phase, (True, False), WORDS.values()):
        said = say(Scene(sale, phase, busy), words)
        assert said.happened
        assert said.money
        assert said.next
        assert "{" not in said.happened + said.money + said.next


@pytest.mark.parametrize(
    "notice", [Refused("busy"), Refused("unresolved"), VoucherRefused("expired")]
)
def test_no_notice_hides_that_money_is_uncertain(notice: Refused | VoucherRefused) -> None:
    sale = replace(SALE, tenders=(FUND, PERSONAL))
    said = say(scene(sale, Phase.WAITING, notice=notice), ZH)
    assert said.money == ZH.say("money.uncertain", asked="40.00")


def test_while_waiting_the_next_sentence_is_always_what_will_happen() -> None:
    sale = replace(SALE, tenders=(FUND, PERSONAL))
    waiting = Waiting("1", "asking", 3, 40)
    for notice in (None, Refused("unresolved")):
        said = say(scene(sale, Phase.WAITING, waiting=waiting, notice=notice), ZH)
        assert said.next == ZH.say("phase_next.waiting", seconds=3, gives_up=40)


def test_what_the_platform_said_to_the_latest_try_is_repeated() -> None:
    sale = replace(SALE, tenders=(FUND, PERSONAL))
    waiting = Waiting("1", "asking", 3, 40, "系统繁忙")
    said = say(scene(sale, Phase.WAITING, waiting=waiting), ZH)
    assert "系统繁忙" in said.happened


MONEY = [
    (SALE, Phase.QUOTED, "only_quoted", {"total": "100.00"}),
    (replace(SALE, quote=None), Phase.QUOTABLE, "nothing_taken", {"total": "100.00"}),
    (replace(SALE, tenders=(FUND,)), Phase.CASH_DUE, "cash_due", {"held": "60.00", "due": "40.00"}),
    (replace(SALE, tenders=(FUND,)), Phase.LAPSED, "held", {"held": "60.00", "due": "40.00"}),
    (
        replace(SALE, tenders=(FUND, replace(PERSONAL, status=Status.INTENDED))),
        Phase.CHARGING,
        "moving",
        {"asked": "40.00", "held": "60.00"},
    ),
    (
        replace(SALE, tenders=(FUND, replace(PERSONAL, status=Status.REVERSING))),
        Phase.WAITING,
        "reversing",
        {"asked": "40.00"},
    ),
    (
        replace(SALE, tenders=(FUND,), cancelling="clerk"),
        Phase.CANCELLING,
        "returning",
        {"amount": "60.00"},
    ),
    (
        replace(SALE, tenders=(replace(FUND, status=Status.REVERSED),), cancelling="clerk"),
        Phase.VOIDED,
        "returned",
        {},
    ),
    (replace(SALE, cancelling="clerk", closed=True), Phase.VOIDED, "nothing_was_taken", {}),
    (None, Phase.EMPTY, "no_sale", {}),
    (
        replace(SALE, tenders=(FUND,), cash_fen=Fen(4000), tendered_fen=Fen(5000), closed=True),
        Phase.SETTLED,
        "settled_change",
        {"total": "100.00", "change": "10.00"},
    ),
]


@pytest.mark.parametrize(("sale", "phase", "key", "values"), MONEY, ids=[m[2] for m in MONEY])
def test_the_money_is_told_as_the_sale_has_it(
    sale: Sale | None, phase: Phase, key: str, values: dict[str, object]
) -> None:
    assert say(Scene(sale, phase, busy=False), ZH).money == ZH.say(f"money.{key}", **values)


VARIANTS = [
    (replace(SALE, voucher=replace(VOUCHER, by_relative=True)), Phase.QUOTED, "quoted_relative"),
    (replace(SALE, voucher=replace(VOUCHER, region="630200")), Phase.QUOTED, "quoted_city"),
    (
        replace(
            SALE,
            voucher=replace(VOUCHER, region="610100"),
            person=replace(PERSON, region="610100"),
        ),
        Phase.QUOTED,
        "quoted_far",
    ),
    (replace(SALE, lapsed="given_up"), Phase.QUOTED, "quoted_given_up"),
    (replace(SALE, lapsed="restart"), Phase.QUOTED, "quoted_restart"),
    (replace(SALE, lapsed="restart", tenders=(FUND,)), Phase.LAPSED, "lapsed_restart"),
    (replace(SALE, lapsed="given_up", tenders=(FUND,)), Phase.LAPSED, "lapsed_given_up"),
    (replace(SALE, lines=()), Phase.QUOTABLE, "quotable_no_goods"),
    (SALE, Phase.QUOTED, "quoted"),
]


@pytest.mark.parametrize(("sale", "phase", "key"), VARIANTS, ids=[v[2] for v in VARIANTS])
def test_what_needs_a_warning_has_one(sale: Sale, phase: Phase, key: str) -> None:
    said = say(Scene(sale, phase, busy=False, home_region="630102"), ZH)
    values = {"name": "李*", "place": "西宁", "code_place": "海东"}
    if key == "quoted_far":
        values = {"name": "李*", "place": "陕西", "code_place": "陕西"}
    assert said.happened == ZH.say(f"phase.{key}", **values)
    cautious = ("quoted_relative", "quoted_city", "quoted_far")
    assert (said.tone is Tone.WARN) == (key in cautious or phase is Phase.LAPSED)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_was_settled_otherwise_than_quoted_is_told_beside_the_quote(language: str) -> None:
    quote = Quoted(Fen(10000), Fen(6000), Fen(500), Fen(800))
    tender = Tender(
        "a", Account.INSURANCE, Fen(10000), Status.APPROVED, Split(Fen(6000), Fen(0), Fen(700))
    )
    sale = replace(SALE, quote=quote, tenders=(tender,), lapsed=DIFFERS)
    said = say(scene(sale, Phase.LAPSED), WORDS[language])
    assert said.tone is Tone.WARN
    for told in ("0.00", "5.00", "7.00", "8.00"):
        assert told in said.happened
    assert "60.00" not in said.happened


def test_a_shop_whose_place_is_not_known_calls_nobody_far_away() -> None:
    away = replace(SALE, voucher=replace(VOUCHER, region="610100"))
    away = replace(away, person=replace(PERSON, region="610100"))
    said = say(Scene(away, Phase.QUOTED, busy=False), ZH)
    assert said.happened == ZH.say("phase.quoted")


def test_a_refused_account_is_named_with_its_reason_and_the_platforms_words() -> None:
    declined = replace(PERSONAL, status=Status.DECLINED, reason=Decline.REFUSED, words="账户已冻结")
    sale = replace(SALE, tenders=(FUND, declined), lapsed="declined")
    said = say(Scene(sale, Phase.REFUSED, busy=False), ZH)
    assert ZH.say("account.personal") in said.happened
    assert ZH.say("decline.refused") in said.happened
    assert "账户已冻结" in said.happened
