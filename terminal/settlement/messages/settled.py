"""What a settlement reply says of money: `setlinfo`, `setldetail`, and the share of each line.

Two sums have different names in different transactions, sometimes in the same one: this type knows
every spelling, and `borne_by_person` and `cash` read whichever is there.

Every amount is optional here: which ones are needed, and whether they add up, is `sums`' business.
Source: field list of 2207; 2103, 2208 and 5203 from two independent lists each.
"""

from __future__ import annotations

from decimal import Decimal

from terminal.sale.money import Fen
from terminal.settlement.fields import Count, Id30, Price, Ratio, Text3, Text6, Text30
from terminal.settlement.messages.node import Node


class SettledInfo(Node, frozen=True, kw_only=True):
    """`setlinfo`; amounts are 16,2 yuan on the wire."""

    mdtrt_id: Id30 = ""
    setl_id: Id30 = ""
    """Empty in a pre-settlement."""
    medins_setl_id: Text30 = ""
    """The message id of the request that made it (发送方报文ID)."""
    setl_time: str = ""
    clr_optins: Text6 = ""
    """Where it is cleared: reconciliation (3201) is by this."""
    clr_way: Text6 = ""
    clr_type: Text6 = ""
    insutype: Text6 = ""
    medfee_sumamt: Fen | None = None
    """Total (医疗费总额)."""
    fulamt_ownpay_amt: Fen | None = None
    """Wholly own cost (全自费)."""
    overlmt_selfpay: Fen | None = None
    """Above the price limit (超限价自费)."""
    preselfpay_amt: Fen | None = None
    """First share (先行自付)."""
    inscp_scp_amt: Fen | None = None
    """In policy scope (符合政策范围)."""
    act_pay_dedc: Fen | None = None
    """Deductible that was really applied (实际支付起付线)."""
    hifp_pay: Fen | None = None
    """Pooled fund (统筹基金)."""
    pool_prop_selfpay: Ratio | None = None
    """The pooled fund's payment ratio, whatever its name says (统筹支付比例)."""
    cvlserv_pay: Fen | None = None
    """Civil servants (公务员补助)."""
    hifes_pay: Fen | None = None
    """Enterprises (企业补充)."""
    hifmi_pay: Fen | None = None
    """Residents' catastrophic insurance (居民大病)."""
    hifob_pay: Fen | None = None
    """Employees' large sums (职工大额)."""
    hifdm_pay: Fen | None = None
    """Later versions only."""
    maf_pay: Fen | None = None
    """Medical aid (医疗救助)."""
    oth_pay: Fen | None = None
    fund_pay_sumamt: Fen | None = None
    """Fund total (基金支付总额); some provinces count the account in it."""
    acct_pay: Fen | None = None
    """Personal account (个人账户支出); some platforms count the mutual aid in it."""
    acct_mulaid_pay: Fen | None = None
    """Family mutual aid (个人账户共济支付金额)."""
    hosp_part_amt: Fen | None = None
    """Borne by the institution (医院负担)."""
    ownpay_hosp_part: Fen | None = None
    """The same in some recorded reversals."""
    balc: Fen | None = None
    """Of the personal account, after this settlement."""
    refd_setl_flag: Text3 = ""
    """"1": it has been taken back."""

    psn_part_amt: Fen | None = None
    """Borne by the person (个人负担总金额): 2101, 2102, 2206, 2207, 2208, 2303, 2304, 2305."""
    psn_pay: Fen | None = None
    """The same in 2103 and 5203."""
    psn_cash_pay: Fen | None = None
    """Cash (个人现金支出): 2101, 2102, 2206, 2207, 2303, 2304, 2305, and 2208 in real replies."""
    cash_payamt: Fen | None = None
    """The same in 2103 and 5203."""
    pdn_cash_pay: Fen | None = None
    """The same in 2208, as its specification spells it."""

    @property
    def borne_by_person(self) -> Fen | None:
        return self.psn_pay if self.psn_part_amt is None else self.psn_part_amt

    @property
    def cash(self) -> Fen | None:
        spellings = (self.psn_cash_pay, self.cash_payamt, self.pdn_cash_pay)
        return next((amount for amount in spellings if amount is not None), None)


class FundShare(Node, frozen=True, kw_only=True):
    """One row of `setldetail`; the personal account has a row here as well (310200, 310201)."""

    fund_pay_type: Text6 = ""
    inscp_scp_amt: Fen | None = None
    crt_payb_lmt_amt: Fen | None = None
    """What could still be paid this time (本次可支付限额金额)."""
    fund_payamt: Fen | None = None
    fund_pay_type_name: str = ""
    setl_proc_info: str = ""


class LineShare(Node, frozen=True, kw_only=True):
    """One row of `detlcutinfo` (2101, 2102) or of `result` (2204, 2301): one line, divided."""

    feedetl_sn: Text30 = ""
    det_item_fee_sumamt: Fen | None = None
    cnt: Count | None = None
    pric: Price | None = None
    pric_uplmt_amt: Price | None = None
    """Highest price that counts; 999999: none."""
    selfpay_prop: Ratio | None = None
    """1: wholly own cost."""
    fulamt_ownpay_amt: Fen | None = None
    overlmt_amt: Fen | None = None
    """`overlmt_selfpay` of the settlement, under another name."""
    preselfpay_amt: Fen | None = None
    inscp_scp_amt: Fen | None = None
    chrgitm_lv: Text3 = ""
    """01 or 1: 甲, 02 or 2: 乙, 03 or 3: own cost."""
    med_chrgitm_type: Text6 = ""
    bas_medn_flag: Text3 = ""
    hi_nego_drug_flag: Text3 = ""
    chld_medc_flag: Text3 = ""
    list_sp_item_flag: Text3 = ""
    lmt_used_flag: Text3 = ""
    drt_reim_flag: Text3 = ""
    memo: str = ""
    """What is wrong with this line (明细分割错误信息), also where infcode is 0."""


class Settlement(Node, frozen=True, kw_only=True):
    """The reply of a settlement, a pre-settlement, a reversal or a query for one."""

    setlinfo: SettledInfo
    setldetail: tuple[FundShare, ...] = ()
    detlcutinfo: tuple[LineShare, ...] = ()
    """2101 and 2102 only."""


class LineShares(Node, frozen=True, kw_only=True):
    """The reply of 2204 and 2301."""

    result: tuple[LineShare, ...] = ()


NO_LIMIT = Decimal(999_999)
"""`pric_uplmt_amt` where there is none."""
