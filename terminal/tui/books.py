"""Dialogs over what the journal holds: what is open, the sales that ended, a sale to take back."""

from __future__ import annotations

from collections.abc import Callable

from textual.content import Content

from terminal.clock import in_china
from terminal.reports import open_item_lines, refused_goods_lines
from terminal.sale.answers import SaleRow
from terminal.sale.commands import LookAgain
from terminal.sale.events import LineAdded
from terminal.sale.goods import QueuedRow
from terminal.sale.money import Fen, yuan
from terminal.sale.pending import OpenItem, open_items
from terminal.sale.sale import Sale
from terminal.text import visible
from terminal.tui.cells import cut, ends, fit, flow, right
from terminal.tui.desk import Desk
from terminal.tui.entry_dialogs import EntryDialog
from terminal.tui.front import Dialog
from terminal.tui.shares import Payer

NUMBER_DIGITS = 14
"""Of a sale: date 8, till 2, counter 4."""
LIST_ROWS = 9


class OpenDialog(Dialog):
    """Everything that is not final, as it changes."""

    cells_outside = 92

    def headings(self) -> tuple[str, str]:
        count = len(self.desk.checkout.open)
        return self.desk.said("dialog.open", count=count), self.desk.said("dialog.open_keys")

    def sheet_rows(self, cells: int) -> list[Content]:
        checkout = self.desk.checkout
        items = open_items(checkout.open, checkout.rule)
        refused = checkout.refused_goods
        if not items and not refused:
            return [Content(""), Content(self.desk.said("open.nothing")), Content("")]
        rows = [row for item in items for row in (*self._item(item, cells), Content(""))]
        rows += [row for goods in refused for row in (*self._goods(goods, cells), Content(""))]
        return rows[:-1]

    def _goods(self, goods: QueuedRow, cells: int) -> list[Content]:
        what, to_do = refused_goods_lines(goods, self.desk.words)
        rows = [Content.styled(row, "bold $warning") for row in flow(what, cells, 3)]
        return [*rows, *(Content.styled(f"  {row}", "") for row in flow(to_do, cells - 2, 3))]

    def _item(self, item: OpenItem, cells: int) -> list[Content]:
        since, *facts, doing, tell = open_item_lines(item, self.desk.words)
        if wait := self._wait(item.sale_id):
            doing = f"{doing} {wait}"
        rows = [Content.styled(fit(since, cells), "bold $primary")]
        styled = [*((fact, "bold") for fact in facts), (doing, ""), (tell, "$warning")]
        for text, style in styled:
            rows += [Content.styled(f"  {row}", style) for row in flow(text, cells - 2, 3)]
        return rows

    def _wait(self, sale_id: str) -> str:
        """When the till tries again by itself; "" where it is not waiting to."""
        wait = self.desk.told.waits.get(sale_id)
        if wait is None:
            return ""
        seconds = wait.next_in_seconds(self.desk.clock.monotonic())
        return self.desk.said("dialog.open_next", seconds=seconds)

    def take_key(self, key: str, character: str | None) -> None:
        if key in ("enter", "escape", "f6"):
            self.close()
        elif key == "f5":
            self.desk.checkout.do(LookAgain())
        else:
            self.scroll_rows(key)


class HeldDialog(Dialog):
    """The sales put aside: which one comes back to the counter."""

    cells_outside = 78

    def __init__(self, desk: Desk, recall: Callable[[str], None]) -> None:
        super().__init__(desk)
        self._recall, self._chosen = recall, 0

    def headings(self) -> tuple[str, str]:
        return self.desk.said("dialog.held"), self.desk.said("dialog.held_keys")

    def sheet_rows(self, cells: int) -> list[Content]:
        held = self.desk.checkout.held
        self._chosen = max(0, min(self._chosen, len(held) - 1))
        return [self._row(index, sale, cells) for index, sale in enumerate(held)]

    def _row(self, index: int, sale: Sale, cells: int) -> Content:
        opened = in_china(sale.opened_at)
        goods = visible(sale.lines[0].name) + (" …" if len(sale.lines) > 1 else "")
        last = f" {right(yuan(sale.total_fen), 10)}"
        style = "$chosen on $chosen-ground" if index == self._chosen else ""
        text = f" {sale.sale_id[-4:]}  {opened:%H:%M}  {goods}"
        return Content.styled(ends(text, last, cells), style)

    def take_key(self, key: str, character: str | None) -> None:
        held = self.desk.checkout.held
        if key in ("escape", "tab"):
            self.close()
        elif key in ("up", "down"):
            self._chosen += 1 if key == "down" else -1
            self.redraw()
        elif key == "enter" and held:
            self.close()
            self._recall(held[min(self._chosen, len(held) - 1)].sale_id)


