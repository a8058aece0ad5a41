"""X101, X102, X103: the terminal drives the fallback, account by account."""

from __future__ import annotations

from decimal import Decimal

import pytest

from terminal.sandbox.rules import Repeat
from tests.sandbox import identities
from tests.sandbox.conftest import BOTH, Open
from tests.sandbox.counter import OTHER_SHOP, Counter, Customer, Reply

pytestmark = BOTH

OWN, AID = "1", "2"
INSUFFICIENT = "账户余额不足"
NO_ACCOUNT = "无可用的账户或共济关系"


async def fund_only(counter: Counter, person: str) -> tuple[Customer, Reply]:
    """The fund's part is settled, the accounts are still to be asked."""
    customer = await counter.scan(person)
    settled = await counter.settle(customer, used="0")
    identities.check(settled.output, inside=True)
    assert settled.setlinfo["acct_pay"] == 0
    assert settled.setlinfo["psn_cash_pay"] == settled.setlinfo["psn_part_amt"]
    return customer, settled


async def test_own_account_then_mutual_aid_then_cash(counter: Counter) -> None:
    """The same end as when the platform splits: 5.00 own, 8.00 mutual aid, 19.39 cash."""
    customer, fund = await fund_only(counter, "employee-both-short")
    refused = await counter.debit(customer, fund, OWN, "32.39")
    assert (refused.code, refused.err_msg) == (-1, INSUFFICIENT)
    assert refused.acctinfo == {"avlb_amt": Decimal("5.00")}
    own = await counter.debit(customer, fund, OWN, "5.00")
    assert own.code == 0
    assert own.acctinfo == {
        "trns_id": own.acctinfo["trns_id"],
        "acct_type": OWN,
        "pay_amt": Decimal("5.00"),
        "balc": Decimal("0.00"),
        "medins_setl_id": counter.last_envelope["msgid"],
    }
    refused = await counter.debit(customer, fund, AID, "27.39")
    assert (refused.err_msg, refused.acctinfo["avlb_amt"]) == (INSUFFICIENT, Decimal("8.00"))
    aid = await counter.debit(customer, fund, AID, "8.00")
    assert (aid.code, aid.acctinfo["acct_type"], aid.acctinfo["balc"]) == (0, AID, Decimal(0))
    empty = await counter.debit(customer, fund, AID, "0.01")
    assert (empty.err_msg, empty.acctinfo["avlb_amt"]) == (INSUFFICIENT, Decimal("0.00"))


@pytest.mark.parametrize(
    ("person", "acct_type"), [("resident", OWN), ("resident-alone", AID), ("employee", AID)]
)
async def test_an_account_nobody_has_says_so(counter: Counter, person: str, acct_type: str) -> None:
    customer, fund = await fund_only(counter, person)
    reply = await counter.debit(customer, fund, acct_type, "1.00")
    assert (reply.code, reply.err_msg) == (-1, NO_ACCOUNT)
    assert reply.acctinfo == {"avlb_amt": Decimal("0.00")}


async def test_a_resident_draws_on_mutual_aid_at_once(counter: Counter) -> None:
    customer, fund = await fund_only(counter, "resident")
    assert (await counter.debit(customer, fund, AID, "37.19")).code == 0
    assert (await counter.balances())["pot:creator-3"] == 180000 - 3719


async def test_mutual_aid_is_not_touched_while_the_own_account_holds_money(
    counter: Counter,
) -> None:
    """B1, enforced."""
    customer, fund = await fund_only(counter, "employee-short")
    reply = await counter.debit(customer, fund, AID, "20.39")
    assert (reply.code, reply.err_msg) == (-1, "请先使用本人个人账户")
    assert (await counter.debit(customer, fund, OWN, "12.00")).code == 0
    assert (await counter.debit(customer, fund, AID, "20.39")).code == 0


async def test_the_strict_reading_gives_no_mutual_aid_after_own_money(open_sandbox: Open) -> None:
    counter = open_sandbox(split_within_settlement=False)
    customer, fund = await fund_only(counter, "employee-short")
    await counter.debit(customer, fund, OWN, "12.00")
    reply = await counter.debit(customer, fund, AID, "20.39")
    assert (reply.err_msg, reply.acctinfo["avlb_amt"]) == (NO_ACCOUNT, Decimal("0.00"))
    customer, fund = await fund_only(counter, "employee-empty")
    assert (await counter.debit(customer, fund, AID, "32.39")).code == 0


