"""A hospital's outpatients: 2201 to 2208.

2201 and 2204 cannot be taken back by 2601, only by 2202 and 2205.
Source: field lists of three public code bases that agree; local additions are left out.
"""

from __future__ import annotations

from terminal.sale.money import Fen
from terminal.settlement.fields import (
    Count,
    Days,
    Id30,
    Moment,
    Price,
    Text1,
    Text2,
    Text3,
    Text6,
    Text20,
    Text30,
    Text50,
    Text100,
    Text150,
    Text200,
    Text500,
    Text1000,
    Text4000,
)
from terminal.settlement.messages.node import Node


class Registration(Node, frozen=True, kw_only=True):
    """`data` of 2201 (门诊挂号)."""

    psn_no: Id30
    insutype: Text6
    begntime: Moment
    mdtrt_cert_type: Text3
    mdtrt_cert_no: Text50 = ""
    ipt_otp_no: Text30
    """Unique in the institution, never used again."""
    atddr_no: Text30
    dr_name: Text50
    dept_code: Text30
    dept_name: Text100
    caty: Text6
    """Department by the code table."""


class Register(Node, frozen=True, kw_only=True):
    data: Registration


class Registered(Node, frozen=True, kw_only=True):
    """`data` of the reply to 2201."""

    mdtrt_id: Id30
    psn_no: Text30 = ""
    ipt_otp_no: Text30 = ""


class RegisterTold(Node, frozen=True, kw_only=True):
    data: Registered


class RegistrationNamed(Node, frozen=True, kw_only=True):
    """`data` of 2202."""

    psn_no: Id30
    mdtrt_id: Id30
    ipt_otp_no: Text30


class Unregister(Node, frozen=True, kw_only=True):
    data: RegistrationNamed


class Visit(Node, frozen=True, kw_only=True):
    """`mdtrtinfo` of 2203 and 2203A; the last three are 2203A's."""

    mdtrt_id: Id30
    psn_no: Id30
    med_type: Text6
    begntime: Moment
    main_cond_dscr: Text1000 = ""
    dise_codg: Text30 = ""
    dise_name: Text500 = ""
    birctrl_type: Text6 = ""
    birctrl_matn_date: str = ""
    matn_type: Text6 = ""
    geso_val: Text2 = ""
    expContent: Text4000 = ""


class Diagnosis(Node, frozen=True, kw_only=True):
    """One row of `diseinfo` of 2203 and 2203A."""

    diag_type: Text3
    """1 western, 2 main Chinese disease, 3 main Chinese syndrome."""
    diag_srt_no: Text2
    diag_code: Text20
    diag_name: Text100
    diag_dept: Text50
    dise_dor_no: Text30
    dise_dor_name: Text50
    diag_time: Moment
    vali_flag: Text3


class TellVisit(Node, frozen=True, kw_only=True):
    mdtrtinfo: Visit
    diseinfo: tuple[Diagnosis, ...]


class FeeLine(Node, frozen=True, kw_only=True):
    """One row of `feedetail` of 2204."""

    feedetl_sn: Text30
    """Unique within the visit."""
    mdtrt_id: Id30
    psn_no: Id30
    chrg_bchno: Text30
    """One batch belongs to one `dise_codg`."""
    dise_codg: Text30 = ""
    rxno: Text30 = ""
    rx_circ_flag: Text3
    fee_ocur_time: Moment
    med_list_codg: Text50
    medins_list_codg: Text150
    det_item_fee_sumamt: Fen
    cnt: Count
    pric: Price
    sin_dos_dscr: Text200 = ""
    used_frqu_dscr: Text200 = ""
    prd_days: Days | None = None
    medc_way_dscr: Text200 = ""
    bilg_dept_codg: Text30
    bilg_dept_name: Text100
    bilg_dr_codg: Text30
    bilg_dr_name: Text50
    acord_dept_codg: Text30 = ""
    acord_dept_name: Text100 = ""
    orders_dr_code: Text30 = ""
    orders_dr_name: Text50 = ""
    hosp_appr_flag: Text3
    """0 not needed, 1 approved, 2 refused."""
    tcmdrug_used_way: Text6 = ""
    etip_flag: Text3 = ""
    etip_hosp_code: Text30 = ""
    dscg_tkdrug_flag: Text3 = ""
    matn_fee_flag: Text6 = ""
    expContent: Text4000 = ""


class TellFees(Node, frozen=True, kw_only=True):
    feedetail: tuple[FeeLine, ...]


class FeesNamed(Node, frozen=True, kw_only=True):
    """`data` of 2205."""

    mdtrt_id: Id30
    chrg_bchno: Text30
    """"0000": every line that is not settled."""
    psn_no: Id30


class TakeBackFees(Node, frozen=True, kw_only=True):
    data: FeesNamed


class VisitCharge(Node, frozen=True, kw_only=True):
    """`data` of 2206 and 2207; the four sums and `invono` are 2207's, from the replies to 2204."""

    psn_no: Id30
    mdtrt_cert_type: Text3
    mdtrt_cert_no: Text50 = ""
    med_type: Text6
    medfee_sumamt: Fen
    psn_setlway: Text6
    """01 by item, 02 by a fixed amount."""
    mdtrt_id: Id30
    chrg_bchno: Text30
    acct_used_flag: Text1
    insutype: Text6
    invono: Text20 = ""
    fulamt_ownpay_amt: Fen | None = None
    overlmt_selfpay: Fen | None = None
    preselfpay_amt: Fen | None = None
    inscp_scp_amt: Fen | None = None
    expContent: Text4000 = ""


class ChargeVisit(Node, frozen=True, kw_only=True):
    data: VisitCharge
