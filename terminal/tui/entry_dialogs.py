"""Dialogs in which something is typed or chosen: quantity, cash, goods, and the demo's people.

One rule: typing is limited, a paste is ignored, and what is too long for its field is no entry at
all: a barcode typed into the quantity sets no quantity.
"""

from __future__ import annotations

from collections.abc import Callable

from textual.content import Content

from terminal.catalogue import Item
from terminal.sale.events import LineAdded
from terminal.sale.money import Fen, parse_yuan, yuan
from terminal.sale.sale import Sale
from terminal.text import visible
from terminal.tui.cells import cut, ends, fit, flow
from terminal.tui.desk import Desk
from terminal.tui.front import Dialog

QUANTITY_DIGITS_MAX = 4
CASH_CHARS_MAX = 9
SEARCH_CHARS_MAX = 40
HITS_MAX = 12
ERASE = ("backspace", "ctrl+h", "delete")


class EntryDialog(Dialog):
    """A field of its own: `typed`, or nothing where more was typed than fits."""

    chars_max = 0

    def __init__(self, desk: Desk, pinned_to: Sale | None = None) -> None:
        super().__init__(desk, pinned_to)
        self.typed = ""
        self.overflowed = False
        """More was typed than fits, as by a scanner that types; nothing counts until erased."""

    def may_type(self, character: str) -> bool:
        raise NotImplementedError

    def accept(self) -> None:
        """Enter, with `typed` as it stands."""
        raise NotImplementedError

    def take_key(self, key: str, character: str | None) -> None:
        if key == "escape":
            self.close()
            return
        if key == "enter":
            self.accept()
            return
        if key in ERASE:
            self.typed = "" if self.overflowed else self.typed[:-1]
            self.overflowed = False
        elif character and self.may_type(character):
            if len(self.typed) == self.chars_max:
                self.overflowed = True
            else:
                self.typed += character
        self.entry_changed(key)
        self.redraw()

    def entry_changed(self, key: str) -> None:
        """After every key that neither closes nor accepts."""

    def field(self, label: str, cells: int) -> Content:
        shown = f"{visible(self.typed)}▏"
        style = "bold $background on $error" if self.overflowed else "bold reverse"
        return Content.assemble(f"{label} ", (fit(shown, max(4, cells - len(label) - 8)), style))


class QuantityDialog(EntryDialog):
    chars_max = QUANTITY_DIGITS_MAX
    cells_outside = 50

    def __init__(
        self, desk: Desk, sale: Sale, line: LineAdded, set_quantity: Callable[[int], None]
    ) -> None:
        super().__init__(desk, sale)
        self._line, self._set_quantity = line, set_quantity

    def may_type(self, character: str) -> bool:
        return character in "0123456789"

    def accept(self) -> None:
        if not self.typed or self.overflowed:
            return
        self.close()
        self._set_quantity(int(self.typed))

    def headings(self) -> tuple[str, str]:
        name = cut(visible(self._line.name), 30)
        return (
            self.desk.said("dialog.quantity", name=name),
            self.desk.said("dialog.quantity_keys"),
        )

    def sheet_rows(self, cells: int) -> list[Content]:
        rows = [Content(""), self.field(f"{self._line.quantity} →", cells), Content("")]
        if self.overflowed:
            told = flow(self.desk.said("dialog.not_a_quantity"), cells, 2)
            rows += [Content.styled(row, "bold $error") for row in told]
        return rows


class CashDialog(EntryDialog):
    chars_max = CASH_CHARS_MAX
    cells_outside = 50

    def __init__(
        self, desk: Desk, sale: Sale, take: Callable[[Fen], None], *, title: str = "cash"
    ) -> None:
        """title  "cash": what is left to pay; "self_pay": all of it, without insurance"""
        super().__init__(desk, sale)
        self._take, self._title = take, title
        self._due_fen = sale.due_fen

    def may_type(self, character: str) -> bool:
        return character in "0123456789."

    def _tendered(self) -> Fen | None:
        """What was typed; None where it is no amount."""
        try:
            return None if self.overflowed else parse_yuan(self.typed)
        except ValueError:
            return None

    def accept(self) -> None:
        tendered = self._tendered()
        if tendered is not None and tendered >= self._due_fen:
            self.close()
            self._take(tendered)

    def headings(self) -> tuple[str, str]:
        due = yuan(self._due_fen)
        return self.desk.said(f"dialog.{self._title}", due=due), self.desk.said("dialog.cash_keys")

    def sheet_rows(self, cells: int) -> list[Content]:
        label = self.desk.said("dialog.cash_tendered")
        return [Content(""), self.field(label, cells), Content(""), self._change(cells)]

    def _change(self, cells: int) -> Content:
        tendered = self._tendered()
        if not self.typed:
            return Content("")
        if tendered is None:
            return Content.styled(self.desk.said("dialog.cash_unreadable"), "bold $error")
        change = Fen(tendered - self._due_fen)
        if change < 0:
            short = self.desk.said("dialog.cash_short", short=yuan(Fen(-change)))
            return Content.styled(cut(short, cells), "bold $warning")
        told = self.desk.said("dialog.cash_change", change=yuan(change))
        return Content.styled(cut(told, cells), "bold $success")