async def test_no_debit_takes_more_than_the_person_s_part(counter: Counter) -> None:
    """B4, enforced over all debits of one settlement."""
    customer, fund = await fund_only(counter, "employee")
    assert (await counter.debit(customer, fund, OWN, "32.40")).err_msg == (
        "data.amt 超过该结算尚未支付的个人负担"
    )
    assert (await counter.debit(customer, fund, OWN, "32.38")).code == 0
    assert (await counter.debit(customer, fund, OWN, "0.02")).code == -1
    assert (await counter.debit(customer, fund, OWN, "0.01")).code == 0
    for nothing in ("0.00", "-1.00"):
        assert (await counter.debit(customer, fund, OWN, nothing)).err_msg == (
            "data.amt 必须大于 0"
        )


async def test_a_settlement_the_platform_split_takes_no_debit(counter: Counter) -> None:
    customer = await counter.scan("employee-both-short")
    settled = await counter.settle(customer)
    reply = await counter.debit(customer, settled, OWN, "1.00")
    assert reply.err_msg == "该结算已由平台使用个人账户"


async def test_a_debit_needs_the_voucher_of_its_settlement(counter: Counter) -> None:
    customer, fund = await fund_only(counter, "employee")
    fresh = await counter.scan("employee")
    reply = await counter.debit(fresh, fund, OWN, "1.00")
    assert reply.err_msg == "data.mdtrt_cert_no 与结算不符"
    other = Counter(counter.http, counter.clock, OTHER_SHOP)
    assert (await other.debit(customer, fund, OWN, "1.00")).err_msg == "该结算不属于本机构"
    counter.clock.now += 15 * 60 - 1
    assert (await counter.debit(customer, fund, OWN, "1.00")).code == 0
    counter.clock.now += 1
    late = await counter.debit(customer, fund, OWN, "1.00")
    assert late.err_msg == "医保码已过期，请重新出示"


async def test_x103_tells_debited_from_refused_from_reversed_from_unknown(
    counter: Counter,
) -> None:
    customer, fund = await fund_only(counter, "employee-short")
    unknown = counter.new_msgid()
    assert (await counter.ask_debit(customer, unknown)).acctinfo == {"stas": "0"}

    made = await counter.debit(customer, fund, OWN, "12.00")
    debited = counter.last_envelope["msgid"]
    expected = {"stas": "1", **made.acctinfo}
    assert (await counter.ask_debit(customer, debited)).acctinfo == expected

    await counter.debit(customer, fund, AID, "900.00")
    too_much = counter.last_envelope["msgid"]
    assert (await counter.ask_debit(customer, too_much)).acctinfo == {
        "stas": "2",
        "err_msg": "data.amt 超过该结算尚未支付的个人负担",
        "avlb_amt": Decimal("0.00"),
    }
    await counter.http.post("/_adjust", json={"account": "pot:creator-1", "amount_fen": -85000})
    await counter.debit(customer, fund, AID, "20.39")
    short = counter.last_envelope["msgid"]
    assert (await counter.ask_debit(customer, short)).acctinfo == {
        "stas": "2",
        "err_msg": INSUFFICIENT,
        "avlb_amt": Decimal("10.00"),
    }

    assert (await counter.reverse_debit(customer, debited)).code == 0
    assert (await counter.ask_debit(customer, debited)).acctinfo == {"stas": "3"}
    assert (await counter.reverse_debit(customer, short)).code == 0
    assert (await counter.ask_debit(customer, short)).acctinfo == {"stas": "3"}


@pytest.mark.parametrize("acct_type", [OWN, AID])
async def test_x102_returns_the_money_once(counter: Counter, acct_type: str) -> None:
    customer, fund = await fund_only(counter, "employee-short")
    if acct_type == AID:
        await counter.debit(customer, fund, OWN, "12.00")
    before = await counter.balances()
    amount = "1.00" if acct_type == AID else "12.00"
    assert (await counter.debit(customer, fund, acct_type, amount)).code == 0
    debit = counter.last_envelope
    assert await counter.balances() != before
    for _ in range(3):
        assert (await counter.reverse_debit(customer, debit["msgid"])).code == 0
        assert await counter.balances() == before
    again = await counter.send(debit)
    assert (again.code, again.err_msg) == (-1, "该报文已被冲正")
    assert await counter.balances() == before


