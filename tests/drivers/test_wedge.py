"""A keyboard wedge's events: what is typed, what is lost, what is never told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.framing import FRAME_BYTES_MAX, Frame
from drivers.wedge import BURST_SECONDS_MAX, EVENT, KeyFramer

ENTER, TAB, KEYPAD_ENTER, SHIFT, CONTROL, CAPS_LOCK, ALT, F1 = 28, 15, 96, 42, 29, 58, 56, 59
LETTERS = {
    **dict(zip("1234567890-=", range(2, 14), strict=True)),
    **dict(zip("qwertyuiop[]", range(16, 28), strict=True)),
    **dict(zip("asdfghjkl;'`", range(30, 42), strict=True)),
    **dict(zip("\\zxcvbnm,./", range(43, 54), strict=True)),
    " ": 57,
}
"""From linux/input-event-codes.h."""
SHIFTED = dict(zip('!@#$%^&*()_+{}:"~|<>?', "1234567890-=[];'`\\,./", strict=True))
GAP = 0.002


class Keyboard:
    """Types into the void; `data` is what evdev gives of it."""

    def __init__(self, at: float = 100.0) -> None:
        self.at = at
        self.data = b""

    def event(self, kind: int, code: int, value: int) -> None:
        micros = round(self.at * 1e6)
        self.data += EVENT.pack(micros // 1_000_000, micros % 1_000_000, kind, code, value)

    def key(self, code: int, *holding: int) -> Keyboard:
        self.at += GAP
        for held in holding:
            self.event(1, held, 1)
        for value in (1, 0):
            self.event(4, 4, code)
            self.event(1, code, value)
            self.event(0, 0, 0)
        for held in holding:
            self.event(1, held, 0)
        return self

    def text(self, text: str) -> Keyboard:
        for character in text:
            if character in LETTERS:
                self.key(LETTERS[character])
            else:
                plain = SHIFTED.get(character) or character.lower()
                self.key(LETTERS[plain], SHIFT)
        return self

    def dropped(self) -> Keyboard:
        self.event(0, 3, 0)
        return self


def typed(text: str, end: int = ENTER) -> bytes:
    return Keyboard().text(text).key(end).data


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1))
def test_every_printable_character_comes_through(text: str) -> None:
    assert KeyFramer().feed(typed(text), 5.0) == [Frame(text.encode(), 5.0)]


@pytest.mark.parametrize("end", [ENTER, TAB, KEYPAD_ENTER])
def test_a_burst_ends_with_enter_or_tab(end: int) -> None:
    framer = KeyFramer()
    for number in range(3):
        assert framer.feed(typed(f"69{number}", end), 1.0) == [Frame(b"69%d" % number, 1.0)]
    assert framer.feed(Keyboard().key(end).data, 1.0) == []
    assert not framer.is_spoiled


@given(st.lists(st.integers(1, 100), min_size=1))
def test_events_come_through_however_they_are_cut(cuts: list[int]) -> None:
    framer, data = KeyFramer(), typed("]C0x_Y-Z=1+2")
    frames: list[Frame] = []
    while data:
        size = cuts[len(data) % len(cuts)]
        frames += framer.feed(data[:size], 1.0)
        data = data[size:]
    assert frames == [Frame(b"]C0x_Y-Z=1+2", 1.0)]


def test_a_burst_without_an_end_is_never_told() -> None:
    framer = KeyFramer()
    assert framer.feed(Keyboard().text("6901234567892").data, 1.0) == []
    assert framer.poll(1.0 + BURST_SECONDS_MAX - 0.01) == []
    assert not framer.is_spoiled
    assert framer.poll(1.0 + BURST_SECONDS_MAX) == []
    assert framer.is_spoiled
    assert framer.feed(Keyboard().text("67").key(ENTER).data, 9.0) == [Frame(b"67", 9.0)]


def test_two_bursts_are_not_joined_though_their_reader_was_kept_busy() -> None:
    """The device's own times tell the pause between them."""
    keyboard = Keyboard().text("690")
    keyboard.at += BURST_SECONDS_MAX
    framer = KeyFramer()
    assert framer.feed(keyboard.text("123").key(ENTER).data, 7.0) == [Frame(b"123", 7.0)]
    assert framer.is_spoiled
    framer = KeyFramer()
    keyboard = Keyboard().text("690")
    assert framer.feed(keyboard.data, 7.0) == []
    keyboard.data = b""
    assert framer.feed(keyboard.text("123").key(ENTER).data, 30.0) == [Frame(b"690123", 30.0)]
    assert not framer.is_spoiled


def test_wherever_events_were_dropped_the_burst_is_not_told_and_the_next_one_is() -> None:
    code = "8123456789"
    for hole in range(len(code) + 1):
        framer = KeyFramer()
        keyboard = Keyboard().text(code[:hole]).dropped().text(code[hole + 1 :]).key(ENTER)
        assert framer.feed(keyboard.data, 1.0) == []
        assert framer.is_spoiled
        assert framer.feed(typed("6901"), 2.0) == [Frame(b"6901", 2.0)]


def test_a_shift_whose_release_was_dropped_does_not_shift_the_next_burst() -> None:
    keyboard = Keyboard()
    keyboard.event(1, SHIFT, 1)
    framer = KeyFramer()
    assert framer.feed(keyboard.text("12").dropped().key(ENTER).data, 1.0) == []
    assert framer.feed(typed("34"), 2.0) == [Frame(b"34", 2.0)]


def test_the_separator_of_gs1_is_kept() -> None:
    keyboard = Keyboard().text("10ABC").key(LETTERS["]"], CONTROL).text("21").key(ENTER)
    assert KeyFramer().feed(keyboard.data, 1.0) == [Frame(b"10ABC\x1d21", 1.0)]


@pytest.mark.parametrize("key", [ALT, F1, 103])
def test_a_key_that_types_nothing_spoils_the_burst(key: int) -> None:
    framer = KeyFramer()
    assert framer.feed(Keyboard().text("69").key(key).text("01").key(ENTER).data, 1.0) == []
    assert framer.is_spoiled


def test_lock_keys_repetitions_and_the_keypad_do_no_harm() -> None:
    keyboard = Keyboard().key(CAPS_LOCK).text("6")
    keyboard.event(1, LETTERS["6"], 2)
    for code in (79, 80, 81, 82):
        keyboard.key(code)
    assert KeyFramer().feed(keyboard.key(KEYPAD_ENTER).data, 1.0) == [Frame(b"61230", 1.0)]


def test_a_burst_too_long_for_any_code_is_dropped_whole() -> None:
    framer = KeyFramer()
    assert framer.feed(typed("1" * (FRAME_BYTES_MAX + 1)), 1.0) == []
    assert framer.is_spoiled
    assert framer.feed(typed("1" * FRAME_BYTES_MAX), 1.0) == [Frame(b"1" * FRAME_BYTES_MAX, 1.0)]


@given(st.binary(max_size=400))
def test_noise_is_no_error(noise: bytes) -> None:
    framer = KeyFramer()
    framer.feed(noise, 1.0)
    framer.poll(9.0)
    framer.reset()
    assert framer.feed(typed("69"), 10.0) == [Frame(b"69", 10.0)]
