"""Slips as files: what stands in for a printer where there is none."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from terminal.checkout import Checkout
from terminal.cli.build import Plan
from terminal.cli.exits import Exit, Stop
from terminal.receipt import slip
from terminal.sale.commands import PrintReceipt
from terminal.sale.events import Event, Notice, PrinterFailed, ReceiptPrinted, SaleSettled
from terminal.sale.sale import Sale


class SlipFiles:
    """Writes `NUMBER.txt` for each settled sale, `NUMBER-2.txt` for the second print …"""

    def __init__(self, checkout: Checkout, made: Plan, folder: Path) -> None:
        """Raises Stop(CONFIG) where the folder cannot be made."""
        self._checkout, self._folder = checkout, folder
        self._words = made.words[made.counter.language]
        self._shop = made.counter.shop.name
        self._pending: set[asyncio.Task[None]] = set()
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as exc:
            raise Stop(Exit.CONFIG, f"--slips {folder}: {exc.strerror}") from exc

    def watch(self) -> None:
        self._checkout.subscribe(self._on_event)

    def _on_event(self, happened: Event | Notice, sale: Sale | None) -> None:
        if isinstance(happened, SaleSettled) and sale:
            turn = self._checkout.do_in_turn(PrintReceipt(sale.sale_id))
            task = asyncio.get_running_loop().create_task(turn)
            self._pending.add(task)
            task.add_done_callback(self._pending.discard)
        elif isinstance(happened, ReceiptPrinted) and sale:
            self._write(sale)

    def _write(self, sale: Sale) -> None:
        """`sale` counts the print that is being written."""
        copy = f"-{sale.receipts}" if sale.receipts > 1 else ""
        path = self._folder / f"{sale.sale_id}{copy}.txt"
        rows = slip(replace(sale, receipts=sale.receipts - 1), self._words, self._shop)
        try:
            path.write_text("\n".join(rows) + "\n", encoding="utf-8")
        except OSError as exc:
            self._checkout.tell(PrinterFailed(sale.sale_id, f"{path}: {exc.strerror}"))
