"""How this platform behaves: the policy, the catalogue, and the switches of the wire."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from terminal.sandbox.catalogue import Catalogue
from terminal.sandbox.hospital import Hospital
from terminal.sandbox.policy import Policy
from terminal.sandbox.published import Publications
from terminal.sandbox.wrong import Wrong


class AccountSplit(StrEnum):
    """Whether `acct_pay` counts the mutual-aid money.  Public sources disagree; both occur."""

    INSIDE = "inside"
    ON_TOP = "on_top"


class FundTotal(StrEnum):
    """Whether `fund_pay_sumamt` counts `acct_pay`.  Provinces differ."""

    FUND_ALONE = "fund_alone"
    WITH_ACCOUNT = "with_account"


class Repeat(StrEnum):
    """What a message id that has already been answered does."""

    FIRST_REPLY = "first"
    """The first answer again; nothing moves."""
    CHARGE = "charge"
    """It is carried out again."""


@dataclass(frozen=True, slots=True)
class Rules:
    policy: Policy
    hospital: Hospital
    catalogue: Catalogue
    publications: Publications
    account_split: AccountSplit = AccountSplit.INSIDE
    repeat: Repeat = Repeat.FIRST_REPLY
    tombstones: bool = True
    """Whether reversing an id that never arrived refuses it when it does."""
    reversal_nulls: bool = False
    """Whether 2103 leaves out what real reversals were seen to leave out (C3)."""
    fund_total: FundTotal = FundTotal.FUND_ALONE
    line_memo: bool = False
    """Whether the first line of each purchase comes back with a complaint in `memo`."""
    unmapped: frozenset[str] = frozenset()
    """The institution's codes of goods whose upload (3505, 3505A) is refused, row by row."""
    wrong: frozenset[Wrong] = frozenset()
    """In which ways this platform breaks its promises."""
