"""One till.  The screen, the headless command and the tests all drive this object.

There is room for one command.  One task obeys it and owns the sale on the counter; a second one
undoes cancelled and refunded sales behind the next customer.  A sale belongs to exactly one of the
two at any time, and nobody outside can cancel either in mid-charge.  A scan made while money moves
is refused, not kept: it must not open the next customer's sale.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from terminal.checkout.book import Book, Subscriber
from terminal.checkout.disk import Disk
from terminal.checkout.reception import Reception
from terminal.checkout.settling import Settling
from terminal.clock import Clock
from terminal.config import Profile
from terminal.journal import Journal, VoucherUsed
from terminal.sale.commands import (
    AddItem,
    Cancel,
    CloseDay,
    Command,
    Confirm,
    LookAgain,
    Present,
    PrintReceipt,
    Quote,
    Refund,
    RemoveLine,
    SetQuantity,
    TakeCash,
)
from terminal.sale.events import (
    CancelRequested,
    CashTaken,
    ChargeUnknown,
    ClockApart,
    ConfirmationLapsed,
    Confirmed,
    Entry,
    Event,
    KeysAgeing,
    LineRemoved,
    Notice,
    PersonIdentified,
    PlatformRefused,
    PlatformSilent,
    QuantitySet,
    Quoted,
    ReceiptPrinted,
    RefundRequested,
    Refused,
    SaleOpened,
    VoucherRefused,
)
from terminal.sale.funding import FundingRule
from terminal.sale.sale import QUANTITY_MAX, Sale, Status
from terminal.sale.steps import (
    Phase,
    phase,
)
from terminal.settlement.client import Platform
from terminal.settlement.outcome import Declined, Person, Unknown
from terminal.voucher import reasons
from terminal.voucher.keys import Freshness

CLOCK_APART_SECONDS = 30
"""Beyond this the clerk is told; a voucher lives for twice as long."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What a till is made of.  Only the composition root builds one."""

    journal: Journal
    platform: Platform
    profile: Profile
    rule: FundingRule
    reception: Reception
    clock: Clock
    disk: Disk
    new_sale_id: Callable[[], str]
    cancel_after_restart: bool
    """True: a sale interrupted half paid is undone; False: the clerk is asked."""


