"""A counter for tests of the sandbox: writes its own envelopes, shares nothing with the till."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import httpx
import msgspec

CALL_SERVICE = "/fsi/api/rsfComIfsService/callService"
SHOP = "P63010200001"
OTHER_SHOP = "P63010300002"
CHINA = dt.timezone(dt.timedelta(hours=8))

Json = dict[str, Any]
Line = tuple[str, str, str]
"""(med_list_codg, unit price in yuan, count)."""

BASKET: tuple[Line, ...] = (
    ("XJ01CAA040E001010300001", "18.50", "1"),
    ("ZA01BAL0189010200001", "32.80", "1"),
    ("", "9.90", "1"),
)
"""61.20: 18.50 甲, 32.80 乙, 9.90 自费."""

_encoder = msgspec.json.Encoder(decimal_format="number")


class Clock:
    """Seconds since 1970, moved by hand.  Starts at 2026-11-22 10:00:00 China time."""

    def __init__(self) -> None:
        self.now = dt.datetime(2026, 11, 22, 10, tzinfo=CHINA).timestamp()

    def __call__(self) -> float:
        return self.now


@dataclass(frozen=True)
class Reply:
    code: int
    err_msg: str
    output: Json
    raw: bytes

    @property
    def setlinfo(self) -> Json:
        info: Json = self.output["setlinfo"]
        return info

    @property
    def acctinfo(self) -> Json:
        info: Json = self.output["acctinfo"]
        return info


@dataclass(frozen=True)
class Customer:
    """Somebody whose voucher this counter has identified."""

    person: str
    psn_no: str
    voucher_id: str
    insutype: str
    region: str = "630100"


@dataclass
class Counter:
    http: httpx.AsyncClient
    clock: Clock
    institution: str = SHOP
    serial: int = 0
    last_envelope: Json = field(default_factory=dict)

    def new_msgid(self) -> str:
        self.serial += 1
        moment = dt.datetime.fromtimestamp(self.clock.now, CHINA)
        return f"{self.institution}{moment:%Y%m%d%H%M%S}{self.serial:04d}"

    def envelope(
        self, infno: str, nodes: Mapping[str, object], msgid: str = "", region: str = "630100"
    ) -> Json:
        moment = dt.datetime.fromtimestamp(self.clock.now, CHINA)
        return {
            "infno": infno,
            "msgid": msgid or self.new_msgid(),
            "mdtrtarea_admvs": "630102",
            "insuplc_admdvs": region,
            "recer_sys_code": "SBX",
            "dev_no": "",
            "dev_safe_info": "",
            "cainfo": "",
            "signtype": "",
            "infver": "V1.0",
            "opter_type": "1",
            "opter": "0001",
            "opter_name": "示范收银员",
            "inf_time": f"{moment:%Y-%m-%d %H:%M:%S}",
            "fixmedins_code": self.institution,
            "fixmedins_name": "共济示范药房",
            "sign_no": "",
            "input": dict(nodes),
        }

    async def post(self, envelope: object) -> httpx.Response:
        return await self.http.post(
            CALL_SERVICE,
            content=_encoder.encode(envelope),
            headers={"Content-Type": "application/json"},
        )

    async def send(self, envelope: Json) -> Reply:
        self.last_envelope = envelope
        answer = await self.post(envelope)
        assert answer.status_code == 200, answer.text
        return read(answer.content)

    async def call(
        self, infno: str, nodes: Mapping[str, object], msgid: str = "", region: str = "630100"
    ) -> Reply:
        return await self.send(self.envelope(infno, nodes, msgid, region))

    async def voucher(self, person: str) -> Json:
        answer = await self.http.get("/vouchers/new", params={"person": person})
        voucher: Json = answer.json()
        return voucher

    async def identify(self, voucher_id: str) -> Reply:
        data = {"mdtrt_cert_type": "01", "mdtrt_cert_no": voucher_id}
        return await self.call("1101", {"data": data}, region="")

    async def scan(self, person: str) -> Customer:
        """A fresh voucher, identified; takes the first active insurance."""
        voucher_id = (await self.voucher(person))["voucher_id"]
        reply = await self.identify(voucher_id)
        assert reply.code == 0, reply.err_msg
        rows = reply.output["insuinfo"]
        row = next((row for row in rows if row["psn_insu_stas"] == "1"), rows[0])
        psn_no = reply.output["baseinfo"]["psn_no"]
        return Customer(person, psn_no, voucher_id, row["insutype"], row["insuplc_admdvs"])

    def purchase(
        self, customer: Customer, lines: tuple[Line, ...] = BASKET, used: str = "1"
    ) -> Json:
        details: list[Json] = [
            {
                "feedetl_sn": str(number),
                "med_list_codg": code,
                "medins_list_codg": f"G{number}",
                "cnt": Decimal(count),
                "pric": Decimal(price),
                "det_item_fee_sumamt": line_amount(price, count),
            }
            for number, (code, price, count) in enumerate(lines, start=1)
        ]
        moment = dt.datetime.fromtimestamp(self.clock.now, CHINA)
        return {
            "druginfo": {
                "psn_no": customer.psn_no,
                "mdtrt_cert_type": "01",
                "mdtrt_cert_no": customer.voucher_id,
                "begntime": f"{moment:%Y-%m-%d %H:%M:%S}",
                "medfee_sumamt": sum(
                    (row["det_item_fee_sumamt"] for row in details), Decimal("0.00")
                ),
                "insutype": customer.insutype,
                "acct_used_flag": used,
                "med_type": "41",
            },
            "drugdetail": details,
        }

    async def quote(
        self, customer: Customer, lines: tuple[Line, ...] = BASKET, used: str = "1"
    ) -> Reply:
        return await self.call("2101", self.purchase(customer, lines, used), "", customer.region)

    async def settle(
        self,
        customer: Customer,
        lines: tuple[Line, ...] = BASKET,
        used: str = "1",
        msgid: str = "",
    ) -> Reply:
        nodes = self.purchase(customer, lines, used)
        return await self.call("2102", nodes, msgid, customer.region)

    async def cancel(self, settled: Reply, msgid: str = "") -> Reply:
        """2103."""
        names = ("setl_id", "mdtrt_id", "psn_no")
        data = {name: settled.setlinfo[name] for name in names}
        return await self.call("2103", {"data": data}, msgid)

    async def reverse(self, customer: Customer, omsgid: str, oinfno: str = "2102") -> Reply:
        """2601."""
        data = {"psn_no": customer.psn_no, "omsgid": omsgid, "oinfno": oinfno}
        return await self.call("2601", {"data": data}, "", customer.region)

    async def debit(
        self, customer: Customer, fund: Reply, acct_type: str, amt: str, msgid: str = ""
    ) -> Reply:
        """X101."""
        data = {
            "psn_no": customer.psn_no,
            "mdtrt_cert_type": "01",
            "mdtrt_cert_no": customer.voucher_id,
            "mdtrt_id": fund.setlinfo["mdtrt_id"],
            "setl_id": fund.setlinfo["setl_id"],
            "acct_type": acct_type,
            "amt": Decimal(amt),
        }
        return await self.call("X101", {"data": data}, msgid, customer.region)

    async def reverse_debit(self, customer: Customer, omsgid: str) -> Reply:
        """X102."""
        return await self._about_debit("X102", customer, omsgid)

    async def ask_debit(self, customer: Customer, omsgid: str) -> Reply:
        """X103."""
        return await self._about_debit("X103", customer, omsgid)

    async def _about_debit(self, infno: str, customer: Customer, omsgid: str) -> Reply:
        data = {"psn_no": customer.psn_no, "omsgid": omsgid}
        return await self.call(infno, {"data": data}, "", customer.region)

    async def ledger(self) -> Json:
        books: Json = (await self.http.get("/ledger")).json()
        return books

    async def balances(self) -> dict[str, int]:
        return {row["account"]: row["balance_fen"] for row in (await self.ledger())["accounts"]}


def line_amount(price: str, count: str) -> Decimal:
    exact = Decimal(price) * Decimal(count)
    return exact.quantize(Decimal("0.01"), rounding="ROUND_HALF_UP")


def read(raw: bytes) -> Reply:
    """A reply envelope, amounts as Decimal; every field the interface names is there."""
    envelope = json.loads(raw, parse_float=Decimal)
    assert set(envelope) == {
        "infcode",
        "inf_refmsgid",
        "refmsg_time",
        "respond_time",
        "err_msg",
        "output",
    }
    assert len(envelope["inf_refmsgid"]) == 30
    assert len(envelope["refmsg_time"]) == len(envelope["respond_time"]) == 17
    assert (int(envelope["infcode"]) == 0) == (envelope["err_msg"] == "")
    return Reply(int(envelope["infcode"]), envelope["err_msg"], envelope["output"], raw)


def audit(books: Json) -> None:
    """The ledger adds up: every posting to nothing, every account to its movements."""
    postings: dict[int, int] = {}
    accounts = {row["account"]: 0 for row in books["accounts"]}
    for move in books["movements"]:
        postings[move["posting"]] = postings.get(move["posting"], 0) + move["amount_fen"]
        accounts[move["account"]] += move["amount_fen"]
    assert not any(postings.values())
    assert accounts == {row["account"]: row["balance_fen"] for row in books["accounts"]}
    assert sum(accounts.values()) == 0
    for row in books["accounts"]:
        assert row["kind"] not in ("own", "pot") or row["balance_fen"] >= 0
    assert shops_are_owed(books) == {
        row["account"]: row["balance_fen"] for row in books["accounts"] if row["kind"] == "shop"
    }


def shops_are_owed(books: Json) -> dict[str, int]:
    """From the settlements and debits alone: what each shop's account must show.

    A charge counts until a 2601 took it back; one that a refund took back is cancelled by the
    refund's own negative amounts.
    """
    refunded = {
        row["reverses"] for row in books["settlements"]
        if row["kind"] == "refund" and row["state"] == "settled"
    }  # fmt: skip
    owed = {row["account"]: 0 for row in books["accounts"] if row["kind"] == "shop"}
    shops = {}
    for row in books["settlements"]:
        shops[row["setl_id"]] = f"shop:{row['institution']}"
        if row["state"] == "settled" or row["setl_id"] in refunded:
            owed[shops[row["setl_id"]]] += row["split_fen"]["total"] - row["split_fen"]["cash"]
    for debit in books["debits"]:
        if debit["state"] == "debited":
            owed[shops[debit["setl_id"]]] += debit["amount_fen"]
    return owed
