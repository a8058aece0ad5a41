"""One line for everything that can happen: pure, for the history on a large screen.

One rule: total over events and notices, and only codes, amounts and masked names appear.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import get_args

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
    Event,
    LineAdded,
    LineRemoved,
    Notice,
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
from terminal.sale.money import yuan
from terminal.text import Words
from terminal.tui.wording import notice_sentences

KEY_SHOWN_CHARS = 8
"""Of a message id, its last characters tell charges of one day apart."""


def happening_sentence(happened: Event | Notice, words: Words) -> str:
    """What happened, in one line."""
    if isinstance(happened, get_args(Notice)):
        return notice_sentences(happened, words).happened
    assert isinstance(happened, get_args(Event))
    kind = type(happened)
    return words.say(f"event.{kind.__name__}", **_VALUES[kind](happened, words))


_Values = Callable[..., dict[str, object]]


def _nothing(event: Event, words: Words) -> dict[str, object]:
    return {}


def _line_added(event: LineAdded, words: Words) -> dict[str, object]:
    amount = yuan(event.amount_fen)
    return {"name": event.name, "quantity": event.quantity, "amount": amount}


def _line(event: LineRemoved, words: Words) -> dict[str, object]:
    return {"line": event.line}


def _quantity(event: QuantitySet, words: Words) -> dict[str, object]:
    return {"line": event.line, "quantity": event.quantity}


def _box(event: BoxScanned, words: Words) -> dict[str, object]:
    return {"line": event.line, "code": event.code}


def _voucher(event: VoucherAccepted, words: Words) -> dict[str, object]:
    what = words.say(f"shown_as.{event.shown_as}")
    return {"what": what, "name": event.masked_name or "…", "reference": event.voucher_id[-6:]}


def _person(event: PersonIdentified, words: Words) -> dict[str, object]:
    return {"name": event.masked_name, "insurance": words.say_code("insutype", event.insutype)}


def _quoted(event: Quoted, words: Words) -> dict[str, object]:
    return {"total": yuan(event.total_fen), "fund": yuan(event.fund_fen)}


def _lapsed(event: ConfirmationLapsed, words: Words) -> dict[str, object]:
    return {"cause": words.say_code("lapse", event.cause)}


def _intended(event: ChargeIntended, words: Words) -> dict[str, object]:
    account = words.say(f"account.{event.account}")
    return {"account": account, "amount": yuan(event.amount_fen), "ref": _short(event.key)}


def _approved(event: ChargeApproved, words: Words) -> dict[str, object]:
    return {"amount": yuan(event.split.paid_fen), "ref": _short(event.key)}


def _declined(event: ChargeDeclined, words: Words) -> dict[str, object]:
    reason = words.say(f"decline.{event.reason}")
    return {"reason": reason, "words": event.words, "ref": _short(event.key)}


def _unknown(event: ChargeUnknown, words: Words) -> dict[str, object]:
    return {"cause": event.cause, "ref": _short(event.key)}


def _key(
    event: ReversalIntended | ChargeRepeated | ChargeLanded | ChargeReversed, words: Words
) -> dict[str, object]:
    return {"ref": _short(event.key)}


def _cash(event: CashTaken, words: Words) -> dict[str, object]:
    return {"amount": yuan(event.amount_fen), "tendered": yuan(event.tendered_fen)}


def _refunded(event: SaleRefunded, words: Words) -> dict[str, object]:
    return {"cash": yuan(event.cash_fen)}


def _short(key: str) -> str:
    return key[-KEY_SHOWN_CHARS:]


_VALUES: dict[type[Event], _Values] = {
    SaleOpened: _nothing,
    LineAdded: _line_added,
    LineRemoved: _line,
    QuantitySet: _quantity,
    BoxScanned: _box,
    SaleHeld: _nothing,
    SaleRecalled: _nothing,
    VoucherAccepted: _voucher,
    PersonIdentified: _person,
    Quoted: _quoted,
    SelfPayAgreed: _nothing,
    Confirmed: _nothing,
    ConfirmationLapsed: _lapsed,
    ChargeIntended: _intended,
    ChargeApproved: _approved,
    ChargeDeclined: _declined,
    ChargeUnknown: _unknown,
    ReversalIntended: _key,
    ChargeRepeated: _key,
    ChargeLanded: _key,
    ChargeReversed: _key,
    CashTaken: _cash,
    CancelRequested: _nothing,
    SaleSettled: _nothing,
    SaleVoided: _nothing,
    RefundRequested: _nothing,
    SaleRefunded: _refunded,
    ReceiptPrinted: _nothing,
}
