"""What is acknowledged is there again, and what must be unique is."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any, get_type_hints

import msgspec
import pytest

from terminal.journal import LATEST_TIME, Journal, JournalError, StaleVersion, Trouble, VoucherUsed
from terminal.sale.events import (
    EVENTS,
    Account,
    ChargeApproved,
    ChargeIntended,
    Clearing,
    Decline,
    Entry,
    Event,
    LineAdded,
    SaleOpened,
    SaleVoided,
    ShownAs,
    Split,
    VoucherAccepted,
)
from terminal.sale.money import Fen

OPENED = SaleOpened("2026-01-02T03:04:05+00:00")


def voucher(number: int) -> VoucherAccepted:
    return VoucherAccepted("qh", f"{number:032x}", "h", "王*", "630102", "310", False, "qinghai", 5)


def filled(kind: type[Event], salt: int) -> Event:
    """One event of this kind with a different value in every field."""
    values: dict[str, object] = {}
    hints = get_type_hints(kind)
    for number, field in enumerate(fields(kind), start=salt):
        hint = hints[field.name]
        if hint is str:
            values[field.name] = f'药·{number}\n"\\'
        elif hint is bool:
            values[field.name] = bool(number % 2)
        elif hint == tuple[int, ...]:
            values[field.name] = (number, number + 1)
        elif hint is Account:
            values[field.name] = Account.PERSONAL
        elif hint is ShownAs:
            values[field.name] = ShownAs.CARD
        elif hint is Decline:
            values[field.name] = Decline.REFUSED
        elif hint is Split:
            values[field.name] = Split(Fen(number), Fen(number + 1), Fen(number + 2))
        elif hint == Clearing | None:
            told = (Fen(number), Fen(number + 1), Fen(number + 2))
            values[field.name] = Clearing("2026-01-02 03:04:05", "41", "630100", *told)
        else:
            values[field.name] = number
    event: Event = msgspec.convert(values, kind, from_attributes=True)
    return event


def test_an_approval_of_an_older_journal_says_nothing_of_its_clearing() -> None:
    split = {"fund_fen": 1, "personal_fen": 2, "mutual_aid_fen": 3}
    older = {"key": "k", "settlement_id": "s", "visit_id": "v", "split": split}
    read = msgspec.json.decode(
        msgspec.json.encode({**older, "balance_after_fen": None}), type=ChargeApproved
    )
    assert read.clearing is None


def test_every_kind_of_event_comes_back_as_it_was_written(tmp_path: Path) -> None:
    entries = [
        Entry("s", version, filled(kind, version))
        for version, kind in enumerate(EVENTS.values(), start=1)
        if kind is not SaleOpened
    ]
    with Journal(tmp_path / "j") as journal:
        journal.append(*entries)
    with Journal(tmp_path / "j") as journal:
        assert journal.entries_of("s") == entries
        assert journal.all_entries() == entries


def test_only_open_sales_are_folded_at_start(tmp_path: Path) -> None:
    with Journal(tmp_path / "j") as journal:
        journal.append(Entry("a", 1, OPENED))
        journal.append(Entry("b", 1, OPENED), Entry("b", 2, voucher(1)))
        journal.append(Entry("a", 2, SaleVoided("t")))
        assert [entry.sale_id for entry in journal.open_entries()] == ["b", "b"]


def test_a_version_is_written_once(tmp_path: Path) -> None:
    """Compare-and-set: the second of two workers that decided on the same state loses."""
    with Journal(tmp_path / "j") as journal:
        journal.append(Entry("a", 1, OPENED))
        with pytest.raises(StaleVersion):
            journal.append(Entry("a", 1, LineAdded(1, "c", "n", Fen(1), 1)))
        assert len(journal.all_entries()) == 1


def test_a_voucher_opens_one_sale_ever_also_after_a_restart(tmp_path: Path) -> None:
    with Journal(tmp_path / "j") as journal:
        journal.append(Entry("a", 1, OPENED), Entry("a", 2, voucher(7)))
    with Journal(tmp_path / "j") as journal:
        with pytest.raises(VoucherUsed):
            journal.append(Entry("b", 1, OPENED), Entry("b", 2, voucher(7)))
        assert journal.entries_of("b") == []
        journal.append(Entry("b", 1, OPENED), Entry("b", 2, voucher(8)))


def test_a_message_id_is_used_once(tmp_path: Path) -> None:
    charge = ChargeIntended("k", Account.FUND, Fen(1), "")
    with Journal(tmp_path / "j") as journal:
        journal.append(Entry("a", 1, OPENED), Entry("a", 2, charge))
        with pytest.raises(StaleVersion):
            journal.append(Entry("b", 1, OPENED), Entry("b", 2, charge))
        assert journal.latest_message_id() == "k"
        assert journal.entries_of("b") == []


class Unsure(sqlite3.Connection):
    """A disk that takes what COMMIT gave it, and says that it failed."""

    failing = False

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        cursor = super().execute(sql, parameters)
        if self.failing and sql == "COMMIT":
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorcode = sqlite3.SQLITE_IOERR
            raise error
        return cursor


def test_after_a_write_that_nobody_is_sure_of_it_writes_nothing_more(tmp_path: Path) -> None:
    path = tmp_path / "j"
    disk = sqlite3.connect(path, isolation_level=None, factory=Unsure)
    assert isinstance(disk, Unsure)
    with Journal(path, connect=lambda _: disk) as journal:
        journal.append(Entry("a", 1, OPENED))
        disk.failing = True
        with pytest.raises(JournalError):
            journal.append(Entry("b", 1, OPENED))
        disk.failing = False
        for entry in (Entry("b", 1, OPENED), Entry("a", 2, voucher(1))):
            with pytest.raises(JournalError) as error:
                journal.append(entry)
            assert error.value.reason is Trouble.DISK
        with pytest.raises(JournalError):
            journal.close_day("{}")
    with Journal(path) as journal:
        assert [entry.sale_id for entry in journal.all_entries()] == ["a", "b"]
        journal.append(Entry("a", 2, voucher(1)))


def test_it_remembers_the_largest_time_ever_seen(tmp_path: Path) -> None:
    later = SaleOpened("2027-01-01T00:00:00+00:00")
    with Journal(tmp_path / "j") as journal:
        journal.append(Entry("a", 1, later))
        journal.append(Entry("b", 1, OPENED))
        assert journal.mark(LATEST_TIME) == later.at


def test_a_second_till_on_the_same_file_is_refused_with_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "j"
    with Journal(path):
        program = "import sys, pathlib, terminal.journal as t; t.Journal(pathlib.Path(sys.argv[1]))"
        other = subprocess.run(
            [sys.executable, "-c", program, str(path)], capture_output=True, text=True
        )
        assert "in use by another till" in other.stderr
        with pytest.raises(JournalError) as error:
            Journal(path)
        assert error.value.reason is Trouble.BUSY
        assert str(path) in str(error.value)


@pytest.mark.parametrize("content", [b"not a database, but long enough to be looked at" * 30])
def test_a_file_that_is_no_journal_is_refused_and_left_alone(
    tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "j"
    path.write_bytes(content)
    with pytest.raises(JournalError) as error:
        Journal(path)
    assert error.value.reason is Trouble.CORRUPT
    assert path.read_bytes() == content


def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    db = sqlite3.connect(tmp_path / "j")
    db.execute("CREATE TABLE other (x)")
    db.commit()
    db.close()
    with pytest.raises(JournalError) as error:
        Journal(tmp_path / "j")
    assert error.value.reason is Trouble.FOREIGN


def test_an_event_nobody_can_read_is_named(tmp_path: Path) -> None:
    with Journal(tmp_path / "j") as journal:
        journal.append(Entry("a", 1, OPENED))
    db = sqlite3.connect(tmp_path / "j")
    db.execute("UPDATE events SET body = '{}'")
    db.commit()
    db.close()
    with Journal(tmp_path / "j") as journal, pytest.raises(JournalError, match="SaleOpened"):
        journal.open_entries()


def test_it_is_written_the_way_that_survives_a_power_cut(tmp_path: Path) -> None:
    with Journal(tmp_path / "j") as journal:
        pragma = journal._db.execute
        assert pragma("PRAGMA journal_mode").fetchone() == ("wal",)
        assert pragma("PRAGMA synchronous").fetchone() == (2,)
        assert pragma("PRAGMA locking_mode").fetchone() == ("exclusive",)


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(JournalError) as error:
        Journal(tmp_path / "file" / "j")
    assert error.value.reason is Trouble.DISK
