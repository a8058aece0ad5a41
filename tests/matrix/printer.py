"""The shop's printer: the product's own queue, without its thread, over a printer that fails when
it is told to.  What came out of it is kept, torn pieces too.
"""

from __future__ import annotations

from collections.abc import Callable

from drivers.printer_address import PrinterLost, Trouble
from terminal import config
from terminal.cli.papers import Paper, Tell
from terminal.cli.printing import PrintQueue
from terminal.escpos.reading import Cut, Row, deeds
from terminal.text import Words


class ShopPrinter:
    def __init__(self) -> None:
        self.out: list[bytes] = []
        self.trouble: Callable[[bytes], None] | None = None
        """What happens to the next paper; may raise PrinterLost or Killed."""

    def print(self, data: bytes) -> bool:
        if trouble := self.trouble:
            self.trouble = None
            trouble(data)
        self.out.append(data)
        return True

    def look(self) -> bool:
        return True

    def tear(self, data: bytes) -> None:
        """All of the text comes out, and then no more."""
        self.out.append(data[: data.rindex(b"\x1dV")])

    @property
    def papers(self) -> list[list[str]]:
        """The rows of each paper that came out, in order."""
        printed = [[d for d in deeds(data) if not isinstance(d, Cut)] for data in self.out]
        return [
            [deed.text.strip() for deed in done if isinstance(deed, Row) and deed.text.strip()]
            for done in printed
        ]


class AtOnceQueue(PrintQueue):
    """Prints a paper where the thread would have begun to: one order of things for each seed."""

    def __init__(self, printer: ShopPrinter, words: Words, tell: Tell) -> None:
        super().__init__(printer, config.Printer("file:///paper"), words, tell, retry_seconds=0.0)

    def put(self, paper: Paper) -> None:
        super().put(paper)
        job = self._waiting.get_nowait()
        assert job
        self._print(job)


def fails(printer: ShopPrinter, trouble: Trouble, *, begun: bool) -> None:
    """The next paper fails once, before anything of it came out or when all of its text had."""

    def strike(data: bytes) -> None:
        if begun:
            printer.tear(data)
        raise PrinterLost(trouble, "the printer fails", begun=begun)

    printer.trouble = strike


def second_originals(printer: ShopPrinter, sale_id: str, words: Words) -> list[str]:
    """What is wrong with the slips of one sale that came out: only its first may be unmarked.

    A Z report may name the sale too; only a slip has its number in a row of its own.
    """
    number_row = words.say("receipt.number", number=sale_id)
    mark, refund_title = words.say("receipt.copy"), words.say("receipt.title_refund")
    slips = [rows for rows in printer.papers if refund_title not in rows and number_row in rows]
    return [
        f"the printed slip {number} of {sale_id} is not marked as a copy"
        for number, rows in enumerate(slips, start=1)
        if number > 1 and mark not in rows
    ]
