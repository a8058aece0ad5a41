"""What the till writes into its messages, and what it takes from the answers to them."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import Decimal

from terminal.clock import CHINA
from terminal.sale.events import Account, Clearing, Decline, Split
from terminal.sale.money import Fen, yuan
from terminal.sale.sale import Sale, Status, Tender
from terminal.settlement.fields import Unreadable
from terminal.settlement.messages.accounts import AskVisits, VisitsAsked
from terminal.settlement.messages.people import AskPerson, Certificate, Insurance, PersonTold
from terminal.settlement.messages.pharmacy import (
    AskDebit,
    Debit,
    Debited,
    DrugInfo,
    DrugLine,
    NameSettlement,
    Purchase,
    SettlementNamed,
)
from terminal.settlement.messages.settled import SettledInfo, Settlement
from terminal.settlement.outcome import Approved, Declined, Estimate, Person, Unknown
from terminal.settlement.proofs import Proof
from terminal.settlement.sums import Sums, add_up
from terminal.text import visible

PHARMACY = "41"
"""`med_type`: bought at a designated pharmacy."""
BY_VOUCHER = "01"
"""`mdtrt_cert_type`: the electronic voucher."""
ACTIVE = ("1", "")
"""`psn_insu_stas`: normal, or not told."""
DEBIT_TYPES = {Account.PERSONAL: "1", Account.MUTUAL_AID: "2"}
TAKEN_BACK = "1"
"""`refd_setl_flag`."""
VISITS_DAYS = 2
"""How far back a lost settlement is looked for."""
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", re.ASCII)


def certificate(proof: Proof) -> AskPerson:
    shown = Certificate(
        mdtrt_cert_type=proof.certificate_type,
        mdtrt_cert_no=proof.number,
        card_sn=proof.card_sn,
    )
    return AskPerson(data=shown)


def cart(sale: Sale, account: Account, proof: Proof, *, invoice: str = "") -> Purchase:
    """2101 and 2102.  FUND switches the accounts off, INSURANCE on.

    invoice  the institution's own number of the settlement; a pre-settlement has none
    """
    assert sale.person
    begun = moment(datetime.fromisoformat(sale.opened_at))
    info = DrugInfo(
        psn_no=sale.person.psn_no,
        mdtrt_cert_type=proof.certificate_type,
        mdtrt_cert_no=proof.number,
        begntime=begun,
        medfee_sumamt=sale.total_fen,
        invono=invoice,
        insutype=sale.person.insutype,
        acct_used_flag="1" if account is Account.INSURANCE else "0",
        med_type=PHARMACY,
    )
    details = tuple(
        DrugLine(
            feedetl_sn=f"{sale.sale_id}-{line.line}",
            rx_circ_flag="0",
            fee_ocur_time=begun,
            med_list_codg=line.insurance_code,
            medins_list_codg=line.code,
            det_item_fee_sumamt=line.amount_fen,
            cnt=Decimal(line.quantity),
            pric=Decimal(yuan(line.unit_fen)),
        )
        for line in sale.lines
    )
    return Purchase(druginfo=info, drugdetail=details)


def debit(sale: Sale, account: Account, amount_fen: Fen, proof: Proof) -> AskDebit:
    """X101: it hangs on the fund settlement of the same sale."""
    approved = [t for t in sale.tenders if t.status is Status.APPROVED]
    fund = next((t for t in approved if t.account is Account.FUND), None)
    asked = Debit(
        psn_no=psn_no(sale),
        mdtrt_cert_type=proof.certificate_type,
        mdtrt_cert_no=proof.number,
        mdtrt_id=fund.visit_id if fund else "",
        setl_id=fund.settlement_id if fund else "",
        acct_type=DEBIT_TYPES[account],
        amt=amount_fen,
    )
    return AskDebit(data=asked)


def named(sale: Sale, setl_id: str, mdtrt_id: str) -> NameSettlement:
    return NameSettlement(
        data=SettlementNamed(setl_id=setl_id, mdtrt_id=mdtrt_id, psn_no=psn_no(sale))
    )


def lately(psn_no: str, now: datetime) -> AskVisits:
    """5201: a person's pharmacy visits around now."""
    return AskVisits(
        data=VisitsAsked(
            psn_no=psn_no,
            begntime=moment(now - timedelta(days=VISITS_DAYS)),
            endtime=moment(now + timedelta(days=1)),
            med_type=PHARMACY,
        )
    )


def moment(at: datetime) -> str:
    return f"{at.astimezone(CHINA):%Y-%m-%d %H:%M:%S}"


