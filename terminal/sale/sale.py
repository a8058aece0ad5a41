"""What a fact changes.

    SALE   open -> settled                open -> cancelling -> voided
           settled -> refunding -> refunded
    LEG    INTENDED -> APPROVED | DECLINED | UNKNOWN
           UNKNOWN  -> APPROVED | DECLINED | REVERSING        APPROVED -> REVERSING
           REVERSING -> REVERSED

`evolve` is total: an event that cannot follow the state raises `IllegalEvent` and changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, assert_never

from terminal.sale.events import (
    UNPAID,
    Account,
    CancelRequested,
    CashTaken,
    ChargeApproved,
    ChargeDeclined,
    ChargeIntended,
    ChargeLanded,
    ChargeRepeated,
    ChargeReversed,
    ChargeUnknown,
    ConfirmationLapsed,
    Confirmed,
    Decline,
    Entry,
    Event,
    LineAdded,
    LineRemoved,
    PersonIdentified,
    QuantitySet,
    Quoted,
    ReceiptPrinted,
    RefundRequested,
    ReversalIntended,
    SaleOpened,
    SaleRefunded,
    SaleSettled,
    SaleVoided,
    Split,
    VoucherAccepted,
)
from terminal.sale.money import AMOUNT_FEN_MAX, NOTHING, Fen

DECLINED = "declined"
"""The cause of a lapse after which the rest may be paid in cash."""

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
    voucher: VoucherAccepted | None = None
    person: PersonIdentified | None = None
    quote: Quoted | None = None
    """None: not asked yet, or the cart changed since."""
    confirmed: bool = False
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
        """Whether lines and voucher may change: nothing is agreed and no money is held."""
        return not (self.closed or self.undoing or self.confirmed or self.standing)

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

    def line(self, number: int) -> LineAdded | None:
        return next((line for line in self.lines if line.line == number), None)

    def tender(self, key: str) -> Tender | None:
        return next((t for t in self.tenders if t.key == key), None)


class IllegalEvent(AssertionError):
    """The event cannot follow this state.  A bug, or a journal from another program."""


def evolve(sale: Sale | None, sale_id: str, event: Event) -> Sale:
    """Returns the sale after `event`.  Raises IllegalEvent, and changes nothing, otherwise."""
    if isinstance(event, SaleOpened):
        if sale is not None:
            raise IllegalEvent(event, sale)
        return Sale(sale_id, 1, event.at, event.replaces)
    if sale is None or (sale.closed and not isinstance(event, ReceiptPrinted | RefundRequested)):
        raise IllegalEvent(event, sale)
    changed = _change(sale, event)
    assert changed.due_fen >= 0
    assert changed.total_fen <= AMOUNT_FEN_MAX
    return changed


def fold(entries: Iterable[Entry]) -> Sale | None:
    """One sale from its events, first to last; None when there are none."""
    sale: Sale | None = None
    for entry in entries:
        sale = evolve(sale, entry.sale_id, entry.event)
    return sale


def _change(sale: Sale, event: Event) -> Sale:
    match event:
        case LineAdded() | LineRemoved() | QuantitySet():
            return _change_cart(sale, event)
        case VoucherAccepted() | PersonIdentified() | Quoted():
            return _change_customer(sale, event)
        case Confirmed() | ConfirmationLapsed() | CancelRequested() | CashTaken():
            return _change_agreement(sale, event)
        case (
            ChargeIntended()
            | ChargeApproved()
            | ChargeDeclined()
            | ChargeUnknown()
            | ChargeRepeated()
            | ReversalIntended()
            | ChargeLanded()
            | ChargeReversed()
        ):
            return _change_tender(sale, event)
        case SaleSettled() if (
            sale.confirmed and sale.lines and sale.due_fen == 0 and not sale.unresolved
        ):
            return _next(sale, closed=True, closed_at=event.at)
        case SaleVoided() if sale.cancelling and not sale.standing:
            return _next(sale, closed=True, closed_at=event.at)
        case ReceiptPrinted() if sale.settled:
            return _next(sale, receipts=sale.receipts + 1)
        case RefundRequested() if sale.settled and all(sale.line(n) for n in event.keeps):
            return _next(
                sale, closed=False, confirmed=False, refunding=event.reason, keeps=event.keeps
            )
        case SaleRefunded() if (
            sale.refunding and not sale.standing and event.cash_fen == sale.cash_fen
        ):
            return _next(sale, closed=True, refunded=True, closed_at=event.at)
        case (
            SaleOpened()
            | SaleSettled()
            | SaleVoided()
            | RefundRequested()
            | SaleRefunded()
            | ReceiptPrinted()
        ):
            raise IllegalEvent(event, sale)
        case _:
            assert_never(event)


def _change_cart(sale: Sale, event: LineAdded | LineRemoved | QuantitySet) -> Sale:
    """A changed cart has no quote."""
    if not sale.editable:
        raise IllegalEvent(event, sale)
    match event:
        case LineAdded() if (
            event.line == sale.lines_ever + 1 <= LINES_MAX
            and 0 < event.quantity <= QUANTITY_MAX
            and event.unit_fen >= 0
        ):
            lines = (*sale.lines, event)
            return _next(sale, lines=lines, lines_ever=event.line, quote=None, lapsed="")
        case LineRemoved() if sale.line(event.line):
            lines = tuple(line for line in sale.lines if line.line != event.line)
            return _next(sale, lines=lines, quote=None, lapsed="")
        case QuantitySet() if sale.line(event.line) and 0 < event.quantity <= QUANTITY_MAX:
            lines = tuple(
                replace(line, quantity=event.quantity) if line.line == event.line else line
                for line in sale.lines
            )
            return _next(sale, lines=lines, quote=None, lapsed="")
    raise IllegalEvent(event, sale)


def _change_customer(sale: Sale, event: VoucherAccepted | PersonIdentified | Quoted) -> Sale:
    """A new voucher forgets the person, a new person forgets the quote."""
    match event:
        case VoucherAccepted() if sale.editable:
            return _next(sale, voucher=event, person=None, quote=None, lapsed="")
        case PersonIdentified() if sale.editable and sale.voucher:
            return _next(sale, person=event, quote=None)
        case Quoted() if sale.editable and sale.person and event.total_fen == sale.total_fen > 0:
            return _next(sale, quote=event)
    raise IllegalEvent(event, sale)


def _change_agreement(
    sale: Sale, event: Confirmed | ConfirmationLapsed | CancelRequested | CashTaken
) -> Sale:
    free = not (sale.undoing or sale.unresolved)
    match event:
        case Confirmed() if free and not sale.confirmed and (sale.quote or sale.standing):
            tenders = tuple(
                replace(t, past=True) if t.status is Status.DECLINED else t for t in sale.tenders
            )
            return _next(sale, confirmed=True, lapsed="", tenders=tenders)
        case ConfirmationLapsed() if sale.confirmed and not sale.undoing:
            return _next(sale, confirmed=False, lapsed=event.cause)
        case CancelRequested() if not sale.undoing:
            return _next(sale, cancelling=event.reason, confirmed=False)
        case CashTaken() if (
            free
            and (sale.confirmed or sale.lapsed == DECLINED)
            and 0 < event.amount_fen == sale.due_fen
            and event.tendered_fen >= event.amount_fen
        ):
            return _next(
                sale,
                confirmed=True,
                lapsed="",
                cash_fen=event.amount_fen,
                tendered_fen=event.tendered_fen,
            )
    raise IllegalEvent(event, sale)


def _change_tender(
    sale: Sale,
    event: ChargeIntended
    | ChargeApproved
    | ChargeDeclined
    | ChargeUnknown
    | ChargeRepeated
    | ReversalIntended
    | ChargeLanded
    | ChargeReversed,
) -> Sale:
    tender = sale.tender(event.key)
    status = tender.status if tender else None
    open_question = status in (Status.INTENDED, Status.UNKNOWN)
    match event:
        case ChargeIntended() if (
            tender is None
            and sale.confirmed
            and not sale.undoing
            and not sale.unresolved
            and sale.cash_fen == 0
            and 0 < event.amount_fen <= sale.due_fen
        ):
            intended = Tender(event.key, event.account, event.amount_fen)
            return _next(sale, tenders=(*sale.tenders, intended))
        case ChargeApproved() if tender and open_question:
            assert min(event.split.fund_fen, event.split.personal_fen) >= 0
            assert event.split.mutual_aid_fen >= 0
            assert event.split.paid_fen <= tender.asked_fen
            approved = replace(
                tender,
                status=Status.APPROVED,
                split=event.split,
                settlement_id=event.settlement_id,
                visit_id=event.visit_id,
                balance_after_fen=event.balance_after_fen,
            )
            return _with(sale, tender, approved)
        case ChargeDeclined() if tender and open_question:
            declined = replace(
                tender,
                status=Status.DECLINED,
                reason=event.reason,
                available_fen=event.available_fen,
                words=event.words,
            )
            return _with(sale, tender, declined)
        case ChargeUnknown() if tender and open_question:
            return _with(sale, tender, replace(tender, status=Status.UNKNOWN))
        case ReversalIntended() if tender and (
            status is Status.UNKNOWN or (status is Status.APPROVED and sale.undoing)
        ):
            reversing = replace(tender, status=Status.REVERSING, reversal_key=event.reversal_key)
            return _with(sale, tender, reversing)
        case ChargeRepeated() if tender and status is Status.UNKNOWN:
            return _with(sale, tender, replace(tender, repeats=tender.repeats + 1))
        case ChargeLanded() if tender and status is Status.REVERSING:
            landed = replace(
                tender,
                settlement_id=event.settlement_id,
                visit_id=event.visit_id,
                reversal_key=event.reversal_key,
            )
            return _with(sale, tender, landed)
        case ChargeReversed() if tender and status is Status.REVERSING:
            return _with(sale, tender, replace(tender, status=Status.REVERSED))
    raise IllegalEvent(event, sale)


def _next(sale: Sale, **changes: Any) -> Sale:
    """The sale one version on."""
    return replace(sale, version=sale.version + 1, **changes)


def _with(sale: Sale, old: Tender, new: Tender) -> Sale:
    return _next(sale, tenders=tuple(new if t is old else t for t in sale.tenders))
