"""The output nodes of settlements, field by field as the interface lists them.

One rule: every reply adds up.  The identities I1 to I7 follow from how the fields are made here,
and tests check them from outside.

Source: field list of 2207/2102 (38 fields without `hosp_part_amt`), of 2103 and of 5203, whose
names differ: `psn_pay` and `cash_payamt` where 2102 says `psn_part_amt` and `psn_cash_pay`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal

from terminal.sandbox.benefit import EMPLOYEE, LineShare
from terminal.sandbox.catalogue import LEVELS, charge_kind
from terminal.sandbox.money import share, yuan
from terminal.sandbox.records import Insured, Settlement, SettlementKind, State
from terminal.sandbox.rules import AccountSplit, FundTotal, Rules

ZERO = yuan(0)
NO_PRICE_LIMIT = Decimal("999999.000000")
PHARMACY = "41"
"""Both `med_type` and `clr_type`."""

_FUND_TYPES = {
    EMPLOYEE: ("310100", "职工基本医疗保险统筹基金"),
    "390": ("390100", "城乡居民基本医疗保险基金"),
}
_ACCOUNT_TYPE = ("310200", "个人账户")

Node = dict[str, object]


def quoted(quote: Settlement, who: Insured, psn_type: str, rules: Rules) -> Node:
    """`setlinfo` of 2101: no `setl_id`, and null where nothing has happened yet."""
    info = settled(quote, who, psn_type, rules)
    del info["setl_id"]
    return info | {"setl_time": None, "clr_optins": None, "clr_way": None}


def settled(settlement: Settlement, who: Insured, psn_type: str, rules: Rules) -> Node:
    """`setlinfo` of 2102."""
    return (
        _visit(settlement)
        | _person(settlement, who, psn_type)
        | _amounts(settlement, rules)
        | {
            "psn_part_amt": yuan(settlement.person_fen),
            "psn_cash_pay": yuan(settlement.cash_fen),
        }
        | _clearing(settlement)
    )


def taken_back(refund: Settlement, rules: Rules) -> Node:
    """`setlinfo` of 2103: negative amounts."""
    info = _visit(refund) | _amounts(refund, rules) | _personal(refund)
    if rules.reversal_nulls:
        info |= {"psn_pay": None, "acct_mulaid_pay": None}
    return info | {"clr_optins": _clearing(refund)["clr_optins"]}


def found(settlement: Settlement, who: Insured, psn_type: str, rules: Rules) -> Node:
    """`setlinfo` of 5203.  Own choice: `refd_setl_flag` is "1" also on the refund itself."""
    return (
        _visit(settlement)
        | _person(settlement, who, psn_type)
        | _amounts(settlement, rules)
        | _personal(settlement)
        | _clearing(settlement)
        | {
            "pay_loc": "2",
            "fixmedins_code": settlement.institution,
            "fixmedins_name": settlement.institution_name,
            "refd_setl_flag": refunded_flag(settlement),
            "year": settlement.setl_time[:4],
        }
    )


def visit(settlement: Settlement) -> Node:
    """One row of `mdtrtinfo` of 5201.  Own choice: it names the settlement and its message id."""
    return {
        "mdtrt_id": settlement.mdtrt_id,
        "psn_no": settlement.psn_no,
        "insutype": settlement.insutype,
        "med_type": settlement.med_type,
        "begntime": settlement.begntime,
        "endtime": settlement.setl_time,
        "setl_id": settlement.setl_id,
        "medins_setl_id": settlement.msgid,
        "refd_setl_flag": refunded_flag(settlement),
    }


def refunded_flag(settlement: Settlement) -> str:
    is_void = settlement.state == State.REVERSED or settlement.kind == SettlementKind.REFUND
    return "1" if is_void else "0"


def setldetail(settlement: Settlement, rules: Rules) -> list[Node]:
    """Who paid, without nothings.  The sum is fund_pay_sumamt + acct_pay (I5).

    No code is known for mutual aid, so it shows here only where `acct_pay` counts it.
    """
    rows: list[Node] = []
    if settlement.fund_fen:
        code, name = _FUND_TYPES.get(settlement.insutype, ("999900", "其他基金"))
        rows.append(_paid(code, name, settlement.in_scope_fen, settlement.fund_fen))
    if paid_fen := account_fen(settlement, rules):
        rows.append(_paid(*_ACCOUNT_TYPE, 0, paid_fen))
    return rows


MEMO = "该项目未在医保目录中，按自费处理"


def detlcutinfo(lines: Sequence[LineShare], rules: Rules) -> list[Node]:
    return [
        {
            "feedetl_sn": line.item.feedetl_sn,
            "det_item_fee_sumamt": yuan(line.item.amount_fen),
            "cnt": line.item.quantity,
            "pric": line.item.unit_yuan,
            "pric_uplmt_amt": (
                NO_PRICE_LIMIT if line.price_limit_fen is None else yuan(line.price_limit_fen)
            ),
            "selfpay_prop": share(line.first_pay_share),
            "fulamt_ownpay_amt": yuan(line.own_cost_fen),
            "overlmt_amt": yuan(line.over_limit_fen),
            "preselfpay_amt": yuan(line.first_pay_fen),
            "inscp_scp_amt": yuan(line.in_scope_fen),
            "chrgitm_lv": LEVELS[line.insurance_class],
            "med_chrgitm_type": charge_kind(line.item.med_list_codg),
            "bas_medn_flag": "0",
            "hi_nego_drug_flag": "0",
            "chld_medc_flag": "0",
            "list_sp_item_flag": "0",
            "drt_reim_flag": "0",
            "memo": MEMO if rules.line_memo and number == 0 else "",
        }
        for number, line in enumerate(lines)
    ]


def age(brdy: str, day: dt.date) -> int:
    born = dt.date.fromisoformat(brdy)
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def _visit(settlement: Settlement) -> Node:
    return {
        "mdtrt_id": settlement.mdtrt_id,
        "setl_id": settlement.setl_id,
        "psn_no": settlement.psn_no,
        "setl_time": settlement.setl_time,
        "medins_setl_id": settlement.msgid,
    }


def _person(settlement: Settlement, who: Insured, psn_type: str) -> Node:
    return {
        "psn_name": who.name,
        "psn_cert_type": "01",
        "certno": who.certno,
        "gend": who.gend,
        "naty": "01",
        "brdy": who.brdy,
        "age": age(who.brdy, dt.date.fromisoformat(settlement.setl_time[:10])),
        "insutype": settlement.insutype,
        "psn_type": psn_type,
        "cvlserv_flag": "0",
        "mdtrt_cert_type": "01",
        "med_type": settlement.med_type,
    }


def _amounts(settlement: Settlement, rules: Rules) -> Node:
    return {
        "medfee_sumamt": yuan(settlement.total_fen),
        "fulamt_ownpay_amt": yuan(settlement.own_cost_fen),
        "overlmt_selfpay": yuan(settlement.over_limit_fen),
        "preselfpay_amt": yuan(settlement.first_pay_fen),
        "inscp_scp_amt": yuan(settlement.in_scope_fen),
        "act_pay_dedc": ZERO,
        "hifp_pay": yuan(settlement.fund_fen),
        "pool_prop_selfpay": share(Decimal(settlement.ratio)),
        "cvlserv_pay": ZERO,
        "hifes_pay": ZERO,
        "hifmi_pay": ZERO,
        "hifob_pay": ZERO,
        "maf_pay": ZERO,
        "oth_pay": ZERO,
        "fund_pay_sumamt": yuan(fund_total_fen(settlement, rules)),
        "acct_pay": yuan(account_fen(settlement, rules)),
        "acct_mulaid_pay": yuan(settlement.mutual_aid_fen),
        "balc": yuan(settlement.balance_fen),
    }


def _personal(settlement: Settlement) -> Node:
    return {
        "psn_pay": yuan(settlement.person_fen),
        "cash_payamt": yuan(settlement.cash_fen),
    }


def _clearing(settlement: Settlement) -> Node:
    """`clr_optins` is the institution's city, as in a recorded reply."""
    return {
        "clr_optins": f"{settlement.region[:4]}00",
        "clr_way": "01",
        "clr_type": PHARMACY,
    }


def account_fen(settlement: Settlement, rules: Rules) -> int:
    """`acct_pay`, with or without the mutual-aid money."""
    if rules.account_split is AccountSplit.INSIDE:
        return settlement.own_fen + settlement.mutual_aid_fen
    return settlement.own_fen


def fund_total_fen(settlement: Settlement, rules: Rules) -> int:
    """`fund_pay_sumamt`, with or without the account."""
    if rules.fund_total is FundTotal.WITH_ACCOUNT:
        return settlement.fund_fen + account_fen(settlement, rules)
    return settlement.fund_fen


def _paid(code: str, name: str, in_scope_fen: int, paid_fen: int) -> Node:
    return {
        "fund_pay_type": code,
        "fund_pay_type_name": name,
        "inscp_scp_amt": yuan(in_scope_fen),
        "crt_payb_lmt_amt": ZERO,
        "fund_payamt": yuan(paid_fen),
        "setl_proc_info": "",
    }
