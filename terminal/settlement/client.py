"""Talks to the settlement platform.  Answers are data; only bugs raise.

`prepare` builds the bytes of a charge so that they can be written down; `submit` sends exactly
those bytes, once.  Nothing here retries: whether to ask again or to take back is a rule of the
sale.  Whatever is not a parsed envelope with sums that hold is `Unknown`.
"""

from __future__ import annotations

import functools

import msgspec

from terminal.sale.events import Account, Decline
from terminal.sale.funding import WHOLE_CART
from terminal.sale.money import NOTHING, Fen
from terminal.sale.sale import Sale, Tender
from terminal.settlement import decoding, messages
from terminal.settlement.dialect import Reply, Request, encode, made_at
from terminal.settlement.exchange import Exchange
from terminal.settlement.fields import Unreadable, read
from terminal.settlement.gateway import JSON_TYPE
from terminal.settlement.messages.accounts import VisitFound
from terminal.settlement.messages.node import Node
from terminal.settlement.messages.people import Operator, SignIn
from terminal.settlement.messages.pharmacy import (
    DebitNamed,
    DebitTold,
    MessageNamed,
    NameDebit,
    ReverseMessage,
)
from terminal.settlement.messages.settled import Settlement
from terminal.settlement.nodes import (
    TAKEN_BACK,
    as_unknown,
    cart,
    certificate,
    debit,
    debited,
    estimated,
    lately,
    named,
    person,
    psn_no,
    region,
    settled,
    undoes,
)
from terminal.settlement.outcome import (
    Accepted,
    Declined,
    Decoded,
    Estimate,
    Landed,
    NotReversed,
    Outcome,
    Person,
    Reversal,
    Reversed,
    Unknown,
)
from terminal.settlement.proofs import Proof, Proofs
from terminal.settlement.wire import Answer, NeverSent
from terminal.text import visible, words_of_platform

BUNDLE_BYTES_MAX = 100_000
FORGOTTEN = "the charge is older than the platform keeps message ids: ask the bureau"


