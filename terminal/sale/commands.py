"""What a clerk, a scanner or a script can ask the till to do.

A command is a wish, not a fact: `Checkout.do` either turns it into events or answers `Refused`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, get_args

from terminal.sale.money import Fen

LISTED_MAX = 200
"""Sales in one list; whoever looks for an older one has its number."""


@dataclass(frozen=True, slots=True)
class Present:
    """A scanner read a code: goods, a voucher, or anything else a customer may show."""

    payload: bytes
    symbology: str | None = None
    """AIM identifier where the device tells it, such as "]Q1"."""
    source: str = ""


@dataclass(frozen=True, slots=True)
class ShowCard:
    """Instead of a code, when a phone fails: the number of a card, typed or read."""

    kind: Literal["card", "identity"]
    number: str = field(repr=False)
    card_sn: str = field(default="", repr=False)
    """Of a card: the serial number its chip tells, where a reader read it."""


@dataclass(frozen=True, slots=True)
class AddItem:
    """Goods by code, typed by hand."""

    code: str
    quantity: int = 1


@dataclass(frozen=True, slots=True)
class RemoveLine:
    line: int


@dataclass(frozen=True, slots=True)
class SetQuantity:
    line: int
    quantity: int


@dataclass(frozen=True, slots=True)
class Quote:
    """Ask the platform who would pay what.  Identifies the customer first where needed."""


@dataclass(frozen=True, slots=True)
class Confirm:
    """Clerk and customer agree to what the screen shows: charge it, or go on after a stop."""


@dataclass(frozen=True, slots=True)
class TakeCash:
    """The rest in cash."""

    tendered_fen: Fen | None = None
    """What the customer handed over; None: exactly the rest."""


@dataclass(frozen=True, slots=True)
class SellForCash:
    """Without insurance: the customer pays all of it.  A voucher read before is not used."""

    tendered_fen: Fen | None = None
    """As of `TakeCash`."""


@dataclass(frozen=True, slots=True)
class Cancel:
    reason: str = "clerk"


@dataclass(frozen=True, slots=True)
class LookAgain:
    """Ask now about whatever is still open, without waiting for the next turn."""


@dataclass(frozen=True, slots=True)
class PrintReceipt:
    """Record that a slip of a settled sale left the till."""

    sale_id: str


@dataclass(frozen=True, slots=True)
class Refund:
    """Take a settled sale back.  Where goods are kept, they are put on the counter to be settled
    anew: the platform knows no partial refund."""

    sale_id: str
    reason: str = "returned"
    keeps: tuple[int, ...] = ()
    """Numbers of the lines the customer keeps."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Put the sale on the counter aside, so that the next customer can be served."""


@dataclass(frozen=True, slots=True)
class Recall:
    """A sale that was put aside is on the counter again."""

    sale_id: str


@dataclass(frozen=True, slots=True)
class ListSales:
    """Tell `SalesListed`: the closed sales, the newest first."""

    count: int = LISTED_MAX


@dataclass(frozen=True, slots=True)
class FindSale:
    """Tell `SaleFound`, by the number on the slip."""

    sale_id: str


@dataclass(frozen=True, slots=True)
class ReadDay:
    """Tell `DayRead`: the totals since the last Z report."""

    on_paper: bool = False
    """Whether it is printed as well."""


@dataclass(frozen=True, slots=True)
class Reconcile:
    """Tell `Reconciled`: the till's settlements beside the platform's."""

    first_day: str = ""
    """yyyy-MM-dd, China time; empty: since the last Z report."""
    last_day: str = ""
    """Empty: today."""


@dataclass(frozen=True, slots=True)
class CloseDay:
    """Reconcile, and write the Z report.  While anything is open, only a manager can, and has to
    say why."""

    manager: str = ""
    reason: str = ""
    counted_fen: Fen | None = None
    """The day's cash as it was counted, without what lay in the drawer at the start; None: not
    counted."""


Command = (
    Present
    | ShowCard
    | AddItem
    | RemoveLine
    | SetQuantity
    | Quote
    | Confirm
    | TakeCash
    | SellForCash
    | Cancel
    | LookAgain
    | PrintReceipt
    | Refund
    | Hold
    | Recall
    | ListSales
    | FindSale
    | ReadDay
    | Reconcile
    | CloseDay
)
COMMANDS: dict[str, type[Command]] = {cls.__name__: cls for cls in get_args(Command)}
