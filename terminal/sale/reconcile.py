"""The till's settlements as a statement, and what the platform's statement says about them.  Pure.

One rule: the journal decides what the till believes.  The platform's codes for how a line differs
are not looked at, because nobody has confirmed them; the amounts on both sides say it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from terminal.sale.events import Clearing
from terminal.sale.funding import WHOLE_CART
from terminal.sale.money import NOTHING, Fen
from terminal.sale.sale import Sale, Status, Tender
from terminal.sale.statement import Difference, Finding, Remedy


class Group(NamedTuple):
    """What one 3201 is about."""

    insutype: str
    kind: str
    """`clr_type`."""
    place: str
    """`setl_optins`."""


@dataclass(frozen=True, slots=True)
class Booked:
    """One settlement that stands in the till's books."""

    message_id: str
    settlement_id: str
    visit_id: str
    sale_id: str
    psn_no: str
    group: Group
    day: str
    """yyyy-MM-dd, China time."""
    total_fen: Fen
    fund_fen: Fen
    account_fen: Fen
    cash_fen: Fen


@dataclass(frozen=True, slots=True)
class Sums:
    count: int = 0
    total_fen: Fen = NOTHING
    fund_fen: Fen = NOTHING
    account_fen: Fen = NOTHING
    cash_fen: Fen = NOTHING


@dataclass(frozen=True, slots=True)
class Line:
    """One settlement as the platform's result names it."""

    message_id: str
    settlement_id: str
    total_fen: Fen | None
    """This and the next two: None where the platform has no such settlement."""
    fund_fen: Fen | None
    account_fen: Fen | None
    words: str


@dataclass(frozen=True, slots=True)
class Unsaid:
    """What counts for a settlement whose reply did not say how it is booked."""

    kind: str
    place: str
    day_of: Callable[[str], str]
    """By its message id, yyyy-MM-dd in China time."""


def booked(sales: Iterable[Sale], unsaid: Unsaid) -> list[Booked]:
    """The settlements that hold money now, whatever became of their sales since."""
    return [
        _booked(sale, tender, unsaid)
        for sale in sales
        for tender in sale.tenders
        if tender.status is Status.APPROVED and tender.account in WHOLE_CART
    ]


def _booked(sale: Sale, tender: Tender, unsaid: Unsaid) -> Booked:
    assert sale.person
    # Without the platform's own figures, the most usual convention: the fund alone, all accounts.
    split = tender.split
    accounts_fen = Fen(split.personal_fen + split.mutual_aid_fen)
    told = tender.clearing or Clearing(
        "", "", "", split.fund_fen, accounts_fen, Fen(tender.asked_fen - split.paid_fen)
    )
    return Booked(
        tender.key,
        tender.settlement_id,
        tender.visit_id,
        sale.sale_id,
        sale.person.psn_no,
        Group(sale.person.insutype, told.kind or unsaid.kind, told.place or unsaid.place),
        told.at[:10] or unsaid.day_of(tender.key),
        tender.asked_fen,
        told.fund_fen,
        told.account_fen,
        told.cash_fen,
    )


def summed(settlements: Iterable[Booked]) -> Sums:
    sums = Sums()
    for each in settlements:
        sums = Sums(
            sums.count + 1,
            Fen(sums.total_fen + each.total_fen),
            Fen(sums.fund_fen + each.fund_fen),
            Fen(sums.account_fen + each.account_fen),
            Fen(sums.cash_fen + each.cash_fen),
        )
    return sums


def differences(
    lines: Sequence[Line], ours: Sequence[Booked], sales: Mapping[str, Sale]
) -> tuple[Difference, ...]:
    """What each line of the platform's result means, those that agree after all left out.

    lines  of this till; ours  what the till told the platform
    sales  by message id: whoever sent the messages that the lines name
    """
    by_message = {each.message_id: each for each in ours}
    by_settlement = {each.settlement_id: each for each in ours}
    found = []
    for line in lines:
        own = by_message.get(line.message_id) or by_settlement.get(line.settlement_id)
        difference = _of_ours(line, own) if own else _of_theirs(line, sales.get(line.message_id))
        if difference:
            found.append(difference)
    return tuple(found)


def _of_ours(line: Line, own: Booked) -> Difference | None:
    """None: the same in both books."""
    theirs = (line.total_fen, line.fund_fen, line.account_fen)
    if theirs == (own.total_fen, own.fund_fen, own.account_fen):
        return None
    finding = Finding.AMOUNTS if any(theirs) else Finding.NOT_THERE
    return Difference(
        finding,
        Remedy.ASK,
        own.message_id,
        own.settlement_id,
        own.sale_id,
        own.total_fen,
        line.total_fen if any(theirs) else None,
        line.words,
    )


def _of_theirs(line: Line, sale: Sale | None) -> Difference:
    """A settlement that the platform has and the till's books do not."""
    tender = sale.tender(line.message_id) if sale else None
    finding, remedy = Finding.NO_SALE, Remedy.ASK
    if sale and tender:
        finding, remedy = _of_tender(sale, tender)
    return Difference(
        finding,
        remedy,
        line.message_id,
        line.settlement_id,
        sale.sale_id if sale else "",
        None,
        line.total_fen,
        line.words,
    )


def _of_tender(sale: Sale, tender: Tender) -> tuple[Finding, Remedy]:
    if tender.status in (Status.INTENDED, Status.UNKNOWN, Status.REVERSING):
        return Finding.OPEN, Remedy.WAIT
    if tender.status is Status.APPROVED:
        # Told under another day than the platform's, or settled while the two were compared.
        return Finding.OPEN, Remedy.WAIT
    known = tender.settlement_id != ""
    return Finding.NOT_SETTLED, Remedy.TAKE_BACK if known else Remedy.REVERSE_MESSAGE