class Platform(Exchange):
    """Everything a till asks and tells."""

    @functools.cached_property
    def proofs(self) -> Proofs:
        """What customers showed; empty at every start."""
        return Proofs()

    def _proof(self, sale: Sale) -> Proof:
        """Whoever asks or charges has looked whether it is kept."""
        assert sale.voucher
        proof = self.proofs.of(sale.voucher)
        assert proof
        return proof

    # -- questions: they move no money and may be asked again

    async def sign_in(self) -> Declined | Unknown | None:
        """9001.  None: signed in."""
        sender = self._sender
        who = Operator(opter_no=sender.operator, mac=sender.mac, ip=sender.ip)
        told = await self.question(messages.SIGN_IN, SignIn(signIn=who))
        if isinstance(told, Declined | Unknown):
            return told
        self._sign_no = told.signinoutb.sign_no
        return None

    async def decode(self, code: str) -> Decoded | Declined | Unknown:
        """1162 or ec.query: what today's code stands for."""
        rule = self._profile.opaque_codes
        assert rule
        try:
            if rule.by != decoding.EC_QUERY:
                asked = decoding.shown(code, rule, self._sender)
                told = await self.question(messages.READ_CODE, asked, seconds=rule.seconds_max)
                return told if isinstance(told, Declined | Unknown) else decoding.read(told)
            body = msgspec.json.encode(decoding.query(code, rule, self._sender))
            headers = {"Content-Type": JSON_TYPE}
            answer = await self._wire.post(rule.path, body, rule.seconds_max, headers)
            if not isinstance(answer, Answer):
                return Unknown(answer.cause)
            return decoding.queried(answer.content)
        except Unreadable as exc:
            return Unknown(f"reply: {exc}")

    async def identify(self, sale: Sale) -> Person | Declined | Unknown:
        """1101: who the voucher of this sale belongs to.  Its proof is kept."""
        assert sale.voucher
        asked = certificate(self._proof(sale))
        told = await self.question(messages.ASK_PERSON, asked, sale.voucher.region)
        if isinstance(told, Declined | Unknown):
            return told
        try:
            return person(told, sale)
        except Unreadable as exc:
            return Unknown(str(exc))

    async def estimate(self, sale: Sale, account: Account) -> Estimate | Declined | Unknown:
        """2101: what the first account of the order would pay of this cart."""
        asked = cart(sale, account, self._proof(sale))
        told = await self.question(messages.ESTIMATE, asked, region(sale))
        if isinstance(told, Declined | Unknown):
            return told
        try:
            return estimated(told, sale, account)
        except Unreadable as exc:
            return Unknown(f"sums: {exc}")

    async def fetch_keys(self) -> bytes | Unknown:
        """The platform's list of voucher issuers, as it was signed."""
        seconds = self._profile.timeouts.query_seconds
        answer = await self._wire.get(self._profile.keys_path, seconds)
        if isinstance(answer, Answer):
            return answer.content[: BUNDLE_BYTES_MAX + 1]
        return Unknown(answer.cause)

    # -- charges: written down first, sent once

    def prepare(self, sale: Sale, account: Account, amount_fen: Fen) -> Request:
        """The charge as bytes under a new message id.  Sends nothing.

        Its fields are those of the pre-settlement before it and what the platform itself answered,
        all of which were checked then: Unsendable here is a bug.
        """
        if account in WHOLE_CART:
            # A settlement is of the whole cart: what is asked is always all of it.
            assert amount_fen == sale.total_fen
            charge = cart(sale, account, self._proof(sale), invoice=sale.sale_id)
            return self._request(messages.SETTLE.infno, charge, region(sale))
        asked = debit(sale, account, amount_fen, self._proof(sale))
        return self._request(messages.DEBIT.infno, asked, region(sale))

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
                return settled(read(Settlement, reply.output), sale, tender)
            return debited(read(DebitTold, reply.output).acctinfo, tender)
        except Unreadable as exc:
            return Unknown(f"sums: {exc}")

    async def ask(self, sale: Sale, tender: Tender) -> Outcome:
        """What became of a charge.  "Not known" is Unknown: it may still be under way."""
        if tender.account in WHOLE_CART:
            return await self._ask_settlement(sale, tender)
        about = NameDebit(data=DebitNamed(psn_no=psn_no(sale), omsgid=tender.key))
        told = await self.question(messages.FIND_DEBIT, about, region(sale))
        if isinstance(told, Declined | Unknown):
            return as_unknown(told)
        info = told.acctinfo
        if info.stas == "1":
            return debited(info, tender)
        if info.stas == "2":
            return self._refused(words_of_platform(info.err_msg), info.avlb_amt)
        return Unknown(f"state {visible(info.stas, 10)}")

    async def reverse(self, sale: Sale, tender: Tender) -> Reversal:
        """Takes a charge back, under the reversal id that was written down.

        A settlement whose number is known is reversed by it (2103), an unanswered one by the id
        of its message (2601); the two are never confused.
        """
        if tender.account not in WHOLE_CART:
            return await self._reverse_debit(sale, tender)
        if tender.settlement_id:
            return await self._reverse_known(sale, tender)
        about = MessageNamed(psn_no=psn_no(sale), omsgid=tender.key, oinfno=messages.SETTLE.infno)
        request = self._reversal(messages.REVERSE.infno, ReverseMessage(data=about), sale, tender)
        reply = await self._send(request, self._profile.timeouts.reverse_seconds)
        if not isinstance(reply, Reply) or not reply.ok:
            return _not_reversed(reply)
        visit = await self._find_visit(sale, tender) if self._capabilities.query_by_own_id else None
        if visit is None and self._is_forgotten(tender):
            return NotReversed(FORGOTTEN)
        return self._as_shown(visit)

    # -- one step down

    async def _reverse_known(self, sale: Sale, tender: Tender) -> Reversal:
        about = named(sale, tender.settlement_id, tender.visit_id)
        request = self._reversal(messages.TAKE_BACK.infno, about, sale, tender)
        reply = await self._send(request, self._profile.timeouts.reverse_seconds)
        why = _not_reversed(reply)
        if isinstance(reply, Reply) and reply.ok:
            try:
                if undoes(read(Settlement, reply.output), sale):
                    return Reversed()
                why = NotReversed("sums: medfee_sumamt is not the opposite of the sale's")
            except Unreadable as exc:
                why = NotReversed(f"sums: {exc}")
        # Refused, unanswered or not adding up: the settlement itself knows whether it stands.
        found = await self._find_settlement(sale, tender.settlement_id, tender.visit_id)
        undone = isinstance(found, Settlement) and found.setlinfo.refd_setl_flag == TAKEN_BACK
        return Reversed() if undone else why

    async def _reverse_debit(self, sale: Sale, tender: Tender) -> Reversal:
        about = NameDebit(data=DebitNamed(psn_no=psn_no(sale), omsgid=tender.key))
        request = self._reversal(messages.REVERSE_DEBIT.infno, about, sale, tender)
        reply = await self._send(request, self._profile.timeouts.reverse_seconds)
        if not isinstance(reply, Reply) or not reply.ok:
            return _not_reversed(reply)
        if not tender.settlement_id and self._is_forgotten(tender):
            return NotReversed(FORGOTTEN)
        if not self._capabilities.query_by_own_id:
            return Reversed() if tender.settlement_id else self._taken_at_its_word()
        told = await self.question(messages.FIND_DEBIT, about, region(sale))
        if isinstance(told, Declined | Unknown):
            return _not_reversed(told)
        if told.acctinfo.stas == "1":
            return Landed(told.acctinfo.trns_id, "")
        return Reversed() if told.acctinfo.stas in ("2", "3") else self._taken_at_its_word()

    def _is_forgotten(self, tender: Tender) -> bool:
        """Whether the charge is older than the platform keeps message ids."""
        age = self._now() - made_at(tender.key)
        return age.total_seconds() > self._capabilities.ids_kept_seconds

    def _taken_at_its_word(self) -> Reversal:
        """What an accepted reversal is worth where the platform shows nothing of the charge."""
        return Reversed() if self._capabilities.reversal_binds_unknown else Accepted()

    def _as_shown(self, visit: VisitFound | Unknown | None) -> Reversal:
        """What an accepted 2601 is worth, given what the platform shows of the charge."""
        if isinstance(visit, Unknown):
            return _not_reversed(visit)
        if visit is None:
            return self._taken_at_its_word()
        if visit.refd_setl_flag == TAKEN_BACK:
            return Reversed()
        return Landed(visit.setl_id, visit.mdtrt_id)

    async def _ask_settlement(self, sale: Sale, tender: Tender) -> Outcome:
        visit = await self._find_visit(sale, tender)
        if visit is None:
            return Unknown("not found")
        if isinstance(visit, Unknown):
            return visit
        found = await self._find_settlement(sale, visit.setl_id, visit.mdtrt_id)
        if isinstance(found, Unknown):
            return found
        if found.setlinfo.refd_setl_flag == TAKEN_BACK:
            return Unknown("reversed")
        try:
            return settled(found, sale, tender)
        except Unreadable as exc:
            return Unknown(f"sums: {exc}")

    async def _find_visit(self, sale: Sale, tender: Tender) -> VisitFound | Unknown | None:
        """The visit made by this charge's message (5201); None where the platform shows none."""
        asked = lately(psn_no(sale), self._now())
        told = await self.question(messages.FIND_VISITS, asked, region(sale))
        if isinstance(told, Declined | Unknown):
            return as_unknown(told)
        return next((v for v in told.mdtrtinfo if v.medins_setl_id == tender.key), None)

    async def _find_settlement(
        self, sale: Sale, setl_id: str, mdtrt_id: str
    ) -> Settlement | Unknown:
        about = named(sale, setl_id, mdtrt_id)
        told = await self.question(messages.FIND_SETTLEMENT, about, region(sale))
        return as_unknown(told) if isinstance(told, Declined | Unknown) else told

    def _reversal(self, infno: str, message: Node, sale: Sale, tender: Tender) -> Request:
        """The same message on every try, also after a restart: hence no sign-in number."""
        return encode(
            self._sender,
            infno,
            tender.reversal_key,
            message,
            self._seal,
            insured_region=region(sale),
        )

    def _refusal(self, reply: Reply) -> Declined | Unknown:
        """infcode -1 on a charge."""
        try:
            available = read(DebitTold, reply.output).acctinfo.avlb_amt
        except Unreadable:
            available = None
        return self._refused(reply.words, available)

    def _refused(self, words: str, available: Fen | None) -> Declined | Unknown:
        """What a refusal in these words is worth."""
        if any(text in words for text in self._profile.pending):
            return Unknown(f"pending: {words}")
        if not self._capabilities.failure_is_final:
            return Unknown(f"infcode -1: {words}")
        reason = self._decline_reason(words)
        holds = max(available or NOTHING, NOTHING) if reason is Decline.INSUFFICIENT else NOTHING
        return Declined(reason, Fen(holds), words)


def _not_reversed(reply: Reply | NeverSent | Declined | Unknown) -> NotReversed:
    words = reply.cause if isinstance(reply, NeverSent | Unknown) else reply.words
    return NotReversed(words)
