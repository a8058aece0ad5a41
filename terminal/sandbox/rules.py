"""How this platform behaves: the policy, the catalogue, and the switches of the wire."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from terminal.sandbox.catalogue import Catalogue
from terminal.sandbox.policy import Policy
from terminal.sandbox.wrong import Wrong


class AccountSplit(StrEnum):
    """Whether `acct_pay` counts the mutual-aid money.  Public sources disagree; both occur."""

    INSIDE = "inside"
    ON_TOP = "on_top"


class Repeat(StrEnum):
    """What a message id that has already been answered does."""

    FIRST_REPLY = "first"
    """The first answer again; nothing moves."""
    CHARGE = "charge"
    """It is carried out again."""


@dataclass(frozen=True, slots=True)
class Rules:
    policy: Policy
    catalogue: Catalogue
    account_split: AccountSplit = AccountSplit.INSIDE
    repeat: Repeat = Repeat.FIRST_REPLY
    tombstones: bool = True
    """Whether reversing an id that never arrived refuses it when it does."""
    reversal_nulls: bool = False
    """Whether 2103 leaves out what real reversals were seen to leave out (C3)."""
    wrong: frozenset[Wrong] = frozenset()
    """In which ways this platform breaks its promises."""
