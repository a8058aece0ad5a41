"""The 22 moments, each with the edge by which a run knows it.

M8 to M10 are about the charge of an account after the fund's: the own account first says that it
holds less, so the charge that moves money is the second one to it, and mutual aid follows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from terminal.sale.events import (
    Account,
    ChargeApproved,
    ChargeIntended,
    ChargeReversed,
    ReceiptPrinted,
    RefundRequested,
    ReversalIntended,
    SaleSettled,
    VoucherAccepted,
)
from tests.matrix.edges import REVERSALS, Crossing, Job, Place

OWN_FEN = 500
"""What the customer's own account holds."""
AID_FEN = 800
"""What the family's mutual aid holds."""


class Keys:
    """The message ids of the charges a run has intended so far, by leg."""

    def __init__(self) -> None:
        self._keys: dict[str, str] = {}

    def note(self, crossing: Crossing) -> None:
        if crossing.place is not Place.WRITTEN or crossing.job is not Job.SALE:
            return
        if (intended := crossing.event(ChargeIntended)) and (leg := _leg(intended)):
            self._keys[leg] = intended.key

    def leg_of(self, key: str) -> str:
        """ "fund", "own" or "aid"; "" for a charge that moved nothing, or of another sale."""
        return next((leg for leg, known in self._keys.items() if known == key), "")


def _leg(intended: ChargeIntended) -> str:
    match intended.account, intended.amount_fen:
        case Account.FUND, _:
            return "fund"
        case Account.PERSONAL, amount if amount == OWN_FEN:
            return "own"
        case Account.MUTUAL_AID, amount if amount == AID_FEN:
            return "aid"
    return ""


Fits = Callable[[Crossing, Keys], bool]


@dataclass(frozen=True, slots=True)
class Moment:
    number: int
    name: str
    job: Job
    fits: Fits
    in_flight: bool = False
    """The edge is a message that left the till."""

    @property
    def code(self) -> str:
        return f"M{self.number}"


def _at(place: Place, *kinds: type) -> Fits:
    return lambda c, _: c.place is place and all(c.event(kind) for kind in kinds)


def _intended(*legs: str) -> Fits:
    def fits(crossing: Crossing, keys: Keys) -> bool:
        event = crossing.event(ChargeIntended)
        return bool(event and crossing.place is Place.WRITTEN and keys.leg_of(event.key) in legs)

    return fits


def _sent(*legs: str) -> Fits:
    def fits(crossing: Crossing, keys: Keys) -> bool:
        message = crossing.message
        return message is not None and keys.leg_of(message.msgid) in legs

    return fits


def _approved(place: Place, *legs: str) -> Fits:
    def fits(crossing: Crossing, keys: Keys) -> bool:
        event = crossing.event(ChargeApproved)
        return bool(event and crossing.place is place and keys.leg_of(event.key) in legs)

    return fits


def _reversal_sent(crossing: Crossing, _: Keys) -> bool:
    return crossing.message is not None and crossing.message.infno in REVERSALS


def moments(leg: str = "own") -> tuple[Moment, ...]:
    """All 22, in order.

    leg   whose charge M8 to M10 are about: "own" or "aid"
    """
    sale, cancelled, refund, day = Job.SALE, Job.CANCELLED, Job.REFUND, Job.DAY
    rows: list[tuple[str, Job, Fits]] = [
        ("idle", sale, _at(Place.START)),
        ("voucher checked, before the sale opens", sale, _at(Place.WRITING, VoucherAccepted)),
        ("sale opened", sale, _at(Place.WRITTEN, VoucherAccepted)),
        ("insurance intended, not sent", sale, _intended("fund")),
        ("insurance sent", sale, _sent("fund")),
        ("insurance reply in, not written", sale, _approved(Place.WRITING, "fund")),
        ("insurance settled", sale, _approved(Place.WRITTEN, "fund")),
        ("second leg intended, not sent", sale, _intended(leg)),
        ("second leg sent", sale, _sent(leg)),
        ("second leg's reply in, not written", sale, _approved(Place.WRITING, leg)),
        ("all settled, before done", sale, _at(Place.WRITING, SaleSettled)),
        ("done, before hand-over", sale, _at(Place.WRITTEN, SaleSettled)),
        ("printing", sale, _at(Place.WRITTEN, ReceiptPrinted)),
        ("reversal intended, not sent", cancelled, _at(Place.WRITTEN, ReversalIntended)),
        ("reversal sent", cancelled, _reversal_sent),
        ("reversal's reply in, not written", cancelled, _at(Place.WRITING, ChargeReversed)),
        ("refund intended", refund, _at(Place.WRITTEN, RefundRequested)),
        ("refund sent", refund, _reversal_sent),
        ("refund's reply in, not written", refund, _at(Place.WRITING, ChargeReversed)),
        ("day end started", day, _at(Place.DAY_ASKED)),
        ("day end comparing", day, _at(Place.DAY_READ)),
        ("Z written, not printed", day, _at(Place.DAY_WRITTEN)),
    ]
    in_flight = (5, 9, 15, 18)
    return tuple(
        Moment(number, name, job, fits, number in in_flight)
        for number, (name, job, fits) in enumerate(rows, start=1)
    )


MOMENTS = moments()
assert len(MOMENTS) == 22