async def test_x102_of_an_unknown_id_refuses_it_when_it_arrives_late(counter: Counter) -> None:
    customer, fund = await fund_only(counter, "employee-short")
    before = await counter.balances()
    msgid = counter.new_msgid()
    assert (await counter.reverse_debit(customer, msgid)).code == 0
    assert (await counter.ask_debit(customer, msgid)).acctinfo == {"stas": "3"}
    late = await counter.debit(customer, fund, OWN, "12.00", msgid)
    assert (late.code, late.err_msg) == (-1, "该报文已被冲正")
    assert await counter.balances() == before
    assert (await counter.ask_debit(customer, msgid)).acctinfo == {"stas": "3"}


async def test_without_tombstones_x102_forgets_what_it_never_saw(open_sandbox: Open) -> None:
    counter = open_sandbox(tombstones=False)
    customer, fund = await fund_only(counter, "employee-short")
    msgid = counter.new_msgid()
    assert (await counter.reverse_debit(customer, msgid)).code == 0
    assert (await counter.ask_debit(customer, msgid)).acctinfo == {"stas": "0"}
    assert (await counter.debit(customer, fund, OWN, "12.00", msgid)).code == 0
    assert (await counter.ask_debit(customer, msgid)).acctinfo["stas"] == "1"
    assert (await counter.reverse_debit(customer, msgid)).code == 0
    assert (await counter.ask_debit(customer, msgid)).acctinfo == {"stas": "3"}


async def test_a_fund_settlement_is_not_taken_back_under_its_debits(counter: Counter) -> None:
    customer, fund = await fund_only(counter, "employee-short")
    settle = {"msgid": fund.setlinfo["medins_setl_id"]}
    await counter.debit(customer, fund, OWN, "12.00")
    debit = counter.last_envelope["msgid"]
    refused = "该结算仍有未冲正的账户扣款"
    assert (await counter.cancel(fund)).err_msg == refused
    assert (await counter.reverse(customer, settle["msgid"])).err_msg == refused
    assert (await counter.ledger())["settlements"][0]["state"] == "settled"
    await counter.reverse_debit(customer, debit)
    assert (await counter.cancel(fund)).code == 0
    late = await counter.debit(customer, fund, OWN, "12.00")
    assert late.err_msg == "该结算已撤销"


async def test_a_debit_of_a_dissolved_family_returns_to_the_creator(counter: Counter) -> None:
    customer, fund = await fund_only(counter, "employee-empty")
    await counter.debit(customer, fund, AID, "32.39")
    debit = counter.last_envelope["msgid"]
    for person in ("employee-empty", "resident"):
        await counter.http.post("/_dissolve", json={"person": person})
    before = (await counter.balances())["own:creator-3"]
    assert (await counter.reverse_debit(customer, debit)).code == 0
    assert (await counter.balances())["own:creator-3"] == before + 3239


async def test_a_repeated_debit_gets_the_first_reply(counter: Counter) -> None:
    customer, fund = await fund_only(counter, "employee")
    first = await counter.debit(customer, fund, OWN, "10.00")
    again = await counter.send(counter.last_envelope)
    assert again.raw == first.raw
    assert (await counter.balances())["own:employee"] == 528640 - 1000


async def test_a_platform_that_charges_repeats_charges_the_debit_again(open_sandbox: Open) -> None:
    counter = open_sandbox(repeat=Repeat.CHARGE)
    customer, fund = await fund_only(counter, "employee")
    await counter.debit(customer, fund, OWN, "32.39")
    debit = counter.last_envelope
    assert (await counter.send(debit)).code == 0
    assert (await counter.balances())["own:employee"] == 528640 - 2 * 3239
    await counter.reverse_debit(customer, debit["msgid"])
    assert (await counter.balances())["own:employee"] == 528640


@pytest.mark.parametrize("question", ["X102", "X103"])
async def test_questions_about_a_debit_name_their_own_message(
    counter: Counter, question: str
) -> None:
    customer, fund = await fund_only(counter, "employee")
    fund_msgid = fund.setlinfo["medins_setl_id"]
    await counter.debit(customer, fund, OWN, "1.00")
    debit = counter.last_envelope["msgid"]
    for psn_no, omsgid, err_msg in [
        (customer.psn_no, fund_msgid, "data.omsgid 与原报文的交易编号不符"),
        ("SBX0000000002", debit, "data.psn_no 与原报文不符"),
    ]:
        reply = await counter.call(question, {"data": {"psn_no": psn_no, "omsgid": omsgid}})
        assert (reply.code, reply.err_msg) == (-1, err_msg)
