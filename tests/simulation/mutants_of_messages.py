"""Wrong designs in what an answer means, in reversals and in repeats."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import msgspec

from terminal.checkout import settling
from terminal.checkout.patience import Patience
from terminal.sale.events import (
    Account,
    ChargeRepeated,
    Confirmed,
    Decline,
    Split,
)
from terminal.sale.money import NOTHING
from terminal.sale.sale import HOLDING, Sale, Tender
from terminal.settlement import client
from terminal.settlement.messages.pharmacy import Debited
from terminal.settlement.messages.settled import Settlement
from terminal.settlement.nodes import settled
from terminal.settlement.outcome import (
    Accepted,
    Approved,
    Declined,
    Landed,
    Outcome,
    Reversed,
    Unknown,
)
from tests.simulation.mutation import mutant, no_questions_asked, set_

# -- what a charge without an answer is taken for


@mutant()
def new_id_on_time_out() -> Iterator[None]:
    original = settling.Settling._settle

    async def settle(
        self: settling.Settling, sale_id: str, tender: Tender, outcome: Outcome
    ) -> None:
        if isinstance(outcome, Unknown):
            await original(self, sale_id, tender, Declined(Decline.UNREACHABLE))
            if not self._book.open[sale_id].undoing:
                await self._book.record(sale_id, Confirmed())
        else:
            await original(self, sale_id, tender, outcome)

    with set_(settling.Settling, "_settle", settle):
        yield


def _answers(wrong: Callable[[Outcome], Outcome], method: str) -> AbstractContextManager[None]:
    original = getattr(client.Platform, method)

    async def answer(self: client.Platform, *arguments: Any) -> Outcome:
        outcome: Outcome = await original(self, *arguments)
        return wrong(outcome)

    return set_(client.Platform, method, answer)


@mutant()
def not_found_is_failed() -> Iterator[None]:
    def wrong(outcome: Outcome) -> Outcome:
        found_nothing = isinstance(outcome, Unknown) and outcome.cause in ("not found", "state 0")
        return Declined(Decline.REFUSED) if found_nothing else outcome

    with _answers(wrong, "ask"):
        yield


@mutant()
def http_5xx_is_declined() -> Iterator[None]:
    def wrong(outcome: Outcome) -> Outcome:
        gateway = isinstance(outcome, Unknown) and outcome.cause.startswith("HTTP 5")
        return Declined(Decline.REFUSED) if gateway else outcome

    with _answers(wrong, "submit"):
        yield


@mutant()
def cut_connection_is_declined() -> Iterator[None]:
    def wrong(outcome: Outcome) -> Outcome:
        cut = isinstance(outcome, Unknown) and outcome.cause == "ReadError"
        return Declined(Decline.UNREACHABLE) if cut else outcome

    with _answers(wrong, "submit"):
        yield


@mutant()
def garbled_is_declined() -> Iterator[None]:
    def wrong(outcome: Outcome) -> Outcome:
        garbled = isinstance(outcome, Unknown) and outcome.cause.startswith("reply")
        return Declined(Decline.REFUSED) if garbled else outcome

    with _answers(wrong, "submit"):
        yield


@mutant()
def refused_is_final_whatever_the_profile_says() -> Iterator[None]:
    original = client.Platform._refusal

    def refusal(self: client.Platform, reply: Any) -> Outcome:
        outcome = original(self, reply)
        return Declined(Decline.REFUSED) if isinstance(outcome, Unknown) else outcome

    with set_(client.Platform, "_refusal", refusal):
        yield


@mutant()
def still_processing_is_declined() -> Iterator[None]:
    def wrong(outcome: Outcome) -> Outcome:
        pending = isinstance(outcome, Unknown) and outcome.cause.startswith("pending")
        return Declined(Decline.REFUSED) if pending else outcome

    with _answers(wrong, "submit"):
        yield


# -- reversals


@mutant()
def reversed_under_a_wrong_id() -> Iterator[None]:
    original = client.Platform.reverse

    async def reverse(self: client.Platform, sale: Sale, tender: Tender) -> Any:
        return await original(self, sale, replace(tender, key=tender.reversal_key))

    with set_(client.Platform, "reverse", reverse):
        yield


@mutant()
def reversal_tried_once() -> Iterator[None]:
    original = settling.Settling._reverse

    async def reverse(self: settling.Settling, sale: Sale, tender: Tender) -> bool:
        if not await original(self, sale, tender):
            await self._reversed(sale, tender)
        return True

    with set_(settling.Settling, "_reverse", reverse):
        yield


@mutant()
def not_found_on_reversal_is_done() -> Iterator[None]:
    with set_(client.Platform, "_taken_at_its_word", lambda self: Reversed()):
        yield


@mutant()
def waits_half_the_flight_time() -> Iterator[None]:
    original = client.Platform._taken_at_its_word
    tries: dict[int, int] = {}

    def believed(self: client.Platform) -> Any:
        tries[id(self)] = tries.get(id(self), 0) + 1
        answer = original(self)
        second = isinstance(answer, Accepted) and tries[id(self)] % 2 == 0
        return Reversed() if second else answer

    waited = Patience

    def sooner(began: float, due: float, tries: int = 0) -> Patience:
        return waited(began, min(due, began + 30.0), tries)

    with (
        set_(client.Platform, "_taken_at_its_word", believed),
        set_(settling, "Patience", sooner),
    ):
        yield


@mutant()
def a_landed_charge_counts_as_reversed() -> Iterator[None]:
    original = client.Platform.reverse

    async def reverse(self: client.Platform, sale: Sale, tender: Tender) -> Any:
        result = await original(self, sale, tender)
        return Reversed() if isinstance(result, Landed) else result

    with set_(client.Platform, "reverse", reverse):
        yield


@mutant(likelier=(("request late", 6.0), ("busy", 3.0)))
def late_good_answer_accepted() -> Iterator[None]:
    """While a charge is being reversed somebody asks once more, and believes the yes."""
    original = settling.Settling._reverse

    async def reverse(self: settling.Settling, sale: Sale, tender: Tender) -> bool:
        done = await original(self, sale, tender)
        still = self._book.open[sale.sale_id].tender(tender.key)
        if done or sale.undoing or still is None or still.settlement_id:
            return done
        outcome = await self._platform.ask(sale, tender)
        if isinstance(outcome, Approved):
            await self._settle(sale.sale_id, tender, outcome)
            return True
        return False

    with set_(settling.Settling, "_reverse", reverse), no_questions_asked():
        yield


@mutant()
def reversal_with_a_new_id_each_time() -> Iterator[None]:
    """The id under which a refund or a reversal goes out is made anew on every try."""
    original = client.Platform._reversal

    def reversal(self: client.Platform, infno: str, node: Any, sale: Sale, tender: Tender) -> Any:
        anew = replace(tender, reversal_key=self.new_msgid())
        return original(self, infno, node, sale, anew)

    with set_(client.Platform, "_reversal", reversal):
        yield


@mutant("terminal-falls-back")
def one_leg_forgotten_on_cancel() -> Iterator[None]:
    def standing(sale: Sale) -> Tender | None:
        held = [t for t in reversed(sale.tenders) if t.status in HOLDING]
        return next((t for t in held if not (sale.undoing and t.account is Account.FUND)), None)

    with set_(Sale, "standing", property(standing)):
        yield


@mutant("terminal-falls-back")
def undone_in_the_order_of_charging() -> Iterator[None]:
    def standing(sale: Sale) -> Tender | None:
        return next((t for t in sale.tenders if t.status in HOLDING), None)

    with set_(Sale, "standing", property(standing)):
        yield


# -- repeats and sums


@mutant()
def repeated_without_a_promise() -> Iterator[None]:
    def may_repeat(self: settling.Settling, tender: Tender) -> bool:
        return tender.key in self._requests and tender.repeats < settling.REPEATS_MAX

    with set_(settling.Settling, "_may_repeat", may_repeat):
        yield


@mutant()
def repeated_without_writing_it_down() -> Iterator[None]:
    async def learn(self: settling.Settling, sale: Sale, tender: Tender) -> Outcome:
        outcome = await self._platform.ask(sale, tender)
        if isinstance(outcome, Unknown) and self._may_repeat(tender):
            outcome = await self._platform.submit(self._requests[tender.key], sale, tender)
        return outcome

    with set_(settling.Settling, "_learn", learn):
        yield


@mutant()
def a_repeat_that_never_left_counts_as_declined() -> Iterator[None]:
    async def learn(self: settling.Settling, sale: Sale, tender: Tender) -> Outcome:
        outcome: Outcome = Unknown("not asked")
        if self._capabilities.query_by_own_id:
            outcome = await self._platform.ask(sale, tender)
        if isinstance(outcome, Unknown) and self._may_repeat(tender):
            await self._book.record(sale.sale_id, ChargeRepeated(tender.key))
            outcome = await self._platform.submit(self._requests[tender.key], sale, tender)
        return outcome

    with set_(settling.Settling, "_learn", learn):
        yield


@mutant("terminal-falls-back")
def sums_of_a_debit_not_checked() -> Iterator[None]:
    def lenient(info: Debited, tender: Tender) -> Outcome:
        paid = info.pay_amt or NOTHING
        own = tender.account is Account.PERSONAL
        part = Split(personal_fen=paid) if own else Split(mutual_aid_fen=paid)
        return Approved(info.trns_id, "", part, None)

    with set_(client, "debited", lenient):
        yield


@mutant()
def settlement_of_another_message_believed() -> Iterator[None]:
    original = settled

    def believing(told: Settlement, sale: Any, tender: Tender) -> Outcome:
        info = msgspec.structs.replace(told.setlinfo, medins_setl_id="")
        anybodys = msgspec.structs.replace(told, setlinfo=info)
        return original(anybodys, SimpleNamespace(total_fen=info.medfee_sumamt), tender)  # type: ignore[arg-type]  # the sale is what the reply says

    with set_(client, "settled", believing):
        yield
