"""Words.  Codes become sentences here and nowhere else, and foreign text is made harmless.

A language is one TOML file of nested tables; a message is found by its dotted key and filled with
named values.  Every value is filtered: what a customer's code, the platform or a catalogue file
contains cannot move the cursor, change a colour or turn the reading direction.
"""

from __future__ import annotations

import re
import string
import tomllib
import unicodedata
from pathlib import Path

LANGUAGES = ("zh", "en")

_DIGIT_RUN = re.compile(r"\d{15,}[0-9Xx]?")


class TextError(Exception):
    """A language file is missing, damaged or lacks a message."""


def visible(text: str, length_max: int = 200) -> str:
    """`text` with everything a terminal or printer would interpret replaced by "·".

    Keeps letters, digits, punctuation, symbols and the plain space; controls, line breaks, bidi
    and zero-width characters, surrogates and private-use characters are replaced; combining
    marks are dropped after the second in a row.  Never longer than `length_max` characters.
    """
    if len(text) <= length_max and text.isascii() and text.isprintable():
        return text
    shown: list[str] = []
    marks = 0
    for char in text[: length_max * 4]:
        marks = marks + 1 if unicodedata.category(char).startswith("M") else 0
        if marks > 2:
            continue
        shown.append(char if is_harmless(char) else "·")
        if len(shown) == length_max:
            break
    return "".join(shown)


def is_harmless(char: str) -> bool:
    """Whether no terminal and no printer does anything with `char` but show it."""
    # Letters, numbers, punctuation, symbols, marks and the plain space.
    return char.isprintable()


def words_of_platform(text: str) -> str:
    """A platform's message as it may be shown and kept: harmless, and without long numbers.

    An error text can quote an identity number; fifteen digits and more become "…".
    """
    return _DIGIT_RUN.sub("…", visible(text))


class Words:
    """The messages of one language."""

    def __init__(self, language: str, messages: dict[str, str]) -> None:
        self.language = language
        self._messages = messages

    @classmethod
    def load(cls, folder: Path, language: str) -> Words:
        path = folder / f"{language}.toml"
        try:
            tables = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, tomllib.TOMLDecodeError) as exc:
            raise TextError(f"{path}: {exc}") from exc
        return cls(language, dict(_flatten("", tables, path)))

    def __contains__(self, key: str) -> bool:
        return key in self._messages

    @property
    def keys(self) -> frozenset[str]:
        return frozenset(self._messages)

    def placeholders(self, key: str) -> frozenset[str]:
        fields = (name for _, name, _, _ in string.Formatter().parse(self._messages[key]))
        return frozenset(name for name in fields if name)

    def say(self, key: str, **values: object) -> str:
        """The message, filled in.  Raises TextError for an unknown key or a missing value."""
        try:
            message = self._messages[key]
            return message.format(**{name: visible(str(v)) for name, v in values.items()})
        except (KeyError, IndexError) as exc:
            raise TextError(f"{self.language}: no message or value for {key!r}: {exc}") from exc

    def say_code(self, table: str, code: str, **values: object) -> str:
        """The message of `code` below `table`, or the one for any other code."""
        key = f"{table}.{code}"
        if key in self._messages:
            return self.say(key, **values)
        return self.say(f"{table}.other", code=code, **values)


def _flatten(prefix: str, table: dict[str, object], path: Path) -> list[tuple[str, str]]:
    messages: list[tuple[str, str]] = []
    for key, value in table.items():
        if isinstance(value, dict):
            messages += _flatten(f"{prefix}{key}.", value, path)
        elif isinstance(value, str):
            messages.append((f"{prefix}{key}", value))
        else:
            raise TextError(f"{path}: {prefix}{key} is not text")
    return messages
