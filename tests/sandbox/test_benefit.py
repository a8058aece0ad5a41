"""The benefit calculation, line by line, and the split of what is left."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.sandbox.benefit import Item, Parts, benefits, divide, line_share
from terminal.sandbox.catalogue import InsuranceClass
from terminal.sandbox.money import fen_exactly, half_up, yuan
from terminal.sandbox.policy import Benefit

CATALOGUE = {"A": InsuranceClass.A, "B": InsuranceClass.B, "C": InsuranceClass.OWN_COST}


def rules(
    limits: Mapping[str, int] | None = None, year_max_fen: int = 200000, ratio: str = "0.6"
) -> Benefit:
    return Benefit(
        verified=False,
        fund_ratio={"310": Decimal(ratio)},
        fund_year_max_fen={"310": year_max_fen},
        first_pay_share={"甲": Decimal(0), "乙": Decimal("0.1")},
        price_limit_fen=limits or {},
    )


def item(code: str, fen: int, count: str = "1") -> Item:
    return Item("1", code, Decimal(count), Decimal(fen).scaleb(-2) / Decimal(count), fen)


@pytest.mark.parametrize(
    ("code", "fen", "limit_fen", "parts"),
    [
        # own cost, over limit, first pay, in scope
        ("A", 1850, None, (0, 0, 0, 1850)),
        ("B", 3280, None, (0, 0, 328, 2952)),
        ("B", 5, None, (0, 0, 1, 4)),  # 0.5 fen goes up
        ("B", 4, None, (0, 0, 0, 4)),  # 0.4 fen goes down
        ("C", 990, None, (990, 0, 0, 0)),
        ("unknown", 990, None, (990, 0, 0, 0)),
        ("", 990, None, (990, 0, 0, 0)),
        ("A", 1850, 1500, (0, 350, 0, 1500)),
        ("A", 1850, 1850, (0, 0, 0, 1850)),
        ("B", 3280, 3000, (0, 280, 300, 2700)),  # the first-pay share is of what is under the limit
        ("B", 3280, 0, (0, 3280, 0, 0)),
        ("C", 990, 100, (990, 0, 0, 0)),  # wholly own cost knows no limit
    ],
)
def test_a_line_is_cut_in_the_order_of_the_policy(
    code: str, fen: int, limit_fen: int | None, parts: tuple[int, int, int, int]
) -> None:
    limits = {} if limit_fen is None else {code: limit_fen}
    cut = line_share(item(code, fen), CATALOGUE, rules(limits))
    assert parts == (cut.own_cost_fen, cut.over_limit_fen, cut.first_pay_fen, cut.in_scope_fen)


def test_a_price_limit_counts_for_each_unit() -> None:
    cut = line_share(item("A", 6000, "3"), CATALOGUE, rules({"A": 1500}))
    assert (cut.over_limit_fen, cut.in_scope_fen) == (1500, 4500)


@pytest.mark.parametrize(("fen", "fund_fen"), [(1, 1), (2, 1), (5, 3), (4802, 2881)])
def test_the_fund_rounds_half_up_on_the_sum(fen: int, fund_fen: int) -> None:
    assert benefits([item("A", fen)], "310", 0, CATALOGUE, rules()).fund_fen == fund_fen


@pytest.mark.parametrize(
    ("used_fen", "fund_fen"),
    [(0, 600), (1399, 600), (1400, 600), (1401, 599), (2000, 0), (9999, 0)],
)
def test_the_fund_stops_at_the_limit_of_the_year(used_fen: int, fund_fen: int) -> None:
    limited = rules(year_max_fen=2000)
    assert benefits([item("A", 1000)], "310", used_fen, CATALOGUE, limited).fund_fen == fund_fen


def test_an_insurance_the_policy_does_not_name_gets_nothing_from_the_fund() -> None:
    sums = benefits([item("A", 1000)], "340", 0, CATALOGUE, rules())
    assert (sums.fund_fen, sums.person_fen) == (0, 1000)


@given(
    st.lists(
        st.tuples(st.sampled_from(["A", "B", "C", "?"]), st.integers(0, 10**7)),
        min_size=1,
        max_size=20,
    ),
    st.integers(0, 10**6),
    st.integers(0, 10000),
)
def test_parts_always_add_up(lines: list[tuple[str, int]], used_fen: int, ratio: int) -> None:
    some = rules({"A": 999}, ratio=f"{ratio / 10000:.4f}")
    sums = benefits([item(code, fen) for code, fen in lines], "310", used_fen, CATALOGUE, some)
    assert sums.total_fen == sum(fen for _, fen in lines)
    assert sums.total_fen == (
        sums.own_cost_fen + sums.over_limit_fen + sums.first_pay_fen + sums.in_scope_fen
    )
    assert 0 <= sums.fund_fen <= sums.in_scope_fen
    assert sums.fund_fen <= max(0, 200000 - used_fen)


@given(st.integers(0, 10**6), st.none() | st.integers(0, 10**6), st.none() | st.integers(0, 10**6))
def test_nobody_pays_more_than_they_have_or_less_than_they_must(
    person_fen: int, own_fen: int | None, pot_fen: int | None
) -> None:
    parts = divide(person_fen, own_fen, pot_fen, split_within_settlement=True)
    assert parts.own_fen + parts.mutual_aid_fen + parts.cash_fen == person_fen
    assert parts.own_fen <= (own_fen or 0)
    assert parts.mutual_aid_fen <= (pot_fen or 0)
    assert not parts.mutual_aid_fen or parts.own_fen == (own_fen or 0)
    assert not parts.cash_fen or parts.mutual_aid_fen == (pot_fen or 0)


def test_the_strict_reading_asks_mutual_aid_only_for_an_empty_account() -> None:
    assert divide(100, 1, 500, split_within_settlement=False) == Parts(1, 0, 99)
    assert divide(100, 0, 500, split_within_settlement=False) == Parts(0, 100, 0)
    assert divide(100, None, 500, split_within_settlement=False) == Parts(0, 100, 0)


@given(st.integers(-(10**12), 10**12))
def test_yuan_and_fen_are_two_ways_to_write_one_amount(fen: int) -> None:
    assert fen_exactly(yuan(fen)) == fen
    assert str(yuan(fen)).partition(".")[2].isdigit()
    assert len(str(yuan(fen)).partition(".")[2]) == 2


@pytest.mark.parametrize("text", ["0.001", "1E-3", "NaN", "Infinity", "1E15", f"1.{'0' * 40}1"])
def test_what_is_no_whole_number_of_fen_is_refused(text: str) -> None:
    assert fen_exactly(Decimal(text)) is None


@pytest.mark.parametrize(("text", "fen"), [("0.5", 1), ("0.4999", 0), ("1.5", 2), ("2.5", 3)])
def test_half_a_fen_goes_up(text: str, fen: int) -> None:
    assert half_up(Decimal(text)) == fen
