"""The connection over the forgetful disk behaves like the standard library's, as far as the
journal can tell; and what the journal does to a disk is what it promises."""

from __future__ import annotations

import sqlite3
from functools import partial
from pathlib import Path

import apsw
import pytest

from terminal.journal import Journal, JournalError, Trouble
from terminal.journal.store import Connect, connect_file
from terminal.sale.events import Entry, LineAdded, SaleOpened
from terminal.sale.money import Fen
from tests.power.disk import Disk
from tests.power.lives import KEY, PATH, real_journal
from tests.power.sqlite import connect

OPENED = SaleOpened("2026-01-02T03:04:05+00:00")


def both(tmp_path: Path) -> list[sqlite3.Connection]:
    return [connect(Disk(), Path("j")), connect_file(tmp_path / "j")]


TABLE = "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT UNIQUE NOT NULL) STRICT"
STATEMENTS = (
    "SELECT * FROM t ORDER BY a",
    "SELECT max(a) FROM t",
    "SELECT b FROM t WHERE a = 99",
    "INSERT INTO t VALUES (3, 'z')",
    "PRAGMA user_version",
)
REFUSED = (
    "INSERT INTO t VALUES (1, 'new')",
    "INSERT INTO t VALUES (9, 'x')",
    "INSERT INTO t VALUES (9, NULL)",
    "INSERT INTO t VALUES ('text', 'y')",
    "SELECT * FROM missing",
    "COMMIT",
)


@pytest.mark.parametrize("statement", STATEMENTS)
@pytest.mark.parametrize("how", ["fetchone", "fetchall", "iterate"])
def test_it_answers_as_the_standard_library(statement: str, how: str, tmp_path: Path) -> None:
    answers = []
    for db in both(tmp_path):
        db.execute(TABLE)
        db.execute("INSERT INTO t VALUES (?, ?), (2, '药')", (1, "x"))
        rows = db.execute(statement)
        answers.append(list(rows) if how == "iterate" else getattr(rows, how)())
        db.close()
    assert answers[0] == answers[1]


@pytest.mark.parametrize("statement", REFUSED)
def test_it_refuses_as_the_standard_library(statement: str, tmp_path: Path) -> None:
    errors = []
    for db in both(tmp_path):
        db.execute(TABLE)
        db.execute("INSERT INTO t VALUES (1, 'x')")
        db.execute("BEGIN IMMEDIATE" if statement != "COMMIT" else "SELECT 1").fetchall()
        with pytest.raises(sqlite3.DatabaseError) as error:
            db.execute(statement)
        told = str(error.value).removeprefix("ConstraintError: ").removeprefix("SQLError: ")
        errors.append((type(error.value), error.value.sqlite_errorcode, told, db.in_transaction))
        db.close()
    assert errors[0] == errors[1]


def test_a_file_that_is_no_database_is_refused_as_by_the_standard_library(tmp_path: Path) -> None:
    content = b"not a database, but long enough to be looked at" * 30
    (tmp_path / "j").write_bytes(content)
    connections: list[Connect] = [
        connect_file,
        partial(connect, Disk({str(tmp_path / "j"): content})),
    ]
    for connection in connections:
        with pytest.raises(JournalError) as error:
            Journal(tmp_path / "j", KEY, connection)
        assert error.value.reason is Trouble.CORRUPT


def test_a_durable_change_is_one_sync(tmp_path: Path) -> None:
    """However many events it has; where no checkpoint falls due, which is after 200 pages."""
    disk = Disk()
    with real_journal(disk) as journal:
        for number in range(1, 21):
            before = disk.syncs
            lines = [Entry(f"s{number}", n, LineAdded(n, "c", "n", Fen(1), 1)) for n in range(2, 5)]
            journal.append(Entry(f"s{number}", 1, OPENED), *lines[: number % 4])
            assert disk.syncs - before == 1
        before = disk.syncs
        journal.close_day("{}")
        assert disk.syncs - before == 1
        before = disk.syncs
        journal.all_entries()
        journal.open_entries()
        assert disk.syncs == before


