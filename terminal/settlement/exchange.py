"""One request and its answer, whatever it is about: built, closed, sent once, opened, read.

What a question tells is data; what a charge's answer is worth is decided in `client`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from email.utils import parsedate_to_datetime

import httpx

from terminal.profile import Profile
from terminal.sale.events import Decline
from terminal.settlement import messages
from terminal.settlement.credentials import NO_CREDENTIALS, Credentials
from terminal.settlement.dialect import Reply, Request, Sender, decode, encode
from terminal.settlement.fields import Unreadable, Unsendable, read
from terminal.settlement.gateway import gateway_of
from terminal.settlement.messages.accounts import Download, DownloadFile
from terminal.settlement.messages.node import I, Node, O, Transaction
from terminal.settlement.outcome import Declined, Unknown
from terminal.settlement.seal import seal_of
from terminal.settlement.wire import Answer, NeverSent, Wire

NOT_LET_IN = ("HTTP 401", "HTTP 403")
"""Causes after which the gateway is shown a new token; the charge stays unknown all the same."""


class Exchange:
    def __init__(
        self,
        profile: Profile,
        sender: Sender,
        now: Callable[[], datetime],
        new_msgid: Callable[[], str],
        transport: httpx.AsyncBaseTransport | None = None,
        credentials: Credentials = NO_CREDENTIALS,
    ) -> None:
        """transport  where requests go instead of the network, for tests
        credentials  the keys and secrets the profile names
        """
        self._profile, self._sender = profile, sender
        self._capabilities = profile.capabilities
        self._now, self.new_msgid = now, new_msgid
        self._sign_no = ""
        self.clock_ahead_seconds = 0.0
        """How far the platform's clock was ahead of ours at its latest answer."""
        seconds = profile.timeouts.connect_seconds
        self._wire = Wire(profile.url, seconds, transport, credentials.tls)
        self._gateway = gateway_of(profile, credentials, self._wire, now)
        self._seal = seal_of(profile, credentials)

    async def close(self) -> None:
        await self._wire.close()

    def _request(self, infno: str, message: Node, insured_region: str) -> Request:
        return encode(
            self._sender,
            infno,
            self.new_msgid(),
            message,
            self._seal,
            sign_no=self._sign_no,
            insured_region=insured_region,
        )

    @property
    def shop_code(self) -> str:
        return self._sender.shop_code

    async def question(
        self,
        transaction: Transaction[I, O],
        message: I,
        insured_region: str = "",
        seconds: float | None = None,
    ) -> O | Declined | Unknown:
        """One message that moves no money: what a successful reply tells, or why there is none.

        seconds  None: as the profile says of questions
        """
        try:
            request = self._request(transaction.infno, message, insured_region)
        except Unsendable as exc:
            return Declined(Decline.REFUSED, words=str(exc))
        seconds = seconds or self._profile.timeouts.query_seconds
        reply = await self._send(request, seconds)
        if isinstance(reply, NeverSent):
            return Unknown(reply.cause)
        if isinstance(reply, Unknown):
            return reply
        if not reply.ok:
            return Declined(self._decline_reason(reply.words), words=reply.words)
        try:
            return read(transaction.output, reply.output)
        except Unreadable as exc:
            return Unknown(f"reply: {exc}")

    async def download(self, file_qury_no: str, filename: str) -> bytes | Declined | Unknown:
        """9102: a small file made for this shop.  The answer is the file itself; an envelope is a
        refusal."""
        named = Download(
            file_qury_no=file_qury_no, filename=filename, fixmedins_code=self.shop_code
        )
        try:
            request = self._request(messages.DOWNLOAD.infno, DownloadFile(fsDownloadIn=named), "")
        except Unsendable as exc:
            return Declined(Decline.REFUSED, words=str(exc))
        content = await self._fetch(request, self._profile.timeouts.query_seconds)
        if isinstance(content, NeverSent | Unknown):
            return Unknown(content.cause)
        try:
            return Declined(Decline.REFUSED, words=decode(content, self._seal).words)
        except Unreadable:
            return content

    async def _send(self, request: Request, read_seconds: float) -> Reply | NeverSent | Unknown:
        content = await self._fetch(request, read_seconds)
        if isinstance(content, NeverSent | Unknown):
            return content
        try:
            return decode(content, self._seal)
        except Unreadable as exc:
            return Unknown(f"reply: {exc}")

    async def _fetch(self, request: Request, read_seconds: float) -> bytes | NeverSent | Unknown:
        """What came back with HTTP status 200, whatever it is."""
        headers = await self._gateway.headers(request.body)
        if isinstance(headers, NeverSent):
            return headers
        answer = await self._wire.post(self._profile.path, request.body, read_seconds, headers)
        if not isinstance(answer, Answer):
            if answer.cause in NOT_LET_IN:
                self._gateway.refused()
            return answer
        self._note_clock(answer.date)
        return answer.content

    def _note_clock(self, date: str) -> None:
        """Remembers how far the platform's clock is ahead; an unreadable header says nothing."""
        try:
            told = parsedate_to_datetime(date)
            self.clock_ahead_seconds = (told - self._now()).total_seconds()
        except (TypeError, ValueError):
            return

    def _decline_reason(self, words: str) -> Decline:
        told = (d.reason for d in self._profile.declines if d.contains in words)
        return next(told, Decline.REFUSED)
