"""Talks to the settlement platform.  Answers are data; only bugs raise.

`prepare` builds the bytes of a charge so that they can be written down; `submit` sends exactly
those bytes, once.  Nothing here retries: whether to ask again or to take back is a rule of the
sale.  Whatever is not a parsed envelope with sums that hold is `Unknown`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx

from terminal.clock import CHINA
from terminal.config import Profile
from terminal.sale.events import Account, Decline
from terminal.sale.funding import WHOLE_CART
from terminal.sale.money import NOTHING, Fen
from terminal.sale.sale import Sale, Tender
from terminal.settlement.dialect import Reply, Request, Sender, decode, encode
from terminal.settlement.messages import (
    Node,
    Settlement,
    Unreadable,
    amount,
    child,
    rows,
    settlement,
    text,
)
from terminal.settlement.nodes import (
    BY_VOUCHER,
    PHARMACY,
    as_unknown,
    cart,
    debit,
    debited,
    person,
    psn_no,
    region,
    settled,
)
from terminal.settlement.outcome import (
    Accepted,
    Declined,
    Estimate,
    Landed,
    NotReversed,
    Outcome,
    Person,
    Reversal,
    Reversed,
    Unknown,
)
from terminal.settlement.wire import Answer, NeverSent, Wire
from terminal.text import visible

BUNDLE_BYTES_MAX = 100_000


class Platform:
    def __init__(
        self,
        profile: Profile,
        sender: Sender,
        now: Callable[[], datetime],
        new_msgid: Callable[[], str],
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """transport  where requests go instead of the network, for tests."""
        self._profile, self._sender = profile, sender
        self._capabilities = profile.capabilities
        self._now, self.new_msgid = now, new_msgid
        self._sign_no = ""
        self.clock_ahead_seconds = 0.0
        """How far the platform's clock was ahead of ours at its latest answer."""
        self._wire = Wire(profile.url, profile.timeouts.connect_seconds, transport)

    async def close(self) -> None:
        await self._wire.close()

    # -- questions: they move no money and may be asked again

    async def sign_in(self) -> Declined | Unknown | None:
        """9001.  None: signed in."""
        sender = self._sender
        node = {"opter_no": sender.operator, "mac": sender.mac, "ip": sender.ip}
        reply = await self._question("9001", {"signIn": node})
        if not isinstance(reply, Reply):
            return reply
        try:
            self._sign_no = text(child(reply.output, "signinoutb"), "sign_no")
        except Unreadable as exc:
            return Unknown(str(exc))
        return None

    async def identify(self, sale: Sale) -> Person | Declined | Unknown:
        """1101: who the voucher of this sale belongs to."""
        assert sale.voucher
        node = {
            "mdtrt_cert_type": BY_VOUCHER,
            "mdtrt_cert_no": sale.voucher.voucher_id,
            "card_sn": "",
            "begntime": "",
            "psn_cert_type": "",
            "certno": "",
            "psn_name": "",
        }
        reply = await self._question("1101", {"data": node}, sale.voucher.region)
        if not isinstance(reply, Reply):
            return reply
        try:
            return person(reply.output, sale)
        except Unreadable as exc:
            return Unknown(str(exc))

    async def estimate(self, sale: Sale, account: Account) -> Estimate | Declined | Unknown:
        """2101: what the first account of the order would pay of this cart."""
        nodes = cart(sale, account)
        reply = await self._question("2101", nodes, region(sale))
        if not isinstance(reply, Reply):
            return reply
        try:
            told = settlement(child(reply.output, "setlinfo"))
        except Unreadable as exc:
            return Unknown(str(exc))
        if told.total_fen != sale.total_fen:
            return Unknown("medfee_sumamt is not the cart's total")
        if account is Account.FUND:
            return Estimate(told.split.fund_fen, None, None)
        return Estimate(told.split.fund_fen, told.split.personal_fen, told.split.mutual_aid_fen)

    async def fetch_keys(self) -> bytes | Unknown:
        """The platform's list of voucher issuers, as it was signed."""
        seconds = self._profile.timeouts.query_seconds
        answer = await self._wire.get(self._profile.keys_path, seconds)
        if isinstance(answer, Answer):
            return answer.content[: BUNDLE_BYTES_MAX + 1]
        return Unknown(answer.cause)

    # -- charges: written down first, sent once

    def prepare(self, sale: Sale, account: Account, amount_fen: Fen) -> Request:
        """The charge as bytes under a new message id.  Sends nothing."""
        if account in WHOLE_CART:
            # A settlement is of the whole cart: what is asked is always all of it.
            assert amount_fen == sale.total_fen
            return self._request("2102", cart(sale, account), region(sale))
        return self._request("X101", {"data": debit(sale, account, amount_fen)}, region(sale))

    async def submit(self, request: Request, sale: Sale, tender: Tender) -> Outcome:
        """Sends the prepared charge, once."""
        assert request.msgid == tender.key
        reply = await self._send(request, self._profile.timeouts.settle_seconds)
        if isinstance(reply, NeverSent):
            return Declined(Decline.UNREACHABLE, words=reply.cause)
        if isinstance(reply, Unknown):
            return reply
        if not reply.ok:
            return self._refusal(reply)
        try:
            if tender.account in WHOLE_CART:
                return settled(settlement(child(reply.output, "setlinfo")), sale, tender)
            return debited(child(reply.output, "acctinfo"), tender)
        except Unreadable as exc:
            return Unknown(f"sums: {exc}")

    async def ask(self, sale: Sale, tender: Tender) -> Outcome:
        """What became of a charge.  "Not known" is Unknown: it may still be under way."""
        if tender.account in WHOLE_CART:
            return await self._ask_settlement(sale, tender)
        node = {"psn_no": psn_no(sale), "omsgid": tender.key}
        reply = await self._question("X103", {"data": node}, region(sale))
        if not isinstance(reply, Reply):
            return as_unknown(reply)
        try:
            info = child(reply.output, "acctinfo")
            state = text(info, "stas")
            if state == "1":
                return debited(info, tender)
            if state == "2":
                return self._refusal(Reply(False, visible(text(info, "err_msg")), reply.output))
        except Unreadable as exc:
            return Unknown(f"sums: {exc}")
        return Unknown(f"state {visible(state, 10)}")

    async def reverse(self, sale: Sale, tender: Tender) -> Reversal:
        """Takes a charge back, under the reversal id that was written down.

        A settlement whose number is known is reversed by it (2103), an unanswered one by the id
        of its message (2601); the two are never confused.
        """
        if tender.account not in WHOLE_CART:
            return await self._reverse_debit(sale, tender)
        if tender.settlement_id:
            return await self._reverse_known(sale, tender)
        node = {"psn_no": psn_no(sale), "omsgid": tender.key, "oinfno": "2102"}
        reply = await self._send(
            self._reversal("2601", node, sale, tender),
            self._profile.timeouts.reverse_seconds,
        )
        if not isinstance(reply, Reply) or not reply.ok:
            return _not_reversed(reply)
        if not self._capabilities.query_by_own_id:
            return self._taken_at_its_word()
        return self._as_shown(await self._find_visit(sale, tender))

    # -- one step down

    async def _reverse_known(self, sale: Sale, tender: Tender) -> Reversal:
        node = {
            "setl_id": tender.settlement_id,
            "mdtrt_id": tender.visit_id,
            "psn_no": psn_no(sale),
        }
        reply = await self._send(
            self._reversal("2103", node, sale, tender),
            self._profile.timeouts.reverse_seconds,
        )
        if isinstance(reply, Reply) and reply.ok:
            return Reversed()
        # Refused or unanswered: perhaps an earlier try succeeded.  The settlement itself knows.
        found = await self._find_settlement(sale, tender.settlement_id, tender.visit_id)
        undone = isinstance(found, Settlement) and found.reversed
        return Reversed() if undone else _not_reversed(reply)

    async def _reverse_debit(self, sale: Sale, tender: Tender) -> Reversal:
        node = {"psn_no": psn_no(sale), "omsgid": tender.key}
        reply = await self._send(
            self._reversal("X102", node, sale, tender),
            self._profile.timeouts.reverse_seconds,
        )
        if not isinstance(reply, Reply) or not reply.ok:
            return _not_reversed(reply)
        if not self._capabilities.query_by_own_id:
            return Reversed() if tender.settlement_id else self._taken_at_its_word()
        answer = await self._question("X103", {"data": node}, region(sale))
        if not isinstance(answer, Reply):
            return _not_reversed(answer)
        try:
            info = child(answer.output, "acctinfo")
            state = text(info, "stas")
            if state == "1":
                return Landed(text(info, "trns_id"), "")
        except Unreadable as exc:
            return NotReversed(str(exc))
        return Reversed() if state in ("2", "3") else self._taken_at_its_word()

    def _taken_at_its_word(self) -> Reversal:
        """What an accepted reversal is worth where the platform shows nothing of the charge."""
        return Reversed() if self._capabilities.reversal_binds_unknown else Accepted()

    def _as_shown(self, visit: Node | Unknown | None) -> Reversal:
        """What an accepted 2601 is worth, given what the platform shows of the charge."""
        if isinstance(visit, Unknown):
            return _not_reversed(visit)
        if visit is None:
            return self._taken_at_its_word()
        try:
            if text(visit, "refd_setl_flag") == "1":
                return Reversed()
            return Landed(text(visit, "setl_id"), text(visit, "mdtrt_id"))
        except Unreadable as exc:
            return NotReversed(str(exc))

    async def _ask_settlement(self, sale: Sale, tender: Tender) -> Outcome:
        visit = await self._find_visit(sale, tender)
        if visit is None:
            return Unknown("not found")
        if isinstance(visit, Unknown):
            return visit
        found = await self._find_settlement(sale, text(visit, "setl_id"), text(visit, "mdtrt_id"))
        if isinstance(found, Unknown):
            return found
        if found.reversed:
            return Unknown("reversed")
        return settled(found, sale, tender)

    async def _find_visit(self, sale: Sale, tender: Tender) -> Node | Unknown | None:
        """The visit made by this charge's message (5201); None where the platform shows none."""
        now = self._now().astimezone(CHINA)
        node = {
            "psn_no": psn_no(sale),
            "begntime": f"{now - timedelta(days=2):%Y-%m-%d %H:%M:%S}",
            "endtime": f"{now + timedelta(days=1):%Y-%m-%d %H:%M:%S}",
            "med_type": PHARMACY,
            "mdtrt_id": "",
        }
        reply = await self._question("5201", {"data": node}, region(sale))
        if not isinstance(reply, Reply):
            return as_unknown(reply)
        try:
            visits = rows(reply.output, "mdtrtinfo")
            return next((v for v in visits if text(v, "medins_setl_id") == tender.key), None)
        except Unreadable as exc:
            return Unknown(str(exc))

    async def _find_settlement(
        self, sale: Sale, setl_id: str, mdtrt_id: str
    ) -> Settlement | Unknown:
        node = {"psn_no": psn_no(sale), "setl_id": setl_id, "mdtrt_id": mdtrt_id}
        reply = await self._question("5203", {"data": node}, region(sale))
        if not isinstance(reply, Reply):
            return as_unknown(reply)
        try:
            return settlement(child(reply.output, "setlinfo"))
        except Unreadable as exc:
            return Unknown(f"sums: {exc}")

    def _request(self, infno: str, nodes: Mapping[str, object], insured_region: str) -> Request:
        return encode(
            self._sender,
            infno,
            self.new_msgid(),
            nodes,
            sign_no=self._sign_no,
            insured_region=insured_region,
        )

    def _reversal(
        self, infno: str, node: Mapping[str, object], sale: Sale, tender: Tender
    ) -> Request:
        """The same bytes on every try, also after a restart: hence no sign-in number."""
        return encode(
            self._sender,
            infno,
            tender.reversal_key,
            {"data": node},
            insured_region=region(sale),
        )

    async def _question(
        self, infno: str, nodes: Mapping[str, object], insured_region: str = ""
    ) -> Reply | Declined | Unknown:
        """A successful reply, or why there is none."""
        request = self._request(infno, nodes, insured_region)
        reply = await self._send(request, self._profile.timeouts.query_seconds)
        if isinstance(reply, NeverSent):
            return Unknown(reply.cause)
        if isinstance(reply, Reply) and not reply.ok:
            return Declined(self._decline_reason(reply.words), words=reply.words)
        return reply

    async def _send(self, request: Request, read_seconds: float) -> Reply | NeverSent | Unknown:
        headers = {"Content-Type": "application/json"}
        answer = await self._wire.post(self._profile.path, request.body, read_seconds, headers)
        if not isinstance(answer, Answer):
            return answer
        self._note_clock(answer.date)
        try:
            return decode(answer.content)
        except Unreadable as exc:
            return Unknown(f"reply: {exc}")

    def _note_clock(self, date: str) -> None:
        """Remembers how far the platform's clock is ahead; an unreadable header says nothing."""
        try:
            told = parsedate_to_datetime(date)
            self.clock_ahead_seconds = (told - self._now()).total_seconds()
        except (TypeError, ValueError):
            return

    def _refusal(self, reply: Reply) -> Declined | Unknown:
        """infcode -1 on a charge."""
        if not self._capabilities.failure_is_final:
            return Unknown(f"infcode -1: {reply.words}")
        available = None
        try:
            if "acctinfo" in reply.output:
                available = amount(child(reply.output, "acctinfo"), "avlb_amt")
        except Unreadable:
            available = None
        reason = self._decline_reason(reply.words)
        holds = max(available or NOTHING, NOTHING) if reason is Decline.INSUFFICIENT else NOTHING
        return Declined(reason, Fen(holds), reply.words)

    def _decline_reason(self, words: str) -> Decline:
        told = (d.reason for d in self._profile.declines if d.contains in words)
        return next(told, Decline.REFUSED)


def _not_reversed(reply: Reply | NeverSent | Declined | Unknown) -> NotReversed:
    words = reply.cause if isinstance(reply, NeverSent | Unknown) else reply.words
    return NotReversed(words)
