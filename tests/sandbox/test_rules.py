"""The rules of mutual aid and of taking back by their numbers (A1 to C7), over real HTTP.

B1, B2 and B4 are the worked examples of `test_worked_examples.py`, C3 and C6 the scenarios of that
name, D1 to D6 `test_hospital_bills.py`.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from terminal.sandbox.people import Enrolment, Person
from terminal.sandbox.policy import Ending, Status
from terminal.sandbox.settings import Settings
from tests.sandbox.conftest import Open
from tests.sandbox.counter import OTHER_SHOP, Counter, Json

WORKING = Enrolment("310", "1101")
RESIDENT = Enrolment("390", "1501")
CHILD = 2


def person(number: int, enrolment: Enrolment, own_fen: int = 0, *statuses: Status) -> Person:
    return Person(
        f"p{number}",
        f"SBX00000040{number:02d}",
        "例例",
        "1",
        "2019-06-01" if number == CHILD else "1990-01-01",
        (enrolment,),
        own_fen,
        statuses=statuses,
    )


PEOPLE = (
    person(1, WORKING, 300000),
    *(person(number, RESIDENT) for number in range(2, 11)),
    person(11, WORKING, 49999),
    person(12, WORKING, 100000),
    person(13, Enrolment("310", "1101", "2"), 100000),
    person(14, Enrolment("390", "1501", region="630200")),
    person(15, Enrolment("390", "1501", region="620100")),
    person(16, Enrolment("340", "1301")),
)


@pytest.fixture
def family(open_real: Open) -> Counter:
    """People without any relation."""
    return open_real(people=PEOPLE, families=())


def policy(folder: Path, old: str, new: str) -> Path:
    """The shipped one with one change."""
    text = Settings().policy_file.read_text(encoding="utf-8")
    assert old in text
    path = folder / "policy.toml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


async def ask(counter: Counter, path: str, **wanted: Any) -> str:
    """The reason for a refusal; "" when done."""
    answer = await counter.http.post(path, json=wanted)
    assert answer.status_code in (200, 409), answer.text
    told: Json = answer.json()
    return str(told.get("error", ""))


async def bind(
    counter: Counter, creator: int, member: int, kinship: str = "spouse", day: str = "2026-11-01"
) -> str:
    people = {"creator": f"p{creator}", "member": f"p{member}"}
    return await ask(counter, "/_bind", **people, kinship=kinship, bound_on=day)


async def transfer(counter: Counter, creator: int, amount_fen: int) -> str:
    return await ask(counter, "/_transfer", creator=f"p{creator}", amount_fen=amount_fen)


async def pays(counter: Counter, who: str) -> Json:
    reply = await counter.settle(await counter.scan(who))
    assert reply.code == 0, reply.err_msg
    return reply.setlinfo


async def test_a1_a_creator_has_the_employees_insurance_and_it_is_active(family: Counter) -> None:
    for creator in (2, 13, 16):
        assert await bind(family, creator, 3) == "creator_not_entitled"
    assert await bind(family, 1, 3) == ""


async def test_a2_a_member_is_insured_in_the_province(family: Counter) -> None:
    for member in (13, 16):
        assert await bind(family, 1, member) == "member_not_insured"
    assert await bind(family, 1, 15) == "other_scope"
    for member in (2, 12, 14):  # resident, employee, resident of another city
        assert await bind(family, 1, member) == ""


@pytest.mark.parametrize("kinship", ["spouse", "parent", "child"])
async def test_a2_three_kinds_of_relatives_could_always_be_bound(
    family: Counter, kinship: str
) -> None:
    assert await bind(family, 1, 2, kinship, "2024-11-30") == ""


@pytest.mark.parametrize("kinship", ["sibling", "grandparent", "grandchild"])
async def test_a3_more_can_be_since_december_2024_by_the_date_of_binding(
    family: Counter, kinship: str
) -> None:
    assert await bind(family, 1, 2, kinship, "2024-11-30") == "kinship"
    assert await bind(family, 1, 2, kinship, "2024-12-01") == ""


@pytest.mark.parametrize("status", ["special_outpatient", "settled_elsewhere", "military"])
async def test_a4_some_treatments_keep_from_creating_but_not_from_being_a_member(
    family: Counter, status: str
) -> None:
    assert await ask(family, "/_status", person="p12", status=status, holds=True) == ""
    assert await bind(family, 12, 2) == "excluded"
    assert await bind(family, 1, 12) == ""
    assert await ask(family, "/_dissolve", person="p12") == ""
    assert await ask(family, "/_status", person="p12", status=status, holds=False) == ""
    assert await bind(family, 12, 2) == ""
    nobody = await ask(family, "/_status", person="p99", status=status, holds=True)
    assert nobody == "no_such_person"


async def test_a5_a_creator_below_500_yuan_neither_creates_nor_transfers(family: Counter) -> None:
    assert await bind(family, 11, 2) == "balance_too_low"
    await ask(family, "/_adjust", account="own:p11", amount_fen=1)
    assert await bind(family, 11, 2) == ""
    await ask(family, "/_adjust", account="own:p11", amount_fen=-1)
    assert await transfer(family, 11, 50000) == "balance_too_low"
    await ask(family, "/_adjust", account="own:p11", amount_fen=1)
    assert await transfer(family, 11, 50000) == ""


@pytest.mark.parametrize("checked", [False, True])
async def test_a5_the_balance_counts_at_settlement_only_where_the_policy_says_so(
    open_real: Open, tmp_path: Path, *, checked: bool
) -> None:
    path = policy(tmp_path, '["create", "transfer"]', '["create", "transfer", "settle"]')
    chosen = path if checked else Settings().policy_file
    counter = open_real(people=PEOPLE, families=(), policy_file=chosen)
    await bind(counter, 12, 2)
    assert await transfer(counter, 12, 50001) == ""  # 499.99 are left
    assert (await pays(counter, "p2"))["acct_mulaid_pay"] == (0 if checked else Decimal("37.19"))


async def test_a6_transfers_of_500_yuan_at_least_as_often_as_wanted(family: Counter) -> None:
    await bind(family, 1, 2)
    assert await transfer(family, 1, 49999) == "transfer_too_small"
    for _ in range(3):
        assert await transfer(family, 1, 50000) == ""
    balances = await family.balances()
    assert (balances["own:p1"], balances["pot:p1"]) == (150000, 150000)
    assert await transfer(family, 1, 150001) == "balance_too_low"


async def test_a6_members_change_at_any_time(family: Counter) -> None:
    assert await bind(family, 1, 2) == ""
    assert await transfer(family, 1, 50000) == ""
    assert await bind(family, 1, 3, "child") == ""
    assert await ask(family, "/_dissolve", person="p2") == ""
    assert (await family.balances())["pot:p1"] == 50000
    assert await bind(family, 12, 2) == ""


@pytest.mark.parametrize("members_max", [6, 5])
async def test_a7_a_family_has_six_members_or_by_the_other_guide_five(
    open_real: Open, tmp_path: Path, members_max: int
) -> None:
    path = policy(tmp_path, "value = 6", f"value = {members_max}")
    counter = open_real(people=PEOPLE, families=(), policy_file=path)
    for member in range(2, 2 + members_max):
        assert await bind(counter, 1, member) == ""
    assert await bind(counter, 1, 2 + members_max) == "family_full"


@pytest.mark.parametrize(("creator", "member"), [(12, 2), (2, 3), (12, 1), (1, 1)])
async def test_a8_one_relation_at_a_time_in_either_role(
    open_real: Open, tmp_path: Path, creator: int, member: int
) -> None:
    path = policy(tmp_path, 'value = ["310"]', 'value = ["310", "390"]')
    low = path.read_text(encoding="utf-8").replace("value = 50000", "value = 0", 1)
    path.write_text(low, encoding="utf-8")
    counter = open_real(people=PEOPLE, families=(), policy_file=path)
    assert await bind(counter, 1, 2) == ""
    assert await bind(counter, creator, member) == "already_bound"


async def test_a9_a_child_can_be_bound_and_both_need_an_active_voucher(family: Counter) -> None:
    for without in ("p1", f"p{CHILD}"):
        await ask(family, "/_status", person=without, status="no_voucher", holds=True)
        assert await bind(family, 1, CHILD, "child") == "voucher_not_active"
        shown = await family.http.get("/vouchers/new", params={"person": without})
        assert shown.status_code == 404
        await ask(family, "/_status", person=without, status="no_voucher", holds=False)
    assert await bind(family, 1, CHILD, "child") == ""


async def test_a10_no_message_of_a_till_makes_a_relation(family: Counter) -> None:
    for infno in ("2001", "2501", "2701", "2799"):
        reply = await family.call(infno, {"data": {"psn_no": "SBX0000004001"}})
        assert (reply.code, reply.err_msg) == (-1, "infno 不是本平台的交易编号")
    assert (await family.ledger())["relations"] == []


ENDINGS = {
    Ending.SPECIAL_TREATMENT: "excluded",  # A11
    Ending.LEFT: "creator_not_entitled",  # A11
    Ending.OTHER_POOL: "",  # A12: may begin again from there
    Ending.RETIRED_CADRE: "creator_not_entitled",  # A13
    Ending.DIED: "creator_not_entitled",  # A14
}
"""Why the creator cannot make a relation again."""


@pytest.mark.parametrize("why", Ending)
async def test_a11_to_a14_relations_end_and_the_pot_returns_to_the_creator(
    open_real: Open, why: Ending
) -> None:
    counter = open_real()
    before = await counter.balances()
    customer = await counter.scan("resident")
    quoted = (await counter.quote(customer)).setlinfo
    assert await ask(counter, "/_end", creator="creator-3", why=why.value) == ""
    settled = (await counter.settle(customer)).setlinfo
    assert (quoted["acct_mulaid_pay"], quoted["psn_cash_pay"]) == (Decimal("37.19"), 0)
    assert (settled["acct_mulaid_pay"], settled["psn_cash_pay"]) == (0, Decimal("37.19"))
    after = await counter.balances()
    assert after["pot:creator-3"] == 0
    assert after["own:creator-3"] == before["own:creator-3"] + before["pot:creator-3"]
    wanted = {"creator": "creator-3", "member": "resident", "kinship": "spouse"}
    assert await ask(counter, "/_bind", **wanted, bound_on="2026-11-22") == ENDINGS[why]


async def test_a11_to_a14_what_the_policy_does_not_name_ends_nothing(
    open_real: Open, tmp_path: Path
) -> None:
    path = policy(tmp_path, "[mutual_aid.dissolved_by.other_pool]", "[not_in_force.other_pool]")
    counter = open_real(policy_file=path)
    assert await ask(counter, "/_end", creator="creator-3", why="other_pool") == ""
    assert (await pays(counter, "resident"))["acct_mulaid_pay"] == Decimal("37.19")


async def test_b3_the_own_account_is_one_balance_and_pays_before_mutual_aid(
    open_real: Open,
) -> None:
    counter = open_real()
    voucher_id = (await counter.voucher("employee-short"))["voucher_id"]
    rows = (await counter.identify(voucher_id)).output["insuinfo"]
    (before,) = (row["balc"] for row in rows if row["insutype"] == "310")
    info = await pays(counter, "employee-short")
    assert before == info["balc"] + Decimal("12.00")
    assert info["acct_mulaid_pay"] == Decimal("20.39")


async def test_b5_an_empty_pot_pays_nothing_and_that_is_no_error(open_real: Open) -> None:
    counter = open_real()
    await ask(counter, "/_adjust", account="pot:creator-3", amount_fen=-180000)
    info = await pays(counter, "resident")
    assert (info["acct_mulaid_pay"], info["psn_cash_pay"]) == (0, Decimal("37.19"))


@pytest.mark.parametrize("infno", ["2101", "2102", "X101"])
async def test_b6_an_institution_that_is_not_designated_settles_nothing(
    open_real: Open, infno: str
) -> None:
    counter = open_real()
    customer = await counter.scan("employee")
    fund = await counter.settle(customer, used="0") if infno == "X101" else None
    before = await counter.balances()
    code = counter.institution
    assert await ask(counter, "/_institution", institution=code, is_designated=False) == ""
    ways = {"2101": counter.quote, "2102": counter.settle}
    reply = await (counter.debit(customer, fund, "1", "1.00") if fund else ways[infno](customer))
    assert (reply.code, reply.err_msg) == (-1, "本机构不是定点医药机构，或定点资格已停止")
    assert await counter.balances() == before
    other = Counter(counter.http, counter.clock, OTHER_SHOP)
    assert (await other.settle(await other.scan("employee"))).code == 0
    if fund:
        assert (await counter.cancel(fund)).code == 0
    assert await ask(counter, "/_institution", institution=code, is_designated=True) == ""
    assert (await counter.settle(await counter.scan("employee"))).code == 0


async def test_c1_every_part_returns_to_the_account_it_came_from(open_real: Open) -> None:
    counter = open_real()
    before = await counter.balances()
    settled = await counter.settle(await counter.scan("employee-short"))
    between = await counter.balances()
    moved = {name: between[name] - fen for name, fen in before.items() if between[name] != fen}
    assert moved == {"own:employee-short": -1200, "pot:creator-1": -2039}
    assert (await counter.cancel(settled)).code == 0
    after = await counter.balances()
    assert {name: after[name] for name in before} == before
    assert after["shop:P63010200001"] == after["fund:310"] == 0


async def test_c4_a_second_reversal_is_an_error_and_moves_nothing(open_real: Open) -> None:
    counter = open_real()
    settled = await counter.settle(await counter.scan("employee-short"))
    assert (await counter.cancel(settled)).code == 0
    before = await counter.balances()
    assert (await counter.cancel(settled)).err_msg == "该结算已撤销"
    assert await counter.balances() == before


async def test_c4_after_the_family_ended_the_money_goes_to_the_creator(open_real: Open) -> None:
    counter = open_real()
    settled = await counter.settle(await counter.scan("employee-short"))
    assert await ask(counter, "/_dissolve", person="employee-short") == ""
    before = await counter.balances()
    assert (await counter.cancel(settled)).code == 0
    after = await counter.balances()
    assert after["own:creator-1"] == before["own:creator-1"] + 2039
    assert after["pot:creator-1"] == 0


async def test_c5_a_sale_is_taken_back_on_another_day_as_a_negative_one(open_real: Open) -> None:
    counter = open_real()
    settled = await counter.settle(await counter.scan("employee-short"))
    counter.clock.now += 86400
    taken_back = await counter.cancel(settled)
    assert taken_back.setlinfo["medfee_sumamt"] == -settled.setlinfo["medfee_sumamt"]
    days = [reply.setlinfo["setl_time"][:10] for reply in (settled, taken_back)]
    assert days == ["2026-11-22", "2026-11-23"]


async def test_c7_a_relative_who_was_quicker_changes_the_split(open_real: Open) -> None:
    counter = open_real()
    other = Counter(counter.http, counter.clock, OTHER_SHOP)
    await ask(counter, "/_adjust", account="pot:creator-3", amount_fen=-175000)  # 50.00 are left
    first, second = await counter.scan("resident"), await other.scan("employee-empty")
    quotes = [await counter.quote(first), await other.quote(second)]
    assert [quote.setlinfo["psn_cash_pay"] for quote in quotes] == [0, 0]
    paid = [await counter.settle(first), await other.settle(second)]
    cash = [reply.setlinfo["psn_cash_pay"] for reply in paid]
    assert cash == [0, Decimal("19.58")]  # 32.39 - (50.00 - 37.19)
    assert (await counter.balances())["pot:creator-3"] == 0
