"""Carries out what `next_step` says: charges, questions, reversals.

A charge is written down as intended, sent once, and its outcome written down.  An outcome that
stays unknown is asked about on the profile's schedule and then taken back; a reversal is tried
until the platform says it holds, however long that takes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import assert_never

from terminal.checkout.book import Book
from terminal.checkout.patience import Patience, begin, begin_reversing
from terminal.clock import Clock
from terminal.profile import Profile
from terminal.sale.events import (
    ChargeApproved,
    ChargeDeclined,
    ChargeIntended,
    ChargeLanded,
    ChargeRepeated,
    ChargeReversed,
    ChargeUnknown,
    ConfirmationLapsed,
    Decline,
    Event,
    ReversalIntended,
    SaleOpened,
    SaleRefunded,
    SaleSettled,
    SaleVoided,
    Waiting,
)
from terminal.sale.funding import FALLS_BACK, FundingRule, foreseen
from terminal.sale.sale import DECLINED, DIFFERS, Sale, Tender
from terminal.sale.steps import Ask, Close, Intend, Reverse, Submit, Undo, next_step
from terminal.settlement.client import Platform
from terminal.settlement.dialect import Request
from terminal.settlement.outcome import (
    Accepted,
    Approved,
    Declined,
    Landed,
    NotReversed,
    Outcome,
    Reversed,
    Unknown,
)

REPEATS_MAX = 2
"""How often a charge is sent again, where the platform promises that it counts once."""
STEPS_MAX = 64
"""More steps than any sale can need in one go; reaching it is a bug in `next_step`."""


class Settling:
    def __init__(
        self,
        book: Book,
        platform: Platform,
        profile: Profile,
        rule: FundingRule,
        clock: Clock,
        new_sale_id: Callable[[], str],
    ) -> None:
        self._book, self._platform, self._rule = book, platform, rule
        self._resolve = profile.resolve
        self._capabilities = profile.capabilities
        self._clock, self._new_sale_id = clock, new_sale_id
        self._requests: dict[str, Request] = {}
        """Charges prepared by this process whose outcome is not known yet."""
        self._patience: dict[str, Patience] = {}

    def next_due(self, sales: list[Sale]) -> float | None:
        """When the next try about one of these sales is due, monotonic; None when none is."""
        keys = [tender.key for sale in sales for tender in sale.tenders]
        return min((self._patience[key].due for key in keys if key in self._patience), default=None)

    def look_again(self) -> None:
        """Makes every waiting try due now."""
        now = self._clock.monotonic()
        for key, patience in self._patience.items():
            self._patience[key] = Patience(patience.began, now, patience.tries)

    async def advance(self, sale_id: str) -> None:
        """Does what `next_step` says until it says None or a try is not due yet."""
        for _ in range(STEPS_MAX):
            sale = self._book.open.get(sale_id)
            if sale is None or (step := next_step(sale, self._rule)) is None:
                return
            match step:
                case Intend(account, amount_fen):
                    request = self._platform.prepare(sale, account, amount_fen)
                    self._requests[request.msgid] = request
                    intended = ChargeIntended(request.msgid, account, amount_fen, request.digest)
                    await self._book.record(sale_id, intended)
                case Submit(tender):
                    outcome = await self._platform.submit(self._requests[tender.key], sale, tender)
                    await self._settle(sale_id, tender, outcome)
                case Ask(tender):
                    if not await self._ask(sale, tender):
                        return
                case Undo(tender):
                    key = self._platform.new_msgid()
                    await self._book.record(sale_id, ReversalIntended(tender.key, key))
                case Reverse(tender):
                    if not await self._reverse(sale, tender):
                        return
                case Close():
                    await self._close(sale)
                case _:
                    assert_never(step)
        raise AssertionError("next_step does not terminate")

    async def _close(self, sale: Sale) -> None:
        at = self._clock.now().isoformat(timespec="seconds")
        if not sale.refunding:
            closed = SaleVoided(at) if sale.cancelling else SaleSettled(at)
            await self._book.record(sale.sale_id, closed)
            return
        # The goods the customer keeps are on the counter again in the same write: there is no
        # moment at which they are neither paid nor waiting to be.
        changes: list[tuple[str, Event]] = [(sale.sale_id, SaleRefunded(at, sale.cash_fen))]
        kept = [line for line in sale.lines if line.line in sale.keeps]
        if kept:
            anew = self._new_sale_id()
            changes.append((anew, SaleOpened(at, replaces=sale.sale_id)))
            for n, line in enumerate(kept, start=1):
                changes.append((anew, replace(line, line=n)))
                boxes = [box for box in sale.boxes if box.line == line.line]
                changes += [(anew, replace(box, line=n)) for box in boxes]
        await self._book.record_each(*changes)

    async def _settle(self, sale_id: str, tender: Tender, outcome: Outcome) -> None:
        """Writes an outcome down.  A refusal after which no other account may be asked takes the
        agreement with it, and so does a settlement that is not as it was quoted: what happens next
        is the clerk's decision."""
        sale = self._book.open[sale_id]
        match outcome:
            case Approved(settlement_id, visit_id, split, balance, clearing):
                approved = ChargeApproved(
                    tender.key, settlement_id, visit_id, split, balance, clearing
                )
                as_told = foreseen(sale, tender.account, split) == split
                asks = () if as_told or not sale.confirmed else (ConfirmationLapsed(DIFFERS),)
                await self._book.record(sale_id, approved, *asks)
            case Declined(reason, available, words):
                declined = ChargeDeclined(tender.key, reason, available, words)
                ends_agreement = reason not in FALLS_BACK and sale.confirmed
                lapsed = (ConfirmationLapsed(DECLINED),) if ends_agreement else ()
                await self._book.record(sale_id, declined, *lapsed)
            case Unknown(cause):
                await self._book.record(sale_id, ChargeUnknown(tender.key, cause))
            case _:
                assert_never(outcome)
        if not isinstance(outcome, Unknown):
            self._patience.pop(tender.key, None)
            self._requests.pop(tender.key, None)

    async def _ask(self, sale: Sale, tender: Tender) -> bool:
        """One try to learn what became of a charge.  False: not due, or still no answer."""
        now = self._clock.monotonic()
        patience = self._patience.setdefault(tender.key, begin(self._resolve, now))
        if not patience.is_due(now):
            self._tell_waiting(sale, patience)
            return False
        outcome = await self._learn(sale, tender)
        if not isinstance(outcome, Unknown):
            await self._settle(sale.sale_id, tender, outcome)
            return True
        later = patience.asked(self._resolve, self._clock.monotonic())
        if later is None or not self._can_learn(tender):
            del self._patience[tender.key]
            key = self._platform.new_msgid()
            await self._book.record(sale.sale_id, ReversalIntended(tender.key, key))
            return True
        self._patience[tender.key] = later
        self._tell_waiting(sale, later)
        return False

    def _can_learn(self, tender: Tender) -> bool:
        return self._capabilities.query_by_own_id or self._may_repeat(tender)

    def _may_repeat(self, tender: Tender) -> bool:
        """Only what this process sent itself, moments ago: later the customer may be gone."""
        promised = self._capabilities.idempotent_repeat
        return promised and tender.key in self._requests and tender.repeats < REPEATS_MAX

    async def _learn(self, sale: Sale, tender: Tender) -> Outcome:
        """Asks by id; where that tells nothing, and the platform promises that it counts once,
        sends the same bytes again."""
        outcome: Outcome = Unknown("not asked")
        if self._capabilities.query_by_own_id:
            outcome = await self._platform.ask(sale, tender)
        if isinstance(outcome, Unknown) and self._may_repeat(tender):
            await self._book.record(sale.sale_id, ChargeRepeated(tender.key))
            outcome = await self._platform.submit(self._requests[tender.key], sale, tender)
            if isinstance(outcome, Declined) and outcome.reason is Decline.UNREACHABLE:
                # This time it did not leave; the first time it may have.
                outcome = Unknown(outcome.words)
        return outcome

    async def _reverse(self, sale: Sale, tender: Tender) -> bool:
        """One try to take a charge back.  False: not due, or not yet achieved."""
        now = self._clock.monotonic()
        patience = self._patience.setdefault(tender.key, begin_reversing(now))
        if not patience.is_due(now):
            return False
        result = await self._platform.reverse(sale, tender)
        now = self._clock.monotonic()
        surely_over = patience.began + self._capabilities.flight_seconds_max
        match result:
            case Reversed():
                await self._reversed(sale, tender)
                return True
            case Accepted() if surely_over <= now:
                await self._reversed(sale, tender)
                return True
            case Landed(settlement_id, visit_id):
                key = self._platform.new_msgid()
                landed = ChargeLanded(tender.key, settlement_id, visit_id, key)
                await self._book.record(sale.sale_id, landed)
                return True
            case Accepted():
                later = Patience(patience.began, surely_over, patience.tries + 1)
                words = ""
            case NotReversed(words):
                later = patience.reversed_in_vain(self._resolve, now)
            case _:
                assert_never(result)
        self._patience[tender.key] = later
        waiting = Waiting(sale.sale_id, "reversing", later.due - now, None, words)
        self._book.tell(waiting, sale)
        return False

    async def _reversed(self, sale: Sale, tender: Tender) -> None:
        self._patience.pop(tender.key, None)
        self._requests.pop(tender.key, None)
        lapsed = (ConfirmationLapsed("given_up"),) if sale.confirmed else ()
        await self._book.record(sale.sale_id, ChargeReversed(tender.key), *lapsed)

    def _tell_waiting(self, sale: Sale, patience: Patience) -> None:
        now = self._clock.monotonic()
        gives_up = patience.gives_up_at(self._resolve) - now
        self._book.tell(
            Waiting(sale.sale_id, "asking", patience.due - now, max(0.0, gives_up)), sale
        )
