"""The fields of every message, as the wire names them: one table, one reader.

One rule: what is sent must be exactly what the interface names.  A field that is missing, of the
wrong JSON type, too long or unknown is refused by its full name, `node.field`, because a till that
misspells an optional field would otherwise find out in production.

Source: reference tables of transactions 1101, 2101, 2102, 2103, 2601, 5201, 5203, 9001.  Lengths of
2101 and 2102 are those of the same fields of 2204 and 2207.  Own choices: the required fields of
`drugdetail`, refusing unknown fields, and everything about X101, X102 and X103.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from terminal.sandbox.moment import is_day, is_moment
from terminal.sandbox.money import fen_exactly

LINES_MAX = 200
"""Lines of one purchase."""
FILE_CHARS_MAX = 1_000_000
"""Of an upload in Base64; a request cannot be longer anyway."""
CODES_MAX = 10_000
"""Trace codes of one line of goods."""
NUMBER_MAX = 10**10
"""Yuan or pieces, far beyond any pharmacy."""

_SHOWABLE = re.compile(r"[A-Za-z0-9_]{1,40}", re.ASCII)
"""A name from outside is repeated only when it cannot be anything but a name."""

Value = str | int | Decimal
"""Text as text, money as whole fen, other numbers as Decimal."""


class Malformed(Exception):
    """A message that is not as the interface says; the text is `err_msg` and names the field."""


class Kind(StrEnum):
    TEXT = "text"
    MONEY = "money"
    """A JSON number in yuan, at most two decimals; read as fen."""
    COUNT = "count"
    """`16,4`."""
    PRICE = "price"
    """`16,6`."""
    MOMENT = "moment"
    """yyyy-MM-dd HH:mm:ss."""
    DAY_OR_MOMENT = "day_or_moment"
    CODES = "codes"
    """A list of `{"drug_trac_codg": …}`; read as text, commas between."""
    ANYTHING = "anything"
    """Not looked at."""


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    length_max: int = 0
    """Characters of a text."""
    kind: Kind = Kind.TEXT
    required: bool = False
    choices: tuple[str, ...] = ()
    """Empty: any."""


@dataclass(frozen=True, slots=True)
class Node:
    name: str
    fields: tuple[Field, ...]
    is_list: bool = False


class Row:
    """The fields of one node that were filled in."""

    def __init__(self, values: Mapping[str, Value]) -> None:
        self._values = values

    def text(self, name: str) -> str:
        """ "" where an optional field was left out."""
        value = self._values.get(name, "")
        assert isinstance(value, str)
        return value

    def fen(self, name: str) -> int:
        value = self._values[name]
        assert isinstance(value, int)
        return value

    def decimal(self, name: str) -> Decimal:
        value = self._values[name]
        assert isinstance(value, Decimal)
        return value


Input = Mapping[str, tuple[Row, ...]]
"""Node name -> its rows; a node that is no list has one."""


def _must(name: str, length_max: int, *choices: str) -> Field:
    return Field(name, length_max, required=True, choices=choices)


def _may(*fields: tuple[str, int]) -> tuple[Field, ...]:
    return tuple(Field(name, length_max) for name, length_max in fields)


_PSN_NO = _must("psn_no", 30)
_CERT = (_must("mdtrt_cert_type", 3, "01", "02", "03"), _must("mdtrt_cert_no", 50))
"""Own choice: `card_sn` may be left out with 03, because a clerk who types has none."""
_EXTRA = (Field("expContent", kind=Kind.ANYTHING), Field("exp_content", kind=Kind.ANYTHING))

_DRUGINFO = Node(
    "druginfo",
    (
        _PSN_NO,
        *_CERT,
        Field("begntime", kind=Kind.MOMENT, required=True),
        Field("medfee_sumamt", kind=Kind.MONEY, required=True),
        _must("insutype", 6),
        _must("acct_used_flag", 1, "0", "1"),
        _must("med_type", 6, "41"),
        *_may(("invono", 20), ("dise_codg", 30), ("dise_name", 500)),
        *_EXTRA,
    ),
)
_DRUGDETAIL = Node(
    "drugdetail",
    (
        _must("feedetl_sn", 30),
        Field("det_item_fee_sumamt", kind=Kind.MONEY, required=True),
        Field("cnt", kind=Kind.COUNT, required=True),
        Field("pric", kind=Kind.PRICE, required=True),
        Field("fee_ocur_time", kind=Kind.MOMENT),
        *_may(
            ("rxno", 30),
            ("rx_circ_flag", 3),
            ("med_list_codg", 50),
            ("medins_list_codg", 150),
            ("sin_dos_dscr", 200),
            ("used_frqu_dscr", 200),
            ("medc_way_dscr", 200),
            ("bilg_dr_codg", 30),
            ("bilg_dr_name", 50),
            ("tcmdrug_used_way", 6),
        ),
        Field("prd_days", kind=Kind.COUNT),
        *_EXTRA,
    ),
    is_list=True,
)


def _data(*fields: Field) -> tuple[Node, ...]:
    return (Node("data", fields),)


_VERSION = _data(_must("ver", 20))
_PAGE = _data(
    Field("page_num", kind=Kind.COUNT, required=True),
    Field("page_size", kind=Kind.COUNT, required=True),
    Field("updt_time", kind=Kind.MOMENT, required=True),
)

_TRACE = (_must("drug_trac_codg", 100),)
_TRADED = (
    _must("med_list_codg", 50),
    _must("fixmedins_hilist_id", 30),
    _must("fixmedins_hilist_name", 200),
    _must("fixmedins_bchno", 30),
    *_may(("setl_id", 30), ("psn_no", 30), ("psn_cert_type", 6), ("certno", 50), ("psn_name", 50)),
    _must("manu_lotnum", 30),
    Field("manu_date", kind=Kind.DAY_OR_MOMENT, required=True),
    Field("expy_end", kind=Kind.DAY_OR_MOMENT),
    _must("rx_flag", 3, "0", "1", "2"),
    _must("trdn_flag", 3, "0", "1"),
    Field("finl_trns_pric", kind=Kind.PRICE),
    Field("sel_retn_cnt", kind=Kind.COUNT, required=True),
    Field("sel_retn_time", kind=Kind.MOMENT, required=True),
    _must("sel_retn_opter_name", 50),
    *_may(("memo", 500)),
    Field("drugtracinfo", kind=Kind.CODES),
)
"""What 3505, 3505A and 3506 have in common."""
_SOLD = (
    *_TRADED,
    _must("prsc_dr_name", 50),
    _must("phar_name", 50),
    _must("phar_prac_cert_no", 50),
    _must("mdtrt_sn", 30),
    _must("rtal_docno", 40),
    *_may(
        ("prsc_dr_cert_type", 6),
        ("prsc_dr_certno", 50),
        ("phar_cert_type", 6),
        ("phar_certno", 50),
        ("hi_feesetl_type", 6),
        ("rxno", 40),
        ("rx_circ_flag", 3),
        ("stoout_no", 40),
        ("bchno", 30),
        ("drug_trac_codg", 30),
        ("drug_prod_barc", 30),
        ("shelf_posi", 20),
        ("mdtrt_setl_type", 6),
    ),
)
_TAKEN_BACK = (*_TRADED, *_may(("medins_prod_sel_no", 50)))

INPUTS: Mapping[str, tuple[Node, ...]] = {
    **dict.fromkeys(("1301", "1302", "1303", "1305", "1306"), _VERSION),
    **dict.fromkeys(("1312", "1318", "1319"), _PAGE),
    "1162": _data(
        _must("orgId", 40),
        _must("businessType", 10),
        _must("operatorId", 20),
        _must("operatorName", 30),
        _must("officeId", 20),
        _must("officeName", 30),
        _must("mdtrt_cert_type", 1, "1"),
        _must("ecQrCode", 1000),
        *_may(("deviceType", 30), ("businessInfo", 1000), ("termId", 50), ("termIp", 50)),
    ),
    "3201": _data(
        _must("insutype", 6),
        _must("clr_type", 6),
        _must("setl_optins", 6),
        Field("stmt_begndate", kind=Kind.DAY_OR_MOMENT, required=True),
        Field("stmt_enddate", kind=Kind.DAY_OR_MOMENT, required=True),
        Field("medfee_sumamt", kind=Kind.MONEY, required=True),
        Field("fund_pay_sumamt", kind=Kind.MONEY, required=True),
        Field("acct_pay", kind=Kind.MONEY, required=True),
        Field("fixmedins_setl_cnt", kind=Kind.COUNT, required=True),
        *_may(("refd_setl_flag", 3)),
    ),
    "3202": _data(
        _must("setl_optins", 6),
        _must("file_qury_no", 30),
        Field("stmt_begndate", kind=Kind.DAY_OR_MOMENT, required=True),
        Field("stmt_enddate", kind=Kind.DAY_OR_MOMENT, required=True),
        Field("medfee_sumamt", kind=Kind.MONEY, required=True),
        Field("fund_pay_sumamt", kind=Kind.MONEY, required=True),
        Field("cash_payamt", kind=Kind.MONEY, required=True),
        Field("fixmedins_setl_cnt", kind=Kind.COUNT, required=True),
        *_may(("clr_type", 6), ("refd_setl_flag", 3)),
    ),
    "3505": (Node("selinfo", _SOLD),),
    "3505A": (Node("selinfoDetail", _SOLD, is_list=True),),
    "3506": (Node("selinfo", _TAKEN_BACK),),
    "9101": (
        Node(
            "fsUploadIn",
            (_must("in", FILE_CHARS_MAX), _must("filename", 200), _must("fixmedins_code", 30)),
        ),
    ),
    "9102": (
        Node(
            "fsDownloadIn",
            (_must("file_qury_no", 40), _must("filename", 200), _must("fixmedins_code", 30)),
        ),
    ),
    "9002": (Node("signOut", (_must("sign_no", 30), _must("opter_no", 20))),),
    "9001": (Node("signIn", (_must("opter_no", 20), _must("mac", 20), _must("ip", 20))),),
    "1101": _data(
        *_CERT,
        *_may(("card_sn", 32), ("psn_cert_type", 6), ("certno", 50), ("psn_name", 50)),
        Field("begntime", kind=Kind.DAY_OR_MOMENT),
        *_EXTRA,
    ),
    "2101": (_DRUGINFO, _DRUGDETAIL),
    "2102": (_DRUGINFO, _DRUGDETAIL),
    "2103": _data(_must("setl_id", 30), _must("mdtrt_id", 30), _PSN_NO, *_EXTRA),
    "2601": _data(_PSN_NO, _must("omsgid", 30), _must("oinfno", 4)),
    "5201": _data(
        _PSN_NO,
        Field("begntime", kind=Kind.DAY_OR_MOMENT, required=True),
        Field("endtime", kind=Kind.DAY_OR_MOMENT, required=True),
        _must("med_type", 6),
        *_may(("mdtrt_id", 30)),
    ),
    "5203": _data(_PSN_NO, _must("setl_id", 30), *_may(("mdtrt_id", 30))),
    "X101": _data(
        _PSN_NO,
        *_CERT,
        _must("mdtrt_id", 30),
        _must("setl_id", 30),
        _must("acct_type", 1, "1", "2"),
        Field("amt", kind=Kind.MONEY, required=True),
    ),
    "X102": _data(_PSN_NO, _must("omsgid", 30)),
    "X103": _data(_PSN_NO, _must("omsgid", 30)),
}

ENVELOPE = (
    _must("infno", 6),
    _must("msgid", 30),
    _must("mdtrtarea_admvs", 6),
    *_may(("insuplc_admdvs", 6)),
    _must("recer_sys_code", 10),
    *_may(("dev_no", 100), ("dev_safe_info", 2000), ("cainfo", 1024), ("signtype", 10)),
    _must("infver", 6),
    _must("opter_type", 3, "1", "2", "3"),
    _must("opter", 30),
    _must("opter_name", 50),
    Field("inf_time", kind=Kind.MOMENT, required=True),
    _must("fixmedins_code", 12),
    _must("fixmedins_name", 200),
    *_may(("sign_no", 30)),
    Field("input", kind=Kind.ANYTHING, required=True),
)


def read_input(infno: str, given: object) -> Input:
    """The nodes of a transaction the table knows.  Raises Malformed."""
    nodes = INPUTS[infno]
    if not isinstance(given, dict):
        raise Malformed("input 须为对象")
    _refuse_unknown(given, (node.name for node in nodes), "input")
    return {node.name: _read_node(node, given.get(node.name)) for node in nodes}


def _read_node(node: Node, given: object) -> tuple[Row, ...]:
    if given is None:
        raise Malformed(f"缺少节点 input.{node.name}")
    if not node.is_list:
        return (read_fields(node.fields, given, node.name),)
    if not isinstance(given, list):
        raise Malformed(f"节点 input.{node.name} 须为数组")
    if not 1 <= len(given) <= LINES_MAX:
        raise Malformed(f"节点 input.{node.name} 须有 1 至 {LINES_MAX} 行")
    return tuple(
        read_fields(node.fields, row, f"{node.name}[{index}]") for index, row in enumerate(given)
    )


def read_fields(fields: Sequence[Field], given: object, where: str) -> Row:
    """One object.  `where` names it in messages; "" for the envelope.  Raises Malformed."""
    if not isinstance(given, dict):
        raise Malformed(f"{where or '报文'} 须为对象")
    _refuse_unknown(given, (field.name for field in fields), where)
    values: dict[str, Value] = {}
    for field in fields:
        name = f"{where}.{field.name}" if where else field.name
        value = given.get(field.name)
        if value is None or value == "":
            if field.required:
                raise Malformed(f"{name} 不能为空")
        elif field.kind is not Kind.ANYTHING:
            values[field.name] = _read_value(field, value, name)
    return Row(values)


def _read_value(field: Field, value: object, name: str) -> Value:
    match field.kind:
        case Kind.MONEY:
            return _read_money(value, name)
        case Kind.COUNT:
            return _read_number(value, name, decimals=4)
        case Kind.PRICE:
            return _read_number(value, name, decimals=6)
        case Kind.CODES:
            return _read_codes(value, name)
    if not isinstance(value, str):
        raise Malformed(f"{name} 须为文本")
    if not value.isprintable() and any(unicodedata.category(c).startswith("C") for c in value):
        raise Malformed(f"{name} 含有控制字符")
    if field.kind is Kind.MOMENT and not is_moment(value):
        raise Malformed(f"{name} 须为 yyyy-MM-dd HH:mm:ss")
    if field.kind is Kind.DAY_OR_MOMENT and not (is_day(value) or is_moment(value)):
        raise Malformed(f"{name} 须为 yyyy-MM-dd 或 yyyy-MM-dd HH:mm:ss")
    if field.kind is Kind.TEXT and len(value) > field.length_max:
        raise Malformed(f"{name} 超过 {field.length_max} 个字符")
    if field.choices and value not in field.choices:
        raise Malformed(f"{name} 须为 {'、'.join(field.choices)}")
    return value


def _read_codes(value: object, name: str) -> str:
    if not isinstance(value, list) or len(value) > CODES_MAX:
        raise Malformed(f"{name} 须为数组，最多 {CODES_MAX} 行")
    rows = (read_fields(_TRACE, row, f"{name}[{at}]") for at, row in enumerate(value))
    codes = [row.text("drug_trac_codg") for row in rows]
    if any("," in code for code in codes):
        raise Malformed(f"{name}.drug_trac_codg 含有逗号")
    return ",".join(codes)


def _read_money(value: object, name: str) -> int:
    fen = fen_exactly(_read_decimal(value, name))
    if fen is None:
        raise Malformed(f"{name} 最多两位小数")
    return fen


def _read_number(value: object, name: str, *, decimals: int) -> Decimal:
    number = _read_decimal(value, name)
    exponent = number.as_tuple().exponent
    assert isinstance(exponent, int)
    if -exponent > decimals:
        raise Malformed(f"{name} 最多 {decimals} 位小数")
    return number


def _read_decimal(value: object, name: str) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise Malformed(f"{name} 须为数字")
    number = Decimal(value)
    if abs(number) > NUMBER_MAX:
        raise Malformed(f"{name} 超出范围")
    return number


def _refuse_unknown(given: Mapping[str, object], known: Iterable[str], where: str) -> None:
    unknown = set(given) - set(known)
    if unknown:
        name = min(unknown)
        shown = name if _SHOWABLE.fullmatch(name) else "?"
        raise Malformed(f"{where + '.' if where else ''}{shown} 不是接口字段")
