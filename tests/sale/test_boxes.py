"""Every short sequence of scans and edits keeps the books of boxes right."""

from __future__ import annotations

import itertools

import pytest

from terminal.sale.boxes import is_prefix, is_trace_code
from terminal.sale.events import BoxScanned, Event, LineAdded, LineRemoved, QuantitySet, SaleOpened
from terminal.sale.evolve import IllegalEvent, evolve
from terminal.sale.money import Fen
from terminal.sale.sale import Sale

PREFIX = "8300001"
CODES = tuple(f"{PREFIX}{number:013d}" for number in range(3))
FOREIGN = "8300002" + "0" * 13
LENGTH_MAX = 4


def alphabet() -> list[Event]:
    return [
        *(BoxScanned(1, code) for code in (*CODES, FOREIGN)),
        BoxScanned(2, CODES[0]),
        BoxScanned(3, CODES[0]),
        *(QuantitySet(1, quantity) for quantity in (1, 2)),
        LineRemoved(1),
    ]


def start() -> Sale:
    sale: Sale | None = None
    for event in (
        SaleOpened("2026-01-01T00:00:00+00:00"),
        LineAdded(1, "c", "n", Fen(100), 1, trace_prefix=PREFIX),
        LineAdded(2, "d", "m", Fen(100), 1),
    ):
        sale = evolve(sale, "s", event)
    assert sale
    return sale


def test_whatever_is_scanned_and_edited_no_box_counts_twice_nor_for_another_product() -> None:
    taken = refused = 0
    for events in itertools.product(alphabet(), repeat=LENGTH_MAX):
        sale = start()
        for event in events:
            try:
                sale = evolve(sale, "s", event)
                taken += 1
            except IllegalEvent:
                refused += 1
        codes = [box.code for box in sale.boxes]
        assert len(set(codes)) == len(codes)
        assert {box.line for box in sale.boxes} <= {line.line for line in sale.lines}
        for box in sale.boxes:
            line = sale.line(box.line)
            assert line
            assert box.code.startswith(line.trace_prefix)
        for line in sale.lines:
            assert 0 <= sale.boxes_of(line.line) <= line.quantity
        assert sale.missing_boxes == sum(
            line.quantity - sale.boxes_of(line.line) for line in sale.lines if line.trace_prefix
        )
    assert taken > 1_000
    assert refused > 1_000


def test_a_scanned_box_leaves_the_quote_standing() -> None:
    """It changes no amount."""
    before = start()
    after = evolve(before, "s", BoxScanned(1, CODES[0]))
    assert (after.total_fen, after.quote) == (before.total_fen, before.quote)
    assert after.missing_boxes == before.missing_boxes - 1 == 0


@pytest.mark.parametrize("text", ["", "1" * 19, "1" * 21, "1" * 19 + "x", "1" * 19 + "１"])
def test_only_twenty_digits_are_a_trace_code(text: str) -> None:
    assert not is_trace_code(text)
    assert is_trace_code("1" * 20)
    assert is_prefix(PREFIX)
    assert not is_prefix(PREFIX[:-1])
