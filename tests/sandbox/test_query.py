"""5201 and 5203 answer what became of a message whose reply was lost."""

from __future__ import annotations

from typing import Any

from tests.sandbox import identities
from tests.sandbox.counter import OTHER_SHOP, Counter, Customer, Reply


async def visits(counter: Counter, customer: Customer, **changes: str) -> list[dict[str, Any]]:
    data = {
        "psn_no": customer.psn_no,
        "begntime": "2026-11-22",
        "endtime": "2026-11-22",
        "med_type": "41",
    } | changes
    reply = await counter.call("5201", {"data": data})
    assert reply.code == 0, reply.err_msg
    rows: list[dict[str, Any]] = reply.output["mdtrtinfo"]
    return rows


async def found(counter: Counter, settled: Reply, mdtrt_id: str = "") -> Reply:
    data = {
        "psn_no": settled.setlinfo["psn_no"],
        "setl_id": settled.setlinfo["setl_id"],
        "mdtrt_id": mdtrt_id,
    }
    return await counter.call("5203", {"data": data})


async def test_5201_finds_a_settlement_by_the_message_that_made_it(counter: Counter) -> None:
    customer = await counter.scan("employee-short")
    assert await visits(counter, customer) == []
    settled = await counter.settle(customer)
    msgid = counter.last_envelope["msgid"]
    (row,) = await visits(counter, customer)
    assert row == {
        "mdtrt_id": settled.setlinfo["mdtrt_id"],
        "psn_no": customer.psn_no,
        "insutype": "310",
        "med_type": "41",
        "begntime": "2026-11-22 10:00:00",
        "endtime": "2026-11-22 10:00:00",
        "setl_id": settled.setlinfo["setl_id"],
        "medins_setl_id": msgid,
        "refd_setl_flag": "0",
    }


async def test_the_flag_rises_whichever_way_a_settlement_was_taken_back(counter: Counter) -> None:
    first = await counter.scan("employee-short")
    settled = await counter.settle(first)
    await counter.cancel(settled)
    second = await counter.scan("employee-short")
    await counter.settle(second)
    await counter.reverse(second, counter.last_envelope["msgid"])
    third = await counter.scan("employee-short")
    await counter.settle(third)
    flags = [row["refd_setl_flag"] for row in await visits(counter, first)]
    assert flags == ["0", "1", "1"]
    assert (await found(counter, settled)).setlinfo["refd_setl_flag"] == "1"


async def test_5201_looks_in_the_period_the_kind_of_care_and_the_visit(counter: Counter) -> None:
    customer = await counter.scan("employee")
    settled = await counter.settle(customer)
    period = {"begntime": "2026-11-22 10:00:00", "endtime": "2026-11-22 10:00:00"}
    assert len(await visits(counter, customer, **period)) == 1
    late = {"begntime": "2026-11-22 10:00:01", "endtime": "2026-11-23"}
    assert await visits(counter, customer, **late) == []
    assert await visits(counter, customer, med_type="11") == []
    assert await visits(counter, customer, mdtrt_id="V1") == []
    mdtrt_id = settled.setlinfo["mdtrt_id"]
    assert len(await visits(counter, customer, mdtrt_id=mdtrt_id)) == 1


async def test_5201_shows_an_institution_only_its_own(counter: Counter) -> None:
    customer = await counter.scan("employee")
    await counter.settle(customer)
    other = Counter(counter.http, counter.clock, OTHER_SHOP)
    assert await visits(other, customer) == []


async def test_5203_says_what_2102_said_under_its_own_names(counter: Counter) -> None:
    settled = await counter.settle(await counter.scan("employee-both-short"))
    for mdtrt_id in ("", settled.setlinfo["mdtrt_id"]):
        reply = await found(counter, settled, mdtrt_id)
        identities.check(reply.output, inside=True)
        info = dict(reply.setlinfo)
        for name in ("pay_loc", "fixmedins_code", "fixmedins_name", "year", "refd_setl_flag"):
            del info[name]
        info["psn_part_amt"] = info.pop("psn_pay")
        info["psn_cash_pay"] = info.pop("cash_payamt")
        assert info == settled.setlinfo
        assert reply.output["setldetail"] == settled.output["setldetail"]
    assert (await found(counter, settled, "V1")).err_msg == "data.mdtrt_id 与结算不符"


async def test_5203_also_answers_about_the_refund(counter: Counter) -> None:
    settled = await counter.settle(await counter.scan("employee"))
    cancelled = await counter.cancel(settled)
    reply = await found(counter, cancelled)
    identities.check(reply.output, inside=True)
    assert reply.setlinfo["medfee_sumamt"] == -settled.setlinfo["medfee_sumamt"]
    assert reply.setlinfo["refd_setl_flag"] == "1"
