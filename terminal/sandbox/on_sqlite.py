"""The ledger in SQLite: one connection, one transaction at a time.

One rule: transactions run where they are asked for, also on the event loop.  Each takes less than
a millisecond, and handing one to a thread and back takes longer than that.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from terminal.sandbox.schema import SERIALS, TABLES, VERSION
from terminal.sandbox.store import Row, StoreError, Tx

BUSY_SECONDS = 5
"""How long to wait for another process that holds the same file."""

T = TypeVar("T")

_SCHEMA = (
    TABLES.replace("SERIAL", "INTEGER PRIMARY KEY").replace("\n);", "\n) STRICT;")
    + "CREATE TABLE serials (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;"
)


class SqliteTx(Tx):
    """Holds the whole database."""

    def __init__(self, db: sqlite3.Connection, now: float) -> None:
        super().__init__(now)
        self._db = db

    def execute(self, sql: str, values: Sequence[object] = ()) -> sqlite3.Cursor:
        return self._db.execute(sql, values)

    def held(self, sql: str, *values: object) -> list[Row]:
        return self.rows(sql, *values)

    def at_one_moment(self) -> None:
        """Always so."""

    def serial(self, name: str) -> int:
        assert name in SERIALS
        counted = self.row(
            "INSERT INTO serials VALUES (?, 1)"
            " ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value",
            name,
        )
        assert counted
        return int(counted["value"])


class SqliteStore:
    """A file, or memory with ":memory:"."""

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
        # Outlives the process at any moment, and a power cut without its last moments: enough for
        # pretended money, and no message waits for the disk.
        self._db.execute("PRAGMA synchronous = NORMAL")
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        if version == VERSION:
            return
        (tables,) = self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if tables:
            raise StoreError(f"{database}: not a database of this sandbox")
        self._db.executescript(
            f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA user_version = {VERSION}; COMMIT"
        )

    @contextmanager
    def transaction(self) -> Iterator[Tx]:
        """One at a time in this process, and one writer among processes."""
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield SqliteTx(self._db, self._clock())
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def run(self, work: Callable[[Tx], T]) -> T:
        with self.transaction() as tx:
            return work(tx)

    async def carry_out(self, work: Callable[[Tx], T]) -> T:
        return self.run(work)

    def close(self) -> None:
        with self._lock:
            if self._is_open:
                self._db.close()
                self._is_open = False
