"""The customer: who the voucher belongs to, who showed it, and how long it lives.

One rule: nothing of a voucher is here before its signature held; the till sees to that.
"""

from __future__ import annotations

from dataclasses import dataclass

from textual.content import Content

from terminal.sale.events import ShownAs
from terminal.sale.money import yuan
from terminal.sale.sale import Sale
from terminal.text import Words, visible
from terminal.tui.cells import cut, fit, flow, width
from terminal.tui.widgets.panel import Panel
from terminal.tui.wording import another_city, words_of_region

PLENTY_SECONDS = 30
SCARCE_SECONDS = 10
LIFE_SECONDS = 60
"""What a voucher usually lives; the bar is full at this and above."""


@dataclass(frozen=True, slots=True)
class CustomerShown:
    words: Words
    sale: Sale | None
    seconds_left: int
    """Of the voucher's life; below 1 it has expired."""


class CustomerPanel(Panel[CustomerShown]):
    def rows(self, shown: CustomerShown, cells: int, height: int) -> list[Content]:
        sale, words = shown.sale, shown.words
        if sale is None or sale.voucher is None:
            key = "self_pay_customer" if sale and sale.self_pay else "empty_customer"
            told = flow(words.say(f"screen.{key}"), cells - 2, height)
            return [Content(""), *(Content.styled(f" {row}", "$muted") for row in told)]
        rows = [
            *_name(sale, words, cells, tall=height >= 7),
            _insurance(sale, words, cells),
            _life(shown, cells),
            _balance(sale, words, cells),
        ]
        if another_city(sale):
            place = words_of_region(sale.voucher.region, words)
            warning = flow(words.say("customer.city", code_place=place), cells, 2)
            rows += [Content.styled(row, "bold $warning") for row in warning]
        return rows


def _name(sale: Sale, words: Words, cells: int, *, tall: bool) -> list[Content]:
    """The masked name on a block of its own, and whose phone it is."""
    voucher = sale.voucher
    assert voucher
    told = sale.person.masked_name if sale.person else ""
    name = " ".join(visible(told or voucher.masked_name, 16))
    shown_by = words.say("customer.relative" if voucher.by_relative else "customer.holder")
    style = "bold $warning" if voucher.by_relative else "$muted"
    block = cut(f"  {name}  ", cells)
    first = Content.assemble(
        (block, "bold $name on $name-ground"), (cut(f" {shown_by}", cells - width(block)), style)
    )
    if not tall:
        return [first]
    margin = Content.styled(" " * width(block), "on $name-ground")
    return [margin, first, margin]


def _insurance(sale: Sale, words: Words, cells: int) -> Content:
    voucher = sale.voucher
    assert voucher
    insutype = sale.person.insutype if sale.person else voucher.insutype
    region = sale.person.region if sale.person else voucher.region
    place = words_of_region(region, words)
    digits = visible(region, 6)
    kind = words.say_code("insutype", visible(insutype, 6))
    short = f"{kind} · {place}"
    full = f"{short} {digits}" if place != digits else short
    return Content(full if width(full) <= cells else cut(short, cells))


def _life(shown: CustomerShown, cells: int) -> Content:
    """The countdown.  Once the platform has identified the holder it no longer presses."""
    words, left = shown.words, shown.seconds_left
    assert shown.sale
    assert shown.sale.voucher
    shown_as = shown.sale.voucher.shown_as
    if shown_as in (ShownAs.CARD, ShownAs.IDENTITY):
        return Content.styled(cut(words.say(f"customer.by_{shown_as}"), cells), "bold $warning")
    bound = shown.sale.person is not None
    if left < 1:
        text = words.say("customer.expired_bound" if bound else "customer.expired")
        return Content.styled(cut(text, cells), "$muted" if bound else "bold $error")
    text = words.say("customer.seconds", seconds=left)
    checked = words.say("customer.checked" if bound else "customer.unchecked")
    style = "$error" if left <= SCARCE_SECONDS else "$warning"
    if left > PLENTY_SECONDS:
        style = "$success"
    room = cells - width(text) - width(checked) - 4
    bar = min(room, max(1, room * left // LIFE_SECONDS)) if room >= 4 else 0
    return Content.assemble(
        (text, f"bold {style}"),
        " ",
        (fit("━" * bar, max(room, 0)), style),
        " ",
        ("✓ " if bound else "… ", "$success" if bound else "$warning"),
        (checked, "$muted"),
    )


def _balance(sale: Sale, words: Words, cells: int) -> Content:
    if sale.person is None:
        return Content.styled(cut(words.say("customer.balance_unknown"), cells), "$muted")
    if sale.balance_after_fen is None:
        return Content.styled(cut(words.say("customer.no_account"), cells), "$muted")
    balance = words.say("customer.balance", balance=yuan(sale.balance_after_fen))
    return Content(cut(balance, cells))
