"""One till.  The screen, the headless command and the tests all drive this object.

There is room for one command.  One task obeys it and owns the sale on the counter; a second one
undoes cancelled and refunded sales behind the next customer; a third tells the platform of goods
that were sold.  A sale belongs to exactly one of the
two at any time, and nobody outside can cancel either in mid-charge.  A scan made while money moves
is refused, not kept: it must not open the next customer's sale.
"""

from __future__ import annotations

import asyncio

from terminal.checkout.book import Book, Subscriber
from terminal.checkout.goods import GoodsTelling
from terminal.checkout.obeying import Obeying
from terminal.checkout.settling import Settling
from terminal.checkout.setup import Setup
from terminal.checkout.waiting import until
from terminal.sale.commands import Command
from terminal.sale.events import (
    CancelRequested,
    ChargeUnknown,
    ClockApart,
    ConfirmationLapsed,
    Entry,
    KeysAgeing,
    Notice,
    Refused,
)
from terminal.sale.goods import QueuedRow
from terminal.sale.sale import Sale, Status
from terminal.sale.steps import Phase, phase
from terminal.voucher import reasons
from terminal.voucher.keys import Freshness

CLOCK_APART_SECONDS = 30
"""Beyond this the clerk is told; a voucher lives for twice as long."""


class Checkout:
    def __init__(self, setup: Setup) -> None:
        self._book = Book(setup.journal, setup.disk)
        self._platform = setup.platform
        self._clock = setup.clock
        self._reception = setup.reception
        self._cancel_after_restart = setup.cancel_after_restart
        self._warned: set[Notice] = set()
        self._settling = Settling(
            self._book,
            setup.platform,
            setup.profile,
            setup.rule,
            setup.clock,
            setup.new_sale_id,
        )
        self._goods = GoodsTelling(setup, self._book)
        self._obeying = Obeying(setup, self._book, self._look_again, self._want_undo)
        self.rule = setup.rule
        self._command: Command | None = None
        self._arrived = asyncio.Event()
        self._undo_wanted = asyncio.Event()
        self._serving = True
        self._undoing = True
        self._quiet = asyncio.Event()

    # -- for whoever stands in front of it

    @property
    def sale(self) -> Sale | None:
        """The sale on the counter.  A sale that is being undone has left it."""
        return self._book.counter

    @property
    def last(self) -> Sale | None:
        """The sale settled latest; its slip can be printed again."""
        return self._book.last

    @property
    def unprinted(self) -> Sale | None:
        """The sale settled latest before this start, where no slip of it left the till: the one
        at which the power may have failed."""
        return self._book.unprinted

    @property
    def open(self) -> list[Sale]:
        """Everything that is not final, sales being cancelled or refunded included."""
        return list(self._book.open.values())

    @property
    def held(self) -> list[Sale]:
        """The sales put aside, oldest first; they are not final."""
        return self._book.held

    @property
    def refused_goods(self) -> list[QueuedRow]:
        """The rows of goods that the platform refuses; the sales stand all the same."""
        return self._goods.refused

    @property
    def phase(self) -> Phase:
        return phase(self.sale, self.rule)

    @property
    def busy(self) -> bool:
        """Whether a command given now would be refused."""
        return self._serving or self._command is not None

    @property
    def moving_money(self) -> bool:
        """Whether the sale on the counter is being charged, or waits for an answer to a charge."""
        return self.phase in (Phase.CHARGING, Phase.WAITING)

    def subscribe(self, callback: Subscriber) -> None:
        """From now on `callback(what happened, the sale it happened to)`, in order, in the loop."""
        self._book.subscribe(callback)

    def tell(self, notice: Notice) -> None:
        """Passes on what only others can know, such as a lost scanner."""
        self._book.tell(notice)

    def do(self, command: Command) -> None:
        """Takes a command, or tells Refused.  Returns at once; `idle` waits for the effect."""
        if self.busy:
            self.tell(Refused("busy"))
        else:
            self._command = command
            self._quiet.clear()
            self._arrived.set()

    async def do_in_turn(self, command: Command) -> None:
        """Waits until the till is free, then takes the command.  For what must not be refused
        as busy; never for a scan made while money moves."""
        while self.busy:
            await self.idle()
        self.do(command)

    async def idle(self) -> None:
        """Waits until nothing is being done.  A wait for the next try counts as nothing."""
        await self._quiet.wait()

    async def find(self, sale_id: str) -> Sale | None:
        """A sale of this journal by its number, open or closed; None where there is none."""
        return await self._book.find(sale_id)

    async def everything(self) -> list[Entry]:
        """The whole journal, oldest first: for audits."""
        return await self._book.everything()

    # -- the till

    async def run(self) -> None:
        """Serves until cancelled.  Raises JournalError when the disk refuses, also a write that was
        under way when it was cancelled; then the process must end, and its next start goes on from
        what was written."""
        await self._recover()
        duties = (self._serve(), self._undo(), self._goods.run())
        workers = [asyncio.create_task(duty) for duty in duties]
        try:
            await asyncio.wait(workers, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.wait(workers)
            self._book.close()
            errors = [worker.exception() for worker in workers if not worker.cancelled()]
            for error in filter(None, errors):
                raise error

    async def sign_in(self) -> str:
        """9001, at the start of a shift.  "" when signed in, else why not, in the platform's words
        or as a code; a notice says it too."""
        return await self._obeying.sign_in()

    async def _recover(self) -> None:
        """What was intended may have been sent: nothing is sent again, everything is asked."""
        for sale_id, sale in list(self._book.open.items()):
            for tender in sale.tenders:
                if tender.status is Status.INTENDED:
                    await self._book.record(sale_id, ChargeUnknown(tender.key, "restart"))
            # Paid in full, there is nothing left to agree to: it only has to be closed.
            if self._book.open[sale_id].confirmed and self._book.open[sale_id].due_fen:
                await self._book.record(sale_id, ConfirmationLapsed("restart"))
            if self._cancel_after_restart and sale.tenders and not sale.undoing:
                await self._book.record(sale_id, CancelRequested("restart"))

    async def _serve(self) -> None:
        """The counter: one command at a time, and what follows from it."""
        while True:
            self._serving = True
            self._quiet.clear()
            command, self._command = self._command, None
            self._arrived.clear()
            if command is not None:
                await self._obeying.obey(command)
            if sale := self.sale:
                await self._settling.advance(sale.sale_id)
            self._warn()
            self._serving = False
            self._hush()
            at_counter = [self.sale] if self.sale else []
            await until(self._arrived, self._settling.next_due(at_counter), self._clock)

    async def _undo(self) -> None:
        """Behind the counter: cancelled and refunded sales, until their money is back."""
        while True:
            self._undoing = True
            self._quiet.clear()
            self._undo_wanted.clear()
            for sale in self._book.undoing:
                await self._settling.advance(sale.sale_id)
            self._undoing = False
            self._hush()
            await until(self._undo_wanted, self._settling.next_due(self._book.undoing), self._clock)

    def _warn(self) -> None:
        """Tells what somebody should see to, once for each thing until it is put right."""
        apart = self._platform.clock_ahead_seconds
        warnings: set[Notice] = set()
        if abs(apart) > CLOCK_APART_SECONDS:
            warnings.add(ClockApart(round(apart / CLOCK_APART_SECONDS) * CLOCK_APART_SECONDS))
        try:
            state = self._reception.trust.require(self._clock.now())
        except reasons.VoucherRefused:
            # Each code shown is refused by that name.
            state = Freshness.FRESH
        if state is not Freshness.FRESH:
            warnings.add(KeysAgeing(state.value))
        for warning in warnings - self._warned:
            self.tell(warning)
        self._warned = warnings

    def _look_again(self) -> None:
        self._settling.look_again()
        self._goods.look_again()

    def _want_undo(self) -> None:
        self._quiet.clear()
        self._undo_wanted.set()

    def _hush(self) -> None:
        """Lets `idle` go when neither worker has anything to do."""
        if not (self.busy or self._undoing or self._undo_wanted.is_set()):
            self._quiet.set()
