"""Paper as bytes: what is printed is exactly the rows, and nothing in them is obeyed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.escpos import Charset, Drawer, Print, columns, encode, pulse, resync
from terminal.escpos.encoding import LACKING
from terminal.escpos.reading import Cut, Feed, NotEscPos, Pulse, Raster, Row, deeds
from terminal.receipt import slip_code
from terminal.text import visible
from tests.cli.test_untrusted import HOSTILE

CODE = slip_code("20260101010001")
ANY_TEXT = st.text(st.characters(codec="utf-8"), max_size=40)


def rows_of(data: bytes) -> list[str]:
    return [deed.text for deed in deeds(data) if isinstance(deed, Row)]


@pytest.mark.parametrize(
    ("text", "charset", "hexadecimal"),
    [
        ("药店", Charset.GBK, "d2a9 b5ea"),
        ("￥1", Charset.GBK, "a3a4 31"),
        ("¥1", Charset.GBK, "a3a4 31"),
        ("¥1", Charset.GB18030, "a3a4 31"),
        ("①·—×é", Charset.GBK, "a2d9 a1a4 a1aa a1c1 a8a6"),
        ("㐀𠀀", Charset.GB18030, "8139ee39 95328236"),
        ("㛃ñ", Charset.GBK, "a1fe a1fe"),
        ("Aa0~", Charset.GBK, "4161 307e"),
    ],
)
def test_characters_are_the_bytes_a_chinese_printer_knows(
    text: str, charset: Charset, hexadecimal: str
) -> None:
    """The bytes are those of the GBK and GB18030 tables, written down by hand."""
    expected = bytes.fromhex(hexadecimal)
    assert encode(Print((text,)), charset, cuts=False) == (
        b"\x1b@" + b"\x1c&" + expected + b"\n" + b"\x1bd\x04"
    )


def test_a_whole_piece_of_paper_byte_for_byte() -> None:
    data = encode(Print(("药",), "A"))
    head, rest = data[:8], data[8:]
    assert head == bytes.fromhex("1b40 1c26 d2a9 0a 0a")
    assert rest[:3] == b"\x1ba\x01"
    # 21 modules of 3 bits: 8 bytes a row, 63 rows, doubled by the printer.
    assert rest[3:11] == b"\x1dv0" + bytes([3, 8, 0, 63, 0])
    assert rest[11 + 8 * 63 :] == b"\n\x1ba\x00" + b"\x1dVB\x00"


@given(st.lists(ANY_TEXT, max_size=5), st.sampled_from(Charset), st.booleans())
def test_any_text_is_printed_and_never_obeyed(
    texts: list[str], charset: Charset, cuts: bool
) -> None:
    done = deeds(encode(Print(tuple(texts)), charset, cuts=cuts))
    assert all(isinstance(deed, Row) for deed in done[:-1])
    assert done[-1] == (Cut() if cuts else Feed(4))
    printed = [deed.text for deed in done if isinstance(deed, Row)]
    assert len(printed) == len(texts)
    for text, row in zip(texts, printed, strict=True):
        shown = visible(text)
        assert columns(row) == columns(shown)
        for wanted, got in zip(shown, row, strict=True):
            assert got in (wanted, LACKING, "￥"), (wanted, got)
            assert wanted == got or got == LACKING or wanted == "¥"


def test_hostile_text_of_any_kind_commands_no_printer() -> None:
    data = encode(Print((HOSTILE,)))
    assert rows_of(data) == [row for row in rows_of(data) if row.isprintable()]
    inside = data[len(b"\x1b@\x1c&") : -len(b"\n\x1dVB\x00")]
    assert not set(inside) & (set(range(0x20)) | {0x7F})


@given(st.text(st.characters(min_codepoint=0x20), min_size=1, max_size=1))
def test_columns_are_what_the_printer_takes(char: str) -> None:
    """A printer gives one column to a character of one byte and two to any other."""
    for charset in Charset:
        data = encode(Print((char,)), charset, cuts=False)[4:-4]
        bytes_of = len(data)
        assert columns(visible(char)) == (1 if bytes_of == 1 else 2 if bytes_of else 0)


@given(st.integers(0, 10**14 - 1))
def test_no_code_of_a_sale_holds_a_real_time_command(number: int) -> None:
    """DLE is obeyed inside a picture too: it could open the drawer."""
    assert b"\x10" not in encode(Print((), slip_code(f"{number:014d}")))


@pytest.mark.parametrize("charset", Charset)
def test_after_a_cut_at_any_byte_the_whole_paper_comes_again(charset: Charset) -> None:
    first = encode(Print(("合计 ￥61.20", "a"), CODE), charset)
    again = encode(Print(("【补打】", "合计 ￥61.20", "a"), CODE), charset)
    wanted = deeds(again)
    for cut in range(len(first) + 1):
        done = deeds(first[:cut] + resync() + again)
        assert done[-len(wanted) :] == wanted, cut
        assert not any(isinstance(deed, Pulse) for deed in done)


def test_without_the_resync_a_cut_picture_swallows_the_next_paper() -> None:
    first, again = (encode(Print(("a",), code)) for code in (CODE, ""))
    cut = first.index(b"\x1dv0") + 20
    assert Row("a") in deeds(first[:cut] + resync() + again)[-2:]
    assert deeds(first[:cut] + again) == [Row("a"), Row("")]


def test_the_pulse_is_the_one_of_the_drawers_pin() -> None:
    assert pulse(Drawer.NONE) == b""
    assert pulse(Drawer.PIN_2) == bytes.fromhex("1b70 00 19fa")
    assert pulse(Drawer.PIN_5) == bytes.fromhex("1b70 01 19fa")
    assert deeds(pulse(Drawer.PIN_5)) == [Pulse(1)]


@pytest.mark.parametrize("data", [b"\x07", b"\x1b!\x11", b"\x1c&\x9b\xffab", b"\xd2\xa9"])
def test_the_reader_takes_nothing_that_we_do_not_print(data: bytes) -> None:
    with pytest.raises(NotEscPos):
        deeds(data)


def test_the_reader_says_what_a_printer_does() -> None:
    (row, blank, raster, after, cut) = deeds(encode(Print(("x",), CODE)))
    assert (row, blank, after, cut) == (Row("x"), Row(""), Row(""), Cut())
    assert isinstance(raster, Raster)
    assert (raster.scale, raster.centred, len(raster.rows)) == (2, True, 63)
