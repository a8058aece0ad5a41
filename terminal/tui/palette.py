"""Everything that can be done now, by name: for a clerk who does not know the key.

One rule: it presses keys and does nothing else.  Enter and Esc are not among them: what they agree
to or give up is asked where it is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.content import Content

from terminal.tui.cells import fit
from terminal.tui.desk import Desk
from terminal.tui.entry_dialogs import EntryDialog
from terminal.tui.keys import KeyCap

NOT_OFFERED = ("enter", "escape")


class PaletteDialog(EntryDialog):
    chars_max = 20
    cells_outside = 60

    def __init__(self, desk: Desk, caps: Sequence[KeyCap], press: Callable[[str], None]) -> None:
        """caps  what the bar of keys offers at this moment"""
        super().__init__(desk)
        self._caps = [cap for cap in caps if cap.key not in NOT_OFFERED]
        self._press, self._chosen = press, 0

    def _found(self) -> list[KeyCap]:
        typed = self.typed.casefold()
        return [cap for cap in self._caps if typed in f"{cap.cap} {cap.label}".casefold()]

    def may_type(self, character: str) -> bool:
        return character.isprintable()

    def entry_changed(self, key: str) -> None:
        step = {"up": -1, "down": 1}.get(key)
        last = max(0, len(self._found()) - 1)
        self._chosen = 0 if step is None else max(0, min(last, self._chosen + step))

    def accept(self) -> None:
        found = self._found()
        if found and not self.overflowed:
            self.close()
            self._press(found[self._chosen].key)

    def headings(self) -> tuple[str, str]:
        return self.desk.said("dialog.palette"), self.desk.said("dialog.palette_keys")

    def sheet_rows(self, cells: int) -> list[Content]:
        rows = [self.field(">", cells), Content("")]
        for index, cap in enumerate(self._found()):
            style = "$chosen on $chosen-ground" if index == self._chosen else ""
            rows.append(Content.styled(fit(f" {fit(cap.cap, 8)}{cap.label}", cells), style))
        return rows + [Content("")] * (len(self._caps) + 2 - len(rows))
