"""2103 and 2601: everything returns where it came from, once."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.sandbox import identities
from tests.sandbox.conftest import BOTH, Open
from tests.sandbox.counter import OTHER_SHOP, Counter, Reply

pytestmark = BOTH


async def settled_by(counter: Counter, person: str) -> tuple[Reply, str]:
    reply = await counter.settle(await counter.scan(person))
    assert reply.code == 0
    return reply, counter.last_envelope["msgid"]


@pytest.mark.parametrize("person", ["employee-short", "employee-both-short", "resident"])
async def test_2103_returns_every_part_to_its_account(counter: Counter, person: str) -> None:
    before = await counter.balances()
    settled, _ = await settled_by(counter, person)
    during = await counter.balances()
    assert during != before
    cancelled = await counter.cancel(settled)
    assert cancelled.code == 0
    identities.check(cancelled.output, inside=True)
    after = await counter.balances()
    assert {name: fen for name, fen in after.items() if fen or name in before} == before
    assert cancelled.setlinfo["setl_id"] != settled.setlinfo["setl_id"]
    assert cancelled.setlinfo["psn_pay"] == -settled.setlinfo["psn_part_amt"]
    assert cancelled.setlinfo["cash_payamt"] == -settled.setlinfo["psn_cash_pay"]
    assert cancelled.setlinfo["acct_mulaid_pay"] == -settled.setlinfo["acct_mulaid_pay"]
    assert "psn_part_amt" not in cancelled.setlinfo
    own = before.get(f"own:{person}", 0)
    assert cancelled.setlinfo["balc"] * 100 == own


async def test_2103_a_second_time_is_refused(counter: Counter) -> None:
    settled, _ = await settled_by(counter, "employee-short")
    await counter.cancel(settled)
    before = await counter.balances()
    again = await counter.cancel(settled)
    assert (again.code, again.err_msg) == (-1, "该结算已撤销")
    assert await counter.balances() == before


async def test_a_refund_is_not_refunded(counter: Counter) -> None:
    settled, _ = await settled_by(counter, "employee")
    cancelled = await counter.cancel(settled)
    again = await counter.cancel(cancelled)
    assert (again.code, again.err_msg) == (-1, "退费记录不能再撤销")


@pytest.mark.parametrize(
    ("name", "value", "err_msg"),
    [
        ("setl_id", "J1", "未找到该结算"),
        ("mdtrt_id", "V1", "data.mdtrt_id 与结算不符"),
        ("psn_no", "SBX0000000001", "data.psn_no 与结算不符"),
        ("psn_no", "nobody", "psn_no 不存在"),
    ],
)
async def test_2103_must_name_the_settlement_exactly(
    counter: Counter, name: str, value: str, err_msg: str
) -> None:
    settled, _ = await settled_by(counter, "employee-short")
    data = {name: settled.setlinfo[name] for name in ("setl_id", "mdtrt_id", "psn_no")}
    reply = await counter.call("2103", {"data": data | {name: value}})
    assert (reply.code, reply.err_msg) == (-1, err_msg)


async def test_another_institution_cannot_touch_a_settlement(counter: Counter) -> None:
    customer = await counter.scan("employee-short")
    settled = await counter.settle(customer)
    msgid = counter.last_envelope["msgid"]
    other = Counter(counter.http, counter.clock, OTHER_SHOP)
    assert (await other.cancel(settled)).err_msg == "该结算不属于本机构"
    assert (await other.reverse(customer, msgid)).err_msg == "data.omsgid 不属于本机构"


async def test_the_money_of_a_dissolved_family_returns_to_its_creator(counter: Counter) -> None:
    """C4: the pot is gone, so the mutual-aid part goes to the creator's own account."""
    before = await counter.balances()
    settled, _ = await settled_by(counter, "employee-short")
    assert settled.setlinfo["acct_mulaid_pay"] == Decimal("20.39")
    await counter.http.post("/_dissolve", json={"person": "employee-short"})
    assert (await counter.cancel(settled)).code == 0
    after = await counter.balances()
    assert after["pot:creator-1"] == 0
    assert after["own:creator-1"] == before["own:creator-1"] + before["pot:creator-1"]
    assert after["own:employee-short"] == before["own:employee-short"]


async def test_a_member_who_left_gives_back_to_the_pot_of_those_who_stay(counter: Counter) -> None:
    before = await counter.balances()
    settled, _ = await settled_by(counter, "resident")
    await counter.http.post("/_dissolve", json={"person": "resident"})
    await counter.cancel(settled)
    after = await counter.balances()
    assert after["pot:creator-3"] == before["pot:creator-3"]
    assert after["own:creator-3"] == before["own:creator-3"]


async def test_real_reversals_leave_fields_null_where_the_switch_says_so(
    open_sandbox: Open,
) -> None:
    counter = open_sandbox(reversal_nulls=True)
    settled, _ = await settled_by(counter, "employee-short")
    info = (await counter.cancel(settled)).setlinfo
    assert info["acct_mulaid_pay"] is None
    assert info["psn_pay"] is None
    assert info["acct_pay"] == -settled.setlinfo["acct_pay"]


