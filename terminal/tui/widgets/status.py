"""The status panel: what happened, what it means for the money, which key is next.

One rule: never empty; the three sentences are always there.
"""

from __future__ import annotations

from dataclasses import dataclass

from textual.content import Content

from terminal.text import Words
from terminal.tui.cells import fit, flow, width
from terminal.tui.widgets.panel import Panel
from terminal.tui.wording import Said, Tone

MARKS = {Tone.CALM: "●", Tone.GOOD: "✓", Tone.BUSY: "…", Tone.WARN: "!", Tone.BAD: "✗"}
"""The tone, readable without colour."""
COLOURS = {
    Tone.CALM: "$primary",
    Tone.GOOD: "$success",
    Tone.BUSY: "$secondary",
    Tone.WARN: "$warning",
    Tone.BAD: "$error",
}
ROWS_USUAL = 4
"""Two for what happened, one each for the money and the next key; with more, two for each."""


@dataclass(frozen=True, slots=True)
class StatusShown:
    words: Words
    said: Said


class StatusPanel(Panel[StatusShown]):
    def show(self, shown: StatusShown) -> None:
        for tone in Tone:
            self.set_class(tone is shown.said.tone, f"-{tone}")
        super().show(shown)

    def rows(self, shown: StatusShown, cells: int, height: int) -> list[Content]:
        words, said = shown.words, shown.said
        colour = COLOURS[said.tone]
        labels = [words.say(f"screen.{label}") for label in ("happened", "money", "next")]
        label_cells = max(width(label) for label in labels) + 1
        room = cells - label_cells - 3
        rows: list[Content] = []
        happened_style = "bold" if said.tone is Tone.CALM else f"bold {colour}"
        styles = (happened_style, "bold", "bold $primary")
        for index, text in enumerate((said.happened, said.money, said.next)):
            rows_max = 2 if height > ROWS_USUAL or index == 0 else 1
            for number, row in enumerate(flow(text, room, rows_max)):
                mark = MARKS[said.tone] if index == number == 0 else " "
                label = "" if number else labels[index]
                rows.append(
                    Content.assemble(
                        (f"{mark} ", f"bold {colour}"),
                        (fit(label, label_cells), "$muted"),
                        (row, styles[index]),
                    )
                )
        return rows
