"""Who stands at the counter, and who serves: 1101, 1161, 1162, 2001, 5206, 9001, 9002."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from terminal.sale.money import Fen
from terminal.settlement.fields import (
    Id6,
    Id30,
    Moment,
    Places,
    Text1,
    Text3,
    Text6,
    Text10,
    Text20,
    Text30,
    Text32,
    Text40,
    Text50,
    Text500,
    Text1000,
    Text4000,
)
from terminal.settlement.messages.node import Node


class Certificate(Node, frozen=True, kw_only=True):
    """`data` of 1101."""

    mdtrt_cert_type: Text3
    """01 e-voucher, 02 identity card, 03 social-security card."""
    mdtrt_cert_no: Text50
    """The e-voucher's token, the identity number, or the card's number."""
    card_sn: Text32 = ""
    """Needed with 03."""
    begntime: str = ""
    """Asks for the insurance as it was then."""
    psn_cert_type: Text6 = ""
    certno: Text50 = ""
    psn_name: Text50 = ""


class AskPerson(Node, frozen=True, kw_only=True):
    data: Certificate


class Base(Node, frozen=True, kw_only=True):
    """`baseinfo` of 1101.  Identity number and name leave this type only masked."""

    psn_no: Id30
    psn_cert_type: Text6 = ""
    certno: Text50 = ""
    psn_name: Text50 = ""
    gend: Text6 = ""
    naty: Text3 = ""
    brdy: str = ""
    age: Annotated[Decimal, Places(4, 1)] | None = None
    expContent: Text4000 = ""


class Insurance(Node, frozen=True, kw_only=True):
    """One row of `insuinfo`; a person can have several, in several places."""

    insutype: Id6 = ""
    """310 employees, 390 residents …"""
    psn_type: Text6 = ""
    psn_insu_stas: Text6 = ""
    """0 not insured, 1 normal, 2 suspended, 4 ended."""
    psn_insu_date: str = ""
    paus_insu_date: str = ""
    cvlserv_flag: Text3 = ""
    insuplc_admdvs: Id6 = ""
    """Where the person is insured; goes into the envelope of every later request."""
    balc: Fen | None = None
    """Of the personal account.  No source shows a mutual-aid balance."""
    emp_name: str = ""


class Identity(Node, frozen=True, kw_only=True):
    """One row of `idetinfo`: a special status and its time."""

    psn_idet_type: Text3 = ""
    psn_type_lv: Text3 = ""
    memo: Text500 = ""
    begntime: str = ""
    endtime: str = ""


class PersonTold(Node, frozen=True, kw_only=True):
    """The reply of 1101."""

    baseinfo: Base
    insuinfo: tuple[Insurance, ...] = ()
    idetinfo: tuple[Identity, ...] = ()


class CodeShown(Node, frozen=True, kw_only=True):
    """`data` of 1161 (card) and 1162 (code): the platform reads what the customer shows.

    Source: Chongqing, Inner Mongolia and Shanghai; which lengths hold elsewhere is UNVERIFIED.
    """

    orgId: Text40
    businessType: Text10
    """02121 bought at a pharmacy, 01101 registration, 01301 payment, 01103 admission."""
    operatorId: Text20
    operatorName: Text30
    officeId: Text20
    officeName: Text30
    deviceType: Text30 = ""
    """`SelfService` on a kiosk, else empty."""
    mdtrt_cert_type: Text1 = ""
    """Unlike everywhere else: 0 card, 1 e-voucher."""
    ecQrCode: Text1000 = ""
    """The text of the code, exactly as it was read."""
    businessInfo: Text1000 = ""
    termId: Text50 = ""
    termIp: Text50 = ""


class ShowCode(Node, frozen=True, kw_only=True):
    data: CodeShown


class CodeRead(Node, frozen=True, kw_only=True):
    """The reply of 1161 and 1162: that of 1101 and what was read."""

    baseinfo: Base
    insuinfo: tuple[Insurance, ...] = ()
    idetinfo: tuple[Identity, ...] = ()
    cardno: Text20 = ""
    card_sn: Text32 = ""
    ecToken: Text50 = ""
    """The certificate number of every later request.  Used once, never kept."""


class BenefitAsked(Node, frozen=True, kw_only=True):
    """`data` of 2001."""

    psn_no: Id30
    insutype: Text6
    fixmedins_code: Text30
    med_type: Text6
    begntime: Moment
    endtime: str = ""
    dise_codg: Text30 = ""
    dise_name: Text500 = ""
    oprn_oprt_code: Text30 = ""
    oprn_oprt_name: Text500 = ""
    matn_type: Text6 = ""
    birctrl_type: Text6 = ""


class AskBenefit(Node, frozen=True, kw_only=True):
    data: BenefitAsked


class Benefit(Node, frozen=True, kw_only=True):
    """One row of `trtinfo`: whether a fund would pay for this person now.  Node name UNVERIFIED."""

    psn_no: Text30 = ""
    trt_chk_type: Text6 = ""
    fund_pay_type: Text6 = ""
    trt_enjymnt_flag: Text3 = ""
    """"1": it would."""
    begndate: str = ""
    enddate: str = ""
    trt_chk_rslt: str = ""


class BenefitTold(Node, frozen=True, kw_only=True):
    trtinfo: tuple[Benefit, ...] = ()


class SumsAsked(Node, frozen=True, kw_only=True):
    """`data` of 5206."""

    psn_no: Id30
    cum_ym: Text6 = ""
    """yyyyMM; empty: the whole year."""


class AskSums(Node, frozen=True, kw_only=True):
    data: SumsAsked


class YearSum(Node, frozen=True, kw_only=True):
    """One row of `cuminfo`: what has come together of one kind (人员累计信息)."""

    insutype: Text6 = ""
    year: Text6 = ""
    cum_ym: Text6 = ""
    cum_type_code: Text10 = ""
    cum: Fen | None = None


class SumsTold(Node, frozen=True, kw_only=True):
    cuminfo: tuple[YearSum, ...] = ()


class Operator(Node, frozen=True, kw_only=True):
    """`signIn` of 9001."""

    opter_no: Text20
    mac: Text20
    ip: Text20


class SignIn(Node, frozen=True, kw_only=True):
    signIn: Operator


class SignedIn(Node, frozen=True, kw_only=True):
    """`signinoutb` of 9001."""

    sign_no: Id30
    """Goes into the envelope of every later request."""
    sign_time: str = ""


class SignInTold(Node, frozen=True, kw_only=True):
    signinoutb: SignedIn


class SignedOff(Node, frozen=True, kw_only=True):
    """`signOut` of 9002."""

    sign_no: Id30
    opter_no: Text20


class SignOut(Node, frozen=True, kw_only=True):
    signOut: SignedOff


class SignOutTime(Node, frozen=True, kw_only=True):
    sign_time: str = ""


class SignOutTold(Node, frozen=True, kw_only=True):
    signoutoutb: SignOutTime | None = None
    """Node name UNVERIFIED."""
