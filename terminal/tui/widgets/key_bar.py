"""The bar of keys at the bottom; a click on one is a press of it."""

from __future__ import annotations

from textual import events
from textual.content import Content
from textual.message import Message

from terminal.tui.cells import width
from terminal.tui.keys import KeyCap
from terminal.tui.widgets.panel import Panel


class KeyBar(Panel[tuple[KeyCap, ...]]):
    class Pressed(Message):
        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    def rows(self, shown: tuple[KeyCap, ...], cells: int, height: int) -> list[Content]:
        edge = _edge(shown, cells)
        parts: list[tuple[str, str]] = []
        for cap, _, _ in self._laid_out(shown, cells):
            parts.append((f"{edge}{cap.cap}{edge}", "bold $key on $key-ground"))
            parts.append((f"{cap.label} ", "bold" if cap.key == "enter" else ""))
        return [Content.assemble(*parts)]

    @staticmethod
    def _laid_out(shown: tuple[KeyCap, ...], cells: int) -> list[tuple[KeyCap, int, int]]:
        """Each key with its first cell and the one after its last; what has no room is left out."""
        edges = 2 * len(_edge(shown, cells))
        found: list[tuple[KeyCap, int, int]] = []
        start = 0
        for cap in shown:
            end = start + _cells(cap) + edges
            if end <= cells:
                found.append((cap, start, end))
                start = end
        return found

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None or self.shown is None:
            return
        for cap, start, end in self._laid_out(self.shown, self.content_size.width):
            if start <= offset.x < end:
                self.post_message(self.Pressed(cap.key))


def _edge(shown: tuple[KeyCap, ...], cells: int) -> str:
    """A space on both sides of a cap, unless room is scarce."""
    return " " if sum(_cells(cap) + 2 for cap in shown) <= cells else ""


def _cells(cap: KeyCap) -> int:
    return width(cap.cap) + width(cap.label) + 1
