"""What happened, newest at the bottom."""

from __future__ import annotations

from dataclasses import dataclass

from textual.content import Content

from terminal.clock import CHINA
from terminal.text import Words
from terminal.tui.cells import cut
from terminal.tui.history import happening_sentence
from terminal.tui.told import Happening
from terminal.tui.widgets.panel import Panel


@dataclass(frozen=True, slots=True)
class HistoryShown:
    words: Words
    happenings: tuple[Happening, ...]


class HistoryPanel(Panel[HistoryShown]):
    def rows(self, shown: HistoryShown, cells: int, height: int) -> list[Content]:
        seen = shown.happenings[-height:] if height > 0 else ()
        rows: list[Content] = []
        for happening in seen:
            time = f"{happening.at.astimezone(CHINA):%H:%M:%S}"
            said = happening_sentence(happening.happened, shown.words)
            rows.append(Content.assemble((time, "$faint"), (cut(f"  {said}", cells - 8), "")))
        return rows
