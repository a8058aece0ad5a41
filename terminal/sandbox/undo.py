"""2103 and 2601: taking a settlement back, by its id or by the id of a message.

One rule: every fen returns where it came from: own to own, mutual aid to the same pot (or, after
the family was dissolved, to its creator), fund to fund.

Own choices, where no source says what a platform does:
- 2601 also takes back a 2103 that arrived, if the accounts still hold the money.
- A settlement that account debits (X101) hang on is not taken back before they are.
- 2601 for an id that never arrived succeeds, and refuses that id when it does arrive.
"""

from __future__ import annotations

import dataclasses

from terminal.sandbox import accounts, identity, records, relations, replies, vouchers
from terminal.sandbox.accounts import Movement
from terminal.sandbox.moment import compact, seconds_text
from terminal.sandbox.purchase import own_balance_fen, pay
from terminal.sandbox.records import Message, Settlement, SettlementKind, State
from terminal.sandbox.rules import Rules
from terminal.sandbox.store import Tx
from terminal.sandbox.wire import Call, Output, Refusal
from terminal.sandbox.wrong import Wrong

REVERSIBLE = ("2102", "2103")
ALREADY = "该结算已撤销"
NOT_FOUND = "未找到该结算"
OTHER_INSTITUTION = "该结算不属于本机构"
DEBITS_LEFT = "该结算仍有未冲正的账户扣款"
NOT_A_CHARGE = "退费记录不能再撤销"
MONEY_GONE = "账户资金已变动，不能冲正该撤销"

_AMOUNTS = (
    "total_fen",
    "own_cost_fen",
    "over_limit_fen",
    "first_pay_fen",
    "in_scope_fen",
    "fund_fen",
    "own_fen",
    "mutual_aid_fen",
    "cash_fen",
)


def cancel(tx: Tx, call: Call, rules: Rules) -> Output:
    """2103: a new, negative settlement."""
    (data,) = call.input["data"]
    who = identity.insured(tx, call, data.text("psn_no"))
    charge = own_settlement(tx, call, data.text("setl_id"), data.text("psn_no"))
    if charge.mdtrt_id != data.text("mdtrt_id"):
        raise Refusal("data.mdtrt_id 与结算不符")
    if charge.kind != SettlementKind.CHARGE:
        raise Refusal(NOT_A_CHARGE)
    if charge.state != State.SETTLED and Wrong.REVERSES_TWICE not in rules.wrong:
        raise Refusal(ALREADY)
    _refuse_while_debited(tx, charge)
    records.set_state(tx, charge.setl_id, State.REVERSED)
    negative = {name: -getattr(charge, name) for name in _AMOUNTS}
    refund = dataclasses.replace(
        charge,
        setl_id=f"J{compact(tx.now)}{tx.serial('setl'):010d}",
        msgid=call.msgid,
        kind=SettlementKind.REFUND.value,
        reverses=charge.setl_id,
        state=State.SETTLED.value,
        setl_time=seconds_text(tx.now),
        pot=_returns_to(tx, charge),
        **negative,
    )
    if Wrong.REVERSAL_KEEPS not in rules.wrong:
        pay(tx, refund, refund.pot, Movement.REFUND)
    own_fen = own_balance_fen(tx, who, refund.insutype)
    refund = dataclasses.replace(refund, balance_fen=own_fen or 0)
    records.add_settlement(tx, refund)
    vouchers.give_back(tx, charge.voucher_id)
    return {
        "setlinfo": replies.taken_back(refund, rules),
        "setldetail": replies.setldetail(refund, rules),
    }


