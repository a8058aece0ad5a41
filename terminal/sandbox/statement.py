"""3201 and 3202: whether an institution's settlements of a period are the platform's.

Own choices: what was taken back does not count, neither the charge nor its refund; sums are by the
platform's own convention; without `refd_setl_flag` the same.  The result file of 3202 has a line
for each settlement that differs and none for the others.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation

from terminal.sandbox import files, records
from terminal.sandbox.money import fen_exactly, yuan
from terminal.sandbox.nodes import Row
from terminal.sandbox.records import Settlement
from terminal.sandbox.replies import account_fen, fund_total_fen
from terminal.sandbox.rules import Rules
from terminal.sandbox.store import Tx
from terminal.sandbox.wire import Call, Output, Refusal
from terminal.sandbox.wrong import Wrong

EQUAL, INSTITUTION_MORE, DIFFERENT, CENTRE_MORE = "000000", "000102", "000103", "000101"
WORDS = {
    EQUAL: "对账平",
    INSTITUTION_MORE: "机构多",
    DIFFERENT: "数据不一致",
    CENTRE_MORE: "中心多",
}
UPLOADED_COLUMNS = 7
TEXT_BYTES_MAX = 20_000_000
NOT_A_STATEMENT = "对账文件须为 ZIP，内含一个制表符分隔的文本"


def compare(tx: Tx, call: Call, rules: Rules) -> Output:
    """3201."""
    (data,) = call.input["data"]
    standing = [
        each for each in _of_place(tx, call, data) if each.insutype == data.text("insutype")
    ]
    ours = (
        len(standing),
        sum(settlement.total_fen for settlement in standing),
        sum(fund_total_fen(settlement, rules) for settlement in standing),
        sum(account_fen(settlement, rules) for settlement in standing),
    )
    theirs = (
        int(data.decimal("fixmedins_setl_cnt")),
        data.fen("medfee_sumamt"),
        data.fen("fund_pay_sumamt"),
        data.fen("acct_pay"),
    )
    if ours == theirs or Wrong.BLIND_STATEMENT in rules.wrong:
        result = EQUAL
    elif theirs[0] != ours[0]:
        result = INSTITUTION_MORE if theirs[0] > ours[0] else CENTRE_MORE
    else:
        result = DIFFERENT
    return {
        "stmtinfo": {
            "setl_optins": data.text("setl_optins"),
            "stmt_rslt": result,
            "stmt_rslt_dscr": WORDS[result],
        }
    }


def compare_rows(tx: Tx, call: Call, rules: Rules) -> Output:
    """3202."""
    (data,) = call.input["data"]
    file = files.kept(tx, call.institution, data.text("file_qury_no"))
    if file is None:
        raise Refusal(files.NOT_FOUND)
    theirs = _listed(file[1])
    if len(theirs) != data.decimal("fixmedins_setl_cnt"):
        raise Refusal("data.fixmedins_setl_cnt 与文件行数不符")
    ours = {each.setl_id: each for each in _of_place(tx, call, data)}
    rows = [] if Wrong.BLIND_ROWS in rules.wrong else list(_differing(ours, theirs, rules))
    return {
        "fileinfo": files.keep(
            tx, call.institution, f"result-{data.text('file_qury_no')}.zip", _zipped(rows)
        )
    }


def _of_place(tx: Tx, call: Call, data: Row) -> list[Settlement]:
    """What stands in the period, at the place and of the kind that `data` names."""
    first, last = data.text("stmt_begndate")[:10], data.text("stmt_enddate")[:10]
    return [
        settlement
        for settlement in records.standing(tx, call.institution, first, last)
        if f"{settlement.region[:4]}00" == data.text("setl_optins")
        and settlement.med_type == (data.text("clr_type") or settlement.med_type)
    ]


def _listed(content: bytes) -> dict[str, list[str]]:
    """The uploaded lines by `setl_id`.  Raises Refusal."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            (name,) = archive.namelist()
            with archive.open(name) as file:
                text = file.read(TEXT_BYTES_MAX).decode("utf-8")
    except (zipfile.BadZipFile, ValueError, OSError, RuntimeError) as exc:
        raise Refusal(NOT_A_STATEMENT) from exc
    lines: dict[str, list[str]] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        cells = line.split("\t")
        if len(cells) != UPLOADED_COLUMNS:
            raise Refusal(f"对账文件第 {number} 行须有 {UPLOADED_COLUMNS} 列")
        if cells[0] in lines:
            raise Refusal(f"对账文件第 {number} 行的 setl_id 重复")
        lines[cells[0]] = cells
    return lines


def _differing(
    ours: Mapping[str, Settlement], theirs: Mapping[str, list[str]], rules: Rules
) -> Iterable[list[str]]:
    """The lines of the result: first what the institution listed, then what it did not."""
    for setl_id, (_, mdtrt_id, psn_no, *told, _) in theirs.items():
        settlement = ours.get(setl_id)
        if settlement is None:
            yield [psn_no, mdtrt_id, setl_id, "", *_code(INSTITUTION_MORE), "null", "null", "null"]
        elif [_fen(text) for text in told] != list(_amounts(settlement, rules)):
            yield _line(settlement, DIFFERENT, rules)
    for setl_id, settlement in ours.items():
        if setl_id not in theirs:
            yield _line(settlement, CENTRE_MORE, rules)


def _line(settlement: Settlement, result: str, rules: Rules) -> list[str]:
    msgid = "" if Wrong.NAMELESS_ROWS in rules.wrong else settlement.msgid
    amounts = (str(yuan(fen)) for fen in _amounts(settlement, rules))
    known = [settlement.psn_no, settlement.mdtrt_id, settlement.setl_id, msgid]
    return [*known, *_code(result), *amounts]


def _code(result: str) -> tuple[str, str, str]:
    """`stmt_rslt`, `refd_setl_flag`, `memo`."""
    return result, "0", WORDS[result]


def _amounts(settlement: Settlement, rules: Rules) -> tuple[int, int, int]:
    return (
        settlement.total_fen,
        fund_total_fen(settlement, rules),
        account_fen(settlement, rules),
    )


def _fen(text: str) -> int | None:
    """None: no amount."""
    try:
        return fen_exactly(Decimal(text))
    except InvalidOperation:
        return None


def _zipped(rows: Iterable[list[str]]) -> bytes:
    text = "".join("\t".join(row) + "\n" for row in rows)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        info = zipfile.ZipInfo("result.txt")
        archive.writestr(info, text, compress_type=zipfile.ZIP_DEFLATED)
    return file.getvalue()
