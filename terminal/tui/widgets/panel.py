"""A panel that is shown one value and draws anew only the rows in which that changes something.

One rule: what it draws is `Content`, which is never parsed for markup.
"""

from __future__ import annotations

from itertools import zip_longest
from typing import Generic, TypeVar

from textual.content import Content
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.visual import Visual
from textual.widget import Widget

Shown = TypeVar("Shown")


class Panel(Widget, Generic[Shown]):
    """Draws `rows` of the value it is shown, cut to the room there is."""

    can_focus = False
    auto_links = False

    def __init__(self, name: str) -> None:
        super().__init__(id=name, markup=False)
        self.shown: Shown | None = None
        """None until the first `show`: nothing is drawn."""
        self._rows: list[Content] = []
        """Of `shown`, for a panel of `_rows_size`."""
        self._rows_size = Size()
        self._headings = ("", "")

    def show(self, shown: Shown) -> None:
        if shown != self.shown:
            self.shown = shown
            self._change_rows()

    def head(self, above: str, below: str = "") -> None:
        """Words in the upper and the lower border, taken literally."""
        if (above, below) != self._headings:
            self._headings = (above, below)
            self.border_title = Content(above)
            self.border_subtitle = Content(below)

    def _change_rows(self) -> None:
        if not self.content_size:
            self._rows_size = Size()
            return
        before = self._rows
        self._make_rows()
        changed = [
            Region(0, y, self.content_size.width, 1)
            for y, (old, new) in enumerate(zip_longest(before, self._rows))
            if old is None or new is None or not old.is_same(new)
        ]
        if changed:
            self.refresh(*changed)

    def _make_rows(self) -> None:
        width, height = self._rows_size = self.content_size
        self._rows = [] if self.shown is None else self.rows(self.shown, width, height)[:height]

    def render_line(self, y: int) -> Strip:
        size = self.content_size
        if size != self._rows_size:
            self._make_rows()
        if y >= len(self._rows):
            return Strip.blank(size.width, self.visual_style.rich_style)
        return Visual.to_strips(self, self._rows[y], size.width, 1, self.visual_style)[0]

    def rows(self, shown: Shown, width: int, height: int) -> list[Content]:
        """At most `height` rows of at most `width` cells; what is beyond is not drawn."""
        raise NotImplementedError
