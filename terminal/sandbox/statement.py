"""3201: whether an institution's sums of a period are the platform's.

Own choices: what was taken back does not count, neither the charge nor its refund; sums are by the
platform's own convention; without `refd_setl_flag` the same.
"""

from __future__ import annotations

from terminal.sandbox import records
from terminal.sandbox.replies import account_fen, fund_total_fen
from terminal.sandbox.rules import Rules
from terminal.sandbox.store import Tx
from terminal.sandbox.wire import Call, Output
from terminal.sandbox.wrong import Wrong

EQUAL, INSTITUTION_MORE, DIFFERENT, CENTRE_MORE = "000000", "000102", "000103", "000101"
WORDS = {
    EQUAL: "对账平",
    INSTITUTION_MORE: "机构多",
    DIFFERENT: "数据不一致",
    CENTRE_MORE: "中心多",
}


def compare(tx: Tx, call: Call, rules: Rules) -> Output:
    (data,) = call.input["data"]
    standing = [
        settlement
        for settlement in records.standing(
            tx,
            call.institution,
            data.text("insutype"),
            data.text("stmt_begndate")[:10],
            data.text("stmt_enddate")[:10],
        )
        if f"{settlement.region[:4]}00" == data.text("setl_optins")
        and settlement.med_type == data.text("clr_type")
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
