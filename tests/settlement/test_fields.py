"""Read tolerantly, write strictly: every kind of field, at and around each limit."""

from __future__ import annotations

import typing
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.sale.money import Fen
from terminal.settlement.fields import Unreadable, Unsendable, read, write
from terminal.settlement.messages import TABLE
from terminal.settlement.messages.node import Node
from terminal.settlement.messages.people import PersonTold
from terminal.settlement.messages.pharmacy import DrugInfo, DrugLine, Purchase
from terminal.settlement.messages.settled import Settlement

INFO = DrugInfo(
    psn_no="6301",
    mdtrt_cert_type="01",
    mdtrt_cert_no="t",
    begntime="2026-11-22 10:00:00",
    medfee_sumamt=Fen(1205),
    insutype="310",
    acct_used_flag="1",
    med_type="41",
)
LINE = DrugLine(
    feedetl_sn="1",
    fee_ocur_time="2026-11-22 10:00:00",
    medins_list_codg="G1",
    det_item_fee_sumamt=Fen(1205),
    cnt=Decimal(1),
    pric=Decimal("12.05"),
)

TOO_MUCH = [
    ({"psn_no": "x" * 31}, "druginfo.psn_no has 31 characters, at most 30"),
    ({"psn_no": ""}, "druginfo.psn_no is empty"),
    ({"invono": "x" * 21}, "druginfo.invono has 21 characters, at most 20"),
    ({"acct_used_flag": "10"}, "druginfo.acct_used_flag has 2 characters, at most 1"),
    ({"begntime": "2026-11-22"}, "druginfo.begntime is not yyyy-MM-dd HH:mm:ss"),
    ({"dise_name": "a\x1b[2J"}, "druginfo.dise_name has characters that cannot be shown"),
    ({"medfee_sumamt": Fen(10**12 + 1)}, "druginfo.medfee_sumamt is not an amount"),
]
TOO_MUCH_OF_A_LINE = [
    ({"cnt": Decimal("1.00001")}, r"drugdetail\[1\].cnt has more than 4 decimals"),
    ({"pric": Decimal("0.0000001")}, r"drugdetail\[1\].pric has more than 6 decimals"),
    ({"pric": Decimal(10) ** 10}, r"drugdetail\[1\].pric has more than 10 digits"),
    ({"cnt": Decimal("NaN")}, r"drugdetail\[1\].cnt is not a number"),
]


@pytest.mark.parametrize(("change", "words"), TOO_MUCH)
def test_a_field_the_interface_does_not_allow_is_refused_by_its_full_name(
    change: dict[str, Any], words: str
) -> None:
    bad = Purchase(druginfo=msgspec.structs.replace(INFO, **change), drugdetail=(LINE,))
    with pytest.raises(Unsendable, match=words):
        write(bad)


@pytest.mark.parametrize(("change", "words"), TOO_MUCH_OF_A_LINE)
def test_a_bad_line_is_refused_by_its_number(change: dict[str, Any], words: str) -> None:
    second = msgspec.structs.replace(LINE, **change)
    with pytest.raises(Unsendable, match=words):
        write(Purchase(druginfo=INFO, drugdetail=(LINE, second)))


def test_what_is_empty_and_optional_is_not_sent_and_amounts_have_two_decimals() -> None:
    body = msgspec.json.encode(write(Purchase(druginfo=INFO, drugdetail=(LINE,))))
    assert body == (
        b'{"druginfo":{"psn_no":"6301","mdtrt_cert_type":"01","mdtrt_cert_no":"t",'
        b'"begntime":"2026-11-22 10:00:00","medfee_sumamt":12.05,"insutype":"310",'
        b'"acct_used_flag":"1","med_type":"41"},"drugdetail":[{"feedetl_sn":"1",'
        b'"fee_ocur_time":"2026-11-22 10:00:00","medins_list_codg":"G1",'
        b'"det_item_fee_sumamt":12.05,"cnt":1,"pric":12.05}]}'
    )


def _structs(kind: type[msgspec.Struct]) -> set[type[msgspec.Struct]]:
    found = {kind}
    for hint in typing.get_type_hints(kind).values():
        for part in (hint, *typing.get_args(hint)):
            if isinstance(part, type) and issubclass(part, msgspec.Struct):
                found |= _structs(part)
    return found


NODES = sorted(
    {node for row in TABLE.values() for kind in (row.input, row.output) for node in _structs(kind)},
    key=lambda kind: kind.__name__,
)


