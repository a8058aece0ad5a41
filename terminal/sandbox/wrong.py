"""Platforms that are wrong on purpose, one way at a time: what a conformance run must notice.

One rule: each way breaks exactly one promise and leaves the others kept.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any


class Wrong(StrEnum):
    SHORT_REFERENCE = "short-reference"
    """`inf_refmsgid` has 29 characters."""
    SILENT_REFUSAL = "silent-refusal"
    """infcode -1 without `err_msg`."""
    ESTIMATE_SUMS = "estimate-sums"
    """2101: the fund's parts are a yuan more than the fund."""
    UNCHECKED_TOTAL = "unchecked-total"
    """2101 and 2102 take a total that is not the sum of the lines."""
    SETTLE_SUMS = "settle-sums"
    """2102: the fund's parts are a yuan more than the fund."""
    FOREIGN_ID = "foreign-id"
    """2102: `medins_setl_id` is not the sender's message id."""
    ESTIMATE_LOWER = "estimate-lower"
    """2101 promises a yuan of cash more, and of account less, than 2102 takes."""
    REVERSAL_SUMS = "reversal-sums"
    """2103: the fund's parts are a yuan more than the fund."""
    REVERSAL_HIDDEN = "reversal-hidden"
    """5203 never says `refd_setl_flag` "1"."""
    REVERSAL_KEEPS = "reversal-keeps"
    """2103 says yes and keeps the money."""
    REVERSES_TWICE = "reverses-twice"
    """A second 2103 gives the money back again."""
    LOST_REVERSAL_IDLE = "lost-reversal-idle"
    """2601 of a message that arrived says yes and does nothing."""
    BLIND_STATEMENT = "blind-statement"
    """3201 finds everything equal."""
    CUT_FILE = "cut-file"
    """9102 hands over half of the file."""
    BLIND_ROWS = "blind-rows"
    """3202 finds every settlement equal."""
    NAMELESS_ROWS = "nameless-rows"
    """The result of 3202 does not say by which message a settlement was made."""


def distorted(wrong: Collection[Wrong], infno: str, output: Mapping[str, Any]) -> Mapping[str, Any]:
    """The reply of a transaction that was carried out, as such a platform would write it."""
    info = dict(output.get("setlinfo") or {})
    rows = [dict(row) for row in output.get("setldetail") or ()]
    sums = {"2101": Wrong.ESTIMATE_SUMS, "2102": Wrong.SETTLE_SUMS, "2103": Wrong.REVERSAL_SUMS}
    if infno in sums and sums[infno] in wrong:
        info["hifp_pay"] += Decimal(1)
    if infno == "2102" and Wrong.FOREIGN_ID in wrong:
        info["medins_setl_id"] = "0" * 30
    if infno == "5203" and Wrong.REVERSAL_HIDDEN in wrong:
        info["refd_setl_flag"] = "0"
    if infno == "2101" and Wrong.ESTIMATE_LOWER in wrong:
        info["acct_pay"] -= Decimal(1)
        info["psn_cash_pay"] += Decimal(1)
        for row in rows:
            if row["fund_pay_type"] == "310200":
                row["fund_payamt"] -= Decimal(1)
    changed: dict[str, Any] = dict(output)
    if info:
        changed |= {"setlinfo": info, "setldetail": rows}
    return changed
