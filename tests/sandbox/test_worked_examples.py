"""Who pays first: the worked examples of the policy, fund part 0, over real HTTP."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from terminal.sandbox.people import Enrolment, Family, Person
from terminal.sandbox.policy import Kinship
from terminal.sandbox.rules import AccountSplit
from tests.sandbox import identities
from tests.sandbox.conftest import Open

EMPLOYEE = Enrolment("310", "1101")
RESIDENT = Enrolment("390", "1501")


def person(number: int, id: str, enrolment: Enrolment, own_fen: int) -> Person:
    return Person(id, f"SBX00000020{number:02d}", "例例", "1", "1990-01-01", (enrolment,), own_fen)


def family(number: int, member: str, pot_fen: int) -> Family:
    creator = person(50 + number, f"creator-{number}", EMPLOYEE, 300000)
    return Family(creator, ((member, Kinship.SPOUSE),), dt.date(2025, 1, 1), pot_fen)


PEOPLE = (
    person(1, "thirty", EMPLOYEE, 3000),
    person(2, "plenty", EMPLOYEE, 12000),
    person(3, "resident", RESIDENT, 0),
    person(4, "alone", RESIDENT, 0),
)
FAMILIES = (
    family(1, "thirty", 50000),
    family(2, "plenty", 50000),
    family(3, "resident", 4000),
)

ROWS = [
    # person, strict, flag, P, own, M, cash, acct_pay inside, acct_pay on top
    ("thirty", False, "1", "100.00", "30.00", "70.00", "0.00", "100.00", "30.00"),
    ("thirty", True, "1", "100.00", "30.00", "0.00", "70.00", "30.00", "30.00"),
    ("plenty", False, "1", "100.00", "100.00", "0.00", "0.00", "100.00", "100.00"),
    ("resident", False, "1", "65.50", "0.00", "40.00", "25.50", "40.00", "0.00"),
    ("alone", False, "1", "65.50", "0.00", "0.00", "65.50", "0.00", "0.00"),
    ("thirty", False, "0", "100.00", "0.00", "0.00", "100.00", "0.00", "0.00"),
]


@pytest.mark.parametrize("split", AccountSplit)
@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]}-{row[1]}-{row[2]}")
async def test_worked_example(
    open_real: Open, split: AccountSplit, row: tuple[str, bool, str, *tuple[str, ...]]
) -> None:
    who, is_strict, flag, *amounts = row
    part, own, aid, cash, inside, on_top = (Decimal(amount) for amount in amounts)
    counter = open_real(
        account_split=split,
        fund_ratio={"*": Decimal(0)},
        split_within_settlement=not is_strict,
        people=PEOPLE,
        families=FAMILIES,
    )
    before = await counter.balances()
    customer = await counter.scan(who)
    lines = (("XJ01CAA040E001010300001", str(part), "1"),)
    for reply in (
        await counter.quote(customer, lines, flag),
        await counter.settle(customer, lines, flag),
    ):
        identities.check(reply.output, inside=split is AccountSplit.INSIDE)
        info = reply.setlinfo
        assert info["fund_pay_sumamt"] == 0
        assert info["psn_part_amt"] == part
        assert info["acct_pay"] == (inside if split is AccountSplit.INSIDE else on_top)
        assert info["acct_mulaid_pay"] == aid
        assert info["psn_cash_pay"] == cash
    after = await counter.balances()
    number = 1 + [one.id for one in PEOPLE].index(who)
    assert before.get(f"own:{who}", 0) - after.get(f"own:{who}", 0) == own * 100
    pot = f"pot:creator-{number}"
    assert before.get(pot, 0) - after.get(pot, 0) == aid * 100


async def test_a_quote_promises_nothing_when_a_relative_spends_first(open_real: Open) -> None:
    """C7: the pot is emptied between 2101 and 2102, so cash rises."""
    counter = open_real(fund_ratio={"*": Decimal(0)}, people=PEOPLE, families=FAMILIES)
    customer = await counter.scan("resident")
    lines = (("XJ01CAA040E001010300001", "65.50", "1"),)
    quoted = await counter.quote(customer, lines)
    spent = {"account": "pot:creator-3", "amount_fen": -3000}
    answer = await counter.http.post("/_adjust", json=spent)
    assert answer.json() == {"account": "pot:creator-3", "balance_fen": 1000}
    settled = await counter.settle(customer, lines)
    assert quoted.setlinfo["psn_cash_pay"] == Decimal("25.50")
    assert settled.setlinfo["psn_cash_pay"] == Decimal("55.50")
    assert settled.setlinfo["acct_mulaid_pay"] == Decimal("10.00")


async def test_a_dissolved_relation_pays_nothing_and_is_no_error(open_real: Open) -> None:
    """C6: the settlement succeeds with M = 0."""
    counter = open_real(fund_ratio={"*": Decimal(0)}, people=PEOPLE, families=FAMILIES)
    customer = await counter.scan("resident")
    quoted = await counter.quote(customer)
    assert quoted.setlinfo["acct_mulaid_pay"] == Decimal("40.00")
    assert (await counter.http.post("/_dissolve", json={"person": "resident"})).status_code == 200
    settled = await counter.settle(customer)
    assert settled.code == 0
    assert settled.setlinfo["acct_mulaid_pay"] == 0
    assert settled.setlinfo["psn_cash_pay"] == Decimal("61.20")
