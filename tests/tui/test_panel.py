"""A panel draws what changed: all of it, and nothing else."""

from __future__ import annotations

import gc
import itertools
from pathlib import Path

from rich.style import Style
from textual.app import App, ComposeResult
from textual.content import Content
from textual.strip import Strip

from terminal.tui.widgets.panel import Panel
from tests.tui.counter import LARGE, Counter, counter
from tests.tui.screenshots import DemoPeople


def style_of(at: Counter, text: str) -> Style:
    """How the row that holds `text` is drawn now."""
    for strip in at.app.screen._compositor.render_strips():
        for segment in strip:
            if text in segment.text:
                assert segment.style
                return segment.style
    raise AssertionError(f"{text} is not on the screen")


async def test_a_row_that_only_changes_its_colours_is_drawn_anew(tmp_path: Path) -> None:
    async with counter(tmp_path, demo=DemoPeople()) as at:
        await at.press("f2")
        first, second = style_of(at, "王*"), style_of(at, "李*")
        assert first.bgcolor != second.bgcolor
        await at.press("down")
        assert style_of(at, "王*").bgcolor == second.bgcolor
        assert style_of(at, "李*").bgcolor == first.bgcolor


class Watched(Panel[tuple[str, ...]]):
    """Shows each text in a row of its own; remembers which rows it was asked for."""

    def __init__(self) -> None:
        super().__init__("watched")
        self.asked: list[int] = []

    def rows(self, shown: tuple[str, ...], width: int, height: int) -> list[Content]:
        return [Content(text) for text in shown]

    def render_line(self, y: int) -> Strip:
        self.asked.append(y)
        return super().render_line(y)


class OnePanel(App[None]):
    def compose(self) -> ComposeResult:
        yield Watched()


async def test_only_rows_that_changed_are_drawn_and_every_one_of_them() -> None:
    shown = [tuple(rows) for count in range(4) for rows in itertools.product("ab", repeat=count)]
    app = OnePanel()
    async with app.run_test(size=(3, 3)) as pilot:
        panel = app.query_one(Watched)
        panel.show(())
        await pilot.pause()
        for before, after in itertools.permutations(shown, 2):
            panel.show(before)
            await pilot.pause()
            panel.asked.clear()
            panel.show(after)
            await pilot.pause()
            pairs = enumerate(itertools.zip_longest(before, after))
            assert panel.asked == [y for y, (old, new) in pairs if old != new]
            drawn = [strip.text.strip() for strip in app.screen._compositor.render_strips()]
            assert drawn == [*after, *("" for _ in range(3 - len(after)))]


async def test_a_closed_dialog_leaves_none_of_its_rows_in_memory(tmp_path: Path) -> None:
    async with counter(tmp_path, size=LARGE) as at:

        async def strips_after(times: int) -> int:
            for _ in range(times):
                await at.press("f1", "escape")
            gc.collect()
            return sum(type(thing) is Strip for thing in gc.get_objects())

        few = await strips_after(3)
        assert await strips_after(5) - few < LARGE[1]
