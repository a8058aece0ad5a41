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
from dataclasses import replace
from typing import Any, assert_never

from terminal.sale.boxes import is_trace_code
from terminal.sale.events import (
    BoxScanned,
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
    SaleHeld,
    SaleOpened,
    SaleRecalled,
    SaleRefunded,
    SaleSettled,
    SaleVoided,
    SelfPayAgreed,
    VoucherAccepted,
)
from terminal.sale.money import AMOUNT_FEN_MAX
from terminal.sale.sale import DECLINED, LINES_MAX, QUANTITY_MAX, Sale, Status, Tender


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
        case LineAdded() | LineRemoved() | QuantitySet() | BoxScanned():
            return _change_cart(sale, event)
        case SaleHeld() if sale.editable and sale.lines:
            return _next(
                sale,
                held=True,
                voucher=None,
                person=None,
                quote=None,
                lapsed="",
                self_pay=False,
            )
        case SaleRecalled() if sale.held and not sale.undoing:
            return _next(sale, held=False)
        case VoucherAccepted() | PersonIdentified() | Quoted():
            return _change_customer(sale, event)
        case Confirmed() | SelfPayAgreed() | ConfirmationLapsed() | CancelRequested() | CashTaken():
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
            | SaleHeld()
            | SaleRecalled()
            | SaleSettled()
            | SaleVoided()
            | RefundRequested()
            | SaleRefunded()
            | ReceiptPrinted()
        ):
            raise IllegalEvent(event, sale)
        case _:
            assert_never(event)


def _change_cart(sale: Sale, event: LineAdded | LineRemoved | QuantitySet | BoxScanned) -> Sale:
    """A cart whose goods changed has no quote; the codes on the boxes change no amount."""
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
            boxes = tuple(box for box in sale.boxes if box.line != event.line)
            return _next(sale, lines=lines, boxes=boxes, quote=None, lapsed="")
        case BoxScanned() if _is_wanted(sale, event):
            return _next(sale, boxes=(*sale.boxes, event))
        case QuantitySet() if (
            sale.line(event.line)
            and 0 < event.quantity <= QUANTITY_MAX
            and event.quantity >= sale.boxes_of(event.line)
        ):
            lines = tuple(
                replace(line, quantity=event.quantity) if line.line == event.line else line
                for line in sale.lines
            )
            return _next(sale, lines=lines, quote=None, lapsed="")
    raise IllegalEvent(event, sale)


def _is_wanted(sale: Sale, box: BoxScanned) -> bool:
    """Whether the box is of its line's product, is not there yet, and one is still missing."""
    line = sale.line(box.line)
    return bool(
        line
        and line.trace_prefix
        and is_trace_code(box.code)
        and box.code.startswith(line.trace_prefix)
        and sale.boxes_of(line.line) < line.quantity
        and all(known.code != box.code for known in sale.boxes)
    )


def _change_customer(sale: Sale, event: VoucherAccepted | PersonIdentified | Quoted) -> Sale:
    """A new voucher forgets the person, a new person forgets the quote."""
    match event:
        case VoucherAccepted() if sale.editable:
            return _next(sale, voucher=event, person=None, quote=None, lapsed="", self_pay=False)
        case PersonIdentified() if sale.editable and sale.voucher:
            return _next(sale, person=event, quote=None)
        case Quoted() if sale.editable and sale.person and event.total_fen == sale.total_fen > 0:
            return _next(sale, quote=event)
    raise IllegalEvent(event, sale)


def _change_agreement(
    sale: Sale, event: Confirmed | SelfPayAgreed | ConfirmationLapsed | CancelRequested | CashTaken
) -> Sale:
    free = not (sale.undoing or sale.unresolved)
    match event:
        case Confirmed() if free and not sale.confirmed and (sale.quote or sale.standing):
            tenders = tuple(
                replace(t, past=True) if t.status is Status.DECLINED else t for t in sale.tenders
            )
            return _next(sale, confirmed=True, lapsed="", tenders=tenders)
        case SelfPayAgreed() if sale.editable and sale.total_fen > 0:
            return _next(
                sale,
                voucher=None,
                person=None,
                quote=None,
                lapsed="",
                self_pay=True,
                confirmed=True,
            )
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
                clearing=event.clearing,
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
