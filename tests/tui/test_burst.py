"""What a scanner types and what a person types are told apart, and neither is ever both."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.tui.burst import (
    CHARS_MAX,
    CHARS_MIN,
    ENDS,
    GAP_SECONDS_MAX,
    GAP_TICKS,
    STUTTER_SECONDS_MAX,
    STUTTER_TICKS,
    Burst,
    Hasty,
    Scanned,
    Stroke,
    Typed,
    Unfinished,
    Verdict,
)

CODES = (
    "6901234567892",
    "69012349",
    "]E06901234567892",
    "YB1:7W$-3/A B*+.",
    "药123",
    "1112",
    "/slash first",
)
JUST = 0.001


def stroke(key: str) -> Stroke:
    return Stroke(key, key if len(key) == 1 else {"enter": "\r", "tab": "\t"}.get(key))


def struck(burst: Burst, keys: list[str], gap_seconds: float, at: float = 100.0) -> list[Verdict]:
    """The verdicts while the keys come, the first at `at`."""
    return [
        verdict
        for number, key in enumerate(keys)
        for verdict in burst.press(stroke(key), at + number * gap_seconds)
    ]


def silence(burst: Burst, ticks: int = STUTTER_TICKS) -> list[Verdict]:
    return [verdict for _ in range(ticks) for verdict in burst.tick()]


def typed(*keys: str) -> Typed:
    return Typed(tuple(stroke(key) for key in keys))


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("gap_seconds", [0.0, 0.002, 0.02, GAP_SECONDS_MAX - JUST])
def test_a_burst_with_an_end_is_one_scan_and_types_nothing(
    code: str, end: str, gap_seconds: float
) -> None:
    burst = Burst()
    assert struck(burst, [*code, end], gap_seconds) == [Scanned(code.encode())]
    assert silence(burst) == []


@pytest.mark.parametrize("code", CODES)
def test_a_burst_without_an_end_is_unfinished(code: str) -> None:
    burst = Burst()
    assert struck(burst, list(code), 0.005) == []
    assert silence(burst, STUTTER_TICKS - 1) == []
    assert burst.tick() == [Unfinished(code)]
    assert not burst.is_holding


@given(st.text(min_size=1, max_size=20), st.floats(GAP_SECONDS_MAX + JUST, 2.0))
def test_at_a_persons_pace_everything_is_typing(text: str, gap_seconds: float) -> None:
    burst = Burst()
    keys = [*text, "enter"]
    verdicts = [*struck(burst, keys, gap_seconds), *silence(burst)]
    told = [v.strokes if isinstance(v, Typed) else (v,) for v in verdicts]
    assert [one for strokes in told for one in strokes] == [stroke(key) for key in keys]


KEYS = st.lists(
    st.tuples(
        st.sampled_from(["1", "2", "3", "a", "enter", "tab", "f4", "backspace"]),
        st.sampled_from([0.001, 0.03, 0.07, 0.3, 0.7]),
    ),
    max_size=40,
)


@given(KEYS)
def test_each_key_has_one_verdict_in_its_turn(keys: list[tuple[str, float]]) -> None:
    burst, at = Burst(), 0.0
    told: list[str] = []
    for key, gap_seconds in keys:
        at += gap_seconds
        for verdict in burst.press(stroke(key), at):
            told += _characters(verdict)
    for verdict in silence(burst):
        told += _characters(verdict)
    expected = [key for key, _ in keys if key not in ENDS]
    assert [key for key in told if key not in ENDS] == expected


def _characters(verdict: Verdict) -> list[str]:
    match verdict:
        case Typed(strokes):
            return [one.key for one in strokes]
        case Scanned(payload):
            return list(payload.decode())
        case Unfinished(text):
            return list(text)
        case Hasty():
            return []


@given(st.lists(st.tuples(st.sampled_from("123"), st.floats(0, 0.2)), min_size=1, max_size=12))
def test_no_digit_of_a_burst_is_typed(digits: list[tuple[str, float]]) -> None:
    """What is typed never holds CHARS_MIN different characters, each at once after the last."""
    burst, at = Burst(), 0.0
    seen: list[tuple[str, float]] = []
    verdicts: list[Verdict] = []
    for digit, gap_seconds in digits:
        at += gap_seconds
        seen.append((digit, at))
        verdicts += burst.press(stroke(digit), at)
    verdicts += silence(burst)
    for verdict in verdicts:
        if isinstance(verdict, Typed):
            text = "".join(one.key for one in verdict.strokes)
            assert len(text) < CHARS_MIN or len(set(text)) == 1


def test_a_scanner_may_stutter_once_it_is_known_to_be_one() -> None:
    burst = Burst()
    assert struck(burst, list("6901"), 0.01) == []
    assert burst.press(stroke("2"), 100.03 + STUTTER_SECONDS_MAX - JUST) == []
    assert burst.press(stroke("enter"), 100.53) == [Scanned(b"69012")]


def test_the_line_feed_after_a_carriage_return_is_its_second_half() -> None:
    burst = Burst()
    keys = [*"6901", "enter", "ctrl+j", *"6902", "enter", "ctrl+j"]
    assert struck(burst, keys, 0.003) == [Scanned(b"6901"), Scanned(b"6902")]


def test_an_enter_some_time_after_a_scan_is_the_clerks() -> None:
    burst = Burst()
    struck(burst, [*"6901", "enter"], 0.003)
    assert burst.press(stroke("enter"), 100.5) == [typed("enter")]


@pytest.mark.parametrize("digits", ["5", "50", "500", "00000", "77777777"])
def test_an_enter_at_once_after_too_few_characters_agrees_to_nothing(digits: str) -> None:
    burst = Burst()
    assert struck(burst, [*digits, "enter"], 0.01) == [typed(*digits), Hasty()]


def test_a_key_held_down_is_typing() -> None:
    burst = Burst()
    assert struck(burst, ["1"] * 20, 0.033) == []
    assert silence(burst, GAP_TICKS) == [typed(*["1"] * 20)]


def test_keys_that_are_in_no_code_are_taken_at_once_and_in_their_turn() -> None:
    burst = Burst()
    assert struck(burst, ["5", "f4", "escape", "up"], 0.2) == [
        typed("5"),
        typed("f4"),
        typed("escape"),
        typed("up"),
    ]
    assert burst.press(stroke("7"), 200.0) == []
    assert burst.press(stroke("backspace"), 200.01) == [typed("7"), typed("backspace")]


def test_control_characters_of_a_code_are_kept_and_its_frame_is_not() -> None:
    burst = Burst()
    keys = [Stroke("ctrl+b", "\x02"), *map(stroke, "0106")]
    keys += [Stroke("ctrl+right_square_bracket", None), *map(stroke, "21A"), Stroke("ctrl+c", None)]
    verdicts = [v for n, key in enumerate(keys) for v in burst.press(key, n * 0.002)]
    assert verdicts == [Scanned(b"0106\x1d21A")]


def test_an_unfinished_burst_types_no_control_character() -> None:
    burst = Burst()
    for number, key in enumerate([*map(stroke, "6901"), Stroke("ctrl+q", "\x11")]):
        burst.press(key, number * 0.002)
    assert silence(burst) == [Unfinished("6901")]


@pytest.mark.parametrize("more", [0, 1])
def test_what_is_longer_than_any_code_is_no_scan(more: int) -> None:
    burst = Burst()
    code = ("69" * CHARS_MAX)[: CHARS_MAX + more]
    expected: Verdict = Unfinished("") if more else Scanned(code.encode())
    assert struck(burst, [*code, "enter"], 0.001) == [expected]
    assert not burst.is_holding
