"""X101, X102, X103: account debits, for platforms where the terminal drives the fallback.

One rule: all or nothing.  A debit pays exactly what was asked, or says what the account holds.

None of this is in the national interface; all of it is own choice.  The policy's order still holds:
an employee's mutual aid is not touched while the own account holds money (B1), and no debit takes
more than is left of the person's part (B4).
"""

from __future__ import annotations

from terminal.sandbox import accounts, identity, institutions, records, relations, undo, vouchers
from terminal.sandbox.accounts import Leg, Movement
from terminal.sandbox.benefit import EMPLOYEE
from terminal.sandbox.moment import compact
from terminal.sandbox.money import yuan
from terminal.sandbox.nodes import Row
from terminal.sandbox.purchase import own_balance_fen
from terminal.sandbox.records import Debit, DebitState, Insured, Settlement, SettlementKind, State
from terminal.sandbox.rules import Repeat, Rules
from terminal.sandbox.store import Tx
from terminal.sandbox.wire import Call, Output, Refusal

OWN, MUTUAL_AID = "1", "2"
"""`acct_type`."""

INSUFFICIENT = "账户余额不足"
NO_ACCOUNT = "无可用的账户或共济关系"
OWN_FIRST = "请先使用本人个人账户"
ALREADY_SPLIT = "该结算已由平台使用个人账户"
TOO_MUCH = "data.amt 超过该结算尚未支付的个人负担"

UNKNOWN_STATE = "0"
STATES = {DebitState.DEBITED: "1", DebitState.REFUSED: "2", DebitState.REVERSED: "3"}
"""`stas` of X103."""


class DebitRefused(Refusal):
    """The account itself refuses; the reply says what it holds."""

    def __init__(self, err_msg: str, available_fen: int) -> None:
        super().__init__(err_msg, {"acctinfo": {"avlb_amt": yuan(available_fen)}})
        self.available_fen = available_fen


def debit(tx: Tx, call: Call, rules: Rules) -> Output:
    """X101."""
    institutions.check(tx, call)
    (data,) = call.input["data"]
    who = identity.insured(tx, call, data.text("psn_no"))
    settlement = _open_settlement(tx, call, data)
    amount_fen = data.fen("amt")
    if amount_fen <= 0:
        raise Refusal("data.amt 必须大于 0")
    if amount_fen > _left_fen(tx, call, settlement, rules):
        raise Refusal(TOO_MUCH)
    if data.text("acct_type") == OWN:
        account = _own_account(tx, who, settlement)
    else:
        account = _mutual_aid_account(tx, who, settlement, rules)
    held_fen = accounts.held_fen(tx, account)
    if held_fen < amount_fen:
        raise DebitRefused(INSUFFICIENT, held_fen)
    shop = accounts.shop(settlement.institution)
    accounts.ensure(tx, shop)
    legs = [Leg(account, -amount_fen), Leg(shop, amount_fen)]
    accounts.post(tx, legs, call.msgid, Movement.DEBIT)
    made = Debit(
        trns_id=_new_id(tx),
        msgid=call.msgid,
        setl_id=settlement.setl_id,
        psn_no=who.psn_no,
        acct_type=data.text("acct_type"),
        account=account,
        state=DebitState.DEBITED.value,
        asked_fen=amount_fen,
        paid_fen=amount_fen,
        available_fen=held_fen,
        balance_fen=own_balance_fen(tx, who, settlement.insutype) or 0,
        err_msg="",
    )
    records.add_debit(tx, made)
    return {"acctinfo": _fields(made)}


def note_refusal(tx: Tx, call: Call, refusal: Refusal) -> None:
    """Keeps a refused X101, so that X103 can tell it from one that never came."""
    (data,) = call.input["data"]
    available_fen = refusal.available_fen if isinstance(refusal, DebitRefused) else 0
    records.add_debit(
        tx,
        Debit(
            trns_id=_new_id(tx),
            msgid=call.msgid,
            setl_id=data.text("setl_id"),
            psn_no=data.text("psn_no"),
            acct_type=data.text("acct_type"),
            account=None,
            state=DebitState.REFUSED.value,
            asked_fen=data.fen("amt"),
            paid_fen=0,
            available_fen=available_fen,
            balance_fen=0,
            err_msg=refusal.err_msg,
        ),
    )


