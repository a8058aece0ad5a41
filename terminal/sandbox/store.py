"""The sandbox's memory: one SQLite connection, one transaction at a time.

One rule: everything a request reads and writes happens inside one `transaction()`, which begins
immediately and is serialised by a lock.  So two tills that use one pot cannot both see the same
money, whatever threads their requests run in.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

SCHEMA_VERSION = 1
BUSY_SECONDS = 5
"""How long to wait for another process that holds the same file."""

_SCHEMA = """
CREATE TABLE persons (
    psn_no TEXT PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    shown INTEGER NOT NULL,        -- on /people and /phone; creators of mutual aid are not
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    certno TEXT NOT NULL,
    gend TEXT NOT NULL,
    brdy TEXT NOT NULL,
    title_zh TEXT NOT NULL,
    title_en TEXT NOT NULL
) STRICT;
CREATE TABLE enrolments (
    psn_no TEXT NOT NULL REFERENCES persons,
    insutype TEXT NOT NULL,
    psn_type TEXT NOT NULL,
    stas TEXT NOT NULL,            -- psn_insu_stas: 1 active, 2 suspended, 4 ended
    region TEXT NOT NULL,
    PRIMARY KEY (psn_no, insutype, region)
) STRICT;
CREATE TABLE accounts (
    account TEXT PRIMARY KEY,      -- own:ID, pot:ID, fund:TYPE, shop:CODE, outside
    kind TEXT NOT NULL,
    psn_no TEXT REFERENCES persons,
    is_open INTEGER NOT NULL DEFAULT 1,
    balance_fen INTEGER NOT NULL DEFAULT 0,
    CHECK (kind NOT IN ('own', 'pot') OR balance_fen >= 0)
) STRICT;
CREATE TABLE movements (
    seq INTEGER PRIMARY KEY,
    posting INTEGER NOT NULL,      -- the movements of one posting add up to nothing
    at TEXT NOT NULL,
    account TEXT NOT NULL REFERENCES accounts,
    amount_fen INTEGER NOT NULL,
    msgid TEXT NOT NULL,
    kind TEXT NOT NULL
) STRICT;
CREATE TABLE relations (
    id INTEGER PRIMARY KEY,
    creator TEXT NOT NULL REFERENCES persons,
    member TEXT NOT NULL REFERENCES persons,
    kinship TEXT NOT NULL,
    bound_on TEXT NOT NULL,
    closed_at TEXT                 -- NULL: still in force
) STRICT;
CREATE TABLE vouchers (
    voucher_id TEXT PRIMARY KEY,
    psn_no TEXT NOT NULL REFERENCES persons,
    issued_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    institution TEXT,              -- NULL: no 1101 yet
    opter TEXT,
    device TEXT,
    bound_at REAL,
    mdtrt_id TEXT,
    used_by TEXT                   -- msgid of the settlement that holds it
) STRICT;
CREATE TABLE messages (
    msgid TEXT PRIMARY KEY,
    infno TEXT NOT NULL,
    psn_no TEXT NOT NULL,
    institution TEXT NOT NULL,
    digest TEXT NOT NULL,          -- of the transaction's input; empty: never arrived
    is_reversed INTEGER NOT NULL,  -- refused whenever it arrives
    reply BLOB                     -- NULL: never arrived
) STRICT;
CREATE TABLE settlements (
    setl_id TEXT PRIMARY KEY,
    msgid TEXT NOT NULL,
    mdtrt_id TEXT NOT NULL,
    psn_no TEXT NOT NULL REFERENCES persons,
    kind TEXT NOT NULL,            -- charge, refund
    reverses TEXT,                 -- a refund's charge
    state TEXT NOT NULL,           -- settled, reversed
    institution TEXT NOT NULL,
    institution_name TEXT NOT NULL,
    region TEXT NOT NULL,
    insutype TEXT NOT NULL,
    med_type TEXT NOT NULL,
    voucher_id TEXT NOT NULL,
    begntime TEXT NOT NULL,
    setl_time TEXT NOT NULL,
    acct_used INTEGER NOT NULL,
    pot TEXT REFERENCES accounts,
    total_fen INTEGER NOT NULL,
    own_cost_fen INTEGER NOT NULL,
    over_limit_fen INTEGER NOT NULL,
    first_pay_fen INTEGER NOT NULL,
    in_scope_fen INTEGER NOT NULL,
    ratio TEXT NOT NULL,
    fund_fen INTEGER NOT NULL,
    own_fen INTEGER NOT NULL,
    mutual_aid_fen INTEGER NOT NULL,
    cash_fen INTEGER NOT NULL,
    balance_fen INTEGER NOT NULL   -- own account afterwards
) STRICT;
CREATE INDEX settlements_of_message ON settlements (msgid);
CREATE INDEX settlements_of_person ON settlements (psn_no, setl_time);
CREATE TABLE debits (
    trns_id TEXT PRIMARY KEY,
    msgid TEXT NOT NULL,
    setl_id TEXT NOT NULL,
    psn_no TEXT NOT NULL,
    acct_type TEXT NOT NULL,
    account TEXT REFERENCES accounts,
    state TEXT NOT NULL,           -- debited, refused, reversed
    asked_fen INTEGER NOT NULL,
    paid_fen INTEGER NOT NULL,
    available_fen INTEGER NOT NULL,
    balance_fen INTEGER NOT NULL,
    err_msg TEXT NOT NULL
) STRICT;
CREATE INDEX debits_of_message ON debits (msgid);
CREATE INDEX debits_of_settlement ON debits (setl_id);
CREATE TABLE serials (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
"""


class StoreError(Exception):
    """The database file cannot be used; the message names it."""


@dataclass(frozen=True, slots=True)
class Tx:
    """What a handler may touch: the open transaction and the one instant it happens at."""

    db: sqlite3.Connection
    now: float
    """Seconds since 1970 UTC."""

    def row(self, sql: str, *values: object) -> sqlite3.Row | None:
        found: sqlite3.Row | None = self.db.execute(sql, values).fetchone()
        return found

    def rows(self, sql: str, *values: object) -> list[sqlite3.Row]:
        return self.db.execute(sql, values).fetchall()

    def run(self, sql: str, *values: object) -> None:
        self.db.execute(sql, values)

    def serial(self, name: str) -> int:
        """1, 2, 3 … for each name, never twice, also after a restart."""
        counted = self.row(
            "INSERT INTO serials VALUES (?, 1)"
            " ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value",
            name,
        )
        assert counted
        return int(counted["value"])

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Undoes what was written inside, and only that, when an exception leaves it."""
        self.db.execute("SAVEPOINT attempt")
        try:
            yield
        except BaseException:
            self.db.execute("ROLLBACK TO attempt")
            self.db.execute("RELEASE attempt")
            raise
        self.db.execute("RELEASE attempt")


class Store:
    """The ledger's file, or memory with ":memory:"."""

    def __init__(self, database: str, clock: Callable[[], float]) -> None:
        """Raises StoreError where the file is no database of this version."""
        self._clock = clock
        self._lock = threading.Lock()
        self._is_open = True
        try:
            self._db = sqlite3.connect(
                database, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
        except sqlite3.Error as exc:
            raise StoreError(f"{database}: {exc}") from exc
        self._db.row_factory = sqlite3.Row
        try:
            self._prepare(database)
        except (sqlite3.Error, StoreError) as exc:
            self._db.close()
            raise exc if isinstance(exc, StoreError) else StoreError(f"{database}: {exc}") from exc

    def _prepare(self, database: str) -> None:
        self._db.execute("PRAGMA foreign_keys = ON")
        self._db.execute("PRAGMA journal_mode = WAL")
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        if version == SCHEMA_VERSION:
            return
        (tables,) = self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if tables:
            raise StoreError(f"{database}: not a database of this sandbox")
        self._db.executescript(
            f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT"
        )

    @contextmanager
    def transaction(self) -> Iterator[Tx]:
        """All or nothing; one at a time in this process, and one writer among processes."""
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield Tx(self._db, self._clock())
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def close(self) -> None:
        with self._lock:
            if self._is_open:
                self._db.close()
                self._is_open = False
