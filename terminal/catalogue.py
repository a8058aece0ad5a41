"""What the shop sells: codes, names, prices and insurance codes, from one CSV file."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from terminal.readings import Typed, typed_first
from terminal.sale.boxes import PREFIX_DIGITS, is_prefix
from terminal.sale.money import Fen, parse_yuan
from terminal.text import visible

COLUMNS = (
    "code",
    "name",
    "spec",
    "unit_price",
    "insurance_code",
    "insurance_class",
    "pinyin",
    "trace_prefix",
)
CLASSES = ("甲", "乙", "自费", "")
ROWS_MAX = 300_000


class CatalogueError(Exception):
    """The file cannot be used; the message names file, row and column."""


@dataclass(frozen=True, slots=True)
class Item:
    code: str
    """As the scanner reads it: usually an EAN-13."""
    name: str
    spec: str
    unit_fen: Fen
    insurance_code: str
    """`med_list_codg`; empty: not an insured item."""
    insurance_class: str
    """甲, 乙 or 自费."""
    pinyin: str
    """What the shop types for it besides its name; lower case, empty: nothing."""
    trace_prefix: str
    """First seven digits of the trace codes on its boxes; empty: no box of it has one, or none is
    asked for (split packs, herbal slices, granules)."""


class Catalogue:
    def __init__(self, items: Mapping[str, Item]) -> None:
        self._items = items
        self._names = {code: "".join(item.name.lower().split()) for code, item in items.items()}
        self._begin: dict[str, list[Item]] = {}
        """By what can be typed first: of the code, of the shop's own abbreviation, of the name."""
        self._hold: dict[str, list[Item]] = {}
        """By what can be typed first of any character of the name."""
        for code, item in items.items():
            name = self._names[code]
            firsts = {code[:1], item.pinyin[:1]}.union(*map(typed_first, name[:1]))
            for letter in firsts:
                self._begin.setdefault(letter, []).append(item)
            for letter in frozenset[str]().union(*map(typed_first, name)):
                self._hold.setdefault(letter, []).append(item)
        self._by_trace = {item.trace_prefix: item for item in items.values() if item.trace_prefix}

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[Item]:
        return iter(self._items.values())

    def find(self, code: str) -> Item | None:
        return self._items.get(code)

    def find_by_trace(self, trace_code: str) -> Item | None:
        """The goods whose boxes carry such a trace code."""
        return self._by_trace.get(trace_code[:PREFIX_DIGITS])

    def search(self, typed: str, most: int = 20) -> list[Item]:
        """Goods by the beginning of their code, by their name or a part of it, or by how that is
        typed in pinyin: initials, in full, or mixed.  What begins so comes first."""
        wanted = "".join(typed.lower().split())
        if not wanted:
            return []
        spelled, first = Typed(wanted), wanted[0]
        beginning = (item for item in self._begin.get(first, ()) if self._begins(item, spelled))
        found = dict.fromkeys(islice(beginning, most))
        for item in self._hold.get(first, ()):
            if len(found) == most:
                break
            if spelled.is_in(self._names[item.code]):
                found.setdefault(item)
        return list(found)

    def _begins(self, item: Item, typed: Typed) -> bool:
        return (
            item.code.startswith(typed.text)
            or item.pinyin.startswith(typed.text)
            or typed.begins(self._names[item.code])
        )


def load(path: Path) -> Catalogue:
    """Reads UTF-8 CSV with exactly the columns of `COLUMNS`.  Raises CatalogueError."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file, strict=True)
            if tuple(rows.fieldnames or ()) != COLUMNS:
                raise CatalogueError(f"{path}, row 1: the columns must be {','.join(COLUMNS)}")
            items: dict[str, Item] = {}
            prefixes: set[str] = set()
            for row in rows:
                item = _item(row, f"{path}, row {rows.line_num}")
                if item.code in items:
                    raise CatalogueError(
                        f"{path}, row {rows.line_num}, code: {item.code} stands there twice"
                    )
                if item.trace_prefix and item.trace_prefix in prefixes:
                    raise CatalogueError(
                        f"{path}, row {rows.line_num}, trace_prefix: {item.trace_prefix} stands"
                        " there twice"
                    )
                prefixes.add(item.trace_prefix)
                if len(items) == ROWS_MAX:
                    raise CatalogueError(f"{path}: more than {ROWS_MAX} rows")
                items[item.code] = item
    except (OSError, UnicodeDecodeError, csv.Error) as exc:
        raise CatalogueError(f"{path}: {exc}") from exc
    return Catalogue(items)


def _item(row: dict[str, str | None], where: str) -> Item:
    cells = {column: visible((row[column] or "").strip(), 100) for column in COLUMNS}
    if None in row or None in row.values():
        raise CatalogueError(f"{where}: not {len(COLUMNS)} cells")
    for column in ("code", "name", "unit_price"):
        if not cells[column]:
            raise CatalogueError(f"{where}, {column}: is empty")
    if cells["insurance_class"] not in CLASSES:
        raise CatalogueError(f"{where}, insurance_class: must be one of 甲, 乙, 自费")
    if cells["trace_prefix"] and not is_prefix(cells["trace_prefix"]):
        raise CatalogueError(f"{where}, trace_prefix: must be {PREFIX_DIGITS} digits")
    try:
        unit_fen = parse_yuan(cells["unit_price"])
    except ValueError as exc:
        raise CatalogueError(f"{where}, unit_price: {exc}") from exc
    if unit_fen < 0:
        raise CatalogueError(f"{where}, unit_price: is negative")
    return Item(
        cells["code"],
        cells["name"],
        cells["spec"],
        unit_fen,
        cells["insurance_code"],
        cells["insurance_class"] or "自费",
        cells["pinyin"].lower(),
        cells["trace_prefix"],
    )
