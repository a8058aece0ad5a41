"""Dialogs that show paper: the slip of a sale, and a day's report."""

from __future__ import annotations

from collections.abc import Callable

from textual.content import Content

from terminal.receipt import WIDTH_58_MM, refund_slip, slip
from terminal.reports import day_lines, day_report
from terminal.sale.events import DayClosed
from terminal.sale.money import Fen, yuan
from terminal.sale.sale import Sale
from terminal.tui.cells import cut
from terminal.tui.desk import Desk
from terminal.tui.front import EDGE_CELLS, Dialog


class PaperDialog(Dialog):
    """A sheet as wide as the paper; Enter and Esc close it."""

    cells_outside = WIDTH_58_MM + EDGE_CELLS

    def take_key(self, key: str, character: str | None) -> None:
        if key == "enter":
            if self.enter_is_meant():
                self.close()
        elif key == "escape":
            self.close()
        else:
            self.scroll_rows(key)


class SlipDialog(PaperDialog):
    """The slip of a settled sale, as the printer would print it."""

    def __init__(self, desk: Desk, sale: Sale, reprint: Callable[[], None]) -> None:
        """sale  settled, as it was before this slip was printed"""
        super().__init__(desk)
        self.sale, self._reprint = sale, reprint

    def agreed_to(self) -> object:
        return ("slip", self.sale.sale_id, self.sale.receipts)

    def headings(self) -> tuple[str, str]:
        return self.desk.said("dialog.slip"), self.desk.said("dialog.slip_keys")

    def sheet_rows(self, cells: int) -> list[Content]:
        lines = slip(self.sale, self.desk.words, self.desk.shop.name, width=WIDTH_58_MM)
        rows = [Content(cut(line, cells)) for line in lines]
        change = Fen(self.sale.tendered_fen - self.sale.cash_fen)
        if change > 0:
            told = self.desk.said("dialog.change", change=yuan(change))
            rows.insert(0, Content.styled(told.center(cells), "bold reverse"))
        return rows

    def take_key(self, key: str, character: str | None) -> None:
        if key == "f9":
            self._reprint()
        else:
            super().take_key(key, character)


class RefundedDialog(PaperDialog):
    """What went back where, with the cash to hand out above it."""

    def __init__(self, desk: Desk, sale: Sale) -> None:
        """sale  refunded"""
        super().__init__(desk)
        self._sale = sale

    def agreed_to(self) -> object:
        return ("refunded", self._sale.sale_id)

    def headings(self) -> tuple[str, str]:
        return self.desk.said("dialog.refunded"), self.desk.said("dialog.z_keys")

    def sheet_rows(self, cells: int) -> list[Content]:
        lines = refund_slip(self._sale, self.desk.words, self.desk.shop.name)
        rows = [Content(cut(line, cells)) for line in lines]
        if cash := self._sale.cash_fen:
            told = self.desk.said("dialog.hand_back", cash=yuan(cash))
            rows.insert(0, Content.styled(told.center(cells), "bold reverse"))
        return rows


class DayClosedDialog(PaperDialog):
    """A Z report, as the printer would print it."""

    def __init__(self, desk: Desk, closed: DayClosed) -> None:
        super().__init__(desk)
        self._day = closed

    def agreed_to(self) -> object:
        return ("z", self._day.z)

    def headings(self) -> tuple[str, str]:
        return self.desk.said("dialog.z", number=self._day.z), self.desk.said("dialog.z_keys")

    def sheet_rows(self, cells: int) -> list[Content]:
        closed, desk = self._day, self.desk
        report = day_report(closed.report)
        lines = day_lines(
            report, desk.words, desk.shop.name, number=closed.z, witness=closed.witness
        )
        return [Content(cut(line, cells)) for line in lines]
