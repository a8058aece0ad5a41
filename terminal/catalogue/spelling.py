"""What of a name goes into a search index, and which entries a typed text can be found by.

    阿莫西林  ->  its characters, their readings, its initials one by one and in pairs
    amoxl     ->  the pairs am, mo, ox, xl; or the pairs am, mx, xl and a character read "mo"

One rule: the index may offer too much and never too little.  Whether an offer really spells what
was typed is decided by `terminal.readings.Typed`.

Entries are words for SQLite's full-text index, none of which holds anything but letters, digits
and characters beyond ASCII.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from terminal.readings import TWO_LETTERS, typed_as

LETTERS_USED_MAX = 10
"""More would hardly narrow the search."""
WAYS_MAX = 24
"""In how many ways a text is divided among characters; a text with more is cut shorter."""


def plain(name: str) -> str:
    """A name as it is searched: lower case, without spaces."""
    return "".join(name.lower().split())


def entries(name: str) -> str:
    """Every entry of one name, which is plain; separated by spaces."""
    found: set[str] = set()
    for char in name:
        found.update(_of_one(char))
    for pair in itertools.pairwise(name):
        found.update(_of_two(*pair))
    if name:
        found.update(_START + letter for letter in _initials(name[0]))
    return " ".join(found)


def known_of(name: str) -> Iterator[str]:
    """The readings in full of a plain name, and its pairs of initials: what `questions` must know
    of every name in an index to leave out what cannot be found."""
    for char in name:
        yield from (reading for reading in typed_as(char) if len(reading) > 1)
    for one, two in itertools.pairwise(name):
        yield from (_PAIR + a + b for a in _initials(one) for b in _initials(two))


class Known:
    """What there is in an index, from everything `known_of` said of its names."""

    def __init__(self, entries: Iterable[str]) -> None:
        self.readings: set[str] = set()
        self.pairs: set[str] = set()
        self.unfinished: dict[str, list[str]] = {}
        """The readings that begin so."""
        for entry in entries:
            if entry.startswith(_PAIR):
                self.pairs.add(entry)
                continue
            self.readings.add(entry)
            for length in range(1, len(entry) + 1):
                self.unfinished.setdefault(entry[:length], []).append(entry)


def questions(text: str, known: Known) -> tuple[str, str] | None:
    """What to ask the index for a typed text: about names that begin so, and about all of them.

    text   plain, not empty
    Returns None where no name can be spelled so
    """
    text = text[:LETTERS_USED_MAX]
    ways = _ways(text, known)
    while len(ways) > WAYS_MAX:
        text = text[:-1]
        ways = _ways(text, known)
    if not ways:
        return None
    beginning = " OR ".join(
        f'("{_START}{letter}" AND {_asked([way for way in ways if way[0].letter == letter], None)})'
        for letter in sorted({way[0].letter for way in ways})
    )
    return beginning, _asked(ways, None)


_START, _SINGLE, _PAIR = "0", "1", "2"
"""What an initial's entry begins with: of the name's first character, of any, of two in a row."""


@functools.cache
def _of_one(char: str) -> tuple[str, ...]:
    initials = (_SINGLE + letter for letter in _initials(char))
    return (*initials, *map(_word, typed_as(char)))


@functools.lru_cache(100_000)
def _of_two(first: str, second: str) -> tuple[str, ...]:
    pairs = (_PAIR + a + b for a in _initials(first) for b in _initials(second))
    return (*pairs, _word(first) + _word(second))


@functools.cache
def _initials(char: str) -> tuple[str, ...]:
    """The letters its readings begin with, as parts of an entry; itself where it has no reading."""
    return tuple({_word(reading[0]) for reading in typed_as(char) if reading != char}) or (
        _word(char),
    )


def _word(text: str) -> str:
    """Without what the index takes for the end of a word."""
    return "".join(c if c.isalnum() or ord(c) > 127 else f"x{ord(c):x}x" for c in text)


@dataclass(frozen=True, slots=True)
class _Unit:
    """What of a typed text stands for one character."""

    letter: str
    """The entry of its initial, without its mark."""
    char: str = ""
    """The character itself, where that was typed."""
    readings: tuple[str, ...] = ()
    """One of these was meant; empty: any."""


Way = tuple[_Unit, ...]


def _ways(text: str, known: Known) -> list[Way]:
    """Every division of the text into characters, at most one more than WAYS_MAX."""
    return list(itertools.islice(_divisions(text, known, None), WAYS_MAX + 1))


def _divisions(text: str, known: Known, before: _Unit | None) -> Iterator[Way]:
    if not text:
        yield ()
        return
    for unit, length in _first_units(text, known):
        if before is None or _PAIR + before.letter + unit.letter in known.pairs:
            for rest in _divisions(text[length:], known, unit):
                yield (unit, *rest)


def _first_units(text: str, known: Known) -> Iterator[tuple[_Unit, int]]:
    """What the beginning of a text can stand for, and how long that is."""
    if ord(text[0]) > 127:
        yield _Unit(min(_initials(text[0])), char=text[0]), 1
        return
    letter = _word(text[0])
    yield _Unit(letter), 1
    two = text[:2] in TWO_LETTERS
    if two:
        yield _Unit(letter), 2
    unfinished = known.unfinished.get(text)
    if unfinished and len(text) > (2 if two else 1):
        yield _Unit(letter, readings=tuple(unfinished)), len(text)
    for length in range(2, min(len(text), _LONGEST)):
        if text[:length] in known.readings:
            yield _Unit(letter, readings=(text[:length],)), length


_LONGEST = 7
"""One more than the letters of "zhuang"."""


def _asked(ways: list[Way], before: _Unit | None) -> str:
    """The entries a name must have to be spelled in one of these ways; what several ways begin
    with is asked once."""
    asked = []
    for unit in dict.fromkeys(way[0] for way in ways):
        rests = [way[1:] for way in ways if way[0] == unit]
        # A way that ends here asks for less than those that go on.
        rest = "" if () in rests else _asked(rests, unit)
        entries_of_unit = _of_unit(unit, before, is_alone=before is None and not rest)
        asked.append(" AND ".join(filter(None, (*entries_of_unit, rest))))
    return "(" + " OR ".join(asked) + ")"


def _of_unit(unit: _Unit, before: _Unit | None, *, is_alone: bool) -> Iterator[str]:
    if before is not None:
        yield f'"{_PAIR}{before.letter}{unit.letter}"'
        if before.char and unit.char:
            yield f'"{_word(before.char)}{_word(unit.char)}"'
    if unit.char:
        yield f'"{_word(unit.char)}"'
    elif unit.readings:
        yield "(" + " OR ".join(f'"{reading}"' for reading in unit.readings) + ")"
    elif is_alone:
        yield f'"{_SINGLE}{unit.letter}"'
