"""Codes only the platform can read, and cards: what the sandbox makes of them."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from terminal.sandbox.people import THE_SEVEN, card_number
from tests.sandbox.counter import Counter

EC_QUERY = "/localcfc/api/hsecfc/localQrCodeQuery"
OTHER_SHOP = "P63010300002"


async def opaque_code(counter: Counter, person: str = "employee") -> dict[str, Any]:
    asked = {"person": person, "opaque": "1", "qr": "1"}
    told: dict[str, Any] = (await counter.http.get("/vouchers/new", params=asked)).json()
    return told


def shown(code: str, shop: str = "P63010200001") -> dict[str, object]:
    names = ("operatorId", "operatorName", "officeId", "officeName")
    data = dict.fromkeys(names, "1") | {"orgId": shop, "businessType": "02121", "ecQrCode": code}
    return {"data": data}


async def decode(counter: Counter, code: str) -> Any:
    nodes = shown(code)
    assert isinstance(nodes["data"], dict)
    nodes["data"]["mdtrt_cert_type"] = "1"
    return await counter.call("1162", nodes)


async def test_a_code_is_digits_and_its_token_identifies(counter: Counter) -> None:
    code = await opaque_code(counter)
    assert len(code["text"]) == 28
    assert code["text"].isdigit()
    assert code["modules"]
    told = await decode(counter, code["text"])
    assert told.code == 0, told.err_msg
    assert told.output["ecToken"] == code["voucher_id"]
    person = await counter.call(
        "1101", {"data": {"mdtrt_cert_type": "01", "mdtrt_cert_no": told.output["ecToken"]}}
    )
    assert person.output["baseinfo"] == told.output["baseinfo"]
    again = await decode(counter, code["text"])
    assert again.output["ecToken"] == code["voucher_id"]


async def test_a_code_is_for_one_institution_and_for_a_while(counter: Counter) -> None:
    code = await opaque_code(counter)
    assert (await decode(counter, code["text"])).code == 0
    counter.institution = OTHER_SHOP
    assert (await decode(counter, code["text"])).err_msg == "医保码已使用，请重新出示"
    late = await opaque_code(counter)
    counter.clock.now += 60 + 30
    assert (await decode(counter, late["text"])).err_msg == "医保码已过期，请重新出示"
    assert (await decode(counter, "9" * 28)).err_msg == "医保码无效"


async def ec_query(http: httpx.AsyncClient, body: object) -> dict[str, Any]:
    told: dict[str, Any] = (await http.post(EC_QUERY, json=body)).json()
    return told


async def test_ec_query_answers_with_json_in_json(counter: Counter) -> None:
    code = await opaque_code(counter)
    asked = {"orgId": "P63010200001", "transType": "ec.query", **shown(code["text"])}
    told = await ec_query(counter.http, asked)
    assert told["code"] == 0
    assert f'"ecToken":"{code["voucher_id"]}"' in told["data"]
    unknown = await ec_query(counter.http, {**asked, **shown("9" * 28)})
    assert (unknown["code"], unknown["message"]) == (-1, "医保码无效")
    for wrong in ({}, {**asked, "transType": "x"}, {**asked, "data": []}, {**asked, "data": {}}):
        assert (await ec_query(counter.http, wrong))["code"] == -1


async def test_the_phone_shows_such_codes_when_asked_to(counter: Counter) -> None:
    plain = await counter.http.get("/phone", params={"person": "employee"})
    opaque = await counter.http.get("/phone", params={"person": "employee", "opaque": "1"})
    assert "opaque=1" not in plain.text
    assert "opaque=1" in opaque.text


@pytest.mark.parametrize("cert_type", ["02", "03"])
async def test_a_card_identifies_its_owner_every_time(counter: Counter, cert_type: str) -> None:
    person = next(each for each in THE_SEVEN if each.id == "resident")
    number = person.certno if cert_type == "02" else card_number(person.psn_no)
    for _ in range(2):
        told = await counter.call(
            "1101", {"data": {"mdtrt_cert_type": cert_type, "mdtrt_cert_no": number}}
        )
        assert told.output["baseinfo"]["psn_no"] == person.psn_no
    unknown = await counter.call(
        "1101", {"data": {"mdtrt_cert_type": cert_type, "mdtrt_cert_no": "0" * 18}}
    )
    assert "未获取到人员基本信息" in unknown.err_msg