def reverse_message(tx: Tx, call: Call, rules: Rules) -> Output:
    """2601: whatever became of a message, it is to have no effect."""
    (data,) = call.input["data"]
    psn_no, oinfno = data.text("psn_no"), data.text("oinfno")
    identity.insured(tx, call, psn_no)
    if oinfno not in REVERSIBLE:
        raise Refusal(f"data.oinfno 可冲正的交易：{'、'.join(REVERSIBLE)}")
    has_arrived = claim(tx, call, data.text("omsgid"), oinfno, psn_no, rules)
    if not has_arrived or Wrong.LOST_REVERSAL_IDLE in rules.wrong:
        return {}
    for settlement in records.settlements_of(tx, data.text("omsgid")):
        if settlement.state == State.SETTLED:
            _void(tx, settlement)
    return {}


def claim(tx: Tx, call: Call, omsgid: str, oinfno: str, psn_no: str, rules: Rules) -> bool:
    """Marks a message as reversed; whether it ever arrived, so that there may be work to undo.

    Raises Refusal where the message is another one than the caller says.
    """
    original = records.message(tx, omsgid)
    if original is None:
        if rules.tombstones:
            records.remember(tx, Message(omsgid, oinfno, psn_no, call.institution, "", True, None))
        return False
    check_original(original, call, oinfno, psn_no)
    if rules.tombstones:
        records.mark_reversed(tx, omsgid)
    return True


def check_original(original: Message, call: Call, oinfno: str, psn_no: str) -> None:
    """Raises Refusal."""
    if original.institution != call.institution:
        raise Refusal("data.omsgid 不属于本机构")
    if original.infno != oinfno:
        raise Refusal("data.omsgid 与原报文的交易编号不符")
    if original.psn_no != psn_no:
        raise Refusal("data.psn_no 与原报文不符")


def own_settlement(tx: Tx, call: Call, setl_id: str, psn_no: str) -> Settlement:
    """A settlement of the caller's own.  Raises Refusal."""
    found = records.settlement(tx, setl_id)
    if found is None:
        raise Refusal(NOT_FOUND)
    if found.institution != call.institution:
        raise Refusal(OTHER_INSTITUTION)
    if found.psn_no != psn_no:
        raise Refusal("data.psn_no 与结算不符")
    return found


def _void(tx: Tx, settlement: Settlement) -> None:
    """Undoes a charge, or a refund, without a settlement of its own."""
    if settlement.kind == SettlementKind.CHARGE:
        _refuse_while_debited(tx, settlement)
        _pay_back(tx, settlement, _returns_to(tx, settlement))
        vouchers.give_back(tx, settlement.voucher_id)
    else:
        assert settlement.reverses
        charge = records.settlement(tx, settlement.reverses)
        assert charge
        _refuse_where_gone(tx, settlement)
        _pay_back(tx, settlement, settlement.pot)
        records.set_state(tx, charge.setl_id, State.SETTLED)
        vouchers.use(tx, charge.voucher_id, charge.msgid)
    records.set_state(tx, settlement.setl_id, State.REVERSED)


def _pay_back(tx: Tx, settlement: Settlement, pot: str | None) -> None:
    opposite = {name: -getattr(settlement, name) for name in _AMOUNTS}
    pay(tx, dataclasses.replace(settlement, **opposite), pot, Movement.REVERSAL)


def _refuse_while_debited(tx: Tx, charge: Settlement) -> None:
    if records.live_debits(tx, charge.setl_id):
        raise Refusal(DEBITS_LEFT)


def _refuse_where_gone(tx: Tx, refund: Settlement) -> None:
    """What the refund gave back must still be there, and the voucher not used for another sale."""
    who = records.person(tx, refund.psn_no)
    assert who
    own_left = accounts.held_fen(tx, accounts.own(who.id)) + refund.own_fen
    aid_left = refund.mutual_aid_fen + (accounts.held_fen(tx, refund.pot) if refund.pot else 0)
    if own_left < 0 or aid_left < 0 or vouchers.used_by(tx, refund.voucher_id):
        raise Refusal(MONEY_GONE)


def _returns_to(tx: Tx, charge: Settlement) -> str | None:
    return relations.where_it_returns(tx, charge.pot) if charge.pot else None
