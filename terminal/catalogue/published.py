"""The files a platform publishes its catalogue in: ZIP of tab-separated text, or the text alone.

Nothing is written as `null`; there is no line of names, so a profile says which column is what.

One rule: what is broken is named with file and line, and the rest is read.  Nobody at a counter can
put right what the bureau published.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TextIO

from terminal.catalogue.item import CatalogueError
from terminal.profile import FileColumns
from terminal.text import visible

UNPACKED_BYTES_MAX = 2 << 30
"""The whole national list of drugs is a tenth of it."""
MEMBERS_MAX = 100
LINE_CHARS_MAX = 100_000
NOTHING = "null"
CLASSES = {"1": "甲", "01": "甲", "2": "乙", "02": "乙", "3": "自费", "03": "自费"}
"""`chrgitm_lv`, as real replies and as clients write it."""


@dataclass(frozen=True, slots=True)
class Published:
    """One row of a published file."""

    code: str
    """`med_list_codg`."""
    name: str
    spec: str
    maker: str
    insurance_class: str
    """甲, 乙, 自费 or empty: the file does not say."""
    begins: str
    """yyyy-MM-dd; empty: always."""
    ends: str
    """The last day; empty: never."""
    is_valid: bool
    version: str


def read_published(
    path: Path, columns: FileColumns, wrong: Callable[[str], None]
) -> Iterator[Published]:
    """wrong  given a sentence for each row that is passed over

    Raises CatalogueError: nothing can be read, or far more than any catalogue
    """
    wide = 0
    try:
        for name, text in _texts(path):
            for number, line in enumerate(_lines(text, f"{path}, {name}"), start=1):
                cells = line.rstrip("\r\n").split("\t")
                if cells == [""]:
                    continue
                wide = wide or len(cells)
                if len(cells) != wide or wide < columns.widest:
                    wrong(
                        f"{path}, {name}, row {number}: {len(cells)} columns,"
                        f" {max(wide, columns.widest)} were expected"
                    )
                elif row := _row(cells, columns):
                    yield row
                else:
                    wrong(f"{path}, {name}, row {number}, column {columns.code}: no code")
    except UnicodeDecodeError as exc:
        raise CatalogueError(f"{path}: is not utf-8 text ({exc.reason})") from exc
    except (OSError, zipfile.BadZipFile, NotImplementedError, EOFError, RuntimeError) as exc:
        raise CatalogueError(f"{path}: {exc}; fetch it again") from exc


def day(text: str) -> str:
    """The day of a moment as the interface writes it; empty for anything else."""
    digits = text[:10].replace("/", "-")
    is_day = len(digits) == 10 and digits[4] == digits[7] == "-"
    return digits if is_day and digits.replace("-", "").isascii() else ""


def _row(cells: list[str], columns: FileColumns) -> Published | None:
    def cell(column: int, chars_max: int = 100) -> str:
        text = cells[column - 1].strip() if column else ""
        return "" if text == NOTHING else visible(text, chars_max)

    code = cell(columns.code, 50)
    if not code:
        return None
    return Published(
        code,
        cell(columns.name),
        cell(columns.spec),
        cell(columns.maker),
        CLASSES.get(cell(columns.insurance_class), ""),
        day(cell(columns.begins)),
        day(cell(columns.ends)),
        cell(columns.valid) != "0",
        cell(columns.version, 40),
    )


def _lines(text: TextIO, where: str) -> Iterator[str]:
    while line := text.readline(LINE_CHARS_MAX):
        if len(line) == LINE_CHARS_MAX and not line.endswith("\n"):
            raise CatalogueError(f"{where}: has a line of more than {LINE_CHARS_MAX} characters")
        yield line


def _texts(path: Path) -> Iterator[tuple[str, TextIO]]:
    """Name and text of each file inside."""
    with path.open("rb") as file:
        if not zipfile.is_zipfile(file):
            file.seek(0)
            with _as_text(file) as text:
                yield path.name, text
            return
        with zipfile.ZipFile(file) as packed:
            members = [member for member in packed.infolist() if not member.is_dir()]
            size = sum(member.file_size for member in members)
            if len(members) > MEMBERS_MAX or size > UNPACKED_BYTES_MAX:
                raise CatalogueError(f"{path}: {len(members)} files of {size} bytes: too much")
            for member in members:
                with packed.open(member) as inside, _as_text(inside) as text:  # type: ignore[arg-type]  # IO[bytes] of zipfile reads like a file
                    yield visible(member.filename, 50), text


@contextmanager
def _as_text(file: BinaryIO) -> Iterator[TextIO]:
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="\n")
    try:
        yield text
    finally:
        text.detach()
