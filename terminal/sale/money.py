"""Money.  Fen inside, yuan only on screens, paper and the wire."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import NewType

Fen = NewType("Fen", int)
"""1 yuan = 100 fen.  Never a float, never a Decimal."""

NOTHING = Fen(0)

AMOUNT_FEN_MAX = Fen(10**12)
"""No counter sees ten thousand million yuan; more than this is a broken message."""

_YUAN = re.compile(r"-?[0-9]{1,10}(\.[0-9]{1,2})?")


def yuan(amount: Fen) -> str:
    """`Fen(-1205)` -> "-12.05"."""
    sign = "-" if amount < 0 else ""
    return f"{sign}{abs(amount) // 100}.{abs(amount) % 100:02d}"


def parse_yuan(text: str) -> Fen:
    """What a person types or a file holds: "12", "12.5", "12.05".  Raises ValueError otherwise."""
    if not _YUAN.fullmatch(text):
        raise ValueError(f"not an amount in yuan: {text!r}")
    return Fen(int(Decimal(text) * 100))