class SalesDialog(EntryDialog):
    """The sales that ended, newest first; digits narrow the list to numbers that hold them."""

    chars_max = NUMBER_DIGITS
    cells_outside = 78

    def __init__(
        self,
        desk: Desk,
        sales: tuple[SaleRow, ...],
        find: Callable[[str], None],
        reprint: Callable[[str], None],
    ) -> None:
        super().__init__(desk)
        self._sales, self._find, self._reprint = sales, find, reprint
        self._chosen = 0

    def may_type(self, character: str) -> bool:
        return character in "0123456789"

    def _hits(self) -> list[SaleRow]:
        if self.overflowed:
            return []
        return [sale for sale in self._sales if self.typed in sale.sale_id]

    def entry_changed(self, key: str) -> None:
        steps = {"up": -1, "down": 1, "pageup": -LIST_ROWS, "pagedown": LIST_ROWS}
        if step := steps.get(key, 0):
            self._chosen = max(0, min(len(self._hits()) - 1, self._chosen + step))
        else:
            self._chosen = 0

    def _number(self) -> str:
        """The sale that is meant: the chosen one, else the number typed in full; "" for none."""
        hits = self._hits()
        if hits:
            return hits[self._chosen].sale_id
        whole = len(self.typed) == NUMBER_DIGITS and not self.overflowed
        return self.typed if whole else ""

    def accept(self) -> None:
        if number := self._number():
            self._find(number)

    def take_key(self, key: str, character: str | None) -> None:
        if key == "f9":
            if number := self._number():
                self._reprint(number)
        elif key == "f7":
            self.close()
        else:
            super().take_key(key, character)

    def headings(self) -> tuple[str, str]:
        return self.desk.said("dialog.sales"), self.desk.said("dialog.sales_keys")

    def sheet_rows(self, cells: int) -> list[Content]:
        hits = self._hits()
        rows = [self.field(self.desk.said("dialog.sales_number"), cells), Content("")]
        first = max(0, min(self._chosen - LIST_ROWS + 1, len(hits) - LIST_ROWS))
        for index, sale in enumerate(hits[first : first + LIST_ROWS], start=first):
            style = "$chosen on $chosen-ground" if index == self._chosen else ""
            rows.append(Content.styled(self._row(sale, cells), style))
        if not hits:
            rows.append(Content.styled(self.desk.said("dialog.sales_none"), "$muted"))
        return rows + [Content("")] * (LIST_ROWS + 2 - len(rows))

    def _row(self, sale: SaleRow, cells: int) -> str:
        closed = in_china(sale.closed_at)
        state = "refunded" if sale.refunded else "" if sale.receipts else "unprinted"
        told = self.desk.said(f"dialog.sales_{state}") if state else ""
        name = visible(sale.masked_name) or self.desk.said("dialog.sales_self_pay")
        last = f" {right(yuan(sale.total_fen), 10)} {fit(told, 8)}"
        return ends(f"{sale.sale_id}  {closed:%m-%d %H:%M}  {name}", last, cells)