async def test_2601_takes_back_a_settlement_whose_reply_was_lost(counter: Counter) -> None:
    before = await counter.balances()
    customer = await counter.scan("employee-both-short")
    await counter.settle(customer)
    msgid = counter.last_envelope["msgid"]
    for _ in range(2):
        reversed_ = await counter.reverse(customer, msgid)
        assert (reversed_.code, reversed_.output) == (0, {})
        after = await counter.balances()
        assert {name: fen for name, fen in after.items() if fen or name in before} == before
    (settlement,) = (await counter.ledger())["settlements"]
    assert settlement["state"] == "reversed"


async def test_2601_of_an_unknown_id_refuses_it_when_it_arrives_late(counter: Counter) -> None:
    before = await counter.balances()
    customer = await counter.scan("employee-short")
    msgid = counter.new_msgid()
    assert (await counter.reverse(customer, msgid)).code == 0
    late = await counter.settle(customer, msgid=msgid)
    assert (late.code, late.err_msg) == (-1, "该报文已被冲正")
    assert await counter.balances() == before
    (message,) = (await counter.ledger())["messages"]
    assert message == {"msgid": msgid, "infno": "2102", "arrived": False, "reversed": True}


async def test_without_tombstones_a_late_arrival_is_carried_out(open_sandbox: Open) -> None:
    counter = open_sandbox(tombstones=False)
    customer = await counter.scan("employee-short")
    msgid = counter.new_msgid()
    assert (await counter.reverse(customer, msgid)).code == 0
    late = await counter.settle(customer, msgid=msgid)
    assert late.code == 0
    assert (await counter.balances())["own:employee-short"] == 0
    assert (await counter.reverse(customer, msgid)).code == 0
    assert (await counter.balances())["own:employee-short"] == 1200


async def test_a_settlement_that_was_reversed_is_not_repeated(counter: Counter) -> None:
    """The same message once more, after 2601, must not be told that it succeeded."""
    customer = await counter.scan("employee-short")
    await counter.settle(customer)
    settle = counter.last_envelope
    await counter.reverse(customer, settle["msgid"])
    again = await counter.send(settle)
    assert (again.code, again.err_msg) == (-1, "该报文已被冲正")


async def test_2601_after_2103_has_nothing_left_to_do(counter: Counter) -> None:
    before = await counter.balances()
    customer = await counter.scan("employee-short")
    settled = await counter.settle(customer)
    msgid = counter.last_envelope["msgid"]
    await counter.cancel(settled)
    assert (await counter.reverse(customer, msgid)).code == 0
    after = await counter.balances()
    assert {name: fen for name, fen in after.items() if fen or name in before} == before


async def test_2601_takes_back_a_2103_too(counter: Counter) -> None:
    customer = await counter.scan("employee-short")
    settled = await counter.settle(customer)
    during = await counter.balances()
    await counter.cancel(settled)
    assert (await counter.reverse(customer, counter.last_envelope["msgid"], "2103")).code == 0
    assert await counter.balances() == during
    charge, refund = (await counter.ledger())["settlements"]
    assert (charge["state"], refund["state"]) == ("settled", "reversed")
    assert (await counter.settle(customer)).err_msg == "医保码已使用，请重新出示"
    assert (await counter.cancel(settled)).code == 0


async def test_2601_does_not_take_back_a_2103_whose_money_is_spent(counter: Counter) -> None:
    customer = await counter.scan("employee-short")
    settled = await counter.settle(customer)
    await counter.cancel(settled)
    cancel = counter.last_envelope["msgid"]
    spent = {"account": "own:employee-short", "amount_fen": -1}
    await counter.http.post("/_adjust", json=spent)
    before = await counter.balances()
    reply = await counter.reverse(customer, cancel, "2103")
    assert (reply.code, reply.err_msg) == (-1, "账户资金已变动，不能冲正该撤销")
    assert await counter.balances() == before


@pytest.mark.parametrize(
    ("change", "err_msg"),
    [
        ({"oinfno": "2101"}, "data.oinfno 可冲正的交易：2102、2103"),
        ({"oinfno": "2103"}, "data.omsgid 与原报文的交易编号不符"),
        ({"psn_no": "SBX0000000001"}, "data.psn_no 与原报文不符"),
    ],
)
async def test_2601_must_name_the_message_exactly(
    counter: Counter, change: dict[str, str], err_msg: str
) -> None:
    customer = await counter.scan("employee-short")
    await counter.settle(customer)
    data = {
        "psn_no": customer.psn_no,
        "omsgid": counter.last_envelope["msgid"],
        "oinfno": "2102",
    }
    before = await counter.balances()
    reply = await counter.call("2601", {"data": data | change})
    assert (reply.code, reply.err_msg) == (-1, err_msg)
    assert await counter.balances() == before


async def test_a_refund_restores_the_fund_s_limit_of_the_year(open_sandbox: Open) -> None:
    counter = open_sandbox(fund_ratio={"390": Decimal(1)})
    lines = (("XJ01CAA040E001010300001", "150.00", "1"),)
    first = await counter.settle(await counter.scan("resident-alone"), lines)
    assert first.setlinfo["fund_pay_sumamt"] == Decimal("150.00")
    second = await counter.settle(await counter.scan("resident-alone"), lines)
    assert second.setlinfo["fund_pay_sumamt"] == Decimal("50.00")
    await counter.cancel(first)
    third = await counter.settle(await counter.scan("resident-alone"), lines)
    assert third.setlinfo["fund_pay_sumamt"] == Decimal("150.00")
