"""Wrong designs in what is durable before what, and in the rules of a sale; and the bugs the
simulation found, so that they are found again should they come back."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

from terminal.checkout import book, settling, till
from terminal.journal import Journal
from terminal.sale import evolve as rules
from terminal.sale.commands import Cancel, Command
from terminal.sale.events import (
    Account,
    CancelRequested,
    ChargeDeclined,
    ChargeIntended,
    ConfirmationLapsed,
    Decline,
    Entry,
    Event,
    SaleRefunded,
    SaleSettled,
    VoucherAccepted,
)
from terminal.sale.money import NOTHING
from terminal.sale.sale import Sale, Status
from terminal.sale.steps import Ask, Close, Intend, next_step
from terminal.settlement import wire
from tests.simulation.mutation import mutant, no_questions_asked, set_

# -- what is durable before what


@mutant()
def intent_written_after_sending() -> Iterator[None]:
    original = book.Book.record_each

    async def record_each(
        self: book.Book, *changes: tuple[str, Event], closed: Sale | None = None
    ) -> None:
        held: dict[str, Event] = self.__dict__.setdefault("_held", {})
        if len(changes) == 1 and isinstance(changes[0][1], ChargeIntended):
            sale_id, event = changes[0]
            held[sale_id] = event
            self._apply(rules.evolve(self.open[sale_id], sale_id, event))
            return
        for sale_id in {sale_id for sale_id, _ in changes} & held.keys():
            event = held.pop(sale_id)
            entry = Entry(sale_id, self.open[sale_id].version, event)
            await self._disk.run(lambda: self._journal.append(entry))  # noqa: B023
        await original(self, *changes, closed=closed)

    with set_(book.Book, "record_each", record_each):
        yield


@mutant()
def start_up_ignores_intent() -> Iterator[None]:
    original = till.Checkout._recover

    async def recover(self: till.Checkout) -> None:
        for sale_id, sale in list(self._book.open.items()):
            for tender in sale.tenders:
                if tender.status is Status.INTENDED:
                    forgotten = ChargeDeclined(tender.key, Decline.UNREACHABLE, NOTHING, "")
                    await self._book.record(sale_id, forgotten)
        await original(self)

    with set_(till.Checkout, "_recover", recover):
        yield


@mutant()
def goods_before_the_durable_write() -> Iterator[None]:
    original = book.Book.record_each

    async def record_each(
        self: book.Book, *changes: tuple[str, Event], closed: Sale | None = None
    ) -> None:
        for sale_id, event in changes:
            if isinstance(event, SaleSettled):
                self.tell(event, rules.evolve(self.open[sale_id], sale_id, event))
        await original(self, *changes, closed=closed)

    with set_(book.Book, "record_each", record_each):
        yield


@mutant()
def kept_goods_written_later() -> Iterator[None]:
    """What a partial refund leaves is put on the counter in a second write."""
    original = book.Book.record_each

    async def record_each(
        self: book.Book, *changes: tuple[str, Event], closed: Sale | None = None
    ) -> None:
        if isinstance(changes[0][1], SaleRefunded) and len(changes) > 1:
            await original(self, changes[0], closed=closed)
            changes = changes[1:]
        await original(self, *changes, closed=closed)

    with set_(book.Book, "record_each", record_each):
        yield


# -- what the rules of a sale forbid


@mutant()
def no_compare_and_set() -> Iterator[None]:
    """A cancellation is obeyed at once, by whoever hears it, and the last writer wins."""
    original, record = till.Checkout.do, book.Book.record_each
    original_apply = book.Book._apply

    def do(self: till.Checkout, command: Command) -> None:
        sale = self.sale
        if isinstance(command, Cancel) and self.busy and sale and sale.tenders:
            self.__dict__["_at_once"] = settling_task(self, command.reason)
        else:
            original(self, command)

    def settling_task(self: till.Checkout, reason: str) -> Any:
        return asyncio.get_running_loop().create_task(self._obeying._cancel(reason))

    async def record_each(
        self: book.Book, *changes: tuple[str, Event], closed: Sale | None = None
    ) -> None:
        ever: dict[str, Sale] = self.__dict__.setdefault("_ever", {})
        stale = closed or ever.get(changes[0][0])
        await record(self, *changes, closed=stale if changes[0][0] not in self.open else closed)

    def apply(self: book.Book, sale: Sale) -> None:
        self.__dict__.setdefault("_ever", {})[sale.sale_id] = sale
        original_apply(self, sale)

    with (
        set_(till.Checkout, "do", do),
        set_(book.Book, "record_each", record_each),
        set_(book.Book, "_apply", apply),
        no_questions_asked(),
    ):
        yield


@mutant()
def done_without_the_cash() -> Iterator[None]:
    original = next_step

    def step(sale: Sale, rule: Any) -> Any:
        following = original(sale, rule)
        if following is None and sale.confirmed and sale.standing and sale.due_fen > 0:
            return Close()
        return following

    with set_(settling, "next_step", step), no_questions_asked():
        yield


@mutant("terminal-falls-back")
def mutual_aid_while_personal_is_unknown() -> Iterator[None]:
    original = next_step

    def step(sale: Sale, rule: Any) -> Any:
        following = original(sale, rule)
        asked = {tender.account for tender in sale.tenders}
        if (
            isinstance(following, Ask)
            and following.tender.account is Account.PERSONAL
            and Account.MUTUAL_AID not in asked
            and sale.confirmed
        ):
            return Intend(Account.MUTUAL_AID, sale.due_fen)
        return following

    with set_(settling, "next_step", step), no_questions_asked():
        yield


@mutant()
def no_replay_guard() -> Iterator[None]:
    original = Journal._reserve

    def reserve(self: Journal, entry: Entry) -> None:
        if not isinstance(entry.event, VoucherAccepted):
            original(self, entry)

    with set_(Journal, "_reserve", reserve):
        yield


# -- bugs the simulation found


@mutant()
def an_answer_that_drips_holds_the_sale() -> Iterator[None]:
    never = SimpleNamespace(timeout=lambda seconds: asyncio.timeout(None))
    with set_(wire, "asyncio", never):
        yield


@mutant(likelier=(("failed sync", 15.0), ("stall", 40.0)))
def written_on_after_a_write_of_unknown_outcome() -> Iterator[None]:
    with set_(Journal, "_writing", Journal._translated):
        yield


@mutant("platform-splits")
def a_settlement_that_differs_goes_on_unasked() -> Iterator[None]:
    with set_(settling, "foreseen", lambda sale, account, split: split):
        yield


@mutant(likelier=(("stop", 12.0), ("stall", 40.0), ("failed sync", 15.0)))
def the_end_of_the_last_write_is_lost() -> Iterator[None]:
    """A till that is stopped in a write does not look how it ended."""

    async def run(self: till.Checkout) -> None:
        await self._recover()
        workers = [asyncio.create_task(self._serve()), asyncio.create_task(self._undo())]
        try:
            done, _ = await asyncio.wait(workers, return_when=asyncio.FIRST_COMPLETED)
            for worker in done:
                worker.result()
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.wait(workers)
            self._book.close()

    with set_(till.Checkout, "run", run):
        yield


@mutant()
def start_up_cancels_a_refund() -> Iterator[None]:
    original = till.Checkout._recover

    async def recover(self: till.Checkout) -> None:
        await original(self)
        for sale_id, sale in list(self._book.open.items()):
            if self._cancel_after_restart and sale.tenders and not sale.cancelling:
                await self._book.record(sale_id, CancelRequested("restart"))

    with set_(till.Checkout, "_recover", recover):
        yield


@mutant(likelier=(("crash after write", 15.0),))
def a_paid_sale_is_open_for_changes_after_a_restart() -> Iterator[None]:
    original = till.Checkout._recover

    async def recover(self: till.Checkout) -> None:
        await original(self)
        for sale_id, sale in list(self._book.open.items()):
            if sale.confirmed:
                await self._book.record(sale_id, ConfirmationLapsed("restart"))

    editable = property(lambda sale: not (sale.undoing or sale.confirmed or sale.standing))
    with set_(till.Checkout, "_recover", recover), set_(Sale, "editable", editable):
        yield