class RefundDialog(Dialog):
    """One sale of the journal: what was sold, who paid, and what goes back where."""

    cells_outside = 78

    def __init__(
        self,
        desk: Desk,
        sale: Sale,
        refund: Callable[[tuple[int, ...]], None],
        reprint: Callable[[], None],
    ) -> None:
        """refund(numbers of the lines the customer keeps)"""
        super().__init__(desk)
        self.sale, self._refund, self._reprint = sale, refund, reprint
        self._kept: set[int] = set()
        self._chosen = 0

    def agreed_to(self) -> object:
        return ("refund", self.sale.sale_id, frozenset(self._kept))

    def headings(self) -> tuple[str, str]:
        title = self.desk.said("dialog.refund", number=self.sale.sale_id)
        keys = "dialog.refund_keys" if self.sale.settled else "dialog.refund_closed_keys"
        return title, self.desk.said(keys)

    def sheet_rows(self, cells: int) -> list[Content]:
        rows = [Content.styled(cut(self._who(), cells), "$muted"), Content("")]
        rows += [self._line(i, line, cells) for i, line in enumerate(self.sale.lines)]
        rows.append(Content(""))
        if not self.sale.settled:
            state = "refunded" if self.sale.refunding else "not_settled"
            return [*rows, Content.styled(self.desk.said(f"dialog.refund_{state}"), "bold $error")]
        return [*rows, *self._where_to(cells), *self._kept_anew(cells)]

    def _who(self) -> str:
        sale, desk = self.sale, self.desk
        at = in_china(sale.closed_at or sale.opened_at)
        kind = desk.said("dialog.sales_self_pay")
        if sale.person:
            kind = desk.words.say_code("insutype", visible(sale.person.insutype, 6))
        return f"{at:%Y-%m-%d %H:%M}  {visible(sale.masked_name)} {kind}"

    def _line(self, index: int, line: LineAdded, cells: int) -> Content:
        kept = line.line in self._kept
        mark = self.desk.said("dialog.refund_keeps" if kept else "dialog.refund_returns")
        last = f" × {line.quantity}{right(yuan(line.amount_fen), 10)}"
        style = "$muted" if kept else "bold"
        if index == self._chosen and self.sale.settled:
            style = "$chosen on $chosen-ground"
        return Content.styled(ends(f" {mark}  {visible(line.name)}", last, cells), style)

    def _where_to(self, cells: int) -> list[Content]:
        sale = self.sale
        shares = {
            Payer.FUND: sale.split.fund_fen,
            Payer.PERSONAL: sale.split.personal_fen,
            Payer.MUTUAL_AID: sale.split.mutual_aid_fen,
            Payer.CASH: sale.cash_fen,
        }
        return [self._share(payer, fen, cells) for payer, fen in shares.items() if fen]

    def _share(self, payer: Payer, amount: Fen, cells: int) -> Content:
        target = "cash" if payer is Payer.CASH else "account"
        where = self.desk.said(f"dialog.refund_to_{target}")
        text = f" {fit(self.desk.said(f'payer.{payer}'), 12)}{right(yuan(amount), 10)}  → {where}"
        return Content.styled(cut(text, cells), f"bold ${payer}")

    def _kept_anew(self, cells: int) -> list[Content]:
        kept = [line.amount_fen for line in self.sale.lines if line.line in self._kept]
        if not kept:
            return []
        how = "refund_partly_self_pay" if self.sale.self_pay else "refund_partly"
        told = self.desk.said(f"dialog.{how}", count=len(kept), amount=yuan(Fen(sum(kept))))
        return [Content(""), *(Content.styled(row, "$warning") for row in flow(told, cells, 3))]

    def take_key(self, key: str, character: str | None) -> None:
        lines = self.sale.lines
        if key == "escape":
            self.close()
        elif key in ("up", "down"):
            step = 1 if key == "down" else -1
            self._chosen = max(0, min(len(lines) - 1, self._chosen + step))
            self.redraw()
        elif key == "space" and self.sale.settled and lines:
            self._kept ^= {lines[self._chosen].line}
            self.redraw()
        elif key == "f9":
            self._reprint()
        elif key == "enter" and self.enter_is_meant():
            self.close()
            if self.sale.settled:
                self._refund(tuple(sorted(self._kept)))
