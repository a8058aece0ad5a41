"""Who pays how much of a sale, as far as it is known now: pure, for the split panel.

One rule: nothing is calculated that the journal does not hold.  An amount that nobody has named yet
is None, never a guess.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from terminal.sale.events import Account, Split
from terminal.sale.money import NOTHING, Fen
from terminal.sale.sale import Sale, Status, Tender
from terminal.sale.steps import Phase


class Payer(StrEnum):
    FUND = "fund"
    PERSONAL = "personal"
    MUTUAL_AID = "mutual_aid"
    CASH = "cash"


class Known(StrEnum):
    """How firmly an amount is known."""

    PAID = "paid"
    QUOTED = "quoted"
    """The platform's estimate: nothing has moved."""
    ASKING = "asking"
    """A charge is under way, or its outcome is unknown; the amount is what was asked for."""
    DUE = "due"
    """To be paid at the counter now."""
    LATER = "later"
    """Known only when the accounts have been asked; the amount is None."""
    RETURNING = "returning"
    """Paid, or perhaps paid, and on its way back."""
    UNUSED = "unused"
    """Pays nothing of this sale."""


@dataclass(frozen=True, slots=True)
class Share:
    payer: Payer
    amount_fen: Fen | None
    """None: nobody has said yet."""
    known: Known


class Why(StrEnum):
    """The plain reason for a split; worded below `why`."""

    NOBODY_YET = "nobody_yet"
    SELF_PAY = "self_pay"
    UNDOING = "undoing"
    ORDER = "order"
    FUND_ALL = "fund_all"
    OWN_ENOUGH = "own_enough"
    OWN_THEN_AID = "own_then_aid"
    AID_OWN_EMPTY = "aid_own_empty"
    AID_DIRECT = "aid_direct"
    ALL_SHORT = "all_short"
    NO_AID = "no_aid"


UNRESOLVED = (Status.INTENDED, Status.UNKNOWN, Status.REVERSING)
ACCOUNTS = (Payer.FUND, Payer.PERSONAL, Payer.MUTUAL_AID)
UNSETTLED = (Phase.CHARGING, Phase.WAITING, Phase.LAPSED)


def shares(sale: Sale, phase: Phase, order: Sequence[Account]) -> tuple[Share, ...]:
    """One share for each payer, in the order of `Payer`."""
    if sale.undoing:
        return _returning(sale)
    if any(t.status in (Status.APPROVED, *UNRESOLVED) for t in sale.tenders) or sale.closed:
        return _charged(sale, phase, order)
    if phase in (Phase.CASH_DUE, Phase.REFUSED):
        return _charged(sale, phase, order)
    if sale.quote:
        return _quoted(sale, order)
    return tuple(Share(payer, None, Known.LATER) for payer in Payer)


def why(sale: Sale | None, phase: Phase) -> Why:
    """The reason that fits what has been paid or quoted."""
    if sale and sale.undoing:
        return Why.UNDOING
    if sale and sale.self_pay:
        return Why.SELF_PAY
    if sale is None or sale.person is None:
        return Why.NOBODY_YET
    known = _known_split(sale, phase)
    if known is None:
        return Why.ORDER
    split, cash = known
    if split.mutual_aid_fen and cash:
        return Why.ALL_SHORT
    if split.mutual_aid_fen:
        if split.personal_fen:
            return Why.OWN_THEN_AID
        return Why.AID_DIRECT if sale.person.balance_fen is None else Why.AID_OWN_EMPTY
    if cash:
        return Why.NO_AID
    return Why.OWN_ENOUGH if split.personal_fen else Why.FUND_ALL


def cash_fen(sale: Sale, phase: Phase) -> Fen:
    """What is or will be paid in cash, as far as that is known; 0 otherwise."""
    known = _known_split(sale, phase)
    return known[1] if known else NOTHING


def _known_split(sale: Sale, phase: Phase) -> tuple[Split, Fen] | None:
    """The whole split with its cash; None while an account is still to be asked."""
    if sale.closed:
        return sale.split, sale.cash_fen
    if phase is Phase.CASH_DUE:
        return sale.split, sale.due_fen
    quote = sale.quote
    if phase in UNSETTLED or phase is Phase.REFUSED or quote is None:
        return None
    if quote.personal_fen is None or quote.mutual_aid_fen is None:
        return None
    split = Split(quote.fund_fen, quote.personal_fen, quote.mutual_aid_fen)
    return split, Fen(quote.total_fen - split.paid_fen)


def _amounts(split: Split) -> dict[Payer, Fen]:
    return {
        Payer.FUND: split.fund_fen,
        Payer.PERSONAL: split.personal_fen,
        Payer.MUTUAL_AID: split.mutual_aid_fen,
    }


