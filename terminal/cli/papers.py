"""What happens as papers to be given out: slips, refund slips, day ends.

One rule: nothing is written or printed in the till's own thread, so that what hangs there holds up
slips and nothing else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Protocol

from terminal.checkout import Checkout
from terminal.cli.build import Plan
from terminal.receipt import refund_slip, slip, slip_code
from terminal.reports import day_lines, day_report
from terminal.sale.answers import DayRead
from terminal.sale.commands import PrintReceipt
from terminal.sale.events import (
    DayClosed,
    Event,
    Notice,
    ReceiptPrinted,
    SaleRefunded,
    SaleSettled,
)
from terminal.sale.sale import Sale

WAITING_MAX = 100
"""Papers in a sink; the next ones are told as not printed."""
FINISH_SECONDS = 5.0
"""How long the end of the program waits for papers under way."""


@dataclass(frozen=True, slots=True)
class Paper:
    """Something to be given out on paper."""

    name: str
    """`NUMBER` of a settled sale, `NUMBER-2` of its second print, `NUMBER-R` of its refund, `Z0001`
    of a day end, `X` of the day so far."""
    number: str
    """What the clerk is told to have failed, if it does."""
    rows: Callable[[int], list[str]]
    """Laid out for paper of so many columns."""
    code: str = ""
    """Printed as a QR code; "" prints none."""
    moves_cash: bool = False
    """Whether the clerk needs the drawer with it."""


class Sink(Protocol):
    def put(self, paper: Paper) -> None:
        """Has it written or printed; returns at once, and tells later what went wrong."""
        ...


Tell = Callable[[Notice], None]
"""Passes a notice on, from any thread."""


def telling(checkout: Checkout) -> Tell:
    """For the threads that write and print.  Called in the event loop that the till runs in."""
    loop = asyncio.get_running_loop()

    def tell(notice: Notice) -> None:
        # A loop that is closed has nobody left to tell.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(checkout.tell, notice)

    return tell


class Papers:
    """Makes the papers of what happens, and has every settled sale's slip counted as printed."""

    def __init__(self, checkout: Checkout, made: Plan, sinks: Sequence[Sink]) -> None:
        self._checkout, self._sinks = checkout, sinks
        self._words = made.words[made.counter.language]
        self._shop = made.counter.shop.name
        self._pending: set[asyncio.Task[None]] = set()

    def watch(self) -> None:
        self._checkout.subscribe(self._on_event)

    def _on_event(self, happened: Event | Notice, sale: Sale | None) -> None:
        if isinstance(happened, SaleSettled) and sale:
            turn = self._checkout.do_in_turn(PrintReceipt(sale.sale_id))
            task = asyncio.get_running_loop().create_task(turn)
            self._pending.add(task)
            task.add_done_callback(self._pending.discard)
        elif isinstance(happened, ReceiptPrinted) and sale:
            self._put(self._of_sale(sale))
        elif isinstance(happened, SaleRefunded) and sale:
            self._put(self._of_refund(sale))
        elif isinstance(happened, DayClosed):
            name = f"Z{happened.z:04d}"
            self._put(self._of_day(name, happened.report, happened.z, happened.witness))
        elif isinstance(happened, DayRead) and happened.on_paper:
            self._put(self._of_day("X", happened.report))

    def _put(self, paper: Paper) -> None:
        for sink in self._sinks:
            sink.put(paper)

    def _of_sale(self, sale: Sale) -> Paper:
        """`sale` counts the print that is being made."""
        before = replace(sale, receipts=sale.receipts - 1)
        copy = f"-{sale.receipts}" if before.receipts else ""
        return Paper(
            f"{sale.sale_id}{copy}",
            sale.sale_id,
            lambda width: slip(before, self._words, self._shop, width=width),
            slip_code(sale.sale_id),
            moves_cash=sale.cash_fen > 0 and not before.receipts,
        )

    def _of_refund(self, sale: Sale) -> Paper:
        return Paper(
            f"{sale.sale_id}-R",
            sale.sale_id,
            lambda width: refund_slip(sale, self._words, self._shop, width=width),
            moves_cash=sale.cash_fen > 0,
        )

    def _of_day(self, name: str, text: str, number: int | None = None, witness: str = "") -> Paper:
        """number  None: an X report"""
        report = day_report(text)

        def rows(width: int) -> list[str]:
            return day_lines(
                report, self._words, self._shop, number=number, witness=witness, width=width
            )

        return Paper(name, name, rows)
