"""Who would pay what of a hospital bill, by tables of rates (D1 to D6).

One rule, in this order: every line over its limit → own cost → first-pay share (half up to the fen)
→ in scope; the share of somebody from another place; the share of the whole bill; the deductible;
the ratio (half up); the limit of the year; the catastrophic fund; then own account and mutual aid.

A pharmacy settles none of this: it answers `POST /benefits`, so that the tables can be tried.
Own choices, where the tables are silent: later stays count on the table's own rows, a limit is that
of a calendar year, and the catastrophic fund pays of what the limit of the year kept back.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from terminal.sandbox.benefit import Cut, cut, divide
from terminal.sandbox.money import AMOUNT_FEN_MAX, half_up
from terminal.sandbox.policy import Fen, MutualAid, check_shares
from terminal.sandbox.quoted import check_quoted, converted, read_tables, sources_of, values

Kind = Literal["inpatient", "outpatient", "transferred_out"]
Employment = Literal["in_work", "retired"]
EVERY_LEVEL = "*"
LINES_MAX = 1000

Amount = Annotated[int, msgspec.Meta(ge=0, le=AMOUNT_FEN_MAX)]


class Level(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of a table of rates."""

    level: str
    """一级 … 三级, 省级 … 乡镇, or "*" for all."""
    in_work: Decimal
    retired: Decimal
    deductible_fen: Fen = 0

    def __post_init__(self) -> None:
        check_shares(self.in_work, self.retired)


