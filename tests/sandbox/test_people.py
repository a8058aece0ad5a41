"""The seven people do what their titles say, for the basket of 61.20."""

from __future__ import annotations

from decimal import Decimal

import pytest

from terminal.sandbox.people import FAMILIES, THE_SEVEN
from tests.sandbox import identities
from tests.sandbox.counter import Counter

SPLITS = {
    # person: fund, own, mutual aid, cash, own balance afterwards
    "employee": ("28.81", "32.39", "0.00", "0.00", "5254.01"),
    "employee-short": ("28.81", "12.00", "20.39", "0.00", "0.00"),
    "employee-both-short": ("28.81", "5.00", "8.00", "19.39", "0.00"),
    "employee-empty": ("28.81", "0.00", "32.39", "0.00", "0.00"),
    "resident": ("24.01", "0.00", "37.19", "0.00", "0.00"),
    "resident-alone": ("24.01", "0.00", "0.00", "37.19", "0.00"),
}


@pytest.mark.parametrize("person", SPLITS)
async def test_the_basket_is_split_as_the_title_says(counter: Counter, person: str) -> None:
    fund, own, aid, cash, balance = (Decimal(text) for text in SPLITS[person])
    customer = await counter.scan(person)
    quoted = await counter.quote(customer)
    settled = await counter.settle(customer)
    for reply in (quoted, settled):
        assert reply.code == 0
        identities.check(reply.output, inside=True)
        info = reply.setlinfo
        assert info["medfee_sumamt"] == Decimal("61.20")
        assert info["fund_pay_sumamt"] == fund
        assert info["acct_pay"] == own + aid
        assert info["acct_mulaid_pay"] == aid
        assert info["psn_cash_pay"] == cash
        assert info["balc"] == balance
    assert "setl_id" not in quoted.setlinfo
    assert settled.setlinfo["medins_setl_id"] == counter.last_envelope["msgid"]
    same = {"setl_id", "setl_time", "medins_setl_id", "clr_optins", "clr_way"}
    assert {k: v for k, v in quoted.setlinfo.items() if k not in same} == {
        k: v for k, v in settled.setlinfo.items() if k not in same
    }


async def test_the_lines_of_the_basket_are_cut_by_class(counter: Counter) -> None:
    reply = await counter.quote(await counter.scan("employee"))
    first, second, third = reply.output["detlcutinfo"]
    assert (first["chrgitm_lv"], first["inscp_scp_amt"]) == ("01", Decimal("18.50"))
    assert (second["chrgitm_lv"], second["preselfpay_amt"]) == ("02", Decimal("3.28"))
    assert second["inscp_scp_amt"] == Decimal("29.52")
    assert (third["chrgitm_lv"], third["fulamt_ownpay_amt"]) == ("03", Decimal("9.90"))
    assert third["selfpay_prop"] == 1


async def test_a_suspended_person_is_known_but_not_paid_for(counter: Counter) -> None:
    customer = await counter.scan("suspended")
    for reply in (await counter.quote(customer), await counter.settle(customer)):
        assert (reply.code, reply.err_msg) == (-1, "参保状态暂停，不能享受待遇")
    assert (await counter.balances())["own:suspended"] == 20000


async def test_1101_tells_the_balance_of_the_account_and_nothing_of_mutual_aid(
    counter: Counter,
) -> None:
    voucher = await counter.voucher("employee-short")
    reply = await counter.identify(voucher["voucher_id"])
    base, (ended, active) = reply.output["baseinfo"], reply.output["insuinfo"]
    assert base["psn_name"] == "李例"
    assert (ended["insutype"], ended["psn_insu_stas"], ended["balc"]) == ("390", "4", 0)
    assert (active["insutype"], active["psn_insu_stas"]) == ("310", "1")
    assert active["balc"] == Decimal("12.00")
    assert b"860" not in reply.raw


async def test_an_insurance_that_has_ended_pays_nothing(counter: Counter) -> None:
    customer = await counter.scan("employee-short")
    nodes = counter.purchase(customer)
    nodes["druginfo"]["insutype"] = "390"
    reply = await counter.call("2101", nodes, region="630200")
    assert (reply.code, reply.err_msg) == (-1, "参保关系已终止，不能享受待遇")


async def test_people_lists_seven_with_masked_names(counter: Counter) -> None:
    answer = await counter.http.get("/people")
    people = answer.json()
    assert [person["id"] for person in people] == [*SPLITS, "suspended"]
    assert all(person["name_masked"][1:] == "*" for person in people)
    assert [person["mutual_aid_fen"] for person in people] == [
        None,
        86000,
        800,
        180000,
        180000,
        None,
        None,
    ]
    assert "例" not in answer.text


def test_no_identity_number_could_be_real() -> None:
    """GB 11643: the weighted sum of a real number is 1 modulo 11, and its region exists."""
    everybody = [*THE_SEVEN, *(family.creator for family in FAMILIES)]
    numbers = {person.certno for person in everybody}
    assert len(numbers) == len(everybody)
    for number in numbers:
        assert len(number) == 18
        assert number.startswith("000000")
        digits = [10 if character == "X" else int(character) for character in number]
        weighted = sum(digit * 2 ** (17 - index) for index, digit in enumerate(digits))
        assert weighted % 11 != 1
