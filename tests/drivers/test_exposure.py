"""Trying exposures: in virtual time, against a pretend counter whose picture obeys them."""

from __future__ import annotations

import itertools
import random
from collections.abc import Set as AbstractSet

import pytest

from drivers.exposure import REST_SECONDS, TRY_SECONDS, Bracket
from drivers.gate import SETTLE_SECONDS, Look

FPS = 30
EXPOSURES = (100, 40, 200)


class Counter:
    """A camera with a bracket over a counter; a phone on it is read at some exposures only."""

    def __init__(self, exposures: tuple[int, ...] = EXPOSURES) -> None:
        self.bracket = Bracket(exposures)
        self.exposure = exposures[0]
        self.at = 0.0
        self.moved_at = -99.0
        self.changes: list[int] = []
        self.reads = 0

    def watch(
        self, seconds: float, *, moves: bool, readable_at: AbstractSet[int] = frozenset()
    ) -> None:
        """A change of exposure looks like somebody moving, as it does to the gate."""
        for _ in range(round(seconds * FPS)):
            self.at += 1 / FPS
            if moves:
                self.moved_at = self.at
            look = Look.LIVE if self.at - self.moved_at < SETTLE_SECONDS else Look.STILL
            is_read = self.exposure in readable_at
            self.reads += is_read
            change = self.bracket.next(look, is_read=is_read, at=self.at)
            if change is not None:
                self.changes.append(change)
                self.exposure, self.moved_at = change, self.at


@pytest.mark.parametrize("best", EXPOSURES)
def test_a_phone_that_needs_another_exposure_gets_it_and_keeps_it(best: int) -> None:
    counter = Counter()
    counter.watch(5.0, moves=False)
    assert counter.changes == []
    counter.watch(len(EXPOSURES) * (TRY_SECONDS + 0.1), readable_at={best}, moves=True)
    assert counter.exposure == best
    assert counter.reads > 0
    counter.watch(5.0, readable_at={best}, moves=False)
    assert counter.exposure == best
    counter.watch(60.0, moves=False)
    assert counter.exposure == best, "the next phone is tried with it first"


def test_an_empty_counter_is_tried_once_round_and_left_alone() -> None:
    counter = Counter()
    counter.watch(0.1, moves=True)
    counter.watch(120.0, moves=False)
    assert counter.changes == [40, 200, 100]


def test_somebody_who_keeps_moving_unread_is_tried_again_after_a_rest() -> None:
    counter = Counter()
    counter.watch(30.0, moves=True)
    rounds = len(counter.changes) / len(EXPOSURES)
    assert 30.0 / (REST_SECONDS + 1.0) <= rounds <= 30.0 / REST_SECONDS + 1


def test_nothing_is_tried_while_a_code_is_read() -> None:
    counter = Counter()
    counter.watch(20.0, readable_at=set(EXPOSURES), moves=True)
    assert counter.changes == []


def test_a_camera_with_one_exposure_keeps_it() -> None:
    counter = Counter((80,))
    counter.watch(20.0, moves=True)
    assert counter.changes == []


def test_whatever_happens_an_exposure_is_one_of_those_given_and_never_told_twice() -> None:
    chance = random.Random(1)
    for _ in range(50):
        counter = Counter()
        for _ in range(40):
            readable = set(chance.sample(EXPOSURES, chance.randrange(3)))
            counter.watch(chance.uniform(0, 2), readable_at=readable, moves=chance.random() < 0.5)
        told = [EXPOSURES[0], *counter.changes]
        assert set(told) <= set(EXPOSURES)
        assert all(one != other for one, other in itertools.pairwise(told))
