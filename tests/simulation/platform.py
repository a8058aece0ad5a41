"""The settlement platform as its interface describes it, and no friendlier than it promises.

One rule: what the till's profile promises is kept to the letter; everything else is as unhelpful
as a platform may be.  Nothing of the till's code is used here.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

import msgspec

from tests.simulation.books import FUND, Books
from tests.simulation.faults import Faults
from tests.simulation.people import Code, Person
from tests.simulation.records import Call, Debit, Manners, No, Node, Promises, Settlement, Token

CHINA = timezone(timedelta(hours=8))
LEEWAY_SECONDS = 30
WINDOW_SECONDS = 900
STALE_SECONDS = 5.0
PENDING_SECONDS = (2.0, 44.0)
FUND_PERCENT = {"310": 60, "390": 50}
FIRST_PAY_PERCENT = 10

CHARGES = ("2102", "X101")
REVERSALS = ("2601", "X102", "2103")
STILL_PROCESSING = "系统处理中"
"""Among the texts of the profiles' `pending`: even a final infcode -1 is no answer in this word."""
TAKEN_BACK = ("medfee_sumamt", "fund_pay_sumamt", "hifp_pay", "acct_pay")
"""What a reversal shows, negative; it leaves out what real ones were seen to leave out."""
INSUFFICIENT = "账户余额不足"
NO_ACCOUNT = "无可用的账户或共济关系"


