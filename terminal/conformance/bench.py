"""One platform on the bench: messages out, raw answers in, and the state the checks share.

One rule: the bench judges nothing.  What an answer should have been is each check's own business,
so that a platform with one fault fails one line.
"""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import islice

import msgspec

from terminal.catalogue import Item
from terminal.profile import Mode, Profile
from terminal.sale.money import Fen, yuan
from terminal.sale.reconcile import Booked, summed
from terminal.settlement import messages
from terminal.settlement.dialect import Reply, Request, Sender, decode, encode
from terminal.settlement.fields import Json, Unreadable, Unsendable, read
from terminal.settlement.gateway import Gateway
from terminal.settlement.messages.accounts import (
    DetailTotals,
    Download,
    DownloadFile,
    ReconcileRows,
    Upload,
    UploadFile,
)
from terminal.settlement.messages.node import I, Node, O, Transaction
from terminal.settlement.messages.people import AskPerson, Certificate, Insurance, PersonTold
from terminal.settlement.messages.pharmacy import (
    DrugInfo,
    DrugLine,
    MessageNamed,
    NameSettlement,
    Purchase,
    ReverseMessage,
    SettlementNamed,
)
from terminal.settlement.messages.settled import SettledInfo, Settlement
from terminal.settlement.nodes import BY_VOUCHER, PHARMACY, moment
from terminal.settlement.seal import Seal
from terminal.settlement.statement_file import packed
from terminal.settlement.wire import Answer, NeverSent, Wire

LINES_MAX = 3
"""Goods of the test cart."""


class Failed(Exception):
    """The platform does not keep this line; the message says what it did instead."""


class Skipped(Exception):
    """This line was not tried; the message says why."""


@dataclass(frozen=True, slots=True)
class Exchange:
    request: Request
    envelope: Json
    """As it came, before anything was decrypted."""
    reply: Reply


@dataclass(frozen=True, slots=True)
class Customer:
    """A test person, just identified with a fresh token."""

    token: str
    psn_no: str
    insurance: Insurance

    @property
    def region(self) -> str:
        return self.insurance.insuplc_admdvs


@dataclass(frozen=True, slots=True)
class Charge:
    """A settlement that stands."""

    customer: Customer
    msgid: str
    info: SettledInfo
    told: Settlement


