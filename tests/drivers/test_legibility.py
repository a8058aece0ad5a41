"""A line at the wrong speed is told from text in every charset a code may have."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.legibility import GARBLED_BURSTS, Legibility, makes_no_sense

SPEEDS = (2400, 4800, 9600, 19200, 38400, 57600, 115200)
TEXTS = {
    "EAN-13": b"6901234567892\r",
    "trace code": b"]C081234567890123456789\r\n",
    "GS1": b"]d2010690123456789210ABC\x1d17260131\r",
    "voucher": b"YB1:" + bytes(random.Random(1).choices(b"0123456789ABCDEFGHIJ $%*+-./:", k=290)),
    "UTF-8": "药店收据：阿莫西林胶囊 0.25g×24粒\r".encode(),
    "GB18030": "药店收据：阿莫西林胶囊 0.25g×24粒\r".encode("gb18030"),
    "STX ETX": b"\x026901234567892\x03",
}


def as_heard(data: bytes, *, sent_at: int, heard_at: int) -> bytes:
    """What a receiver at one speed makes of bytes sent, 8N1, at another.

    A start bit is the first low after idle; then nine samples in the middle of its own bits.  A
    framing error gives its byte all the same, as pyserial has it.
    """
    bits = [1] * 4
    for byte in data:
        bits += [0, *(byte >> place & 1 for place in range(8)), 1]
    bits += [1] * 40
    per_bit = sent_at / heard_at
    heard, now = bytearray(), 0.0
    while now < len(bits):
        if bits[int(now)]:
            now += min(per_bit, 1.0) / 8
            continue
        samples = [now + per_bit * (place + 1.5) for place in range(8)]
        heard.append(sum(bits[min(int(at), len(bits) - 1)] << n for n, at in enumerate(samples)))
        now += 9.5 * per_bit
        while now < len(bits) and not bits[int(now)]:
            now += per_bit  # a break; the receiver waits for the line to rise
    return bytes(heard)


def test_at_the_right_speed_everything_is_heard_as_it_was_sent() -> None:
    for text in TEXTS.values():
        assert as_heard(text, sent_at=9600, heard_at=9600) == text


@pytest.mark.parametrize("name", TEXTS)
def test_text_makes_sense_in_every_charset(name: str) -> None:
    assert not makes_no_sense(TEXTS[name])


@pytest.mark.parametrize("name", ["EAN-13", "trace code", "GS1", "voucher"])
def test_what_was_sent_at_another_speed_makes_none(name: str) -> None:
    missed = []
    for sent_at, heard_at in itertools.permutations(SPEEDS, 2):
        if heard_at < sent_at < 3 * heard_at:
            continue  # a byte heard at half its speed is often a letter; see the module
        heard = as_heard(TEXTS[name], sent_at=sent_at, heard_at=heard_at)
        if len(heard) >= 4 and not makes_no_sense(heard):
            missed.append((sent_at, heard_at, heard))
    assert missed == []


COMMON = st.sampled_from(
    [
        bytes((lead, trail))
        for lead in range(0xB0, 0xF8)
        if lead != 0xD7
        for trail in range(0xA1, 0xFF)
    ]
)


@given(st.lists(COMMON, min_size=2))
def test_chinese_text_always_makes_sense(characters: list[bytes]) -> None:
    text = b"".join(characters)
    assert not makes_no_sense(text)
    assert not makes_no_sense(text.decode("gb18030").encode())


def test_one_burst_proves_nothing_and_one_good_one_takes_it_back() -> None:
    line = Legibility()
    for number in range(2 * GARBLED_BURSTS):
        line.feed(b"\x00\xff\x80\x00\xfe\x00")
        line.pause()
        assert line.is_garbled == (number + 1 >= GARBLED_BURSTS)
    line.feed(b"6901234567892\r")
    assert line.is_garbled
    line.pause()
    assert not line.is_garbled


def test_a_burst_too_short_to_judge_changes_nothing() -> None:
    line = Legibility()
    for _ in range(10):
        line.feed(b"\0")
        line.pause()
        line.pause()
    assert not line.is_garbled
