"""Text in terminal cells: cutting, padding and wrapping where a Chinese character takes two.

One rule: what comes in has been through `terminal.text.visible` or is our own words.
"""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size

NEVER_FIRST = "，。；：！？、）》」』”’…,.;:!?)]"
"""Closing punctuation that may not begin a row."""


def width(text: str) -> int:
    return cell_len(text)


def fit(text: str, cells: int) -> str:
    """Exactly `cells` wide: padded on the right, or cut with "…"."""
    if cell_len(text) <= cells:
        return text + " " * (cells - cell_len(text))
    return cut(text, cells)


def cut(text: str, cells: int) -> str:
    """At most `cells` wide; what is cut ends in "…" and is padded to exactly that width."""
    if cell_len(text) <= cells:
        return text
    return set_cell_size(text, cells - 1) + "…" if cells > 0 else ""


def right(text: str, cells: int) -> str:
    """Exactly `cells` wide, padded on the left."""
    return " " * max(0, cells - cell_len(text)) + cut(text, cells)


def ends(left: str, last: str, cells: int) -> str:
    """One row of exactly `cells`: `left` cut if need be, `last` whole at the right edge."""
    room = cells - cell_len(last)
    return fit(left, room) + last if room > 0 else cut(last, cells)


def flow(text: str, cells: int, rows_max: int) -> list[str]:
    """`text` in at most `rows_max` rows of at most `cells`; "…" ends what does not fit.

    A row breaks at a space or next to a wide character, else wherever it is full; it never begins
    with closing punctuation where that can be helped.
    """
    rows: list[str] = []
    rest = text.strip()
    while rest and len(rows) < rows_max:
        end = _row_end(rest, cells)
        if len(rows) == rows_max - 1 and rest[end:].strip():
            rows.append(cut(rest, cells))
            break
        rows.append(rest[:end].rstrip())
        rest = rest[end:].lstrip()
    return rows


def _row_end(text: str, cells: int) -> int:
    """How many characters go into the first row; at least one."""
    taken = used = 0
    for char in text:
        used += cell_len(char)
        if used > cells:
            break
        taken += 1
    if taken == len(text):
        return taken
    for end in range(taken, taken // 2, -1):
        if _may_break(text, end):
            return end
    return max(1, taken)


def _may_break(text: str, end: int) -> bool:
    before, after = text[end - 1], text[end]
    if after in NEVER_FIRST:
        return False
    return " " in (before, after) or cell_len(before) == 2 or cell_len(after) == 2
