"""A code is told apart, never guessed, and never breaks the one who reads it."""

from __future__ import annotations

import re
from itertools import product

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from terminal.voucher import gs1
from terminal.voucher.classify import (
    PAYLOAD_BYTES_MAX,
    REPLACEMENT,
    TEXT_CHARS_MAX,
    VOUCHER_CHARS_MAX,
    Code,
    Kind,
    classify,
)
from terminal.voucher.reasons import Reason
from terminal.voucher.voucher import verify
from tests.voucher.crafting import Craft, at, bundle, refusal

EAN, EAN8, UPC = b"6901234567892", b"96385074", b"036000291452"
TRACE = b"81234567890123456789"
GTIN = b"0106901234567892"
GS = b"\x1d"
PRINTABLE = re.compile(rf"[A-Za-z0-9 $%*+\-./:_=?&,@#(){REPLACEMENT}]*")


@pytest.mark.parametrize(
    ("payload", "kind", "text"),
    [
        (EAN, Kind.GOODS, "6901234567892"),
        (EAN8, Kind.GOODS, "96385074"),
        (UPC, Kind.GOODS, "0036000291452"),
        (b"6901234567893", Kind.UNKNOWN, "6901234567893"),
        (b"96385075", Kind.UNKNOWN, "96385075"),
        (TRACE, Kind.TRACE_CODE, TRACE.decode()),
        (b"81100000000000000000", Kind.TRACE_CODE, "81100000000000000000"),
        (b"01069012345678920000", Kind.TRACE_CODE, "01069012345678920000"),
        (b"1" * 28, Kind.INSURANCE_CODE, ""),
        (b"2" * 28, Kind.INSURANCE_CODE, ""),
        (b"2" * 27, Kind.UNKNOWN, "*" * 27),
        (b"2" * 29, Kind.UNKNOWN, "*" * 29),
        (b"10" + b"0" * 16, Kind.WECHAT_PAY, ""),
        (b"15" + b"9" * 16, Kind.WECHAT_PAY, ""),
        (b"16" + b"9" * 16, Kind.UNKNOWN, "*" * 18),
        (b"09" + b"9" * 16, Kind.UNKNOWN, "*" * 18),
        (b"10" + b"0" * 15, Kind.UNKNOWN, "*" * 17),
        (b"10" + b"0" * 17, Kind.UNKNOWN, "*" * 19),
        (b"25" + b"0" * 13, Kind.UNKNOWN, "*" * 15),
        (b"25" + b"0" * 14, Kind.ALIPAY, ""),
        (b"28" + b"0" * 16, Kind.ALIPAY, ""),
        (b"28" + b"0" * 18, Kind.ALIPAY, ""),
        (b"30" + b"9" * 22, Kind.ALIPAY, ""),
        (b"30" + b"9" * 23, Kind.UNKNOWN, "*" * 25),
        (b"24" + b"0" * 16, Kind.UNKNOWN, "*" * 18),
        (b"31" + b"0" * 16, Kind.UNKNOWN, "*" * 18),
        (b"62" + b"0" * 17, Kind.UNIONPAY, ""),
        (b"62" + b"0" * 16, Kind.UNKNOWN, "*" * 18),
        (b"61" + b"0" * 17, Kind.UNKNOWN, "*" * 19),
        (b"https://health.example/code?name=x&id=1", Kind.WEB_LINK, "health.example"),
        (b"HTTP://TRAVEL.EXAMPLE", Kind.WEB_LINK, "TRAVEL.EXAMPLE"),
        (b"https://a:b@host.example:8080/x", Kind.WEB_LINK, "host.example"),
        (b"wxp://f2f0abc", Kind.WEB_LINK, "f2f0abc"),
        (b"alipays://platformapi/startapp", Kind.WEB_LINK, "platformapi"),
        (b"://x", Kind.UNKNOWN, "://x"),
        (b"", Kind.UNKNOWN, ""),
        (b"hello", Kind.UNKNOWN, "hello"),
        (b"yb1:ABC", Kind.UNKNOWN, "yb1:ABC"),
        (b"YB1", Kind.UNKNOWN, "YB1"),
        (b"YB1:", Kind.VOUCHER, "YB1:"),
        (b"YB1:AB\n", Kind.VOUCHER, "YB1:AB" + REPLACEMENT),
        (EAN + b"\r", Kind.UNKNOWN, "6901234567892" + REPLACEMENT),
        ("６９０１２３４５６７８９２".encode(), Kind.UNKNOWN, REPLACEMENT * 39),
        ("٠" .encode() * 8, Kind.UNKNOWN, REPLACEMENT * 16),
        (b"\xb2" * 8, Kind.UNKNOWN, REPLACEMENT * 8),
        (b"[@click=app.quit]x[/]\x1b[31m", Kind.UNKNOWN,
         f"{REPLACEMENT}@click=app.quit{REPLACEMENT}x{REPLACEMENT}/{REPLACEMENT}{REPLACEMENT}"
         f"{REPLACEMENT}31m"),
        (b"9" * 17 + b"X", Kind.UNKNOWN, "*" * 18),
        (b"id " + b"9" * 18 + b" end", Kind.UNKNOWN, "id " + "*" * 18 + " end"),
    ],
)  # fmt: skip
def test_kinds(payload: bytes, kind: Kind, text: str) -> None:
    assert classify(payload) == Code(kind, text)


