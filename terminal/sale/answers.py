"""What the till tells when it is asked for what its journal holds.  Nothing changes by it."""

from __future__ import annotations

from dataclasses import dataclass

from terminal.sale.money import Fen
from terminal.sale.statement import Reconciliation


@dataclass(frozen=True, slots=True)
class SaleRow:
    """One closed sale in a list."""

    sale_id: str
    closed_at: str
    """ISO 8601, UTC."""
    masked_name: str
    """Empty: sold without insurance."""
    total_fen: Fen
    cash_fen: Fen
    refunded: bool
    receipts: int
    """Slips printed."""


@dataclass(frozen=True, slots=True)
class SalesListed:
    sales: tuple[SaleRow, ...]
    """Settled or refunded, the newest first."""


@dataclass(frozen=True, slots=True)
class SaleFound:
    """Told together with the sale itself, in whatever state it is."""

    sale_id: str


@dataclass(frozen=True, slots=True)
class DayRead:
    """The day so far, an X report: it closes nothing and has no number."""

    report: str
    """JSON, as of `DayClosed`."""
    on_paper: bool = False
    """Whether it was asked for on paper."""


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What a comparison of the till's settlements with the platform's came to."""

    reconciliation: Reconciliation
