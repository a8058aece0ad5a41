"""Dialogs that tell or ask: the help, a question with a yes and a no."""

from __future__ import annotations

from collections.abc import Callable

from textual.content import Content

from terminal.sale.sale import Sale
from terminal.tui.cells import flow
from terminal.tui.desk import Desk
from terminal.tui.front import Dialog


class QuestionDialog(Dialog):
    """A question before something that is meant seldom: Enter does it, Esc does not."""

    def __init__(
        self,
        desk: Desk,
        name: str,
        question: str,
        do: Callable[[], None],
        *,
        pinned_to: Sale | None,
        **values: str,
    ) -> None:
        """name      below `dialog` stand its title and `…_keys`
        question  below `dialog` stands `…_question`, with `values`
        """
        super().__init__(desk, pinned_to)
        self._name, self._question, self._do, self._values = name, question, do, values

    def agreed_to(self) -> object:
        return self._name

    def headings(self) -> tuple[str, str]:
        return self.desk.said(f"dialog.{self._name}"), self.desk.said(f"dialog.{self._name}_keys")

    def sheet_rows(self, cells: int) -> list[Content]:
        question = self.desk.said(f"dialog.{self._question}_question", **self._values)
        told = [Content.styled(row, "bold") for row in flow(question, cells, 6)]
        return [Content(""), *told, Content("")]

    def take_key(self, key: str, character: str | None) -> None:
        if key == "escape":
            self.close()
        elif key == "enter" and self.enter_is_meant():
            self.close()
            self._do()


KEYS_EXPLAINED = (
    "enter",
    "typing",
    "up",
    "f2",
    "f4",
    "delete",
    "f5",
    "f6",
    "f7",
    "f8",
    "f9",
    "tab",
    "card",
    "escape",
    "f10",
    "f11",
    "f12",
    "theme",
    "palette",
)
SECTION_ROWS_MAX = 20


class HelpDialog(Dialog):
    """The keys, the way of a sale, and what to check when a voucher does not work."""

    cells_outside = 92

    def headings(self) -> tuple[str, str]:
        return self.desk.said("dialog.help"), self.desk.said("dialog.help_keys")

    def sheet_rows(self, cells: int) -> list[Content]:
        sections = {
            "flow": self._numbered("flow"),
            "keys": [f"help.key_{name}" for name in KEYS_EXPLAINED],
            "failed": self._numbered("failed"),
            "aid": self._numbered("aid"),
        }
        rows: list[Content] = []
        for section, keys in sections.items():
            rows.append(Content.styled(self.desk.said(f"help.{section}"), "bold $primary"))
            for key in keys:
                first, *more = flow(self.desk.said(key), cells, 3)
                rows.append(Content(first))
                rows += [Content(f"   {row}") for row in more]
            rows.append(Content(""))
        return rows[:-1]

    def _numbered(self, section: str) -> list[str]:
        keys = (f"help.{section}_{number}" for number in range(1, SECTION_ROWS_MAX))
        return [key for key in keys if key in self.desk.words]

    def take_key(self, key: str, character: str | None) -> None:
        if key in ("enter", "escape", "f1"):
            self.close()
        else:
            self.scroll_rows(key)
