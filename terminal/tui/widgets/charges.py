"""Every attempt to take money in this sale, one row each, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass

from textual.content import Content

from terminal.sale.money import yuan
from terminal.sale.sale import Status, Tender
from terminal.text import Words, visible
from terminal.tui.cells import ends, fit, flow, right
from terminal.tui.widgets.panel import Panel

STYLES = {
    Status.INTENDED: "bold $secondary",
    Status.UNKNOWN: "bold $warning",
    Status.APPROVED: "bold $success",
    Status.DECLINED: "$muted",
    Status.REVERSING: "bold $warning",
    Status.REVERSED: "$muted",
}


@dataclass(frozen=True, slots=True)
class ChargesShown:
    words: Words
    tenders: tuple[Tender, ...]


class ChargesPanel(Panel[ChargesShown]):
    def rows(self, shown: ChargesShown, cells: int, height: int) -> list[Content]:
        if not shown.tenders:
            told = flow(shown.words.say("screen.empty_charges"), cells - 2, height)
            return [Content.styled(f" {row}", "$muted") for row in told]
        rows = [row for tender in shown.tenders for row in _tender(tender, shown.words, cells)]
        return rows[-height:]


def _tender(tender: Tender, words: Words, cells: int) -> list[Content]:
    account = words.say(f"account.{tender.account}")
    status = words.say(f"tender.{tender.status}")
    approved = tender.status is Status.APPROVED
    amount = tender.split.paid_fen if approved else tender.asked_fen
    last = f"{right(yuan(amount), 10)}  {fit(status, 9)}"
    row = Content.styled(ends(account, last, cells), STYLES[tender.status])
    if tender.reason is None:
        return [row]
    reason = words.say(f"decline.{tender.reason}")
    told = flow(f"{reason} {visible(tender.words)}".strip(), cells - 2, 1)
    return [row, *(Content.styled(f"  {line}", "$muted") for line in told)]
