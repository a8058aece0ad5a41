"""The slip of a settled sale as lines of text.

Widths are counted as the printer counts them: a character takes as many columns as it has bytes
in GBK, which for "·" or "①" is two where a screen would say one.
"""

from __future__ import annotations

from datetime import datetime

from terminal.clock import CHINA
from terminal.sale.events import LineAdded
from terminal.sale.money import Fen, yuan
from terminal.sale.sale import Sale, Status
from terminal.text import Words, visible

WIDTH_58_MM = 32
WIDTH_80_MM = 48


def slip(sale: Sale, words: Words, shop_name: str, *, width: int = WIDTH_58_MM) -> list[str]:
    """The lines of one slip, each at most `width` columns.

    sale  settled; raises AssertionError otherwise, because no slip may exist for any other sale
    Marked 补打 when one has been printed before.
    """
    assert sale.settled
    rule = "-" * width

    def say(key: str, **values: object) -> str:
        return words.say(f"receipt.{key}", **values)

    def money(key: str, amount: Fen) -> str:
        return _ends(say(key), yuan(amount), width)

    head = [_centred(say("title"), width), *_wrapped(shop_name, width)]
    if sale.receipts:
        head.append(_centred(say("copy"), width))
    split = sale.split
    paid = [
        money("total", sale.total_fen),
        money("fund", split.fund_fen),
        money("personal", split.personal_fen),
        money("mutual_aid", split.mutual_aid_fen),
        money("cash", sale.cash_fen),
    ]
    if sale.tendered_fen > sale.cash_fen:
        paid.append(money("tendered", sale.tendered_fen))
        paid.append(money("change", Fen(sale.tendered_fen - sale.cash_fen)))
    if sale.balance_after_fen is not None:
        paid.append(money("balance", sale.balance_after_fen))
    facts = _facts(sale, words)
    items = [row for line in sale.lines for row in _item(line, width)]
    foot = [row for fact in facts for row in _wrapped(fact, width)]
    return [*head, rule, *items, rule, *paid, rule, *foot, _centred(say("keep"), width)]


def _facts(sale: Sale, words: Words) -> list[str]:
    closed = datetime.fromisoformat(sale.closed_at).astimezone(CHINA)
    facts = [
        words.say("receipt.number", number=sale.sale_id),
        words.say("receipt.time", time=f"{closed:%Y-%m-%d %H:%M:%S}"),
    ]
    if sale.person:
        kind = words.say_code("insutype", sale.person.insutype)
        name = sale.person.masked_name or (sale.voucher.masked_name if sale.voucher else "")
        facts.append(words.say("receipt.customer", name=name, insurance=kind))
    if sale.voucher:
        facts.append(words.say("receipt.voucher", reference=sale.voucher.voucher_id[-6:]))
    approved = [t.settlement_id for t in sale.tenders if t.status is Status.APPROVED]
    return facts + [words.say("receipt.settlement", number=number) for number in approved]


def _item(line: LineAdded, width: int) -> list[str]:
    share = f"[{line.insurance_class}]" if line.insurance_class else ""
    price = f"  {line.quantity} x {yuan(line.unit_fen)}"
    return [*_wrapped(f"{line.name}{share}", width), _ends(price, yuan(line.amount_fen), width)]


def columns(text: str) -> int:
    """How many columns the printer takes for `text`."""
    return sum(len(char.encode("gbk", errors="replace")) for char in text)


def _ends(left: str, right: str, width: int) -> str:
    return left + " " * max(1, width - columns(left) - columns(right)) + right


def _centred(text: str, width: int) -> str:
    return " " * max(0, (width - columns(text)) // 2) + text


def _wrapped(text: str, width: int) -> list[str]:
    """`text` in rows of at most `width` columns, cut between any two characters."""
    rows = [""]
    for char in visible(text):
        if columns(rows[-1] + char) > width:
            rows.append("")
        rows[-1] += char
    return rows