class SearchDialog(EntryDialog):
    """Goods by code, pinyin initials or name."""

    chars_max = SEARCH_CHARS_MAX
    cells_outside = 74

    def __init__(self, desk: Desk, add: Callable[[str], None]) -> None:
        super().__init__(desk)
        self._add = add
        self._hits: list[Item] = []
        self._chosen = 0

    @property
    def text_chars_max(self) -> int:
        return self.chars_max

    def may_type(self, character: str) -> bool:
        return character.isprintable()

    def entry_changed(self, key: str) -> None:
        if key in ("up", "down"):
            step = 1 if key == "down" else -1
            self._chosen = max(0, min(len(self._hits) - 1, self._chosen + step))
        else:
            self._hits = [] if self.overflowed else self.desk.search(self.typed)[:HITS_MAX]
            self._chosen = 0

    def accept(self) -> None:
        typed = self.typed.strip()
        if self.overflowed or not typed:
            return
        self.close()
        self._add(self._hits[self._chosen].code if self._hits else typed)

    def headings(self) -> tuple[str, str]:
        return self.desk.said("dialog.search"), self.desk.said("dialog.search_keys")

    def sheet_rows(self, cells: int) -> list[Content]:
        rows = [self.field(">", cells), Content("")]
        rows += [self._hit(index, item, cells) for index, item in enumerate(self._hits)]
        if not self._hits:
            key = "dialog.search_none" if self.typed else "dialog.search_type"
            rows.append(Content.styled(self.desk.said(key), "$muted"))
        return rows + [Content("")] * (HITS_MAX + 2 - len(rows))

    def _hit(self, index: int, item: Item, cells: int) -> Content:
        kind = self.desk.words.say_code("class", visible(item.insurance_class, 4))
        last = f" {fit(kind, 4)} {yuan(item.unit_fen).rjust(9)}"
        name = visible(f"{item.code}  {item.name} {item.spec}")
        style = "$chosen on $chosen-ground" if index == self._chosen else ""
        return Content.styled(ends(name, last, cells), style)


class PeopleDialog(Dialog):
    """The demo: who holds a phone to the camera."""

    cells_outside = 74

    def __init__(self, desk: Desk, choose: Callable[[str | None], None]) -> None:
        """choose  given the person's id, or None to put the phone away"""
        super().__init__(desk)
        assert desk.demo
        hide = (None, desk.said("dialog.people_hide"))
        self._people: list[tuple[str | None, str]] = [*desk.demo.people, hide]
        self._choose, self._chosen = choose, 0

    def headings(self) -> tuple[str, str]:
        return self.desk.said("dialog.people"), self.desk.said("dialog.people_keys")

    def sheet_rows(self, cells: int) -> list[Content]:
        rows = [Content("")]
        for index, (person_id, label) in enumerate(self._people):
            number = "0" if person_id is None else str(index + 1)
            style = "$chosen on $chosen-ground" if index == self._chosen else ""
            rows.append(Content.styled(fit(f" {number}  {visible(label)}", cells), style))
        return [*rows, Content("")]

    def take_key(self, key: str, character: str | None) -> None:
        numbers = ["0" if who is None else str(n + 1) for n, (who, _) in enumerate(self._people)]
        if key == "escape":
            self.close()
        elif key in ("up", "down"):
            step = 1 if key == "down" else -1
            self._chosen = (self._chosen + step) % len(self._people)
            self.redraw()
        elif key == "enter" or character in numbers:
            if key != "enter":
                self._chosen = numbers.index(character or "")
            self.close()
            self._choose(self._people[self._chosen][0])