def test_a_checkpoint_adds_few_syncs(tmp_path: Path) -> None:
    disk, appends = Disk(), 600
    with real_journal(disk) as journal:
        before = disk.syncs
        for number in range(appends):
            journal.append(Entry(f"s{number}", 1, OPENED))
        assert disk.syncs - before < 1.1 * appends


def after_ten() -> tuple[Disk, Journal, list[Entry]]:
    """A journal with ten events, near its next checkpoint."""
    disk = Disk()
    journal = real_journal(disk)
    journal._db.execute("PRAGMA wal_autocheckpoint = 75")
    held = [Entry(f"s{number}", 1, OPENED) for number in range(10)]
    for entry in held:
        journal.append(entry)
    return disk, journal, held


def log_operations_of(appends: int) -> list[str]:
    """What those appends do to the write-ahead log."""
    disk, journal, _ = after_ten()
    seen: list[str] = []

    def before(kind: str, name: str) -> None:
        if is_of_an_append(disk, name):
            seen.append(kind)

    disk.before = before
    for number in range(appends):
        journal.append(Entry(f"t{number}", 1, OPENED))
    disk.before = lambda *_: None
    journal.close()
    return seen


def is_of_an_append(disk: Disk, name: str) -> bool:
    """Not of a checkpoint: SQLite goes on after an error there, and apsw would raise it all the
    same.  A checkpoint writes to the database, and syncs a log that has nothing to sync."""
    log = disk.files.get(LOG)
    return name == LOG and log is not None and bool(log.pending)


def failing_at(disk: Disk, number: int, code: int) -> None:
    """The operation of this number in an append fails, once."""
    count = -1

    def before(kind: str, name: str) -> None:
        nonlocal count
        count += is_of_an_append(disk, name)
        if count == number:
            count += 1
            raise apsw.exception_for(code)

    disk.before = before


def trouble_of(journal: Journal, entry: Entry) -> Trouble | None:
    """None: the entry was appended."""
    try:
        journal.append(entry)
    except JournalError as exc:
        return exc.reason
    return None


LOG = f"{PATH}-wal"
IO_ERROR, FULL = apsw.SQLITE_IOERR_WRITE, apsw.SQLITE_FULL


@pytest.mark.parametrize(("code", "reason"), [(IO_ERROR, Trouble.DISK), (FULL, Trouble.FULL)])
def test_an_operation_that_fails_is_told_and_loses_nothing(code: int, reason: Trouble) -> None:
    """Every operation of two appends, the log beginning anew between them: the append says so or
    is whole, and the next process finds what was acknowledged, and of the rest all or nothing."""
    operations = log_operations_of(2)
    assert operations.count("sync") == 3
    told = 0
    for number in range(len(operations)):
        disk, journal, held = after_ten()
        failing_at(disk, number, code)
        begun: list[Entry] = []
        for count in range(2):
            entry = Entry(f"t{count}", 1, OPENED)
            trouble = trouble_of(journal, entry)
            if trouble:
                assert trouble is reason
                told += 1
                begun.append(entry)
                break
            held.append(entry)
        disk.before = lambda *_: None
        with real_journal(Disk({name: bytes(file.now) for name, file in disk.files.items()})) as j:
            assert j.all_entries() in (held, held + begun)
        journal.close()
    assert told > len(operations) // 2


def test_after_a_full_disk_the_same_journal_goes_on() -> None:
    for number in range(len(log_operations_of(2))):
        disk, journal, held = after_ten()
        failing_at(disk, number, FULL)
        for entry in (Entry("t", 1, OPENED), Entry("u", 1, OPENED)):
            if trouble := trouble_of(journal, entry):
                assert trouble is Trouble.FULL
                journal.append(entry)
            held.append(entry)
        assert journal.all_entries() == held
        journal.close()
        with Journal(PATH, KEY, partial(connect, disk)) as again:
            assert again.all_entries() == held
