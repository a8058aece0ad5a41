"""The day so far, the cash that was counted, and the end of the day."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from textual.content import Content

from terminal.reports import reconciliation_lines
from terminal.sale.commands import CloseDay, ReadDay, Reconcile
from terminal.sale.day import DayReport, DayTotals
from terminal.sale.money import Fen, parse_yuan, yuan
from terminal.sale.statement import Reconciliation, Verdict
from terminal.text import visible
from terminal.tui.cells import cut, ends, fit, flow, right
from terminal.tui.desk import Desk
from terminal.tui.entry_dialogs import ERASE
from terminal.tui.front import Dialog
from terminal.tui.shares import Payer

AMOUNT_CELLS = 12
BOOKS_ROWS_MAX = 4


@dataclass(slots=True)
class Field:
    name: str
    """Worded below `dialog.day_…`."""
    chars_max: int
    allowed: str = ""
    """Characters; empty: whatever can be printed."""
    typed: str = ""

    def take(self, key: str, character: str | None) -> None:
        if key in ERASE:
            self.typed = self.typed[:-1]
        elif character and self._may_type(character) and len(self.typed) < self.chars_max:
            self.typed += character

    def _may_type(self, character: str) -> bool:
        return character in self.allowed if self.allowed else character.isprintable()


class DayDialog(Dialog):
    """An X report with the fields of a day end; Enter in the last field closes the day."""

    cells_outside = 66

    def __init__(
        self, desk: Desk, report: DayReport, close_day: Callable[[CloseDay], None]
    ) -> None:
        super().__init__(desk)
        self._report, self._close_day = report, close_day
        self._fields = [Field("counted", 10, "0123456789.")]
        if report.open:
            self._fields += [Field("manager", 20), Field("reason", 40)]
        self._at = 0
        self._reconciliation: Reconciliation | None = None

    def show(self, reconciliation: Reconciliation) -> None:
        """What was asked for with F5 has been answered."""
        self._reconciliation = reconciliation
        self.redraw()

    def agreed_to(self) -> object:
        return ("day", self._at, *(field.typed for field in self._fields))

    def headings(self) -> tuple[str, str]:
        return self.desk.said("dialog.day"), self.desk.said("dialog.day_keys")

    # -- drawing

    def sheet_rows(self, cells: int) -> list[Content]:
        totals, desk = self._report.totals, self.desk
        counts = desk.said(
            "dialog.day_counts",
            settled=totals.settled,
            self_pay=totals.self_pay,
            voided=totals.voided,
            refunded=totals.refunded,
        )
        names = ("column_took", "column_returned", "column_net")
        head = "".join(right(desk.said(f"dialog.day_{name}"), AMOUNT_CELLS) for name in names)
        rows = [Content(cut(counts, cells)), Content.styled(ends("", head, cells), "$muted")]
        rows += [self._payer(payer, cells) for payer in Payer]
        drawer = desk.said("dialog.day_drawer", amount=yuan(totals.drawer_fen))
        rows += [Content.styled(cut(drawer, cells), "bold"), Content("")]
        rows += [self._field(index, cells) for index in range(len(self._fields))]
        rows.append(self._difference(cells))
        rows += self._books(cells)
        if self._report.open:
            told = desk.said("dialog.day_open", count=len(self._report.open))
            rows += [Content.styled(row, "bold $warning") for row in flow(told, cells, 2)]
        return rows

    def _payer(self, payer: Payer, cells: int) -> Content:
        took, back = _amounts(self._report.totals)[payer]
        net = Fen(took - back)
        columns = "".join(right(yuan(fen), AMOUNT_CELLS) for fen in (took, back, net))
        return Content.styled(ends(f" {self.desk.said(f'payer.{payer}')}", columns, cells), "")

    def _field(self, index: int, cells: int) -> Content:
        field = self._fields[index]
        label = fit(self.desk.said(f"dialog.day_{field.name}"), 14)
        here = index == self._at
        shown = f"{visible(field.typed)}▏" if here else visible(field.typed)
        return Content.assemble(
            (label, "bold" if here else "$muted"),
            (fit(shown, cells - 14), "bold reverse" if here else "underline"),
        )

    def _difference(self, cells: int) -> Content:
        if not self._fields[0].typed:
            return Content.styled(cut(self.desk.said("dialog.day_not_counted"), cells), "$muted")
        counted = self._counted()
        if counted is None:
            return Content.styled(self.desk.said("dialog.cash_unreadable"), "bold $error")
        apart = Fen(counted - self._report.totals.drawer_fen)
        key = "even" if apart == 0 else "over" if apart > 0 else "short"
        told = self.desk.said(f"dialog.day_{key}", amount=yuan(Fen(abs(apart))))
        return Content.styled(cut(told, cells), "bold $success" if apart == 0 else "bold $warning")

    def _books(self, cells: int) -> list[Content]:
        """What the platform's books say; the whole of it is on the report."""
        if self._reconciliation is None:
            return [Content.styled(cut(self.desk.said("dialog.day_books"), cells), "$muted")]
        agrees = self._reconciliation.verdict is Verdict.AGREES
        style = "bold $success" if agrees else "bold $warning"
        told = reconciliation_lines(self._reconciliation, self.desk.words)
        shown = [row for line in told for row in flow(line, cells, 2)][:BOOKS_ROWS_MAX]
        return [Content.styled(row, style) for row in shown]

    # -- keys

    def _counted(self) -> Fen | None:
        """The amount typed; None where it is none."""
        try:
            return parse_yuan(self._fields[0].typed)
        except ValueError:
            return None

    @property
    def text_chars_max(self) -> int:
        field = self._fields[self._at]
        return 0 if field.allowed else field.chars_max

    def take_key(self, key: str, character: str | None) -> None:
        last = len(self._fields) - 1
        if key == "escape":
            self.close()
        elif key == "f5":
            self.desk.checkout.do(Reconcile())
        elif key == "enter" and self._at == last:
            self._accept()
        elif key in ("enter", "tab", "down"):
            self._at = min(last, self._at + 1)
        elif key in ("up", "shift+tab"):
            self._at = max(0, self._at - 1)
        elif key == "f9":
            self.desk.checkout.do(ReadDay(on_paper=True))
        else:
            self._fields[self._at].take(key, character)
        self.redraw()

    def _accept(self) -> None:
        counted, *_ = (field.typed for field in self._fields)
        readable = not counted or self._counted() is not None
        if not self.enter_is_meant() or not readable:
            return
        self.close()
        manager, reason = "", ""
        if self._report.open:
            manager, reason = (field.typed.strip() for field in self._fields[1:])
        self._close_day(CloseDay(manager, reason, self._counted()))


def _amounts(totals: DayTotals) -> dict[Payer, tuple[Fen, Fen]]:
    """What each payer paid, and what went back to it."""
    took, back = totals.split, totals.returned
    return {
        Payer.FUND: (took.fund_fen, back.fund_fen),
        Payer.PERSONAL: (took.personal_fen, back.personal_fen),
        Payer.MUTUAL_AID: (took.mutual_aid_fen, back.mutual_aid_fen),
        Payer.CASH: (totals.cash_fen, totals.cash_returned_fen),
    }
