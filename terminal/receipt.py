"""The slip of a settled sale as lines of text.

Widths are counted as the printer counts them (`terminal.escpos.columns`).
"""

from __future__ import annotations

import re

from terminal.clock import in_china
from terminal.escpos import columns
from terminal.sale.events import UNPAID, LineAdded
from terminal.sale.money import Fen, yuan
from terminal.sale.sale import Sale, Status
from terminal.text import Words, visible

SLIP_PREFIX = "GJ"
"""Before the number in the code of a slip, so that it is never taken for an article's."""
_SLIP_CODE = re.compile(rb"GJ([0-9]{14})")

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
        return ends(say(key), yuan(amount), width)

    title = "title_self_pay" if sale.self_pay else "title"
    head = [centred(say(title), width), *wrapped(shop_name, width)]
    if sale.receipts:
        head.append(centred(say("copy"), width))
    split = sale.split
    paid = [money("total", sale.total_fen)]
    if not sale.self_pay:
        paid += [
            money("fund", split.fund_fen),
            money("personal", split.personal_fen),
            money("mutual_aid", split.mutual_aid_fen),
        ]
    paid.append(money("cash", sale.cash_fen))
    if sale.tendered_fen > sale.cash_fen:
        paid.append(money("tendered", sale.tendered_fen))
        paid.append(money("change", Fen(sale.tendered_fen - sale.cash_fen)))
    if sale.balance_after_fen is not None:
        paid.append(money("balance", sale.balance_after_fen))
    facts = _facts(sale, words)
    items = [
        row for line in sale.lines for row in (*_item(line, width), *_codes(sale, line, words))
    ]
    foot = [row for fact in facts for row in wrapped(fact, width)]
    return [*head, rule, *items, rule, *paid, rule, *foot, centred(say("keep"), width)]


def _facts(sale: Sale, words: Words) -> list[str]:
    closed = in_china(sale.closed_at)
    facts = [
        words.say("receipt.number", number=sale.sale_id),
        words.say("receipt.time", time=f"{closed:%Y-%m-%d %H:%M:%S}"),
    ]
    if sale.person:
        kind = words.say_code("insutype", sale.person.insutype)
        facts.append(words.say("receipt.customer", name=sale.masked_name, insurance=kind))
    if sale.voucher:
        facts.append(words.say("receipt.voucher", reference=sale.voucher.voucher_id[-6:]))
    approved = [t.settlement_id for t in sale.tenders if t.status is Status.APPROVED]
    return facts + [words.say("receipt.settlement", number=number) for number in approved]


def _item(line: LineAdded, width: int) -> list[str]:
    share = f"[{line.insurance_class}]" if line.insurance_class else ""
    price = f"  {line.quantity} x {yuan(line.unit_fen)}"
    return [*wrapped(f"{line.name}{share}", width), ends(price, yuan(line.amount_fen), width)]


def refund_slip(sale: Sale, words: Words, shop_name: str, *, width: int = WIDTH_58_MM) -> list[str]:
    """What went back where, for the customer to keep.

    sale  refunded; raises AssertionError otherwise
    """
    assert sale.refunded
    rule = "-" * width
    returned = sum((t.split for t in sale.tenders if t.status is Status.REVERSED), UNPAID)
    shares = {
        "fund": returned.fund_fen,
        "personal": returned.personal_fen,
        "mutual_aid": returned.mutual_aid_fen,
        "cash": sale.cash_fen,
    }
    back = [
        ends(words.say(f"receipt.returned_{payer}"), yuan(amount), width)
        for payer, amount in shares.items()
        if amount
    ]
    kept = [line for line in sale.lines if line.line in sale.keeps]
    if kept:
        back += wrapped(words.say("receipt.kept", count=len(kept)), width)
    head = [centred(words.say("receipt.title_refund"), width), *wrapped(shop_name, width)]
    items = [row for line in sale.lines if line not in kept for row in _item(line, width)]
    foot = [row for fact in _facts(sale, words) for row in wrapped(fact, width)]
    keep = centred(words.say("receipt.keep"), width)
    return [*head, rule, *items, rule, *back, rule, *foot, keep]


def printed_again(rows: list[str], words: Words, width: int) -> list[str]:
    """The same paper, marked 补打: a part of it, or all of it, may have been printed before."""
    mark = words.say("receipt.copy")
    is_marked = any(row.strip() == mark for row in rows)
    return rows if is_marked else [centred(mark, width), *rows]


def _codes(sale: Sale, line: LineAdded, words: Words) -> list[str]:
    """The trace codes of a line's boxes, one row each."""
    codes = [box.code for box in sale.boxes if box.line == line.line]
    return [f"  {words.say('receipt.box', code=code)}" for code in codes]


def slip_code(sale_id: str) -> str:
    """What the code on a slip says: a scan of it finds the sale again."""
    return SLIP_PREFIX + sale_id


def slip_number(payload: bytes) -> str:
    """The number of the sale in the code of a slip; "" where the payload is none."""
    found = _SLIP_CODE.fullmatch(payload)
    return found[1].decode() if found else ""


def ends(left: str, right: str, width: int) -> str:
    """One row: `left` at its beginning, `right` at its end."""
    return left + " " * max(1, width - columns(left) - columns(right)) + right


def centred(text: str, width: int) -> str:
    """One row with `text` in its middle."""
    return " " * max(0, (width - columns(text)) // 2) + text


def wrapped(text: str, width: int) -> list[str]:
    """`text` in rows of at most `width` columns, cut between any two characters."""
    rows = [""]
    for char in visible(text):
        if columns(rows[-1] + char) > width:
            rows.append("")
        rows[-1] += char
    return rows