class Platform:
    def __init__(
        self,
        books: Books,
        promises: Promises,
        manners: Manners,
        faults: Faults,
        rng: random.Random,
        now: Callable[[], datetime],
        later: Callable[[float, Callable[[], None]], object],
        suspect: Callable[[str], None],
    ) -> None:
        """later(seconds, what) does something then; suspect says what no till should send."""
        self.books, self.promises, self.manners = books, promises, manners
        self._faults, self._rng, self._now, self._later = faults, rng, now, later
        self._suspect = suspect
        self._people: dict[str, Person] = {}
        self._tokens: dict[str, Token] = {}
        self._settlements: dict[str, Settlement] = {}
        self._by_msgid: dict[str, Settlement | Debit] = {}
        self._refused: dict[str, No] = {}
        self._answers: dict[str, bytes] = {}
        self._pending: dict[str, Call] = {}
        self._bound: set[str] = set()
        self._latest: dict[str, bytes] = {}
        self._serial = 0
        self._stale = 0.0
        self._does: dict[str, Callable[[Call], Node]] = {
            "9001": self._sign_in,
            "1101": self._identify,
            "2101": self._estimate,
            "5201": self._visits,
            "5203": self._settlement,
            "X103": self._debit_state,
            "2103": self._reverse_known,
            "2601": self._reverse_message,
            "X102": self._reverse_message,
            "2102": self._settle,
            "X101": self._debit,
        }

    def enrol(self, person: Person) -> None:
        self._people[person.psn_no] = person
        self.books.open(person.own, person.own_fen)
        if person.pot:
            self.books.open(person.pot, person.pot_fen)

    def issued(self, code: Code) -> None:
        self._tokens.setdefault(code.voucher_id, Token(code))

    @property
    def under_way(self) -> bool:
        return bool(self._pending)

    # -- the wire

    def http_date(self) -> str:
        return format_datetime(self._now(), usegmt=True)

    def receive(self, raw: bytes) -> tuple[int, bytes]:
        """HTTP status and body of the answer to one request."""
        envelope = msgspec.json.decode(raw)
        call = Call(envelope["infno"], envelope["msgid"], envelope["opter"], envelope["input"], raw)
        if call.infno in CHARGES:
            return self._receive_charge(call)
        if call.infno in REVERSALS and self._faults.pick("reversal") == "busy":
            return 200, self._no(call, No("报文处理中，请稍后再试"))
        if call.infno.startswith("5") or call.infno == "X103":
            fate = self._faults.pick("question")
            if fate == "refused question":
                return 200, self._no(call, No("系统繁忙"))
            self._stale = STALE_SECONDS if fate == "stale" else 0.0
        return 200, self._carry_out(call)

    def _receive_charge(self, call: Call) -> tuple[int, bytes]:
        if call.msgid in self._pending:
            return 503, b""
        if (answer := self._answers.get(call.msgid)) is not None:
            if self.manners.repeat == "first reply":
                return 200, answer
            if self.manners.repeat == "refuse":
                return 200, self._no(call, No("报文重复"))
        fate = self._faults.pick("charge")
        if fate == "pending":
            return self._take_in(call)
        answer = self._answers[call.msgid] = self._carry_out(call)
        if fate == "wrong sums":
            return 200, self._with_wrong_sums(answer)
        if fate == "foreign reply":
            return 200, self._latest.get(call.infno, b"{}")
        if call.msgid in self._by_msgid:
            # A refusal names no message, so one that is another's could not be told apart: that
            # infcode -1 is this message's own is part of what a profile promises.
            self._latest[call.infno] = answer
        return 200, answer

    def _take_in(self, call: Call) -> tuple[int, bytes]:
        """Takes effect later, or now, and what is said says nothing."""
        if not self.promises.failure_is_final and self._rng.random() < 0.5:
            self._answers[call.msgid] = self._carry_out(call)
            return 200, self._no(call, No("系统异常"))
        self._pending[call.msgid] = call
        self._later(self._faults.uniform(*PENDING_SECONDS), lambda: self._finish(call))
        still = (200, self._no(call, No(STILL_PROCESSING)))
        if self.promises.failure_is_final:
            return self._rng.choice(((503, b""), (200, b"<html>busy</html>"), (504, b""), still))
        return still

    def _finish(self, call: Call) -> None:
        if self._pending.pop(call.msgid, None) is not None:
            self._answers[call.msgid] = self._carry_out(call)

    def _carry_out(self, call: Call) -> bytes:
        try:
            if call.msgid in self._bound:
                raise No("该报文已被冲正")
            return self._yes(call, self._does[call.infno](call))
        except No as no:
            if call.infno in CHARGES:
                self._refused[call.msgid] = no
            return self._no(call, no)

    def _yes(self, call: Call, output: Node) -> bytes:
        return msgspec.json.encode(self._envelope(call, 0, "", output))

    def _no(self, call: Call, no: No) -> bytes:
        words = no.words
        if self.manners.quotes_identity and call.infno in CHARGES:
            node = call.input.get("druginfo") or call.input["data"]
            words += f"（{self._people[node['psn_no']].certno}）"
        return msgspec.json.encode(self._envelope(call, -1, words, no.output))

    def _envelope(self, call: Call, infcode: int, words: str, output: Node | None) -> Node:
        self._serial += 1
        return {
            "infcode": str(infcode) if self.manners.amounts_as_text else infcode,
            "inf_refmsgid": f"630000{self._serial:024d}",
            "refmsg_time": "",
            "respond_time": "",
            "err_msg": words,
            "output": output,
        }

    def _with_wrong_sums(self, answer: bytes) -> bytes:
        envelope = msgspec.json.decode(answer)
        output = envelope["output"] or {}
        for node, name in (("setlinfo", "fund_pay_sumamt"), ("acctinfo", "pay_amt")):
            if node in output and name in output[node]:
                output[node][name] = self._amount(_fen(output[node][name]) + 100)
        return msgspec.json.encode(envelope)

    def _amount(self, fen: int) -> float | str:
        return f"{fen / 100:.2f}" if self.manners.amounts_as_text else fen / 100

    # -- questions

    def _sign_in(self, call: Call) -> Node:
        return {"signinoutb": {"sign_no": f"S{self._serial}", "sign_time": ""}}

    def _identify(self, call: Call) -> Node:
        """1101 binds the code to this till for a while."""
        token = self._tokens.get(call.input["data"]["mdtrt_cert_no"])
        seconds = self._now().timestamp()
        if token is None:
            raise No("医保码无效")
        if token.used_by:
            raise No("医保码已使用，请重新出示")
        code = token.code
        if not code.not_before - LEEWAY_SECONDS <= seconds < code.expires_at + LEEWAY_SECONDS:
            raise No("医保码已过期，请重新出示")
        if self.manners.token_for_operator and token.operator not in ("", call.operator):
            raise No("医保码已使用，请重新出示")
        token.bound_at, token.operator = seconds, call.operator
        person = code.person
        has_account = person.insutype == "310"
        row = {
            "insutype": person.insutype,
            "insuplc_admdvs": "630102",
            "psn_insu_stas": "2" if person.suspended == "known" else "1",
            "balc": self._amount(self.books.holds(person.own)) if has_account else None,
        }
        old = {"insutype": "390", "insuplc_admdvs": "630200", "psn_insu_stas": "2", "balc": ""}
        base = {"psn_no": person.psn_no, "psn_name": person.name, "certno": person.certno}
        return {"baseinfo": base, "insuinfo": [old, row], "idetinfo": []}

    def _estimate(self, call: Call) -> Node:
        return {"setlinfo": self._divide(call)[0], "setldetail": []}

    def _visits(self, call: Call) -> Node:
        """5201"""
        self._require_query()
        data = call.input["data"]
        until = self._now().timestamp() - self._stale
        rows = [
            {
                "mdtrt_id": made.mdtrt_id,
                "psn_no": made.person.psn_no,
                "insutype": made.person.insutype,
                "med_type": "41",
                "begntime": made.begntime,
                "setl_id": made.setl_id,
                "medins_setl_id": made.msgid,
                "refd_setl_flag": _flag(made.reversed_at, until),
            }
            for made in self._settlements.values()
            if made.person.psn_no == data["psn_no"]
            and made.at <= until
            and data["begntime"] <= made.begntime <= data["endtime"]
        ]
        return {"mdtrtinfo": rows}

    def _settlement(self, call: Call) -> Node:
        """5203: the same amounts as 2102, two of them under other names."""
        made = self._settlements.get(call.input["data"]["setl_id"])
        if made is None:
            raise No("未查询到结算信息")
        info = dict(made.info)
        info["psn_pay"], info["cash_payamt"] = info.pop("psn_part_amt"), info.pop("psn_cash_pay")
        until = self._now().timestamp() - self._stale
        info["refd_setl_flag"] = _flag(made.reversed_at, until)
        return {"setlinfo": info, "setldetail": []}

    def _debit_state(self, call: Call) -> Node:
        """X103"""
        self._require_query()
        msgid = call.input["data"]["omsgid"]
        made = self._by_msgid.get(msgid)
        until = self._now().timestamp() - self._stale
        if isinstance(made, Debit) and made.at <= until:
            if _flag(made.reversed_at, until) == "1":
                return {"acctinfo": {"stas": "3"}}
            return {"acctinfo": {"stas": "1", **made.info}}
        if msgid in self._bound and self.manners.shows_tombstones:
            return {"acctinfo": {"stas": "3"}}
        if no := self._refused.get(msgid):
            told = (no.output or {}).get("acctinfo", {})
            return {"acctinfo": {"stas": "2", "err_msg": no.words, **told}}
        return {"acctinfo": {"stas": "0"}}

    def _require_query(self) -> None:
        if not self.promises.query_by_own_id:
            raise No("不支持的交易")

    # -- charges

    def _divide(self, call: Call) -> tuple[Node, dict[str, int], int]:
        """`setlinfo`, what each account pays, and what is left of the person's part."""
        info, lines = call.input["druginfo"], call.input["drugdetail"]
        person = self._people[info["psn_no"]]
        total = sum(_fen(line["det_item_fee_sumamt"]) for line in lines)
        if _fen(info["medfee_sumamt"]) != total:
            self._suspect(f"medfee_sumamt {info['medfee_sumamt']} is not the sum of the lines")
        if any(_fen(x["pric"]) * x["cnt"] != _fen(x["det_item_fee_sumamt"]) for x in lines):
            self._suspect("a line's amount is not its price times its count")
        insured = sum(_fen(x["det_item_fee_sumamt"]) for x in lines if x.get("med_list_codg"))
        first_pay = insured * FIRST_PAY_PERCENT // 100
        in_scope = insured - first_pay
        share = in_scope * FUND_PERCENT.get(person.insutype, 0) // 100
        fund = min(share, person.fund_left_fen)
        own = aid = 0
        if info["acct_used_flag"] == "1":
            own = min(self.books.holds(person.own), total - fund)
            aid = min(self.books.holds(person.pot), total - fund - own)
        in_account = own if self.manners.mutual_aid_on_top else own + aid
        setlinfo = {
            "psn_no": person.psn_no,
            "psn_name": person.name,
            "certno": person.certno,
            "medfee_sumamt": self._amount(total),
            "fulamt_ownpay_amt": self._amount(total - insured),
            "overlmt_selfpay": self._amount(0),
            "preselfpay_amt": self._amount(first_pay),
            "inscp_scp_amt": self._amount(in_scope),
            "hifp_pay": self._amount(fund),
            "fund_pay_sumamt": self._amount(fund),
            "psn_part_amt": self._amount(total - fund),
            "acct_pay": self._amount(in_account),
            "acct_mulaid_pay": self._amount(aid) if aid else None,
            "psn_cash_pay": self._amount(total - fund - own - aid),
            "balc": self._amount(self.books.holds(person.own) - own),
            "hosp_part_amt": None,
        }
        return setlinfo, {FUND: fund, person.own: own, person.pot: aid}, total - fund - own - aid

    def _settle(self, call: Call) -> Node:
        """2102"""
        info = call.input["druginfo"]
        person = self._people[info["psn_no"]]
        token = self._bound_token(info["mdtrt_cert_no"], person)
        if person.suspended:
            raise No("参保状态暂停，不能享受待遇")
        if token.used_by:
            raise No("医保码已使用，请重新出示")
        if self._rng.random() < 0.01:
            raise No("药品目录未对照")
        setlinfo, parts, left = self._divide(call)
        number = f"{len(self._settlements) + 1:08d}"
        setlinfo |= {
            "setl_id": f"SETL{number}",
            "mdtrt_id": f"MDTRT{number}",
            "medins_setl_id": call.msgid,
        }
        token.used_by = call.msgid
        made = Settlement(
            setlinfo["setl_id"],
            setlinfo["mdtrt_id"],
            call.msgid,
            info["invono"],
            person,
            token.code.voucher_id,
            self._now().timestamp(),
            info["begntime"],
            setlinfo,
            self.books.charge(call.msgid, info["invono"], parts),
            left,
        )
        self._settlements[made.setl_id] = self._by_msgid[call.msgid] = made
        return {"setlinfo": setlinfo, "setldetail": []}

    def _debit(self, call: Call) -> Node:
        """X101: pays exactly what is asked, or refuses."""
        data = call.input["data"]
        person = self._people[data["psn_no"]]
        self._bound_token(data["mdtrt_cert_no"], person)
        settlement = self._settlements.get(data["setl_id"])
        if settlement is None or settlement.reversed_at is not None:
            raise No("结算不存在或已撤销")
        fen = _fen(data["amt"])
        if not 0 < fen <= settlement.left_fen:
            raise No("amt 超过个人负担")
        own = data["acct_type"] == "1"
        account = person.own if own else person.pot
        if not account or (own and person.insutype != "310"):
            raise No(NO_ACCOUNT, {"acctinfo": {"avlb_amt": self._amount(0)}})
        if not own and self.manners.own_account_first and self.books.holds(person.own):
            raise No("请先使用本人个人账户")
        if (held := self.books.holds(account)) < fen:
            if self._rng.random() < 0.2:
                # A relative spends from it before the till has asked for what is left.
                self._later(0.05, lambda: self.books.spend_elsewhere(account, held // 2 + 1))
            raise No(INSUFFICIENT, {"acctinfo": {"avlb_amt": self._amount(held)}})
        charge = self.books.charge(call.msgid, settlement.sale, {account: fen})
        info = {
            "trns_id": f"T{len(self.books.charges):08d}",
            "acct_type": data["acct_type"],
            "pay_amt": self._amount(fen),
            "balc": self._amount(self.books.holds(person.own)),
            "medins_setl_id": call.msgid,
        }
        at = self._now().timestamp()
        made = Debit(info["trns_id"], call.msgid, at, info, settlement, charge)
        settlement.left_fen -= fen
        settlement.debits.append(made)
        self._by_msgid[call.msgid] = made
        return {"acctinfo": info}

    def _bound_token(self, voucher_id: str, person: Person) -> Token:
        token = self._tokens.get(voucher_id)
        if token is None or token.bound_at is None or token.code.person is not person:
            raise No("医保码无效")
        if self._now().timestamp() >= token.bound_at + WINDOW_SECONDS:
            raise No("医保码已过期，请重新出示")
        return token

    # -- reversals

    def _reverse_known(self, call: Call) -> Node:
        """2103"""
        data = call.input["data"]
        made = self._settlements.get(data["setl_id"])
        if made is None or made.person.psn_no != data["psn_no"]:
            raise No("未查询到结算信息")
        if made.reversed_at is not None:
            raise No("该结算已撤销")
        self._undo(made)
        opposite: Node = {name: self._amount(-_fen(made.info[name])) for name in TAKEN_BACK}
        opposite["psn_pay"] = opposite["acct_mulaid_pay"] = None
        opposite["cash_payamt"] = self._amount(-_fen(made.info["psn_cash_pay"]))
        return {"setlinfo": {**opposite, "setl_id": f"R{made.setl_id}", "mdtrt_id": made.mdtrt_id}}

    def _reverse_message(self, call: Call) -> Node:
        """2601 and X102: by the id of the message that charged."""
        msgid = call.input["data"]["omsgid"]
        made, refuses = self._by_msgid.get(msgid), False
        if made is not None and isinstance(made, Debit) is not (call.infno == "X102"):
            self._suspect(f"{call.infno} names {msgid}, which is of another kind")
        elif made is not None and made.reversed_at is None:
            self._undo(made)
        elif self.manners.strict_reversals:
            refuses = True
        if self.promises.reversal_binds_unknown:
            self._bound.add(msgid)
        elif (call_under_way := self._pending.get(msgid)) and self._rng.random() < 0.5:
            # Accepted, and then the charge lands before anybody can look.
            self._later(0.02, lambda: self._finish(call_under_way))
        if refuses:
            raise No("没有可冲正的交易")
        return {}

    def _undo(self, made: Settlement | Debit) -> None:
        if isinstance(made, Settlement):
            if self.manners.debits_first and any(d.charge.standing for d in made.debits):
                raise No("存在未冲正的账户扣款")
            self._tokens[made.token].used_by = ""
        else:
            made.settlement.left_fen += made.charge.fen
        made.reversed_at = self._now().timestamp()
        self.books.give_back(made.charge)


def _fen(yuan: float | str) -> int:
    return round(float(yuan) * 100)


def _flag(reversed_at: float | None, until: float) -> str:
    return "1" if reversed_at is not None and reversed_at <= until else "0"