@pytest.mark.parametrize("aim", ["]E0", "]E4", "]C0", "]Q1", "]d1", "]L0", "]h0", "]Z9"])
def test_an_aim_identifier_in_the_payload_changes_nothing_but_is_taken_off(aim: str) -> None:
    for payload in (EAN, EAN8, TRACE, b"hello", b"YB1:AB", b"1" * 28, b""):
        assert classify(aim.encode() + payload) == classify(payload)
        assert classify(aim.encode() + payload, aim) == classify(payload)
        assert classify(payload, aim) == classify(payload)


@pytest.mark.parametrize("payload", [b"]", b"]Q", b"]]]", b"]0A6901234567892", b"]\xff\xff1"])
def test_a_bracket_that_is_no_aim_identifier_stays(payload: bytes) -> None:
    code = classify(payload)
    assert code.kind is Kind.UNKNOWN
    assert len(code.text) == len(payload)


GS1_CODES = [
    (GTIN, "6901234567892"),
    (b"0116901234567899", "16901234567899"),
    (GTIN + b"17271231" + b"10ABC-1" + GS + b"2112345678901234567890", "6901234567892"),
    (GTIN + b"21SERIAL" + GS + b"17271231" + GS + b"10LOT", "6901234567892"),
    (GS + GTIN + b"11260101", "6901234567892"),
    (b"10LOT" + GS + GTIN, "6901234567892"),
]
NOT_GS1 = [
    b"",
    b"01",
    b"0106901234567893",  # A wrong check digit.
    b"010690123456789",  # Too short.
    b"10LOT",  # No GTIN.
    GTIN + b"99INTERNAL",  # An element of unknown length.
    GTIN + b"8110ABC",
    GTIN + GTIN,  # The same twice.
    GTIN + b"1727123",  # A date cut short.
    GTIN + b"17ABCDEF",
    GTIN + b"10" + GS + b"21A",  # An empty batch.
    GTIN + b"10" + b"A" * 21,  # One character too many.
    GTIN + b"10A\x00B",
    GTIN + "10批号".encode(),
    "01０6901234567892".encode(),
    (b"11260101" + b"17260101" + GS) * 20,
]


@pytest.mark.parametrize(("payload", "gtin"), GS1_CODES)
@pytest.mark.parametrize("aim", ["]C1", "]d2", "]Q3", "]e0", "]J1"])
def test_gs1_codes_give_their_gtin(payload: bytes, gtin: str, aim: str) -> None:
    assert classify(payload, aim) == Code(Kind.GS1, gtin)
    assert classify(aim.encode() + payload) == Code(Kind.GS1, gtin)
    if GS in payload:
        assert classify(payload) == Code(Kind.GS1, gtin)


@pytest.mark.parametrize("payload", NOT_GS1)
def test_a_gs1_code_that_cannot_be_read_whole_is_unknown(payload: bytes) -> None:
    assert classify(payload, "]d2").kind is Kind.UNKNOWN
    assert classify(payload + GS).kind is Kind.UNKNOWN


