"""A sale as it stands: what its events made of it, and what can be read off it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from terminal.sale.events import (
    UNPAID,
    Account,
    BoxScanned,
    Clearing,
    Decline,
    LineAdded,
    PersonIdentified,
    Quoted,
    Split,
    VoucherAccepted,
)
from terminal.sale.money import NOTHING, Fen

DECLINED = "declined"
"""The cause of a lapse after which the rest may be paid in cash."""
DIFFERS = "differs"
"""The cause of a lapse because a settlement is not what the pre-settlement said."""

LINES_MAX = 500
QUANTITY_MAX = 9999


class Status(StrEnum):
    INTENDED = "intended"
    """Written, perhaps being sent right now.  Only the process that wrote it may send it."""
    UNKNOWN = "unknown"
    """Sent, or perhaps sent; no answer.  May be asked about or reversed, never sent again."""
    APPROVED = "approved"
    DECLINED = "declined"
    REVERSING = "reversing"
    """To be undone, however long it takes.  No answer can make it good again."""
    REVERSED = "reversed"


HOLDING = (Status.INTENDED, Status.UNKNOWN, Status.APPROVED, Status.REVERSING)
"""A tender in one of these holds money, or may."""


@dataclass(frozen=True, slots=True)
class Tender:
    """One attempt to take money from one account."""

    key: str
    account: Account
    asked_fen: Fen
    status: Status = Status.INTENDED
    split: Split = UNPAID
    settlement_id: str = ""
    """Empty until approved: a reversal then goes by the message id instead."""
    visit_id: str = ""
    balance_after_fen: Fen | None = None
    clearing: Clearing | None = None
    """None: not approved, a debit of one account, or of an older journal."""
    reason: Decline | None = None
    available_fen: Fen = NOTHING
    words: str = ""
    reversal_key: str = ""
    repeats: int = 0
    """How often it was sent again after the first time."""
    past: bool = False
    """Declined before the latest confirmation: says nothing about what to ask now."""


@dataclass(frozen=True, slots=True)
class Sale:
    sale_id: str
    version: int
    opened_at: str
    replaces: str = ""
    """The refunded sale whose kept goods this one settles anew."""
    lines: tuple[LineAdded, ...] = ()
    lines_ever: int = 0
    boxes: tuple[BoxScanned, ...] = ()
    """Every box whose trace code was scanned."""
    voucher: VoucherAccepted | None = None
    person: PersonIdentified | None = None
    quote: Quoted | None = None
    """None: not asked yet, or the cart changed since."""
    self_pay: bool = False
    """Whether the customer agreed to pay all of it; no account is asked then."""
    confirmed: bool = False
    held: bool = False
    """Whether it was put aside; another sale may be on the counter meanwhile."""
    lapsed: str = ""
    """Why an earlier confirmation no longer holds; empty when it does or never was."""
    tenders: tuple[Tender, ...] = ()
    cash_fen: Fen = NOTHING
    tendered_fen: Fen = NOTHING
    cancelling: str = ""
    """Why the sale is being undone; empty when it is not."""
    refunding: str = ""
    """Why a settled sale is being, or was, taken back; empty for any other."""
    keeps: tuple[int, ...] = ()
    closed: bool = False
    closed_at: str = ""
    refunded: bool = False
    receipts: int = 0

    @property
    def total_fen(self) -> Fen:
        return Fen(sum(line.amount_fen for line in self.lines))

    @property
    def split(self) -> Split:
        """What the approved tenders paid together."""
        return sum((t.split for t in self.tenders if t.status is Status.APPROVED), UNPAID)

    @property
    def due_fen(self) -> Fen:
        return Fen(self.total_fen - self.split.paid_fen - self.cash_fen)

    @property
    def unresolved(self) -> Tender | None:
        """The tender whose outcome is not known or not undone yet.  There is never more than
        one outside a cancellation."""
        waiting = (Status.INTENDED, Status.UNKNOWN, Status.REVERSING)
        return next((t for t in self.tenders if t.status in waiting), None)

    @property
    def standing(self) -> Tender | None:
        """The latest tender that holds money, or may."""
        return next((t for t in reversed(self.tenders) if t.status in HOLDING), None)

    @property
    def editable(self) -> bool:
        """Whether lines and voucher may change: nothing is agreed, no money is held, and the sale
        was not put aside."""
        agreed = self.confirmed or self.standing or self.cash_fen
        return not (self.closed or self.undoing or self.held or agreed)

    @property
    def masked_name(self) -> str:
        """As the platform says it, else as the voucher does; empty where nobody showed one."""
        told = self.person.masked_name if self.person else ""
        return told or (self.voucher.masked_name if self.voucher else "")

    @property
    def undoing(self) -> bool:
        """Whether all that was charged is to be given back."""
        return bool(self.cancelling or self.refunding)

    @property
    def settled(self) -> bool:
        return self.closed and not self.undoing

    @property
    def balance_after_fen(self) -> Fen | None:
        """Of the personal account: as the latest approved reply told it, else as identified."""
        told = [t.balance_after_fen for t in self.tenders if t.status is Status.APPROVED]
        known = [balance for balance in told if balance is not None]
        if known:
            return known[-1]
        return self.person.balance_fen if self.person else None

    def boxes_of(self, number: int) -> int:
        """How many boxes of this line have been scanned."""
        return sum(box.line == number for box in self.boxes)

    @property
    def missing_boxes(self) -> int:
        """How many boxes must still be scanned until every one has its trace code."""
        traced = [line for line in self.lines if line.trace_prefix]
        return sum(line.quantity - self.boxes_of(line.line) for line in traced)

    def line(self, number: int) -> LineAdded | None:
        return next((line for line in self.lines if line.line == number), None)

    def tender(self, key: str) -> Tender | None:
        return next((t for t in self.tenders if t.key == key), None)
