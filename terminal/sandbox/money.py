"""Amounts between the ledger (whole fen) and the wire (yuan with two decimals).

One rule: no float, ever.  A number leaves as a `Decimal` with exactly its scale and arrives as
`int` or `Decimal`, so 0.1 + 0.2 cannot happen on the way.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

AMOUNT_FEN_MAX = 10**12
"""Far beyond any pharmacy; a larger one is a broken message."""

_ONE = Decimal(1)
_CENT = Decimal("0.01")
_SHARE_STEP = Decimal("0.0001")


def yuan(fen: int) -> Decimal:
    """1850 -> Decimal("18.50"), always two decimals."""
    return Decimal(fen).scaleb(-2)


def fen_exactly(amount: Decimal) -> int | None:
    """Decimal("18.5") -> 1850; None where a fraction of a fen, or no finite number, remains."""
    if not amount.is_finite() or amount.adjusted() > 14:
        return None
    rounded = amount.quantize(_CENT)
    return int(rounded.scaleb(2)) if rounded == amount else None


def half_up(fen: Decimal) -> int:
    """To whole fen, half away from zero: the one rounding rule that fits a recorded reply."""
    return int(fen.quantize(_ONE, rounding=ROUND_HALF_UP))


def share(value: Decimal) -> Decimal:
    """A ratio as the interface writes it: `5,4`."""
    return value.quantize(_SHARE_STEP)
