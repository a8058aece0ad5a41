"""What the screen was told: the latest notice, the waits, the scanners, the last good scan.

One rule: a memory for drawing, never a source of truth.  Forgetting all of it changes what is said
on the screen and nothing about any sale.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import get_args

from terminal.sale.answers import DayRead, SaleFound, SalesListed
from terminal.sale.events import (
    CancelRequested,
    Event,
    Notice,
    PrinterChanged,
    RefundRequested,
    SaleHeld,
    SaleOpened,
    SaleRecalled,
    SaleRefunded,
    SaleSettled,
    ScannerChanged,
    VoucherAccepted,
    Waiting,
)
from terminal.sale.sale import Sale

REMEMBERED_MAX = 200
"""Lines of the history that can be drawn again, in another language too."""


ANSWERS = (SalesListed, SaleFound, DayRead)
"""What is shown in a dialog of its own and says nothing about the counter."""
LEAVES_COUNTER = (CancelRequested, SaleSettled, RefundRequested, SaleHeld)
"""After one of these the sale is no longer, or not again, on the counter."""


@dataclass(frozen=True, slots=True)
class Wait:
    """A `Waiting` notice and when it was told, seconds of the monotonic clock."""

    notice: Waiting
    told_at: float

    def next_in_seconds(self, now: float) -> int:
        return _whole(self.told_at + self.notice.next_in_seconds - now)

    def gives_up_in_seconds(self, now: float) -> int | None:
        gives_up = self.notice.gives_up_in_seconds
        return None if gives_up is None else _whole(self.told_at + gives_up - now)


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of the history."""

    at: datetime
    happened: Event | Notice


@dataclass(slots=True)
class Told:
    notice: Notice | None = None
    """The latest one, until an event follows."""
    notice_at: float = 0.0
    """When it was told, seconds of the monotonic clock."""
    ended: Sale | None = None
    """The sale that left the counter latest, until the next one opens."""
    refunded: Sale | None = None
    """The sale refunded latest, until the next one leaves the counter."""
    waits: dict[str, Wait] = field(default_factory=dict)
    """By sale number, only while the sale is open."""
    lost_scanners: dict[str, str] = field(default_factory=dict)
    """Address of each scanner that is lost -> what is known about it."""
    printer_trouble: str = ""
    """Why the printer does not print; "" while it does, or where there is none."""
    last_voucher_at: datetime | None = None
    """None: no voucher has been read since this program started."""
    quiet_since: float = 0.0
    """When something was told last, seconds of the monotonic clock."""
    history: deque[Happening] = field(default_factory=lambda: deque(maxlen=REMEMBERED_MAX))

    def hear(
        self, happened: Event | Notice, sale: Sale | None, now: datetime, seconds: float
    ) -> None:
        """now: aware UTC; seconds: of the monotonic clock."""
        self.quiet_since = seconds
        if isinstance(happened, Waiting):
            self.waits[happened.sale_id] = Wait(happened, seconds)
            return
        if isinstance(happened, ANSWERS):
            return
        self.history.append(Happening(now, happened))
        if isinstance(happened, get_args(Notice)):
            self.notice_at = seconds
            self._hear_notice(happened)
        else:
            self._hear_event(happened, sale, now)

    def _hear_notice(self, notice: Event | Notice) -> None:
        assert isinstance(notice, get_args(Notice))
        self.notice = notice
        if isinstance(notice, ScannerChanged):
            self.lost_scanners.pop(notice.url, None)
            if notice.state == "lost":
                self.lost_scanners[notice.url] = notice.detail
        if isinstance(notice, PrinterChanged):
            self.printer_trouble = "" if notice.state == "ready" else notice.state

    def _hear_event(self, event: Event | Notice, sale: Sale | None, now: datetime) -> None:
        if sale and (sale.closed or sale.unresolved is None):
            self.waits.pop(sale.sale_id, None)
        if isinstance(event, VoucherAccepted):
            self.last_voucher_at = now
        if isinstance(event, LEAVES_COUNTER):
            self.refunded = None
        elif isinstance(event, SaleRefunded):
            self.refunded = sale
        if isinstance(event, SaleOpened | SaleRecalled):
            self.ended = None
        elif isinstance(event, LEAVES_COUNTER) or self._is_ended(sale):
            self.ended = sale
        if not _behind_the_counter(event, sale):
            self.notice = None

    def _is_ended(self, sale: Sale | None) -> bool:
        return bool(sale and self.ended and sale.sale_id == self.ended.sale_id)


def _behind_the_counter(event: Event | Notice, sale: Sale | None) -> bool:
    """Whether it happened to a sale being undone: no answer to what the clerk did last."""
    return bool(sale and sale.undoing and not isinstance(event, LEAVES_COUNTER))


def _whole(seconds: float) -> int:
    """Rounded up, so that "0" is said only when the time has come."""
    return max(0, -int(-seconds // 1))
