"""What happens in the world outside between two messages of a till.

One rule: a happening comes once, right after the reply to a transaction was made and before it is
sent, so that whoever reads the reply meets a world that has changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from terminal.sandbox import ledger, relations
from terminal.sandbox.policy import Ending, MutualAid
from terminal.sandbox.store import Tx


class Happens(StrEnum):
    DISSOLVED = "dissolved"
    """The person's mutual-aid relation ends."""
    POT_SPENT = "pot_spent"
    """A relative spends `amount_fen` of the pot the person draws on, or all that is left."""
    CREATOR_LEFT = "creator_left"
    """Whose pot the person draws on is insured no longer."""
    CREATOR_MOVED = "creator_moved"
    """Whose pot the person draws on joins another pool of the province."""


@dataclass(frozen=True, slots=True)
class Happening:
    after: str
    """Transaction number."""
    what: Happens
    person: str
    amount_fen: int = 0


def bring_about(tx: Tx, happening: Happening, rules: MutualAid) -> None:
    row = tx.row("SELECT psn_no FROM persons WHERE id = ?", happening.person)
    assert row
    pot = relations.pot_of(tx, row["psn_no"])
    if pot is None:
        return
    match happening.what:
        case Happens.DISSOLVED:
            relations.dissolve(tx, row["psn_no"])
        case Happens.POT_SPENT:
            held_fen = ledger.adjust(tx, pot, 0)
            ledger.adjust(tx, pot, -min(held_fen, happening.amount_fen))
        case Happens.CREATOR_LEFT:
            relations.end(tx, _creator(tx, pot), Ending.LEFT, rules)
        case Happens.CREATOR_MOVED:
            relations.end(tx, _creator(tx, pot), Ending.OTHER_POOL, rules)


def _creator(tx: Tx, pot: str) -> str:
    return ledger.psn_no(tx, pot.partition(":")[2])
