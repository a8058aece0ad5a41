"""Reading a journal without disturbing the till that has it.

The till holds the file exclusively, so readers look at a copy.  The copy is of files that a writer
may be changing, and is taken again when they changed meanwhile.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from terminal.journal.chain import KEY_BYTES, key_file
from terminal.journal.store import Journal
from terminal.journal.trouble import JournalError, Trouble

TRIES_MAX = 20
PARTS = ("", "-wal")


@contextmanager
def copy_of(path: Path) -> Iterator[Path]:
    """A private copy of the journal and its key, gone afterwards.  Raises JournalError."""
    if not path.is_file():
        raise JournalError(Trouble.DISK, path, "there is no such file")
    with tempfile.TemporaryDirectory(prefix="gongji-journal-") as folder:
        copy = Path(folder) / path.name
        try:
            if key_file(path).is_file():
                shutil.copyfile(key_file(path), key_file(copy))
            _copy_still(path, copy)
        except OSError as exc:
            raise JournalError(Trouble.DISK, path, exc.strerror or str(exc)) from exc
        yield copy


@contextmanager
def reading(path: Path) -> Iterator[Journal]:
    """The journal as it is now, for reading.  Raises JournalError."""
    with copy_of(path) as copy, Journal(copy) as journal:
        yield journal


@contextmanager
def raw(path: Path) -> Iterator[tuple[sqlite3.Connection, bytes]]:
    """The journal as a bare database, and its key, however damaged.  Raises JournalError."""
    with copy_of(path) as copy:
        if not key_file(copy).is_file():
            raise JournalError(Trouble.FOREIGN, path, f"its key {key_file(path)} is not there")
        key = key_file(copy).read_bytes()
        if len(key) != KEY_BYTES:
            raise JournalError(Trouble.FOREIGN, path, f"{key_file(path)} is not a key")
        db = sqlite3.connect(copy)
        try:
            yield db, key
        except sqlite3.DatabaseError as exc:
            raise JournalError(Trouble.CORRUPT, path, str(exc)) from exc
        finally:
            db.close()


def _copy_still(path: Path, copy: Path) -> None:
    for _ in range(TRIES_MAX):
        before = _stamps(path)
        for part in PARTS:
            source = path.with_name(path.name + part)
            target = copy.with_name(copy.name + part)
            if source.is_file():
                shutil.copyfile(source, target)
            else:
                target.unlink(missing_ok=True)
        if _stamps(path) == before:
            return
    raise JournalError(Trouble.BUSY, path, "is being written all the time; try again")


def _stamps(path: Path) -> list[tuple[int, int] | None]:
    stamps: list[tuple[int, int] | None] = []
    for part in PARTS:
        file = path.with_name(path.name + part)
        status = file.stat() if file.is_file() else None
        stamps.append((status.st_mtime_ns, status.st_size) if status else None)
    return stamps