def test_a_trace_code_is_no_gs1_code_even_where_the_reader_says_so() -> None:
    assert classify(TRACE, "]C1") == Code(Kind.TRACE_CODE, TRACE.decode())
    assert classify(b"00" + b"1" * 18, "]C1").kind is Kind.TRACE_CODE


def test_gs1_wins_over_kinds_of_digits_where_the_reader_says_so() -> None:
    payload = GTIN + b"1727123110AB"
    assert len(payload) == 28
    assert classify(payload).kind is Kind.UNKNOWN
    digits = GTIN + b"172712311012"
    assert len(digits) == 28
    assert classify(digits).kind is Kind.INSURANCE_CODE
    assert classify(digits, "]d2") == Code(Kind.GS1, "6901234567892")


def test_the_elements_of_a_medicine_pack() -> None:
    text = (GTIN + b"11260102" + b"17271231" + b"10LOT-7" + GS + b"21SN/42").decode()
    assert gs1.elements(text) == gs1.Elements(
        gtin="06901234567892", batch="LOT-7", produced="260102", expires="271231", serial="SN/42"
    )


@pytest.mark.parametrize("size", [8, 12, 13, 14])
def test_exactly_one_check_digit_fits(size: int) -> None:
    for start in ("", "9", "47"):
        body = (start + "690123456789012")[: size - 1]
        fitting = [digit for digit in "0123456789" if gs1.has_check_digit(body + digit)]
        assert len(fitting) == 1


def test_every_single_wrong_digit_and_most_swaps_are_found() -> None:
    code = EAN.decode()
    for place, digit in product(range(13), "0123456789"):
        changed = code[:place] + digit + code[place + 1 :]
        assert gs1.has_check_digit(changed) is (changed == code)


def test_a_voucher_keeps_its_whole_text() -> None:
    text = Craft().text()
    assert classify(text.encode()) == Code(Kind.VOUCHER, text)
    assert classify(b"]Q1" + text.encode()) == Code(Kind.VOUCHER, text)
    assert verify(classify(text.encode()).text, bundle(), at(5))


@given(st.binary(max_size=8), st.integers(0, 280))
@settings(deadline=None)
def test_filtering_never_turns_a_refused_voucher_into_an_accepted_one(
    junk: bytes, place: int
) -> None:
    text = Craft().text().encode()
    changed = text[:place] + junk + text[place:]
    if changed != text:
        assert refusal(verify, classify(changed).text, bundle(), at(5))


def test_a_voucher_too_long_stays_too_long() -> None:
    code = classify(b"YB1:" + b"A" * 100_000)
    assert len(code.text) == VOUCHER_CHARS_MAX
    assert refusal(verify, code.text, bundle(), at(5)) is Reason.TOO_LONG


@given(st.binary(max_size=200), st.none() | st.text(max_size=4))
@example(b"\x1d" * 200, None)
@example(b"]d2" + b"\x1d" * 100, "]d2")
@example(b"a" * 200 + b"://", None)
@settings(max_examples=1000, deadline=None)
def test_any_bytes_have_a_kind_and_a_printable_text(payload: bytes, symbology: str | None) -> None:
    code = classify(payload, symbology)
    assert isinstance(code.kind, Kind)
    assert len(code.text) <= (VOUCHER_CHARS_MAX if code.kind is Kind.VOUCHER else TEXT_CHARS_MAX)
    assert PRINTABLE.fullmatch(code.text)


@given(st.integers(0, 30), st.integers(0, 10**30 - 1))
@settings(deadline=None)
def test_digits_that_can_be_spent_or_belong_to_a_person_are_never_shown(
    size: int, number: int
) -> None:
    digits = str(number).zfill(size)
    code = classify(digits.encode())
    if code.kind not in (Kind.TRACE_CODE, Kind.GOODS):
        assert not re.search("[0-9]{15}", code.text)


def test_what_lies_beyond_the_largest_qr_code_is_not_looked_at() -> None:
    payload = b"x" * PAYLOAD_BYTES_MAX
    assert classify(payload + b"y" * 10_000_000) == classify(payload)
