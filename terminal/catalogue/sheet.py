"""The shop's own goods as a file: CSV in UTF-8, one row each.

    code,name,spec,unit_price,insurance_code,insurance_class,pinyin,trace_prefix[,price_limit,first_share]

One rule: every row that is wrong is named with its line, its column and what to do; none is
guessed right.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

from terminal.catalogue.item import CatalogueError, Item
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
MORE_COLUMNS = ("price_limit", "first_share")
"""May follow, both or one; what the national catalogue says of an item counts instead."""
CLASSES = ("甲", "乙", "自费", "")
CELL_CHARS_MAX = 100
ROWS_MAX = 300_000
MISTAKES_MAX = 50
"""Named at once; somebody has to read them."""

_SHARE = re.compile(r"[01](\.[0-9]{1,4})?", re.ASCII)

Row = dict[str, str]
Mistake = Callable[[str], None]


def read_sheet(path: Path, wrong: Mistake) -> Iterator[Item]:
    """The goods of the rows that are right.

    wrong  given a sentence for each row that is not, with file, row and column

    Raises CatalogueError: nothing can be read, or it is not such a file
    """
    known: dict[str, set[str]] = {"code": set(), "trace_prefix": set()}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file, strict=True)
            columns = _columns(rows, path)
            for count, row in enumerate(rows):
                if count == ROWS_MAX:
                    raise CatalogueError(f"{path}: more than {ROWS_MAX} rows")
                try:
                    item = _item(row, columns)
                    _claim(item, known)
                except _WrongCell as exc:
                    wrong(f"{path}, row {rows.line_num}{exc}")
                else:
                    yield item
    except UnicodeDecodeError as exc:
        raise CatalogueError(
            f"{path}: is not utf-8 at byte {exc.start}: save it as “CSV UTF-8”"
        ) from exc
    except (OSError, csv.Error) as exc:
        raise CatalogueError(f"{path}: {exc}") from exc


class _WrongCell(Exception):
    """Where in the row, and what to do."""


def _columns(rows: csv.DictReader[str], path: Path) -> tuple[str, ...]:
    columns = tuple(rows.fieldnames or ())
    more = columns[len(COLUMNS) :]
    if columns[: len(COLUMNS)] != COLUMNS or more not in (
        (),
        *((name,) for name in MORE_COLUMNS),
        MORE_COLUMNS,
    ):
        raise CatalogueError(
            f"{path}, row 1: the columns must be {','.join(COLUMNS)}"
            f" and may end in {','.join(MORE_COLUMNS)}"
        )
    return columns


def _item(row: dict[str, str | None], columns: tuple[str, ...]) -> Item:
    """Raises _WrongCell."""
    if None in row or None in row.values():
        raise _WrongCell(f": not {len(columns)} cells; quote a cell that has a comma in it")
    cells = {column: visible((row[column] or "").strip(), CELL_CHARS_MAX) for column in columns}
    for column in ("code", "name", "unit_price"):
        if not cells[column]:
            raise _WrongCell(f", {column}: is empty; fill it in or take the row out")
    if cells["insurance_class"] not in CLASSES:
        raise _WrongCell(", insurance_class: must be one of 甲, 乙, 自费")
    if cells["trace_prefix"] and not is_prefix(cells["trace_prefix"]):
        raise _WrongCell(f", trace_prefix: must be {PREFIX_DIGITS} digits, or empty")
    return Item(
        cells["code"],
        cells["name"],
        cells["spec"],
        _fen(cells, "unit_price"),
        cells["insurance_code"],
        cells["insurance_class"] or "自费",
        cells["pinyin"].lower(),
        cells["trace_prefix"],
        _fen(cells, "price_limit") if cells.get("price_limit") else None,
        _basis_points(cells["first_share"]) if cells.get("first_share") else None,
    )


def _claim(item: Item, known: dict[str, set[str]]) -> None:
    """Raises _WrongCell for what an earlier row has already."""
    for column, value in (("code", item.code), ("trace_prefix", item.trace_prefix)):
        if value in known[column]:
            raise _WrongCell(f", {column}: {value} stands there twice; take one of them out")
    known["code"].add(item.code)
    if item.trace_prefix:
        known["trace_prefix"].add(item.trace_prefix)


def _fen(cells: Row, column: str) -> Fen:
    try:
        amount_fen = parse_yuan(cells[column])
    except ValueError as exc:
        raise _WrongCell(f", {column}: {exc}; write it like 12.50") from exc
    if amount_fen < 0:
        raise _WrongCell(f", {column}: is negative")
    return amount_fen


def _basis_points(text: str) -> int:
    share = Decimal(text) if _SHARE.fullmatch(text) else Decimal(2)
    if share > 1:
        raise _WrongCell(", first_share: must lie between 0 and 1, like 0.10 for ten per cent")
    return int(share * 10_000)
