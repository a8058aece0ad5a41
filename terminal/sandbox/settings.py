"""Everything that can be chosen about a sandbox, and where its files are."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import msgspec

from terminal.sandbox.catalogue import load_catalogue
from terminal.sandbox.faults import Fault
from terminal.sandbox.happenings import Happening
from terminal.sandbox.hospital import load_hospital
from terminal.sandbox.people import FAMILIES, THE_SEVEN, Family, Person
from terminal.sandbox.policy import Policy, load_policy
from terminal.sandbox.published import Publications
from terminal.sandbox.quoted import PolicyError
from terminal.sandbox.rules import AccountSplit, FundTotal, Repeat, Rules
from terminal.sandbox.store import IN_MEMORY
from terminal.sandbox.vouchers import Shown
from terminal.sandbox.wrong import Wrong

_TERMINAL = Path(__file__).resolve().parents[1]
SHIPPED = next(
    (folder for folder in (_TERMINAL / "_config", _TERMINAL.parent / "config") if folder.is_dir()),
    _TERMINAL.parent / "config",
)
"""Inside an installed package, else beside it in a checkout."""


EVERY_TYPE = "*"


@dataclass(frozen=True, slots=True)
class Settings:
    """What one sandbox is like.  The defaults are the shipped demonstration."""

    database: str = IN_MEMORY
    """A file, ":memory:", or the URL of a PostgreSQL database.  The people are written into a new
    one only."""
    policy_file: Path = SHIPPED / "policies" / "qinghai-2024-12.toml"
    benefits_file: Path = SHIPPED / "policies" / "benefits" / "xining-2025-03.toml"
    """How much of a hospital bill is paid."""
    catalogue_file: Path = SHIPPED / "catalogues" / "demo.csv"
    invented_drugs: int = 0
    """Published beside those of the catalogue file."""
    issuer: str = "qh-test"
    issuer_key_file: Path = SHIPPED / "keys" / "test-es256.pem"
    bundle_file: Path = SHIPPED / "keys" / "test-bundle.cbor"
    account_split: AccountSplit = AccountSplit.INSIDE
    repeat: Repeat = Repeat.FIRST_REPLY
    tombstones: bool = True
    reversal_nulls: bool = False
    fund_total: FundTotal = FundTotal.FUND_ALONE
    zeros_as_null: bool = False
    line_memo: bool = False
    threshold_at_settlement: bool = False
    """Whether a creator who holds less than the least balance lends nothing, whatever the policy
    file says (A5)."""
    shown: Shown = Shown.FRESH
    """What is the matter with the vouchers of /vouchers/new."""
    faults: tuple[Fault, ...] = ()
    """Armed from the start."""
    happenings: tuple[Happening, ...] = ()
    unmapped: frozenset[str] = frozenset()
    """The shop's codes of goods that were never mapped to the catalogue."""
    wrong: frozenset[Wrong] = frozenset()
    """In which ways it breaks its promises, for what must notice that."""
    amounts_as_text: bool = False
    split_within_settlement: bool | None = None
    """None: as the policy file says."""
    fund_ratio: Mapping[str, Decimal] = field(default_factory=dict)
    """By insurance type, "*" for all; put over what the policy file says.  0: no fund."""
    latency_seconds: float = 0.0
    """Before every transaction is carried out."""
    voucher_seconds: int = 60
    renew_seconds: float = 30.0
    """How often /phone shows a fresh voucher."""
    region: str = "630000"
    """The platform's own, in `inf_refmsgid`."""
    people: tuple[Person, ...] = THE_SEVEN
    families: tuple[Family, ...] = FAMILIES
    clock: Callable[[], float] = time.time
    """Seconds since 1970 UTC."""

    def rules(self) -> Rules:
        """Reads the policy and the catalogue.  Raises PolicyError."""
        return Rules(
            policy=self._policy(),
            hospital=load_hospital(self.benefits_file),
            catalogue=load_catalogue(self.catalogue_file),
            publications=Publications(self.catalogue_file, self.invented_drugs),
            account_split=self.account_split,
            repeat=self.repeat,
            tombstones=self.tombstones,
            unmapped=self.unmapped,
            reversal_nulls=self.reversal_nulls,
            fund_total=self.fund_total,
            line_memo=self.line_memo,
            wrong=self.wrong,
        )

    def _policy(self) -> Policy:
        policy = load_policy(self.policy_file)
        mutual_aid, benefit = policy.mutual_aid, policy.benefit
        if self.split_within_settlement is not None:
            mutual_aid = msgspec.structs.replace(
                mutual_aid, split_within_settlement=self.split_within_settlement
            )
        if self.threshold_at_settlement:
            mutual_aid = msgspec.structs.replace(
                mutual_aid, threshold_checked=(*mutual_aid.threshold_checked, "settle")
            )
        if self.fund_ratio:
            ratios = {**benefit.fund_ratio}
            for insutype, ratio in self.fund_ratio.items():
                if not ratio.is_finite() or not 0 <= ratio <= 1:
                    raise PolicyError(f"a fund ratio lies between 0 and 1, not {ratio}")
                known = list(ratios) if insutype == EVERY_TYPE else [insutype]
                ratios |= dict.fromkeys(known, ratio)
            benefit = msgspec.structs.replace(benefit, fund_ratio=ratios)
        return msgspec.structs.replace(policy, mutual_aid=mutual_aid, benefit=benefit)
