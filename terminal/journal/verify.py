"""Whether a journal is the one that was written: one verdict, and where.

    INTACT      every link holds, and the end is where the till left it
    CHANGED     an event's content is not what was linked
    MISSING     events were taken out of the middle
    TRUNCATED   events were taken off the end
    REWRITTEN   the links were made with another key: a journal made to look whole
    REPORT      a Z report is not the one that was made, or one is missing

A copy restored from an earlier day is whole in itself; only a link that was kept elsewhere, such as
on a printed Z report, shows it.  Give it as the witness.
"""

from __future__ import annotations

import hmac
import sqlite3
from dataclasses import dataclass
from enum import StrEnum

from terminal.journal.chain import FIRST_LINK, HEAD, next_link, sealed_day, sealed_head


class Verdict(StrEnum):
    INTACT = "intact"
    CHANGED = "changed"
    MISSING = "missing"
    TRUNCATED = "truncated"
    REWRITTEN = "rewritten"
    REPORT = "report"


@dataclass(frozen=True, slots=True)
class Finding:
    verdict: Verdict
    seq: int
    """The first event that is wrong, with REPORT the first Z report; with INTACT the last event
    there is, 0 for an empty journal."""
    link: str
    """Of the last event there is, hex: the witness to keep elsewhere."""


@dataclass(frozen=True, slots=True)
class Witness:
    """What was seen of the journal at another time, on another medium."""

    seq: int
    link: str


def parse_witness(text: str) -> Witness:
    """ "SEQ:LINK" as `gongji journal verify` prints it.  Raises ValueError."""
    number, _, link = text.partition(":")
    if not (number.isascii() and number.isdigit() and len(link) == 64):
        raise ValueError("must be NUMBER:LINK with 64 hex digits")
    bytes.fromhex(link)
    return Witness(int(number), link.lower())


@dataclass(slots=True)
class _Reading:
    """What one pass over the events found."""

    last: int = 0
    link: bytes = FIRST_LINK
    broken_at: int = 0
    """The first event whose link does not hold."""
    broken_to_the_end: bool = False
    """Whether the newest event's link does not hold either."""
    missing: int = 0
    """The first number that is not there though a later one is."""
    witnessed: str = ""
    """The link of the event the witness names, hex."""


def verify(db: sqlite3.Connection, key: bytes, witness: Witness | None = None) -> Finding:
    """Reads the whole journal once.  Raises sqlite3.DatabaseError where it cannot be read."""
    reading = _read(db, key, witness.seq if witness else 0)
    row = db.execute("SELECT value FROM marks WHERE name = ?", (HEAD,)).fetchone()
    head = row[0] if row else sealed_head(key, 0, FIRST_LINK)
    ends_right = hmac.compare_digest(head, sealed_head(key, reading.last, reading.link))

    def found(verdict: Verdict, seq: int) -> Finding:
        return Finding(verdict, seq, reading.link.hex())

    if reading.broken_to_the_end and not ends_right:
        return found(Verdict.REWRITTEN, reading.broken_at)
    if reading.missing:
        return found(Verdict.MISSING, reading.missing)
    if reading.broken_at:
        return found(Verdict.CHANGED, reading.broken_at)
    if not ends_right or (witness and witness.seq > reading.last):
        return found(Verdict.TRUNCATED, reading.last + 1)
    if witness and reading.witnessed != witness.link:
        return found(Verdict.REWRITTEN, witness.seq)
    if wrong := _wrong_report(db, key):
        return found(Verdict.REPORT, wrong)
    return found(Verdict.INTACT, reading.last)


def _wrong_report(db: sqlite3.Connection, key: bytes) -> int:
    """The number of the first Z report that does not hold; 0 when all do."""
    rows = db.execute(
        "SELECT z, last_seq, body, seal, (SELECT link FROM events WHERE seq = last_seq) FROM days"
        " ORDER BY z"
    )
    for expected, (z, last_seq, body, seal, link) in enumerate(rows, start=1):
        made = sealed_day(key, expected, last_seq, link or FIRST_LINK, body)
        if z != expected or not hmac.compare_digest(made, seal):
            return expected
    return 0


def _read(db: sqlite3.Connection, key: bytes, witnessed: int) -> _Reading:
    reading = _Reading()
    rows = db.execute("SELECT seq, sale_id, version, type, body, link FROM events ORDER BY seq")
    for seq, sale_id, version, kind, body, told in rows:
        if seq != reading.last + 1:
            # The link of what follows a gap cannot be checked; that of the one after can.
            reading.missing = reading.missing or reading.last + 1
            reading.broken_to_the_end = False
        else:
            expected = next_link(key, reading.link, seq, sale_id, version, kind, body)
            holds = hmac.compare_digest(expected, told)
            reading.broken_to_the_end = not holds
            if not holds:
                reading.broken_at = reading.broken_at or seq
        reading.last, reading.link = seq, told
        if seq == witnessed:
            reading.witnessed = told.hex()
    return reading
