"""How Chinese text is typed on a keyboard without Chinese: by initials, by full pinyin, or mixed.

    amxl, amoxilin, amoxl, 阿mxl  ->  阿莫西林

One rule: a character that can be read in several ways matches in each of them.
"""

from __future__ import annotations

import functools
import os

# Readings of whole words are not needed, and take four times the memory of the characters'.
os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")

from pypinyin import Style, pinyin  # the line above must come first

TWO_LETTERS = ("zh", "ch", "sh")
"""Initials that are typed as one letter or as two."""

LETTERS_MAX = 40
"""Longer than any name is typed."""


@functools.cache
def typed_as(char: str) -> frozenset[str]:
    """Every way to type one character in full, lower case."""
    told = pinyin(char, style=Style.NORMAL, heteronym=True)
    syllables = told[0] if told else []
    return frozenset({char, *(syllable.lower() for syllable in syllables)})


@functools.cache
def typed_first(char: str) -> frozenset[str]:
    """The letters one character can begin with."""
    return frozenset(reading[0] for reading in typed_as(char))


class Typed:
    """What was typed, to be looked for in many names."""

    def __init__(self, text: str) -> None:
        """text  lower case, without spaces, not empty"""
        assert text
        self.text = text[:LETTERS_MAX]
        self._steps: dict[str, list[tuple[int, ...] | None]] = {}

    def begins(self, name: str) -> bool:
        """Whether it spells a beginning of `name`, which is lower case and without spaces."""
        places = {0}
        for char in name:
            after = self._after(char, places)
            if after is None:
                return True
            if not after:
                return False
            places = after
        return False

    def is_in(self, name: str) -> bool:
        """Whether it spells any part of `name`."""
        places: set[int] = set()
        for char in name:
            places.add(0)
            after = self._after(char, places)
            if after is None:
                return True
            places = after
        return False

    def _after(self, char: str, places: set[int]) -> set[int] | None:
        """How far it may have been spelled after `char`; None: to its end."""
        steps = self._steps.get(char)
        if steps is None:
            steps = self._steps[char] = self._steps_of(char)
        after: set[int] = set()
        for place in places:
            step = steps[place]
            if step is None:
                return None
            after.update(step)
        return after

    def _steps_of(self, char: str) -> list[tuple[int, ...] | None]:
        """From each place the places this character can lead to."""
        found: list[tuple[int, ...] | None] = []
        firsts = typed_first(char)
        for place, letter in enumerate(self.text):
            if letter not in firsts:
                found.append(())
                continue
            rest = self.text[place:]
            reached = [place + n for r in typed_as(char) for n in _taken(r, rest)]
            found.append(None if len(self.text) in reached else tuple(reached))
        return found


def _taken(reading: str, rest: str) -> list[int]:
    """How many letters of `rest` one character may take: of its reading as much as was typed
    before the end, all of it, or its initial."""
    if reading.startswith(rest):
        return [len(rest)]
    taken = [1] if reading[0] == rest[0] else []
    if reading[:2] in TWO_LETTERS and rest.startswith(reading[:2]):
        taken.append(2)
    if rest.startswith(reading):
        taken.append(len(reading))
    return taken
