"""The files of 3202: what is written can be read elsewhere, and anything can come back."""

from __future__ import annotations

import contextlib
import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.sale.money import Fen
from terminal.sale.reconcile import Booked, Group, Line
from terminal.settlement import statement_file
from terminal.settlement.fields import Unreadable
from terminal.settlement.statement_file import packed, result_lines

ROW = "P1\tV1\tJ1\tM1\t000103\t0\t数据不一致\t61.20\t28.81\t13"
READ = Line("M1", "J1", Fen(6120), Fen(2881), Fen(1300), "数据不一致")


def zipped(*texts: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for number, text in enumerate(texts):
            archive.writestr(zipfile.ZipInfo(f"{number}.txt"), text)
    return file.getvalue()


def test_what_is_uploaded_has_a_line_for_each_settlement() -> None:
    group = Group("310", "41", "630100")
    one = Booked("M1", "J1", "V1", "S1", "P1", group, "2026-11-22", Fen(6120), Fen(2881), Fen(1300),
                 Fen(1939))  # fmt: skip
    with zipfile.ZipFile(io.BytesIO(packed([one, one]))) as archive:
        (name,) = archive.namelist()
        assert archive.read(name) == b"J1\tV1\tP1\t61.20\t28.81\t13.00\t0\r\n" * 2
    assert packed([one]) == packed([one])


@pytest.mark.parametrize(
    "file",
    [
        zipped(ROW.encode()),
        zipped(f"{ROW}\r\n\r\n".encode()),
        zipped(b"psn_no\tmdtrt_id\tsetl_id\n" + ROW.encode()),
        zipped(ROW.encode("gb18030")),
        zipped(b"\xef\xbb\xbf" + ROW.encode()),
        ROW.encode(),
        zipped(f"{ROW}\tmore\n{ROW.replace('000103', '000000')}".encode()),
    ],
    ids=["zip", "crlf", "headings", "gb18030", "mark", "bare", "equal rows left out"],
)
def test_a_result_is_read_however_it_is_wrapped(file: bytes) -> None:
    assert result_lines(file) == [READ]


def test_what_the_platform_does_not_have_has_no_amounts() -> None:
    row = "P1\tV1\tJ1\tnull\t000102\t0\tnull\tnull\t\tnull"
    assert result_lines(row.encode()) == [Line("", "J1", None, None, None, "")]


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (b"P1\tV1\tJ1", "line 1 of the result file has 3 columns"),
        (ROW.replace("61.20", "x").encode(), "line 1 of the result file: medfee_sumamt"),
        (zipped(), "holds 0 files"),
        (zipped(b"", b""), "holds 2 files"),
        (zipped(ROW.encode())[:40], "is no ZIP"),
        (b"\x80\xff\xff\xff", "neither UTF-8 nor GB 18030"),
    ],
    ids=["columns", "amount", "empty", "several", "cut", "encoding"],
)
def test_what_cannot_be_read_is_said_with_its_place(file: bytes, words: str) -> None:
    with pytest.raises(Unreadable, match=words):
        result_lines(file)


def test_a_file_that_unfolds_to_more_than_memory_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(statement_file, "TEXT_BYTES_MAX", 1000)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x", b"\n" * 1_000_000)
    assert len(file.getvalue()) < 2000
    with pytest.raises(Unreadable, match="longer than 1000 bytes"):
        result_lines(file.getvalue())


@given(st.binary(max_size=300), st.integers(0, 400), st.booleans())
def test_nothing_that_comes_back_does_worse_than_be_refused(
    noise: bytes, at: int, is_zipped: bool
) -> None:
    file = zipped(ROW.encode()) if is_zipped else b"PK" + noise
    with contextlib.suppress(Unreadable):
        for line in result_lines(file[:at] + noise + file[at:]):
            assert len(line.message_id) <= 30
            assert line.words.isprintable()