@pytest.mark.parametrize("kind", NODES)
def test_every_node_of_the_table_can_be_read_with_every_optional_field_absent(
    kind: type[Node],
) -> None:
    """Also a check that each field of the table has a kind the reader knows."""
    shortest = _shortest(kind)
    for nothing in (None, ""):
        optional = {f.encode_name: nothing for f in msgspec.structs.fields(kind) if not f.required}
        assert read(kind, {**optional, **shortest}) == read(kind, shortest)


def _shortest(kind: type[msgspec.Struct]) -> dict[str, Any]:
    hints = typing.get_type_hints(kind)
    return {
        field.encode_name: _something(hints[field.name])
        for field in msgspec.structs.fields(kind)
        if field.required
    }


def _something(hint: Any) -> Any:
    if typing.get_origin(hint) is tuple:
        return [_shortest(typing.get_args(hint)[0])]
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return _shortest(hint)
    return "1"


@given(
    fen=st.integers(-(10**12), 10**12),
    as_text=st.booleans(),
    zeros=st.integers(0, 4),
)
def test_an_amount_is_read_from_a_number_and_from_text(fen: int, as_text: bool, zeros: int) -> None:
    yuan = f"{Decimal(fen).scaleb(-2):.2f}" + "0" * zeros
    told = read(Settlement, {"setlinfo": {"balc": yuan if as_text else Decimal(yuan)}})
    assert told.setlinfo.balc == fen


@pytest.mark.parametrize("value", ["1.005", "x", True, [], {}, "NaN", "Infinity", "1e30", 10**11])
def test_what_is_no_amount_is_refused_by_its_full_name(value: object) -> None:
    with pytest.raises(Unreadable, match=r"setlinfo\.balc is not"):
        read(Settlement, {"setlinfo": {"balc": value}})


def test_texts_may_be_numbers_lists_may_be_single_and_unknown_fields_are_passed_over() -> None:
    told = read(
        PersonTold,
        {
            "baseinfo": [{"psn_no": 6301, "something_new": {}}],
            "insuinfo": {"insutype": 310, "balc": "12.5"},
            "idetinfo": None,
        },
    )
    assert told.baseinfo.psn_no == "6301"
    assert (told.insuinfo[0].insutype, told.insuinfo[0].balc) == ("310", 1250)
    assert told.idetinfo == ()


@pytest.mark.parametrize("name", ["setl_id", "mdtrt_id"])
def test_an_id_that_could_not_be_sent_back_is_refused_when_it_is_read(name: str) -> None:
    read(Settlement, {"setlinfo": {name: "x" * 30}})
    with pytest.raises(Unreadable, match=f"setlinfo.{name} has 31 characters"):
        read(Settlement, {"setlinfo": {name: "x" * 31}})
    for hostile in ("a\x1b[2J", "a\u202eb", "a\nb", "\ud800"):
        with pytest.raises(
            Unreadable, match=f"setlinfo.{name} has characters that cannot be shown"
        ):
            read(Settlement, {"setlinfo": {name: hostile}})


@pytest.mark.parametrize(
    ("given_output", "words"),
    [
        ({}, "baseinfo is missing"),
        ({"baseinfo": "x"}, "baseinfo is not a node"),
        ({"baseinfo": {}}, "baseinfo.psn_no is missing"),
        ({"baseinfo": {"psn_no": True}}, "baseinfo.psn_no is not text"),
        ({"baseinfo": {"psn_no": "1"}, "insuinfo": [1]}, "insuinfo is not a list of nodes"),
    ],
)
def test_a_reply_that_cannot_be_read_names_node_and_field(
    given_output: dict[str, Any], words: str
) -> None:
    with pytest.raises(Unreadable, match=words):
        read(PersonTold, given_output)


def test_the_table_has_every_transaction_of_a_counter() -> None:
    asked = (
        "1101 1161 1162 2001 2101 2102 2103 2201 2202 2203 2203A 2204 2205 2206 2207 2208 2301"
        " 2302 2303 2304 2305 2401 2402 2404 2601 3201 3202 3505 3505A 3506 5201 5203 5204 5206"
        " 9001 9002 9101 9102 1301 1302 1303 1304 1305 1306 1307 1308 1309 1310 1311 1312 1313"
        " 1314 1315 1316 1317 1318 1319"
    )
    assert set(TABLE) == {*asked.split(), "X101", "X102", "X103"}
