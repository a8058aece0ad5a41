"""Fetches what the platform publishes: files by version until there is none newer, lists by page.

One rule: what was read is not asked for again, and the till sees nothing of it before all is there.
A platform that falls silent ends the download; the next one goes on where this one ended.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from terminal.catalogue.national import NationalWriter, Term
from terminal.catalogue.published import CLASSES, Published, day, read_published
from terminal.profile import FileColumns, Publishing
from terminal.sale.money import NOTHING
from terminal.settlement.messages.catalogue import FirstShare, ListedItem, PriceLimit
from terminal.settlement.outcome import Declined, Unknown
from terminal.settlement.publications import PageRow, Publications

FILES_MAX = 1_000
"""Versions of one file in one download."""
PAGES_MAX = 10_000
TOLD_EVERY_PAGES = 10
MISTAKES_TOLD_MAX = 50
EVER = datetime(2000, 1, 1, tzinfo=UTC)
MARGIN = timedelta(days=1)
"""A list is read again from a day before it was last read, because clocks differ; rows may come
twice."""
NO_LIMIT = Decimal(999_999)
"""As real replies write it."""


class Silent(Exception):
    """The platform gave no usable answer; what was read before is kept."""


class Downloading:
    def __init__(
        self,
        platform: Publications,
        publishing: Publishing,
        writer: NationalWriter,
        fetched: Path,
        now: Callable[[], datetime],
        tell: Callable[[str], None],
    ) -> None:
        """fetched  where a file lies while it is read
        tell  given a sentence about how far it is
        """
        self._platform, self._publishing, self._writer = platform, publishing, writer
        self._fetched, self._now, self._tell = fetched, now, tell
        self.refused: list[str] = []
        """What the platform does not publish, in its own words."""

    async def everything(self) -> None:
        """Raises Silent, CatalogueError."""
        held = self._writer.held()
        try:
            for infno, columns in self._publishing.files.items():
                version = held.get(infno, self._publishing.first_version)
                await self._files(infno, columns, version)
        finally:
            self._fetched.unlink(missing_ok=True)
        for infno in self._publishing.lists:
            since = datetime.fromisoformat(held[infno]) if infno in held else EVER
            await self._pages(infno, since)

    async def _files(self, infno: str, columns: FileColumns, version: str) -> None:
        for _ in range(FILES_MAX):
            file = await self._platform.newer_file(infno, version)
            if isinstance(file, Declined | Unknown):
                self._stop(infno, file)
                return
            if not file.file_qury_no or file.data_cnt == 0:
                return
            with self._fetched.open("wb") as into:
                trouble = await self._platform.fetch(file, self._publishing, into.write)
            if trouble:
                self._stop(infno, trouble)
                return
            at = _iso(self._now())
            newest = put_file(self._writer, infno, self._fetched, columns, version, at, self._tell)
            if newest <= version:
                return
            version = newest

    async def _pages(self, infno: str, since: datetime) -> None:
        began, count = self._now(), 0
        for number in range(1, PAGES_MAX + 1):
            rows = await self._platform.page(infno, number, self._publishing.page_rows, since)
            if isinstance(rows, Declined | Unknown):
                self._stop(infno, rows)
                return
            count += self._writer.put_terms(term for row in rows if (term := term_of(row)))
            is_last = len(rows) < self._publishing.page_rows
            if is_last or number % TOLD_EVERY_PAGES == 0:
                self._tell(f"{infno} page {number}: {count} rows read")
            if is_last:
                break
        self._writer.finish(infno, _iso(began - MARGIN), _iso(began))

    def _stop(self, infno: str, why: Declined | Unknown) -> None:
        if isinstance(why, Unknown):
            raise Silent(f"{infno}: {why.cause}")
        self.refused.append(f"{infno}: {why.words}")
        self._tell(f"{infno}: refused: {why.words}")


def put_file(
    writer: NationalWriter,
    infno: str,
    path: Path,
    columns: FileColumns,
    version: str,
    at: str,
    tell: Callable[[str], None],
) -> str:
    """Puts one published file in and returns the newest version in it, or `version`.

    at  now, ISO 8601

    Raises CatalogueError
    """
    newest, mistakes = version, list[str]()

    def rows() -> Iterator[Published]:
        nonlocal newest
        for row in read_published(path, columns, mistakes.append):
            newest = max(newest, row.version)
            yield row

    count = writer.put_rows(infno, rows())
    writer.finish(infno, newest, at)
    for mistake in mistakes[:MISTAKES_TOLD_MAX]:
        tell(mistake)
    tell(f"{infno} {newest}: {count} rows read, {len(mistakes)} passed over")
    return newest


def term_of(row: PageRow) -> Term | None:
    """None: the row says nothing a till could show."""
    value = _value(row)
    if value is None or not row.hilist_code:
        return None
    kind, kind_type, text = value
    begins, ends = day(row.begndate), day(row.enddate)
    is_valid = row.vali_flag != "0"
    return Term(row.hilist_code, kind, kind_type, row.insu_admdvs, begins, ends, is_valid, text)


def _value(row: PageRow) -> tuple[str, str, str] | None:
    """Kind, type and value."""
    match row:
        case ListedItem(chrgitm_lv=level, list_type=list_type) if level in CLASSES:
            return "class", list_type, CLASSES[level]
        case PriceLimit(hilist_pric_uplmt_amt=limit, hilist_lmtpric_type=limit_type) if (
            limit is not None and NOTHING <= limit < NO_LIMIT
        ):
            # A price in whole fen is above the limit just when it is above the limit's whole fen.
            return "limit", limit_type, str(int(limit * 100))
        case FirstShare(selfpay_prop=share) if share is not None and 0 <= share <= 1:
            kinds = f"{row.selfpay_prop_psn_type}/{row.selfpay_prop_type}"
            return "share", kinds, str(int(share * 10_000))
        case _:
            return None


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
