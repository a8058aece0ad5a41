"""What is open and what a day came to, as lines of text: for the screen, the shell and paper."""

from __future__ import annotations

import msgspec

from terminal.clock import in_china
from terminal.receipt import WIDTH_58_MM, centred, ends, wrapped
from terminal.sale.day import DayReport
from terminal.sale.events import Split
from terminal.sale.goods import QueuedRow
from terminal.sale.money import Fen, yuan
from terminal.sale.pending import OpenItem
from terminal.sale.statement import Difference, Reconciliation, Verdict
from terminal.text import Words


def open_item_lines(item: OpenItem, words: Words) -> list[str]:
    """Since when, how much, what is being done about it, and what to tell the customer."""
    since = in_china(item.since)
    facts = [words.say("open.since", number=item.sale_id, time=f"{since:%m-%d %H:%M}")]
    if item.held_fen:
        facts.append(words.say("open.held", amount=yuan(item.held_fen)))
    if item.uncertain_account:
        account = words.say(f"account.{item.uncertain_account}")
        facts.append(words.say("open.uncertain", amount=yuan(item.uncertain_fen), account=account))
    if item.cash_fen:
        facts.append(words.say("open.cash", amount=yuan(item.cash_fen)))
    doing = words.say_code("open.doing", item.phase)
    tell = words.say_code("open.tell", item.phase)
    return [*facts, doing, tell]


def refused_goods_lines(row: QueuedRow, words: Words) -> list[str]:
    """Which goods the platform does not take, why, and what to do."""
    kind = "returned" if row.is_return else "sold"
    facts = {"sale": row.sale_id, "line": row.key.line, "words": row.words, "tries": row.refusals}
    return [words.say(f"goods.{kind}", **facts), words.say("goods.to_do")]


def day_report(text: str) -> DayReport:
    """The report of a `DayRead` or `DayClosed`."""
    return msgspec.json.decode(text, type=DayReport)


def day_lines(
    report: DayReport,
    words: Words,
    shop_name: str,
    *,
    number: int | None = None,
    witness: str = "",
    width: int = WIDTH_58_MM,
) -> list[str]:
    """A Z report for paper, or an X report where it has no number."""
    rule = "-" * width
    totals = report.totals
    title = "title_x" if number is None else "title_z"
    at = in_china(report.at)

    def said(key: str, **values: object) -> list[str]:
        return wrapped(words.say(f"report.{key}", **values), width)

    def row(key: str, value: str) -> str:
        return ends(words.say(f"report.{key}"), value, width)

    def money(key: str, amount: Fen) -> str:
        return row(key, yuan(amount))

    counts = [row(key, str(getattr(totals, key))) for key in COUNTS]
    took = [money("sold", totals.sold_fen), *_split("", totals.split, words, width)]
    took.append(money("cash", totals.cash_fen))
    back = _split("returned_", totals.returned, words, width)
    back.append(money("returned_cash", totals.cash_returned_fen))
    drawer = [money("drawer", totals.drawer_fen)]
    if report.counted_fen is not None:
        drawer.append(money("counted", report.counted_fen))
        drawer.append(money("difference", Fen(report.counted_fen - totals.drawer_fen)))
    foot = [line for sale_id in report.open for line in said("open", number=sale_id)]
    if report.manager:
        foot += said("manager", manager=report.manager) + said("reason", reason=report.reason)
    if report.reconciliation:
        told = reconciliation_lines(report.reconciliation, words)
        foot += [row for line in told for row in wrapped(line, width)]
    if witness:
        foot += said("witness", witness=witness)
    head = [
        centred(words.say(f"report.{title}", number=number), width),
        *wrapped(shop_name, width),
        *said("time", time=f"{at:%Y-%m-%d %H:%M:%S}"),
    ]
    return [*head, rule, *counts, rule, *took, rule, *back, rule, *drawer, rule, *foot]


def reconciliation_lines(made: Reconciliation, words: Words) -> list[str]:
    """The verdict, and for each differing settlement what differs and what to do about it."""
    heading = words.say(
        f"reconciled.{made.verdict}",
        days=_days(made),
        count=made.settlements,
        amount=yuan(made.total_fen),
        words=made.words,
    )
    lines = [heading]
    for each in made.differences:
        lines += [_difference(each, words), words.say(f"remedy.{each.remedy}")]
    if made.verdict is Verdict.DIFFERS and not made.differences:
        lines.append(words.say("reconciled.unnamed"))
    if made.other_tills:
        lines.append(words.say("reconciled.other_tills", count=made.other_tills))
    return lines


def _days(made: Reconciliation) -> str:
    both = made.first_day != made.last_day
    return f"{made.first_day} – {made.last_day}" if both else made.first_day


def _difference(each: Difference, words: Words) -> str:
    return words.say(
        f"finding.{each.finding}",
        sale=each.sale_id,
        settlement=each.settlement_id,
        message=each.message_id,
        ours="" if each.ours_fen is None else yuan(each.ours_fen),
        theirs="?" if each.theirs_fen is None else yuan(each.theirs_fen),
    )


COUNTS = ("settled", "self_pay", "voided", "refunded")


def _split(prefix: str, split: Split, words: Words, width: int) -> list[str]:
    shares = {
        "fund": split.fund_fen,
        "personal": split.personal_fen,
        "mutual_aid": split.mutual_aid_fen,
    }
    return [
        ends(words.say(f"report.{prefix}{payer}"), yuan(amount), width)
        for payer, amount in shares.items()
    ]
