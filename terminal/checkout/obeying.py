"""Obeys commands: what a clerk, a scanner or a script asked for becomes events, or a refusal.

One rule: one command at a time, and nothing here charges; the money follows from `next_step`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import assert_never

from terminal.checkout.book import Book
from terminal.checkout.customer import Customer
from terminal.checkout.patience import Seldom
from terminal.checkout.reconciling import Reconciling
from terminal.checkout.setup import Setup
from terminal.checkout.shown import ToDecode
from terminal.journal import BoxSold, VoucherUsed
from terminal.receipt import slip_number
from terminal.sale.answers import SaleFound, SalesListed
from terminal.sale.commands import (
    LISTED_MAX,
    AddItem,
    Cancel,
    CloseDay,
    Command,
    Confirm,
    FindSale,
    Hold,
    ListSales,
    LookAgain,
    Present,
    PrintReceipt,
    Quote,
    ReadDay,
    Recall,
    Reconcile,
    Refund,
    RemoveLine,
    SellForCash,
    SetQuantity,
    ShowCard,
    TakeCash,
)
from terminal.sale.events import (
    BoxKnown,
    CancelRequested,
    CashTaken,
    Confirmed,
    Event,
    LineRemoved,
    Notice,
    QuantitySet,
    ReceiptPrinted,
    RefundRequested,
    Refused,
    SaleHeld,
    SaleOpened,
    SaleRecalled,
    SelfPayAgreed,
    VoucherRefused,
)
from terminal.sale.sale import QUANTITY_MAX
from terminal.sale.steps import Phase, phase
from terminal.settlement.outcome import Declined
from terminal.voucher.reasons import OF_TIME

COMPARE_EVERY_SECONDS = 300.0
"""However many codes are refused for their time."""
HELD_MAX = 20
"""More sales put aside than a counter has room for boxes."""


class Obeying:
    def __init__(
        self, setup: Setup, book: Book, look_again: Callable[[], None], undo: Callable[[], None]
    ) -> None:
        """look_again()  asks now about whatever is open
        undo()           wakes whoever undoes cancelled and refunded sales
        """
        self._book, self._platform = book, setup.platform
        self._reception, self._rule = setup.reception, setup.rule
        self._clock, self._new_sale_id = setup.clock, setup.new_sale_id
        self._keys_path = setup.profile.keys_path
        self._reconciling = Reconciling(
            book.read, setup.platform, setup.profile, setup.message_ids, setup.clock
        )
        self._customer = Customer(setup, book, self._take)
        self._boxes_required = setup.trace_codes_required
        self._look_again, self._undo = look_again, undo
        self._comparisons = Seldom(COMPARE_EVERY_SECONDS)

    async def obey(self, command: Command) -> None:
        match command:
            case Present():
                await self._present(command)
            case ShowCard():
                await self._customer.show_card(command)
            case AddItem(code=code, quantity=quantity):
                counter, now = self._book.counter, self._clock.now()
                await self._take(self._reception.goods(counter, code, quantity, now))
            case RemoveLine(line=line):
                await self._edit(line, LineRemoved(line))
            case SetQuantity(line=line, quantity=quantity):
                sale = self._book.counter
                if not 0 < quantity <= QUANTITY_MAX:
                    self._book.tell(Refused("quantity"))
                elif sale and quantity < sale.boxes_of(line):
                    self._book.tell(Refused("boxes_scanned"))
                else:
                    await self._edit(line, QuantitySet(line, quantity))
            case Quote():
                await self._customer.quote()
            case Confirm():
                await self._confirm()
            case TakeCash():
                await self._take_cash(command)
            case SellForCash():
                await self._sell_for_cash(command)
            case Cancel(reason=reason):
                await self._cancel(reason)
            case LookAgain():
                self._look_again()
                self._undo()
            case PrintReceipt(sale_id=sale_id):
                await self._print(sale_id)
            case Refund():
                await self._refund(command)
            case Hold():
                await self._hold()
            case Recall(sale_id=sale_id):
                await self._recall(sale_id)
            case ListSales(count=count):
                rows = await self._book.latest(max(1, min(count, LISTED_MAX)))
                self._book.tell(SalesListed(rows))
            case FindSale(sale_id=sale_id):
                await self._find(sale_id)
            case ReadDay(on_paper=on_paper):
                day = await self._book.read_day(self._at())
                self._book.tell(replace(day, on_paper=on_paper))
            case Reconcile():
                self._book.tell(await self._reconciling.answer(command))
            case CloseDay():
                await self._close_day(command)
            case _:
                assert_never(command)

    async def sign_in(self) -> str:
        """9001.  "" when signed in, else why not, in the platform's words or as a code."""
        answer = await self._platform.sign_in()
        if answer is None:
            return ""
        self._customer.tell_failure("sign_in", answer)
        return answer.words if isinstance(answer, Declined) else answer.cause

    async def _present(self, scan: Present) -> None:
        """A code from a scanner.  A voucher is reserved, then asked about; a slip is looked up."""
        if number := slip_number(scan.payload):
            await self._find(number)
            return
        now = self._clock.now()
        before = self._book.counter
        events = self._reception.receive(before, self._book.last, scan, now)
        if events == VoucherRefused("unknown_key") and await self._fetch_keys(now):
            events = self._reception.receive(before, self._book.last, scan, now)
        if isinstance(events, ToDecode):
            await self._customer.decode(events)
            return
        await self._customer.welcome(events)
        if isinstance(events, VoucherRefused) and events.reason in OF_TIME:
            await self._compare_clocks()

    async def _fetch_keys(self, now: datetime) -> bool:
        """Whether a newer list of issuers is in use now."""
        trust = self._reception.trust
        if not self._keys_path or not trust.fetches.may(self._clock.monotonic()):
            return False
        data = await self._platform.fetch_keys()
        return isinstance(data, bytes) and trust.offer(data, now)

    async def _compare_clocks(self) -> None:
        """Refused for its time: perhaps it is this machine's clock that is wrong, and without a
        message to the platform nobody would ever find out."""
        if self._comparisons.may(self._clock.monotonic()):
            await self._platform.sign_in()

    async def _take(self, events: tuple[Event, ...] | Notice) -> None:
        """Events that open the sale where there is none yet, or a notice why not."""
        if not isinstance(events, tuple):
            self._book.tell(events)
            return
        try:
            if sale := self._book.counter:
                await self._book.record(sale.sale_id, *events)
            else:
                await self._open(events)
        except VoucherUsed:
            self._book.tell(VoucherRefused("replayed"))
        except BoxSold as sold:
            self._book.tell(BoxKnown(sold.code, sold.sale_id, here=False))

    async def _open(self, events: tuple[Event, ...]) -> None:
        if await self._book.has_room():
            opened = SaleOpened(self._at())
            await self._book.record(self._new_sale_id(), opened, *events)
        else:
            self._book.tell(Refused("disk_full"))

    async def _edit(self, line: int, event: Event) -> None:
        sale = self._book.counter
        if sale is None or not sale.editable or sale.line(line) is None:
            self._book.tell(Refused("not_now" if sale and sale.line(line) else "no_such_line"))
        else:
            await self._book.record(sale.sale_id, event)

    async def _confirm(self) -> None:
        sale = self._book.counter
        if sale is None or not sale.lines:
            self._book.tell(Refused("no_goods"))
        elif sale.unresolved:
            self._book.tell(Refused("unresolved"))
        elif sale.confirmed:
            self._book.tell(Refused("cash_due"))
        elif self._boxes_required and sale.editable and sale.missing_boxes:
            self._book.tell(Refused("boxes_missing"))
        elif not (sale.quote or sale.standing):
            self._book.tell(Refused("quote_first" if sale.voucher else "no_voucher"))
        elif self._customer.lacks_proof(sale) and self._customer.would_charge(sale):
            self._book.tell(Refused("show_again"))
        else:
            await self._book.record(sale.sale_id, Confirmed())

    async def _take_cash(self, command: TakeCash) -> None:
        sale = self._book.counter
        if sale is None or phase(sale, self._rule) not in (Phase.CASH_DUE, Phase.REFUSED):
            self._book.tell(Refused("no_cash_due"))
            return
        tendered = sale.due_fen if command.tendered_fen is None else command.tendered_fen
        if tendered < sale.due_fen:
            self._book.tell(Refused("too_little_cash"))
        else:
            await self._book.record(sale.sale_id, CashTaken(sale.due_fen, tendered))

    async def _sell_for_cash(self, command: SellForCash) -> None:
        sale = self._book.counter
        if sale is None or sale.total_fen == 0:
            self._book.tell(Refused("no_goods"))
            return
        tendered = sale.total_fen if command.tendered_fen is None else command.tendered_fen
        if not sale.editable:
            self._book.tell(Refused("not_now"))
        elif tendered < sale.total_fen:
            self._book.tell(Refused("too_little_cash"))
        else:
            taken = CashTaken(sale.total_fen, tendered)
            await self._book.record(sale.sale_id, SelfPayAgreed(), taken)

    async def _cancel(self, reason: str) -> None:
        if sale := self._book.counter:
            await self._book.record(sale.sale_id, CancelRequested(reason))
            self._undo()
        else:
            self._book.tell(Refused("nothing_open"))

    async def _hold(self) -> None:
        sale = self._book.counter
        if sale is None or not sale.lines:
            self._book.tell(Refused("nothing_to_hold"))
        elif not sale.editable:
            self._book.tell(Refused("not_now"))
        elif len(self._book.held) >= HELD_MAX:
            self._book.tell(Refused("too_many_held"))
        else:
            await self._book.record(sale.sale_id, SaleHeld())

    async def _recall(self, sale_id: str) -> None:
        if self._book.counter:
            self._book.tell(Refused("counter_taken"))
        elif all(sale.sale_id != sale_id for sale in self._book.held):
            self._book.tell(Refused("not_held"))
        else:
            await self._book.record(sale_id, SaleRecalled())

    async def _refund(self, command: Refund) -> None:
        """All of a settled sale back to where it came from; what is kept is settled anew."""
        sale = await self._book.find(command.sale_id)
        if sale is None:
            self._book.tell(Refused("no_such_sale"))
        elif not sale.settled:
            self._book.tell(Refused("already_refunded" if sale.refunding else "not_settled"))
        elif not all(sale.line(number) for number in command.keeps):
            self._book.tell(Refused("no_such_line"))
        elif len(set(command.keeps)) == len(sale.lines):
            self._book.tell(Refused("nothing_returned"))
        else:
            keeps = tuple(sorted(set(command.keeps)))
            requested = RefundRequested(command.reason, keeps)
            await self._book.record_each((sale.sale_id, requested), closed=sale)
            self._undo()

    async def _close_day(self, command: CloseDay) -> None:
        if self._book.open and not (command.manager and command.reason):
            self._book.tell(Refused("open_items"))
        else:
            # A platform that does not answer holds up no day end: the report says so.
            reconciliation = await self._reconciling.unreported()
            closed = await self._book.close_day(
                self._at(), command.manager, command.reason, command.counted_fen, reconciliation
            )
            self._book.tell(closed)

    async def _find(self, sale_id: str) -> None:
        sale = await self._book.find(sale_id)
        if sale is None:
            self._book.tell(Refused("no_such_sale"))
        else:
            self._book.tell(SaleFound(sale_id), sale)

    async def _print(self, sale_id: str) -> None:
        sale = await self._book.find(sale_id)
        if sale is None or not sale.settled:
            self._book.tell(Refused("no_such_sale"))
        else:
            await self._book.record_each((sale_id, ReceiptPrinted()), closed=sale)

    def _at(self) -> str:
        return self._clock.now().isoformat(timespec="seconds")
