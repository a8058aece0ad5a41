"""Amounts of four recorded replies: two settlements and two reversals, with their nulls.

Only amounts: no person, no place.  Source: platform replies kept as test data by a public hospital
program; they look like real output and are the only ones found.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

Json = dict[str, Any]


def _setlinfo(**amounts: str | None) -> Json:
    return {name: None if text is None else Decimal(text) for name, text in amounts.items()}


OUTPATIENT: Json = {
    "setlinfo": _setlinfo(
        medfee_sumamt="4.52",
        fulamt_ownpay_amt="0",
        overlmt_selfpay="0",
        preselfpay_amt="0.23",
        inscp_scp_amt="4.29",
        act_pay_dedc="4.29",
        hifp_pay="0",
        fund_pay_sumamt="0",
        psn_part_amt="4.52",
        hosp_part_amt="0",
        acct_pay="4.52",
        psn_cash_pay="0",
        acct_mulaid_pay="0",
        balc="1373.63",
    ),
    "setldetail": [{"fund_pay_type": "310200", "fund_payamt": Decimal("4.52")}],
}
INPATIENT: Json = {
    "setlinfo": _setlinfo(
        medfee_sumamt="23442.46",
        fulamt_ownpay_amt="2533.97",
        overlmt_selfpay="1396.89",
        preselfpay_amt="703.44",
        inscp_scp_amt="18808.16",
        act_pay_dedc="0",
        hifob_pay="18785.39",
        fund_pay_sumamt="18785.39",
        psn_part_amt="4152.06",
        hosp_part_amt="505.01",
        acct_pay="170.04",
        psn_cash_pay="3982.02",
        acct_mulaid_pay="0",
        balc="0",
    ),
    "setldetail": [
        {"fund_pay_type": "330101", "fund_payamt": Decimal("18785.39")},
        {"fund_pay_type": "999996", "fund_payamt": Decimal("505.01")},
        {"fund_pay_type": "310201", "fund_payamt": Decimal("170.04")},
    ],
}
OUTPATIENT_TAKEN_BACK: Json = {
    "setlinfo": _setlinfo(
        medfee_sumamt="-25.10",
        fulamt_ownpay_amt="0",
        overlmt_selfpay="0",
        preselfpay_amt="-0.23",
        inscp_scp_amt="-24.87",
        act_pay_dedc="-24.87",
        fund_pay_sumamt="0",
        psn_part_amt=None,
        hosp_part_amt=None,
        acct_pay="-25.10",
        psn_cash_pay="0",
        acct_mulaid_pay=None,
        balc="1378.15",
    ),
    "setldetail": [{"fund_pay_type": "310200", "fund_payamt": Decimal("-25.10")}],
}
INPATIENT_TAKEN_BACK: Json = {
    "setlinfo": _setlinfo(
        medfee_sumamt="-3379.26",
        fulamt_ownpay_amt="-956.34",
        overlmt_selfpay="-186.31",
        preselfpay_amt="-197.22",
        inscp_scp_amt="-2039.39",
        act_pay_dedc="0",
        fund_pay_sumamt="-2039.39",
        psn_part_amt=None,
        hosp_part_amt=None,
        ownpay_hosp_part="-32.86",
        acct_pay="0",
        psn_cash_pay="-1307.01",
        acct_mulaid_pay=None,
        balc="0",
    ),
    "setldetail": [
        {"fund_pay_type": "330100", "fund_payamt": Decimal("-2039.39")},
        {"fund_pay_type": "999997", "fund_payamt": Decimal("-32.86")},
    ],
}

RECORDED: dict[str, tuple[Json, tuple[int, int, int, int, int]]] = {
    "outpatient": (OUTPATIENT, (0, 0, 452, 0, 0)),
    "inpatient": (INPATIENT, (1878539, 50501, 17004, 0, 398202)),
    "outpatient taken back": (OUTPATIENT_TAKEN_BACK, (0, 0, -2510, 0, 0)),
    "inpatient taken back": (INPATIENT_TAKEN_BACK, (-203939, -3286, 0, 0, -130701)),
}
"""Reply, and what it means: fund, institution, own account, mutual aid and cash, in fen."""
