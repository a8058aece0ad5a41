"""5201 and 5203: what has been settled.

Own choices: rows of 5201 name the settlement and the message it came from, so that a till can find
out about a lost reply by its own message id; in 5203 the settlement id decides.
"""

from __future__ import annotations

from terminal.sandbox import identity, records, replies, undo
from terminal.sandbox.rules import Rules
from terminal.sandbox.store import Tx
from terminal.sandbox.wire import Call, Output, Refusal


def visits(tx: Tx, call: Call, rules: Rules) -> Output:
    """5201.  Both ends of the period count; a day without a time is all of that day."""
    (data,) = call.input["data"]
    identity.insured(tx, call, data.text("psn_no"))
    begin, end = data.text("begntime"), data.text("endtime")
    found = records.visits(
        tx,
        data.text("psn_no"),
        call.institution,
        begin if len(begin) > 10 else f"{begin} 00:00:00",
        end if len(end) > 10 else f"{end} 23:59:59",
        data.text("med_type"),
        data.text("mdtrt_id"),
    )
    return {"mdtrtinfo": [replies.visit(settlement) for settlement in found]}


def settlement(tx: Tx, call: Call, rules: Rules) -> Output:
    """5203."""
    (data,) = call.input["data"]
    who = identity.insured(tx, call, data.text("psn_no"))
    found = undo.own_settlement(tx, call, data.text("setl_id"), data.text("psn_no"))
    if data.text("mdtrt_id") not in ("", found.mdtrt_id):
        raise Refusal("data.mdtrt_id 与结算不符")
    psn_type = identity.psn_type_of(tx, found.psn_no, found.insutype)
    return {
        "setlinfo": replies.found(found, who, psn_type, rules),
        "setldetail": replies.setldetail(found, rules),
    }
