"""The rules the sandbox enforces: the tables [mutual_aid] and [benefit] of a dated policy file.

One rule: no number of a policy stands in code.  The till never enforces any of this.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

import msgspec

Fen = Annotated[int, msgspec.Meta(ge=0)]


class PolicyError(Exception):
    """A policy or catalogue file cannot be used; the message names file and key."""


class Kinship(StrEnum):
    """What the member is to the creator of a mutual-aid relation."""

    SPOUSE = "spouse"
    PARENT = "parent"
    CHILD = "child"
    SIBLING = "sibling"
    GRANDPARENT = "grandparent"
    GRANDCHILD = "grandchild"


class MutualAid(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    creator_insutypes: tuple[str, ...]
    member_insutypes: tuple[str, ...]
    relations_before: tuple[Kinship, ...]
    relations_after: tuple[Kinship, ...]
    relations_after_from: dt.date
    min_creator_balance_fen: Fen
    threshold_checked: tuple[Literal["create", "transfer"], ...]
    min_transfer_fen: Fen
    max_members: Annotated[int, msgspec.Meta(ge=1)]
    scope: Literal["pool", "province", "national"]
    split_within_settlement: bool

    def kinships(self, bound_on: dt.date) -> tuple[Kinship, ...]:
        """Who may be bound on that day."""
        return (
            self.relations_after
            if bound_on >= self.relations_after_from
            else (self.relations_before)
        )

    def same_scope(self, region: str, other: str) -> bool:
        digits = {"pool": 4, "province": 2, "national": 0}[self.scope]
        return region[:digits] == other[:digits]


class Benefit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    source: str
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
        for share in (*self.fund_ratio.values(), *self.first_pay_share.values()):
            if not share.is_finite() or not 0 <= share <= 1:
                raise ValueError(f"a share lies between 0 and 1, not {share}")


class Policy(msgspec.Struct, frozen=True):
    """The file's other tables are the till's and are not looked at."""

    policy: str
    mutual_aid: MutualAid
    benefit: Benefit


def load_policy(path: Path) -> Policy:
    """Raises PolicyError."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as exc:
        raise PolicyError(f"{path}: {exc}") from exc
    try:
        return msgspec.convert(tables, Policy)
    except msgspec.ValidationError as exc:
        raise PolicyError(f"{path}: {exc}") from exc
