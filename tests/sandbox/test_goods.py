"""3505, 3505A and 3506: rows are taken or refused one by one, and once."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.sandbox.conftest import BOTH, Open
from tests.sandbox.counter import OTHER_SHOP, Counter, Json, Reply

CODE = "81234560000000000017"


def row(number: str, *codes: str, **changes: Any) -> Json:
    """One row of goods sold without insurance."""
    return {
        "med_list_codg": "无",
        "fixmedins_hilist_id": "G1",
        "fixmedins_hilist_name": "例药",
        "fixmedins_bchno": number,
        "prsc_dr_name": "无",
        "phar_name": "示范药师",
        "phar_prac_cert_no": "X",
        "mdtrt_sn": "S1",
        "manu_lotnum": "无",
        "manu_date": "1900-01-01",
        "rx_flag": "0",
        "trdn_flag": "0",
        "rtal_docno": "S1",
        "sel_retn_cnt": Decimal(2),
        "sel_retn_time": "2026-11-22 10:00:00",
        "sel_retn_opter_name": "示范收银员",
        "drugtracinfo": [{"drug_trac_codg": code} for code in codes],
        **changes,
    }


SOLD_ONLY = ("prsc_dr_name", "phar_name", "phar_prac_cert_no", "mdtrt_sn", "rtal_docno")


def returned(number: str, of: str, *codes: str, **changes: Any) -> Json:
    told = row(number, *codes, medins_prod_sel_no=of, **changes)
    return {name: value for name, value in told.items() if name not in SOLD_ONLY}


async def sell(counter: Counter, *rows: Json) -> list[str]:
    """What is said to each row; "" where it is taken."""
    reply = await counter.call("3505A", {"selinfoDetail": list(rows)})
    assert reply.code == 0, reply.err_msg
    result = reply.output["result"]
    assert all((each["retRslt"] == "1") == (each["msgRslt"] == "") for each in result)
    return [each["msgRslt"] for each in result]


async def give_back(counter: Counter, told: Json) -> Reply:
    return await counter.call("3506", {"selinfo": told})


async def kept(counter: Counter) -> list[tuple[str, str]]:
    return [(each["bchno"], each["kind"]) for each in (await counter.ledger())["goods"]]


@BOTH
async def test_a_row_is_taken_once_and_its_code_too(counter: Counter) -> None:
    first = row("1", CODE)
    assert await sell(counter, first, row("2", CODE), row("3")) == [
        "",
        "追溯码已上传，疑似回流药",
        "",
    ]
    assert await sell(counter, first) == [""]
    other = row("1", CODE, sel_retn_cnt=Decimal(3))
    assert await sell(counter, other) == ["fixmedins_bchno 已用于另一条记录"]
    assert await kept(counter) == [("1", "sold"), ("3", "sold")]


async def test_one_row_alone_is_answered_by_infcode(counter: Counter) -> None:
    assert (await counter.call("3505", {"selinfo": row("1", CODE)})).code == 0
    refused = await counter.call("3505", {"selinfo": row("2", CODE)})
    assert (refused.code, refused.err_msg) == (-1, "追溯码已上传，疑似回流药")
    assert await kept(counter) == [("1", "sold")]


@BOTH
async def test_a_return_frees_the_code_and_is_never_more_than_was_sold(counter: Counter) -> None:
    assert (await give_back(counter, returned("1-R", "1", CODE))).err_msg.endswith("没有对应的销售")
    await sell(counter, row("1", CODE))
    once = returned("1-R", "1", CODE)
    assert (await give_back(counter, once)).code == 0
    assert (await give_back(counter, once)).code == 0
    assert (await give_back(counter, returned("1-R2", "1"))).err_msg == "退货数量大于销售数量"
    assert await sell(counter, row("2", CODE)) == [""]


async def test_an_insured_row_names_a_settlement_of_the_same_institution(counter: Counter) -> None:
    settled = await counter.settle(await counter.scan("employee"))
    number = settled.setlinfo["setl_id"]
    assert await sell(counter, row("1", setl_id=number)) == [""]
    other = Counter(counter.http, counter.clock, OTHER_SHOP)
    assert await sell(other, row("1", setl_id=number)) == ["setl_id 不是本机构的结算"]
    assert (await give_back(other, returned("1-R", "1"))).code == -1


async def test_goods_that_were_never_mapped_are_refused(open_sandbox: Open) -> None:
    counter = open_sandbox(unmapped=frozenset({"G1"}))
    assert await sell(counter, row("1"), row("2", fixmedins_hilist_id="G2")) == [
        "该商品未做目录对照",
        "",
    ]


@pytest.mark.parametrize(
    ("codes", "words"),
    [
        ("x", "selinfoDetail[0].drugtracinfo 须为数组"),
        ([{}], "selinfoDetail[0].drugtracinfo[0].drug_trac_codg 不能为空"),
        ([{"drug_trac_codg": "1,2"}], "含有逗号"),
        ([{"code": "1"}], "不是接口字段"),
    ],
)
async def test_codes_that_are_none_are_refused(counter: Counter, codes: Any, words: str) -> None:
    told = row("1", drugtracinfo=codes)
    reply = await counter.call("3505A", {"selinfoDetail": [told]})
    assert reply.code == -1
    assert words in reply.err_msg
