"""Bytes to codes, in virtual time."""

from __future__ import annotations

import string
from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.framing import (
    FRAME_BYTES_MAX,
    IDLE_MS_DEFAULT,
    SUFFIX_PATIENCE,
    UNFINISHED_SECONDS_MAX,
    Framer,
    Framing,
    split_aim,
)

IDLE_SECONDS = IDLE_MS_DEFAULT / 1000
CODES = [b"]E06901234567892", b"]d2010690123456789221A\x1d17260131", b"Z"]

SUFFIXED = [
    (Framing.AUTO, b"", b"\r"),
    (Framing.AUTO, b"", b"\n"),
    (Framing.AUTO, b"", b"\r\n"),
    (Framing.AUTO, b"", b"\t"),
    (Framing.AUTO, b"\x02", b"\x03"),
    (Framing.AUTO, b"\x02", b"\x03\r\n"),
    (Framing.CR, b"", b"\r"),
    (Framing.CR, b"", b"\r\n"),
    (Framing.LF, b"", b"\n"),
    (Framing.LF, b"", b"\r\n"),
    (Framing.CRLF, b"", b"\r\n"),
    (Framing.TAB, b"", b"\t"),
    (Framing.STX_ETX, b"\x02", b"\x03"),
    (Framing.STX_ETX, b"\x02", b"\x03\r"),
]
by_suffix = pytest.mark.parametrize(("framing", "before", "after"), SUFFIXED)


def codes_of(framer: Framer, pieces: list[bytes], step_seconds: float = 0.001) -> list[bytes]:
    """What comes out when the pieces come a step apart, and then silence."""
    frames, now = [], 100.0
    for piece in pieces:
        frames += framer.feed(piece, now)
        now += step_seconds
    return [frame.data for frame in frames + framer.poll(now + 10)]


@by_suffix
def test_every_suffix_ends_a_code_and_leaves_it_whole(
    framing: Framing, before: bytes, after: bytes
) -> None:
    stream = b"".join(before + code + after for code in CODES)
    assert codes_of(Framer(framing), [stream]) == CODES


@by_suffix
def test_it_makes_no_difference_where_the_line_cuts_the_stream(
    framing: Framing, before: bytes, after: bytes
) -> None:
    """Every pair of cuts, and each byte on its own."""
    stream = b"".join(before + code + after for code in CODES)
    cut_at = range(len(stream) + 1)
    for one, other in combinations(cut_at, 2):
        pieces = [stream[:one], stream[one:other], stream[other:]]
        assert codes_of(Framer(framing), pieces) == CODES
    assert codes_of(Framer(framing), [bytes([byte]) for byte in stream]) == CODES


@settings(deadline=None)
@given(
    st.lists(st.binary(min_size=1, max_size=40).map(lambda b: b.translate(None, b"\0\2\3\t\n\r"))),
    st.data(),
)
def test_any_codes_in_any_pieces_come_out_as_they_went_in(
    codes: list[bytes], data: st.DataObject
) -> None:
    codes = [code for code in codes if code]
    stream = b"".join(code + b"\r\n" for code in codes)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)))))
    pieces = [stream[a:b] for a, b in pairwise([0, *cuts, len(stream)])]
    assert codes_of(Framer(), pieces) == codes


def test_without_a_suffix_the_pause_ends_a_code() -> None:
    for framing in (Framing.AUTO, Framing.IDLE):
        framer = Framer(framing)
        assert framer.feed(b"81234567890", 1.0) == []
        assert framer.feed(b"123456789", 1.0 + 0.9 * IDLE_SECONDS) == []
        last_byte_at = 1.0 + 0.9 * IDLE_SECONDS
        assert framer.poll(last_byte_at + IDLE_SECONDS - 0.001) == []
        [frame] = framer.poll(last_byte_at + IDLE_SECONDS)
        assert (frame.data, frame.at) == (b"81234567890123456789", last_byte_at)
        assert framer.poll(last_byte_at + 100) == []


def test_time_between_two_reads_is_no_pause_if_the_line_was_not_found_empty() -> None:
    """The bytes may have waited all the while, and the reader been busy elsewhere."""
    for framing in (Framing.AUTO, Framing.IDLE, Framing.CR):
        framer = Framer(framing)
        assert framer.feed(b"690123", 1.0) == []
        assert framer.feed(b"4567892", 9.0) == []
        frames = framer.feed(b"\r", 17.0) or framer.poll(30.0)
        assert [frame.data.strip() for frame in frames] == [b"6901234567892"]


def test_the_pause_is_the_one_asked_for() -> None:
    """To the instant: these times are exact in binary."""
    framer = Framer(Framing.IDLE, idle_ms=250)
    framer.feed(b"6901", 1.0)
    assert framer.poll(1.25 - 2**-20) == []
    assert [frame.data for frame in framer.poll(1.25)] == [b"6901"]


