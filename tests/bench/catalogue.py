"""How fast 100,000 goods and national rows come in, and how soon one of them is found.

    python -m tests.bench.catalogue [--rows 100000] [--lookups 2000]

One JSON object:

    goods      a CSV imported, rows a second, beside bare sqlite3: one executemany of the same cells
               into the same table without index or check
    national   a ZIP of 97 columns (1301) put in
    lookup     milliseconds, p50 and p99, by what is asked
"""

from __future__ import annotations

import argparse
import json
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

from terminal.catalogue import Catalogue
from terminal.catalogue.goods import import_goods, imported_goods
from terminal.catalogue.national import National, NationalWriter, Term, writing
from terminal.catalogue.published import read_published
from terminal.clock import CHINA, SystemClock
from terminal.profile import FileColumns
from terminal.readings import typed_as
from tests.catalogue.goods import name, write_published, write_sheet

COLUMNS = FileColumns(code=1, name=8, spec=17, maker=54, insurance_class=93, valid=79, version=83)
BARE = "CREATE TABLE goods (code, name, spec, price, insurance, class, pinyin, prefix)"


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds on the clock, and of this process alone: the machine may be busy."""
    began, used = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - began, time.process_time() - used


def bare(sheet: Path, into: Path) -> tuple[float, float]:
    """For the cells alone, as `timed`."""
    cells = [line.split(",") for line in sheet.read_text(encoding="utf-8").splitlines()[1:]]

    def write() -> None:
        with closing(sqlite3.connect(into)) as db:
            db.execute(BARE)
            db.executemany("INSERT INTO goods VALUES (?, ?, ?, ?, ?, ?, ?, ?)", cells)
            db.commit()

    return timed(write)


def national_zip(path: Path, rows: int) -> Path:
    def row(number: int) -> list[str]:
        cells = ["null"] * 97
        cells[0], cells[7], cells[16] = f"XA{number:021d}", name(number), "24粒"
        cells[53], cells[78], cells[82], cells[92] = "示范制药", "1", "V1", str(number % 3 + 1)
        return cells

    return write_published(path, map(row, range(rows)))


def put_national(folder: Path, packed: Path, rows: int) -> None:
    wrong: list[str] = []
    with writing(folder) as connection:
        writer = NationalWriter(connection)
        writer.put_rows("1301", read_published(packed, COLUMNS, wrong.append))
        writer.put_terms(
            Term(f"XA{n:021d}", "share", "1", "630000", "2020-01-01", "", True, "1000")
            for n in range(rows)
        )
        writer.finish("1301", "V1", "now")
    assert not wrong


def spelled(chance: random.Random, number: int) -> str:
    """A part of the name of some goods, as somebody may type it."""
    text = name(number).replace(" ", "").lower()
    first = chance.randrange(len(text))
    part = text[first : first + chance.randint(1, 6)]
    ways = (
        lambda char: char,
        lambda char: min(typed_as(char) - {char} or {char})[:1],
        lambda char: min(typed_as(char) - {char} or {char}),
    )
    way = chance.choice(ways)
    mixed = "".join(way(char) for char in part)
    return mixed[: chance.randint(1, len(mixed))]


def milliseconds(asked: Sequence[str], ask: Callable[[str], object]) -> dict[str, float]:
    took = [timed(partial(ask, text)) for text in asked]
    wall, used = (statistics.quantiles([1000 * t[at] for t in took], n=100) for at in (0, 1))
    return {
        "p50": round(wall[49], 3),
        "p99": round(wall[98], 3),
        "p99_of_this_process": round(used[98], 3),
    }


def rates(rows: int, took: tuple[float, float]) -> dict[str, float]:
    wall, used = took
    return {
        "seconds": round(wall, 2),
        "seconds_of_this_process": round(used, 2),
        "rows_a_second": round(rows / wall),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--lookups", type=int, default=2_000)
    args = parser.parse_args()
    chance = random.Random(1)
    numbers = [chance.randrange(args.rows) for _ in range(args.lookups)]
    with tempfile.TemporaryDirectory() as at:
        folder = Path(at)
        sheet = write_sheet(folder / "goods.csv", args.rows)
        goods_took = timed(lambda: import_goods(sheet, folder))
        bare_took = bare(sheet, folder / "bare.db")
        packed = national_zip(folder / "1301.zip", args.rows)
        national_took = timed(lambda: put_national(folder, packed, args.rows))
        national = National(folder)
        catalogue = Catalogue(imported_goods(folder), national, "630102")
        today = SystemClock().now().astimezone(CHINA).date()
        texts = [spelled(chance, number) for number in numbers]
        found = {
            "rows": args.rows,
            "goods": rates(args.rows, goods_took) | {"bare": rates(args.rows, bare_took)},
            "national": rates(args.rows, national_took),
            "lookup_ms": {
                "barcode": milliseconds(
                    [f"69{n:011d}" for n in numbers], lambda code: catalogue.find(code, today)
                ),
                "trace_code": milliseconds(
                    [f"83{n % 100_000:05d}{n:013d}" for n in numbers], catalogue.find_by_trace
                ),
                "typed": milliseconds(texts, lambda text: catalogue.search(text, 12)),
                "typed_national": milliseconds(texts, lambda text: national.search(text, 12)),
            },
        }
    json.dump(found, sys.stdout)
    print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
