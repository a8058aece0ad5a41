"""Compares the journal's settlements with the platform's books, for the day end and on request."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Protocol, TypeVar

from terminal.clock import CHINA, Clock
from terminal.journal import Journal
from terminal.journal.sales import charged_between, first_unreported_day, senders
from terminal.profile import Profile
from terminal.sale.answers import Reconciled
from terminal.sale.commands import Reconcile
from terminal.sale.events import Refused
from terminal.sale.statement import Reconciliation
from terminal.settlement.dialect import IdSpace
from terminal.settlement.exchange import Exchange
from terminal.settlement.statements import Period, Statements

T = TypeVar("T")

DAYS_MAX = 31
"""Of one comparison; a platform looks at a month at most."""
AROUND = timedelta(days=1)
"""By its clock a platform may book a charge on the day before its message was made, or after."""


class Read(Protocol):
    async def __call__(self, work: Callable[[Journal], T]) -> T:
        """What `work` finds in the journal."""
        ...


class Reconciling:
    def __init__(
        self, read: Read, exchange: Exchange, profile: Profile, ids: IdSpace, clock: Clock
    ) -> None:
        self._read, self._clock, self._ids = read, clock, ids
        books = profile.reconciliation
        self._statements = Statements(exchange, books, ids) if books else None

    async def answer(self, command: Reconcile) -> Reconciled | Refused:
        try:
            first = date.fromisoformat(command.first_day) if command.first_day else None
            last = date.fromisoformat(command.last_day) if command.last_day else self._today()
        except ValueError:
            return Refused("not_a_day")
        if first and not last - timedelta(days=DAYS_MAX) < first <= last:
            return Refused("too_many_days")
        reconciliation = await self._of(first, last)
        return Reconciled(reconciliation) if reconciliation else Refused("no_books")

    async def unreported(self) -> Reconciliation | None:
        """Of every day since the last Z report, a month at most; None: the profile says nothing of
        how this platform is asked."""
        return await self._of(None, self._today())

    async def _of(self, first: date | None, last: date) -> Reconciliation | None:
        """first  None: the first day with a sale in no Z report"""
        if self._statements is None:
            return None
        if first is None:
            unreported = await self._read(first_unreported_day) or last
            first = max(min(unreported, last), last - timedelta(days=DAYS_MAX - 1))
        low, high = self._ids.between(_midnight(first) - AROUND, _midnight(last) + 2 * AROUND)
        sales = await self._read(lambda journal: charged_between(journal, low, high))
        return await self._statements.reconcile(
            sales,
            lambda ids: self._read(lambda journal: senders(journal, ids)),
            Period(first.isoformat(), last.isoformat()),
            self._clock.now().isoformat(timespec="seconds"),
        )

    def _today(self) -> date:
        return self._clock.now().astimezone(CHINA).date()


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), CHINA)
