"""The rules the sandbox enforces: the tables [mutual_aid] and [benefit] of a dated policy file.

One rule: no number of a policy stands in code.  The till never enforces any of this.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from terminal.sandbox.quoted import PolicyError, converted, read_tables, sources_of, values

Fen = Annotated[int, msgspec.Meta(ge=0)]


def check_shares(*shares: Decimal) -> None:
    """Raises ValueError."""
    for share in shares:
        if not share.is_finite() or not 0 <= share <= 1:
            raise ValueError(f"a share lies between 0 and 1, not {share}")


class Kinship(StrEnum):
    """What the member is to the creator of a mutual-aid relation."""

    SPOUSE = "spouse"
    PARENT = "parent"
    CHILD = "child"
    SIBLING = "sibling"
    GRANDPARENT = "grandparent"
    GRANDCHILD = "grandchild"


class Status(StrEnum):
    """What is true of a person beside the insurance."""

    SPECIAL_OUTPATIENT = "special_outpatient"
    """门诊慢性病特殊病待遇."""
    SETTLED_ELSEWHERE = "settled_elsewhere"
    """跨省安置."""
    MILITARY = "military"
    """军人待遇."""
    NO_VOUCHER = "no_voucher"
    """The e-voucher was never activated."""


class Ending(StrEnum):
    """What may befall a creator and end relations by itself (自动解除共济关系的情形)."""

    SPECIAL_TREATMENT = "special_treatment"
    """Granted chronic or special outpatient treatment (A11)."""
    LEFT = "left"
    """Left the province's employee insurance (A11)."""
    OTHER_POOL = "other_pool"
    """Joined another pool of the province (A12)."""
    RETIRED_CADRE = "retired_cadre"
    """离休 or a disabled serviceman's treatment (A13)."""
    DIED = "died"
    """A14."""


class Kinships(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    effective_from: dt.date
    value: tuple[Kinship, ...]


class MutualAid(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    creator_insutypes: tuple[str, ...]
    member_insutypes: tuple[str, ...]
    kinships: Annotated[tuple[Kinships, ...], msgspec.Meta(min_length=1)]
    creator_excluded: tuple[Status, ...]
    min_creator_balance_fen: Fen
    threshold_checked: tuple[Literal["create", "transfer", "settle"], ...]
    min_transfer_fen: Fen
    max_members: Annotated[int, msgspec.Meta(ge=1)]
    active_voucher_needed: bool
    scope: Literal["pool", "province", "national"]
    split_within_settlement: bool
    dissolved_by: Mapping[Ending, Literal["creator"]]
    """What ends a creator's relations, and whose own account the pot returns to."""

    def kinships_on(self, bound_on: dt.date) -> tuple[Kinship, ...]:
        """Who may be bound on that day."""
        in_force = [rule for rule in self.kinships if rule.effective_from <= bound_on]
        latest = max(in_force, key=lambda rule: rule.effective_from, default=None)
        return latest.value if latest else ()

    def same_scope(self, region: str, other: str) -> bool:
        digits = {"pool": 4, "province": 2, "national": 0}[self.scope]
        return region[:digits] == other[:digits]


class Benefit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    verified: bool
    fund_ratio: Mapping[str, Decimal]
    """By insurance type; absent: the fund pays nothing."""
    fund_year_max_fen: Mapping[str, Fen]
    """By insurance type; absent: no limit."""
    first_pay_share: Mapping[str, Decimal]
    """先行自付 by insurance class; a class that is absent is wholly own cost."""
    price_limit_fen: Mapping[str, Fen]
    """By med_list_codg; absent: no limit."""

    def __post_init__(self) -> None:
        check_shares(*self.fund_ratio.values(), *self.first_pay_share.values())


class Policy(msgspec.Struct, frozen=True):
    """The file's other tables are the till's and are not looked at."""

    policy: str
    mutual_aid: MutualAid
    benefit: Benefit


def load_policy(path: Path) -> Policy:
    """Raises PolicyError."""
    tables = read_tables(path)
    sources = sources_of(tables, path)
    for name, facts in (("mutual_aid", ()), ("benefit", ("verified",))):
        table = tables.get(name)
        if not isinstance(table, dict):
            raise PolicyError(f"{path}: there is no table [{name}]")
        plain = {fact: table.pop(fact) for fact in facts if fact in table}
        tables[name] = plain | values(table, sources, f"{path}: {name}.")
    return converted(tables, Policy, path)
