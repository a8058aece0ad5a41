"""The table of messages: every transaction a counter uses, as types.

Field names are the interface's own, traps included.  A type says what a message may contain;
`terminal.settlement.fields` reads and writes it; what it means is decided elsewhere.

Source: the national interface (医保定点医药机构接口) as public client code and pages of several
provinces show it.  None of it was checked against an official, current text.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from terminal.settlement.messages import (
    accounts,
    catalogue,
    goods,
    inpatient,
    outpatient,
    people,
    pharmacy,
)
from terminal.settlement.messages.node import Nothing, Transaction
from terminal.settlement.messages.settled import LineShares, Settlement

ASK_PERSON = Transaction("1101", "人员信息获取", people.AskPerson, people.PersonTold)
READ_CARD = Transaction("1161", "读卡", people.ShowCode, people.CodeRead)
READ_CODE = Transaction("1162", "医保码解码", people.ShowCode, people.CodeRead)
ASK_BENEFIT = Transaction("2001", "人员待遇享受检查", people.AskBenefit, people.BenefitTold)
ESTIMATE = Transaction("2101", "药店预结算", pharmacy.Purchase, Settlement)
SETTLE = Transaction("2102", "药店结算", pharmacy.Purchase, Settlement)
TAKE_BACK = Transaction("2103", "药店结算撤销", pharmacy.NameSettlement, Settlement)
REVERSE = Transaction("2601", "冲正交易", pharmacy.ReverseMessage, Nothing)
FIND_VISITS = Transaction("5201", "就诊信息查询", accounts.AskVisits, accounts.VisitsTold)
FIND_SETTLEMENT = Transaction("5203", "结算信息查询", pharmacy.NameSettlement, Settlement)
RECONCILE = Transaction(
    "3201", "医药机构费用结算对总账", accounts.Reconcile, accounts.ReconcileTold
)
RECONCILE_ROWS = Transaction(
    "3202", "医药机构费用结算对明细账", accounts.ReconcileRows, accounts.ReconcileRowsTold
)
UPLOAD = Transaction("9101", "文件上传", accounts.UploadFile, accounts.UploadTold)
DOWNLOAD = Transaction("9102", "文件下载", accounts.DownloadFile, Nothing)
SOLD = Transaction("3505", "商品销售", goods.TellSold, Nothing)
MANY_SOLD = Transaction("3505A", "商品销售(批量)", goods.TellManySold, goods.RowsTaken)
RETURNED = Transaction("3506", "商品销售退货", goods.TellReturned, Nothing)
DEBIT = Transaction("X101", "账户扣款", pharmacy.AskDebit, pharmacy.DebitTold)
REVERSE_DEBIT = Transaction("X102", "账户扣款冲正", pharmacy.NameDebit, Nothing)
FIND_DEBIT = Transaction("X103", "账户扣款查询", pharmacy.NameDebit, pharmacy.DebitTold)
SIGN_IN = Transaction("9001", "签到", people.SignIn, people.SignInTold)
SIGN_OUT = Transaction("9002", "签退", people.SignOut, people.SignOutTold)

_CATALOGUE_FILES = {
    "1301": "西药中成药目录下载",
    "1302": "中药饮片目录下载",
    "1303": "医疗机构制剂目录下载",
    "1305": "医疗服务项目目录下载",
    "1306": "医用耗材目录下载",
    "1307": "疾病与诊断目录下载",
    "1308": "手术操作目录下载",
    "1309": "门诊慢特病种目录下载",
    "1310": "按病种付费病种目录下载",
    "1311": "日间手术治疗病种目录下载",
    "1313": "肿瘤形态学目录下载",
    "1314": "中医疾病目录下载",
    "1315": "中医证候目录下载",
}
_CATALOGUE_PAGES = {
    "1304": "民族药品目录查询",
    "1312": "医保目录信息查询",
    "1316": "医疗目录与医保目录匹配信息查询",
    "1317": "医药机构目录匹配信息查询",
}

_ROWS: tuple[Transaction[Any, Any], ...] = (
    ASK_PERSON,
    READ_CARD,
    READ_CODE,
    ASK_BENEFIT,
    ESTIMATE,
    SETTLE,
    TAKE_BACK,
    Transaction("2201", "门诊挂号", outpatient.Register, outpatient.RegisterTold),
    Transaction("2202", "门诊挂号撤销", outpatient.Unregister, Nothing),
    Transaction("2203", "门诊就诊信息上传", outpatient.TellVisit, Nothing),
    Transaction("2203A", "门诊就诊信息上传", outpatient.TellVisit, Nothing),
    Transaction("2204", "门诊费用明细上传", outpatient.TellFees, LineShares),
    Transaction("2205", "门诊费用明细撤销", outpatient.TakeBackFees, Nothing),
    Transaction("2206", "门诊预结算", outpatient.ChargeVisit, Settlement),
    Transaction("2207", "门诊结算", outpatient.ChargeVisit, Settlement),
    Transaction("2208", "门诊结算撤销", pharmacy.NameSettlement, Settlement),
    Transaction("2301", "住院费用明细上传", inpatient.TellStayFees, LineShares),
    Transaction("2302", "住院费用明细撤销", inpatient.TakeBackStayFees, Nothing),
    Transaction("2303", "住院预结算", inpatient.ChargeStay, Settlement),
    Transaction("2304", "住院结算", inpatient.ChargeStay, Settlement),
    Transaction("2305", "住院结算撤销", pharmacy.NameSettlement, Settlement),
    Transaction("2401", "入院办理", inpatient.Admit, inpatient.AdmitTold),
    Transaction("2402", "出院办理", inpatient.DischargeStay, Nothing),
    Transaction("2404", "入院撤销", inpatient.TakeBackAdmission, Nothing),
    REVERSE,
    RECONCILE,
    RECONCILE_ROWS,
    SOLD,
    MANY_SOLD,
    RETURNED,
    FIND_VISITS,
    FIND_SETTLEMENT,
    Transaction("5204", "费用明细查询", pharmacy.NameSettlement, accounts.FeesTold),
    Transaction("5206", "人员累计信息查询", people.AskSums, people.SumsTold),
    SIGN_IN,
    SIGN_OUT,
    UPLOAD,
    DOWNLOAD,
    *(
        Transaction(infno, name, catalogue.AskFile, catalogue.FileTold)
        for infno, name in _CATALOGUE_FILES.items()
    ),
    *(
        Transaction(infno, name, catalogue.AskPage, catalogue.ListedItems)
        for infno, name in _CATALOGUE_PAGES.items()
    ),
    Transaction("1318", "医保目录限价信息查询", catalogue.AskPage, catalogue.PriceLimits),
    Transaction("1319", "医保目录先自付比例查询", catalogue.AskPage, catalogue.FirstShares),
    DEBIT,
    REVERSE_DEBIT,
    FIND_DEBIT,
)
TABLE: Mapping[str, Transaction[Any, Any]] = {row.infno: row for row in _ROWS}
"""By transaction number."""
