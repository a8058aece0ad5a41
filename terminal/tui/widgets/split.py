"""Who pays what: a bar in proportion, an amount for each payer, and one plain reason.

One rule: readable without colour; every payer has a letter and a pattern of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.content import Content

from terminal.sale.events import Account
from terminal.sale.money import Fen, yuan
from terminal.sale.sale import Sale
from terminal.sale.steps import Phase
from terminal.text import Words
from terminal.tui.cells import cut, ends, fit, flow, right, width
from terminal.tui.shares import Known, Payer, Share, cash_fen, divide_cells, shares, why
from terminal.tui.widgets.panel import Panel

PATTERN = {Payer.FUND: "▓", Payer.PERSONAL: "▒", Payer.MUTUAL_AID: "░", Payer.CASH: "·"}
OPEN_PATTERN = "?"
KNOWN_STYLES = {
    Known.PAID: "bold $success",
    Known.QUOTED: "$muted",
    Known.ASKING: "bold $warning",
    Known.DUE: "bold $warning",
    Known.RETURNING: "bold $warning",
    Known.LATER: "$muted",
    Known.UNUSED: "$faint",
}


@dataclass(frozen=True, slots=True)
class SplitShown:
    words: Words
    sale: Sale | None
    phase: Phase
    order: tuple[Account, ...]


class SplitPanel(Panel[SplitShown]):
    def rows(self, shown: SplitShown, cells: int, height: int) -> list[Content]:
        sale, words = shown.sale, shown.words
        if sale is None or not sale.lines:
            told = flow(words.say("screen.empty_split"), cells - 2, height)
            return [Content(""), *(Content.styled(f" {row}", "$muted") for row in told)]
        found = shares(sale, shown.phase, shown.order)
        bar = _bar(found, sale, words, cells)
        thick, spaced = height >= 12, height >= 14
        rows = [bar] * (3 if thick else 1) + [Content("")] * spaced
        if thick:
            rows[0] = rows[2] = _bar(found, sale, words, cells, lettered=False)
        rows += [_legend(share, words, cells) for share in found]
        rows += [Content("")] * spaced
        rows.append(_due(sale, words, cells))
        rows += [Content("")] * (spaced and height >= 16)
        reason = flow(reason_sentence(shown), cells, max(0, height - len(rows)))
        return [*rows, *(Content.styled(row, "$muted") for row in reason)]


def reason_sentence(shown: SplitShown) -> str:
    """Why it is divided so, in one sentence."""
    words, sale = shown.words, shown.sale
    reason = why(sale, shown.phase)
    order = [_asked_account(account, words) for account in shown.order]
    order.append(words.say(f"payer.{Payer.CASH}"))
    cash = cash_fen(sale, shown.phase) if sale else Fen(0)
    return words.say(f"why.{reason}", order=" → ".join(order), cash=yuan(cash))


def _asked_account(account: Account, words: Words) -> str:
    """Short; the platform that splits by itself is asked as "the insurance"."""
    whole = account is Account.INSURANCE
    return words.say(f"account.{account}" if whole else f"payer.{account}")


def _bar(
    found: Sequence[Share], sale: Sale, words: Words, cells: int, *, lettered: bool = True
) -> Content:
    """One row of exactly `cells`: a stretch for each amount, "?" for what nobody has named."""
    named = [share.amount_fen or 0 for share in found]
    asked = [share.known in (Known.ASKING, Known.RETURNING) for share in found]
    rest = 0 if sale.undoing else max(0, sale.total_fen - sum(named))
    stretches = divide_cells([*named, rest], cells)
    parts: list[tuple[str, str]] = []
    for share, length, is_asked in zip(found, stretches, asked, strict=False):
        pattern = OPEN_PATTERN if is_asked else PATTERN[share.payer]
        letter = words.say(f"letter.{share.payer}") if lettered else ""
        parts.append(
            (_stretch(letter, pattern, length), f"${share.payer} on ${share.payer}-ground")
        )
    unnamed = OPEN_PATTERN if lettered else ""
    parts.append((_stretch(unnamed, " ", stretches[-1]), "$muted on $panel"))
    return Content.assemble(*parts)


def _stretch(letter: str, pattern: str, length: int) -> str:
    """The letter between two halves of pattern."""
    if not letter or length < width(letter):
        return pattern * length
    before = (length - width(letter)) // 2
    return pattern * before + letter + pattern * (length - width(letter) - before)


def _legend(share: Share, words: Words, cells: int) -> Content:
    letter = words.say(f"letter.{share.payer}")
    known = words.say(f"known.{share.known}")
    style = "" if share.amount_fen else "$muted"
    mark = f"{letter}{PATTERN[share.payer]}"
    label = f" {words.say(f'payer.{share.payer}')}"
    if share.known is Known.LATER:
        last = known
    else:
        amount = "" if share.amount_fen is None else yuan(share.amount_fen)
        last = f"{right(amount, 9)} {fit(known, _known_cells(words))}"
    room = cells - width(mark) - width(last)
    return Content.assemble(
        (mark, f"bold ${share.payer} on ${share.payer}-ground"),
        (fit(cut(label, room), room), style),
        (last, KNOWN_STYLES[share.known]),
    )


def _known_cells(words: Words) -> int:
    short = (known for known in Known if known is not Known.LATER)
    return max(width(words.say(f"known.{known}")) for known in short)


def _due(sale: Sale, words: Words, cells: int) -> Content:
    total = f"{words.say('screen.total')} {yuan(sale.total_fen)}"
    if sale.undoing:
        key = "returned" if sale.closed else "returning"
        style = "bold $success" if sale.closed else "bold $warning"
        return Content.styled(ends(total, words.say(f"screen.{key}"), cells), style)
    if sale.due_fen:
        return Content.styled(
            ends(total, f"{words.say('screen.due')} ¥ {yuan(sale.due_fen)}", cells), "bold"
        )
    return Content.styled(ends(total, f"✓ {words.say('screen.paid_up')}", cells), "bold $success")
