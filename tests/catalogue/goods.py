"""Goods and published files for tests: any number, always the same."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from terminal.catalogue.sheet import COLUMNS
from terminal.profile import FileColumns

BEGINNINGS = ("阿莫", "头孢", "复方", "盐酸", "维生素", "重楼", "长春", "单硝", "石斛", "B12 ")
MIDDLES = ("西林", "克肟", "丹参", "沙星", "拉唑", "地平", "他汀", "银翘", "酸钙", "氯化钠")
FORMS = ("胶囊", "片", "颗粒", "口服液", "0.9%注射液", "(滴)丸", "软膏", "喷雾剂", "糖浆", "散")

THREE = FileColumns(code=1, name=2, begins=3, ends=4, valid=5, version=6, insurance_class=7)


def name(number: int) -> str:
    rest, form = divmod(number, len(FORMS))
    rest, middle = divmod(rest, len(MIDDLES))
    extra = chr(0x4E00 + rest // len(BEGINNINGS) % 2000) if rest >= len(BEGINNINGS) else ""
    return BEGINNINGS[rest % len(BEGINNINGS)] + MIDDLES[middle] + extra + FORMS[form]


def write_sheet(path: Path, count: int, *, first: int = 0, more: Iterable[str] = ()) -> Path:
    """more  lines as they are, after those that are right"""
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(COLUMNS)
        for number in range(first, first + count):
            price = f"{number % 900 + 1}.{number % 100:02d}"
            insurance_code = f"XA{number:021d}"
            prefix = f"83{number:05d}" if number < 100_000 else ""
            rows.writerow(
                (f"69{number:011d}", name(number), "24粒", price, insurance_code, "甲", "", prefix)
            )
        file.writelines(f"{line}\n" for line in more)
    return path


def write_published(path: Path, rows: Iterable[Sequence[str]]) -> Path:
    """A ZIP of one text with tabs."""
    text = "".join("\t".join(row) + "\n" for row in rows)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("list.txt", text)
    path.write_bytes(packed.getvalue())
    return path
