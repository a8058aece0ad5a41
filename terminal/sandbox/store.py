"""The sandbox's memory: what a transaction is, whichever database is behind it.

One rule: everything a request reads and writes happens inside one transaction, and what it decides
on cannot change before its end.  SQLite lets one transaction run at a time; PostgreSQL runs many,
so what decides about money is read with `held`, which keeps the rows from everybody else.  So two
tills that use one pot cannot both spend the same money, whatever they run on.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol, TypeVar

T = TypeVar("T")

IN_MEMORY = ":memory:"
POSTGRES = ("postgresql://", "postgres://")


class StoreError(Exception):
    """The database cannot be used; the message names it."""


class Row(Protocol):
    """A row by column names; `dict(row)` is all of it."""

    def __getitem__(self, name: str, /) -> Any: ...
    def keys(self) -> Iterable[str]: ...


class Cursor(Protocol):
    """What both databases' cursors have in common."""

    def fetchone(self) -> Any: ...
    def fetchall(self) -> list[Any]: ...


class Tx(ABC):
    """What a handler may touch: the open transaction and the one instant it happens at.

    Statements are in the SQL both databases understand, with `?` for each value.
    """

    def __init__(self, now: float) -> None:
        self.now = now
        """Seconds since 1970 UTC."""

    @abstractmethod
    def execute(self, sql: str, values: Sequence[object] = ()) -> Cursor: ...

    @abstractmethod
    def held(self, sql: str, *values: object) -> list[Row]:
        """`rows` of a SELECT from one table, which nobody else may change before the end."""

    @abstractmethod
    def at_one_moment(self) -> None:
        """Said first: everything this transaction reads is as it is now."""

    @abstractmethod
    def serial(self, name: str) -> int:
        """1, 2, 3 … for each of `schema.SERIALS`, never twice, also after a restart.

        PostgreSQL leaves out the numbers of transactions that came to nothing.
        """

    def row(self, sql: str, *values: object) -> Row | None:
        found: Row | None = self.execute(sql, values).fetchone()
        return found

    def rows(self, sql: str, *values: object) -> list[Row]:
        return self.execute(sql, values).fetchall()

    def run(self, sql: str, *values: object) -> None:
        self.execute(sql, values)

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Undoes what was written inside, and only that, when an exception leaves it."""
        self.execute("SAVEPOINT attempt")
        try:
            yield
        except BaseException:
            self.execute("ROLLBACK TO SAVEPOINT attempt")
            self.execute("RELEASE SAVEPOINT attempt")
            raise
        self.execute("RELEASE SAVEPOINT attempt")


class Store(Protocol):
    """The database of one sandbox."""

    def transaction(self) -> AbstractContextManager[Tx]:
        """All or nothing.  May be used by many threads at once."""

    def run(self, work: Callable[[Tx], T]) -> T:
        """One transaction.  `work` touches nothing but it: where the first time came to nothing,
        because others were in its way, it is called again from the beginning."""

    async def carry_out(self, work: Callable[[Tx], T]) -> T:
        """`run`, from an event loop."""

    def close(self) -> None:
        """Also twice."""


def open_store(database: str, clock: Callable[[], float]) -> Store:
    """A file, ":memory:", or the URL of a PostgreSQL database.

    clock    seconds since 1970 UTC
    Raises   StoreError
    """
    if database.startswith(POSTGRES):
        # Not every counter has the client library, and no counter needs it.
        from terminal.sandbox.on_postgres import PostgresStore

        return PostgresStore(database, clock)
    from terminal.sandbox.on_sqlite import SqliteStore

    return SqliteStore(database, clock)
