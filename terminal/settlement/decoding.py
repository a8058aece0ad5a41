"""Today's real codes say nothing by themselves: a service of the platform reads them.

    1162       an ordinary message; the answer is that of 1101 and a token
    ec.query   its own JSON at its own path, outside the gateway's envelope

Source: public client code and a spec copy of several provinces.  Which of them a till may ask, and
the name of the field that carries the code to ec.query, are UNVERIFIED.
"""

from __future__ import annotations

from terminal.profile import OpaqueCodes
from terminal.sale.events import Decline
from terminal.settlement.dialect import Sender
from terminal.settlement.fields import Json, Unreadable, child, parse_object, text
from terminal.settlement.messages.people import CodeRead, CodeShown, Insurance, ShowCode
from terminal.settlement.nodes import ACTIVE, masked
from terminal.settlement.outcome import Declined, Decoded
from terminal.text import visible, words_of_platform

TOKEN_CHARS_MAX = 50
"""As `mdtrt_cert_no`."""
E_VOUCHER = "1"
"""`mdtrt_cert_type` of 1162, unlike everywhere else."""
EC_QUERY = "ec.query"


def shown(code: str, rule: OpaqueCodes, sender: Sender) -> ShowCode:
    """1162."""
    return ShowCode(
        data=CodeShown(
            orgId=sender.shop_code,
            businessType=rule.business_type,
            operatorId=sender.operator,
            operatorName=sender.operator_name,
            officeId=rule.office_id,
            officeName=rule.office_name,
            mdtrt_cert_type=E_VOUCHER,
            ecQrCode=code,
        )
    )


def read(told: CodeRead) -> Decoded:
    """The answer to 1162.  Raises Unreadable."""
    active = [row for row in told.insuinfo if row.psn_insu_stas in ACTIVE]
    row = active[0] if active else Insurance()
    return Decoded(
        _token(told.ecToken),
        told.baseinfo.certno or told.baseinfo.psn_no,
        masked(told.baseinfo.psn_name),
        row.insuplc_admdvs,
        row.insutype,
        "",
    )


def query(code: str, rule: OpaqueCodes, sender: Sender) -> dict[str, object]:
    """The whole JSON of ec.query."""
    return {
        "orgId": sender.shop_code,
        "transType": EC_QUERY,
        "data": {
            "orgId": sender.shop_code,
            "businessType": rule.business_type,
            "operatorId": sender.operator,
            "operatorName": sender.operator_name,
            "officeId": rule.office_id,
            "officeName": rule.office_name,
            rule.code_field: code,
        },
    }


def queried(content: bytes) -> Decoded | Declined:
    """The answer to ec.query; `data` may be an object or its JSON text.  Raises Unreadable."""
    envelope = parse_object(content, "reply")
    if text(envelope.get("code", ""), "code") != "0":
        words = words_of_platform(text(envelope.get("message") or "", "message"))
        return Declined(Decline.REFUSED, words=words)
    inner = envelope.get("data")
    data = (
        parse_object(inner.encode(), "data") if isinstance(inner, str) else child(envelope, "data")
    )
    region = _optional(data, "insuOrg")
    return Decoded(
        _token(_optional(data, "ecToken")),
        _optional(data, "idNo") or _optional(data, "ecIndexNo"),
        masked(_optional(data, "userName")),
        region if len(region) == 6 and region.isascii() and region.isdigit() else "",
        "",
        visible(_optional(data, "chnlId"), 16),
    )


def _optional(data: Json, name: str) -> str:
    """Some services write nothing as the text "null"."""
    value = data.get(name)
    told = "" if value is None else text(value, name)
    return "" if told == "null" else told


def _token(token: str) -> str:
    if not token or len(token) > TOKEN_CHARS_MAX or visible(token, len(token)) != token:
        raise Unreadable("ecToken is missing or cannot be sent")
    return token
