"""A panel that is shown one value and redraws only when that value changes.

One rule: what it draws is `Content`, which is never parsed for markup.
"""

from __future__ import annotations

from typing import Generic, TypeVar

from textual.content import Content
from textual.widget import Widget

Shown = TypeVar("Shown")


class Panel(Widget, Generic[Shown]):
    """Draws `rows` of the value it is shown, cut to the room there is."""

    can_focus = False

    def __init__(self, name: str) -> None:
        super().__init__(id=name, markup=False)
        self.shown: Shown | None = None
        """None until the first `show`: nothing is drawn."""
        self._headings = ("", "")

    def show(self, shown: Shown) -> None:
        if shown != self.shown:
            self.shown = shown
            self.refresh()

    def head(self, above: str, below: str = "") -> None:
        """Words in the upper and the lower border, taken literally."""
        if (above, below) != self._headings:
            self._headings = (above, below)
            self.border_title = Content(above)
            self.border_subtitle = Content(below)

    def render(self) -> Content:
        if self.shown is None:
            return Content("")
        width, height = self.content_size
        return Content("\n").join(self.rows(self.shown, width, height)[:height])

    def rows(self, shown: Shown, width: int, height: int) -> list[Content]:
        """At most `height` rows of at most `width` cells; what is beyond is not drawn."""
        raise NotImplementedError
