"""What the till must do next: the one decision table.

| #  | the sale is                                              | step                        |
| -- | -------------------------------------------------------- | --------------------------- |
|  1 | closed                                                   | -                           |
|  2 | with a tender REVERSING                                  | `Reverse` it, until it is   |
|  3 | cancelled or refunded, and a tender holds money or may   | `Undo` the latest such      |
|  4 | cancelled or refunded, nothing held                      | `Close`                     |
|  5 | with a tender INTENDED                                   | `Submit` it, once           |
|  6 | with a tender UNKNOWN                                    | `Ask` about it, never send  |
|  7 | not confirmed                                            | - (clerk)                   |
|  8 | fully paid                                               | `Close`                     |
|  9 | insured, and an account of the policy's order is left    | `Intend(account, amount)`   |
| 10 | otherwise                                                | - (clerk: cash, or cancel)  |

The first row that fits decides.  Rows 2, 5 and 6 stand above 9, and that is the safety property:
nothing new, and no fallback, while an outcome is unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from terminal.sale.events import Account
from terminal.sale.funding import FundingRule, next_charge
from terminal.sale.money import Fen
from terminal.sale.sale import DECLINED, Sale, Status, Tender


@dataclass(frozen=True, slots=True)
class Intend:
    account: Account
    amount_fen: Fen


@dataclass(frozen=True, slots=True)
class Submit:
    tender: Tender


@dataclass(frozen=True, slots=True)
class Ask:
    tender: Tender


@dataclass(frozen=True, slots=True)
class Undo:
    """Write down that this tender is to be reversed."""

    tender: Tender


@dataclass(frozen=True, slots=True)
class Reverse:
    tender: Tender


@dataclass(frozen=True, slots=True)
class Close:
    """Nothing is left to do: as settled, voided or refunded, whichever the sale is."""


Step = Intend | Submit | Ask | Undo | Reverse | Close


def next_step(sale: Sale, rule: FundingRule) -> Step | None:
    """What must be done now.  None: wait for the clerk.  Rows as in the table above."""
    if sale.closed:
        return None
    reversing = next((t for t in sale.tenders if t.status is Status.REVERSING), None)
    if reversing:
        return Reverse(reversing)
    if sale.undoing:
        return Undo(sale.standing) if sale.standing else Close()
    if sale.unresolved:
        intended = sale.unresolved.status is Status.INTENDED
        return Submit(sale.unresolved) if intended else Ask(sale.unresolved)
    if not sale.confirmed:
        return None
    if sale.due_fen == 0:
        return Close()
    asks_accounts = sale.cash_fen == 0 and not sale.self_pay
    charge = next_charge(sale, rule) if asks_accounts else None
    return Intend(charge.account, charge.amount_fen) if charge else None


class Phase(StrEnum):
    """Where a sale stands, for whoever has to say it in words."""

    EMPTY = "empty"
    FILLING = "filling"
    """Goods, no voucher yet."""
    IDENTIFYING = "identifying"
    """A voucher, but the platform has not said who it is."""
    QUOTABLE = "quotable"
    QUOTED = "quoted"
    """The split is on the screen and waits for the clerk's yes."""
    LAPSED = "lapsed"
    """Agreed before, interrupted since: ask whether the customer is still there."""
    REFUSED = "refused"
    """An account said no and no other may be asked instead: try again, cash, or cancel."""
    CHARGING = "charging"
    WAITING = "waiting"
    """An outcome is unknown, or a charge is being taken back."""
    CASH_DUE = "cash_due"
    CANCELLING = "cancelling"
    REFUNDING = "refunding"
    SETTLED = "settled"
    VOIDED = "voided"
    REFUNDED = "refunded"
    HELD = "held"
    """Put aside; never on the counter."""


def phase(sale: Sale | None, rule: FundingRule) -> Phase:
    if sale is None:
        return Phase.EMPTY
    if sale.closed:
        return _closed_phase(sale)
    if sale.undoing:
        return Phase.CANCELLING if sale.cancelling else Phase.REFUNDING
    if sale.held:
        return Phase.HELD
    if sale.unresolved:
        intended = sale.unresolved.status is Status.INTENDED
        return Phase.CHARGING if intended else Phase.WAITING
    if sale.confirmed:
        return Phase.CHARGING if next_step(sale, rule) else Phase.CASH_DUE
    if sale.lapsed == DECLINED:
        return Phase.REFUSED
    if sale.lapsed and sale.standing:
        return Phase.LAPSED
    if sale.quote:
        return Phase.QUOTED
    if sale.person and sale.lines:
        return Phase.QUOTABLE
    if sale.voucher:
        return Phase.IDENTIFYING if sale.person is None else Phase.QUOTABLE
    return Phase.FILLING if sale.lines else Phase.EMPTY


def _closed_phase(sale: Sale) -> Phase:
    if sale.refunded:
        return Phase.REFUNDED
    return Phase.VOIDED if sale.cancelling else Phase.SETTLED
