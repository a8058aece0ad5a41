from __future__ import annotations

import pytest

from terminal.tui.pace import QUIET_SECONDS, Pace

JUST = 0.001


def test_an_enter_that_had_time_to_be_meant_counts() -> None:
    pace = Pace()
    pace.showing("quote", 0.0)
    assert pace.enter("quote", QUIET_SECONDS)


def test_an_enter_just_after_the_screen_changed_does_not_count() -> None:
    pace = Pace()
    pace.showing("quote", 0.0)
    assert not pace.enter("quote", QUIET_SECONDS - JUST)


def test_drawing_the_same_again_does_not_start_the_wait_anew() -> None:
    pace = Pace()
    pace.showing("quote", 0.0)
    pace.showing("quote", QUIET_SECONDS)
    assert pace.enter("quote", QUIET_SECONDS)


def test_an_enter_for_what_is_not_drawn_yet_does_not_count() -> None:
    pace = Pace()
    pace.showing("quote", 0.0)
    assert not pace.enter("cash due", 20.0)


@pytest.mark.parametrize("repeat_seconds", [0.03, 0.25, 0.5])
def test_a_held_key_agrees_once_at_most(repeat_seconds: float) -> None:
    pace = Pace()
    pace.showing(0, 0.0)
    now, agreed = 10.0, 0
    for _ in range(200):
        if pace.enter(agreed, now):
            agreed += 1
            pace.showing(agreed, now)
        now += repeat_seconds
    assert agreed == 1


def test_a_refused_enter_still_counts_as_a_press() -> None:
    pace = Pace()
    pace.showing("quote", 0.0)
    assert not pace.enter("quote", 0.1)
    assert not pace.enter("quote", 0.1 + QUIET_SECONDS - JUST)
    assert pace.enter("quote", 0.1 + 2.1 * QUIET_SECONDS)
