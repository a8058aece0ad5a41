"""What the pooled fund pays of a pharmacy purchase, and who pays the rest.

One rule, in this order for every line: over the price limit → wholly own cost → first-pay share
(half up to the fen) → in scope; then ratio on the in-scope sum (half up), then the year's limit.
The person's part P is total − fund; own account and mutual aid follow from it (`divide`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from terminal.sandbox.catalogue import Catalogue, InsuranceClass, class_of
from terminal.sandbox.money import half_up
from terminal.sandbox.policy import Benefit

EMPLOYEE = "310"
"""The one insurance type with a personal account of its own."""


@dataclass(frozen=True, slots=True)
class Item:
    """One line of `drugdetail`, as it was sent."""

    feedetl_sn: str
    med_list_codg: str
    quantity: Decimal
    unit_yuan: Decimal
    amount_fen: int


@dataclass(frozen=True, slots=True)
class LineShare:
    """How one line counts; the four parts add up to its amount."""

    item: Item
    insurance_class: InsuranceClass
    price_limit_fen: int | None
    """None: no limit."""
    first_pay_share: Decimal
    """1 for wholly own cost."""
    own_cost_fen: int
    over_limit_fen: int
    first_pay_fen: int
    in_scope_fen: int


@dataclass(frozen=True, slots=True)
class Benefits:
    """A whole purchase before anybody's account is asked."""

    lines: tuple[LineShare, ...]
    total_fen: int
    own_cost_fen: int
    over_limit_fen: int
    first_pay_fen: int
    in_scope_fen: int
    ratio: Decimal
    fund_fen: int

    @property
    def person_fen(self) -> int:
        return self.total_fen - self.fund_fen


@dataclass(frozen=True, slots=True)
class Parts:
    """Who pays the person's part."""

    own_fen: int
    mutual_aid_fen: int
    cash_fen: int


@dataclass(frozen=True, slots=True)
class Cut:
    """An amount in the four parts it counts as."""

    own_cost_fen: int
    over_limit_fen: int
    first_pay_fen: int
    in_scope_fen: int


def cut(amount_fen: int, first_pay_share: Decimal, limit_fen: int | None) -> Cut:
    """first_pay_share   1: wholly own cost, which knows no limit
    limit_fen         of this amount; None: no limit
    """
    if first_pay_share == 1:
        return Cut(amount_fen, 0, 0, 0)
    over_fen = 0 if limit_fen is None else max(0, amount_fen - limit_fen)
    first_fen = half_up((amount_fen - over_fen) * first_pay_share)
    return Cut(0, over_fen, first_fen, amount_fen - over_fen - first_fen)


def line_share(item: Item, catalogue: Catalogue, benefit: Benefit) -> LineShare:
    insurance_class = class_of(catalogue, item.med_list_codg)
    share = Decimal(1)
    if insurance_class is not InsuranceClass.OWN_COST:
        share = benefit.first_pay_share.get(insurance_class.value, share)
    each_fen = benefit.price_limit_fen.get(item.med_list_codg)
    limit_fen = None if each_fen is None else half_up(each_fen * item.quantity)
    parts = cut(item.amount_fen, share, limit_fen)
    return LineShare(
        item=item,
        insurance_class=insurance_class,
        price_limit_fen=each_fen,
        first_pay_share=share,
        own_cost_fen=parts.own_cost_fen,
        over_limit_fen=parts.over_limit_fen,
        first_pay_fen=parts.first_pay_fen,
        in_scope_fen=parts.in_scope_fen,
    )


def benefits(
    items: Sequence[Item],
    insutype: str,
    fund_used_fen: int,
    catalogue: Catalogue,
    benefit: Benefit,
) -> Benefits:
    """`fund_used_fen`: what the fund has already paid this person in this calendar year."""
    lines = tuple(line_share(item, catalogue, benefit) for item in items)
    in_scope_fen = sum(line.in_scope_fen for line in lines)
    ratio = benefit.fund_ratio.get(insutype, Decimal(0))
    fund_fen = half_up(in_scope_fen * ratio)
    if (year_max_fen := benefit.fund_year_max_fen.get(insutype)) is not None:
        fund_fen = min(fund_fen, max(0, year_max_fen - fund_used_fen))
    whole = Benefits(
        lines=lines,
        total_fen=sum(item.amount_fen for item in items),
        own_cost_fen=sum(line.own_cost_fen for line in lines),
        over_limit_fen=sum(line.over_limit_fen for line in lines),
        first_pay_fen=sum(line.first_pay_fen for line in lines),
        in_scope_fen=in_scope_fen,
        ratio=ratio,
        fund_fen=fund_fen,
    )
    assert 0 <= whole.fund_fen <= whole.in_scope_fen <= whole.total_fen
    return whole


def divide(
    person_fen: int, own_fen: int | None, pot_fen: int | None, *, split_within_settlement: bool
) -> Parts:
    """Own account first, mutual aid for what is left, cash for the rest (B1, B2, B4, B5).

    own_fen   what the own account holds; None: the insurance type has none
    pot_fen   what the family's pot holds; None: no relation
    """
    own = min(person_fen, own_fen or 0)
    aid = min(person_fen - own, pot_fen or 0)
    if own and not split_within_settlement:
        aid = 0
    parts = Parts(own, aid, person_fen - own - aid)
    assert min(parts.own_fen, parts.mutual_aid_fen, parts.cash_fen) >= 0
    return parts
