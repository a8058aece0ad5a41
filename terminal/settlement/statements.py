"""Reconciliation: the till's settlements of some days beside the platform's.

    3201   the sums of each (insutype, clr_type, setl_optins)
    9101   where sums differ: the till's settlements as a file
    3202   compares that file settlement by settlement
    9102   the result, in which each differing one is named by its message id

Nothing here moves money or changes a journal; what to do about a difference is a person's decision.
An institution's sums are of all its tills: where only the others' settlements are left over, the
books agree.
"""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from terminal.profile import Books
from terminal.sale.money import Fen
from terminal.sale.reconcile import (
    Booked,
    Group,
    Line,
    Sums,
    Unsaid,
    booked,
    differences,
    summed,
)
from terminal.sale.sale import Sale
from terminal.sale.statement import Reconciliation, Verdict
from terminal.settlement import messages
from terminal.settlement.dialect import IdSpace, made_at
from terminal.settlement.exchange import Exchange
from terminal.settlement.fields import Unreadable
from terminal.settlement.messages.accounts import (
    DetailTotals,
    Reconcile,
    ReconcileRows,
    Totals,
    Upload,
    UploadFile,
)
from terminal.settlement.outcome import Declined, Unknown
from terminal.settlement.statement_file import EQUAL, packed, result_lines

FILE_NAME = "statement.zip"

FindSales = Callable[[Collection[str]], Awaitable[Mapping[str, Sale]]]
"""Message ids -> the sales that sent them, by message id; those nobody sent are left out."""


@dataclass(frozen=True, slots=True)
class Period:
    """Days in China time, yyyy-MM-dd; both belong to it."""

    first_day: str
    last_day: str

    def holds(self, day: str) -> bool:
        return self.first_day <= day <= self.last_day


class _NoAnswer(Exception):
    """The message says why, in the platform's words or as a code."""


class Statements:
    def __init__(self, exchange: Exchange, books: Books, ids: IdSpace) -> None:
        """ids  of the till whose journal it is"""
        self._exchange, self._books, self._ids = exchange, books, ids

    async def reconcile(
        self, sales: Sequence[Sale], find: FindSales, period: Period, at: str
    ) -> Reconciliation:
        """What the two books say of each other.

        sales  every sale with a charge that could be settled in the period, and any others
        at     now, ISO 8601, UTC
        """
        unsaid = Unsaid(self._books.clr_type, self._books.setl_optins, _day_made)
        ours = [each for each in booked(sales, unsaid) if period.holds(each.day)]
        made = Reconciliation(
            at,
            period.first_day,
            period.last_day,
            Verdict.AGREES,
            len(ours),
            Fen(sum(each.total_fen for each in ours)),
        )
        try:
            lines = await self._differing(ours, period)
        except _NoAnswer as exc:
            return replace(made, verdict=Verdict.UNANSWERED, words=str(exc))
        if lines is None:
            return made
        own = [line for line in lines if not self._ids.is_another_tills(line.message_id)]
        senders = await find({line.message_id for line in own})
        found = differences(own, ours, senders)
        agrees = lines and not found
        return replace(
            made,
            verdict=Verdict.AGREES if agrees else Verdict.DIFFERS,
            differences=found,
            other_tills=len(lines) - len(own),
        )

    async def _differing(self, ours: Sequence[Booked], period: Period) -> list[Line] | None:
        """What differs, settlement by settlement; None: all sums are equal.  Raises _NoAnswer."""
        asked = {
            Group(insutype, self._books.clr_type, self._books.setl_optins)
            for insutype in self._books.insutypes
        }
        apart = []
        for group in sorted(asked | {each.group for each in ours}):
            sums = summed(each for each in ours if each.group == group)
            if not await self._are_equal(group, sums, period):
                apart.append(group)
        if not apart:
            return None
        lines: list[Line] = []
        for kind, place in sorted({(group.kind, group.place) for group in apart}):
            of_place = [each for each in ours if each.group[1:] == (kind, place)]
            lines += await self._compared(kind, place, of_place, period)
        return lines

    async def _are_equal(self, group: Group, sums: Sums, period: Period) -> bool:
        """3201.  Raises _NoAnswer."""
        totals = Totals(
            insutype=group.insutype,
            clr_type=group.kind,
            setl_optins=group.place,
            stmt_begndate=period.first_day,
            stmt_enddate=period.last_day,
            medfee_sumamt=sums.total_fen,
            fund_pay_sumamt=sums.fund_fen,
            acct_pay=sums.account_fen,
            fixmedins_setl_cnt=sums.count,
        )
        told = await self._exchange.question(messages.RECONCILE, Reconcile(data=totals))
        if isinstance(told, Declined | Unknown):
            raise _no_answer(told)
        return told.stmtinfo.stmt_rslt == EQUAL

    async def _compared(
        self, kind: str, place: str, ours: Sequence[Booked], period: Period
    ) -> list[Line]:
        """9101, 3202 and 9102.  Raises _NoAnswer."""
        upload = Upload(
            content=base64.b64encode(packed(ours)).decode("ascii"),
            filename=FILE_NAME,
            fixmedins_code=self._exchange.shop_code,
        )
        taken = await self._exchange.question(messages.UPLOAD, UploadFile(fsUploadIn=upload))
        if isinstance(taken, Declined | Unknown):
            raise _no_answer(taken)
        sums = summed(ours)
        about = DetailTotals(
            setl_optins=place,
            file_qury_no=taken.fsUploadOut.file_qury_no,
            stmt_begndate=period.first_day,
            stmt_enddate=period.last_day,
            medfee_sumamt=sums.total_fen,
            fund_pay_sumamt=sums.fund_fen,
            cash_payamt=sums.cash_fen,
            fixmedins_setl_cnt=sums.count,
            clr_type=kind,
        )
        told = await self._exchange.question(messages.RECONCILE_ROWS, ReconcileRows(data=about))
        if isinstance(told, Declined | Unknown):
            raise _no_answer(told)
        result = told.fileinfo
        file = await self._exchange.download(result.file_qury_no, result.filename)
        if isinstance(file, Declined | Unknown):
            raise _no_answer(file)
        try:
            return result_lines(file)
        except Unreadable as exc:
            raise _NoAnswer(str(exc)) from exc


def _day_made(message_id: str) -> str:
    return f"{made_at(message_id):%Y-%m-%d}"


def _no_answer(answer: Declined | Unknown) -> _NoAnswer:
    return _NoAnswer(answer.words if isinstance(answer, Declined) else answer.cause)
