"""What a command prints, for people and for programs.

One rule: nothing else prints.  A name, a code or a platform's words may hold anything; whatever a
terminal would obey is replaced for people, and escaped without loss for programs.
"""

from __future__ import annotations

import sys
from typing import TextIO

import msgspec

from terminal.text import is_harmless, visible

LINE_CHARS_MAX = 10_000


def say(text: str, *, out: TextIO | None = None) -> None:
    """Text for people; each of its lines is filtered.  out  default: stdout as it is now"""
    lines = (visible(line, LINE_CHARS_MAX) for line in text.split("\n"))
    _write("\n".join(lines), out or sys.stdout)


def complain(text: str) -> None:
    """As `say`, on stderr."""
    say(text, out=sys.stderr)


def say_json(value: object, *, indent: int = 0, out: TextIO | None = None) -> None:
    """One JSON value: a line of its own, or `indent` spaces a level over several."""
    _write(json_text(value, indent), out or sys.stdout)


def json_text(value: object, indent: int = 0) -> str:
    """JSON that decodes to `value` and holds nothing a terminal obeys but its own line breaks."""
    encoded = msgspec.json.encode(value)
    if indent:
        encoded = msgspec.json.format(encoded, indent=indent)
    text = encoded.decode()
    if text.isprintable():
        return text
    return "".join(c if c == "\n" or is_harmless(c) else _escaped(c) for c in text)


def _escaped(char: str) -> str:
    units = char.encode("utf-16-be").hex()
    return "".join(f"\\u{units[i : i + 4]}" for i in range(0, len(units), 4))


def _write(text: str, out: TextIO) -> None:
    # One write and one flush: whoever reads sees whole lines, also after a kill.
    out.write(text + "\n")
    out.flush()
