"""A code held in view is one scan."""

from __future__ import annotations

from drivers.debounce import REMEMBERED_MAX, Debounce


def test_a_payload_is_new_once_and_again_after_it_was_away_for_the_hold() -> None:
    debounce = Debounce(2.0)
    assert debounce.is_new(b"A", 10.0)
    assert not any(debounce.is_new(b"A", 10.0 + step / 30) for step in range(300))
    last_seen_at = 10.0 + 299 / 30
    assert not debounce.is_new(b"A", last_seen_at + 1.99)
    assert debounce.is_new(b"A", last_seen_at + 1.99 + 2.0)


def test_every_sighting_starts_the_hold_afresh() -> None:
    debounce = Debounce(2.0)
    assert debounce.is_new(b"A", 0.0)
    assert [debounce.is_new(b"A", at) for at in (1.9, 3.8, 5.7, 7.6)] == [False] * 4


def test_another_payload_is_new_at_once_and_does_not_renew_the_first() -> None:
    debounce = Debounce(2.0)
    assert debounce.is_new(b"A", 0.0)
    assert debounce.is_new(b"B", 0.1)
    assert not debounce.is_new(b"A", 0.2)


def test_without_a_hold_every_sighting_is_new() -> None:
    debounce = Debounce(0.0)
    assert all(debounce.is_new(b"A", 1.0) for _ in range(3))


def test_memory_is_bounded_and_forgets_the_oldest_sighting() -> None:
    debounce = Debounce(1000.0)
    for number in range(REMEMBERED_MAX):
        assert debounce.is_new(b"%d" % number, 0.0)
    assert not debounce.is_new(b"0", 1.0)
    assert debounce.is_new(b"one more", 2.0)
    assert not debounce.is_new(b"0", 3.0)
    assert debounce.is_new(b"1", 3.0)