class Checkout:
    def __init__(self, setup: Setup) -> None:
        self._book = Book(setup.journal, setup.disk)
        self._platform = setup.platform
        self._clock = setup.clock
        self._reception = setup.reception
        self._new_sale_id = setup.new_sale_id
        self._cancel_after_restart = setup.cancel_after_restart
        self._keys_path = setup.profile.keys_path
        self._warned: set[Notice] = set()
        self._settling = Settling(
            self._book,
            setup.platform,
            setup.profile,
            setup.rule,
            setup.clock,
            setup.new_sale_id,
        )
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
        """The sale closed latest by this process; its slip can be printed again."""
        return self._book.last

    @property
    def open(self) -> list[Sale]:
        """Everything that is not final, sales being cancelled or refunded included."""
        return list(self._book.open.values())

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
        """Serves until cancelled.  Raises JournalError when the disk refuses; then the process
        must end, and its next start goes on from what was written."""
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

    async def sign_in(self) -> str:
        """9001, at the start of a shift.  "" when signed in, else why not, in the platform's words
        or as a code; a notice says it too."""
        answer = await self._platform.sign_in()
        if answer is None:
            return ""
        self._tell_failure("sign_in", answer)
        return answer.words if isinstance(answer, Declined) else answer.cause

    async def _recover(self) -> None:
        """What was intended may have been sent: nothing is sent again, everything is asked."""
        for sale_id, sale in list(self._book.open.items()):
            for tender in sale.tenders:
                if tender.status is Status.INTENDED:
                    await self._book.record(sale_id, ChargeUnknown(tender.key, "restart"))
            if self._book.open[sale_id].confirmed:
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
                await self._obey(command)
            if sale := self.sale:
                await self._settling.advance(sale.sale_id)
            self._warn()
            self._serving = False
            self._hush()
            at_counter = [self.sale] if self.sale else []
            await self._wait_for(self._arrived, self._settling.next_due(at_counter))

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
            await self._wait_for(self._undo_wanted, self._settling.next_due(self._book.undoing))

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

    def _hush(self) -> None:
        """Lets `idle` go when neither worker has anything to do."""
        if not (self.busy or self._undoing or self._undo_wanted.is_set()):
            self._quiet.set()

    async def _wait_for(self, event: asyncio.Event, due: float | None) -> None:
        """Until `event` is set or the clock reaches `due`, monotonic seconds."""
        waits = [asyncio.create_task(_set(event))]
        if due is not None:
            delay = max(0.0, due - self._clock.monotonic())
            waits.append(asyncio.create_task(self._clock.sleep(delay)))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    async def _obey(self, command: Command) -> None:
        match command:
            case Present():
                await self._present(command)
            case AddItem(code=code, quantity=quantity):
                await self._take(self._reception.goods(self.sale, code, quantity))
            case RemoveLine(line=line):
                await self._edit(line, LineRemoved(line))
            case SetQuantity(line=line, quantity=quantity):
                if 0 < quantity <= QUANTITY_MAX:
                    await self._edit(line, QuantitySet(line, quantity))
                else:
                    self.tell(Refused("quantity"))
            case Quote():
                await self._quote()
            case Confirm():
                await self._confirm()
            case TakeCash():
                await self._take_cash(command)
            case Cancel(reason=reason):
                await self._cancel(reason)
            case LookAgain():
                self._settling.look_again()
                self._want_undo()
            case PrintReceipt(sale_id=sale_id):
                await self._print(sale_id)
            case Refund():
                await self._refund(command)
            case CloseDay():
                await self._close_day(command)
            case _:
                assert_never(command)

    async def _present(self, scan: Present) -> None:
        """A code from a scanner.  A voucher is reserved, then asked about."""
        now = self._clock.now()
        before = self.sale
        events = self._reception.receive(before, self.last, scan, now)
        if events == VoucherRefused("unknown_key") and await self._fetch_keys(now):
            events = self._reception.receive(before, self.last, scan, now)
        await self._take(events)
        sale = self.sale
        if sale and sale.voucher and (before is None or before.voucher is not sale.voucher):
            await self._identify()
            if self.sale and self.sale.person and self.sale.lines:
                await self._quote()

    async def _fetch_keys(self, now: datetime) -> bool:
        """Whether a newer list of issuers is in use now."""
        trust = self._reception.trust
        if not self._keys_path or not trust.may_fetch(self._clock.monotonic()):
            return False
        data = await self._platform.fetch_keys()
        return isinstance(data, bytes) and trust.offer(data, now)

    async def _take(self, events: tuple[Event, ...] | Notice) -> None:
        """Events that open the sale where there is none yet, or a notice why not."""
        if not isinstance(events, tuple):
            self.tell(events)
            return
        try:
            if sale := self.sale:
                await self._book.record(sale.sale_id, *events)
            else:
                await self._open(events)
        except VoucherUsed:
            self.tell(VoucherRefused("replayed"))

    async def _open(self, events: tuple[Event, ...]) -> None:
        if await self._book.has_room():
            opened = SaleOpened(self._at())
            await self._book.record(self._new_sale_id(), opened, *events)
        else:
            self.tell(Refused("disk_full"))

    async def _edit(self, line: int, event: Event) -> None:
        sale = self.sale
        if sale is None or not sale.editable or sale.line(line) is None:
            self.tell(Refused("not_now" if sale and sale.line(line) else "no_such_line"))
        else:
            await self._book.record(sale.sale_id, event)

    async def _identify(self) -> None:
        sale = self.sale
        assert sale
        answer = await self._platform.identify(sale)
        if isinstance(answer, Person):
            identified = PersonIdentified(
                answer.psn_no,
                answer.insutype,
                answer.region,
                answer.masked_name,
                answer.balance_fen,
            )
            await self._book.record(sale.sale_id, identified)
        else:
            self._tell_failure("identify", answer)

    async def _quote(self) -> None:
        """Identifies the customer where that has not succeeded yet, then asks for the split."""
        sale = self.sale
        if sale is None or not sale.lines or sale.total_fen == 0:
            self.tell(Refused("no_goods"))
        elif not sale.editable:
            self.tell(Refused("not_now"))
        elif sale.voucher is None:
            self.tell(Refused("no_voucher"))
        else:
            if sale.person is None:
                await self._identify()
            await self._estimate()

    async def _estimate(self) -> None:
        sale = self.sale
        if sale is None or sale.person is None:
            return
        first = self.rule.order(sale.person.insutype)[0]
        answer = await self._platform.estimate(sale, first)
        if isinstance(answer, Declined | Unknown):
            self._tell_failure("quote", answer)
        else:
            quoted = Quoted(
                sale.total_fen, answer.fund_fen, answer.personal_fen, answer.mutual_aid_fen
            )
            await self._book.record(sale.sale_id, quoted)

    async def _confirm(self) -> None:
        sale = self.sale
        if sale is None or not sale.lines:
            self.tell(Refused("no_goods"))
        elif sale.unresolved:
            self.tell(Refused("unresolved"))
        elif sale.confirmed:
            self.tell(Refused("cash_due"))
        elif sale.quote or sale.standing:
            await self._book.record(sale.sale_id, Confirmed())
        else:
            self.tell(Refused("quote_first" if sale.voucher else "no_voucher"))

    async def _take_cash(self, command: TakeCash) -> None:
        sale = self.sale
        if sale is None or self.phase not in (Phase.CASH_DUE, Phase.REFUSED):
            self.tell(Refused("no_cash_due"))
            return
        tendered = sale.due_fen if command.tendered_fen is None else command.tendered_fen
        if tendered < sale.due_fen:
            self.tell(Refused("too_little_cash"))
        else:
            await self._book.record(sale.sale_id, CashTaken(sale.due_fen, tendered))

    async def _cancel(self, reason: str) -> None:
        if sale := self.sale:
            await self._book.record(sale.sale_id, CancelRequested(reason))
            self._want_undo()
        else:
            self.tell(Refused("nothing_open"))

    def _want_undo(self) -> None:
        self._quiet.clear()
        self._undo_wanted.set()

    async def _refund(self, command: Refund) -> None:
        """All of a settled sale back to where it came from; what is kept is settled anew."""
        sale = await self._book.find(command.sale_id)
        if sale is None:
            self.tell(Refused("no_such_sale"))
        elif not sale.settled:
            self.tell(Refused("already_refunded" if sale.refunding else "not_settled"))
        elif not all(sale.line(number) for number in command.keeps):
            self.tell(Refused("no_such_line"))
        elif len(set(command.keeps)) == len(sale.lines):
            self.tell(Refused("nothing_returned"))
        else:
            keeps = tuple(sorted(set(command.keeps)))
            requested = RefundRequested(command.reason, keeps)
            await self._book.record_each((sale.sale_id, requested), closed=sale)
            self._want_undo()

    async def _close_day(self, command: CloseDay) -> None:
        if self.open and not (command.manager and command.reason):
            self.tell(Refused("open_items"))
        else:
            closed = await self._book.close_day(self._at(), command.manager, command.reason)
            self.tell(closed)

    async def _print(self, sale_id: str) -> None:
        sale = await self._book.find(sale_id)
        if sale is None or not sale.settled:
            self.tell(Refused("no_such_sale"))
        else:
            await self._book.record_each((sale_id, ReceiptPrinted()), closed=sale)

    def _tell_failure(self, question: str, answer: Declined | Unknown) -> None:
        if isinstance(answer, Declined):
            self.tell(PlatformRefused(question, answer.reason, answer.words))
        else:
            self.tell(PlatformSilent(question, answer.cause))

    def _at(self) -> str:
        return self._clock.now().isoformat(timespec="seconds")


async def _set(event: asyncio.Event) -> None:
    await event.wait()
