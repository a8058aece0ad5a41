"""GS1 element strings: the trade item number, batch, dates and serial in one code.

One rule: an element of unknown length ends the reading.  Guessing where it ends would turn part of
a serial number into a price-bearing article number.

Only the five application identifiers of a medicine pack are known: 01 GTIN (14 digits), 11 and 17
production and expiry date (6 digits), 10 batch and 21 serial (up to 20 characters, ended by GS or
by the end).  Source: GS1 General Specifications, sections 3.2 to 3.6 and 7.8; check digit 7.9.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

GS = "\x1d"
"""Group separator: how readers transmit FNC1 after an element of variable length."""

ELEMENTS_MAX = 8
_FIXED_DIGITS = {"01": 14, "11": 6, "17": 6}
_VARIABLE = ("10", "21")
_VALUE = re.compile(r"[!\"%&'()*+,\-./0-9:;<=>?A-Z_a-z]{1,20}", re.ASCII)
"""GS1's character set 82."""


@dataclass(frozen=True, slots=True)
class Elements:
    """What a pack says about itself.  An empty string: it does not say."""

    gtin: str
    """14 digits with a valid check digit."""
    batch: str = ""
    produced: str = ""
    """YYMMDD; a day of 00 means the end of the month."""
    expires: str = ""
    serial: str = ""


def elements(payload: str) -> Elements | None:
    """The elements of `payload`, without its AIM identifier.

    None where it has no valid GTIN, an unknown or repeated element, or one that is malformed.
    """
    found: dict[str, str] = {}
    rest = payload.removeprefix(GS)
    while rest and len(found) < ELEMENTS_MAX:
        identifier, rest = rest[:2], rest[2:]
        if identifier in _FIXED_DIGITS:
            size = _FIXED_DIGITS[identifier]
            value, rest = rest[:size], rest[size:].removeprefix(GS)
            sound = len(value) == size and is_digits(value)
        elif identifier in _VARIABLE:
            value, _, rest = rest.partition(GS)
            sound = _VALUE.fullmatch(value) is not None
        else:
            return None
        if not sound or identifier in found:
            return None
        found[identifier] = value
    gtin = found.get("01", "")
    if not has_check_digit(gtin):
        return None
    return Elements(
        gtin,
        batch=found.get("10", ""),
        produced=found.get("11", ""),
        expires=found.get("17", ""),
        serial=found.get("21", ""),
    )


def has_check_digit(digits: str) -> bool:
    """Whether the last digit of a GTIN-8, -12, -13 or -14 is right."""
    if len(digits) not in (8, 12, 13, 14) or not is_digits(digits):
        return False
    weighted = sum(int(d) * (3, 1)[place % 2] for place, d in enumerate(reversed(digits[:-1])))
    return (weighted + int(digits[-1])) % 10 == 0


def is_digits(text: str) -> bool:
    """ASCII digits alone; `str.isdigit` also takes those of other scripts."""
    return text.isascii() and text.isdigit()
