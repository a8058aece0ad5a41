"""What is below the journal: a disk that fails on demand, and files as a power cut leaves them."""

from __future__ import annotations

import asyncio
import random
import shutil
import sqlite3
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from terminal.journal.chain import key_file

T = TypeVar("T")
SECTOR_BYTES = 512
WRITES = ("INSERT INTO events", "INSERT INTO days")


class Killed(BaseException):
    """The process is gone.  Nothing of it catches this, and nothing it does has an effect."""


class Process:
    def __init__(self) -> None:
        self.alive = True

    def require_alive(self) -> None:
        if not self.alive:
            raise Killed


class Trouble(StrEnum):
    """What the next write meets."""

    FULL = "full"
    EIO = "eio"
    SYNC_LOST = "sync_lost"
    """fsync failed, and nothing was written."""
    SYNC_KEPT = "sync_kept"
    """fsync failed, and everything was written all the same."""
    READ_ONLY = "read_only"
    LOCKED = "locked"


_CODES = {
    Trouble.FULL: (sqlite3.SQLITE_FULL, "database or disk is full"),
    Trouble.EIO: (sqlite3.SQLITE_IOERR_WRITE, "disk I/O error"),
    Trouble.SYNC_LOST: (sqlite3.SQLITE_IOERR_FSYNC, "disk I/O error"),
    Trouble.SYNC_KEPT: (sqlite3.SQLITE_IOERR_FSYNC, "disk I/O error"),
    Trouble.READ_ONLY: (sqlite3.SQLITE_READONLY, "attempt to write a readonly database"),
    Trouble.LOCKED: (sqlite3.SQLITE_BUSY, "database is locked"),
}
_AT_COMMIT = (Trouble.SYNC_LOST, Trouble.SYNC_KEPT)


class Weather:
    """What the disk of one till is going to do.  Outlives the till's processes."""

    def __init__(self) -> None:
        self.trouble: Trouble | None = None
        self.left = 0
        """How many writes still meet the trouble."""
        self.stall_seconds = 0.0
        """How long the next call takes."""
        self.on_stall: Callable[[], object] = lambda: None
        self.locked_starts = 0
        """How many starts find the file in use."""

    @property
    def spent(self) -> bool:
        return self.left == 0 and self.stall_seconds == 0 and self.locked_starts == 0

    def expect(self, trouble: Trouble, count: int = 1) -> None:
        self.trouble, self.left = trouble, count

    def strikes(self, sql: str, connection: sqlite3.Connection) -> bool:
        """Whether this statement fails; counts it if so."""
        if self.locked_starts and sql.startswith("PRAGMA journal_mode"):
            self.locked_starts -= 1
            self.trouble = Trouble.LOCKED
            return True
        if self.left == 0:
            return False
        alone = sql.startswith("INSERT INTO days")
        at = "COMMIT" if self.trouble in _AT_COMMIT else WRITES
        if not (alone or sql.startswith(at)):
            return False
        if sql == "COMMIT" and not connection.in_transaction:
            return False
        self.left -= 1
        return True


class Connection(sqlite3.Connection):
    """One process's connection to the journal's file."""

    weather: Weather

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        if not self.weather.strikes(sql, self):
            return super().execute(sql, parameters)
        trouble = self.weather.trouble
        assert trouble
        if trouble is Trouble.SYNC_KEPT:
            super().execute(sql, parameters)
        elif self.in_transaction:
            # SQLite has rolled back by itself when it reports one of these.
            super().execute("ROLLBACK")
        code, words = _CODES[trouble]
        error = sqlite3.OperationalError(words)
        error.sqlite_errorcode = code
        raise error


def connecting(weather: Weather) -> Callable[[Path], sqlite3.Connection]:
    """`connect` for a journal on a disk with this weather.  Waits for no other process."""

    def connect(path: Path) -> sqlite3.Connection:
        connection = sqlite3.connect(
            path, isolation_level=None, check_same_thread=False, timeout=0, factory=Connection
        )
        connection.weather = weather
        return connection

    return connect


class OneWriter:
    """`terminal.checkout.disk.Disk`: one call after the other, the next one perhaps slowly."""

    def __init__(self, weather: Weather, process: Process) -> None:
        self._weather, self._process = weather, process
        self._turn = asyncio.Lock()

    async def run(self, work: Callable[[], T]) -> T:
        self._process.require_alive()
        async with self._turn:
            if stall := self._weather.stall_seconds:
                self._weather.stall_seconds = 0.0
                self._weather.on_stall()
                await asyncio.sleep(stall)
                self._process.require_alive()
            return work()

    def close(self) -> None:
        """Nothing to wait for: nobody is ended while a call is under way but by a kill."""


def copy_files(journal: Path, folder: Path) -> Path:
    """The journal, its log and its key as they are on the disk now, in a folder of their own."""
    folder.mkdir()
    copy = folder / journal.name
    for part in ("", "-wal"):
        source = journal.with_name(journal.name + part)
        if source.is_file():
            shutil.copyfile(source, copy.with_name(copy.name + part))
    shutil.copyfile(key_file(journal), key_file(copy))
    return copy


def tear(before: Path, after: Path, rng: random.Random) -> None:
    """Makes `after` what a cut during the write between the two leaves.

    Of each sector that the write changed, either half of the change reached the disk; the order
    is the disk's own.  A write that already goes to the database itself has been synced in the log.
    """
    parts = ["-wal"]
    if (before.read_bytes()) != after.read_bytes():
        parts = [""]
    for part in parts:
        old = _bytes(before.with_name(before.name + part))
        new = _bytes(after.with_name(after.name + part))
        torn = bytearray(new)
        for start in range(0, len(new), SECTOR_BYTES):
            sector = slice(start, start + SECTOR_BYTES)
            if new[sector] == old[sector] or rng.random() < 0.5:
                continue
            kept = old[sector] or bytes(len(new[sector]))
            torn[sector] = kept.ljust(len(new[sector]), b"\0")
        if len(new) > len(old) and rng.random() < 0.5:
            del torn[rng.randrange(len(old), len(new)) :]
        after.with_name(after.name + part).write_bytes(torn)


def litter(journal: Path, rng: random.Random) -> None:
    """Appends what a cut leaves behind the last complete write: meaningless sectors."""
    log = journal.with_name(journal.name + "-wal")
    with log.open("ab") as file:
        file.write(rng.randbytes(SECTOR_BYTES * rng.randrange(1, 12)))


def spoil_page(journal: Path, rng: random.Random) -> None:
    """Overwrites the page the till reads first, as a failing disk does."""
    with sqlite3.connect(journal, isolation_level=None) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        size = db.execute("PRAGMA page_size").fetchone()[0]
        table = rng.choice(("events", "sales", "marks"))
        root = db.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (table,)).fetchone()
    db.close()
    with journal.open("r+b") as file:
        file.seek((root[0] - 1) * size)
        file.write(rng.randbytes(size))


def _bytes(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b""
