"""The books: queries 5201, 5204, reconciliation 3201, 3202, and files 9101, 9102."""

from __future__ import annotations

import msgspec

from terminal.sale.money import Fen
from terminal.settlement.fields import (
    Count,
    Day,
    Id30,
    LongText,
    Moment,
    Price,
    Ratio,
    Text3,
    Text6,
    Text30,
    Text40,
    Text50,
    Text150,
    Text200,
)
from terminal.settlement.messages.node import Node


class VisitsAsked(Node, frozen=True, kw_only=True):
    """`data` of 5201."""

    psn_no: Id30
    begntime: Moment
    endtime: Moment
    med_type: Text6
    mdtrt_id: Text30 = ""


class AskVisits(Node, frozen=True, kw_only=True):
    data: VisitsAsked


class VisitFound(Node, frozen=True, kw_only=True):
    """One row of `mdtrtinfo` of 5201.

    The last three are a choice of our own sandbox: with them a lost reply is found by the id of
    its message.  A platform that leaves them out has `query_by_own_id = false` in its profile.
    """

    mdtrt_id: Id30 = ""
    psn_no: Text30 = ""
    insutype: Text6 = ""
    med_type: Text6 = ""
    begntime: str = ""
    endtime: str = ""
    setl_id: Id30 = ""
    medins_setl_id: Text30 = ""
    refd_setl_flag: Text3 = ""


class VisitsTold(Node, frozen=True, kw_only=True):
    mdtrtinfo: tuple[VisitFound, ...] = ()


class FeeFound(Node, frozen=True, kw_only=True):
    """One row of the reply to 5204 (费用明细查询)."""

    mdtrt_id: Text30 = ""
    setl_id: Text30 = ""
    feedetl_sn: Text30 = ""
    rxno: Text30 = ""
    med_list_codg: Text50 = ""
    medins_list_codg: Text150 = ""
    fee_ocur_time: str = ""
    cnt: Count | None = None
    pric: Price | None = None
    det_item_fee_sumamt: Fen | None = None
    pric_uplmt_amt: Price | None = None
    selfpay_prop: Ratio | None = None
    fulamt_ownpay_amt: Fen | None = None
    overlmt_amt: Fen | None = None
    preselfpay_amt: Fen | None = None
    inscp_scp_amt: Fen | None = None
    chrgitm_lv: Text3 = ""


class FeesTold(Node, frozen=True, kw_only=True):
    """The reply of 5204; its node's name is UNVERIFIED."""

    data: tuple[FeeFound, ...] = ()


class Totals(Node, frozen=True, kw_only=True):
    """`data` of 3201 (对总账): one call for each (insutype, clr_type, setl_optins)."""

    insutype: Text6
    clr_type: Text6
    """41 pharmacy, 11 outpatients, 21 inpatients."""
    setl_optins: Text6
    """From `clr_optins` of the settlement replies, and grouped by it."""
    stmt_begndate: Day
    stmt_enddate: Day
    medfee_sumamt: Fen
    fund_pay_sumamt: Fen
    acct_pay: Fen
    fixmedins_setl_cnt: int
    refd_setl_flag: Text3 = ""


class Reconcile(Node, frozen=True, kw_only=True):
    data: Totals


class Statement(Node, frozen=True, kw_only=True):
    """`stmtinfo` of 3201."""

    setl_optins: Text6 = ""
    stmt_rslt: Text6
    """000000 equal, 000102 the institution has more, 000103 data differ; 000101 UNVERIFIED."""
    stmt_rslt_dscr: Text200 = ""


class ReconcileTold(Node, frozen=True, kw_only=True):
    stmtinfo: Statement


class DetailTotals(Node, frozen=True, kw_only=True):
    """`data` of 3202 (对明细账); the rows are in the file that 9101 took."""

    setl_optins: Text6
    file_qury_no: Id30
    stmt_begndate: Day
    stmt_enddate: Day
    medfee_sumamt: Fen
    fund_pay_sumamt: Fen
    cash_payamt: Fen
    fixmedins_setl_cnt: int
    clr_type: Text6 = ""
    refd_setl_flag: Text3 = ""


class ReconcileRows(Node, frozen=True, kw_only=True):
    data: DetailTotals


class FileNamed(Node, frozen=True, kw_only=True):
    """`fileinfo` of 3202; `dld_endtime` until when it can be fetched."""

    file_qury_no: Text40
    filename: Text200 = ""
    dld_endtime: str = ""


class ReconcileRowsTold(Node, frozen=True, kw_only=True):
    fileinfo: FileNamed


class Upload(Node, frozen=True, kw_only=True):
    """`fsUploadIn` of 9101."""

    content: LongText = msgspec.field(name="in")
    """Base64."""
    filename: Text200
    fixmedins_code: Text30


class UploadFile(Node, frozen=True, kw_only=True):
    fsUploadIn: Upload


class Uploaded(Node, frozen=True, kw_only=True):
    """Of the reply to 9101; node name `fsUploadOut` UNVERIFIED."""

    file_qury_no: Id30
    filename: Text200 = ""
    fixmedins_code: Text30 = ""
    dld_endtime: str = ""


class UploadTold(Node, frozen=True, kw_only=True):
    fsUploadOut: Uploaded


class Download(Node, frozen=True, kw_only=True):
    """`fsDownloadIn` of 9102; the reply is the file itself, not an envelope."""

    file_qury_no: Text40
    filename: Text200
    fixmedins_code: Text30
    """"plc" for catalogue files, as one working client sends it.  UNVERIFIED."""


class DownloadFile(Node, frozen=True, kw_only=True):
    fsDownloadIn: Download
