"""The table can fail: designs that are known to be wrong do, in cells the product passes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from terminal.checkout import Checkout
from terminal.checkout.book import Book
from terminal.checkout.settling import Settling
from terminal.sale.events import (
    ChargeDeclined,
    ChargeIntended,
    ChargeReversed,
    Decline,
    Event,
    SaleSettled,
)
from terminal.sale.money import NOTHING
from terminal.sale.sale import Sale, Status, Tender
from terminal.sale.steps import Intend, next_step
from terminal.sandbox.rules import Repeat
from terminal.settlement.outcome import Declined, Outcome, Unknown
from tests.matrix.cells import CELLS, THE_PRODUCT, Cell, carry_out
from tests.matrix.cells import Outcome as Ended
from tests.matrix.fault import Case
from tests.matrix.faults_network import reply_lost
from tests.matrix.tills import Design

NEVER_SENT = Declined(Decline.UNREACHABLE)


class ResendsUnknown(Settling):
    """Sends a charge again because no answer came."""

    async def _learn(self, sale: Sale, tender: Tender) -> Outcome:
        if request := self._requests.get(tender.key):
            return await self._platform.submit(request, sale, tender)
        return await super()._learn(sale, tender)


class TimeOutIsNo(Settling):
    """Takes no answer for a refusal, and so charges again under a new id."""

    async def _settle(self, sale_id: str, tender: Tender, outcome: Outcome) -> None:
        unknown = isinstance(outcome, Unknown)
        await super()._settle(sale_id, tender, NEVER_SENT if unknown else outcome)


class NotFoundIsNo(Settling):
    """Takes "I do not know this message" for "it never arrived"."""

    async def _learn(self, sale: Sale, tender: Tender) -> Outcome:
        outcome = await super()._learn(sale, tender)
        unknown = outcome in (Unknown("not found"), Unknown("state 0"))
        return NEVER_SENT if unknown else outcome


class SendsFirst(Settling):
    """Sends a charge, and writes down afterwards that it meant to."""

    async def advance(self, sale_id: str) -> None:
        sale = self._book.open.get(sale_id)
        while sale and isinstance(step := next_step(sale, self._rule), Intend):
            request = self._platform.prepare(sale, step.account, step.amount_fen)
            tender = Tender(request.msgid, step.account, step.amount_fen)
            outcome = await self._platform.submit(request, sale, tender)
            self._requests[request.msgid] = request
            await self._book.record(
                sale_id,
                ChargeIntended(request.msgid, step.account, step.amount_fen, request.digest),
            )
            await self._settle(sale_id, tender, outcome)
            sale = self._book.open.get(sale_id)
        await super().advance(sale_id)


class ReversesOnce(Settling):
    """Tries a reversal once and calls it done."""

    async def _reverse(self, sale: Sale, tender: Tender) -> bool:
        await self._platform.reverse(sale, tender)
        await self._book.record(sale.sale_id, ChargeReversed(tender.key))
        return True


class NewReversalId(Settling):
    """Gives each try of a reversal an id of its own."""

    async def _reverse(self, sale: Sale, tender: Tender) -> bool:
        return await super()._reverse(
            sale, replace(tender, reversal_key=self._platform.new_msgid())
        )


class RestartMeansNeverSent(Checkout):
    """Takes an intent found at the start for a charge that was not sent."""

    async def _recover(self) -> None:
        for sale_id, sale in list(self._book.open.items()):
            for tender in sale.tenders:
                if tender.status is Status.INTENDED:
                    declined = ChargeDeclined(tender.key, Decline.UNREACHABLE, NOTHING, "")
                    await self._book.record(sale_id, declined)
        await super()._recover()


class TellsFirst(Book):
    """Hands the goods over, and writes it down afterwards."""

    async def record(self, sale_id: str, *events: Event) -> None:
        for event in events:
            if isinstance(event, SaleSettled):
                self.tell(event, self.open[sale_id])
        await super().record(sale_id, *events)


@dataclass(frozen=True)
class Wrong:
    name: str
    design: Design
    cells: tuple[str, ...]
    """Cells of which at least one has to fail."""
    complaint: str
    """Part of what is found."""


DESIGNS = (
    Wrong(
        "sends an unanswered charge again",
        Design(settling=ResendsUnknown),
        ("M5 reply lost", "M9 reply lost"),
        "sent again without a written decision",
    ),
    Wrong(
        "sends again, and the platform charges again",
        Design(settling=ResendsUnknown, settings={"repeat": Repeat.CHARGE}),
        ("M5 reply lost", "M9 reply lost"),
        "charged 2 times",
    ),
    Wrong(
        "time-out is no",
        Design(settling=TimeOutIsNo),
        ("M5 reply lost", "M9 reply lost", "M5 5xx after effect"),
        "the ledger",
    ),
    Wrong(
        "not found is no",
        Design(settling=NotFoundIsNo),
        ("M5 NOT_FOUND in flight", "M9 late", "M5 late"),
        "the ledger",
    ),
    Wrong("sends before it writes", Design(settling=SendsFirst), ("M1 DNS",), "before its id"),
    Wrong(
        "reverses once",
        Design(settling=ReversesOnce),
        ("M15 request lost", "M18 reversal BUSY"),
        "the ledger",
    ),
    Wrong(
        "a new id for each try of a reversal",
        Design(settling=NewReversalId),
        ("M15 request lost", "M18 reply lost"),
        "before its id is durable",
    ),
    Wrong(
        "a restart means never sent",
        Design(checkout=RestartMeansNeverSent),
        ("M5 kill -9", "M9 kill -9", "M6 cut, torn writes"),
        "the ledger",
    ),
    Wrong("hands over before it writes", Design(book=TellsFirst), ("M11 kill -9",), "handed over"),
)


def ended(name: str, design: Design) -> Iterator[Ended]:
    return (carry_out(run, design) for run in cell_named(name).runs())


@pytest.mark.parametrize("wrong", DESIGNS, ids=[wrong.name for wrong in DESIGNS])
def test_a_wrong_design_fails_and_says_why(wrong: Wrong) -> None:
    outcomes = (outcome for name in wrong.cells for outcome in ended(name, wrong.design))
    assert any(wrong.complaint in line for outcome in outcomes for line in outcome.wrong)


@pytest.mark.parametrize("name", sorted({name for wrong in DESIGNS for name in wrong.cells}))
def test_the_product_passes_the_same_cells(name: str) -> None:
    for outcome in ended(name, THE_PRODUCT):
        assert outcome.wrong == (), outcome.run.name


def cell_named(name: str) -> Cell:
    (cell,) = (cell for cell in CELLS if cell.name == name)
    return cell


def test_a_fault_that_meets_nothing_is_a_failure() -> None:
    """Else a table of faults that never happen would be green."""

    def strike(case: Case) -> None:
        case.next_messages(reply_lost, 1, lambda message: message.infno == "9002")

    cell = cell_named("M5 reply lost")
    (run, *_) = replace(cell, fault=replace(cell.fault, strike=strike)).runs()
    assert carry_out(run).wrong == ("the fault struck nothing",)


def test_a_moment_that_never_comes_is_a_failure() -> None:
    cell = cell_named("M5 reply lost")
    never = replace(cell.moment, fits=lambda crossing, keys: False)
    (run, *_) = replace(cell, moment=never).runs()
    assert carry_out(run).wrong == ("the moment was never reached",)
