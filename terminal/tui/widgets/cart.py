"""The goods: one row each, the newest in view, one of them selected.

One rule: it never takes the focus, so no key or scan can be lost to it.
"""

from __future__ import annotations

from dataclasses import dataclass

from textual import events
from textual.content import Content
from textual.message import Message

from terminal.sale.events import BoxScanned, LineAdded
from terminal.sale.money import Fen, yuan
from terminal.text import Words, visible
from terminal.tui.cells import ends, fit, flow, right
from terminal.tui.widgets.panel import Panel

WIDE_CELLS = 70
"""From here on the columns have room to breathe."""
HEADER_AND_TOTAL_ROWS = 3
"""One above the goods, a rule and the total below them."""


@dataclass(frozen=True, slots=True)
class CartShown:
    words: Words
    lines: tuple[LineAdded, ...]
    selected: int | None
    """A line number; None: no line is selected."""
    boxes: tuple[BoxScanned, ...]
    """Those whose trace code was scanned."""
    empty: tuple[str, ...]
    """Paragraphs that stand where the goods will be."""


@dataclass(frozen=True, slots=True)
class _Columns:
    number: int
    name: int
    insurance_class: int
    unit: int
    quantity: int
    amount: int

    def row(self, cells: tuple[str, str, str, str, str, str]) -> str:
        number, name, insurance_class, unit, quantity, amount = cells
        return " ".join(
            (
                right(number, self.number),
                fit(name, self.name),
                fit(insurance_class, self.insurance_class),
                right(unit, self.unit),
                right(quantity, self.quantity),
                right(amount, self.amount),
            )
        )


def _columns(width: int) -> _Columns:
    fixed = (3, 6, 12, 6, 12) if width >= WIDE_CELLS else (2, 4, 7, 4, 8)
    number, insurance_class, unit, quantity, amount = fixed
    name = max(4, width - sum(fixed) - 5)
    return _Columns(number, name, insurance_class, unit, quantity, amount)


class Cart(Panel[CartShown]):
    class Chosen(Message):
        """The mouse chose a line."""

        def __init__(self, line: int) -> None:
            super().__init__()
            self.line = line

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._first = 0
        """Index of the first line in view."""
        self._rows_each = 1
        """Two on a narrow screen while all lines fit, so that names are readable in full."""

    def rows(self, shown: CartShown, width: int, height: int) -> list[Content]:
        if not shown.lines:
            return self._empty(shown, width, height)
        columns = _columns(width)
        names = ("number", "name", "class", "unit", "quantity", "amount")
        number, name, kind, unit, quantity, amount = (
            shown.words.say(f"column.{column}") for column in names
        )
        header = columns.row((number, name, kind, unit, quantity, amount))
        body = max(1, height - HEADER_AND_TOTAL_ROWS)
        self._rows_each = 2 if width < WIDE_CELLS and 2 * len(shown.lines) <= body else 1
        self._scroll(shown, body)
        seen = shown.lines[self._first : self._first + body // self._rows_each]
        if self._rows_each == 1:
            found = [Content.styled(header, "bold $muted")]
            found += [_line(line, columns, shown) for line in seen]
        else:
            found = [Content("")]
            found += [row for line in seen for row in _line_in_two(line, width, shown)]
        rows = found + [Content("")] * (body + 1 - len(found))
        return [*rows, Content.styled("─" * width, "$faint"), self._total(shown, width)]

    def _empty(self, shown: CartShown, width: int, height: int) -> list[Content]:
        rows = [Content("")]
        for paragraph in shown.empty:
            rows += [
                Content.styled(f" {row}", "$muted") for row in flow(paragraph, width - 2, height)
            ]
            rows.append(Content(""))
        return rows

    def _scroll(self, shown: CartShown, body: int) -> None:
        """Moves the window as little as needed for the selected line to be inside."""
        numbers = [line.line for line in shown.lines]
        index = numbers.index(shown.selected) if shown.selected in numbers else len(numbers) - 1
        body //= self._rows_each
        lowest = max(0, len(numbers) - body)
        self._first = min(max(self._first, index - body + 1), index, lowest)

    def _total(self, shown: CartShown, width: int) -> Content:
        words = shown.words
        pieces = sum(line.quantity for line in shown.lines)
        total = Fen(sum(line.amount_fen for line in shown.lines))
        counted = words.say("screen.pieces", kinds=len(shown.lines), pieces=pieces)
        amount = f"{words.say('screen.total')}  ¥ {yuan(total)}"
        return Content.styled(ends(counted, amount, width), "bold")

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None or self.shown is None:
            return
        body = max(1, self.content_size.height - HEADER_AND_TOTAL_ROWS) // self._rows_each
        seen = self.shown.lines[self._first : self._first + body]
        index = (offset.y - 1) // self._rows_each
        if 0 <= index < len(seen):
            self.post_message(self.Chosen(seen[index].line))


def _kind(line: LineAdded, shown: CartShown) -> str:
    return shown.words.say_code("class", visible(line.insurance_class or "自费", 4))


def _boxes(line: LineAdded, shown: CartShown) -> str:
    """How many boxes have their trace code, of how many; empty where none is asked for."""
    if not line.trace_prefix:
        return ""
    scanned = sum(box.line == line.line for box in shown.boxes)
    mark = "✓" if scanned == line.quantity else "!"
    return shown.words.say("screen.boxes", mark=mark, scanned=scanned, wanted=line.quantity)


def _notes(line: LineAdded, shown: CartShown) -> str:
    """What stands behind the name: boxes, and what insurance says of this line."""
    said, notes = shown.words.say, [_boxes(line, shown)]
    if line.price_limit_fen is not None:
        is_over = line.unit_fen > line.price_limit_fen
        key = "screen.over_limit" if is_over else "screen.price_limit"
        notes.append(said(key, limit=yuan(line.price_limit_fen)))
    if line.first_share_bp:
        percent = f"{line.first_share_bp / 100:g}"
        notes.append(said("screen.first_share", percent=percent))
    return " ".join(filter(None, notes))


def _style(line: LineAdded, shown: CartShown) -> str:
    return "$chosen on $chosen-ground" if line.line == shown.selected else ""


def _line_in_two(line: LineAdded, width: int, shown: CartShown) -> list[Content]:
    """The whole name above, the sum below."""
    number = right(str(line.line), 3)
    name = ends(f"{number} {visible(line.name)}", f" {_kind(line, shown)}", width)
    times = f"{'':4}{yuan(line.unit_fen)} × {line.quantity}  {_notes(line, shown)}"
    style = _style(line, shown)
    return [
        Content.styled(name, style),
        Content.styled(ends(times, yuan(line.amount_fen), width), style or "$muted"),
    ]


def _line(line: LineAdded, columns: _Columns, shown: CartShown) -> Content:
    notes = _notes(line, shown)
    name = ends(visible(line.name), f" {notes}", columns.name) if notes else visible(line.name)
    text = columns.row(
        (
            str(line.line),
            name,
            _kind(line, shown),
            yuan(line.unit_fen),
            str(line.quantity),
            yuan(line.amount_fen),
        )
    )
    return Content.styled(text, _style(line, shown))
