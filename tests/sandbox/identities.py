"""I1 to I7: what has to add up in every settlement reply, checked from outside."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

Json = dict[str, Any]

FUNDS = ("hifp_pay", "cvlserv_pay", "hifes_pay", "hifmi_pay", "hifob_pay", "maf_pay", "oth_pay")
COST = ("fulamt_ownpay_amt", "overlmt_selfpay", "preselfpay_amt", "inscp_scp_amt")
LINE = ("fulamt_ownpay_amt", "overlmt_amt", "preselfpay_amt", "inscp_scp_amt")


def check(output: Json, *, inside: bool) -> None:
    """`inside`: whether `acct_pay` counts `acct_mulaid_pay`."""
    info = output["setlinfo"]
    person = info["psn_part_amt"] if "psn_part_amt" in info else info["psn_pay"]
    cash = info["psn_cash_pay"] if "psn_cash_pay" in info else info["cash_payamt"]
    aid = Decimal(0) if inside else info["acct_mulaid_pay"]
    total, fund, account = info["medfee_sumamt"], info["fund_pay_sumamt"], info["acct_pay"]
    assert total == sum(info[name] for name in COST)  # I1
    assert total == fund + person  # I2, without a hospital's share
    assert person == account + aid + cash  # I3
    assert fund == sum(info[name] for name in FUNDS)  # I4
    paid = sum((row["fund_payamt"] for row in output["setldetail"]), Decimal(0))
    assert paid == fund + account  # I5
    assert total == fund + account + aid + cash  # I7
    if inside:
        assert abs(info["acct_mulaid_pay"]) <= abs(account)
    for line in output.get("detlcutinfo", []):  # I6
        assert line["det_item_fee_sumamt"] == sum(line[name] for name in LINE)
        assert min(line[name] for name in LINE) >= 0
        if line["selfpay_prop"] == 1:
            assert line["fulamt_ownpay_amt"] == line["det_item_fee_sumamt"]
    if "detlcutinfo" in output:
        lines = output["detlcutinfo"]
        assert total == sum(line["det_item_fee_sumamt"] for line in lines)
        for name, line_name in zip(COST, LINE, strict=True):
            assert info[name] == sum(line[line_name] for line in lines)
    for name, value in info.items():
        if isinstance(value, Decimal) and name not in ("age", "pool_prop_selfpay"):
            assert value.as_tuple().exponent == -2, name
