"""What a platform promises, how it behaves otherwise, and the records it keeps."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

from tests.simulation.books import Charge
from tests.simulation.people import Code, Person

Node = dict[str, Any]


@dataclass(frozen=True)
class Promises:
    """What the till's profile says of the platform; fields as in its capabilities."""

    query_by_own_id: bool
    idempotent_repeat: bool
    failure_is_final: bool
    reversal_binds_unknown: bool


@dataclass(frozen=True)
class Manners:
    """What no profile promises, drawn anew for each day."""

    repeat: str
    """What a repeated charge does: "first reply", "charge again" or "refuse"."""
    mutual_aid_on_top: bool
    """`acct_pay` without `acct_mulaid_pay` in it."""
    amounts_as_text: bool
    own_account_first: bool
    """A debit of mutual aid is refused while the own account holds money."""
    debits_first: bool
    """A settlement is not reversed while debits that hang on it stand."""
    token_for_operator: bool
    """A bound code is refused at another till."""
    shows_tombstones: bool
    quotes_identity: bool
    """Refusals name the person by number."""
    strict_reversals: bool
    """infcode -1 for a reversal by message id that finds nothing to reverse.  Never drawn: the
    interface is silent about it, so it is asked for."""

    @classmethod
    def draw(
        cls, rng: random.Random, promises: Promises, *, strict_reversals: bool = False
    ) -> Manners:
        repeat = rng.choice(("first reply", "first reply", "charge again", "refuse"))
        return cls(
            repeat="first reply" if promises.idempotent_repeat else repeat,
            mutual_aid_on_top=rng.random() < 0.5,
            amounts_as_text=rng.random() < 0.5,
            own_account_first=rng.random() < 0.5,
            debits_first=rng.random() < 0.5,
            token_for_operator=rng.random() < 0.5,
            shows_tombstones=rng.random() < 0.5,
            quotes_identity=rng.random() < 0.5,
            strict_reversals=strict_reversals,
        )


class No(Exception):
    """infcode -1, with what the output says besides."""

    def __init__(self, words: str, output: Node | None = None) -> None:
        super().__init__(words)
        self.words, self.output = words, output


@dataclass
class Token:
    code: Code
    bound_at: float | None = None
    operator: str = ""
    used_by: str = ""


@dataclass
class Settlement:
    setl_id: str
    mdtrt_id: str
    msgid: str
    sale: str
    person: Person
    token: str
    at: float
    begntime: str
    info: Node
    charge: Charge
    left_fen: int
    """Of the person's part; debits pay from it."""
    reversed_at: float | None = None
    debits: list[Debit] = field(default_factory=list)


@dataclass
class Debit:
    trns_id: str
    msgid: str
    at: float
    info: Node
    settlement: Settlement
    charge: Charge
    reversed_at: float | None = None


@dataclass(frozen=True)
class Call:
    infno: str
    msgid: str
    operator: str
    input: Node
    raw: bytes
