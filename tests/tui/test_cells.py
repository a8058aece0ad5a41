from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from terminal.tui.cells import NEVER_FIRST, cut, ends, fit, flow, right, width

TEXT = st.text(alphabet="ab 1.甲乙药（）。，→…W", max_size=80)
CELLS = st.integers(min_value=2, max_value=60)


@given(TEXT, CELLS)
def test_fit_and_right_are_exactly_as_wide_as_asked(text: str, cells: int) -> None:
    assert width(fit(text, cells)) == cells
    assert width(right(text, cells)) == cells


@given(TEXT, CELLS)
def test_cut_is_never_wider_and_changes_only_what_is_too_wide(text: str, cells: int) -> None:
    assert width(cut(text, cells)) <= cells
    if width(text) <= cells:
        assert cut(text, cells) == text


@given(TEXT, st.text(alphabet="0123456789.", max_size=10), CELLS)
def test_ends_keeps_the_amount_at_the_edge(left: str, last: str, cells: int) -> None:
    row = ends(left, last, cells)
    if width(last) < cells:
        assert width(row) == cells
        assert row.endswith(last)
    else:
        assert width(row) <= cells


@given(TEXT, CELLS)
def test_flow_loses_nothing_where_there_are_rows_enough(text: str, cells: int) -> None:
    rows = flow(text, cells, 99)
    assert "".join(rows).replace(" ", "") == text.replace(" ", "")
    assert all(width(row) <= cells for row in rows)


@given(TEXT, CELLS, st.integers(min_value=1, max_value=4))
def test_flow_never_has_more_rows_and_says_where_it_cut(text: str, cells: int, rows: int) -> None:
    shown = flow(text, cells, rows)
    assert len(shown) <= rows
    assert all(width(row) <= cells for row in shown)
    if len(flow(text, cells, 99)) > rows:
        assert shown[-1].endswith("…")


def test_no_row_begins_with_closing_punctuation() -> None:
    text = "医保已付完，余下的收现金。收完才能交药。请顾客调亮屏幕、擦净、重新打开医保码。"
    for cells in range(8, 60):
        rows = flow(text, cells, 99)
        assert not any(row[0] in NEVER_FIRST for row in rows), (cells, rows)
