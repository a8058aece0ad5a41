"""When a phone fails: the number of an identity card or a social-security card, typed or read.

One rule: the number is never on the screen, but for the last characters, to see where one is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from textual.content import Content

from terminal.sale.commands import ShowCard
from terminal.tui.desk import Desk
from terminal.tui.entry_dialogs import EntryDialog

SEEN_CHARS = 4


class CardDialog(EntryDialog):
    chars_max = 32
    cells_outside = 50

    def __init__(self, desk: Desk, show: Callable[[ShowCard], None]) -> None:
        super().__init__(desk, desk.sale)
        self._show = show
        self._kind: Literal["card", "identity"] = "identity"
        self._number = ""
        """Of a card, while its serial number is asked for."""

    def may_type(self, character: str) -> bool:
        return character.isascii() and character.isalnum()

    def take_key(self, key: str, character: str | None) -> None:
        if key == "tab" and not self._number:
            self._kind = "card" if self._kind == "identity" else "identity"
            self.typed = ""
            self.redraw()
        else:
            super().take_key(key, character)

    def accept(self) -> None:
        if self.overflowed or not (self.typed or self._number):
            return
        if self._kind == "card" and not self._number:
            self._number, self.typed = self.typed, ""
            self.redraw()
            return
        self.close()
        if self._number:
            self._show(ShowCard("card", self._number, self.typed))
        else:
            self._show(ShowCard("identity", self.typed))

    def headings(self) -> tuple[str, str]:
        title = "card_sn" if self._number else self._kind
        return self.desk.said(f"dialog.{title}"), self.desk.said("dialog.card_keys")

    def sheet_rows(self, cells: int) -> list[Content]:
        hidden = max(0, len(self.typed) - SEEN_CHARS)
        shown = "•" * hidden + self.typed[hidden:] + "▏"
        style = "bold $background on $error" if self.overflowed else "bold reverse"
        label = self.desk.said("dialog.card_label")
        return [Content(""), Content.assemble(f"{label} ", (shown, style)), Content("")]
