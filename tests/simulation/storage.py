"""The disk below the journal: an SQLite database that outlives the process, and what can go wrong.

One rule: what COMMIT has returned for, and only that, survives a crash.  (That SQLite keeps this on
a real disk is tested elsewhere, with real kills and cut power.)
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from terminal.journal.room import Room
from tests.simulation.faults import Faults
from tests.simulation.process import Process

T = TypeVar("T")
STALL_SECONDS = 5.0
BALLAST_WRITES = 40
"""Few, so that it is not always enough."""
Row = tuple[int, str, int, str, str, bytes]
"""seq, sale_id, version, type, body, link: as the journal inserts it."""


class Database(sqlite3.Connection):
    """A connection that is also the disk: closing it loses only what was not committed."""

    process: Process
    faults: Faults
    space: Space
    on_durable: Callable[[list[Row]], None]
    on_full: Callable[[], None]
    _uncommitted: list[Row]

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        if sql.startswith("INSERT INTO events"):
            self._uncommitted.append(parameters)
        elif sql == "BEGIN IMMEDIATE":
            self._uncommitted = []
            self.process.require_alive()
        elif sql == "COMMIT":
            return self._commit()
        return super().execute(sql, parameters)

    def _commit(self) -> sqlite3.Cursor:
        fate = self.faults.pick("write")
        if fate in ("crash before write", "torn write"):
            self._forget()
            self.process.crash(fate)
        if fate == "disk full":
            self.on_full()
        if not self.space.takes_a_write() or fate == "disk full late":
            if fate == "disk full late":
                # SQLite has rolled back by itself in some of these cases, in others not.
                self._forget()
            raise _disk_error("database or disk is full", sqlite3.SQLITE_FULL)
        cursor = super().execute("COMMIT")
        written, self._uncommitted = self._uncommitted, []
        self.on_durable(written)
        if fate == "crash after write":
            self.process.crash(fate)
        if fate == "failed sync":
            # The till is told that it failed, and yet it is there after the next start.
            raise _disk_error("disk I/O error", sqlite3.SQLITE_IOERR)
        return cursor

    def _forget(self) -> None:
        self._uncommitted = []
        super().execute("ROLLBACK")

    def close(self) -> None:
        """The process let go of it."""
        if self.in_transaction:
            self._forget()

    def end(self) -> None:
        super().close()


def _disk_error(words: str, code: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError(words)
    error.sqlite_errorcode = code
    return error


def new_database() -> Database:
    database = sqlite3.connect(
        ":memory:", isolation_level=None, factory=Database, cached_statements=64
    )
    assert isinstance(database, Database)
    return database


def already_open(database: Database) -> Callable[[Path], sqlite3.Connection]:
    """`connect` for the journal: the same disk on every start."""
    return lambda _: database


class Space(Room):
    """The room of a simulated disk: a ballast that is good for so many writes once it is gone."""

    def __init__(self, is_full: Callable[[], bool]) -> None:
        self._is_full = is_full
        self._has_ballast = True
        self._writes_left = 0

    def takes_a_write(self) -> bool:
        if not self._is_full():
            return True
        self._writes_left -= 1
        return self._writes_left >= 0

    def is_enough(self) -> bool:
        if not self._is_full():
            self._has_ballast, self._writes_left = True, 0
        return self._has_ballast and not self._is_full()

    def release(self) -> bool:
        released, self._has_ballast = self._has_ballast, False
        self._writes_left += BALLAST_WRITES if released else 0
        return released


class OneWriter:
    """`terminal.checkout.disk.Disk`: one call after the other, now and then very slowly."""

    def __init__(self, process: Process, faults: Faults) -> None:
        self._process, self._faults = process, faults
        self._queue: asyncio.Future[None] | None = None

    async def run(self, work: Callable[[], T]) -> T:
        self._process.require_alive()
        before = self._queue
        if before is None and self._faults.pick("stall") == "":
            return work()
        return await self._behind(before, work)

    async def _behind(self, before: asyncio.Future[None] | None, work: Callable[[], T]) -> T:
        """In turn behind a stalled call.  A writer thread finishes what it was given, also when
        nobody waits for it any more, unless the process is gone."""
        mine = self._queue = asyncio.get_running_loop().create_future()
        try:
            try:
                if before is None:
                    await asyncio.sleep(STALL_SECONDS)
                else:
                    await asyncio.shield(before)
            except asyncio.CancelledError:
                if self._process.alive:
                    work()
                raise
            self._process.require_alive()
            return work()
        finally:
            if self._queue is mine:
                self._queue = None
            mine.set_result(None)

    def close(self) -> None:
        """Nothing is under way when this is called: calls are finished where they were given."""
