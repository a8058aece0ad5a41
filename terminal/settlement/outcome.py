"""What can come of a message: three outcomes, never two."""

from __future__ import annotations

from dataclasses import dataclass, field

from terminal.sale.events import Clearing, Decline, Split
from terminal.sale.money import NOTHING, Fen


@dataclass(frozen=True, slots=True)
class Approved:
    settlement_id: str
    visit_id: str
    split: Split
    balance_after_fen: Fen | None
    clearing: Clearing | None = None


@dataclass(frozen=True, slots=True)
class Declined:
    """Nothing has moved, and the platform says so (or the request never left)."""

    reason: Decline
    available_fen: Fen = NOTHING
    words: str = ""


@dataclass(frozen=True, slots=True)
class Unknown:
    """The platform may or may not have acted.  Never a kind of Declined."""

    cause: str


Outcome = Approved | Declined | Unknown


@dataclass(frozen=True, slots=True)
class Reversed:
    """The charge is undone, or its id is blocked for ever."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The platform said yes, but may not know the id: a request still under way could land."""


@dataclass(frozen=True, slots=True)
class Landed:
    """The charge stands after all, in spite of a reversal by its message."""

    settlement_id: str
    visit_id: str


@dataclass(frozen=True, slots=True)
class NotReversed:
    """Refused, or no usable answer: again later, with the same id."""

    words: str


Reversal = Reversed | Accepted | Landed | NotReversed


@dataclass(frozen=True, slots=True)
class Decoded:
    """What the platform read in a code."""

    token: str = field(repr=False)
    """Goes into every message about the purchase, as the number of the voucher."""
    identity: str = field(repr=False)
    """Tells one holder from another; never written down as it is."""
    masked_name: str
    region: str
    """Six digits; empty: not told."""
    insutype: str
    channel: str


@dataclass(frozen=True, slots=True)
class Person:
    """Who a voucher belongs to, as the platform says (1101)."""

    psn_no: str
    insutype: str
    region: str
    masked_name: str
    balance_fen: Fen | None


@dataclass(frozen=True, slots=True)
class Estimate:
    """A pre-settlement (2101)."""

    fund_fen: Fen
    personal_fen: Fen | None
    """None: the platform does not say before the account is asked."""
    mutual_aid_fen: Fen | None
