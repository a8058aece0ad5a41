"""The journal: an append-only list of events, durable before anyone sees them.

SQLite in WAL mode with synchronous=FULL, one connection, one writer.  Each event is one
transaction, and four UNIQUE keys in that transaction guard the money:

    (sale_id, version)      a change happens once, and only to the state it was decided on
    (issuer, voucher_id)    a voucher opens one sale, ever
    message_id              the id of a charge or of its reversal is never used again
    code                    a box is in one sale that stands

The only other state kept beside the events is what they imply, so that opening a large journal
stays quick: which sales are still open.

Each event carries a keyed link to the one before it, `MAC(key, link before ‖ seq ‖ event)`, and
the newest link is kept a second time under the key.  `terminal.journal.verify` finds who changed,
removed or rewrote an event without the key; who has the key and the whole disk is found by the
links printed on each day's Z report.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import msgspec

from terminal.journal import goods
from terminal.journal.chain import (
    FIRST_LINK,
    HEAD,
    chain_key,
    next_link,
    pseudonym,
    sealed_day,
    sealed_head,
)
from terminal.journal.room import Room
from terminal.journal.schema import ADDED, PRAGMAS, SCHEMA, SCHEMA_VERSION
from terminal.journal.trouble import JournalError, Trouble
from terminal.sale.events import (
    EVENTS,
    BoxScanned,
    ChargeIntended,
    Entry,
    Event,
    LineRemoved,
    RefundRequested,
    ReversalIntended,
    SaleOpened,
    SaleRefunded,
    SaleSettled,
    SaleVoided,
    VoucherAccepted,
)
from terminal.sale.goods import QueuedRow, RowKey, RowState

STATES: dict[type[Event], str] = {
    SaleSettled: "settled",
    SaleVoided: "voided",
    RefundRequested: "open",
    SaleRefunded: "refunded",
}
ENDINGS = (SaleSettled, SaleVoided, SaleRefunded)
LATEST_TIME = "latest_time"
"""The mark that holds the largest time at which a sale was ever opened."""


class VoucherUsed(Exception):
    """The voucher has opened a sale before; nothing was written."""


class BoxSold(Exception):
    """The box with this trace code is in another sale that stands; nothing was written."""

    def __init__(self, code: str, sale_id: str) -> None:
        super().__init__(code, sale_id)
        self.code, self.sale_id = code, sale_id


class StaleVersion(AssertionError):
    """The sale changed since this event was decided on.  Two workers on one sale: a bug."""


Connect = Callable[[Path], sqlite3.Connection]


def connect_file(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=1.0)


class Journal:
    """Not thread-safe: the till calls it from one writer thread at a time."""

    def __init__(
        self,
        path: Path,
        key: bytes | None = None,
        connect: Connect = connect_file,
        room: Room | None = None,
    ) -> None:
        """Opens or makes the journal.  Raises JournalError, also when another till has it.

        key      of the chain; None: the one in the file beside the journal, made when missing
        connect  opens the database: another storage for tests
        room     what keeps space free for the sales that are open; None: nothing does
        """
        self._path, self._room = path, room
        self._unsure: JournalError | None = None
        """The failure after which nobody knows what the disk holds."""
        with self._translated():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._key = chain_key(path) if key is None else key
            self._db = connect(path)
            try:
                self._prepare()
                self._seq, self._link = self._newest()
            except BaseException:
                self._db.close()
                raise

    def _prepare(self) -> None:
        for pragma in PRAGMAS:
            self._db.execute(pragma)
        self._db.execute("BEGIN IMMEDIATE")
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        empty = self._db.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0] == 0
        if version == 0 and empty:
            self._make(SCHEMA)
        elif version in ADDED:
            for older in range(version, SCHEMA_VERSION):
                self._make(ADDED[older])
        elif version != SCHEMA_VERSION:
            raise JournalError(
                Trouble.FOREIGN, self._path, f"is of schema {version}, not {SCHEMA_VERSION}"
            )
        self._db.execute("COMMIT")

    def _make(self, tables: str) -> None:
        for statement in tables.split(";"):
            self._db.execute(statement)
        self._db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")

    def _newest(self) -> tuple[int, bytes]:
        """Number and link of the newest event, which the sealed copy must agree with."""
        row = self._db.execute("SELECT seq, link FROM events ORDER BY seq DESC LIMIT 1").fetchone()
        seq, link = row or (0, FIRST_LINK)
        if self.mark(HEAD) not in (None, sealed_head(self._key, seq, link)):
            raise JournalError(
                Trouble.TAMPERED,
                self._path,
                "does not end where this till ended it: `gongji journal verify` says more",
            )
        return seq, link

    def append(self, *entries: Entry) -> None:
        """Durable when it returns, all of them or none: one transaction, one fsync.

        Raises VoucherUsed where the voucher opened another sale, BoxSold where a box is in another
        one that stands, StaleVersion where the sale has this version already, JournalError where
        the disk refuses.  Nothing is written then.  A full disk is tried once more with the space
        that was kept for it.
        """
        try:
            self._append(entries)
        except JournalError as exc:
            if exc.reason is not Trouble.FULL or not (self._room and self._room.release()):
                raise
            self._append(entries)

    def _append(self, entries: Sequence[Entry]) -> None:
        with self._writing():
            seq, link = self._seq, self._link
            self._db.execute("BEGIN IMMEDIATE")
            try:
                for entry in entries:
                    self._reserve(entry)
                    seq, link = self._insert(entry, seq + 1, link)
                self._put_mark(HEAD, sealed_head(self._key, seq, link))
                self._db.execute("COMMIT")
            except sqlite3.IntegrityError as exc:
                self._db.execute("ROLLBACK")
                if "used_vouchers" in str(exc):
                    raise VoucherUsed from exc
                raise StaleVersion(entries) from exc
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise
            self._seq, self._link = seq, link

    def pseudonym(self, text: str) -> str:
        """As `chain.pseudonym`, under this journal's key."""
        return pseudonym(self._key, text)

    def has_room(self) -> bool:
        """Whether a new sale may begin: there is space for it to end."""
        return self._room is None or self._room.is_enough()

    def _insert(self, entry: Entry, seq: int, before: bytes) -> tuple[int, bytes]:
        kind, body = type(entry.event).__name__, msgspec.json.encode(entry.event).decode()
        link = next_link(self._key, before, seq, entry.sale_id, entry.version, kind, body)
        self._db.execute(
            "INSERT INTO events (seq, sale_id, version, type, body, link)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (seq, entry.sale_id, entry.version, kind, body, link),
        )
        return seq, link

    def _put_mark(self, name: str, value: str) -> None:
        self._db.execute(
            "INSERT INTO marks (name, value) VALUES (?, ?) ON CONFLICT (name)"
            " DO UPDATE SET value = excluded.value",
            (name, value),
        )

    def _reserve(self, entry: Entry) -> None:
        """The keys and the open-sales list that go with an event, in its own transaction."""
        match entry.event:
            case SaleOpened(at=at):
                self._db.execute(
                    "INSERT INTO sales (sale_id, day, state) VALUES (?, ?, 'open')",
                    (entry.sale_id, at[:10]),
                )
                self._db.execute(
                    "INSERT INTO marks (name, value) VALUES (?, ?) ON CONFLICT (name)"
                    " DO UPDATE SET value = max(value, excluded.value)",
                    (LATEST_TIME, at),
                )
            case VoucherAccepted(issuer=issuer, voucher_id=voucher_id):
                self._db.execute(
                    "INSERT INTO used_vouchers (issuer, voucher_id, sale_id) VALUES (?, ?, ?)",
                    (issuer, voucher_id, entry.sale_id),
                )
            case ChargeIntended(key=key) | ReversalIntended(reversal_key=key):
                self._db.execute(
                    "INSERT INTO message_ids (message_id, sale_id) VALUES (?, ?)",
                    (key, entry.sale_id),
                )
            case BoxScanned(line=line, code=code):
                self._reserve_box(code, entry.sale_id, line)
            case LineRemoved(line=line):
                self._db.execute(
                    "DELETE FROM sold_boxes WHERE sale_id = ? AND line = ?", (entry.sale_id, line)
                )
            case event if state := STATES.get(type(event)):
                self._db.execute(
                    "UPDATE sales SET state = ? WHERE sale_id = ?", (state, entry.sale_id)
                )
                if state in ("voided", "refunded"):
                    # The boxes are on the shelf again.
                    self._db.execute("DELETE FROM sold_boxes WHERE sale_id = ?", (entry.sale_id,))
            case _:
                pass

    def _reserve_box(self, code: str, sale_id: str, line: int) -> None:
        query = "SELECT sale_id FROM sold_boxes WHERE code = ?"
        if holder := self._db.execute(query, (code,)).fetchone():
            raise BoxSold(code, holder[0])
        self._db.execute(
            "INSERT INTO sold_boxes (code, sale_id, line) VALUES (?, ?, ?)", (code, sale_id, line)
        )

    def open_entries(self) -> list[Entry]:
        """Every event of every sale that is not closed, in the order they happened."""
        return self._entries(
            "SELECT sale_id, version, type, body FROM events WHERE sale_id IN"
            " (SELECT sale_id FROM sales WHERE state = 'open') ORDER BY seq"
        )

    def entries_of(self, sale_id: str) -> list[Entry]:
        """The events of one sale; [] when there is no such sale."""
        return self._entries(
            "SELECT sale_id, version, type, body FROM events WHERE sale_id = ? ORDER BY version",
            sale_id,
        )

    def ended_after(self, seq: int) -> list[Entry]:
        """The events that ended a sale or its refund since event number `seq`, in order."""
        kinds = ", ".join(f"'{kind.__name__}'" for kind in ENDINGS)
        return self._entries(
            "SELECT sale_id, version, type, body FROM events"
            f" WHERE seq > ? AND type IN ({kinds}) ORDER BY seq",
            seq,
        )

    def latest_day(self) -> tuple[int, int]:
        """Number of the latest Z report and of the last event in it; (0, 0) before the first."""
        with self._translated():
            row = self._db.execute(
                "SELECT z, last_seq FROM days ORDER BY z DESC LIMIT 1"
            ).fetchone()
        return row or (0, 0)

    def close_day(self, body: str) -> tuple[int, str]:
        """Writes the next Z report, for ever, over every event so far.  Durable when it returns.

        body  what the report says, JSON
        Returns its number, and the witness "SEQ:LINK" to print on it.
        """
        z = self.latest_day()[0] + 1
        seal = sealed_day(self._key, z, self._seq, self._link, body)
        with self._writing():
            self._db.execute(
                "INSERT INTO days (z, last_seq, body, seal) VALUES (?, ?, ?, ?)",
                (z, self._seq, body, seal),
            )
        return z, f"{self._seq}:{self._link.hex()}"

    # -- goods told to the platform

    def goods_from_now(self) -> None:
        """The first time goods are told at all: what ended before was not to be."""
        with self._writing():
            self._db.execute(
                "INSERT INTO marks (name, value) VALUES (?, ?) ON CONFLICT DO NOTHING",
                (goods.QUEUED_UP_TO, str(self._seq)),
            )

    def unqueued_goods(self) -> list[tuple[int, str, str]]:
        """Number, sale and type of the events that have yet to make rows, oldest first."""
        with self._translated():
            return goods.unqueued(self._db, int(self.mark(goods.QUEUED_UP_TO) or 0))

    def has_goods(self, sale_id: str) -> bool:
        """Whether the platform is told of this sale."""
        with self._translated():
            query = "SELECT 1 FROM goods_rows WHERE sale_id = ? LIMIT 1"
            return self._db.execute(query, (sale_id,)).fetchone() is not None

    def queue_goods(self, rows: Sequence[tuple[RowKey, str]], up_to: int) -> None:
        """Makes rows, each with its sale, of every event up to this number.  Durable."""
        with self._writing(), self._transaction():
            goods.add(self._db, rows)
            self._put_mark(goods.QUEUED_UP_TO, str(up_to))

    def note_goods(self, changes: Sequence[tuple[RowKey, RowState, int, str]]) -> None:
        """What became of rows: key, state, refusals so far, words of the latest.  Durable."""
        with self._writing(), self._transaction():
            goods.note(self._db, changes)

    def goods_rows(self, state: RowState) -> list[QueuedRow]:
        """The oldest rows in a state, a few hundred at most."""
        with self._translated():
            rows: list[Any] = goods.in_state(self._db, state)
        return [
            goods.as_queued(RowKey(seq, line), sale_id, self._event(kind, body), *rest)
            for seq, line, sale_id, kind, body, *rest in rows
        ]

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    def all_entries(self) -> list[Entry]:
        return self._entries("SELECT sale_id, version, type, body FROM events ORDER BY seq")

    def latest_settled(self) -> str | None:
        """Number of the newest sale that is settled and not refunded; None: there is none."""
        with self._translated():
            row = self._db.execute(
                "SELECT sale_id FROM sales WHERE state = 'settled' ORDER BY sale_id DESC LIMIT 1"
            ).fetchone()
        return row[0] if row else None

    def latest_ended(self, count: int) -> list[str]:
        """Numbers of the sales that are settled or refunded, the newest first."""
        with self._translated():
            rows = self._db.execute(
                "SELECT sale_id FROM sales WHERE state IN ('settled', 'refunded')"
                " ORDER BY sale_id DESC LIMIT ?",
                (count,),
            ).fetchall()
        return [sale_id for (sale_id,) in rows]

    def sales_of_messages(self, low: str, high: str) -> list[str]:
        """Numbers of the sales that sent a message with low <= id < high for money."""
        with self._translated():
            rows = self._db.execute(
                "SELECT DISTINCT sale_id FROM message_ids WHERE message_id >= ? AND message_id < ?",
                (low, high),
            ).fetchall()
        return [sale_id for (sale_id,) in rows]

    def sale_of_message(self, message_id: str) -> str | None:
        """Number of the sale that sent it for money; None: none did."""
        with self._translated():
            row = self._db.execute(
                "SELECT sale_id FROM message_ids WHERE message_id = ?", (message_id,)
            ).fetchone()
        return row[0] if row else None

    def latest_message_id(self) -> str:
        """The greatest message id ever used for money; "" when there is none."""
        with self._translated():
            row = self._db.execute("SELECT max(message_id) FROM message_ids").fetchone()
        return row[0] or ""

    def greatest_sale_id(self) -> str:
        """Of any state; "" when the journal is empty."""
        with self._translated():
            row = self._db.execute("SELECT max(sale_id) FROM sales").fetchone()
        return row[0] or ""

    def mark(self, name: str) -> str | None:
        """A remembered value, such as the largest time ever seen."""
        with self._translated():
            row = self._db.execute("SELECT value FROM marks WHERE name = ?", (name,)).fetchone()
        return None if row is None else row[0]

    def _entries(self, query: str, *parameters: str | int) -> list[Entry]:
        with self._translated():
            rows = self._db.execute(query, parameters).fetchall()
        return [
            Entry(sale_id, version, self._event(kind, body))
            for sale_id, version, kind, body in rows
        ]

    def _event(self, kind: str, body: str) -> Event:
        try:
            event: Event = msgspec.json.decode(body.encode(), type=EVENTS[kind])
        except (KeyError, msgspec.ValidationError, msgspec.DecodeError) as exc:
            raise JournalError(
                Trouble.CORRUPT, self._path, f"holds a {kind!r} that cannot be read: {exc}"
            ) from exc
        return event

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Turns what SQLite and the file system raise into one JournalError."""
        try:
            yield
        except sqlite3.IntegrityError:
            raise
        except sqlite3.DatabaseError as exc:
            raise JournalError(_reason(exc), self._path, _sentence(exc)) from exc
        except OSError as exc:
            raise JournalError(Trouble.DISK, self._path, exc.strerror or str(exc)) from exc

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """As `_translated`, for writes.

        A write that failed may be on the disk all the same.  This process cannot find out, so it
        writes nothing more: what it would add might contradict what is there.  Only a full disk
        is known to have taken nothing.
        """
        if self._unsure:
            raise self._unsure
        try:
            with self._translated():
                yield
        except JournalError as exc:
            if exc.reason is not Trouble.FULL:
                self._unsure = exc
            raise

    def close(self) -> None:
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _reason(exc: sqlite3.DatabaseError) -> Trouble:
    if getattr(exc, "sqlite_errorcode", 0) == sqlite3.SQLITE_FULL:
        return Trouble.FULL
    code = getattr(exc, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return Trouble.BUSY
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return Trouble.CORRUPT
    return Trouble.DISK


def _sentence(exc: sqlite3.DatabaseError) -> str:
    if _reason(exc) is Trouble.BUSY:
        return "is in use by another till; close that one, or give this one its own file"
    return str(exc)
