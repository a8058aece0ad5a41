"""The platform's catalogue in SQLite: what has which class, limit and share, and since when.

One rule: a row is put in its place by its own code and dates, so a file that comes twice changes
nothing, and the version held says what need not come again.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from terminal.catalogue.index import TABLES, Index, Names
from terminal.catalogue.kept import Kept, Schema, replacing
from terminal.catalogue.published import Published
from terminal.catalogue.spelling import plain
from terminal.sale.money import Fen

FILE = "national.db"
"""Beside the journal."""

SCHEMA = Schema(
    """
CREATE TABLE listed (
    id INTEGER PRIMARY KEY AUTOINCREMENT,  -- never again: the index still has a renamed row's
    code TEXT NOT NULL UNIQUE,
    infno TEXT NOT NULL,               -- the file it came in: 1301, 1302 …
    name TEXT NOT NULL,
    spec TEXT NOT NULL,
    maker TEXT NOT NULL,
    insurance_class TEXT NOT NULL,
    begins TEXT NOT NULL,
    ends TEXT NOT NULL,
    is_valid INTEGER NOT NULL
) STRICT;
CREATE TABLE terms (
    code TEXT NOT NULL,
    kind TEXT NOT NULL,                -- class, limit, share
    type TEXT NOT NULL,                -- as the platform divides them further
    scope TEXT NOT NULL,               -- leading digits of the region it holds in; '': everywhere
    begins TEXT NOT NULL,
    ends TEXT NOT NULL,
    is_valid INTEGER NOT NULL,
    value TEXT NOT NULL,               -- 甲 …, fen, hundredths of a per cent
    PRIMARY KEY (code, kind, type, scope, begins)
) STRICT, WITHOUT ROWID;
CREATE TABLE held (
    infno TEXT PRIMARY KEY,
    version TEXT NOT NULL,             -- of a file, or the moment a list was read from
    at TEXT NOT NULL
) STRICT;
"""
    + TABLES,
    version=1,
)
BATCH = 1_000


@dataclass(frozen=True, slots=True)
class Listed:
    """One row of the national catalogue."""

    code: str
    infno: str
    name: str
    spec: str
    maker: str
    insurance_class: str
    begins: str
    ends: str
    is_valid: bool


@dataclass(frozen=True, slots=True)
class Term:
    """Something that holds of one code for a time."""

    code: str
    kind: str
    """class, limit or share."""
    type: str
    region: str
    """Six digits; 00 and 99 at the end stand for all below.  Empty: everywhere."""
    begins: str
    ends: str
    is_valid: bool
    value: str


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds of one code on one day; None, or empty, where nothing is known."""

    insurance_class: str = ""
    price_limit_fen: Fen | None = None
    first_share_bp: int | None = None


@dataclass(frozen=True, slots=True)
class Held:
    version: str
    at: str
    """When it was read, ISO 8601."""


class National:
    def __init__(self, folder: Path) -> None:
        """Raises `CatalogueError`."""
        self._kept = Kept(folder / FILE, SCHEMA)
        self._latest_index: Index | None = None

    def find(self, code: str) -> Listed | None:
        question = f"SELECT {_LISTED} FROM listed WHERE code = ?"
        row = self._kept.connection.execute(question, (code,)).fetchone()
        return _listed(row) if row else None

    def search(self, typed: str, most: int = 20) -> list[Listed]:
        """By the beginning of the code, by name, or by how that is typed in pinyin."""
        wanted = plain(typed)
        if not wanted:
            return []
        found: dict[str, Listed] = {}
        connection = self._kept.connection
        codes = connection.execute(
            f"SELECT {_LISTED} FROM listed WHERE code >= ? AND code < ? ORDER BY code LIMIT ?",
            (wanted.upper(), wanted.upper() + "\U0010ffff", most),
        )
        for row in codes:
            found[row[0]] = _listed(row)
        if self._latest_index is None or self._latest_index.connection is not connection:
            self._latest_index = Index(connection, "listed")
        for named in self._latest_index.search(wanted):
            if len(found) >= most:
                break
            found.setdefault(named["code"], _listed(tuple(named)[1:]))
        return list(found.values())

    def terms(self, code: str, on: date, region: str) -> Terms:
        """Of the rows for the narrowest region around the shop; where they are several, the
        lowest limit and the highest share."""
        today = on.isoformat()
        rows = self._kept.connection.execute(
            "SELECT kind, scope, value FROM terms WHERE code = ? AND is_valid"
            " AND begins <= ? AND (ends = '' OR ends >= ?)",
            (code, today, today),
        )
        narrowest: dict[str, tuple[int, list[str]]] = {}
        for kind, scope, value in rows:
            if not region.startswith(scope):
                continue
            held = narrowest.get(kind)
            if held is None or held[0] < len(scope):
                narrowest[kind] = len(scope), [value]
            elif held[0] == len(scope):
                held[1].append(value)
        values = {kind: values for kind, (_, values) in narrowest.items()}
        return Terms(
            values["class"][0] if "class" in values else self._listed_class(code, today),
            Fen(min(map(int, values["limit"]))) if "limit" in values else None,
            max(map(int, values["share"])) if "share" in values else None,
        )

    def counts(self) -> dict[str, int]:
        """Rows by the file they came in, and of each kind of terms."""
        ask = self._kept.connection.execute
        rows = ask("SELECT infno, count(*) FROM listed GROUP BY infno").fetchall()
        rows += ask("SELECT kind, count(*) FROM terms GROUP BY kind").fetchall()
        return dict(rows)

    def held(self) -> dict[str, Held]:
        rows = self._kept.connection.execute("SELECT infno, version, at FROM held ORDER BY infno")
        return {infno: Held(version, at) for infno, version, at in rows}

    def _listed_class(self, code: str, today: str) -> str:
        listed = self.find(code)
        if listed is None or not listed.is_valid or listed.begins > today:
            return ""
        return "" if listed.ends and listed.ends < today else listed.insurance_class


