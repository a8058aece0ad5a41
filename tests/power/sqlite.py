"""SQLite on a `Disk`, looking to the journal like a connection of the standard library.

The file system below SQLite is written with apsw, whose SQLite is its own; so the power cuts are
of that version's making.  What a cut leaves is also opened with the standard library's.

What SQLite does to a Unix file system is kept: the directory is synced with the first sync of a
log or rollback journal, a removal is durable only when SQLite asks for it, an empty file counts as
none.  Source: SQLite, `src/os_unix.c`, unixOpen, unixSync, unixDelete, unixAccess.
"""

from __future__ import annotations

import random
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import apsw

from tests.power.disk import Disk, File, Killed

_LOGS = apsw.SQLITE_OPEN_WAL | apsw.SQLITE_OPEN_MAIN_JOURNAL | apsw.SQLITE_OPEN_SUPER_JOURNAL


class _OpenFile:
    """What SQLite holds of one file."""

    def __init__(self, disk: Disk, file: File, *, is_log: bool) -> None:
        self._disk, self._file = disk, file
        self._names_itself = is_log
        """Whether the next sync makes the name durable too."""

    def xRead(self, amount: int, offset: int) -> bytes:
        return bytes(self._file.now[offset : offset + amount])

    def xWrite(self, data: bytes, offset: int) -> None:
        self._disk.write(self._file, offset, bytes(data))

    def xTruncate(self, newsize: int) -> None:
        self._disk.truncate(self._file, newsize)

    def xSync(self, flags: int) -> None:
        self._disk.sync(self._file, directory=self._names_itself)
        self._names_itself = False

    def xFileSize(self) -> int:
        return len(self._file.now)

    def xLock(self, level: int) -> None:
        pass

    def xUnlock(self, level: int) -> None:
        pass

    def xCheckReservedLock(self) -> bool:
        return False

    def xFileControl(self, op: int, ptr: int) -> bool:
        return False

    def xSectorSize(self) -> int:
        return 4096

    def xDeviceCharacteristics(self) -> int:
        return apsw.SQLITE_IOCAP_POWERSAFE_OVERWRITE

    def xClose(self) -> None:
        pass


class Storage(apsw.VFS):
    """The file system of one disk, under its own name."""

    def __init__(self, disk: Disk, seed: int = 0) -> None:
        self._disk, self._random = disk, random.Random(seed)
        self.name = f"power-{id(self)}"
        super().__init__(self.name, "")

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> Any:
        flags[1] = flags[0]
        if name is None:
            return _OpenFile(Disk(), File(""), is_log=False)
        text = name.filename() if isinstance(name, apsw.URIFilename) else name
        if text not in self._disk.files and not flags[0] & apsw.SQLITE_OPEN_CREATE:
            raise apsw.CantOpenError(text)
        return _OpenFile(self._disk, self._disk.open(text), is_log=bool(flags[0] & _LOGS))

    def xAccess(self, pathname: str, flags: int) -> bool:
        file = self._disk.files.get(pathname)
        return file is not None and len(file.now) > 0

    def xDelete(self, filename: str, syncdir: bool) -> None:
        if filename in self._disk.files:
            self._disk.delete(filename, directory=syncdir)

    def xFullPathname(self, name: str) -> str:
        return name

    def xRandomness(self, numbytes: int) -> bytes:
        return self._random.randbytes(numbytes)


class _Rows:
    """An apsw cursor as the standard library's."""

    def __init__(self, cursor: apsw.Cursor) -> None:
        self._cursor = cursor

    def __iter__(self) -> Iterator[Any]:
        try:
            yield from self._cursor
        except apsw.Error as exc:
            raise translated(exc) from exc
        except UnicodeDecodeError as exc:
            raise sqlite3.OperationalError(f"Could not decode to UTF-8: {exc}") from exc

    def fetchone(self) -> Any:
        return next(iter(self), None)

    def fetchall(self) -> list[Any]:
        return list(self)


class Connection:
    """As much of `sqlite3.Connection` as the journal uses."""

    def __init__(self, disk: Disk, name: str, rewrite: dict[str, str] | None = None) -> None:
        """rewrite  statements to replace before they run: for journals made wrong on purpose."""
        self._storage = Storage(disk)
        self._rewrite = rewrite or {}
        try:
            self._db = apsw.Connection(name, vfs=self._storage.name)
        except apsw.Error as exc:
            raise translated(exc) from exc

    def execute(self, statement: str, parameters: tuple[Any, ...] = ()) -> _Rows:
        try:
            return _Rows(self._db.execute(self._rewrite.get(statement, statement), parameters))
        except apsw.Error as exc:
            raise translated(exc) from exc

    @property
    def in_transaction(self) -> bool:
        return self._db.in_transaction

    def close(self) -> None:
        try:
            self._db.close()
        except apsw.Error as exc:
            raise translated(exc) from exc


def translated(exc: apsw.Error) -> sqlite3.DatabaseError:
    """The error the standard library would have raised."""
    code: int = getattr(exc, "extendedresult", 0)
    kind: type[sqlite3.DatabaseError]
    match code & 0xFF:
        case sqlite3.SQLITE_CONSTRAINT | sqlite3.SQLITE_MISMATCH:
            kind = sqlite3.IntegrityError
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            kind = sqlite3.DatabaseError
        case _:
            kind = sqlite3.OperationalError
    error = kind(str(exc))
    error.sqlite_errorcode = code
    return error


def connect(disk: Disk, path: Path, rewrite: dict[str, str] | None = None) -> sqlite3.Connection:
    """For `Journal(connect=…)`."""
    # The journal asks for the standard library's class and uses the part that is here.
    return cast(sqlite3.Connection, Connection(disk, str(path), rewrite))


@contextmanager
def told_nobody() -> Iterator[None]:
    """A process that is killed prints nothing: apsw tells of exceptions it has to drop."""
    before = sys.unraisablehook

    def hook(dropped: sys.UnraisableHookArgs) -> None:
        if dropped.exc_type is not Killed:
            before(dropped)

    sys.unraisablehook = hook
    try:
        yield
    finally:
        sys.unraisablehook = before
