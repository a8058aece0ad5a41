"""The bar at the top: whose till this is, whether its scanners work, and the time."""

from __future__ import annotations

from dataclasses import dataclass

from textual.content import Content

from terminal.tui.cells import ends, width
from terminal.tui.widgets.panel import Panel


@dataclass(frozen=True, slots=True)
class Title:
    where: str
    """Shop, till and operator."""
    scanning: str
    """The last successful voucher scan, or that a scanner is lost."""
    alarm: bool
    """Whether `scanning` is about something broken."""
    time: str


class TitleBar(Panel[Title]):
    def rows(self, shown: Title, width_cells: int, height: int) -> list[Content]:
        last = f"  {shown.time} "
        room = width_cells - width(last)
        row = Content(ends(f" {shown.where}", f" {shown.scanning}", room) + last)
        if shown.alarm:
            start = len(row.plain) - len(last) - len(shown.scanning)
            row = row.stylize("bold $background on $error", start, len(row.plain) - len(last))
        return [row]
