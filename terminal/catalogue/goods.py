"""The shop's own goods in SQLite: from a CSV in memory, or imported into a file."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from terminal.catalogue.index import TABLES, Index, Names
from terminal.catalogue.item import CatalogueError, Item
from terminal.catalogue.kept import Kept, Schema, in_memory, replacing
from terminal.catalogue.sheet import MISTAKES_MAX, read_sheet
from terminal.catalogue.spelling import plain
from terminal.sale.boxes import PREFIX_DIGITS
from terminal.sale.money import Fen

FILE = "goods.db"
"""Beside the journal."""

SCHEMA = Schema(
    """
CREATE TABLE goods (
    id INTEGER PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    spec TEXT NOT NULL,
    unit_fen INTEGER NOT NULL,
    insurance_code TEXT NOT NULL,
    insurance_class TEXT NOT NULL,
    pinyin TEXT NOT NULL,
    trace_prefix TEXT NOT NULL,
    price_limit_fen INTEGER,
    first_share_bp INTEGER
) STRICT;
"""
    + TABLES,
    version=1,
)
_AFTER = """
CREATE INDEX by_pinyin ON goods (pinyin) WHERE pinyin != '';
CREATE UNIQUE INDEX by_trace_prefix ON goods (trace_prefix) WHERE trace_prefix != '';
"""
_COLUMNS = (
    "code, name, spec, unit_fen, insurance_code, insurance_class, pinyin, trace_prefix,"
    " price_limit_fen, first_share_bp"
)
BATCH = 1_000
"""Rows between two tellings of the progress."""
LAST_CHARACTER = "\U0010ffff"

Progress = Callable[[int], None]
"""Told how many rows there are, every now and then."""


def no_progress(rows: int) -> None:
    return


class Goods:
    def __init__(self, source: sqlite3.Connection | Kept) -> None:
        self._source = source
        self._latest_index: Index | None = None

    def __len__(self) -> int:
        (count,) = self._ask("SELECT count(*) FROM goods").fetchone()
        return int(count)

    def __iter__(self) -> Iterator[Item]:
        return map(_item, self._ask(f"SELECT {_COLUMNS} FROM goods ORDER BY id"))

    def find(self, code: str) -> Item | None:
        return self._one("code = ?", code)

    def find_by_trace(self, trace_code: str) -> Item | None:
        prefix = trace_code[:PREFIX_DIGITS]
        return self._one("trace_prefix = ? AND trace_prefix != ''", prefix)

    def search(self, typed: str, most: int = 20) -> list[Item]:
        """As `Catalogue.search`."""
        wanted = plain(typed)
        if not wanted:
            return []
        # One file for the whole search, also when a newer one comes meanwhile.
        index, found = self._index, dict[str, Item]()
        named = map(_named, index.search(wanted))
        codes, shop_words = (
            _beginning(index.connection, column, wanted) for column in ("code", "pinyin")
        )
        for items in (codes, shop_words, named):
            for item in items:
                found.setdefault(item.code, item)
                if len(found) == most:
                    return list(found.values())
        return list(found.values())

    @property
    def _connection(self) -> sqlite3.Connection:
        return self._source.connection if isinstance(self._source, Kept) else self._source

    @property
    def _index(self) -> Index:
        """Of the newest file."""
        connection = self._connection
        if self._latest_index is None or self._latest_index.connection is not connection:
            self._latest_index = Index(connection, "goods")
        return self._latest_index

    def _ask(self, question: str, *values: object) -> sqlite3.Cursor:
        return self._connection.execute(question, values)

    def _one(self, condition: str, value: str) -> Item | None:
        row = self._ask(f"SELECT {_COLUMNS} FROM goods WHERE {condition}", value).fetchone()
        return _item(row) if row else None


def read_goods(path: Path) -> Goods:
    """A CSV, every time anew.  Raises CatalogueError with every mistake in it."""
    mistakes: list[str] = []
    goods = goods_of(read_sheet(path, mistakes.append))
    _refuse(mistakes)
    return goods


def goods_of(items: Iterable[Item]) -> Goods:
    """In memory."""
    connection = in_memory(SCHEMA)
    _fill(connection, items, no_progress)
    return Goods(connection)


def imported_goods(folder: Path) -> Goods:
    """What was imported last, also while the till runs.  Raises CatalogueError."""
    try:
        return Goods(Kept(folder / FILE, SCHEMA))
    except CatalogueError as exc:
        raise CatalogueError(f"{exc}; `gongji catalogue import FILE.csv` makes it") from exc


def import_goods(
    path: Path,
    folder: Path,
    *,
    skip_wrong: bool = False,
    progress: Progress = no_progress,
) -> tuple[int, tuple[str, ...]]:
    """Puts a CSV in the place of what was imported before.

    skip_wrong  True: without the rows that are wrong; False: then not at all, and what was
        imported before stays

    Returns how many goods there are now, and what is wrong in the rows that were left out.
    Raises CatalogueError
    """
    mistakes: list[str] = []
    with replacing(folder / FILE, SCHEMA, goes_on=False) as connection:
        count = _fill(connection, read_sheet(path, mistakes.append), progress)
        if not skip_wrong:
            _refuse(mistakes)
        if not count:
            raise CatalogueError(f"{path}: has no goods in it")
    return count, tuple(mistakes)


def _refuse(mistakes: list[str]) -> None:
    if not mistakes:
        return
    told = mistakes[:MISTAKES_MAX]
    if len(mistakes) > MISTAKES_MAX:
        told.append(f"and {len(mistakes) - MISTAKES_MAX} more")
    raise CatalogueError("\n".join(told))


def _fill(connection: sqlite3.Connection, items: Iterable[Item], progress: Progress) -> int:
    names = Names(connection)
    marks = ", ".join("?" * (_COLUMNS.count(",") + 2))
    count = 0
    rows: list[tuple[object, ...]] = []
    words: list[tuple[int, str]] = []

    def write() -> None:
        connection.executemany(f"INSERT INTO goods (id, {_COLUMNS}) VALUES ({marks})", rows)
        connection.executemany("INSERT INTO words (rowid, entry) VALUES (?, ?)", words)
        rows.clear()
        words.clear()

    for count, item in enumerate(items, start=1):
        rows.append((count, *_values(item)))
        words.append((count, names.entry(item.name)))
        if len(rows) == BATCH:
            write()
            progress(count)
    write()
    names.finish()
    connection.executescript(_AFTER)
    progress(count)
    return count


def _beginning(connection: sqlite3.Connection, column: str, wanted: str) -> Iterator[Item]:
    condition = f"{column} >= ? AND {column} < ? AND {column} != ''"
    question = f"SELECT {_COLUMNS} FROM goods WHERE {condition} ORDER BY {column}"
    return map(_item, connection.execute(question, (wanted, wanted + LAST_CHARACTER)))


def _values(item: Item) -> tuple[object, ...]:
    return (
        item.code,
        item.name,
        item.spec,
        item.unit_fen,
        item.insurance_code,
        item.insurance_class,
        item.pinyin,
        item.trace_prefix,
        item.price_limit_fen,
        item.first_share_bp,
    )


def _item(row: tuple[str, str, str, Fen, str, str, str, str, Fen | None, int | None]) -> Item:
    return Item(*row)


def _named(row: sqlite3.Row) -> Item:
    return _item(tuple(row)[1:])
