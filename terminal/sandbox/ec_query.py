"""ec.query: the service that reads the codes of today's phones, outside the gateway's envelope.

Own choices, where public texts are silent: the code stands in `data.ecQrCode`, `code` is 0 or -1,
and `data` of the answer is JSON text, as one client receives it.
"""

from __future__ import annotations

from collections.abc import Mapping

from terminal.sandbox import records, vouchers
from terminal.sandbox.store import Tx
from terminal.sandbox.wire import Refusal, to_json

MUST = ("orgId", "businessType", "operatorId", "operatorName", "officeId", "officeName")


def answer(tx: Tx, *, asked: Mapping[str, object]) -> dict[str, object]:
    data = asked.get("data")
    if asked.get("transType") != "ec.query" or not isinstance(data, dict):
        return _refused("transType 须为 ec.query")
    for name in (*MUST, "ecQrCode"):
        if not isinstance(data.get(name), str) or not data[name]:
            return _refused(f"data.{name} 不能为空")
    try:
        with tx.attempt():
            voucher = vouchers.decode(tx, data["ecQrCode"], data["orgId"])
    except Refusal as refusal:
        return _refused(refusal.err_msg)
    who = records.person(tx, voucher["psn_no"])
    assert who
    enrolled = records.enrolments(tx, who.psn_no)
    told = {
        "idNo": who.certno,
        "idType": "01",
        "userName": who.name,
        "ecToken": voucher["voucher_id"],
        "insuOrg": enrolled[0]["region"],
        "gender": who.gend,
        "birthday": who.brdy.replace("-", "."),
        "chnlId": "null",
    }
    return {"code": 0, "message": "", "orgId": data["orgId"], "data": to_json(told).decode()}


def _refused(message: str) -> dict[str, object]:
    return {"code": -1, "message": message, "data": None}
