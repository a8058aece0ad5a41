"""9001 and 1101: who asks, and who the customer is."""

from __future__ import annotations

from terminal.sandbox import accounts, records, vouchers
from terminal.sandbox.benefit import EMPLOYEE
from terminal.sandbox.moment import china, compact, seconds_text
from terminal.sandbox.money import yuan
from terminal.sandbox.people import ACTIVE, SUSPENDED
from terminal.sandbox.replies import age
from terminal.sandbox.rules import Rules
from terminal.sandbox.store import Tx
from terminal.sandbox.wire import Call, Output, Refusal

UNKNOWN_PERSON = "psn_no 不存在"
WRONG_REGION = "insuplc_admdvs 与参保地不符"
WRONG_INSURANCE = "insutype 与参保信息不符"
SUSPENDED_INSURANCE = "参保状态暂停，不能享受待遇"
ENDED_INSURANCE = "参保关系已终止，不能享受待遇"


def sign_in(tx: Tx, call: Call, rules: Rules) -> Output:
    """9001.  Own choice: nothing depends on having signed in, as `sign_no` is optional."""
    return {
        "signinoutb": {
            "sign_time": seconds_text(tx.now),
            "sign_no": f"S{compact(tx.now)}{tx.serial('sign_in'):08d}",
        }
    }


def sign_out(tx: Tx, call: Call, rules: Rules) -> Output:
    """9002."""
    return {"signoutoutb": {"sign_time": seconds_text(tx.now)}}


def identify(tx: Tx, call: Call, rules: Rules) -> Output:
    """1101.  Also for a person whose insurance is suspended: the till has to see that."""
    (data,) = call.input["data"]
    number = data.text("mdtrt_cert_no")
    if data.text("mdtrt_cert_type") == "01":
        voucher = vouchers.identify(tx, call, number)
    else:
        voucher = vouchers.of_card(tx, call, number)
    return who_is(tx, voucher["psn_no"])


def decode(tx: Tx, call: Call, rules: Rules) -> Output:
    """1162: that of 1101, and the token the code stands for.  Raises Refusal."""
    (data,) = call.input["data"]
    voucher = vouchers.decode(tx, data.text("ecQrCode"), call.institution)
    told = who_is(tx, voucher["psn_no"])
    return {**told, "cardno": "", "card_sn": "", "ecToken": voucher["voucher_id"]}


def who_is(tx: Tx, psn_no: str) -> Output:
    who = records.person(tx, psn_no)
    assert who
    balance_fen = accounts.balance_fen(tx, accounts.own(who.id))
    return {
        "baseinfo": {
            "psn_no": who.psn_no,
            "psn_cert_type": "01",
            "certno": who.certno,
            "psn_name": who.name,
            "gend": who.gend,
            "naty": "01",
            "brdy": who.brdy,
            "age": age(who.brdy, china(tx.now).date()),
            "expContent": "",
        },
        "insuinfo": [
            {
                "balc": yuan(balance_fen if row["insutype"] == EMPLOYEE else 0),
                "insutype": row["insutype"],
                "psn_type": row["psn_type"],
                "psn_insu_stas": row["stas"],
                "psn_insu_date": "2020-01-01",
                "paus_insu_date": None if row["stas"] == ACTIVE else "2026-01-01",
                "cvlserv_flag": "0",
                "insuplc_admdvs": row["region"],
                "emp_name": "",
            }
            for row in records.enrolments(tx, who.psn_no)
        ],
        "idetinfo": [],
    }


def insured(tx: Tx, call: Call, psn_no: str) -> records.Insured:
    """The person a message is about.  Raises Refusal."""
    who = records.person(tx, psn_no)
    if who is None:
        raise Refusal(UNKNOWN_PERSON)
    if call.insured_region not in {row["region"] for row in records.enrolments(tx, psn_no)}:
        raise Refusal(WRONG_REGION)
    return who


def entitled(tx: Tx, call: Call, psn_no: str, insutype: str) -> str:
    """The `psn_type` of the active insurance a purchase is to be settled under.

    Raises Refusal
    """
    rows = [row for row in records.enrolments(tx, psn_no) if row["insutype"] == insutype]
    if not rows:
        raise Refusal(f"druginfo.{WRONG_INSURANCE}")
    here = [row for row in rows if row["region"] == call.insured_region]
    if not here:
        raise Refusal(WRONG_REGION)
    stas = here[0]["stas"]
    if stas == SUSPENDED:
        raise Refusal(SUSPENDED_INSURANCE)
    if stas != ACTIVE:
        raise Refusal(ENDED_INSURANCE)
    return str(here[0]["psn_type"])


def psn_type_of(tx: Tx, psn_no: str, insutype: str) -> str:
    """For a query about something settled before, whatever the insurance's state is now."""
    for row in records.enrolments(tx, psn_no):
        if row["insutype"] == insutype:
            return str(row["psn_type"])
    return ""
