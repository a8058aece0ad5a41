"""3505, 3505A and 3506: goods sold and returned, with the trace codes on their boxes.

Own choices: a row is known by `fixmedins_bchno`, and the same row again is taken again without
effect; a code that is in another row that stands is refused; a return names its sale's row in
`medins_prod_sel_no` and cannot return more than was sold.
"""

from __future__ import annotations

import hashlib
from decimal import Decimal

from terminal.sandbox import records
from terminal.sandbox.nodes import Row
from terminal.sandbox.rules import Rules
from terminal.sandbox.store import Tx
from terminal.sandbox.wire import Call, Output, Refusal

SOLD, RETURNED = "sold", "returned"
OTHER_ROW = "fixmedins_bchno 已用于另一条记录"
NO_SETTLEMENT = "setl_id 不是本机构的结算"
CODE_KNOWN = "追溯码已上传，疑似回流药"
NOT_MAPPED = "该商品未做目录对照"
NOT_SOLD = "medins_prod_sel_no 没有对应的销售"
TOO_MANY = "退货数量大于销售数量"


def tell_one(tx: Tx, call: Call, rules: Rules) -> Output:
    """3505."""
    (row,) = call.input["selinfo"]
    _sell(tx, call, row, rules)
    return {}


def tell_many(tx: Tx, call: Call, rules: Rules) -> Output:
    """3505A: each row by itself."""
    result = []
    for row in call.input["selinfoDetail"]:
        try:
            with tx.attempt():
                _sell(tx, call, row, rules)
            result.append({"retRslt": "1", "msgRslt": ""})
        except Refusal as refusal:
            result.append({"retRslt": "0", "msgRslt": refusal.err_msg})
    return {"result": result}


def tell_returned(tx: Tx, call: Call, rules: Rules) -> Output:
    """3506."""
    (row,) = call.input["selinfo"]
    if _is_known(tx, call, row):
        return {}
    sale, code = row.text("medins_prod_sel_no"), row.text("fixmedins_hilist_id")
    sold = _count(tx, call, SOLD, sale, code)
    if not sold:
        raise Refusal(NOT_SOLD)
    if row.decimal("sel_retn_cnt") > sold - _count(tx, call, RETURNED, sale, code):
        raise Refusal(TOO_MANY)
    _keep(tx, call, row, RETURNED, sale)
    for code in _codes(row):
        tx.run("DELETE FROM trace_codes WHERE code = ?", code)
    return {}


def everything(tx: Tx) -> list[dict[str, object]]:
    """For audits: the rows that were taken, in the order they were."""
    return [
        {
            "institution": row["institution"],
            "bchno": row["bchno"],
            "kind": row["kind"],
            "goods": row["goods"],
            "setl_id": row["setl_id"],
            "count": row["quantity"],
            "codes": row["codes"].split(",") if row["codes"] else [],
        }
        for row in tx.rows("SELECT * FROM goods ORDER BY seq")
    ]


def _sell(tx: Tx, call: Call, row: Row, rules: Rules) -> None:
    """Takes one row.  Raises Refusal."""
    if _is_known(tx, call, row):
        return
    if row.text("fixmedins_hilist_id") in rules.unmapped:
        raise Refusal(NOT_MAPPED)
    if setl_id := row.text("setl_id"):
        settlement = records.settlement(tx, setl_id)
        if settlement is None or settlement.institution != call.institution:
            raise Refusal(NO_SETTLEMENT)
    _keep(tx, call, row, SOLD, row.text("fixmedins_bchno"))
    for code in _codes(row):
        if not _added(tx, "INSERT INTO trace_codes VALUES (?)", "code", code):
            raise Refusal(CODE_KNOWN)


def _added(tx: Tx, insert: str, column: str, *values: object) -> bool:
    """Whether the row is new; what another till adds at this very moment counts as there."""
    return tx.row(f"{insert} ON CONFLICT DO NOTHING RETURNING {column}", *values) is not None


def _is_known(tx: Tx, call: Call, row: Row) -> bool:
    """Whether this very row was taken before.  Raises Refusal where another one was."""
    kept = tx.row(
        "SELECT digest FROM goods WHERE institution = ? AND bchno = ?",
        call.institution,
        row.text("fixmedins_bchno"),
    )
    if kept and kept["digest"] != _digest(row):
        raise Refusal(OTHER_ROW)
    return kept is not None


def _keep(tx: Tx, call: Call, row: Row, kind: str, sale: str) -> None:
    """Raises Refusal."""
    is_new = _added(
        tx,
        "INSERT INTO goods"
        " (institution, bchno, kind, sale, goods, setl_id, quantity, codes, digest)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        "bchno",
        call.institution,
        row.text("fixmedins_bchno"),
        kind,
        sale,
        row.text("fixmedins_hilist_id"),
        row.text("setl_id"),
        str(row.decimal("sel_retn_cnt")),
        row.text("drugtracinfo"),
        _digest(row),
    )
    if not is_new:
        raise Refusal(OTHER_ROW)


def _count(tx: Tx, call: Call, kind: str, sale: str, goods: str) -> Decimal:
    rows = tx.rows(
        "SELECT quantity FROM goods WHERE institution = ? AND kind = ? AND sale = ? AND goods = ?",
        call.institution,
        kind,
        sale,
        goods,
    )
    return sum((Decimal(row["quantity"]) for row in rows), Decimal(0))


def _codes(row: Row) -> list[str]:
    codes = row.text("drugtracinfo")
    return codes.split(",") if codes else []


def _digest(row: Row) -> str:
    """Of what is sold; the time and who says it may differ from one try to the next."""
    names = ("fixmedins_hilist_id", "setl_id", "drugtracinfo", "medins_prod_sel_no")
    told = [row.text(name) for name in names] + [str(row.decimal("sel_retn_cnt"))]
    return hashlib.sha256("\n".join(told).encode()).hexdigest()
