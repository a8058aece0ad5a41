"""The nodes the till writes into its messages, and what it reads from the answers to them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from terminal.clock import CHINA
from terminal.sale.events import Account, Decline, Split
from terminal.sale.money import Fen
from terminal.sale.sale import Sale, Status, Tender
from terminal.settlement.dialect import number
from terminal.settlement.messages import (
    Node,
    Settlement,
    Unreadable,
    amount,
    child,
    rows,
    text,
)
from terminal.settlement.outcome import Approved, Declined, Person, Unknown
from terminal.text import visible

PHARMACY = "41"
"""`med_type`: bought at a designated pharmacy."""
BY_VOUCHER = "01"
"""`mdtrt_cert_type`: the electronic voucher."""
DEBIT_TYPES = {Account.PERSONAL: "1", Account.MUTUAL_AID: "2"}


def cart(sale: Sale, account: Account) -> Mapping[str, object]:
    """The nodes of 2101 and 2102.  FUND switches the accounts off, INSURANCE on."""
    assert sale.voucher
    assert sale.person
    begun = datetime.fromisoformat(sale.opened_at).astimezone(CHINA)
    at = f"{begun:%Y-%m-%d %H:%M:%S}"
    info = {
        "psn_no": sale.person.psn_no,
        "mdtrt_cert_type": BY_VOUCHER,
        "mdtrt_cert_no": sale.voucher.voucher_id,
        "begntime": at,
        "medfee_sumamt": number(sale.total_fen),
        "invono": sale.sale_id,
        "insutype": sale.person.insutype,
        "dise_codg": "",
        "dise_name": "",
        "acct_used_flag": "1" if account is Account.INSURANCE else "0",
        "med_type": PHARMACY,
    }
    details = [
        {
            "feedetl_sn": f"{sale.sale_id}-{line.line}",
            "rxno": "",
            "rx_circ_flag": "0",
            "fee_ocur_time": at,
            "med_list_codg": line.insurance_code,
            "medins_list_codg": line.code,
            "det_item_fee_sumamt": number(line.amount_fen),
            "cnt": line.quantity,
            "pric": number(line.unit_fen),
        }
        for line in sale.lines
    ]
    return {"druginfo": info, "drugdetail": details}


def person(output: Node, sale: Sale) -> Person | Declined:
    """The insurance the voucher names; where it is not among the active ones, the first active."""
    assert sale.voucher
    base = child(output, "baseinfo")
    insurances = rows(output, "insuinfo")
    active = [row for row in insurances if text(row, "psn_insu_stas") in ("1", "")]
    if not active:
        return Declined(Decline.SUSPENDED)
    wanted = (sale.voucher.insutype, sale.voucher.region)
    row = min(
        active,
        key=lambda r: (
            (text(r, "insutype"), text(r, "insuplc_admdvs")) != wanted,
            text(r, "insutype"),
        ),
    )
    psn_no, insutype = text(base, "psn_no"), text(row, "insutype")
    if not (psn_no and insutype):
        raise Unreadable("psn_no or insutype is missing")
    return Person(
        visible(psn_no, 30),
        visible(insutype, 6),
        visible(text(row, "insuplc_admdvs"), 6),
        masked(text(base, "psn_name")),
        amount(row, "balc"),
    )


def masked(name: str) -> str:
    """The first character of a name and a star for each other one: "王小明" -> "王**"."""
    shown = visible(name, 50)
    return shown[:1] + "*" * min(len(shown) - 1, 3)


def settled(told: Settlement, sale: Sale, tender: Tender) -> Approved | Unknown:
    """A settlement as the outcome of this very charge, or Unknown where it is not."""
    if told.total_fen != sale.total_fen:
        return Unknown("sums: medfee_sumamt is not the cart's total")
    if told.medins_setl_id not in ("", tender.key):
        return Unknown("reply: medins_setl_id is another message's")
    if not told.setl_id:
        return Unknown("reply: setl_id is missing")
    if tender.account is Account.FUND and told.split.paid_fen != told.split.fund_fen:
        return Unknown("sums: the accounts were off and paid all the same")
    return Approved(told.setl_id, told.mdtrt_id, told.split, told.balance_after_fen)


def debited(info: Node, tender: Tender) -> Approved | Unknown:
    paid = amount(info, "pay_amt")
    if paid != tender.asked_fen:
        return Unknown("sums: pay_amt is not what was asked")
    if text(info, "medins_setl_id") not in ("", tender.key):
        return Unknown("reply: medins_setl_id is another message's")
    own = tender.account is Account.PERSONAL
    split = Split(personal_fen=paid) if own else Split(mutual_aid_fen=paid)
    return Approved(text(info, "trns_id"), "", split, amount(info, "balc"))


def debit(sale: Sale, account: Account, amount_fen: Fen) -> Mapping[str, object]:
    """The node of X101: it hangs on the fund settlement of the same sale."""
    assert sale.voucher
    approved = [t for t in sale.tenders if t.status is Status.APPROVED]
    fund = next((t for t in approved if t.account is Account.FUND), None)
    return {
        "psn_no": psn_no(sale),
        "mdtrt_cert_type": BY_VOUCHER,
        "mdtrt_cert_no": sale.voucher.voucher_id,
        "mdtrt_id": fund.visit_id if fund else "",
        "setl_id": fund.settlement_id if fund else "",
        "acct_type": DEBIT_TYPES[account],
        "amt": number(amount_fen),
    }


def psn_no(sale: Sale) -> str:
    assert sale.person
    return sale.person.psn_no


def region(sale: Sale) -> str:
    return sale.person.region if sale.person else ""


def as_unknown(answer: Declined | Unknown) -> Unknown:
    """A question that was refused tells nothing about the charge."""
    return answer if isinstance(answer, Unknown) else Unknown(f"refused: {answer.words}")