_LISTED = "code, infno, name, spec, maker, insurance_class, begins, ends, is_valid"


class NationalWriter:
    """Writes aside; what was finished of an earlier attempt is there already."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._names = Names(connection)

    def held(self) -> dict[str, str]:
        """The version of each file and list that need not come again."""
        return dict(self._connection.execute("SELECT infno, version FROM held"))

    def put_rows(self, infno: str, rows: Iterable[Published]) -> int:
        """Returns how many."""
        count, batch = 0, list[Published]()
        for row in rows:
            batch.append(row)
            if len(batch) == BATCH:
                count += self._put(infno, batch)
                batch = []
        return count + self._put(infno, batch)

    def put_terms(self, terms: Iterable[Term]) -> int:
        """Returns how many."""
        rows = [
            (t.code, t.kind, t.type, scope_of(t.region), t.begins, t.ends, t.is_valid, t.value)
            for t in terms
        ]
        self._connection.executemany(
            "INSERT OR REPLACE INTO terms VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows
        )
        return len(rows)

    def finish(self, infno: str, version: str, at: str) -> None:
        """From here on this much need not come again, whatever happens to the rest."""
        self._names.finish()
        self._connection.execute(
            "INSERT OR REPLACE INTO held VALUES (?, ?, ?)", (infno, version, at)
        )
        self._connection.commit()

    def _put(self, infno: str, rows: list[Published]) -> int:
        """A code that is known already keeps its place, and its name in the index unless that has
        changed: then it gets a new place, because an index without contents cannot forget."""
        known = self._known([row.code for row in rows])
        latest = {row.code: row for row in rows}
        fresh = [row for row in latest.values() if known.get(row.code) != row.name]
        gone = [(row.code,) for row in fresh if row.code in known]
        self._connection.executemany("DELETE FROM listed WHERE code = ?", gone)
        self._connection.executemany(
            f"INSERT INTO listed ({_LISTED}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (code) DO UPDATE SET infno = excluded.infno, spec = excluded.spec,"
            " maker = excluded.maker, insurance_class = excluded.insurance_class,"
            " begins = excluded.begins, ends = excluded.ends, is_valid = excluded.is_valid",
            [
                (
                    row.code,
                    infno,
                    row.name,
                    row.spec,
                    row.maker,
                    row.insurance_class,
                    row.begins,
                    row.ends,
                    row.is_valid,
                )
                for row in latest.values()
            ],
        )
        self._connection.executemany(
            "INSERT INTO words (rowid, entry) SELECT id, ? FROM listed WHERE code = ?",
            [(self._names.entry(row.name), row.code) for row in fresh],
        )
        return len(rows)

    def _known(self, codes: list[str]) -> dict[str, str]:
        marks = ", ".join("?" * len(codes))
        question = f"SELECT code, name FROM listed WHERE code IN ({marks})"
        return dict(self._connection.execute(question, codes))


def writing(folder: Path) -> AbstractContextManager[sqlite3.Connection]:
    """For a `NationalWriter`; the till has the new file when the block ends without an exception.

    Raises CatalogueError
    """
    return replacing(folder / FILE, SCHEMA, goes_on=True)


def national_beside(folder: Path) -> National | None:
    """None: nothing was ever downloaded.  Raises CatalogueError."""
    return National(folder) if (folder / FILE).exists() else None


def scope_of(region: str) -> str:
    """`630100` -> `6301`, `639900` -> `63`: what a region below it begins with."""
    return re.sub(r"^(..*?)(00|99)*$", r"\1", region) if region else ""


def _listed(row: tuple[str, str, str, str, str, str, str, str, int]) -> Listed:
    return Listed(*row[:8], bool(row[8]))
