"""Which cells cannot exist, and how each of the others may end.

A cell is left out only where the fault has nothing to strike, by a rule with a name and a reason.
Whether a rule fits follows from what the fault needs, never from a list of cells.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from tests.matrix.fault import Fault, Group
from tests.matrix.moments import Moment


class End(StrEnum):
    S0 = "S0"
    """Nothing happened."""
    S1 = "S1"
    """Done, once."""
    S2 = "S2"
    """Reversed."""
    S3 = "S3"
    """Refunded, once."""
    H = "H"
    """Held for a person."""


PRINTING_FAULTS = ("paper out", "printer hangs", "cut mid-print")
HEAD_OFFICE = "reversed by head office"
HELD_FAULTS = (
    "sums wrong",
    "bad signature or foreign id",
    "bad page at start",
    "older copy restored",
    HEAD_OFFICE,
)
"""The only faults after which a person may have to look at it."""


@dataclass(frozen=True)
class Rule:
    reason: str
    fits: Callable[[Fault, Moment], bool]


def _no_question_open(fault: Fault, moment: Moment) -> bool:
    if fault.group is not Group.MEANING or fault.name == HEAD_OFFICE:
        return False
    return moment.number in (11, 12, 13, 20, 21, 22)


NOT_APPLICABLE = (
    Rule(
        "no charge or reversal is waiting for its answer, and none follows in what is being done:"
        " there is no answer whose meaning could be wrong",
        _no_question_open,
    ),
    Rule(
        "no slip is printed at or after this moment in what is being done",
        lambda f, m: f.name in PRINTING_FAULTS and m.number >= 14,
    ),
    Rule(
        "no cash moves after this moment in what is being done: the drawer stays shut",
        lambda f, m: f.name == "drawer" and m.number in (11, 12, 13, 14, 15, 16, 20, 21, 22),
    ),
    Rule(
        "nothing was sent yet: an edit of the cart is an ordinary one",
        lambda f, m: f.name == "cart edited after sending" and m.number <= 4,
    ),
    Rule(
        "no sale is open and nothing waits: there is nothing to cancel",
        lambda f, m: f.name.startswith("cancel ") and m.number in (1, 2),
    ),
)


def why_not(fault: Fault, moment: Moment) -> str:
    """The reason why this cell cannot exist; "" where it can, and so has to be run."""
    return next((rule.reason for rule in NOT_APPLICABLE if rule.fits(fault, moment)), "")


def allowed(fault: Fault, moment: Moment, variant: str, *, leaves: bool) -> frozenset[End]:
    """How this cell may end.

    leaves  the customer is gone at the moment of the fault; else they stay, and the clerk goes on
    """
    ends = _by_moment(moment, leaves=leaves) | _by_fault(fault, moment, variant)
    return frozenset(ends | ({End.H} if fault.name in HELD_FAULTS else set()))


def _by_moment(moment: Moment, *, leaves: bool) -> set[End]:
    """Before an intent nothing, after it done or reversed, and what is done stays done."""
    number = moment.number
    if number >= 20 or number in (12, 13):
        return {End.S1}
    if number >= 17:
        return {End.S3}
    if number >= 14:
        return {End.S2}
    if not leaves:
        return {End.S1}
    if number <= 3:
        return {End.S0}
    if number == 4:
        return {End.S0, End.S2}
    return {End.S1, End.S2} if number == 11 else {End.S0, End.S2}


SENT_AT_SOME_TIME = range(1, 12)


def _by_fault(fault: Fault, moment: Moment, variant: str) -> set[End]:
    """What a fault may add to the ends of a sale whose customer stays."""
    number = moment.number
    if number not in SENT_AT_SOME_TIME:
        return set()
    if fault.name in ("cancel while waiting", "cancel and fresh code", "customer leaves"):
        return {End.S0} if number <= 3 else {End.S0, End.S2}
    if fault.name == "same voucher on two":
        # One of the two tills gets the customer's one voucher, the other does not.
        return {End.S0, End.S2}
    if fault.name == HEAD_OFFICE:
        return {End.S2}
    return set()
