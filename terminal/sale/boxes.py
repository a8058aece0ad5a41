"""The trace code on each box of a medicine (药品追溯码).  Pure.

Twenty digits; the first seven name the product, the rest the box.  Source: NMPAB/T 1002-2019, the
national drug administration's coding rules for drug traceability.
"""

from __future__ import annotations

TRACE_DIGITS = 20
PREFIX_DIGITS = 7


def is_trace_code(text: str) -> bool:
    return len(text) == TRACE_DIGITS and _is_digits(text)


def is_prefix(text: str) -> bool:
    """Whether `text` can name a product in a trace code."""
    return len(text) == PREFIX_DIGITS and _is_digits(text)


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()