@dataclass(slots=True)
class Bench:
    profile: Profile
    sender: Sender
    wire: Wire
    gateway: Gateway
    seal: Seal
    now: Callable[[], datetime]
    new_msgid: Callable[[], str]
    new_token: Callable[[], Awaitable[str]]
    """A voucher number that has not been used.  Raises Skipped where there is none left."""
    goods: tuple[Item, ...]
    password: str = ""
    """Of the test person, where the profile's signature is voucher_password."""
    sign_no: str = ""

    async def send(self, request: Request) -> Exchange:
        """Raises Failed where the answer is no envelope."""
        content = await self._fetch(request)
        try:
            envelope = msgspec.json.decode(content, type=dict[str, object])
            return Exchange(request, envelope, decode(content, self.seal))
        except (msgspec.DecodeError, UnicodeDecodeError, Unreadable) as exc:
            raise Failed(f"{request.infno}: the answer is not an envelope: {exc}") from exc

    async def _fetch(self, request: Request) -> bytes:
        headers = await self.gateway.headers(request.body)
        if isinstance(headers, NeverSent):
            raise Failed(f"{request.infno}: not sent: {headers.cause}")
        seconds = self.profile.timeouts.settle_seconds
        answer = await self.wire.post(self.profile.path, request.body, seconds, headers)
        if not isinstance(answer, Answer):
            raise Failed(f"{request.infno}: no answer: {answer.cause}")
        return answer.content

    async def exchange(
        self, infno: str, message: Node, *, region: str = "", msgid: str = "", token: str = ""
    ) -> Exchange:
        """One message, which may be refused.  Raises Failed, Skipped."""
        return await self.send(self._request(infno, message, region, msgid, token))

    def _request(
        self, infno: str, message: Node, region: str = "", msgid: str = "", token: str = ""
    ) -> Request:
        """Raises Skipped."""
        try:
            return encode(
                self.sender,
                infno,
                msgid or self.new_msgid(),
                message,
                self.seal,
                sign_no=self.sign_no,
                insured_region=region,
                password_and_token=f"{self.password}{token}",
            )
        except Unsendable as exc:
            raise Skipped(str(exc)) from exc

    async def ask(
        self,
        transaction: Transaction[I, O],
        message: I,
        *,
        region: str = "",
        msgid: str = "",
        token: str = "",
    ) -> O:
        """What a successful answer tells.  Raises Failed for a refusal and for nonsense."""
        exchange = await self.exchange(
            transaction.infno, message, region=region, msgid=msgid, token=token
        )
        return self.told(transaction, exchange)

    def told(self, transaction: Transaction[I, O], exchange: Exchange) -> O:
        """What a successful answer tells.  Raises Failed for a refusal and for nonsense."""
        if not exchange.reply.ok:
            raise Failed(f"{transaction.infno}: refused: {exchange.reply.words}")
        try:
            return read(transaction.output, exchange.reply.output)
        except Unreadable as exc:
            raise Failed(f"{transaction.infno}: {exc}") from exc

    # -- what several checks do

    async def identify(self) -> Customer:
        token = await self.new_token()
        shown = Certificate(mdtrt_cert_type=BY_VOUCHER, mdtrt_cert_no=token)
        told = await self.ask(messages.ASK_PERSON, AskPerson(data=shown))
        return Customer(token, told.baseinfo.psn_no, insured(told))

    def cart(self, customer: Customer, *, error_fen: int = 0) -> Purchase:
        """One of each of the goods.  error_fen: by how much the total is wrong."""
        at = moment(self.now())
        goods = tuple(islice(self.goods, LINES_MAX))
        total = sum(item.unit_fen for item in goods)
        is_split = self.profile.mode is Mode.PLATFORM_SPLITS
        info = DrugInfo(
            psn_no=customer.psn_no,
            mdtrt_cert_type=BY_VOUCHER,
            mdtrt_cert_no=customer.token,
            begntime=at,
            medfee_sumamt=Fen(total + error_fen),
            insutype=customer.insurance.insutype,
            acct_used_flag="1" if is_split else "0",
            med_type=PHARMACY,
        )
        lines = tuple(
            DrugLine(
                feedetl_sn=f"{number}",
                rx_circ_flag="0",
                fee_ocur_time=at,
                med_list_codg=item.insurance_code,
                medins_list_codg=item.code,
                det_item_fee_sumamt=item.unit_fen,
                cnt=Decimal(1),
                pric=Decimal(yuan(item.unit_fen)),
            )
            for number, item in enumerate(goods, start=1)
        )
        return Purchase(druginfo=info, drugdetail=lines)

    async def settle(self, customer: Customer, msgid: str = "") -> Charge:
        msgid = msgid or self.new_msgid()
        told = await self.ask(
            messages.SETTLE,
            self.cart(customer),
            region=customer.region,
            msgid=msgid,
            token=customer.token,
        )
        return Charge(customer, msgid, told.setlinfo, told)

    async def look_up(self, charge: Charge) -> Settlement:
        named = self.named(charge)
        return await self.ask(messages.FIND_SETTLEMENT, named, region=charge.customer.region)

    def named(self, charge: Charge) -> NameSettlement:
        info = charge.info
        return NameSettlement(
            data=SettlementNamed(
                setl_id=info.setl_id, mdtrt_id=info.mdtrt_id, psn_no=charge.customer.psn_no
            )
        )

    async def take_back(self, charge: Charge) -> Settlement:
        named = self.named(charge)
        return await self.ask(messages.TAKE_BACK, named, region=charge.customer.region)

    async def reverse(self, customer: Customer, msgid: str) -> Reply:
        """2601."""
        about = MessageNamed(psn_no=customer.psn_no, omsgid=msgid, oinfno=messages.SETTLE.infno)
        message = ReverseMessage(data=about)
        exchange = await self.exchange(messages.REVERSE.infno, message, region=customer.region)
        return exchange.reply

    async def compared(self, rows: Sequence[Booked], place: str) -> bytes:
        """The result file of a 3202 over today's settlements, by 9101 and 9102."""
        shop, today = self.sender.shop_code, moment(self.now())[:10]
        content = base64.b64encode(packed(rows)).decode("ascii")
        upload = Upload(content=content, filename="statement.zip", fixmedins_code=shop)
        taken = await self.ask(messages.UPLOAD, UploadFile(fsUploadIn=upload))
        sums = summed(rows)
        about = DetailTotals(
            setl_optins=place,
            file_qury_no=taken.fsUploadOut.file_qury_no,
            stmt_begndate=today,
            stmt_enddate=today,
            medfee_sumamt=sums.total_fen,
            fund_pay_sumamt=sums.fund_fen,
            cash_payamt=sums.cash_fen,
            fixmedins_setl_cnt=sums.count,
            clr_type=PHARMACY,
        )
        told = await self.ask(messages.RECONCILE_ROWS, ReconcileRows(data=about))
        wanted = Download(
            file_qury_no=told.fileinfo.file_qury_no,
            filename=told.fileinfo.filename,
            fixmedins_code=shop,
        )
        return await self._fetch(
            self._request(messages.DOWNLOAD.infno, DownloadFile(fsDownloadIn=wanted))
        )

    async def projected_balance(self, customer: Customer) -> Fen | None:
        """What a 2101 says the account would hold after the cart: it moves nothing.

        The same before and after whatever was taken back; None where the platform does not say.
        """
        told = await self.ask(messages.ESTIMATE, self.cart(customer), region=customer.region)
        return told.setlinfo.balc


def insured(told: PersonTold) -> Insurance:
    """The first active insurance.  Raises Failed."""
    active = [row for row in told.insuinfo if row.psn_insu_stas in ("1", "")]
    if not active:
        raise Failed("1101: the test person has no active insurance")
    return active[0]
