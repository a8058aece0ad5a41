"""Every event of a journal changed, taken out, cut off or rewritten: each has its own verdict."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from terminal.journal import Journal, JournalError, Trouble
from terminal.journal.chain import FIRST_LINK, HEAD, chain_key, next_link, sealed_head
from terminal.journal.snapshot import raw, reading
from terminal.journal.verify import Finding, Verdict, Witness, parse_witness, verify
from terminal.sale.events import CancelRequested, Entry, Event, LineAdded, SaleOpened, SaleVoided
from terminal.sale.money import Fen

EVENTS: tuple[Event, ...] = (
    SaleOpened("2026-01-01T00:00:00+00:00"),
    LineAdded(1, "c", "n", Fen(1), 1),
    LineAdded(2, "c", "n", Fen(2), 1),
    CancelRequested("clerk"),
    SaleVoided("2026-01-01T00:00:01+00:00"),
)
COUNT = len(EVENTS)
EACH = pytest.mark.parametrize("seq", range(1, COUNT + 1))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "j"
    with Journal(path) as journal:
        for version, event in enumerate(EVENTS, start=1):
            journal.append(Entry("s", version, event))
    return path


def change(path: Path, *statements: str) -> None:
    db = sqlite3.connect(path)
    for statement in statements:
        db.execute(statement)
    db.commit()
    db.close()


def finding(path: Path, witness: Witness | None = None) -> Finding:
    with raw(path) as (db, key):
        return verify(db, key, witness)


def test_an_untouched_journal_is_intact_and_names_its_witness(path: Path) -> None:
    found = finding(path)
    assert (found.verdict, found.seq) == (Verdict.INTACT, COUNT)
    assert finding(path, parse_witness(f"{found.seq}:{found.link}")).verdict is Verdict.INTACT


def test_an_empty_journal_is_intact(tmp_path: Path) -> None:
    Journal(tmp_path / "j").close()
    assert finding(tmp_path / "j").verdict is Verdict.INTACT


@EACH
@pytest.mark.parametrize(
    "set_to", ["body = replace(body, ':', ': ')", "type = 'SaleSettled'", "sale_id = 'x'"]
)
def test_a_changed_event_is_named(path: Path, seq: int, set_to: str) -> None:
    change(path, f"UPDATE events SET {set_to} WHERE seq = {seq}")
    assert finding(path).verdict is Verdict.CHANGED
    assert finding(path).seq == seq


def test_two_changed_events_are_not_a_rewritten_journal(path: Path) -> None:
    change(path, "UPDATE events SET version = version + 90 WHERE seq IN (2, 4)")
    assert finding(path) == Finding(Verdict.CHANGED, 2, finding(path).link)


@pytest.mark.parametrize("seq", range(1, COUNT))
def test_a_missing_event_is_named(path: Path, seq: int) -> None:
    change(path, f"DELETE FROM events WHERE seq = {seq}")
    assert finding(path).verdict is Verdict.MISSING
    assert finding(path).seq == seq


@EACH
def test_a_journal_cut_short_is_named_and_no_till_goes_on_with_it(path: Path, seq: int) -> None:
    change(path, f"DELETE FROM events WHERE seq >= {seq}")
    assert finding(path).verdict is Verdict.TRUNCATED
    assert finding(path).seq == seq
    with pytest.raises(JournalError) as error:
        Journal(path)
    assert error.value.reason is Trouble.TAMPERED


@EACH
def test_a_journal_rewritten_with_another_key_is_named(path: Path, seq: int) -> None:
    rewrite(path, seq, secrets.token_bytes(32))
    found = finding(path)
    assert (found.verdict, found.seq) == (Verdict.REWRITTEN, seq)


def rewrite(path: Path, first: int, key: bytes) -> None:
    """What somebody with the file does: new content, and links of their own to fit."""
    db = sqlite3.connect(path)
    link = FIRST_LINK
    for row in db.execute("SELECT seq, sale_id, version, type, body, link FROM events").fetchall():
        seq, sale_id, version, kind, body, told = row
        link = told
        if seq >= first:
            before = db.execute("SELECT link FROM events WHERE seq = ?", (seq - 1,)).fetchone()
            start = before[0] if before else FIRST_LINK
            link = next_link(key, start, seq, sale_id, version, kind, body + " ")
            db.execute(
                "UPDATE events SET body = ?, link = ? WHERE seq = ?", (body + " ", link, seq)
            )
    db.execute("UPDATE marks SET value = ? WHERE name = ?", (sealed_head(key, seq, link), HEAD))
    db.commit()
    db.close()


def test_an_older_copy_put_back_shows_by_the_witness(path: Path, tmp_path: Path) -> None:
    with reading(path) as older:
        assert len(older.all_entries()) == COUNT
    with raw(path) as (db, key):
        kept = tmp_path / "older"
        copy = sqlite3.connect(kept)
        db.backup(copy)
        copy.close()
    with Journal(path) as journal:
        journal.append(Entry("t", 1, EVENTS[0]))
    newest = finding(path)
    kept.with_name("older.key").write_bytes(key)
    assert finding(kept).verdict is Verdict.INTACT
    assert finding(kept, Witness(newest.seq, newest.link)).verdict is Verdict.TRUNCATED


def test_a_forged_end_shows_by_the_witness(path: Path) -> None:
    """With the key in hand everything can be made to fit, except what was printed."""
    witness = finding(path)
    rewrite(path, 3, chain_key(path))
    assert finding(path).verdict is Verdict.INTACT
    assert finding(path, Witness(witness.seq, witness.link)) == Finding(
        Verdict.REWRITTEN, witness.seq, finding(path).link
    )


@pytest.mark.parametrize(
    "text", ["", "1", "1:zz", "x:" + "0" * 64, "1:" + "g" * 64, "-1:" + "0" * 64]
)
def test_what_is_no_witness_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_witness(text)


@pytest.mark.parametrize("damage", [Path.unlink, lambda key: key.write_bytes(b"short")])
def test_a_lost_or_broken_key_is_a_sentence(path: Path, damage: Callable[[Path], object]) -> None:
    damage(path.with_name("j.key"))
    with pytest.raises(JournalError, match=r"j\.key"):
        finding(path)
    with pytest.raises(JournalError):
        Journal(path)


def test_a_journal_in_use_can_be_read_and_verified(path: Path) -> None:
    with Journal(path) as journal:
        journal.append(Entry("t", 1, EVENTS[0]))
        with reading(path) as copy:
            assert copy.entries_of("t") == journal.entries_of("t")
        assert finding(path).verdict is Verdict.INTACT


def test_the_key_is_readable_by_its_owner_only(path: Path) -> None:
    assert path.with_name("j.key").stat().st_mode & 0o777 == 0o600
