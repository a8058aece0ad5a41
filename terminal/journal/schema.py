"""The tables of a journal, and how its database is opened."""

from __future__ import annotations

SCHEMA_VERSION = 4
GOODS_ROWS = """
CREATE TABLE goods_rows (
    seq INTEGER NOT NULL REFERENCES events,
    line INTEGER NOT NULL,
    sale_id TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'taken', 'refused')),
    refusals INTEGER NOT NULL,
    words TEXT NOT NULL,
    PRIMARY KEY (seq, line)
) STRICT, WITHOUT ROWID;
CREATE INDEX goods_rows_by_sale ON goods_rows (sale_id);
CREATE INDEX open_goods_rows ON goods_rows (state, seq, line) WHERE state <> 'taken';
"""
ADDED = {3: GOODS_ROWS}
"""What a journal of an older version lacks; the events are the same in all of these."""
SCHEMA = (
    """
CREATE TABLE events (
    seq INTEGER PRIMARY KEY,
    sale_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    type TEXT NOT NULL,
    body TEXT NOT NULL,
    link BLOB NOT NULL,
    UNIQUE (sale_id, version)
) STRICT;
CREATE TABLE sales (
    sale_id TEXT PRIMARY KEY,
    day TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'settled', 'voided', 'refunded'))
) STRICT, WITHOUT ROWID;
CREATE INDEX open_sales ON sales (sale_id) WHERE state = 'open';
CREATE INDEX sales_by_day ON sales (day);
CREATE TABLE used_vouchers (
    issuer TEXT NOT NULL,
    voucher_id TEXT NOT NULL,
    sale_id TEXT NOT NULL,
    PRIMARY KEY (issuer, voucher_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE message_ids (
    message_id TEXT PRIMARY KEY,
    sale_id TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE sold_boxes (
    code TEXT PRIMARY KEY,
    sale_id TEXT NOT NULL,
    line INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX boxes_by_sale ON sold_boxes (sale_id);
CREATE TABLE days (
    z INTEGER PRIMARY KEY,
    last_seq INTEGER NOT NULL,
    body TEXT NOT NULL,
    seal BLOB NOT NULL
) STRICT;
CREATE TABLE marks (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
"""
    + GOODS_ROWS
)

PRAGMAS = (
    # Exclusive: a second till on the same file is refused at its start, not in mid-sale.
    "PRAGMA locking_mode = EXCLUSIVE",
    "PRAGMA journal_mode = WAL",
    # FULL: a commit that was acknowledged survives a power cut.
    "PRAGMA synchronous = FULL",
    "PRAGMA wal_autocheckpoint = 200",
    "PRAGMA foreign_keys = ON",
)
