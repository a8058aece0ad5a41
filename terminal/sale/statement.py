"""What a comparison of the till's settlements with the platform's came to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from terminal.sale.money import Fen


class Verdict(StrEnum):
    AGREES = "agrees"
    """Every settlement of this till is in the platform's books as it is in the journal."""
    DIFFERS = "differs"
    UNANSWERED = "unanswered"
    """The platform gave no usable answer, or refused one: nothing is known."""


class Finding(StrEnum):
    """How one settlement differs."""

    NOT_THERE = "not_there"
    """Settled here; the platform has no such settlement."""
    AMOUNTS = "amounts"
    """In both books, with other amounts."""
    NOT_SETTLED = "not_settled"
    """In the platform's books; here it was declined, or taken back."""
    OPEN = "open"
    """In the platform's books; here it is being asked about or taken back right now."""
    NO_SALE = "no_sale"
    """In the platform's books; the journal has no sale that sent it."""


class Remedy(StrEnum):
    """What can be done about it."""

    WAIT = "wait"
    """The till is at it already."""
    REVERSE_MESSAGE = "reverse_message"
    """2601: the charge never counted here, so it is undone by the id of its message."""
    TAKE_BACK = "take_back"
    """2103: a settlement of ours that is to be taken back, by its own number."""
    ASK = "ask"
    """Only a person can find out, with the bureau."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One settlement that is not the same in both books."""

    finding: Finding
    remedy: Remedy
    message_id: str
    """Empty: the platform named none."""
    settlement_id: str
    sale_id: str
    """Empty: no sale is known to have sent it."""
    ours_fen: Fen | None
    """Total of the settlement; None: not in the till's books."""
    theirs_fen: Fen | None
    """None: not in the platform's books, or it did not say."""
    words: str
    """The platform's own, filtered for display."""


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """Of one period, as both books stood when it was made."""

    at: str
    """ISO 8601, UTC."""
    first_day: str
    """yyyy-MM-dd, China time; first and last day belong to the period."""
    last_day: str
    verdict: Verdict
    settlements: int
    """Of this till in the period, as its journal has them."""
    total_fen: Fen
    differences: tuple[Difference, ...] = ()
    """With DIFFERS: empty where the sums are apart and the platform names no settlement."""
    other_tills: int = 0
    """Settlements of the shop's other tills, which their own journals answer for."""
    words: str = ""
    """With UNANSWERED: why."""
