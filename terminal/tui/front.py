"""What the sale screen and the dialogs have in common.

One rule: keys arrive in one place, the application, and go to whatever is in front, in the order in
which they were pressed.  No widget has the focus, so no key can land where nobody looks.
"""

from __future__ import annotations

from dataclasses import dataclass

from textual.app import ComposeResult
from textual.content import Content
from textual.screen import ModalScreen, Screen

from terminal.sale.sale import Sale
from terminal.tui.desk import Desk
from terminal.tui.widgets.panel import Panel

EDGE_CELLS = 4
"""Border and padding of a sheet, both sides together."""
EDGE_ROWS = 2
WIDE, TALL = 110, 36
"""From how many columns and rows on the sheet of styles has a class of its own."""
STATUS_AND_KEYS_ROWS, STATUS_AND_KEYS_ROWS_TALL = 6, 8
"""As till.tcss has them."""
WIDTHS: list[tuple[int, str]] | None = [(0, "-narrow"), (WIDE, "-wide")]
HEIGHTS: list[tuple[int, str]] | None = [(0, "-short"), (TALL, "-tall")]


class Front(Screen[None]):
    """Something that can be in front and take keys."""

    HORIZONTAL_BREAKPOINTS = WIDTHS
    VERTICAL_BREAKPOINTS = HEIGHTS

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk

    @property
    def text_chars_max(self) -> int:
        """How long a text may be typed here; 0 where only numbers are typed, or nothing."""
        return 0

    def take_key(self, key: str, character: str | None) -> None:
        """key: as Textual names it; character: what it would type, None where it types nothing."""
        raise NotImplementedError

    def redraw(self) -> None:
        """Draws what is true now.  Can be called at any time, before there is a screen and while
        it is being taken down."""
        raise NotImplementedError

    def agreed_to(self) -> object:
        """What an Enter would agree to here: another value, another agreement."""
        return type(self)

    def enter_is_meant(self) -> bool:
        """Whether this Enter may agree to what is shown; counts as a press either way."""
        return self.desk.pace.enter(self.agreed_to(), self.desk.clock.monotonic())

    def on_mount(self) -> None:
        self.desk.pace.showing(self.agreed_to(), self.desk.clock.monotonic())
        self.redraw()

    def on_resize(self) -> None:
        self.redraw()


@dataclass(frozen=True, slots=True, eq=False)
class SheetShown:
    """Never equal to another: rows are equal where they differ in nothing but colours."""

    rows: tuple[Content, ...]


class Sheet(Panel[SheetShown]):
    def rows(self, shown: SheetShown, width: int, height: int) -> list[Content]:
        return list(shown.rows)


class Dialog(Front, ModalScreen[None]):
    """A sheet before the sale screen, as high as its rows, scrolled where they are too many."""

    cells_outside = 60
    """Width with border; less on a narrower screen."""

    def __init__(self, desk: Desk, pinned_to: Sale | None = None) -> None:
        """pinned_to  the sale it is about: it goes when that sale leaves the counter"""
        super().__init__(desk)
        self._sale_id = pinned_to.sale_id if pinned_to else None
        self._first = 0
        self._sheet = Sheet("sheet")

    def compose(self) -> ComposeResult:
        yield self._sheet

    def on_unmount(self) -> None:
        # Textual 8.2.8 has an `lru_cache` on a method of these caches, which keeps the last 1,024
        # of them, with every row they ever drew: a dialog's hundreds of kilobytes a sale.
        for widget in (self, self._sheet):
            widget._styles_cache.clear()

    def headings(self) -> tuple[str, str]:
        """The title, and the keys that mean something here."""
        raise NotImplementedError

    def sheet_rows(self, cells: int) -> list[Content]:
        """Everything there is to show, in rows of at most `cells`."""
        raise NotImplementedError

    def redraw(self) -> None:
        sheet = self._sheet
        width, height = self.app.size
        outside = min(self.cells_outside, width - 2)
        rows = self.sheet_rows(outside - EDGE_CELLS)
        seen = max(1, min(len(rows), height - EDGE_ROWS - self._rows_below()))
        self._first = max(0, min(self._first, len(rows) - seen))
        sheet.styles.width = outside
        sheet.styles.height = seen + EDGE_ROWS
        above = (height - self._rows_below() - seen - EDGE_ROWS) // 2
        sheet.styles.margin = (max(0, above), 0, 0, 0)
        sheet.head(*(f" {heading} " for heading in self.headings()))
        sheet.show(SheetShown(tuple(rows[self._first : self._first + seen])))

    def _rows_below(self) -> int:
        """Status and keys of the sale screen stay in sight."""
        width, height = self.app.size
        tall = height >= TALL and width < WIDE
        return STATUS_AND_KEYS_ROWS_TALL if tall else STATUS_AND_KEYS_ROWS

    def scroll_rows(self, key: str) -> bool:
        """Whether `key` scrolls; if so it has."""
        page = max(1, self.app.size.height - EDGE_ROWS - self._rows_below() - 2)
        steps = {"up": -1, "down": 1, "pageup": -page, "pagedown": page}
        if key not in steps:
            return False
        self._first += steps[key]
        self.redraw()
        return True

    def close(self) -> None:
        if self.app.screen is self:
            self.desk.closed_at = self.desk.clock.monotonic()
            self.app.pop_screen()

    @property
    def has_lost_its_sale(self) -> bool:
        sale = self.desk.sale
        return self._sale_id is not None and (sale is None or sale.sale_id != self._sale_id)
