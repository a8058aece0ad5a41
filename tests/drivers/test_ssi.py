"""Zebra's packets: every cut, every flipped bit, every repetition."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.framing import FRAME_BYTES_MAX, Frame
from drivers.ssi import CHARACTER_SECONDS_MAX, Cause, Opcode, SsiFramer, Status, packet

ACK = bytes.fromhex("04d00400ff28")
NAK = packet(Opcode.NAK, bytes((Cause.RESEND,)))
CODE = b"81234567890123456789"
PART_MAX = 250


def decoded(kind: int, code: bytes, status: int = 0) -> bytes:
    """As a scanner sends a code that fits into one packet."""
    return packet(Opcode.DECODE_DATA, bytes((kind,)) + code, status, source=0)


def in_parts(kind: int, code: bytes) -> list[bytes]:
    cuts = [code[start : start + PART_MAX] for start in range(0, len(code), PART_MAX)]
    last = len(cuts) - 1
    return [
        decoded(kind, cut, Status.CONTINUATION if number < last else Status(0))
        for number, cut in enumerate(cuts)
    ]


def test_commands_are_the_bytes_of_the_guide() -> None:
    assert packet(Opcode.START_SESSION) == bytes.fromhex("04e40400ff14")
    assert packet(Opcode.ACK) == ACK


@given(st.binary(min_size=1, max_size=240), st.lists(st.integers(1, 50)))
def test_a_code_comes_out_whole_however_the_line_cuts_it(code: bytes, cuts: list[int]) -> None:
    framer, stream = SsiFramer(), decoded(0xFF, code)
    frames, start = [], 0
    for size in itertools.chain(cuts, itertools.repeat(7)):
        frames += framer.feed(stream[start : start + size], 5.0)
        start += size
        if start >= len(stream):
            break
    assert frames == [Frame(code, 5.0)]
    assert framer.answers() == ACK
    assert framer.answers() == b""


@pytest.mark.parametrize(
    ("kind", "aim"), [(0x03, b"]C0"), (0x0B, b"]E0"), (0x0F, b"]C1"), (0x1C, b"]Q1"), (0x77, b"")]
)
def test_the_kind_of_code_is_told_as_its_aim_identifier(kind: int, aim: bytes) -> None:
    assert SsiFramer().feed(decoded(kind, CODE), 0.0) == [Frame(aim + CODE, 0.0)]


def test_no_flipped_bit_gives_another_code() -> None:
    whole = decoded(0x03, CODE)
    for place in range(8 * len(whole)):
        torn = bytearray(whole)
        torn[place // 8] ^= 1 << place % 8
        framer = SsiFramer()
        assert framer.feed(bytes(torn), 0.0) == [], place
        framer.poll(1.0)
        answers = framer.answers()
        assert ACK not in answers
        framer.feed(whole, 2.0) or framer.poll(3.0)
        assert framer.feed(whole, 4.0) in ([Frame(b"]C0" + CODE, 4.0)], []), place


def test_a_packet_that_stops_in_the_middle_is_refused_and_comes_again() -> None:
    whole = decoded(0x03, CODE)
    for cut in range(1, len(whole)):
        framer = SsiFramer()
        assert framer.feed(whole[:cut], 1.0) == []
        assert framer.poll(1.0 + CHARACTER_SECONDS_MAX / 2) == []
        assert framer.answers() == b""
        assert framer.poll(1.001 + CHARACTER_SECONDS_MAX) == []
        assert framer.answers() == NAK
        assert framer.feed(whole, 2.0) == [Frame(b"]C0" + CODE, 2.0)]


def test_a_packet_sent_again_is_acknowledged_again_and_told_once() -> None:
    framer = SsiFramer()
    assert framer.feed(decoded(0x03, CODE), 0.0)
    again = decoded(0x03, CODE, Status.RETRANSMIT)
    assert framer.feed(again, 2.0) == []
    assert framer.answers() == ACK + ACK
    assert framer.feed(decoded(0x03, CODE), 3.0), "the same box once more is a scan of its own"
    assert framer.feed(decoded(0x03, b"other", Status.RETRANSMIT), 3.0) == [Frame(b"]C0other", 3.0)]


@given(st.binary(min_size=1, max_size=FRAME_BYTES_MAX - 20))
def test_a_long_code_comes_in_parts(code: bytes) -> None:
    framer = SsiFramer()
    parts = in_parts(0x77, code)
    frames = [framer.feed(part, 0.0) for part in parts]
    assert frames == [[]] * (len(parts) - 1) + [[Frame(code, 0.0)]]
    assert framer.answers() == ACK * len(parts)


def test_a_code_without_end_is_refused_and_forgotten() -> None:
    framer = SsiFramer()
    for number in range(40):
        part = b"%0*d" % (PART_MAX, number)
        assert framer.feed(decoded(3, part, Status.CONTINUATION), 0.0) == []
    framer.reset()
    assert framer.feed(decoded(3, CODE), 0.0) == [Frame(b"]C0" + CODE, 0.0)]


def test_answers_to_our_own_commands_and_wake_up_bytes_are_not_answered() -> None:
    framer = SsiFramer()
    assert framer.feed(b"\0\0" + packet(Opcode.ACK, source=0) + NAK + b"\0", 0.0) == []
    assert framer.answers() == b""


@given(st.binary(max_size=600))
def test_noise_is_no_error(noise: bytes) -> None:
    framer = SsiFramer()
    framer.feed(noise, 0.0)
    framer.poll(9.0)
    assert framer.feed(decoded(3, CODE), 10.0) == [Frame(b"]C0" + CODE, 10.0)]