def psn_no(sale: Sale) -> str:
    assert sale.person
    return sale.person.psn_no


def region(sale: Sale) -> str:
    return sale.person.region if sale.person else ""


# -- what an answer means


def person(told: PersonTold, sale: Sale) -> Person | Declined:
    """The insurance the voucher names, as far as it names one; where it is not among the active
    ones, the first active."""
    assert sale.voucher
    active = [row for row in told.insuinfo if row.psn_insu_stas in ACTIVE]
    if not active:
        return Declined(Decline.SUSPENDED)
    insutype, place = sale.voucher.insutype, sale.voucher.region

    def is_another(row: Insurance) -> bool:
        return row.insutype != (insutype or row.insutype) or row.insuplc_admdvs != (
            place or row.insuplc_admdvs
        )

    row = min(active, key=lambda row: (is_another(row), row.insutype))
    if not row.insutype:
        raise Unreadable("insuinfo.insutype is missing")
    return Person(
        told.baseinfo.psn_no,
        row.insutype,
        row.insuplc_admdvs,
        masked(told.baseinfo.psn_name),
        row.balc,
    )


def masked(name: str) -> str:
    """The first character of a name and a star for each other one: "王小明" -> "王**"."""
    shown = visible(name, 50)
    return shown[:1] + "*" * min(len(shown) - 1, 3)


def estimated(told: Settlement, sale: Sale, account: Account) -> Estimate | Unknown:
    sums = add_up(told.setlinfo, told.setldetail, told.detlcutinfo)
    if sums.total_fen != sale.total_fen:
        return Unknown("medfee_sumamt is not the cart's total")
    split = _split(sums)
    if account is Account.FUND:
        return Estimate(split.fund_fen, None, None)
    return Estimate(split.fund_fen, split.personal_fen, split.mutual_aid_fen)


def settled(told: Settlement, sale: Sale, tender: Tender) -> Approved | Unknown:
    """A settlement as the outcome of this very charge, or Unknown where it is not."""
    info, sums = told.setlinfo, add_up(told.setlinfo, told.setldetail, told.detlcutinfo)
    if sums.total_fen != sale.total_fen:
        return Unknown("sums: medfee_sumamt is not the cart's total")
    if info.medins_setl_id not in ("", tender.key):
        return Unknown("reply: medins_setl_id is another message's")
    if not info.setl_id:
        return Unknown("reply: setl_id is missing")
    split = _split(sums)
    if tender.account is Account.FUND and split.paid_fen != split.fund_fen:
        return Unknown("sums: the accounts were off and paid all the same")
    return Approved(info.setl_id, info.mdtrt_id, split, info.balc, _clearing(info, sums))


def _clearing(info: SettledInfo, sums: Sums) -> Clearing:
    """How the platform books it.  No money hangs on these codes: one that could not be sent back
    counts as not told."""
    assert info.fund_pay_sumamt is not None  # the sums hold
    assert info.acct_pay is not None
    return Clearing(
        info.setl_time if _MOMENT.fullmatch(info.setl_time) else "",
        info.clr_type if visible(info.clr_type, 6) == info.clr_type else "",
        info.clr_optins if visible(info.clr_optins, 6) == info.clr_optins else "",
        info.fund_pay_sumamt,
        info.acct_pay,
        sums.cash_fen,
    )


def undoes(told: Settlement, sale: Sale) -> bool:
    """Whether the reply to 2103 is the exact opposite of the sale.  Raises Unreadable."""
    return add_up(told.setlinfo, told.setldetail).total_fen == -sale.total_fen


def debited(info: Debited, tender: Tender) -> Approved | Unknown:
    if info.pay_amt != tender.asked_fen:
        return Unknown("sums: pay_amt is not what was asked")
    if info.medins_setl_id not in ("", tender.key):
        return Unknown("reply: medins_setl_id is another message's")
    own = tender.account is Account.PERSONAL
    paid = info.pay_amt
    split = Split(personal_fen=paid) if own else Split(mutual_aid_fen=paid)
    return Approved(info.trns_id, "", split, info.balc)


def as_unknown(answer: Declined | Unknown) -> Unknown:
    """A question that was refused tells nothing about the charge."""
    return answer if isinstance(answer, Unknown) else Unknown(f"refused: {answer.words}")


def _split(sums: Sums) -> Split:
    """What the institution bears counts as fund: the customer pays neither."""
    return Split(Fen(sums.fund_fen + sums.institution_fen), sums.own_fen, sums.mutual_aid_fen)
