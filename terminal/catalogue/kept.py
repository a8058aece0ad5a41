"""A file that is only ever replaced as a whole: written aside, then put in the place of the old.

    goods.db        what everybody reads; never written to
    goods.db.part   what is being written; unfinished it is found again, or thrown away
    goods.db.lock   held by whoever writes

One rule: whoever reads has a whole file, the old one or the new one.  A till that runs while the
file is replaced goes on with the old one and has the new one at its next question.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from terminal.catalogue.item import CatalogueError

FREE_BYTES_MIN = 512 << 20
"""Of the disk, before anything is written: the journal lies on it too."""


@dataclass(frozen=True, slots=True)
class Schema:
    tables: str
    version: int
    """`user_version`: another one is another program's file."""


class Kept:
    """Reads the file, the newest one there is at each question."""

    def __init__(self, path: Path, schema: Schema) -> None:
        """Raises CatalogueError: the file is not there or not whole."""
        self._path, self._schema = path, schema
        self._seen = _mark(path)
        self._connection = _opened(path, schema)

    @property
    def connection(self) -> sqlite3.Connection:
        """To be used at once and not kept."""
        mark = _mark(self._path)
        if mark != self._seen and mark is not None:
            # One try for each new file: a wrong one is no reason to stop selling.
            self._seen = mark
            try:
                fresh = _opened(self._path, self._schema)
            except CatalogueError:
                return self._connection
            self._connection.close()
            self._connection = fresh
        return self._connection

    def close(self) -> None:
        self._connection.close()


def in_memory(schema: Schema) -> sqlite3.Connection:
    """An empty one that ends with the process."""
    # Used by one thread at a time: a till is planned in one and may run in another.
    connection = sqlite3.connect(":memory:", check_same_thread=False)
    connection.executescript(schema.tables)
    return connection


@contextmanager
def replacing(path: Path, schema: Schema, *, goes_on: bool) -> Iterator[sqlite3.Connection]:
    """What is written here takes the place of the file when the block ends without an exception.

    goes_on  begin with what an unfinished attempt left, else with the file as it is; False: empty

    Raises CatalogueError: somebody else is writing, or the disk has no room
    """
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _alone(path), closing(_begun(path, part, schema, goes_on)) as connection:
            yield connection
            connection.commit()
            connection.execute("PRAGMA optimize")
            connection.close()
            _put_in_place(part, path)
    except sqlite3.Error as exc:
        raise CatalogueError(f"{part}: {exc}") from exc
    except OSError as exc:
        raise CatalogueError(f"{path}: {exc.strerror or exc}") from exc


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    with path.with_name(path.name + ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            raise CatalogueError(f"{path}: is being written already; wait until it is") from exc
        yield


def _begun(path: Path, part: Path, schema: Schema, goes_on: bool) -> sqlite3.Connection:
    free = shutil.disk_usage(path.parent).free
    if free < FREE_BYTES_MIN:
        raise CatalogueError(
            f"{path.parent}: {free >> 20} MiB are free, {FREE_BYTES_MIN >> 20} are needed:"
            " make room on the disk first"
        )
    if not (goes_on and _is_whole(part, schema)):
        _throw_away(part)
        if goes_on and path.exists():
            shutil.copyfile(path, part)
    is_new = not part.exists()
    connection = sqlite3.connect(part)
    # Nothing of it counts before the rename, which waits for the disk once.
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA cache_size = -65536")
    if is_new:
        connection.executescript(schema.tables)
        connection.execute(f"PRAGMA user_version = {schema.version}")
    return connection


def _throw_away(part: Path) -> None:
    part.unlink(missing_ok=True)
    part.with_name(part.name + "-journal").unlink(missing_ok=True)


def _is_whole(part: Path, schema: Schema) -> bool:
    """Whether an unfinished file can be gone on with; a power cut may have torn it."""
    if not part.exists():
        return False
    try:
        with closing(sqlite3.connect(part)) as connection:
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error:
        return False
    return bool(version == schema.version and verdict == "ok")


def _put_in_place(part: Path, path: Path) -> None:
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _mark(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns


def _opened(path: Path, schema: Schema) -> sqlite3.Connection:
    if not path.is_file():
        raise CatalogueError(f"{path}: is not there")
    address = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
    connection = sqlite3.connect(address, uri=True, check_same_thread=False)
    try:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
    except sqlite3.Error as exc:
        connection.close()
        raise CatalogueError(f"{path}: {exc}; import it again") from exc
    if version != schema.version:
        connection.close()
        raise CatalogueError(
            f"{path}: was written by another version of this program; import it again"
        )
    return connection
