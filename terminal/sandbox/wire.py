"""Envelopes in, envelopes out.

One rule: amounts are JSON numbers with exactly two decimals, made from whole fen; no float is
created on either side.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

import msgspec

from terminal.sandbox import nodes
from terminal.sandbox.moment import compact, milliseconds_text
from terminal.sandbox.nodes import ENVELOPE, Input, Malformed

ERR_MSG_CHARS_MAX = 200

_INSTITUTION = re.compile(r"[HP][0-9]{11}", re.ASCII)
_REGION = re.compile(r"[0-9]{6}", re.ASCII)
_MSGID_REST = re.compile(r"[0-9]{18}", re.ASCII)

Output = Mapping[str, object]
"""Node name -> object or list of objects; amounts as `money.yuan` makes them."""


class NotJson(Exception):
    """The body cannot be read as a JSON object, so there is no envelope to answer."""


class Refusal(Exception):
    """The transaction is answered with infcode -1 and has no effect."""

    def __init__(self, err_msg: str, output: Output | None = None) -> None:
        super().__init__(err_msg)
        self.err_msg = err_msg
        self.output: Output = output or {}


@dataclass(frozen=True, slots=True)
class Call:
    """A request whose envelope and nodes are as the interface says."""

    infno: str
    msgid: str
    care_region: str
    """`mdtrtarea_admvs`."""
    insured_region: str
    """`insuplc_admdvs`; "" where it was left out."""
    institution: str
    """`fixmedins_code`."""
    institution_name: str
    opter: str
    device: str
    """`dev_no`; "" where it was left out."""
    input: Input
    digest: str
    """SHA-256 of what is asked for: two messages with the same are one message sent twice."""


def parse_json(body: bytes) -> dict[str, object]:
    """The request as a JSON object, numbers as int or Decimal.  Raises NotJson."""
    try:
        parsed: object = json.loads(
            body.decode("utf-8"),
            parse_float=Decimal,
            parse_constant=_no_constant,
            object_pairs_hook=_no_duplicates,
        )
    except (ValueError, RecursionError, ArithmeticError) as exc:
        raise NotJson("报文不是 JSON") from exc
    if not isinstance(parsed, dict):
        raise NotJson("报文不是 JSON 对象")
    return parsed


def named_infno(envelope: Mapping[str, object]) -> str:
    """The transaction number for faults, whatever else is wrong; "" where there is none."""
    infno = envelope.get("infno")
    return infno if isinstance(infno, str) else ""


def read_call(envelope: Mapping[str, object]) -> Call:
    """Raises Malformed, with the first thing that is wrong."""
    row = nodes.read_fields(ENVELOPE, envelope, "")
    infno, msgid, institution = row.text("infno"), row.text("msgid"), row.text("fixmedins_code")
    if infno not in nodes.INPUTS:
        raise Malformed("infno 不是本平台的交易编号")
    if not _INSTITUTION.fullmatch(institution):
        raise Malformed("fixmedins_code 须为 H 或 P 加 11 位数字")
    if not (msgid.startswith(institution) and _MSGID_REST.fullmatch(msgid[len(institution) :])):
        raise Malformed("msgid 须为 fixmedins_code、14 位时间与 4 位序号")
    for name in ("mdtrtarea_admvs", "insuplc_admdvs"):
        if row.text(name) and not _REGION.fullmatch(row.text(name)):
            raise Malformed(f"{name} 须为 6 位数字")
    call_input = nodes.read_input(infno, envelope["input"])
    if _names_a_person(call_input) and not row.text("insuplc_admdvs"):
        raise Malformed("insuplc_admdvs 在含有 psn_no 的交易中不能为空")
    return Call(
        infno=infno,
        msgid=msgid,
        care_region=row.text("mdtrtarea_admvs"),
        insured_region=row.text("insuplc_admdvs"),
        institution=institution,
        institution_name=row.text("fixmedins_name"),
        opter=row.text("opter"),
        device=row.text("dev_no"),
        input=call_input,
        digest=_digest(infno, envelope["input"]),
    )


@dataclass(frozen=True, slots=True)
class Writer:
    """Envelopes as one kind of platform writes them."""

    region: str
    """Of the receiver: the first six digits of `inf_refmsgid`."""
    reference_chars: int = 30
    """Of `inf_refmsgid`."""
    amounts_as_text: bool = False
    """True: every number, also infcode, is a JSON string.  Both kinds occur in real replies."""

    zeros_as_null: bool = False
    """True: an amount that is nothing is null, but for the totals."""

    def accept(self, output: Output, *, received: float, now: float, serial: int) -> bytes:
        return self._write(0, "", output, received, now, serial)

    def refuse(
        self, err_msg: str, output: Output, *, received: float, now: float, serial: int
    ) -> bytes:
        return self._write(-1, err_msg[:ERR_MSG_CHARS_MAX], output, received, now, serial)

    def _write(
        self, code: int, err_msg: str, output: Output, received: float, now: float, serial: int
    ) -> bytes:
        envelope = {
            "infcode": str(code) if self.amounts_as_text else code,
            "inf_refmsgid": f"{self.region}{compact(now)}{serial % 10**10:010d}"[
                : self.reference_chars
            ],
            "refmsg_time": milliseconds_text(received),
            "respond_time": milliseconds_text(now),
            "err_msg": err_msg,
            "output": _without_zeros(output) if self.zeros_as_null else output,
        }
        return (_AS_TEXT if self.amounts_as_text else _AS_NUMBERS).encode(envelope)


TOTALS = ("medfee_sumamt", "fund_pay_sumamt", "acct_pay", "psn_cash_pay", "cash_payamt")


def _without_zeros(output: Output) -> Output:
    """`setlinfo` of a reply, with nulls as real replies have them."""
    info = output.get("setlinfo")
    if not isinstance(info, dict):
        return output
    told = {
        name: None if isinstance(value, Decimal) and value == 0 and name not in TOTALS else value
        for name, value in info.items()
    }
    return {**output, "setlinfo": told}


def to_json(value: object) -> bytes:
    """Any other JSON answer of the sandbox; Decimals as numbers with their own decimals."""
    return _AS_NUMBERS.encode(value)


_AS_NUMBERS = msgspec.json.Encoder(decimal_format="number")
_AS_TEXT = msgspec.json.Encoder(decimal_format="string")


def _names_a_person(call_input: Input) -> bool:
    return any(row.text("psn_no") for rows in call_input.values() for row in rows)


def _digest(infno: str, given: object) -> str:
    canonical = json.dumps([infno, given], sort_keys=True, default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _no_constant(name: str) -> object:
    raise ValueError("NaN and Infinity are not JSON")


def _no_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    names = dict(pairs)
    if len(names) != len(pairs):
        raise ValueError("a name twice in one object")
    return names