def reverse(tx: Tx, call: Call, rules: Rules) -> Output:
    """X102.  Success whether the debit landed, was refused, or has yet to arrive."""
    (data,) = call.input["data"]
    psn_no, omsgid = data.text("psn_no"), data.text("omsgid")
    identity.insured(tx, call, psn_no)
    if not undo.claim(tx, call, omsgid, "X101", psn_no, rules):
        return {}
    for made in records.debits_of_message(tx, omsgid):
        if made.state != DebitState.DEBITED:
            continue
        assert made.account
        settlement = records.settlement(tx, made.setl_id)
        assert settlement
        account = relations.where_it_returns(tx, made.account)
        shop = accounts.shop(settlement.institution)
        legs = [Leg(shop, -made.paid_fen), Leg(account, made.paid_fen)]
        accounts.post(tx, legs, omsgid, Movement.DEBIT_REVERSAL)
        records.reverse_debit(tx, made.trns_id)
    return {}


def ask(tx: Tx, call: Call, rules: Rules) -> Output:
    """X103.  A reversed message is "3", whether or not it ever arrived."""
    (data,) = call.input["data"]
    psn_no, omsgid = data.text("psn_no"), data.text("omsgid")
    identity.insured(tx, call, psn_no)
    original = records.message(tx, omsgid)
    if original is None:
        return {"acctinfo": {"stas": UNKNOWN_STATE}}
    undo.check_original(original, call, "X101", psn_no)
    if original.is_reversed:
        return {"acctinfo": {"stas": STATES[DebitState.REVERSED]}}
    latest = records.debits_of_message(tx, omsgid)[-1]
    state = DebitState(latest.state)
    info: dict[str, object] = {"stas": STATES[state]}
    if state is DebitState.DEBITED:
        info |= _fields(latest)
    if state is DebitState.REFUSED:
        info |= {"err_msg": latest.err_msg, "avlb_amt": yuan(latest.available_fen)}
    return {"acctinfo": info}


def _open_settlement(tx: Tx, call: Call, data: Row) -> Settlement:
    """The fund settlement the debit hangs on, whose voucher is shown again.  Raises Refusal."""
    psn_no, voucher_id = data.text("psn_no"), data.text("mdtrt_cert_no")
    settlement = undo.own_settlement(tx, call, data.text("setl_id"), psn_no)
    if settlement.mdtrt_id != data.text("mdtrt_id"):
        raise Refusal("data.mdtrt_id 与结算不符")
    if settlement.kind != SettlementKind.CHARGE:
        raise Refusal(undo.NOT_FOUND)
    if settlement.state != State.SETTLED:
        raise Refusal(undo.ALREADY)
    if settlement.acct_used:
        raise Refusal(ALREADY_SPLIT)
    vouchers.present(tx, call, voucher_id, psn_no)
    if settlement.voucher_id != voucher_id:
        raise Refusal("data.mdtrt_cert_no 与结算不符")
    return settlement


def _left_fen(tx: Tx, call: Call, settlement: Settlement, rules: Rules) -> int:
    """Of the person's part.  A platform that charges repeats does not notice its own repeat."""
    debits = records.live_debits(tx, settlement.setl_id)
    if rules.repeat is Repeat.CHARGE:
        debits = [made for made in debits if made.msgid != call.msgid]
    return settlement.person_fen - sum(made.paid_fen for made in debits)


def _own_account(tx: Tx, who: Insured, settlement: Settlement) -> str:
    if settlement.insutype != EMPLOYEE:
        raise DebitRefused(NO_ACCOUNT, 0)
    return accounts.own(who.id)


def _mutual_aid_account(tx: Tx, who: Insured, settlement: Settlement, rules: Rules) -> str:
    pot = relations.usable_pot(tx, who.psn_no, rules.policy.mutual_aid)
    if pot is None:
        raise DebitRefused(NO_ACCOUNT, 0)
    if own_balance_fen(tx, who, settlement.insutype):
        raise DebitRefused(OWN_FIRST, 0)
    used_own = any(made.acct_type == OWN for made in records.live_debits(tx, settlement.setl_id))
    if used_own and not rules.policy.mutual_aid.split_within_settlement:
        raise DebitRefused(NO_ACCOUNT, 0)
    return pot


def _fields(made: Debit) -> dict[str, object]:
    return {
        "trns_id": made.trns_id,
        "acct_type": made.acct_type,
        "pay_amt": yuan(made.paid_fen),
        "balc": yuan(made.balance_fen),
        "medins_setl_id": made.msgid,
    }


def _new_id(tx: Tx) -> str:
    return f"K{compact(tx.now)}{tx.serial('debit'):010d}"
