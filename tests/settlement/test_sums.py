"""I1 to I7, on recorded amounts, on random settlements, and broken one at a time."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

import pytest

from terminal.settlement.fields import Unreadable, read
from terminal.settlement.messages.settled import Settlement
from terminal.settlement.sums import FundTotal, MutualAid, Sums, add_up
from tests.settlement.carts import draw, split_of, understood, wrong
from tests.settlement.vectors import INPATIENT, RECORDED

Json = dict[str, Any]


@pytest.mark.parametrize("name", RECORDED)
def test_recorded_amounts_add_up_and_divide_as_they_were_paid(name: str) -> None:
    given, split = RECORDED[name]
    assert split_of(understood(given)) == split


@pytest.mark.parametrize("name", RECORDED)
def test_a_recorded_amount_that_is_out_by_a_fen_is_refused(name: str) -> None:
    given, _ = RECORDED[name]
    needless = {"act_pay_dedc", "acct_mulaid_pay", "balc"}
    for field, value in given["setlinfo"].items():
        if value is None or field in needless:
            continue
        broken = {**given, "setlinfo": {**given["setlinfo"], field: value + Decimal("0.01")}}
        with pytest.raises(Unreadable, match=r"I[1-7]|another sign"):
            understood(broken)
    rows = given["setldetail"]
    for at, row in enumerate(rows):
        out = {**row, "fund_payamt": row["fund_payamt"] + Decimal("0.01")}
        with pytest.raises(Unreadable, match="I5"):
            understood({**given, "setldetail": [*rows[:at], out, *rows[at + 1 :]]})


def test_random_settlements_are_read_as_they_were_divided_and_never_otherwise() -> None:
    rng = random.Random(20260322)
    assert [told for told in (wrong(draw(rng), rng) for _ in range(800)) if told] == []


def _sums(**amounts: str) -> Sums:
    info = {name: Decimal(text) for name, text in amounts.items()}
    told = read(Settlement, {"setlinfo": info})
    return add_up(told.setlinfo)


WORKED = {
    "inside": ("100.00", "30.00", "70.00", "0.00", "100.00"),
    "on top": ("100.00", "30.00", "70.00", "0.00", "30.00"),
    "resident inside": ("65.50", "0.00", "40.00", "25.50", "40.00"),
    "resident on top": ("65.50", "0.00", "40.00", "25.50", "0.00"),
}


@pytest.mark.parametrize("name", WORKED)
def test_mutual_aid_is_found_inside_or_on_top_by_arithmetic(name: str) -> None:
    person, own, aid, cash, account = WORKED[name]
    sums = _sums(
        medfee_sumamt=person,
        fund_pay_sumamt="0",
        psn_part_amt=person,
        acct_pay=account,
        acct_mulaid_pay=aid,
        psn_cash_pay=cash,
    )
    expected = tuple(int(Decimal(text) * 100) for text in (own, aid, cash))
    assert (sums.own_fen, sums.mutual_aid_fen, sums.cash_fen) == expected
    assert sums.mutual_aid == {MutualAid.INSIDE if "inside" in name else MutualAid.ON_TOP}


def test_a_fund_total_with_the_account_in_it_is_told_from_one_without() -> None:
    split = {"psn_part_amt": "40", "acct_pay": "30", "psn_cash_pay": "10", "hifp_pay": "60"}
    alone = _sums(medfee_sumamt="100", fund_pay_sumamt="60", **split)
    counted = _sums(medfee_sumamt="100", fund_pay_sumamt="90", **split)
    assert alone.fund_fen == counted.fund_fen == 6000
    assert alone.fund_total == {FundTotal.FUND_ALONE}
    assert FundTotal.WITH_ACCOUNT in counted.fund_total


def test_a_reply_that_can_be_divided_in_two_ways_is_held() -> None:
    """Without the person's part, 50 of fund may or may not count 20 + 10 of accounts."""
    with pytest.raises(Unreadable, match="two ways"):
        _sums(
            medfee_sumamt="-50",
            fund_pay_sumamt="-50",
            acct_pay="-20",
            acct_mulaid_pay="-10",
            cash_payamt="0",
        )


@pytest.mark.parametrize("field", ["medfee_sumamt", "fund_pay_sumamt", "acct_pay", "psn_cash_pay"])
def test_a_total_that_is_missing_is_refused_by_its_name(field: str) -> None:
    info = {name: value for name, value in INPATIENT["setlinfo"].items() if name != field}
    with pytest.raises(Unreadable, match=f"setlinfo.{field} is missing"):
        understood({"setlinfo": info})


def test_a_line_that_does_not_add_up_is_refused_by_its_number() -> None:
    line = {"det_item_fee_sumamt": "10.00", "fulamt_ownpay_amt": "1.00", "inscp_scp_amt": "9.00"}
    good = {**INPATIENT, "detlcutinfo": [line]}
    understood(good)
    with pytest.raises(Unreadable, match=r"detlcutinfo\[1\]: I6"):
        understood({**INPATIENT, "detlcutinfo": [line, {**line, "inscp_scp_amt": "9.01"}]})
    with pytest.raises(Unreadable, match="selfpay_prop"):
        understood({**INPATIENT, "detlcutinfo": [{**line, "selfpay_prop": 1}]})
