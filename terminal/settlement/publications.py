"""What the platform publishes of its catalogue: files by version, lists by page.

Questions, all of them: nothing here moves money, and everything may be asked again.
"""

from __future__ import annotations

from datetime import datetime

from terminal.clock import CHINA
from terminal.profile import Publishing
from terminal.sale.events import Decline
from terminal.settlement import messages
from terminal.settlement.dialect import decode
from terminal.settlement.exchange import Exchange
from terminal.settlement.fields import Unreadable
from terminal.settlement.messages.accounts import Download, DownloadFile
from terminal.settlement.messages.catalogue import (
    AskFile,
    AskPage,
    CatalogueFile,
    FirstShare,
    ListedItem,
    PageAsked,
    PriceLimit,
    VersionHeld,
)
from terminal.settlement.outcome import Declined, Unknown
from terminal.settlement.wire import Answer, NeverSent, Take

ZIP = b"PK"
ENVELOPE_BYTES_MAX = 100_000
"""Of an answer that is no file but says why there is none."""

PageRow = ListedItem | PriceLimit | FirstShare


class Publications(Exchange):
    async def newer_file(self, infno: str, version: str) -> CatalogueFile | Declined | Unknown:
        """What there is beyond a version; `data_cnt` 0, or no file number, says nothing."""
        asked = AskFile(data=VersionHeld(ver=version))
        told = await self.question(messages.TABLE[infno], asked)
        if isinstance(told, Declined | Unknown):
            return told
        found: CatalogueFile = told.data
        return found

    async def fetch(
        self, file: CatalogueFile, publishing: Publishing, take: Take
    ) -> Declined | Unknown | None:
        """9102: the file's bytes go to `take`; they count when None comes back."""
        institution = publishing.institution or self._sender.shop_code
        asked = DownloadFile(
            fsDownloadIn=Download(
                file_qury_no=file.file_qury_no,
                filename=file.filename,
                fixmedins_code=institution,
            )
        )
        request = self._request(messages.DOWNLOAD.infno, asked, "")
        headers = await self._gateway.headers(request.body)
        if isinstance(headers, NeverSent):
            return Unknown(headers.cause)
        head = bytearray()

        def note(chunk: bytes) -> None:
            head.extend(chunk[: ENVELOPE_BYTES_MAX - len(head)])
            take(chunk)

        seconds = publishing.download_seconds
        answer = await self._wire.save(self._profile.path, request.body, seconds, headers, note)
        if not isinstance(answer, Answer):
            return Unknown(answer.cause)
        return self._refusal_instead(bytes(head))

    async def page(
        self, infno: str, number: int, rows: int, since: datetime
    ) -> tuple[PageRow, ...] | Declined | Unknown:
        """One page of a list of what changed since; one with fewer rows than asked is the last."""
        moment = f"{since.astimezone(CHINA):%Y-%m-%d %H:%M:%S}"
        asked = AskPage(data=PageAsked(page_num=number, page_size=rows, updt_time=moment))
        told = await self.question(messages.TABLE[infno], asked)
        return told if isinstance(told, Declined | Unknown) else told.data

    def _refusal_instead(self, head: bytes) -> Declined | Unknown | None:
        """An envelope where a file should be; None: it is a file."""
        if head.startswith(ZIP) or not head.lstrip().startswith(b"{"):
            return None if head else Unknown("reply: an empty file")
        try:
            reply = decode(head, self._seal)
        except Unreadable as exc:
            return Unknown(f"reply: {exc}")
        return Declined(Decline.REFUSED, words=reply.words or "no file")
