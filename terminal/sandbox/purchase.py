"""2101 and 2102: what a basket costs whom, and taking the money.

One rule: both run the same lines.  A quote is a settlement that nothing was written for, so the two
differ exactly when something happened in between (C7).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from terminal.sandbox import (
    accounts,
    identity,
    institutions,
    records,
    relations,
    replies,
    vouchers,
)
from terminal.sandbox.accounts import Leg, Movement
from terminal.sandbox.benefit import EMPLOYEE, Item, LineShare, Parts, benefits, divide
from terminal.sandbox.moment import china, compact, seconds_text
from terminal.sandbox.money import half_up
from terminal.sandbox.nodes import Row
from terminal.sandbox.records import Insured, Settlement, SettlementKind, State
from terminal.sandbox.rules import Repeat, Rules
from terminal.sandbox.store import Tx
from terminal.sandbox.wire import Call, Output, Refusal
from terminal.sandbox.wrong import Wrong

NOTHING_TO_SETTLE = "零费用不能结算"


@dataclass(frozen=True, slots=True)
class Purchase:
    """A settlement as it would be made now, and what its reply needs besides."""

    settlement: Settlement
    lines: tuple[LineShare, ...]
    who: Insured
    psn_type: str


def quote(tx: Tx, call: Call, rules: Rules) -> Output:
    """2101.  Moves nothing and reserves nothing."""
    purchase = _work_out(tx, call, rules, accounts.balance_fen, setl_id="")
    return {
        "setlinfo": replies.quoted(purchase.settlement, purchase.who, purchase.psn_type, rules),
        "setldetail": replies.setldetail(purchase.settlement, rules),
        "detlcutinfo": replies.detlcutinfo(purchase.lines, rules),
    }


def settle(tx: Tx, call: Call, rules: Rules) -> Output:
    """2102."""
    setl_id = f"J{compact(tx.now)}{tx.serial('setl'):010d}"
    purchase = _work_out(tx, call, rules, accounts.held_fen, setl_id=setl_id)
    settlement = purchase.settlement
    records.add_settlement(tx, settlement)
    pay(tx, settlement, settlement.pot, Movement.SETTLEMENT)
    vouchers.use(tx, settlement.voucher_id, call.msgid)
    return {
        "setlinfo": replies.settled(settlement, purchase.who, purchase.psn_type, rules),
        "setldetail": replies.setldetail(settlement, rules),
        "detlcutinfo": replies.detlcutinfo(purchase.lines, rules),
    }


def pay(tx: Tx, settlement: Settlement, pot: str | None, kind: Movement) -> None:
    """Moves what fund, own account and mutual aid pay; a refund's amounts are negative.

    pot   the account the mutual-aid part comes from or returns to
    """
    shop = accounts.shop(settlement.institution)
    fund = accounts.fund(settlement.insutype)
    accounts.ensure(tx, shop)
    accounts.ensure(tx, fund)
    who = records.person(tx, settlement.psn_no)
    assert who
    legs = [Leg(fund, -settlement.fund_fen)]
    if settlement.own_fen:
        legs.append(Leg(accounts.own(who.id), -settlement.own_fen))
    if settlement.mutual_aid_fen:
        assert pot
        legs.append(Leg(pot, -settlement.mutual_aid_fen))
    legs.append(Leg(shop, -sum(leg.amount_fen for leg in legs)))
    accounts.post(tx, legs, settlement.msgid, kind)


def own_balance_fen(tx: Tx, who: Insured, insutype: str) -> int | None:
    """What the personal account holds; None: this insurance type has none."""
    return accounts.balance_fen(tx, accounts.own(who.id)) if insutype == EMPLOYEE else None


def _work_out(
    tx: Tx, call: Call, rules: Rules, balance: Callable[[Tx, str], int], *, setl_id: str
) -> Purchase:
    """Raises Refusal with the first thing that stands against the purchase.

    balance   how an account is read: to know what it holds, or to spend it
    """
    institutions.check(tx, call)
    (info,) = call.input["druginfo"]
    psn_no, insutype = info.text("psn_no"), info.text("insutype")
    who = identity.insured(tx, call, psn_no)
    voucher = vouchers.present(tx, call, info.text("mdtrt_cert_no"), psn_no)
    charged_again = rules.repeat is Repeat.CHARGE and voucher["used_by"] == call.msgid
    if voucher["used_by"] and not charged_again:
        raise Refusal(vouchers.USED)
    psn_type = identity.entitled(tx, call, psn_no, insutype)
    items = _items(call)
    is_checked = Wrong.UNCHECKED_TOTAL not in rules.wrong
    if is_checked and info.fen("medfee_sumamt") != sum(item.amount_fen for item in items):
        raise Refusal("druginfo.medfee_sumamt 与明细合计不符")
    if info.fen("medfee_sumamt") == 0:
        raise Refusal(NOTHING_TO_SETTLE)
    used_fen = records.fund_used_fen(tx, psn_no, insutype, f"{china(tx.now):%Y}")
    sums = benefits(items, insutype, used_fen, rules.catalogue, rules.policy.benefit)
    pot = relations.usable_pot(tx, psn_no, rules.policy.mutual_aid)
    own_fen = balance(tx, accounts.own(who.id)) if insutype == EMPLOYEE else None
    parts = Parts(0, 0, sums.person_fen)
    if info.text("acct_used_flag") == "1":
        parts = divide(
            sums.person_fen,
            own_fen,
            balance(tx, pot) if pot else None,
            split_within_settlement=rules.policy.mutual_aid.split_within_settlement,
        )
    settlement = Settlement(
        setl_id=setl_id,
        msgid=call.msgid,
        mdtrt_id=voucher["mdtrt_id"],
        psn_no=psn_no,
        kind=SettlementKind.CHARGE.value,
        reverses=None,
        state=State.SETTLED.value,
        institution=call.institution,
        institution_name=call.institution_name,
        region=call.care_region,
        insutype=insutype,
        med_type=info.text("med_type"),
        voucher_id=voucher["voucher_id"],
        begntime=info.text("begntime"),
        setl_time=seconds_text(tx.now),
        acct_used=int(info.text("acct_used_flag")),
        pot=pot,
        total_fen=sums.total_fen,
        own_cost_fen=sums.own_cost_fen,
        over_limit_fen=sums.over_limit_fen,
        first_pay_fen=sums.first_pay_fen,
        in_scope_fen=sums.in_scope_fen,
        ratio=str(sums.ratio),
        fund_fen=sums.fund_fen,
        own_fen=parts.own_fen,
        mutual_aid_fen=parts.mutual_aid_fen,
        cash_fen=parts.cash_fen,
        balance_fen=(own_fen or 0) - parts.own_fen,
    )
    return Purchase(settlement, sums.lines, who, psn_type)


def _items(call: Call) -> list[Item]:
    """Own choice: a line's amount is count times price, half up, to the fen.  Raises Refusal."""
    items = [_item(row, index) for index, row in enumerate(call.input["drugdetail"])]
    if len({item.feedetl_sn for item in items}) != len(items):
        raise Refusal("drugdetail.feedetl_sn 重复")
    return items


def _item(row: Row, index: int) -> Item:
    where = f"drugdetail[{index}]"
    item = Item(
        feedetl_sn=row.text("feedetl_sn"),
        med_list_codg=row.text("med_list_codg"),
        quantity=row.decimal("cnt"),
        unit_yuan=row.decimal("pric"),
        amount_fen=row.fen("det_item_fee_sumamt"),
    )
    if item.quantity <= 0:
        raise Refusal(f"{where}.cnt 必须大于 0")
    if item.unit_yuan < 0:
        raise Refusal(f"{where}.pric 不能小于 0")
    if item.amount_fen != half_up(item.quantity * item.unit_yuan * 100):
        raise Refusal(f"{where}.det_item_fee_sumamt 与数量乘单价不符")
    return item
