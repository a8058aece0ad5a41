"""The two files of a detailed statement (3202): what the institution lists, and the result.  Pure.

Both are a ZIP with one text in it, a line for each settlement, TAB between columns.

    uploaded   setl_id mdtrt_id psn_no medfee_sumamt fund_pay_sumamt acct_pay refd_setl_flag
    result     psn_no mdtrt_id setl_id msgid stmt_rslt refd_setl_flag memo
               medfee_sumamt fund_pay_sumamt acct_pay            (the platform's own amounts)

Source: two public clients agree on the columns; a third knows eight in the upload.  Whether there
is a line of headings, which encoding, and whether the text comes without a ZIP is UNVERIFIED: all
are read, none is written.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterable

from terminal.sale.money import yuan
from terminal.sale.reconcile import Booked, Line
from terminal.settlement.fields import Unreadable, amount
from terminal.text import visible, words_of_platform

TEXT_BYTES_MAX = 20_000_000
"""Some hundred thousand lines: more than a province settles in a day at one counter."""
LINES_MAX = 100_000
RESULT_COLUMNS = 10
EQUAL = "000000"
"""`stmt_rslt`."""
ABSENT = ("", "null")
_ZIPPED = b"PK"


def packed(settlements: Iterable[Booked]) -> bytes:
    """The file to upload."""
    rows = (
        "\t".join(
            (
                each.settlement_id,
                each.visit_id,
                each.psn_no,
                yuan(each.total_fen),
                yuan(each.fund_fen),
                yuan(each.account_fen),
                "0",
            )
        )
        for each in settlements
    )
    text = "".join(f"{row}\r\n" for row in rows)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        # A fixed date: the same settlements are the same bytes.
        info = zipfile.ZipInfo("statement.txt")
        archive.writestr(info, text.encode(), compress_type=zipfile.ZIP_DEFLATED)
    return file.getvalue()


def result_lines(file: bytes) -> list[Line]:
    """The settlements that differ, as the result file names them.  Raises Unreadable."""
    lines = []
    for number, row in enumerate(_text(file).split("\n"), start=1):
        cells = [cell.strip() for cell in row.split("\t")]
        if cells == [""] or cells[0] == "psn_no":
            continue
        if number > LINES_MAX:
            raise Unreadable(f"the result file has more than {LINES_MAX} lines")
        if len(cells) < RESULT_COLUMNS:
            raise Unreadable(f"line {number} of the result file has {len(cells)} columns, not ten")
        if cells[4] != EQUAL:
            lines.append(_line(cells, number))
    return lines


def _line(cells: list[str], number: int) -> Line:
    _, _, settlement, message, _, _, memo, *amounts = cells
    total, fund, account = (
        None if text in ABSENT else amount(text, f"line {number} of the result file: {name}")
        for name, text in zip(
            ("medfee_sumamt", "fund_pay_sumamt", "acct_pay"), amounts, strict=False
        )
    )
    return Line(_id(message), _id(settlement), total, fund, account, words_of_platform(_said(memo)))


def _id(text: str) -> str:
    return visible(_said(text), 30)


def _said(text: str) -> str:
    return "" if text in ABSENT else text


def _text(file: bytes) -> str:
    data = _unzipped(file) if file.startswith(_ZIPPED) else file
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    try:
        return data.decode("gb18030")
    except UnicodeDecodeError as exc:
        raise Unreadable("the result file is neither UTF-8 nor GB 18030") from exc


def _unzipped(file: bytes) -> bytes:
    """The one text in the archive, read no further than its limit whatever its size claims."""
    try:
        with zipfile.ZipFile(io.BytesIO(file)) as archive:
            names = archive.namelist()
            if len(names) != 1:
                raise Unreadable(f"the result file holds {len(names)} files, not one")
            with archive.open(names[0]) as text:
                data = text.read(TEXT_BYTES_MAX + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError) as exc:
        # zipfile says RuntimeError for a password, NotImplementedError for an unknown method.
        raise Unreadable(f"the result file is no ZIP: {type(exc).__name__}") from exc
    if len(data) > TEXT_BYTES_MAX:
        raise Unreadable(f"the result file is longer than {TEXT_BYTES_MAX} bytes")
    return data
