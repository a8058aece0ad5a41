"""Mutual aid is bound, funded and dissolved by the policy's rules only."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Iterator

import msgspec
import pytest

from terminal.sandbox import accounts, relations
from terminal.sandbox.people import ENDED, SUSPENDED, Enrolment, Person, settle_in
from terminal.sandbox.policy import Kinship, MutualAid
from terminal.sandbox.relations import Reason, RelationRefused
from terminal.sandbox.settings import Settings
from terminal.sandbox.store import Tx, open_store
from tests.sandbox.counter import Clock

RULES = Settings().rules().policy.mutual_aid
TODAY = dt.date(2026, 11, 22)
FIRST_WIDE_DAY = dt.date(2024, 12, 1)


def person(number: int, *enrolments: Enrolment, own_fen: int = 200000) -> Person:
    psn_no = f"SBX00000030{number:02d}"
    return Person(f"p{number}", psn_no, "例例", "1", "1990-01-01", enrolments, own_fen)


WORKING = Enrolment("310", "1101")
PEOPLE = (
    person(1, WORKING),
    person(2, Enrolment("390", "1501"), own_fen=0),
    *(person(number, WORKING) for number in range(3, 10)),
    person(10, WORKING, own_fen=49999),
    person(11, WORKING, own_fen=50000),
    person(12, Enrolment("310", "1101", SUSPENDED)),
    person(13, Enrolment("310", "1101", ENDED)),
    person(14, Enrolment("310", "1101", region="630200")),
    person(15, Enrolment("310", "1101", region="620100")),
    person(16, Enrolment("340", "1301"), own_fen=0),
)


@pytest.fixture
def tx() -> Iterator[Tx]:
    store = open_store(":memory:", Clock())
    with store.transaction() as tx:
        settle_in(tx, PEOPLE, (), RULES)
        yield tx
    store.close()


def bind(
    tx: Tx,
    creator: int,
    member: int,
    kinship: Kinship = Kinship.SPOUSE,
    day: dt.date = TODAY,
    rules: MutualAid = RULES,
) -> None:
    relations.bind(tx, f"SBX00000030{creator:02d}", f"SBX00000030{member:02d}", kinship, day, rules)


@pytest.mark.parametrize(
    ("creator", "member", "reason"),
    [
        (2, 1, Reason.CREATOR_NOT_ENTITLED),  # a resident has no account to share
        (12, 1, Reason.CREATOR_NOT_ENTITLED),
        (13, 1, Reason.CREATOR_NOT_ENTITLED),
        (16, 1, Reason.CREATOR_NOT_ENTITLED),
        (1, 12, Reason.MEMBER_NOT_INSURED),
        (1, 16, Reason.MEMBER_NOT_INSURED),
        (1, 15, Reason.OTHER_SCOPE),
        (10, 1, Reason.BALANCE_TOO_LOW),
        (1, 1, Reason.ALREADY_BOUND),
    ],
)
def test_who_may_not_be_bound(tx: Tx, creator: int, member: int, reason: Reason) -> None:
    with pytest.raises(RelationRefused) as refused:
        bind(tx, creator, member)
    assert refused.value.reason is reason


@pytest.mark.parametrize("member", [2, 3, 14])
def test_who_may_be_bound(tx: Tx, member: int) -> None:
    bind(tx, 1, member)
    assert relations.pot_of(tx, f"SBX00000030{member:02d}") == "pot:p1"


@pytest.mark.parametrize("kinship", Kinship)
def test_kinship_counts_by_the_day_of_binding(tx: Tx, kinship: Kinship) -> None:
    near = kinship in (Kinship.SPOUSE, Kinship.PARENT, Kinship.CHILD)
    if near:
        bind(tx, 1, 2, kinship, FIRST_WIDE_DAY - dt.timedelta(days=1))
    else:
        with pytest.raises(RelationRefused) as refused:
            bind(tx, 1, 2, kinship, FIRST_WIDE_DAY - dt.timedelta(days=1))
        assert refused.value.reason is Reason.KINSHIP
        bind(tx, 1, 2, kinship, FIRST_WIDE_DAY)


@pytest.mark.parametrize(("creator", "member"), [(3, 2), (2, 3), (3, 1)])
def test_one_relation_at_a_time_in_either_role(tx: Tx, creator: int, member: int) -> None:
    everyone = msgspec.structs.replace(RULES, creator_insutypes=("310", "390"))
    bind(tx, 1, 2)
    with pytest.raises(RelationRefused) as refused:
        bind(tx, creator, member, rules=everyone)
    assert refused.value.reason is Reason.ALREADY_BOUND


@pytest.mark.parametrize("members_max", [6, 5])
def test_a_family_has_a_largest_size(tx: Tx, members_max: int) -> None:
    rules = msgspec.structs.replace(RULES, max_members=members_max)
    for member in range(2, 2 + members_max):
        bind(tx, 1, member, rules=rules)
    with pytest.raises(RelationRefused) as refused:
        bind(tx, 1, 2 + members_max, rules=rules)
    assert refused.value.reason is Reason.FAMILY_FULL


def test_the_scope_is_a_choice_of_the_policy(tx: Tx) -> None:
    pool = msgspec.structs.replace(RULES, scope="pool")
    with pytest.raises(RelationRefused) as refused:
        bind(tx, 1, 14, rules=pool)
    assert refused.value.reason is Reason.OTHER_SCOPE
    bind(tx, 1, 15, rules=msgspec.structs.replace(RULES, scope="national"))


def test_a_transfer_has_a_least_amount_and_needs_the_money(tx: Tx) -> None:
    creator = "SBX0000003011"  # holds exactly 500.00
    with pytest.raises(RelationRefused) as refused:
        relations.transfer(tx, creator, 50000, RULES)
    assert refused.value.reason is Reason.NO_RELATION
    bind(tx, 11, 2)
    for amount_fen, reason in [
        (49999, Reason.TRANSFER_TOO_SMALL),
        (50001, Reason.BALANCE_TOO_LOW),
    ]:
        with pytest.raises(RelationRefused) as refused:
            relations.transfer(tx, creator, amount_fen, RULES)
        assert refused.value.reason is reason
    relations.transfer(tx, creator, 50000, RULES)
    assert accounts.balance_fen(tx, "pot:p11") == 50000
    assert accounts.balance_fen(tx, "own:p11") == 0


def test_the_pot_goes_back_to_the_creator_with_the_last_member(tx: Tx) -> None:
    bind(tx, 1, 2)
    bind(tx, 1, 3)
    relations.transfer(tx, "SBX0000003001", 60000, RULES)
    relations.dissolve(tx, "SBX0000003002")
    assert accounts.balance_fen(tx, "pot:p1") == 60000
    relations.dissolve(tx, "SBX0000003003")
    assert accounts.balance_fen(tx, "pot:p1") == 0
    assert accounts.balance_fen(tx, "own:p1") == 200000
    with pytest.raises(RelationRefused) as refused:
        relations.dissolve(tx, "SBX0000003003")
    assert refused.value.reason is Reason.NO_RELATION
    assert not accounts.is_open(tx, "pot:p1")
    bind(tx, 1, 3)
    assert accounts.is_open(tx, "pot:p1")


def test_a_posting_that_does_not_add_up_is_a_bug(tx: Tx) -> None:
    legs = [accounts.Leg("own:p1", -100), accounts.Leg("own:p3", 99)]
    with pytest.raises(AssertionError):
        accounts.post(tx, legs, "", accounts.Movement.ADJUSTMENT)


@pytest.mark.parametrize("account", ["own:p1", "pot:p1"])
def test_the_table_itself_keeps_an_account_from_falling_below_zero(tx: Tx, account: str) -> None:
    bind(tx, 1, 2)
    too_much = accounts.balance_fen(tx, account) + 1
    legs = [accounts.Leg(account, -too_much), accounts.Leg("outside", too_much)]
    with pytest.raises(sqlite3.IntegrityError):
        accounts.post(tx, legs, "", accounts.Movement.ADJUSTMENT)
