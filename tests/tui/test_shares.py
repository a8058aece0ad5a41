from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.sale.events import Account, LineAdded, PersonIdentified, Quoted, Split
from terminal.sale.money import NOTHING, Fen
from terminal.sale.sale import Sale, Status, Tender
from terminal.sale.steps import Phase
from terminal.tui.shares import Known, Payer, Share, Why, divide_cells, shares, why

FALLS_BACK = (Account.FUND, Account.PERSONAL, Account.MUTUAL_AID)
SPLITS = (Account.INSURANCE,)
LINES = (LineAdded(1, "6901234567892", "阿莫西林胶囊", Fen(10000), 1),)
EMPLOYEE = PersonIdentified("P1", "310", "630100", "李*", Fen(3000))
RESIDENT = replace(EMPLOYEE, insutype="390", balance_fen=None)
SALE = Sale("1", 1, "", lines=LINES, person=EMPLOYEE)


def tender(account: Account, status: Status, **split: int) -> Tender:
    fen = {name: Fen(amount) for name, amount in split.items()}
    return Tender("k", account, Fen(10000), status, Split(**fen))


def by_payer(found: tuple[Share, ...]) -> dict[Payer, Share]:
    assert [share.payer for share in found] == list(Payer)
    return {share.payer: share for share in found}


@given(
    st.lists(st.integers(min_value=0, max_value=10**9), min_size=5, max_size=5),
    st.integers(min_value=10, max_value=200),
)
def test_the_bar_is_always_full_and_shows_every_amount(parts: list[int], width: int) -> None:
    given_cells = divide_cells(parts, width)
    assert sum(given_cells) == (width if any(parts) else 0)
    for part, cells in zip(parts, given_cells, strict=True):
        assert (cells >= 2) if part else (cells == 0)


@given(st.lists(st.integers(min_value=1, max_value=10**6), min_size=4, max_size=4))
def test_a_larger_amount_never_has_fewer_cells(parts: list[int]) -> None:
    given_cells = divide_cells(parts, 60)
    for one, cells in zip(parts, given_cells, strict=True):
        for other, other_cells in zip(parts, given_cells, strict=True):
            if one > other:
                assert cells >= other_cells


def test_before_any_quote_nobody_has_named_an_amount() -> None:
    found = shares(SALE, Phase.QUOTABLE, FALLS_BACK)
    assert [(share.amount_fen, share.known) for share in found] == [(None, Known.LATER)] * 4


def test_a_quote_without_accounts_leaves_them_and_the_cash_open() -> None:
    sale = replace(SALE, quote=Quoted(Fen(10000), Fen(6000), None, None))
    found = by_payer(shares(sale, Phase.QUOTED, FALLS_BACK))
    assert found[Payer.FUND] == Share(Payer.FUND, Fen(6000), Known.QUOTED)
    for payer in (Payer.PERSONAL, Payer.MUTUAL_AID, Payer.CASH):
        assert found[payer] == Share(payer, None, Known.LATER)


def test_an_account_the_order_does_not_name_is_not_promised() -> None:
    sale = replace(SALE, person=RESIDENT, quote=Quoted(Fen(10000), Fen(5000), None, None))
    found = by_payer(shares(sale, Phase.QUOTED, (Account.FUND, Account.MUTUAL_AID)))
    assert found[Payer.PERSONAL] == Share(Payer.PERSONAL, NOTHING, Known.UNUSED)
    assert found[Payer.MUTUAL_AID].known is Known.LATER


def test_a_quote_that_names_all_accounts_names_the_cash_too() -> None:
    sale = replace(SALE, quote=Quoted(Fen(10000), Fen(6000), Fen(3000), Fen(500)))
    found = by_payer(shares(sale, Phase.QUOTED, SPLITS))
    assert found[Payer.CASH] == Share(Payer.CASH, Fen(500), Known.QUOTED)


@pytest.mark.parametrize("status", [Status.INTENDED, Status.UNKNOWN, Status.REVERSING])
def test_an_open_question_is_never_shown_as_paid(status: Status) -> None:
    fund = tender(Account.FUND, Status.APPROVED, fund_fen=6000)
    personal = tender(Account.PERSONAL, status)
    sale = replace(SALE, tenders=(fund, personal))
    found = by_payer(shares(sale, Phase.WAITING, FALLS_BACK))
    assert found[Payer.FUND].known is Known.PAID
    assert found[Payer.PERSONAL].known is Known.ASKING
    assert found[Payer.CASH] == Share(Payer.CASH, None, Known.LATER)


