"""Goods sold and returned: 3505, 3505A, 3506.

Sent after a settlement, for self-paid sales too.  A failure here never undoes a settlement.
"""

from __future__ import annotations

from terminal.settlement.fields import (
    Count,
    Day,
    Moment,
    Price,
    Text3,
    Text6,
    Text20,
    Text30,
    Text40,
    Text50,
    Text100,
    Text200,
    Text500,
)
from terminal.settlement.messages.node import Node


class TraceCode(Node, frozen=True, kw_only=True):
    """One row of `drugtracinfo`."""

    drug_trac_codg: Text100


class GoodsSold(Node, frozen=True, kw_only=True):
    """`selinfo` of 3505, and one row of `selinfoDetail` of 3505A."""

    med_list_codg: Text50
    fixmedins_hilist_id: Text30
    """The institution's own code of the goods."""
    fixmedins_hilist_name: Text200
    fixmedins_bchno: Text30
    """Unique in the institution; 3507 deletes by it."""
    prsc_dr_cert_type: Text6 = ""
    prsc_dr_certno: Text50 = ""
    prsc_dr_name: Text50
    phar_cert_type: Text6 = ""
    phar_certno: Text50 = ""
    phar_name: Text50
    phar_prac_cert_no: Text50
    hi_feesetl_type: Text6 = ""
    """0 not insured, 1 local, 2 remote."""
    setl_id: Text30 = ""
    """Needed for an insured customer."""
    mdtrt_sn: Text30
    psn_no: Text30 = ""
    psn_cert_type: Text6 = ""
    certno: Text50 = ""
    psn_name: Text50 = ""
    manu_lotnum: Text30
    manu_date: Day
    expy_end: Day = ""
    rx_flag: Text3
    """0 no prescription, 1 prescription, 2 both."""
    trdn_flag: Text3
    """"1": sold by the piece."""
    finl_trns_pric: Price | None = None
    rxno: Text40 = ""
    rx_circ_flag: Text3 = ""
    rtal_docno: Text40
    stoout_no: Text40 = ""
    bchno: Text30 = ""
    drug_trac_codg: Text30 = ""
    """Older versions; newer ones have `drugtracinfo`."""
    drug_prod_barc: Text30 = ""
    """The EAN-13."""
    shelf_posi: Text20 = ""
    sel_retn_cnt: Count
    sel_retn_time: Moment
    sel_retn_opter_name: Text50
    memo: Text500 = ""
    mdtrt_setl_type: Text6 = ""
    """1 insured, 2 self-paid."""
    drugtracinfo: tuple[TraceCode, ...] = ()


class TellSold(Node, frozen=True, kw_only=True):
    selinfo: GoodsSold


class TellManySold(Node, frozen=True, kw_only=True):
    selinfoDetail: tuple[GoodsSold, ...]


class RowTaken(Node, frozen=True, kw_only=True):
    """One row of `result` of 3505A; infcode 0 does not say that each row was taken."""

    retRslt: Text3 = ""
    """"1": taken."""
    msgRslt: str = ""


class RowsTaken(Node, frozen=True, kw_only=True):
    result: tuple[RowTaken, ...] = ()


class GoodsReturned(Node, frozen=True, kw_only=True):
    """`selinfo` of 3506."""

    med_list_codg: Text50
    fixmedins_hilist_id: Text30
    fixmedins_hilist_name: Text200
    fixmedins_bchno: Text30
    setl_id: Text30 = ""
    psn_no: Text30 = ""
    psn_cert_type: Text6 = ""
    certno: Text50 = ""
    psn_name: Text50 = ""
    manu_lotnum: Text30
    manu_date: Day
    expy_end: Day = ""
    rx_flag: Text3
    trdn_flag: Text3
    finl_trns_pric: Price | None = None
    sel_retn_cnt: Count
    sel_retn_time: Moment
    sel_retn_opter_name: Text50
    memo: Text500 = ""
    medins_prod_sel_no: Text50 = ""
    drugtracinfo: tuple[TraceCode, ...] = ()


class TellReturned(Node, frozen=True, kw_only=True):
    selinfo: GoodsReturned