class Rates(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One table, and who says it."""

    insutype: str
    kind: Kind
    levels: tuple[Level, ...]
    source: str
    quote: str
    year_max_fen: Fen | None = None
    """Of what the fund pays one person; None: no limit."""
    later_stays_fen: tuple[Fen, ...] = ()
    """Off the deductible of the second stay of a year, the third …; the last one from there on."""
    total_share: Decimal = Decimal(0)
    """Of the whole bill, paid by the person beforehand."""

    def __post_init__(self) -> None:
        check_shares(self.total_share)

    def deductible_fen(self, level: Level, stay: int) -> int:
        """stay  1 is the first of the year"""
        off = (0, *self.later_stays_fen)
        return max(0, level.deductible_fen - off[min(stay, len(off)) - 1])


class Shares(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of the catastrophic fund."""

    fund: Decimal
    hospital: Decimal
    person: Decimal


class Hospital(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The file."""

    tables: str
    effective_from: dt.date
    verified: bool
    sources: Mapping[str, str]
    rates: tuple[Rates, ...]
    first_pay_share: Mapping[str, Decimal]
    """By class of item; a class that is absent is wholly own cost."""
    out_of_area_share: Decimal
    catastrophic: Mapping[Employment, Shares] = {}
    catastrophic_for: tuple[Employment, ...]
    """For whom it is calculated; only where the shares make one."""

    def __post_init__(self) -> None:
        check_shares(self.out_of_area_share, *self.first_pay_share.values())
        for group in self.catastrophic_for:
            shares = self.catastrophic.get(group)
            if shares is None or shares.fund + shares.hospital + shares.person != 1:
                raise ValueError(f"catastrophic: the shares of {group} do not make 100 %")


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    item_class: str
    """甲, 乙, 诊疗项目 …; one the tables do not name is own cost."""
    amount_fen: Amount
    limit_fen: Amount | None = None


class Bill(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The body of `POST /benefits`."""

    insutype: str
    kind: Kind
    level: str
    lines: Annotated[tuple[Line, ...], msgspec.Meta(min_length=1, max_length=LINES_MAX)]
    retired: bool = False
    stay: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 1
    out_of_area: bool = False
    fund_used_fen: Amount = 0
    """What the fund has paid this person in this year."""
    own_fen: Amount | None = None
    """What the own account holds; null: there is none."""
    pot_fen: Amount | None = None
    """What the family's pot holds; null: no relation."""


class Paid(msgspec.Struct, frozen=True, kw_only=True):
    """The answer; total = fund + catastrophic + hospital + own + mutual aid + cash."""

    lines: tuple[Cut, ...]
    total_fen: int
    own_cost_fen: int
    over_limit_fen: int
    first_pay_fen: int
    in_scope_fen: int
    out_of_area_fen: int
    total_share_fen: int
    deductible_fen: int
    """Of it, what the bill reaches."""
    ratio: Decimal
    fund_fen: int
    catastrophic_fen: int
    hospital_fen: int
    own_fen: int
    mutual_aid_fen: int
    cash_fen: int
    source: str
    quote: str


class NoRate(Exception):
    """The tables say nothing about such a bill."""


def load_hospital(path: Path) -> Hospital:
    """Raises PolicyError."""
    tables = read_tables(path)
    sources = sources_of(tables, path)
    plain = ("tables", "effective_from", "verified", "sources", "rates")
    facts = {name: tables.pop(name) for name in plain if name in tables}
    hospital = converted(facts | values(tables, sources, f"{path}: "), Hospital, path)
    for rates in hospital.rates:
        check_quoted(rates.source, rates.quote, sources, f"{path}: rates of {rates.insutype}")
    return hospital


def work_out(bill: Bill, hospital: Hospital, rules: MutualAid) -> Paid:
    """Raises NoRate."""
    rates, level = _rate(bill, hospital)
    share_of = hospital.first_pay_share
    lines = tuple(
        cut(line.amount_fen, share_of.get(line.item_class, Decimal(1)), line.limit_fen)
        for line in bill.lines
    )
    total_fen = sum(line.amount_fen for line in bill.lines)
    left_fen = in_scope_fen = sum(line.in_scope_fen for line in lines)
    away_share = hospital.out_of_area_share if bill.out_of_area else Decimal(0)
    left_fen -= (away_fen := half_up(in_scope_fen * away_share))
    left_fen -= (beforehand_fen := min(left_fen, half_up(total_fen * rates.total_share)))
    left_fen -= (deductible_fen := min(left_fen, rates.deductible_fen(level, bill.stay)))
    ratio = level.retired if bill.retired else level.in_work
    entitled_fen = fund_fen = half_up(left_fen * ratio)
    if rates.year_max_fen is not None:
        fund_fen = min(entitled_fen, max(0, rates.year_max_fen - bill.fund_used_fen))
    more_fen, hospital_fen = _catastrophic(entitled_fen - fund_fen, bill, hospital)
    parts = divide(
        total_fen - fund_fen - more_fen - hospital_fen,
        bill.own_fen,
        bill.pot_fen,
        split_within_settlement=rules.split_within_settlement,
    )
    return Paid(
        lines=lines,
        total_fen=total_fen,
        own_cost_fen=sum(line.own_cost_fen for line in lines),
        over_limit_fen=sum(line.over_limit_fen for line in lines),
        first_pay_fen=sum(line.first_pay_fen for line in lines),
        in_scope_fen=in_scope_fen,
        out_of_area_fen=away_fen,
        total_share_fen=beforehand_fen,
        deductible_fen=deductible_fen,
        ratio=ratio,
        fund_fen=fund_fen,
        catastrophic_fen=more_fen,
        hospital_fen=hospital_fen,
        own_fen=parts.own_fen,
        mutual_aid_fen=parts.mutual_aid_fen,
        cash_fen=parts.cash_fen,
        source=hospital.sources[rates.source],
        quote=rates.quote,
    )


def _rate(bill: Bill, hospital: Hospital) -> tuple[Rates, Level]:
    for rates in hospital.rates:
        if (rates.insutype, rates.kind) != (bill.insutype, bill.kind):
            continue
        for level in rates.levels:
            if level.level in (bill.level, EVERY_LEVEL):
                return rates, level
    raise NoRate(f"{hospital.tables} has no rate for {bill.insutype} {bill.kind} {bill.level}")


def _catastrophic(kept_back_fen: int, bill: Bill, hospital: Hospital) -> tuple[int, int]:
    """What the catastrophic fund and the hospital pay of what the limit of the year kept back."""
    group: Employment = "retired" if bill.retired else "in_work"
    if group not in hospital.catastrophic_for:
        return 0, 0
    shares = hospital.catastrophic[group]
    fund_fen = half_up(kept_back_fen * shares.fund)
    return fund_fen, min(half_up(kept_back_fen * shares.hospital), kept_back_fen - fund_fen)