def test_an_open_question_to_the_whole_insurance_names_no_part() -> None:
    sale = replace(SALE, tenders=(tender(Account.INSURANCE, Status.UNKNOWN),))
    found = shares(sale, Phase.WAITING, SPLITS)
    assert [share.known for share in found[:3]] == [Known.ASKING] * 3
    assert [share.amount_fen for share in found] == [None] * 4


def test_what_was_taken_back_is_not_shown_as_paid() -> None:
    back = replace(tender(Account.FUND, Status.REVERSED), split=Split(fund_fen=Fen(6000)))
    quote = Quoted(Fen(10000), Fen(6000), None, None)
    sale = replace(SALE, tenders=(back,), quote=quote, lapsed="given_up")
    found = by_payer(shares(sale, Phase.QUOTED, FALLS_BACK))
    assert found[Payer.FUND].known is Known.QUOTED


CASES = {
    Why.FUND_ALL: (10000, 0, 0, EMPLOYEE),
    Why.OWN_ENOUGH: (6000, 4000, 0, EMPLOYEE),
    Why.OWN_THEN_AID: (6000, 3000, 1000, EMPLOYEE),
    Why.AID_OWN_EMPTY: (6000, 0, 4000, EMPLOYEE),
    Why.AID_DIRECT: (6000, 0, 4000, RESIDENT),
    Why.ALL_SHORT: (6000, 3000, 500, EMPLOYEE),
    Why.NO_AID: (6000, 3000, 0, EMPLOYEE),
}


@pytest.mark.parametrize("expected", CASES, ids=str)
def test_the_reason_fits_the_split_quoted_and_paid(expected: Why) -> None:
    fund, personal, aid, person = CASES[expected]
    split = Split(Fen(fund), Fen(personal), Fen(aid))
    quote = Quoted(Fen(10000), Fen(fund), Fen(personal), Fen(aid))
    quoted = replace(SALE, person=person, quote=quote)
    assert why(quoted, Phase.QUOTED) is expected
    paid = Tender("k", Account.INSURANCE, Fen(10000), Status.APPROVED, split)
    due = 10000 - split.paid_fen
    done = replace(quoted, tenders=(paid,), cash_fen=Fen(due), closed=True)
    assert why(done, Phase.SETTLED) is expected
    if due:
        assert why(replace(quoted, tenders=(paid,)), Phase.CASH_DUE) is expected


def test_no_reason_is_given_while_an_account_is_still_to_answer() -> None:
    quote = Quoted(Fen(10000), Fen(6000), Fen(4000), Fen(0))
    sale = replace(SALE, quote=quote, tenders=(tender(Account.INSURANCE, Status.UNKNOWN),))
    assert why(sale, Phase.WAITING) is Why.ORDER
    assert why(None, Phase.EMPTY) is Why.NOBODY_YET


def test_of_a_cancelled_sale_only_what_is_not_back_yet_is_shown() -> None:
    fund = replace(tender(Account.FUND, Status.APPROVED, fund_fen=6000), key="a")
    personal = replace(tender(Account.PERSONAL, Status.REVERSING, personal_fen=3000), key="b")
    aid = replace(tender(Account.MUTUAL_AID, Status.REVERSED, mutual_aid_fen=500), key="c")
    sale = replace(SALE, tenders=(fund, personal, aid), cancelling="clerk")
    found = by_payer(shares(sale, Phase.CANCELLING, FALLS_BACK))
    assert found[Payer.FUND] == Share(Payer.FUND, Fen(6000), Known.RETURNING)
    assert found[Payer.PERSONAL] == Share(Payer.PERSONAL, Fen(3000), Known.RETURNING)
    assert found[Payer.MUTUAL_AID].known is Known.UNUSED
    assert why(sale, Phase.CANCELLING) is Why.UNDOING


def test_a_refund_gives_cash_back_as_cash() -> None:
    fund = tender(Account.FUND, Status.APPROVED, fund_fen=6000)
    sale = replace(SALE, tenders=(fund,), cash_fen=Fen(4000), refunding="returned")
    found = by_payer(shares(sale, Phase.REFUNDING, FALLS_BACK))
    assert found[Payer.CASH] == Share(Payer.CASH, Fen(4000), Known.RETURNING)


def test_an_unknown_charge_that_is_cancelled_may_come_back() -> None:
    unknown = tender(Account.PERSONAL, Status.REVERSING)
    found = by_payer(
        shares(replace(SALE, tenders=(unknown,), cancelling="clerk"), Phase.CANCELLING, FALLS_BACK)
    )
    assert found[Payer.PERSONAL] == Share(Payer.PERSONAL, Fen(10000), Known.RETURNING)
