"""The counter's screen as one Textual application.

    the till tells  -> `Desk.hear`      -> every screen redraws from the till
    a key           -> the front screen -> `Checkout.do(command)`
    a typed code    -> as from any scanner, whatever is in front

One rule: the screen holds no truth.  It is told what happened, asks the till what is so, and draws
that; taking it away in the middle of anything changes nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import ClassVar, assert_never

from rich.text import Text
from textual import events
from textual.app import App
from textual.message import Message
from textual.screen import Screen
from textual.timer import Timer

from terminal.checkout import Checkout
from terminal.clock import Clock
from terminal.reports import day_report
from terminal.sale.answers import DayRead, Reconciled, SaleFound, SalesListed
from terminal.sale.commands import FindSale, Present, PrintReceipt, Refund
from terminal.sale.events import (
    BoxKnown,
    BoxScanned,
    CodeNotUsable,
    DayClosed,
    Event,
    LineAdded,
    Notice,
    PlatformRefused,
    PlatformSilent,
    ReceiptPrinted,
    Refused,
    SaleOpened,
    SaleRefunded,
    SaleSettled,
    VoucherAccepted,
    VoucherRefused,
)
from terminal.sale.sale import Sale
from terminal.text import Words, visible
from terminal.tui import burst
from terminal.tui.books import RefundDialog, SalesDialog
from terminal.tui.day_dialog import DayDialog
from terminal.tui.demo_controls import DemoControls
from terminal.tui.desk import Desk, Search, ShopFacts
from terminal.tui.dialogs import QuestionDialog
from terminal.tui.entry_dialogs import PeopleDialog
from terminal.tui.front import Dialog, Front
from terminal.tui.paper import DayClosedDialog, RefundedDialog, SlipDialog
from terminal.tui.sale_screen import SaleScreen
from terminal.tui.theme import THEMES
from terminal.tui.widgets.key_bar import KeyBar
from terminal.tui.wording import CALM_REFUSALS

TICK_SECONDS = 0.25
"""How often what runs by itself is drawn: the clock, the countdowns, "asking …"."""
BELL_GAP_SECONDS = 0.18
"""Between the two bells of a refusal: far enough apart to be heard as two."""

SCANS_WAITING_MAX = 8
"""Typed codes that may wait for their turn."""

NEXT_SCAN = (SaleOpened, VoucherRefused, CodeNotUsable)
"""What closes the slip of the sale before."""


class Happened(Message):
    def __init__(self, happened: Event | Notice, sale: Sale | None) -> None:
        super().__init__()
        self.happened, self.sale = happened, sale


class KeySilence(Message):
    """A tick without a key.  It queues behind the keys that came before it."""


class TillApp(App[None]):
    CSS_PATH = Path(__file__).with_name("till.tcss")
    ENABLE_COMMAND_PALETTE = False
    ALLOW_SELECT = False
    AUTO_FOCUS: ClassVar[str | None] = None

    def __init__(
        self,
        checkout: Checkout,
        words: Mapping[str, Words],
        shop: ShopFacts,
        clock: Clock,
        *,
        language: str,
        search: Search,
        on_slip: Callable[[Sale], None] | None = None,
        demo: DemoControls | None = None,
    ) -> None:
        """The screen of one till; `checkout.run()` is somebody else's task in the same loop.

        words     every language by its code; `language` is the one to begin with
        search    goods by code, pinyin initials or name, as `Catalogue.search`
        on_slip   called once for every sale settled while the screen runs, before its slip shows
        demo      None at work; in a demo, the people and the pretend scanner
        """
        super().__init__()
        self.title = shop.name
        self.desk = Desk(checkout, words, language, shop, clock, search, demo)
        self._on_slip = on_slip
        self._reprinting = ""
        """The sale whose slip is asked for again; empty when none is."""
        self._burst = burst.Burst()
        self._silence: Timer | None = None
        """Ticks while keys wait for a verdict; None before the screen is there."""
        self._one_scan = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._keys: dict[str, Callable[[], None]] = {
            "f10": self.ask_to_quit,
            "ctrl+q": self.ask_to_quit,
            "f12": self._switch_language,
            "ctrl+t": self._next_theme,
        }
        self._counter_keys: dict[str, Callable[[], None]] = {
            "f2": self._choose_person,
            "f3": self._scan_boxes,
            "f9": self._reprint,
        }
        """Only where no dialog is in front."""

    def get_default_screen(self) -> Screen[None]:
        return SaleScreen(self.desk)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return dict(THEMES[0].variables)

    def on_mount(self) -> None:
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = THEMES[0].name
        self.desk.checkout.subscribe(self._tell)
        self.set_interval(TICK_SECONDS, self.redraw)
        self._silence = self.set_interval(
            burst.TICK_SECONDS, lambda: self.post_message(KeySilence()), pause=True
        )

    def fail(self, sentence: str) -> None:
        """Ends the screen because the till cannot go on; `sentence` is left on the terminal."""
        self.exit(return_code=1, message=Text(visible(sentence)))

    # -- what the till tells

    def _tell(self, happened: Event | Notice, sale: Sale | None) -> None:
        if self.is_running:
            self.post_message(Happened(happened, sale))

    def on_happened(self, message: Happened) -> None:
        happened, sale = message.happened, message.sale
        self.desk.hear(happened, sale)
        self._ring(happened)
        self._close_what_is_over(happened)
        self._open_answer(happened, sale)
        if isinstance(happened, SaleSettled):
            assert sale
            if self._on_slip:
                self._on_slip(sale)
            self._show_slip(sale)
        if isinstance(happened, ReceiptPrinted) and sale and sale.sale_id == self._reprinting:
            self._reprinting = ""
            self._show_slip(replace(sale, receipts=sale.receipts - 1))
        self.redraw()

    @property
    def _front(self) -> Front | None:
        """What takes the keys; None before there is a screen and after the last has gone."""
        front = self.screen_stack[-1] if self.screen_stack else None
        return front if isinstance(front, Front) else None

    def redraw(self) -> None:
        for screen in self.screen_stack:
            if isinstance(screen, Front):
                screen.redraw()
        if front := self._front:
            self.desk.pace.showing(front.agreed_to(), self.desk.clock.monotonic())

    def _ring(self, happened: Event | Notice) -> None:
        """Once for what was taken, twice for what was not."""
        match happened:
            case VoucherAccepted() | LineAdded() | BoxScanned():
                self.bell()
            case Refused(reason) if reason in CALM_REFUSALS:
                pass
            case (
                Refused()
                | VoucherRefused()
                | CodeNotUsable()
                | BoxKnown()
                | PlatformRefused()
                | PlatformSilent()
            ):
                self.bell()
                self.set_timer(BELL_GAP_SECONDS, self.bell)
            case _:
                pass

    def _close_what_is_over(self, happened: Event | Notice) -> None:
        """The slip at the next scan; a dialog about a sale when that sale has gone."""
        while isinstance(front := self._front, Dialog):
            next_customer = isinstance(front, SlipDialog) and isinstance(happened, NEXT_SCAN)
            settled = isinstance(happened, SaleSettled)
            if not (next_customer or settled or front.has_lost_its_sale):
                return
            front.close()

    def _open_answer(self, happened: Event | Notice, sale: Sale | None) -> None:
        """What was asked of the journal, in front of the counter or of the list it was asked from;
        a slip scanned while something else is being typed opens nothing."""
        desk, checkout = self.desk, self.desk.checkout
        front = self._front
        if isinstance(front, DayDialog) and isinstance(happened, Reconciled):
            front.show(happened.reconciliation)
        if not isinstance(front, SaleScreen | SalesDialog):
            return
        match happened:
            case SalesListed(sales) if isinstance(front, SaleScreen):
                find: Callable[[str], None] = lambda number: checkout.do(FindSale(number))  # noqa: E731
                self.push_screen(SalesDialog(desk, sales, find, self._reprint_sale))
            case SaleFound(sale_id):
                assert sale
                if isinstance(front, SalesDialog):
                    front.close()
                self.push_screen(
                    RefundDialog(
                        desk,
                        sale,
                        lambda keeps: checkout.do(Refund(sale_id, keeps=keeps)),
                        lambda: self._reprint_sale(sale_id),
                    )
                )
            case SaleRefunded() if sale and self._counter_is_free_for(sale):
                self.push_screen(RefundedDialog(desk, sale))
            case DayRead(report, on_paper=False):
                self.push_screen(DayDialog(desk, day_report(report), checkout.do))
            case DayClosed():
                self.push_screen(DayClosedDialog(desk, happened))
            case _:
                pass

    def _counter_is_free_for(self, refunded: Sale) -> bool:
        """Whether no other customer's sale would be covered: what the refund leaves may be."""
        now = self.desk.sale
        return now is None or now.replaces == refunded.sale_id

    def _show_slip(self, sale: Sale) -> None:
        front = self._front
        if isinstance(front, SlipDialog):
            front.close()
        if front:
            number = sale.sale_id
            self.push_screen(SlipDialog(self.desk, sale, lambda: self._reprint_sale(number)))

    # -- keys

    async def on_event(self, event: events.Event) -> None:
        """Every key is taken here, in order, and nothing of Textual's own bindings applies."""
        if isinstance(event, events.Key) and not event.is_forwarded:
            stroke = burst.Stroke(event.key, event.character)
            self._judge_keys(self._burst.press(stroke, event.time))
        else:
            await super().on_event(event)

    @property
    def is_judging_keys(self) -> bool:
        """Whether something was pressed that is not yet known to be typing or a scan."""
        return self._burst.is_holding

    def on_key_silence(self) -> None:
        self._judge_keys(self._burst.tick())

    def _judge_keys(self, verdicts: Sequence[burst.Verdict]) -> None:
        for verdict in verdicts:
            match verdict:
                case burst.Typed(strokes):
                    for stroke in strokes:
                        self._take_key(stroke.key, stroke.character)
                case burst.Scanned(payload):
                    self._scanned(payload)
                case burst.Unfinished(text):
                    self._unfinished(text)
                case burst.Hasty():
                    self.desk.checkout.tell(Refused("too_fast"))
                case never:
                    assert_never(never)
        if self._silence:
            (self._silence.resume if self._burst.is_holding else self._silence.pause)()

    def _scanned(self, payload: bytes) -> None:
        if len(self._tasks) >= SCANS_WAITING_MAX:
            self.desk.checkout.tell(Refused("busy"))
        else:
            self._start(self._present(payload))

    async def _present(self, payload: bytes) -> None:
        """As a scanner's scan, and in the order in which they were typed."""
        checkout = self.desk.checkout
        async with self._one_scan:
            if checkout.moving_money:
                checkout.tell(Refused("busy"))
            else:
                await checkout.do_in_turn(Present(payload, source="keyboard"))

    def _unfinished(self, text: str) -> None:
        """Where a text is typed it may stand, for the clerk to see and agree to; elsewhere not."""
        front = self._front
        if front and 0 < len(text) <= front.text_chars_max:
            for character in text:
                self._take_key("slash" if character == "/" else character, character)
        else:
            self.desk.checkout.tell(Refused("scan_unfinished"))

    def on_key_bar_pressed(self, message: KeyBar.Pressed) -> None:
        character = "/" if message.key == "slash" else None
        self._take_key(message.key, character)

    def _take_key(self, key: str, character: str | None) -> None:
        front = self._front
        at_counter = self._counter_keys if isinstance(front, SaleScreen) else {}
        if action := self._keys.get(key) or at_counter.get(key):
            action()
        elif front:
            front.take_key(key, character)

    def _switch_language(self) -> None:
        self.desk.next_language()
        self.redraw()

    def _next_theme(self) -> None:
        names = [theme.name for theme in THEMES]
        self.theme = names[(names.index(self.theme) + 1) % len(names)]

    async def action_quit(self) -> None:
        self.ask_to_quit()

    def ask_to_quit(self) -> None:
        """Ends the screen, but not while money moves; asks first where a sale is unfinished."""
        checkout = self.desk.checkout
        if checkout.busy or checkout.moving_money:
            checkout.tell(Refused("quit_busy"))
        elif checkout.open:
            if not isinstance(self._front, QuestionDialog):
                count = str(len(checkout.open))
                question = QuestionDialog(
                    self.desk, "quit", "quit", self.exit, pinned_to=None, count=count
                )
                self.push_screen(question)
        else:
            self.exit()

    def _reprint(self) -> None:
        """F9 at the counter: the sale settled latest."""
        checkout = self.desk.checkout
        last = checkout.last
        if last is None or not last.settled:
            checkout.tell(Refused("no_last_sale"))
        else:
            self._reprint_sale(last.sale_id)

    def _reprint_sale(self, sale_id: str) -> None:
        self._reprinting = sale_id
        self.desk.checkout.do(PrintReceipt(sale_id))

    # -- the demo

    def _choose_person(self) -> None:
        if self.desk.demo:
            self.push_screen(PeopleDialog(self.desk, self._show_phone))

    def _show_phone(self, person_id: str | None) -> None:
        demo = self.desk.demo
        assert demo
        self._start(demo.hide() if person_id is None else demo.choose(person_id))

    def _scan_boxes(self) -> None:
        if self.desk.demo:
            self._start(self.desk.demo.scan_boxes())

    def _start(self, doing: Coroutine[object, object, None]) -> None:
        """Lets a scan wait for its turn, and pretend devices act at their own pace."""
        task = asyncio.get_running_loop().create_task(doing)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
