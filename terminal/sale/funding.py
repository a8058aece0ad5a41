"""Who pays, in which order.

The order is data: a dated policy file names it for each insurance type, a platform profile says
whether the platform divides the amount itself.  Both kinds of platform are one table here, because
"the platform splits" is just an order with a single account in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from terminal.sale.events import Account, Decline, Split
from terminal.sale.money import Fen
from terminal.sale.sale import Sale, Status, Tender

FALLS_BACK = (Decline.INSUFFICIENT, Decline.NO_ACCOUNT)
"""Refusals after which the next account may be asked.  Any other one is the clerk's to judge."""

WHOLE_CART = (Account.INSURANCE, Account.FUND)
"""Accounts that are charged by a settlement of the whole cart: before anything else, or not."""

TRIES_MAX = 3
"""An account emptied by a relative between two tries is asked at most this often."""


@dataclass(frozen=True, slots=True)
class FundingRule:
    source: str
    """The policy file, named on the screen as the reason for a split."""
    orders: Mapping[str, tuple[Account, ...]]
    """Insurance type -> accounts, first asked first; "*" for every other type."""

    def order(self, insutype: str) -> tuple[Account, ...]:
        return self.orders.get(insutype, self.orders["*"])


@dataclass(frozen=True, slots=True)
class Share:
    """One account and the amount to ask it for."""

    account: Account
    amount_fen: Fen


def next_charge(sale: Sale, rule: FundingRule) -> Share | None:
    """The account to ask next; None: what is left is cash, or the clerk's decision."""
    assert sale.person
    assert sale.due_fen > 0
    for account in rule.order(sale.person.insutype):
        if account in WHOLE_CART and sale.due_fen != sale.total_fen:
            continue
        tries = [t for t in sale.tenders if t.account is account and _counts(t)]
        if not tries:
            return Share(account, sale.due_fen)
        if (rest := _what_it_holds(tries, sale)) is not None:
            return Share(account, rest)
        if tries[-1].status is Status.DECLINED and tries[-1].reason not in FALLS_BACK:
            return None
    return None


def foreseen(sale: Sale, account: Account, split: Split) -> Split:
    """What the pre-settlement said of the charge that took `split`; what it did not say counts as
    foreseen.

    Only a settlement of the whole cart can surprise: any other account is asked for an amount, and
    what it does not give is seen as the next one's, or as cash.
    """
    quote = sale.quote
    if quote is None or account not in WHOLE_CART:
        return split
    if account is Account.FUND:
        return replace(split, fund_fen=quote.fund_fen)
    personal, aid = quote.personal_fen, quote.mutual_aid_fen
    return Split(
        quote.fund_fen,
        split.personal_fen if personal is None else personal,
        split.mutual_aid_fen if aid is None else aid,
    )


def _counts(tender: Tender) -> bool:
    """A reversed tender, and one declined before the clerk's latest yes, is as if never asked."""
    return tender.status is not Status.REVERSED and not tender.past


def _what_it_holds(tries: list[Tender], sale: Sale) -> Fen | None:
    """The smaller amount to ask the same account for, after it said it holds less."""
    last = tries[-1]
    if last.reason is not Decline.INSUFFICIENT or len(tries) >= TRIES_MAX:
        return None
    if last.account in WHOLE_CART:
        return None
    amount = min(last.available_fen, sale.due_fen)
    return Fen(amount) if 0 < amount < last.asked_fen else None
