"""A hospital's inpatients, as far as a counter has to do with them: 2301 to 2305, 2401, 2402, 2404.

Prepaid deposits are not a transaction of the interface in any source.
"""

from __future__ import annotations

from terminal.sale.money import Fen
from terminal.settlement.fields import (
    Count,
    Day,
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


class StayFeeLine(Node, frozen=True, kw_only=True):
    """One row of `feedetail` of 2301; a return names the original line, its `cnt` is negative."""

    feedetl_sn: Text30
    init_feedetl_sn: Text30 = ""
    mdtrt_id: Id30
    drord_no: Text30 = ""
    psn_no: Id30
    med_type: Text6
    fee_ocur_time: Moment
    med_list_codg: Text50
    medins_list_codg: Text150
    det_item_fee_sumamt: Fen
    cnt: Count
    pric: Price
    bilg_dept_codg: Text30
    bilg_dept_name: Text100
    bilg_dr_codg: Text30
    bilg_dr_name: Text50
    acord_dept_codg: Text30 = ""
    acord_dept_name: Text100 = ""
    orders_dr_code: Text30 = ""
    orders_dr_name: Text50 = ""
    hosp_appr_flag: Text3
    tcmdrug_used_way: Text6 = ""
    etip_flag: Text3 = ""
    etip_hosp_code: Text30 = ""
    dscg_tkdrug_flag: Text3 = ""
    matn_fee_flag: Text6 = ""
    sin_dos_dscr: Text200 = ""
    used_frqu_dscr: Text200 = ""
    prd_days: Days | None = None
    medc_way_dscr: Text200 = ""
    memo: Text500 = ""


class TellStayFees(Node, frozen=True, kw_only=True):
    feedetail: tuple[StayFeeLine, ...]


class StayFeeNamed(Node, frozen=True, kw_only=True):
    """One row of `data` of 2302; `feedetl_sn` "0000": every line."""

    feedetl_sn: Text30
    mdtrt_id: Id30
    psn_no: Id30


class TakeBackStayFees(Node, frozen=True, kw_only=True):
    data: tuple[StayFeeNamed, ...]


class StayCharge(Node, frozen=True, kw_only=True):
    """`data` of 2303 and 2304."""

    psn_no: Id30
    mdtrt_cert_type: Text3
    mdtrt_cert_no: Text50 = ""
    medfee_sumamt: Fen
    psn_setlway: Text6
    mdtrt_id: Id30
    acct_used_flag: Text1
    insutype: Text6
    invono: Text20 = ""
    mid_setl_flag: Text3
    """"1": settled in the middle of the stay."""
    fulamt_ownpay_amt: Fen | None = None
    overlmt_selfpay: Fen | None = None
    preselfpay_amt: Fen | None = None
    inscp_scp_amt: Fen | None = None
    dscg_time: str = ""


class ChargeStay(Node, frozen=True, kw_only=True):
    data: StayCharge


class Admission(Node, frozen=True, kw_only=True):
    """`mdtrtinfo` of 2401 (入院办理)."""

    psn_no: Id30
    insutype: Text6
    coner_name: Text50 = ""
    tel: Text50 = ""
    begntime: Moment
    mdtrt_cert_type: Text3
    mdtrt_cert_no: Text50
    med_type: Text6
    ipt_no: Text30
    medrcdno: Text30 = ""
    atddr_no: Text30
    chfpdr_name: Text50
    adm_diag_dscr: Text200
    adm_dept_codg: Text30
    adm_dept_name: Text100
    adm_bed: Text30
    dscg_maindiag_code: Text20
    dscg_maindiag_name: Text100
    main_cond_dscr: Text1000 = ""
    dise_codg: Text30 = ""
    dise_name: Text500 = ""
    oprn_oprt_code: Text30 = ""
    oprn_oprt_name: Text500 = ""
    fpsc_no: Text50 = ""
    matn_type: Text6 = ""
    birctrl_type: Text6 = ""
    latechb_flag: Text3 = ""
    geso_val: Text2 = ""
    fetts: Text3 = ""
    fetus_cnt: Text3 = ""
    pret_flag: Text3 = ""
    birctrl_matn_date: str = ""
    dise_type_code: Text20 = ""
    expContent: Text4000 = ""


class StayDiagnosis(Node, frozen=True, kw_only=True):
    """One row of `diseinfo` of 2401 and 2402."""

    psn_no: Id30
    diag_type: Text3
    maindiag_flag: Text3
    diag_srt_no: Text2
    diag_code: Text20
    diag_name: Text100
    adm_cond: Text500 = ""
    diag_dept: Text50
    dise_dor_no: Text30
    dise_dor_name: Text50
    diag_time: Moment


class Admit(Node, frozen=True, kw_only=True):
    mdtrtinfo: Admission
    diseinfo: tuple[StayDiagnosis, ...]


class Admitted(Node, frozen=True, kw_only=True):
    mdtrt_id: Id30


class AdmitTold(Node, frozen=True, kw_only=True):
    result: Admitted


class Discharge(Node, frozen=True, kw_only=True):
    """`dscginfo` of 2402 (出院办理)."""

    mdtrt_id: Id30
    psn_no: Id30
    insutype: Text6
    endtime: Moment
    dise_codg: Text30 = ""
    dise_name: Text500 = ""
    oprn_oprt_code: Text30 = ""
    oprn_oprt_name: Text500 = ""
    fpsc_no: Text50 = ""
    matn_type: Text6 = ""
    birctrl_type: Text6 = ""
    latechb_flag: Text3 = ""
    geso_val: Text2 = ""
    fetts: Text3 = ""
    fetus_cnt: Text3 = ""
    pret_flag: Text3 = ""
    birctrl_matn_date: str = ""
    cop_flag: Text3 = ""
    dscg_dept_codg: Text30
    dscg_dept_name: Text100
    dscg_bed: Text30 = ""
    dscg_way: Text3
    die_date: Day = ""


class DischargeStay(Node, frozen=True, kw_only=True):
    dscginfo: Discharge
    diseinfo: tuple[StayDiagnosis, ...]


class StayNamed(Node, frozen=True, kw_only=True):
    """`data` of 2404."""

    mdtrt_id: Id30
    psn_no: Id30


class TakeBackAdmission(Node, frozen=True, kw_only=True):
    data: StayNamed
