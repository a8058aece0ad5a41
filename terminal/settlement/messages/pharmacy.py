"""The pharmacy's own: 2101, 2102, 2103, the reversal 2601, and account debits X101, X102, X103.

Names of 2101 and 2102 from two independent lists that agree; their lengths are those of the same
fields of 2204 and 2207 and UNVERIFIED for 2101 and 2102.

X101, X102 and X103 are this project's own, for platforms where the terminal drives the fallback:
the debit of one account, its reversal, and a question about it, all by message id.
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
    Text3,
    Text4,
    Text6,
    Text20,
    Text30,
    Text50,
    Text150,
    Text200,
    Text500,
    Text4000,
)
from terminal.settlement.messages.node import Node


class DrugInfo(Node, frozen=True, kw_only=True):
    """`druginfo`: whose purchase, and which accounts it may use."""

    psn_no: Id30
    mdtrt_cert_type: Text3
    mdtrt_cert_no: Text50
    begntime: Moment
    medfee_sumamt: Fen
    invono: Text20 = ""
    """The institution's own number; 2102 only."""
    insutype: Text6
    dise_codg: Text30 = ""
    dise_name: Text500 = ""
    acct_used_flag: Text1
    """"1": the platform may use the personal account, and with it the mutual aid; "0": all cash."""
    med_type: Text6
    """41: bought at a designated pharmacy."""
    expContent: Text4000 = ""


class DrugLine(Node, frozen=True, kw_only=True):
    """One row of `drugdetail`."""

    feedetl_sn: Text30
    """Unique within the purchase."""
    rxno: Text30 = ""
    rx_circ_flag: Text3 = ""
    """"1": on a prescription from elsewhere (外购处方)."""
    fee_ocur_time: Moment
    med_list_codg: Text50 = ""
    """Of the national catalogue; empty: not an insured item."""
    medins_list_codg: Text150
    """The institution's own code."""
    det_item_fee_sumamt: Fen
    cnt: Count
    pric: Price
    sin_dos_dscr: Text200 = ""
    used_frqu_dscr: Text200 = ""
    prd_days: Days | None = None
    medc_way_dscr: Text200 = ""
    bilg_dr_codg: Text30 = ""
    bilg_dr_name: Text50 = ""
    tcmdrug_used_way: Text6 = ""


class Purchase(Node, frozen=True, kw_only=True):
    """2101 and 2102."""

    druginfo: DrugInfo
    drugdetail: tuple[DrugLine, ...]


class SettlementNamed(Node, frozen=True, kw_only=True):
    """`data` of 2103, 2208, 2305, 5203 and 5204: one settlement by its own number."""

    setl_id: Id30
    mdtrt_id: Id30 = ""
    psn_no: Id30


class NameSettlement(Node, frozen=True, kw_only=True):
    data: SettlementNamed


class MessageNamed(Node, frozen=True, kw_only=True):
    """`data` of 2601: one message by its sender's id, whatever became of it."""

    psn_no: Id30
    omsgid: Text30
    oinfno: Text4
    """Reversible: 2102, 2103, 2207, 2208, 2304, 2305, 2401."""


class ReverseMessage(Node, frozen=True, kw_only=True):
    data: MessageNamed


# -- our own: one account, by message id


class Debit(Node, frozen=True, kw_only=True):
    """`data` of X101: all of `amt`, or nothing."""

    psn_no: Id30
    mdtrt_cert_type: Text3
    mdtrt_cert_no: Text50
    mdtrt_id: Id30 = ""
    setl_id: Id30 = ""
    """Of the 2102 with `acct_used_flag` "0" that it hangs on; empty: there is none."""
    acct_type: Text1
    """"1" the person's own account, "2" the family's mutual aid."""
    amt: Fen


class AskDebit(Node, frozen=True, kw_only=True):
    data: Debit


class Debited(Node, frozen=True, kw_only=True):
    """`acctinfo` of X101 and X103."""

    stas: Text1 = ""
    """X103 only: "1" debited, "2" refused, "3" reversed, "0" not known."""
    trns_id: Id30 = ""
    acct_type: Text1 = ""
    pay_amt: Fen | None = None
    balc: Fen | None = None
    """Of the person's own account, after the debit."""
    avlb_amt: Fen | None = None
    """What a refusing account holds."""
    medins_setl_id: Text30 = ""
    err_msg: str = ""


class DebitTold(Node, frozen=True, kw_only=True):
    acctinfo: Debited


class DebitNamed(Node, frozen=True, kw_only=True):
    """`data` of X102 and X103."""

    psn_no: Id30
    omsgid: Text30


class NameDebit(Node, frozen=True, kw_only=True):
    data: DebitNamed
