"""The rows of goods that the platform is told, and what became of each.

They are derived: an event that ended a sale makes its rows once, in the order of the journal, and a
mark says up to where that has been done.  Both are written together, so a row is never missing
and never made twice, whenever the power fails.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

from terminal.sale.events import Event, SaleRefunded, SaleSettled
from terminal.sale.goods import QueuedRow, RowKey, RowState

QUEUED_UP_TO = "goods_queued_up_to"
"""The mark that holds the number of the last event whose rows were made."""
ROWS_READ_MAX = 500

_ROWS = (
    "SELECT g.seq, g.line, g.sale_id, e.type, e.body, g.state, g.refusals, g.words"
    " FROM goods_rows AS g JOIN events AS e ON e.seq = g.seq"
)


def unqueued(db: sqlite3.Connection, after: int) -> list[tuple[int, str, str]]:
    """Number, sale and type of the events whose rows are to be made, oldest first."""
    return db.execute(
        "SELECT seq, sale_id, type FROM events WHERE seq > ?"
        " AND type IN ('SaleSettled', 'SaleRefunded') ORDER BY seq LIMIT ?",
        (after, ROWS_READ_MAX),
    ).fetchall()


def add(db: sqlite3.Connection, rows: Iterable[tuple[RowKey, str]]) -> None:
    """Rows with their sales."""
    db.executemany(
        "INSERT INTO goods_rows (seq, line, sale_id, state, refusals, words)"
        " VALUES (?, ?, ?, 'waiting', 0, '')",
        [(key.seq, key.line, sale_id) for key, sale_id in rows],
    )


def note(db: sqlite3.Connection, changes: Sequence[tuple[RowKey, RowState, int, str]]) -> None:
    """Key, state, refusals, words."""
    db.executemany(
        "UPDATE goods_rows SET state = ?, refusals = ?, words = ? WHERE seq = ? AND line = ?",
        [
            (state.value, refusals, words, key.seq, key.line)
            for key, state, refusals, words in changes
        ],
    )


def in_state(db: sqlite3.Connection, state: RowState) -> list[tuple[object, ...]]:
    """Columns of `_ROWS`, in the order of the journal."""
    return db.execute(
        f"{_ROWS} WHERE g.state = ? ORDER BY g.seq, g.line LIMIT ?", (state.value, ROWS_READ_MAX)
    ).fetchall()


def as_queued(
    key: RowKey, sale_id: str, event: Event, state: str, refusals: int, words: str
) -> QueuedRow:
    assert isinstance(event, SaleSettled | SaleRefunded)
    return QueuedRow(key, sale_id, event, RowState(state), refusals, words)
