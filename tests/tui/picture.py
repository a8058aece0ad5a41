"""A screen as an SVG that looks the same on every machine.

Rich's own export gives a Chinese character the width of one cell, so rows do not line up; here
every run of text is set to the width it has on the screen, and lines and shades are shapes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from xml.sax.saxutils import escape

from rich.cells import cell_len
from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from rich.terminal_theme import TerminalTheme
from textual.app import App

CELL_WIDTH, CELL_HEIGHT, FONT_SIZE = 9, 20, 15
MARGIN = 14
FONTS = "'Noto Sans Mono CJK SC','Sarasa Mono SC','Source Han Mono SC',Menlo,Consolas,monospace"
FOREGROUND, BACKGROUND = (230, 233, 238), (16, 21, 28)
THEME = TerminalTheme(BACKGROUND, FOREGROUND, [BACKGROUND] * 8, [FOREGROUND] * 8)

HALF_W, HALF_H = CELL_WIDTH / 2, CELL_HEIGHT / 2
LINES = {
    "─": f"M0 {HALF_H}H{CELL_WIDTH}",
    "│": f"M{HALF_W} 0V{CELL_HEIGHT}",
    "╭": f"M{HALF_W} {CELL_HEIGHT}V{HALF_H + 4}Q{HALF_W} {HALF_H} {CELL_WIDTH} {HALF_H}",
    "╮": f"M{HALF_W} {CELL_HEIGHT}V{HALF_H + 4}Q{HALF_W} {HALF_H} 0 {HALF_H}",
    "╰": f"M{HALF_W} 0V{HALF_H - 4}Q{HALF_W} {HALF_H} {CELL_WIDTH} {HALF_H}",
    "╯": f"M{HALF_W} 0V{HALF_H - 4}Q{HALF_W} {HALF_H} 0 {HALF_H}",
}
THICK = {"━": f"M0 {HALF_H}H{CELL_WIDTH}"}
BLOCKS = {
    "█": (0.0, 1.0, ""),
    "▀": (0.0, 0.5, ""),
    "▄": (0.5, 0.5, ""),
    "▓": (0.0, 1.0, "dense"),
    "▒": (0.0, 1.0, "hatched"),
    "░": (0.0, 1.0, "dotted"),
}
"""Top and height as parts of the cell, and the mask through which the colour shows."""
MASKS = {
    "dense": '<path d="M0 0H6V6H0Z" fill="#c0c0c0"/>',
    "hatched": '<path d="M-1 1L1 -1M0 6L6 0M5 7L7 5" stroke="#fff" stroke-width="2"/>',
    "dotted": '<circle cx="1.5" cy="1.5" r="1" fill="#fff"/>'
    '<circle cx="4.5" cy="4.5" r="1" fill="#fff"/>',
}
"""One tile of 6 by 6 each; white lets the colour through."""


def svg(app: App[None], title: str) -> str:
    """The whole screen of a running application."""
    width, height = app.size
    strips = app.screen._compositor.render_strips()
    shapes: list[str] = []
    for y, strip in enumerate(strips):
        x = 0
        for segment in strip:
            shapes += _segment(segment, x, y)
            x += cell_len(segment.text)
    outer_w, outer_h = width * CELL_WIDTH + 2 * MARGIN, height * CELL_HEIGHT + 2 * MARGIN
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {outer_w} {outer_h}"'
            f' font-family="{FONTS}" font-size="{FONT_SIZE}" role="img">',
            f"<title>{escape(title)}</title>",
            "<defs>",
            *(_mask(name, tile, outer_w, outer_h) for name, tile in MASKS.items()),
            "</defs>",
            f'<rect width="{outer_w}" height="{outer_h}" rx="8" fill="{_hex(BACKGROUND)}"/>',
            f'<g transform="translate({MARGIN} {MARGIN})" xml:space="preserve">',
            *shapes,
            "</g>",
            "</svg>",
            "",
        )
    )


def _mask(name: str, tile: str, width: int, height: int) -> str:
    return (
        f'<pattern id="{name}-tile" width="6" height="6" patternUnits="userSpaceOnUse">{tile}'
        f'</pattern><mask id="{name}" maskUnits="userSpaceOnUse" x="0" y="0" width="{width}"'
        f' height="{height}"><rect width="{width}" height="{height}" fill="url(#{name}-tile)"/>'
        "</mask>"
    )


def _segment(segment: Segment, x: int, y: int) -> Iterator[str]:
    style = segment.style or Style()
    ink, ground = _colours(style)
    left, top = x * CELL_WIDTH, y * CELL_HEIGHT
    if ground != _hex(BACKGROUND):
        wide = cell_len(segment.text) * CELL_WIDTH
        yield f'<rect x="{left}" y="{top}" width="{wide}" height="{CELL_HEIGHT}" fill="{ground}"/>'
    for kind, characters in groupby(segment.text, _kind):
        run = "".join(characters)
        if kind == "text":
            yield from _text(run, left, top, ink, bold=bool(style.bold))
        elif kind != "space":
            yield from _shapes(run, kind, left, top, ink)
        left += cell_len(run) * CELL_WIDTH


def _kind(character: str) -> str:
    if character == " ":
        return "space"
    return character if character in (*LINES, *THICK, *BLOCKS) else "text"


def _text(run: str, left: int, top: int, ink: str, *, bold: bool) -> Iterator[str]:
    """Wide and narrow characters apart, each run exactly as wide as on the screen."""
    for _, characters in groupby(run, cell_len):
        part = "".join(characters)
        wide = cell_len(part) * CELL_WIDTH
        weight = ' font-weight="bold"' if bold else ""
        yield (
            f'<text x="{left}" y="{top + CELL_HEIGHT * 0.74:g}" fill="{ink}"{weight}'
            f' textLength="{wide}" lengthAdjust="spacingAndGlyphs">{escape(part)}</text>'
        )
        left += wide


def _shapes(run: str, kind: str, left: int, top: int, ink: str) -> Iterator[str]:
    if kind in BLOCKS:
        start, part, mask = BLOCKS[kind]
        through = f' mask="url(#{mask})"' if mask else ""
        yield (
            f'<rect x="{left}" y="{top + start * CELL_HEIGHT:g}" width="{len(run) * CELL_WIDTH}"'
            f' height="{part * CELL_HEIGHT:g}" fill="{ink}"{through}/>'
        )
        return
    thick = kind in THICK
    path = (THICK if thick else LINES)[kind]
    straight = kind in "─━"
    for index in range(1 if straight else len(run)):
        drawn = path.replace(f"H{CELL_WIDTH}", f"H{CELL_WIDTH * len(run)}") if straight else path
        yield (
            f'<path transform="translate({left + index * CELL_WIDTH} {top})" d="{drawn}"'
            f' fill="none" stroke="{ink}" stroke-width="{3 if thick else 1.2}"/>'
        )


def _colours(style: Style) -> tuple[str, str]:
    ink = _triplet(style.color, FOREGROUND)
    ground = _triplet(style.bgcolor, BACKGROUND)
    if style.reverse:
        ink, ground = ground, ink
    return _hex(ink), _hex(ground)


def _triplet(colour: Color | None, default: tuple[int, int, int]) -> tuple[int, int, int]:
    if colour is None or colour.is_default:
        return default
    red, green, blue = colour.get_truecolor(THEME)
    return red, green, blue


def _hex(colour: Iterable[int]) -> str:
    return "#" + "".join(f"{part:02x}" for part in colour)
