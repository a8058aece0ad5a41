"""The same message twice, and envelopes that are not as the interface says."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from terminal.sandbox.bodies import BODY_BYTES_MAX
from terminal.sandbox.rules import Repeat
from tests.sandbox.conftest import Open
from tests.sandbox.counter import CALL_SERVICE, OTHER_SHOP, Counter, read

Json = dict[str, Any]


async def test_a_repeated_message_gets_the_first_reply_and_moves_nothing(counter: Counter) -> None:
    customer = await counter.scan("employee-short")
    first = await counter.settle(customer)
    settle = counter.last_envelope
    before = await counter.balances()
    counter.clock.now += 5
    assert (await counter.send(settle)).raw == first.raw
    cancelled = await counter.cancel(first)
    cancel = counter.last_envelope
    assert (await counter.send(cancel)).raw == cancelled.raw
    assert (await counter.send(settle)).raw == first.raw
    assert await counter.balances() != before
    assert len((await counter.ledger())["settlements"]) == 2


async def test_a_refusal_is_repeated_too(counter: Counter) -> None:
    """Else a message refused for an expired voucher could succeed when it is sent again."""
    customer = await counter.scan("employee")
    await counter.settle(customer)
    refused = await counter.settle(customer)
    again = counter.last_envelope
    await counter.reverse(customer, (await counter.ledger())["settlements"][0]["msgid"])
    assert (await counter.send(again)).raw == refused.raw


async def test_a_platform_may_charge_a_repeated_message_again(open_sandbox: Open) -> None:
    counter = open_sandbox(repeat=Repeat.CHARGE)
    customer = await counter.scan("employee")
    first = await counter.settle(customer)
    settle = counter.last_envelope
    second = await counter.send(settle)
    assert second.setlinfo["setl_id"] != first.setlinfo["setl_id"]
    assert (await counter.balances())["own:employee"] == 528640 - 2 * 3239
    assert (await counter.settle(customer)).err_msg == "医保码已使用，请重新出示"
    await counter.reverse(customer, settle["msgid"])
    assert (await counter.balances())["own:employee"] == 528640


async def test_one_id_for_two_contents_is_refused(counter: Counter) -> None:
    customer = await counter.scan("employee")
    await counter.settle(customer)
    settle = counter.last_envelope
    before = await counter.balances()
    changed = json.loads(json.dumps(settle, default=float))
    changed["input"]["druginfo"]["acct_used_flag"] = "0"
    reply = await counter.send(changed)
    assert (reply.code, reply.err_msg) == (-1, "报文编号 msgid 已用于另一报文")
    cancel = {"data": {"psn_no": customer.psn_no, "setl_id": "J1", "mdtrt_id": "V1"}}
    assert (await counter.call("2103", cancel, settle["msgid"])).err_msg == reply.err_msg
    assert await counter.balances() == before


async def test_what_was_malformed_is_not_remembered(counter: Counter) -> None:
    customer = await counter.scan("employee")
    nodes = counter.purchase(customer)
    msgid = counter.new_msgid()
    del nodes["druginfo"]["med_type"]
    assert (await counter.call("2102", nodes, msgid)).err_msg == "druginfo.med_type 不能为空"
    assert (await counter.settle(customer, msgid=msgid)).code == 0


Change = Callable[[Json], None]


def put(path: str, value: object) -> Change:
    """`put("input.druginfo.psn_no", 1)`; a list takes a number."""

    def change(envelope: Json) -> None:
        *parents, last = path.split(".")
        at: Any = envelope
        for name in parents:
            at = at[int(name) if name.isdigit() else name]
        at[last] = value

    return change


def drop(path: str) -> Change:
    def change(envelope: Json) -> None:
        *parents, last = path.split(".")
        at: Any = envelope
        for name in parents:
            at = at[int(name) if name.isdigit() else name]
        del at[last]

    return change


INFO, LINE = "input.druginfo", "input.drugdetail.0"

MALFORMED: list[tuple[Change, str]] = [
    (drop("infno"), "infno 不能为空"),
    (put("infno", "2207"), "infno 不是本平台的交易编号"),
    (put("infno", 2102), "infno 须为文本"),
    (drop("msgid"), "msgid 不能为空"),
    (put("msgid", "P63010200001" + "1" * 17), "msgid 须为 fixmedins_code、14 位时间与 4 位序号"),
    (put("msgid", OTHER_SHOP + "1" * 18), "msgid 须为 fixmedins_code、14 位时间与 4 位序号"),
    (put("msgid", "P63010200001" + "1" * 19), "msgid 超过 30 个字符"),
    (drop("mdtrtarea_admvs"), "mdtrtarea_admvs 不能为空"),
    (put("mdtrtarea_admvs", "63010x"), "mdtrtarea_admvs 须为 6 位数字"),
    (put("mdtrtarea_admdvs", "630102"), "mdtrtarea_admdvs 不是接口字段"),
    (put("insuplc_admdvs", ""), "insuplc_admdvs 在含有 psn_no 的交易中不能为空"),
    (put("insuplc_admdvs", "63"), "insuplc_admdvs 须为 6 位数字"),
    (drop("recer_sys_code"), "recer_sys_code 不能为空"),
    (put("infver", "V1.0.0.0"), "infver 超过 6 个字符"),
    (put("opter_type", "9"), "opter_type 须为 1、2、3"),
    (put("opter_type", 1), "opter_type 须为文本"),
    (put("inf_time", "2026-11-22T10:00:00"), "inf_time 须为 yyyy-MM-dd HH:mm:ss"),
    (put("inf_time", "2026-02-30 10:00:00"), "inf_time 须为 yyyy-MM-dd HH:mm:ss"),
    (put("fixmedins_code", "Q63010200001"), "fixmedins_code 须为 H 或 P 加 11 位数字"),
    (put("fixmedins_name", ""), "fixmedins_name 不能为空"),
    (put("opter_name", "a\u202eb"), "opter_name 含有控制字符"),
    (put("opter_name", "\ud800"), "opter_name 含有控制字符"),
    (put("x\u202ey", 1), "? 不是接口字段"),
    (drop("input"), "input 不能为空"),
    (put("input", "{}"), "input 须为对象"),
    (put("input", []), "input 须为对象"),
    (drop("input.druginfo"), "缺少节点 input.druginfo"),
    (put("input.druginfo", []), "druginfo 须为对象"),
    (put("input.extra", {}), "input.extra 不是接口字段"),
    (drop(f"{INFO}.psn_no"), "druginfo.psn_no 不能为空"),
    (put(f"{INFO}.psn_no", None), "druginfo.psn_no 不能为空"),
    (put(f"{INFO}.mdtrt_cert_type", "04"), "druginfo.mdtrt_cert_type 须为 01、02、03"),
    (put(f"{INFO}.acct_used_flag", True), "druginfo.acct_used_flag 须为文本"),
    (put(f"{INFO}.acct_used_flag", "2"), "druginfo.acct_used_flag 须为 0、1"),
    (put(f"{INFO}.med_type", "11"), "druginfo.med_type 须为 41"),
    (put(f"{INFO}.medfee_sumamt", "61.20"), "druginfo.medfee_sumamt 须为数字"),
    (put(f"{INFO}.medfee_sumamt", False), "druginfo.medfee_sumamt 须为数字"),
    (put(f"{INFO}.medfee_sumamt", Decimal("61.201")), "druginfo.medfee_sumamt 最多两位小数"),
    (put(f"{INFO}.medfee_sumamt", 10**10 + 1), "druginfo.medfee_sumamt 超出范围"),
    (put(f"{INFO}.medfee_sumamt", Decimal("1E-400")), "druginfo.medfee_sumamt 最多两位小数"),
    (put(f"{INFO}.medfee_sumamt", Decimal("1E30")), "druginfo.medfee_sumamt 超出范围"),
    (put(f"{INFO}.medfee_sumamt", Decimal("61.21")), "druginfo.medfee_sumamt 与明细合计不符"),
    (put(f"{INFO}.acct_mulaid_pay", 1), "druginfo.acct_mulaid_pay 不是接口字段"),
    (put(f"{INFO}.begntime", "2026-11-22"), "druginfo.begntime 须为 yyyy-MM-dd HH:mm:ss"),
    (put("input.drugdetail", {}), "节点 input.drugdetail 须为数组"),
    (put("input.drugdetail", []), "节点 input.drugdetail 须有 1 至 200 行"),
    (put("input.drugdetail", [{}] * 201), "节点 input.drugdetail 须有 1 至 200 行"),
    (put("input.drugdetail", [1]), "drugdetail[0] 须为对象"),
    (drop(f"{LINE}.feedetl_sn"), "drugdetail[0].feedetl_sn 不能为空"),
    (put(f"{LINE}.feedetl_sn", "2"), "drugdetail.feedetl_sn 重复"),
    (put(f"{LINE}.cnt", 0), "drugdetail[0].cnt 必须大于 0"),
    (put(f"{LINE}.cnt", -1), "drugdetail[0].cnt 必须大于 0"),
    (put(f"{LINE}.cnt", Decimal("1.00001")), "drugdetail[0].cnt 最多 4 位小数"),
    (put(f"{LINE}.pric", -1), "drugdetail[0].pric 不能小于 0"),
    (put(f"{LINE}.pric", Decimal("0.0000001")), "drugdetail[0].pric 最多 6 位小数"),
    (put(f"{LINE}.pric", Decimal("18.51")), "drugdetail[0].det_item_fee_sumamt 与数量乘单价不符"),
    (put("input.drugdetail.2.prd_days", "3"), "drugdetail[2].prd_days 须为数字"),
]


@pytest.mark.parametrize(
    ("change", "err_msg"), MALFORMED, ids=[f"{n}-{text}" for n, (_, text) in enumerate(MALFORMED)]
)
async def test_a_malformed_message_is_told_which_field(
    counter: Counter, change: Change, err_msg: str
) -> None:
    customer = await counter.scan("employee")
    envelope = counter.envelope("2102", counter.purchase(customer))
    before = await counter.balances()
    change(envelope)
    answer = await counter.http.post(
        CALL_SERVICE,
        content=_dumps(envelope),
        headers={"Content-Type": "application/json; charset=utf-8"},
    )
    assert answer.status_code == 200
    reply = read(answer.content)
    assert (reply.code, reply.err_msg) == (-1, err_msg)
    assert await counter.balances() == before


async def test_a_sale_of_nothing_is_not_settled(counter: Counter) -> None:
    customer = await counter.scan("employee")
    reply = await counter.settle(customer, (("", "0.00", "1"),))
    assert (reply.code, reply.err_msg) == (-1, "零费用不能结算")


async def test_optional_numbers_may_be_empty_and_extra_content_is_not_looked_at(
    counter: Counter,
) -> None:
    nodes = counter.purchase(await counter.scan("employee"))
    nodes["drugdetail"][0] |= {"prd_days": "", "rxno": None, "expContent": {"any": [1, None]}}
    assert (await counter.call("2102", nodes)).code == 0


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'"text"',
        b"null",
        b"\xff{}",
        b'{"infno":"1101","infno":"2102"}',
        b'{"infno":NaN}',
        b'{"infno":1e99999999999999999999}',
        b"[" * 100_000,
        b'{"infno":' + b"9" * 5000 + b"}",
    ],
    ids=lambda body: repr(body[:24]),
)
async def test_what_is_no_json_object_is_answered_400(counter: Counter, body: bytes) -> None:
    answer = await counter.http.post(
        CALL_SERVICE, content=body, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 400
    assert answer.json()["infcode"] == -1


async def test_other_content_types_too_large_bodies_and_other_methods_are_refused(
    counter: Counter,
) -> None:
    answer = await counter.http.post(CALL_SERVICE, content=b"{}")
    assert answer.status_code == 415
    answer = await counter.http.post(
        CALL_SERVICE,
        content=b" " * (BODY_BYTES_MAX + 1),
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code == 413
    assert (await counter.http.get(CALL_SERVICE)).status_code == 405


async def test_9001_signs_in_with_a_number_of_its_own_each_time(counter: Counter) -> None:
    nodes = {"signIn": {"opter_no": "0001", "mac": "00-00-00-00-00-00", "ip": "127.0.0.1"}}
    first = await counter.call("9001", nodes, region="")
    second = await counter.call("9001", nodes, region="")
    numbers = [reply.output["signinoutb"]["sign_no"] for reply in (first, second)]
    assert len(set(numbers)) == 2
    assert first.output["signinoutb"]["sign_time"] == "2026-11-22 10:00:00"
    assert all(len(number) <= 30 for number in numbers)


async def test_ids_fit_the_fields_of_the_interface(counter: Counter) -> None:
    settled = await counter.settle(await counter.scan("employee"))
    for name in ("setl_id", "mdtrt_id", "psn_no", "medins_setl_id"):
        assert 0 < len(settled.setlinfo[name]) <= 30


async def test_a_province_that_writes_numbers_as_text_can_be_imitated(open_sandbox: Open) -> None:
    counter = open_sandbox(amounts_as_text=True)
    settled = await counter.settle(await counter.scan("employee"))
    assert json.loads(settled.raw)["infcode"] == "0"
    assert settled.setlinfo["medfee_sumamt"] == "61.20"


async def test_amounts_are_numbers_with_two_decimals_on_the_wire(counter: Counter) -> None:
    settled = await counter.settle(await counter.scan("employee"))
    assert b'"medfee_sumamt":61.20,' in settled.raw
    assert b'"psn_cash_pay":0.00,' in settled.raw
    assert b'"balc":5254.01,' in settled.raw


def _dumps(envelope: Json) -> bytes:
    """Decimals as written, and characters JSON can carry but UTF-8 cannot."""
    text = json.dumps(envelope, default=lambda number: f"@{number}@")
    return text.replace('"@', "").replace('@"', "").encode()
