"""The counter: goods on the left, customer and split on the right, the status below.

One rule: it draws what the till says is so, and turns keys into commands; nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from terminal.clock import CHINA
from terminal.sale.commands import (
    AddItem,
    Cancel,
    Command,
    Hold,
    ListSales,
    LookAgain,
    Quote,
    ReadDay,
    Recall,
    RemoveLine,
    SellForCash,
    SetQuantity,
    TakeCash,
)
from terminal.sale.events import LineAdded, Refused
from terminal.sale.money import Fen, yuan
from terminal.sale.sale import Sale
from terminal.tui.books import HeldDialog, OpenDialog
from terminal.tui.card_dialog import CardDialog
from terminal.tui.desk import Desk
from terminal.tui.dialogs import HelpDialog, QuestionDialog
from terminal.tui.entry_dialogs import (
    SEARCH_CHARS_MAX,
    CashDialog,
    QuantityDialog,
    SearchDialog,
)
from terminal.tui.front import Dialog, Front
from terminal.tui.keys import CASH_PHASES, ENTER, KeyCap, key_caps
from terminal.tui.pace import QUIET_SECONDS
from terminal.tui.palette import PaletteDialog
from terminal.tui.widgets.cart import Cart, CartShown
from terminal.tui.widgets.charges import ChargesPanel, ChargesShown
from terminal.tui.widgets.customer import CustomerPanel, CustomerShown
from terminal.tui.widgets.history_panel import HistoryPanel, HistoryShown
from terminal.tui.widgets.key_bar import KeyBar
from terminal.tui.widgets.split import SplitPanel, SplitShown
from terminal.tui.widgets.status import StatusPanel, StatusShown
from terminal.tui.widgets.title import Title, TitleBar
from terminal.tui.wording import at_stake_fen, say


class SaleScreen(Front):
    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._title, self._keys_bar = TitleBar("title"), KeyBar("keys")
        self._cart, self._history = Cart("cart"), HistoryPanel("history")
        self._customer, self._split = CustomerPanel("customer"), SplitPanel("split")
        self._charges, self._status = ChargesPanel("charges"), StatusPanel("status")
        self._selected: int | None = None
        """The line number keys act upon; None: there is no line."""
        self._lines: tuple[LineAdded, ...] = ()
        """As drawn last, to notice new ones."""
        self._keys: dict[str, Callable[[], None]] = {
            "enter": self._enter,
            "f1": lambda: self._open(HelpDialog(desk)),
            "f4": self._ask_quantity,
            "f5": lambda: desk.checkout.do(LookAgain()),
            "f6": lambda: self._open(OpenDialog(desk)),
            "f7": lambda: desk.checkout.do(ListSales()),
            "f8": self._ask_cash,
            "f11": lambda: desk.checkout.do(ReadDay()),
            "ctrl+d": lambda: desk.checkout.do(ReadDay()),
            "delete": self._remove,
            "escape": self._cancel,
            "up": lambda: self._move(-1),
            "down": lambda: self._move(1),
            "tab": self._hold_or_recall,
            "ctrl+p": self._open_palette,
            "ctrl+k": lambda: self._open(CardDialog(desk, desk.checkout.do)),
            "slash": lambda: self._open(SearchDialog(desk, self._add)),
        }

    def compose(self) -> ComposeResult:
        yield self._title
        with Horizontal(id="body"):
            with Vertical(id="left"):
                yield self._cart
                yield self._history
            with Vertical(id="right"):
                yield self._customer
                yield self._split
                yield self._charges
        yield self._status
        yield self._keys_bar

    # -- drawing

    def redraw(self) -> None:
        self._draw_title()
        self._draw_cart()
        self._draw_right()
        self._draw_bottom()

    def _draw_title(self) -> None:
        desk, told = self.desk, self.desk.told
        shop = desk.shop
        where = (
            shop.name,
            desk.said("screen.till", number=f"{shop.till_number:02d}"),
            desk.said("screen.operator", operator=shop.operator),
        )
        if told.lost_scanners:
            scanning = desk.said("screen.scanner_lost", count=len(told.lost_scanners))
        elif told.printer_trouble:
            scanning = desk.said("screen.printer_trouble")
        elif told.last_voucher_at:
            scanning = desk.said("screen.last_voucher", time=_clock(told.last_voucher_at)[:5])
        else:
            scanning = desk.said("screen.no_voucher_yet")
        alarm = bool(told.lost_scanners or told.printer_trouble)
        title = Title("  ".join(where), scanning, alarm, _clock(desk.now()))
        self._title.show(title)

    def _draw_cart(self) -> None:
        desk = self.desk
        sale = desk.shown_sale
        lines, boxes = (sale.lines, sale.boxes) if sale else ((), ())
        if lines != self._lines:
            self._select_after_change(lines)
        chosen = self._selected if desk.sale and desk.sale.editable else None
        self._cart.head(desk.said("screen.cart"), self._background())
        self._cart.set_class(bool(desk.undoing), "-undoing")
        self._cart.show(CartShown(desk.words, lines, chosen, boxes, self._empty_cart()))

    def _select_after_change(self, lines: tuple[LineAdded, ...]) -> None:
        """A new line is selected, and so is the neighbour of one that went."""
        numbers = [line.line for line in lines]
        before = [line.line for line in self._lines]
        self._lines = lines
        if not numbers:
            self._selected = None
        elif numbers[-1] not in before or self._selected is None:
            self._selected = numbers[-1]
        elif self._selected not in numbers:
            index = before.index(self._selected)
            self._selected = numbers[min(index, len(numbers) - 1)]

    def _background(self) -> str:
        """What happens behind the counter, or what was sold last."""
        desk = self.desk
        if desk.undoing:
            amount = yuan(desk.undoing_fen)
            return desk.said("screen.undoing", count=len(desk.undoing), amount=amount)
        if desk.sale and (refunded := desk.told.refunded):
            return desk.said("screen.refunded", cash=yuan(refunded.cash_fen))
        if desk.sale and desk.sale.editable and (missing := desk.sale.missing_boxes):
            return desk.said("screen.boxes_missing", count=missing)
        if held := desk.checkout.held:
            return desk.said("screen.held", count=len(held))
        last = desk.checkout.last
        if desk.sale is None and last and last.settled:
            return desk.said("screen.last_sale", amount=yuan(last.total_fen))
        return ""

    def _empty_cart(self) -> tuple[str, ...]:
        keys = ["screen.empty_cart", "screen.empty_typing"]
        if self.desk.demo:
            keys.append("screen.empty_demo")
        return tuple(self.desk.said(key) for key in keys)

    def _draw_right(self) -> None:
        desk = self.desk
        sale, words = desk.shown_sale, desk.words
        self._customer.head(desk.said("screen.customer"))
        left = sale.voucher.expires_at - desk.now().timestamp() if sale and sale.voucher else 0
        self._customer.show(CustomerShown(words, sale, max(0, int(left))))
        rule = desk.checkout.rule
        insutype = sale.person.insutype if sale and sale.person else "*"
        self._split.head(desk.said("screen.split"), desk.said("screen.rule", source=rule.source))
        self._split.show(SplitShown(words, sale, desk.shown_phase(), rule.order(insutype)))
        self._charges.head(desk.said("screen.charges"))
        self._charges.show(ChargesShown(words, sale.tenders if sale else ()))

    def _draw_bottom(self) -> None:
        desk = self.desk
        words = desk.words
        self._history.head(desk.said("screen.history"))
        self._history.show(HistoryShown(words, tuple(desk.told.history)))
        self._status.show(StatusShown(words, say(desk.scene(), words)))
        self._keys_bar.show(tuple(self._caps()))

    def _caps(self) -> list[KeyCap]:
        desk = self.desk
        last = desk.checkout.last
        return key_caps(
            desk.sale,
            desk.checkout.phase,
            desk.words,
            demo=desk.demo is not None,
            undoing=bool(desk.undoing),
            reprint=bool(last and last.settled),
            held=bool(desk.checkout.held),
        )

    def agreed_to(self) -> object:
        sale = self.desk.sale
        if sale is None:
            return None
        return (sale.sale_id, self.desk.checkout.phase, sale.quote, sale.due_fen)

    # -- keys

    @property
    def text_chars_max(self) -> int:
        return SEARCH_CHARS_MAX

    def take_key(self, key: str, character: str | None) -> None:
        if action := self._keys.get(key):
            action()
        elif character and character.isprintable() and character != " ":
            search = SearchDialog(self.desk, self._add)
            self._open(search)
            search.take_key(key, character)

    def on_cart_chosen(self, message: Cart.Chosen) -> None:
        self._selected = message.line
        self.redraw()

    def _open(self, dialog: Dialog) -> None:
        self.app.push_screen(dialog)

    def _open_palette(self) -> None:
        theme = KeyCap("ctrl+t", "Ctrl+T", self.desk.said("key.theme"))

        def press(key: str) -> None:
            self._keys_bar.post_message(KeyBar.Pressed(key))

        self._open(PaletteDialog(self.desk, [*self._caps(), theme], press))

    def _refuse(self, reason: str) -> None:
        """The till itself says why not, so that every listener hears it."""
        self.desk.checkout.tell(Refused(reason))

    def _enter(self) -> None:
        desk = self.desk
        meant = self.enter_is_meant()
        command = ENTER[desk.checkout.phase]
        if meant or isinstance(command, Quote) or desk.checkout.busy:
            desk.checkout.do(command)
        else:
            self._refuse("too_fast")

    def _selected_line(self) -> tuple[Sale, LineAdded] | None:
        """The line a key acts upon, or None after saying why not."""
        sale = self.desk.sale
        line = sale.line(self._selected) if sale and self._selected is not None else None
        if sale is None or line is None:
            self._refuse("no_line")
        elif not sale.editable:
            self._refuse("not_now")
        else:
            return sale, line
        return None

    def _ask_quantity(self) -> None:
        if found := self._selected_line():
            sale, line = found
            set_quantity = self._on_sale(sale, lambda n: SetQuantity(line.line, n))
            self._open(QuantityDialog(self.desk, sale, line, set_quantity))

    def _remove(self) -> None:
        if found := self._selected_line():
            self.desk.checkout.do(RemoveLine(found[1].line))

    def _ask_cash(self) -> None:
        sale = self.desk.sale
        if sale and self.desk.checkout.phase in CASH_PHASES:
            take = self._on_sale(sale, lambda fen: TakeCash(Fen(fen)))
            self._open(CashDialog(self.desk, sale, take))
        elif sale and sale.editable and sale.total_fen:
            take = self._on_sale(sale, lambda fen: SellForCash(Fen(fen)))
            self._open(CashDialog(self.desk, sale, take, title="self_pay"))
        else:
            self._refuse("no_cash_due")

    def _cancel(self) -> None:
        desk = self.desk
        sale = desk.sale
        if desk.clock.monotonic() - desk.closed_at < QUIET_SECONDS:
            self._refuse("too_fast")
        elif sale is None or not sale.standing or desk.checkout.busy:
            desk.checkout.do(Cancel())
        else:
            cancel = self._on_sale(sale, lambda _: Cancel())
            question = "cancel_unsure" if sale.unresolved else "cancel"
            amount = yuan(at_stake_fen(sale))
            self._open(
                QuestionDialog(
                    desk, "cancel", question, lambda: cancel(0), pinned_to=sale, amount=amount
                )
            )

    def _hold_or_recall(self) -> None:
        """One key: what lies on the counter goes aside; on an empty one, what was put aside."""
        desk = self.desk
        held = desk.checkout.held
        if desk.sale or not held:
            desk.checkout.do(Hold())
        elif len(held) == 1:
            desk.checkout.do(Recall(held[0].sale_id))
        else:
            self._open(HeldDialog(desk, lambda sale_id: desk.checkout.do(Recall(sale_id))))

    def _on_sale(self, sale: Sale, command: Callable[[int], Command]) -> Callable[[int], None]:
        """Does the command, but only while `sale` is still the one on the counter."""

        def act(number: int) -> None:
            now = self.desk.sale
            if now is None or now.sale_id != sale.sale_id:
                self._refuse("nothing_open")
            else:
                self.desk.checkout.do(command(number))

        return act

    def _add(self, code: str) -> None:
        self.desk.checkout.do(AddItem(code))

    def _move(self, step: int) -> None:
        numbers = [line.line for line in self._lines]
        if numbers and self._selected in numbers:
            index = numbers.index(self._selected) + step
            self._selected = numbers[max(0, min(index, len(numbers) - 1))]
            self.redraw()


def _clock(at: datetime) -> str:
    return f"{at.astimezone(CHINA):%H:%M:%S}"
