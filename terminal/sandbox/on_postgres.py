"""The ledger in PostgreSQL: many transactions at once, each on a connection of its own.

One rule: a transaction holds the rows it decides on (`Tx.held`) and takes them in one order:
people, own accounts and pots, then the shop's and the fund's.  Where two wait for each other all
the same, or both make the same row, one comes to nothing and is carried out again.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, TypeVar

import psycopg
from psycopg.errors import DeadlockDetected, SerializationFailure, UniqueViolation
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool, PoolTimeout

from terminal.sandbox.schema import SERIALS, TABLES, VERSION
from terminal.sandbox.store import Cursor, Row, StoreError, Tx

CONNECTIONS = 8
"""More cost memory and bring nothing: a transaction takes milliseconds."""
CONNECT_SECONDS = 10.0
TRIES_MAX = 10
"""Of one transaction that others got in the way of."""
GIVE_WAY_SECONDS = 0.05
"""Longer with each try: who begins again at once takes the row from whom it just made room for."""
GETTING_READY = 73063100
"""Names the lock under which one sandbox makes the tables while another waits."""

DISTURBED = (DeadlockDetected, SerializationFailure, UniqueViolation)

T = TypeVar("T")
Connection = psycopg.Connection[dict[str, Any]]

_TYPES = {
    "SERIAL": "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
    "INTEGER": "BIGINT",
    "BLOB": "BYTEA",
    "REAL": "DOUBLE PRECISION",
}


def _schema() -> str:
    tables = TABLES
    for name, there in _TYPES.items():
        tables = tables.replace(f" {name}", f" {there}")
    counters = "".join(f"CREATE SEQUENCE serial_{name};\n" for name in SERIALS)
    return f"{tables}{counters}CREATE TABLE sandbox (version BIGINT NOT NULL);"


@lru_cache(maxsize=256)
def _in_their_words(sql: str) -> str:
    """`?` as psycopg writes it; no statement has a percent sign or a question mark of its own."""
    assert "%" not in sql
    return sql.replace("?", "%s")


class PostgresTx(Tx):
    def __init__(self, db: Connection, now: float) -> None:
        super().__init__(now)
        self._db = db

    def execute(self, sql: str, values: Sequence[object] = ()) -> Cursor:
        return self._db.execute(_in_their_words(sql), values)

    def held(self, sql: str, *values: object) -> list[Row]:
        # NO KEY: a row that refers to the held one may be added meanwhile.
        return self.rows(f"{sql} FOR NO KEY UPDATE", *values)

    def at_one_moment(self) -> None:
        self.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")

    def serial(self, name: str) -> int:
        assert name in SERIALS
        counted = self.row(f"SELECT nextval('serial_{name}') AS value")
        assert counted
        return int(counted["value"])


class PostgresStore:
    """A database by its URL, as libpq reads it; the first schema of its search path is used."""

    def __init__(self, url: str, clock: Callable[[], float]) -> None:
        """Raises StoreError where it cannot be reached or holds something else."""
        self._clock = clock
        self._threads = ThreadPoolExecutor(CONNECTIONS, "sandbox")
        self._pool: ConnectionPool[Connection] = ConnectionPool(
            url,
            kwargs={"row_factory": dict_row},
            min_size=1,
            max_size=CONNECTIONS,
            open=False,
            timeout=CONNECT_SECONDS,
        )
        try:
            with psycopg.connect(url, row_factory=dict_row, connect_timeout=10) as db:
                _prepare(db)
            self._pool.open(wait=True, timeout=CONNECT_SECONDS)
        except (psycopg.Error, PoolTimeout, StoreError) as exc:
            self._pool.close()
            raise StoreError(f"{_without_secrets(url)}: {exc}") from exc

    @contextmanager
    def transaction(self) -> Iterator[Tx]:
        with self._pool.connection() as db:
            yield PostgresTx(db, self._clock())

    def run(self, work: Callable[[Tx], T]) -> T:
        tries = 0
        while True:
            try:
                with self.transaction() as tx:
                    return work(tx)
            except DISTURBED:
                tries += 1
                if tries == TRIES_MAX:
                    raise
                time.sleep(GIVE_WAY_SECONDS * tries)

    async def carry_out(self, work: Callable[[Tx], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self.run, work)

    def close(self) -> None:
        self._threads.shutdown()
        self._pool.close()


def _prepare(db: Connection) -> None:
    """Makes the tables in an empty schema.  Raises StoreError."""
    db.execute("SELECT pg_advisory_xact_lock(%s)", (GETTING_READY,))
    there = db.execute(
        "SELECT tablename AS name FROM pg_tables WHERE schemaname = current_schema()"
    ).fetchall()
    if not there:
        db.execute(_schema())
        db.execute("INSERT INTO sandbox VALUES (%s)", (VERSION,))
        return
    found = None
    if {"name": "sandbox"} in there:
        found = db.execute("SELECT version FROM sandbox").fetchone()
    if found is None or found["version"] != VERSION:
        raise StoreError("not a database of this sandbox")


def _without_secrets(url: str) -> str:
    """Neither of the two places where a password may stand."""
    return "postgresql://" + url.partition("://")[2].rpartition("@")[2].partition("?")[0]
