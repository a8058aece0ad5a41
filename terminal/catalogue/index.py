"""Names that can be searched as a clerk types: one full-text table beside any table of things.

Both catalogues use it, the shop's own goods and the national one.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from terminal.catalogue.spelling import Known, entries, known_of, plain, questions
from terminal.readings import Typed

TABLES = """
CREATE VIRTUAL TABLE words USING fts5(
    entry, content = '', detail = none, columnsize = 0, tokenize = 'ascii'
);
CREATE TABLE known (entry TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
"""
"""`words` has the row ids of the table whose names it holds."""

OFFERS_MAX = 200
"""Of the index to one question; a search that found nothing among them ends."""


class Names:
    """Writes the index: one call for each name, and one at the end."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._known: set[str] = set()

    def entry(self, name: str) -> str:
        """What goes into `words` for a name."""
        searched = plain(name)
        self._known.update(known_of(searched))
        return entries(searched)

    def finish(self) -> None:
        rows = ((entry,) for entry in self._known)
        self._connection.executemany("INSERT OR IGNORE INTO known VALUES (?)", rows)


class Index:
    """The names of one table of one connection."""

    def __init__(self, connection: sqlite3.Connection, table: str) -> None:
        """table  of this program; it has columns `id` and `name`"""
        self.connection, self._table = connection, table
        rows = connection.execute("SELECT entry FROM known ORDER BY entry")
        self._known = Known(entry for (entry,) in rows)

    def search(self, wanted: str) -> Iterator[sqlite3.Row]:
        """Rows whose name begins so, then those whose name has it further on; a row that begins
        so may come again.

        wanted  plain, not empty
        """
        asked = questions(wanted, self._known)
        if asked is None:
            return
        beginning, anywhere = asked
        typed = Typed(wanted)
        yield from (r for r in self._offers(beginning) if typed.begins(plain(r["name"])))
        yield from (r for r in self._offers(anywhere) if typed.is_in(plain(r["name"])))

    def _offers(self, question: str) -> Iterator[sqlite3.Row]:
        cursor = self.connection.cursor()
        cursor.row_factory = sqlite3.Row
        return cursor.execute(
            f"SELECT t.* FROM words JOIN {self._table} AS t ON t.id = words.rowid"
            " WHERE words MATCH ? LIMIT ?",
            (question, OFFERS_MAX),
        )