def _charged(sale: Sale, phase: Phase, order: Sequence[Account]) -> tuple[Share, ...]:
    paid = _amounts(sale.split)
    found = [_account(payer, paid[payer], sale, phase, order) for payer in ACCOUNTS]
    return (*found, _cash(sale, phase))


def _returning(sale: Sale) -> tuple[Share, ...]:
    """What is still to come back; what has come back is no longer anybody's share."""
    open_tenders = [t for t in sale.tenders if t.status in (Status.APPROVED, *UNRESOLVED)]
    found: list[Share] = []
    for payer in ACCOUNTS:
        amount = sum(_amounts(t.split)[payer] for t in open_tenders)
        asked = [t for t in open_tenders if not t.split.paid_fen and _may_pay(t, payer)]
        if amount:
            found.append(Share(payer, Fen(amount), Known.RETURNING))
        elif asked:
            whole = asked[0].account is Account.INSURANCE
            unsure = None if whole else asked[0].asked_fen
            found.append(Share(payer, unsure, Known.RETURNING))
        else:
            found.append(Share(payer, NOTHING, Known.UNUSED))
    cash = Share(Payer.CASH, sale.cash_fen, Known.RETURNING)
    return (*found, cash if sale.cash_fen else Share(Payer.CASH, NOTHING, Known.UNUSED))


def _account(payer: Payer, paid: Fen, sale: Sale, phase: Phase, order: Sequence[Account]) -> Share:
    if paid:
        return Share(payer, paid, Known.PAID)
    tender = sale.unresolved
    if tender and _may_pay(tender, payer):
        whole = tender.account is Account.INSURANCE
        return Share(payer, None if whole else tender.asked_fen, Known.ASKING)
    if phase in UNSETTLED and not _was_asked(sale, payer) and _is_asked(payer, order):
        return Share(payer, None, Known.LATER)
    return Share(payer, NOTHING, Known.UNUSED)


def _cash(sale: Sale, phase: Phase) -> Share:
    if sale.cash_fen:
        return Share(Payer.CASH, sale.cash_fen, Known.PAID)
    if phase in (Phase.CASH_DUE, Phase.REFUSED):
        return Share(Payer.CASH, sale.due_fen, Known.DUE)
    if phase in UNSETTLED:
        return Share(Payer.CASH, None, Known.LATER)
    return Share(Payer.CASH, NOTHING, Known.UNUSED)


def _quoted(sale: Sale, order: Sequence[Account]) -> tuple[Share, ...]:
    quote = sale.quote
    assert quote
    told = {
        Payer.FUND: quote.fund_fen,
        Payer.PERSONAL: quote.personal_fen,
        Payer.MUTUAL_AID: quote.mutual_aid_fen,
    }
    found: list[Share] = []
    for payer, amount in told.items():
        if amount is None and _is_asked(payer, order):
            found.append(Share(payer, None, Known.LATER))
        else:
            known = Known.QUOTED if amount else Known.UNUSED
            found.append(Share(payer, amount or NOTHING, known))
    if any(share.known is Known.LATER for share in found):
        return (*found, Share(Payer.CASH, None, Known.LATER))
    rest = Fen(quote.total_fen - sum(share.amount_fen or 0 for share in found))
    return (*found, Share(Payer.CASH, rest, Known.QUOTED if rest else Known.UNUSED))


def _may_pay(tender: Tender, payer: Payer) -> bool:
    return tender.account is Account.INSURANCE or tender.account.value == payer.value


def _was_asked(sale: Sale, payer: Payer) -> bool:
    return any(
        _may_pay(t, payer) and not t.past and t.status is not Status.REVERSED for t in sale.tenders
    )


def _is_asked(payer: Payer, order: Sequence[Account]) -> bool:
    return any(a is Account.INSURANCE or a.value == payer.value for a in order)


def divide_cells(parts: Sequence[int], width: int, least: int = 2) -> list[int]:
    """`width` cells divided in proportion to `parts`; every part above 0 gets at least `least`.

    Whole cells by the largest remainder, the earlier part first where two are equal.  `width` must
    hold the least of every part above 0; all zero when no part is.
    """
    whole = sum(parts)
    if whole == 0:
        return [0] * len(parts)
    shown = [least if part else 0 for part in parts]
    assert sum(shown) <= width
    rest = width - sum(shown)
    exact = [part * rest for part in parts]
    given = [number // whole for number in exact]
    by_remainder = sorted(range(len(parts)), key=lambda i: (-(exact[i] % whole), i))
    for index in by_remainder[: rest - sum(given)]:
        given[index] += 1
    return [least + more for least, more in zip(shown, given, strict=True)]