def test_a_scanner_known_to_send_a_suffix_is_given_time_in_mid_code() -> None:
    """Until then a pause is all there is to go by."""
    framer = Framer(Framing.AUTO)
    framer.feed(b"first\r", 1.0)
    framer.feed(b"69012345", 2.0)
    hiccup = 2.0 + (SUFFIX_PATIENCE - 1) * IDLE_SECONDS
    assert framer.poll(hiccup) == []
    assert [frame.data for frame in framer.feed(b"67892\r", hiccup)] == [b"6901234567892"]
    framer.feed(b"no suffix", 3.0)
    [frame] = framer.poll(3.001 + SUFFIX_PATIENCE * IDLE_SECONDS)
    assert frame.data == b"no suffix"


@pytest.mark.parametrize("framing", [Framing.CR, Framing.LF, Framing.CRLF, Framing.TAB])
def test_with_a_fixed_suffix_a_code_without_it_is_dropped_whole(framing: Framing) -> None:
    suffix = {Framing.CR: b"\r", Framing.LF: b"\n", Framing.CRLF: b"\r\n", Framing.TAB: b"\t"}
    framer = Framer(framing)
    framer.feed(b"69012", 1.0)
    assert framer.poll(1.0 + UNFINISHED_SECONDS_MAX) == []
    [frame] = framer.feed(b"6901234567892" + suffix[framing], 3.0)
    assert frame.data == b"6901234567892"


@pytest.mark.parametrize("framing", list(Framing))
def test_pairs_of_ends_and_ends_alone_never_give_an_empty_code(framing: Framing) -> None:
    assert codes_of(Framer(framing), [b"\x02\x03"]) in ([], [b"\x02\x03"])
    if framing is not Framing.IDLE:
        ends = {Framing.TAB: b"\t\t", Framing.STX_ETX: b"\x02\x03\x03"}.get(framing, b"\r\n\r\n")
        assert codes_of(Framer(framing), [ends + ends]) == []


def test_what_a_fixed_framing_does_not_name_is_data() -> None:
    text = b"Name\r\nStreet\tNo 1"
    assert codes_of(Framer(Framing.STX_ETX), [b"noise\x02" + text + b"\x03noise"]) == [text]
    assert codes_of(Framer(Framing.IDLE), [text + b"\n"]) == [text + b"\n"]
    assert codes_of(Framer(Framing.CRLF), [b"a\rb\nc\r\n"]) == [b"a\rb\nc"]
    assert codes_of(Framer(Framing.TAB), [b"a\r\nb\t"]) == [b"a\r\nb"]
    assert codes_of(Framer(Framing.LF), [b"a\tb\r\n"]) == [b"a\tb"]


@pytest.mark.parametrize("framing", list(Framing))
def test_nul_is_noise_and_gs_is_data(framing: Framing) -> None:
    stream = b"\0\x02ab\0\x1dcd\0\x03\0\r\n\t"
    [code] = codes_of(Framer(framing), [stream])[:1]
    assert b"\0" not in code
    assert b"ab\x1dcd" in code


def test_a_start_mark_forgets_what_stood_before_it() -> None:
    for framing in (Framing.AUTO, Framing.STX_ETX):
        assert codes_of(Framer(framing), [b"half a co\x026901\x03"]) == [b"6901"]


@pytest.mark.parametrize(("length", "kept"), [(-1, True), (0, True), (1, False), (900, False)])
@by_suffix
def test_a_code_too_long_is_dropped_to_its_last_byte(
    framing: Framing, before: bytes, after: bytes, length: int, kept: bool
) -> None:
    if after == b"\r\n" and framing in (Framing.LF, Framing.CRLF):
        length -= 1  # the CR takes a place in the buffer
    long = b"x" * (FRAME_BYTES_MAX + length)
    stream = before + long + after + before + b"6901" + after
    assert codes_of(Framer(framing), [stream]) == [long, b"6901"][not kept :]


def test_reset_forgets_the_half_read_code() -> None:
    framer = Framer()
    framer.feed(b"half", 1.0)
    framer.reset()
    assert [frame.data for frame in framer.feed(b"whole\r", 1.01)] == [b"whole"]


def test_aim_identifiers_are_split_off_and_nothing_else_is() -> None:
    letters = string.ascii_letters
    assigned = {letter for letter in letters if split_aim(b"]" + letter.encode() + b"0x")[0]}
    assert assigned >= set("ACEILQXdehz")
    assert split_aim(b"]Q1HC1:ABC") == ("]Q1", b"HC1:ABC")
    assert split_aim(b"]E06901234567892") == ("]E0", b"6901234567892")
    assert split_aim(b"]d2010690\x1d17") == ("]d2", b"010690\x1d17")
    for plain in (b"", b"]", b"]Q", b"]Q\x1d", b"]\xd21x", b"]W0x", b"Q1]Q1", b"]-0x", b" ]Q1x"):
        assert split_aim(plain) == (None, plain)


@settings(deadline=None)
@given(st.binary(max_size=30))
def test_splitting_loses_no_byte(data: bytes) -> None:
    symbology, payload = split_aim(data)
    assert (symbology or "").encode() + payload == data
