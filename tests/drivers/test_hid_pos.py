"""HID-POS reports: both layouts, every length, every missing report."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.framing import FRAME_BYTES_MAX, Frame
from drivers.hid_pos import DATA_BYTES_MAX, REPORT_BYTES, STALE_SECONDS, Assembler, Layout

AIM_START, NEWLAND_START = 5, 2


def reports(code: bytes, layout: Layout, aim: bytes = b"]Q1") -> list[bytes]:
    """As a scanner sends a code, by the guides' tables and not by the driver's."""
    pieces = [code[at : at + DATA_BYTES_MAX] for at in range(0, len(code), DATA_BYTES_MAX)]
    sent = []
    for number, piece in enumerate(pieces):
        report = bytearray(REPORT_BYTES)
        report[0], report[1] = 2, len(piece)
        start = NEWLAND_START
        if layout is Layout.AIM:
            report[2:5], start = aim, AIM_START
        report[start : start + len(piece)] = piece
        report[63] = int(number < len(pieces) - 1)
        sent.append(bytes(report))
    return sent


def assembled(sent: list[bytes], layout: Layout = Layout.AUTO) -> list[Frame]:
    assembler = Assembler(layout)
    return [frame for report in sent for frame in assembler.feed(report, 1.0)]


@given(st.binary(min_size=1, max_size=600))
def test_any_bytes_come_through_in_either_layout_when_it_is_fixed(code: bytes) -> None:
    for layout, aim in ((Layout.AIM, b"]Q1"), (Layout.NEWLAND, b"")):
        assert assembled(reports(code, layout), layout) == [Frame(aim + code, 1.0)]


@given(st.binary(min_size=1, max_size=300).filter(lambda code: not code.startswith(b"]")))
def test_the_layout_is_told_from_the_first_report(code: bytes) -> None:
    for layout, aim in ((Layout.AIM, b"]d2"), (Layout.NEWLAND, b"")):
        assert assembled(reports(code, layout, b"]d2")) == [Frame(aim + code, 1.0)]


@pytest.mark.parametrize("length", [1, 13, 55, 56, 57, 112, 113, 130, FRAME_BYTES_MAX])
def test_codes_follow_each_other_whatever_their_length(length: int) -> None:
    codes = [b"%0*d" % (length, number) for number in range(3)]
    sent = [report for code in codes for report in reports(code, Layout.AIM, b"]C0")]
    expected = codes if length > 1 else [b"0", b"1", b"2"]
    assert [frame.data for frame in assembled(sent)] == [b"]C0" + code for code in expected]


def test_a_report_that_says_an_impossible_length_spoils_its_code_and_no_other() -> None:
    code = bytes(range(32, 127)) * 2
    for number in range(len(reports(code, Layout.AIM))):
        for wrong in (DATA_BYTES_MAX + 1, 255):
            sent = reports(code, Layout.AIM)
            sent[number] = sent[number][:1] + bytes((wrong,)) + sent[number][2:]
            sent += reports(b"after", Layout.AIM)
            assert assembled(sent) == [Frame(b"]Q1after", 1.0)]


def test_a_short_report_is_the_end_of_a_code_that_is_not_told() -> None:
    for length in range(1, REPORT_BYTES):
        sent = [reports(b"x" * 100, Layout.AIM)[0], b"\x02" * length]
        assert assembled([*sent, *reports(b"after", Layout.AIM)]) == [Frame(b"]Q1after", 1.0)]


def test_a_code_without_its_last_report_is_dropped_after_a_while() -> None:
    assembler = Assembler()
    first, *_ = reports(b"x" * 100, Layout.AIM)
    assert assembler.feed(first, 0.0) == []
    assert assembler.poll(STALE_SECONDS - 0.01) == []
    assert assembler.poll(STALE_SECONDS) == []
    [after] = reports(b"after", Layout.NEWLAND)
    assert assembler.feed(after, 2.0) == [Frame(b"after", 2.0)]


def test_a_code_without_end_is_dropped_whole() -> None:
    sent = reports(b"x" * (FRAME_BYTES_MAX + 1), Layout.AIM) + reports(b"after", Layout.AIM)
    assert assembled(sent) == [Frame(b"]Q1after", 1.0)]


@given(st.lists(st.binary(max_size=70), max_size=20))
def test_noise_is_no_error(noise: list[bytes]) -> None:
    assembler = Assembler()
    for report in noise:
        assembler.feed(report, 1.0)
    assembler.poll(9.0)
    assert assembler.feed(reports(b"after", Layout.AIM)[0], 10.0) == [Frame(b"]Q1after", 10.0)]


def test_reports_of_another_kind_are_not_scans() -> None:
    other = bytes((4, 3)) + b"abc" + bytes(59)
    assert assembled([other, b"", *reports(b"code", Layout.NEWLAND)]) == [Frame(b"code", 1.0)]
