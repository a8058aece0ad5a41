"""From a state or a notice to three sentences: what happened, what it means for the money, which
key is next.

Pure, and its one rule: every sentence comes from a language file, and the sentence about the money
comes from the sale itself, so that no notice can say something about money that is not so.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from terminal.reports import reconciliation_lines
from terminal.sale.answers import DayRead, Reconciled, SaleFound, SalesListed
from terminal.sale.events import (
    BoxKnown,
    ClockApart,
    CodeNotUsable,
    DayClosed,
    Decline,
    Decoding,
    GoodsRefused,
    KeysAgeing,
    Notice,
    PlatformRefused,
    PlatformSilent,
    PrinterChanged,
    PrinterFailed,
    Refused,
    ScannerChanged,
    VoucherRefused,
    Waiting,
)
from terminal.sale.funding import foreseen
from terminal.sale.money import Fen, yuan
from terminal.sale.sale import HOLDING, Sale, Status, Tender
from terminal.sale.statement import Reconciliation, Verdict
from terminal.sale.steps import Phase
from terminal.text import Words, visible
from terminal.tui.advice import voucher_advice
from terminal.tui.shares import Payer

BRIGHTNESS_HINT_SECONDS = 20
"""After this long without a readable code the clerk is told what usually helps."""


class Tone(StrEnum):
    CALM = "calm"
    GOOD = "good"
    BUSY = "busy"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Said:
    """What the status panel says."""

    tone: Tone
    happened: str
    money: str
    next: str


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything the words depend on, at one instant."""

    sale: Sale | None
    """On the counter; where there is none, the one that left it latest, until the next opens."""
    phase: Phase
    """Of that sale; EMPTY when there is none."""
    busy: bool
    notice: Notice | None = None
    waiting: Waiting | None = None
    """With its seconds counted down to now."""
    quiet_seconds: float = 0.0
    """How long nothing has happened."""
    home_region: str = ""
    """Six digits of the shop; empty: not known."""
    unprinted: str = ""
    """Number of the latest sale of an earlier start whose slip was not printed; empty: none."""


TONES = {
    Phase.EMPTY: Tone.CALM,
    Phase.FILLING: Tone.CALM,
    Phase.IDENTIFYING: Tone.WARN,
    Phase.QUOTABLE: Tone.CALM,
    Phase.QUOTED: Tone.CALM,
    Phase.LAPSED: Tone.WARN,
    Phase.REFUSED: Tone.BAD,
    Phase.CHARGING: Tone.BUSY,
    Phase.WAITING: Tone.WARN,
    Phase.CASH_DUE: Tone.CALM,
    Phase.CANCELLING: Tone.WARN,
    Phase.SETTLED: Tone.GOOD,
    Phase.VOIDED: Tone.CALM,
    Phase.REFUNDING: Tone.WARN,
    Phase.REFUNDED: Tone.GOOD,
    Phase.HELD: Tone.CALM,
}


class Variant(StrEnum):
    """A phase that needs other words than usual; added to the name of the phase."""

    BUSY = "busy"
    """The platform is being asked right now."""
    NO_GOODS = "no_goods"
    """The customer is known before anything was scanned."""
    UNPRINTED = "unprinted"
    """The power failed, perhaps, between a sale and its slip."""
    LONG = "long"
    """No readable code for some time."""
    RELATIVE = "relative"
    """Shown through 亲情账户: another person's phone, the holder's money."""
    CITY = "city"
    """The platform names another place than the code."""
    FAR = "far"
    """Insured in another province than the shop's."""
    RESTART = "restart"
    GIVEN_UP = "given_up"
    DIFFERS = "differs"
    """It was charged, but not as the pre-settlement said."""
    REVERSING = "reversing"


VARIANTS: dict[Phase, tuple[Variant, ...]] = {
    Phase.EMPTY: (Variant.UNPRINTED,),
    Phase.FILLING: (Variant.LONG,),
    Phase.IDENTIFYING: (Variant.BUSY,),
    Phase.QUOTABLE: (Variant.BUSY, Variant.NO_GOODS, Variant.CITY, Variant.FAR),
    Phase.QUOTED: (
        Variant.RESTART,
        Variant.GIVEN_UP,
        Variant.CITY,
        Variant.FAR,
        Variant.RELATIVE,
    ),
    Phase.LAPSED: (Variant.RESTART, Variant.GIVEN_UP, Variant.DIFFERS),
    Phase.WAITING: (Variant.REVERSING,),
}
"""The first that applies is taken."""

CAUTIOUS = (Variant.UNPRINTED, Variant.RELATIVE, Variant.CITY, Variant.FAR, Variant.LONG)


def say(scene: Scene, words: Words) -> Said:
    """The three sentences of this instant."""
    money = money_sentence(scene.sale, scene.phase, words)
    tone, happened, advice = _phase_sentences(scene, words)
    if scene.notice is not None:
        told = notice_sentences(scene.notice, words)
        waits = scene.phase is Phase.WAITING
        return Said(told.tone, told.happened, money, advice if waits else told.next or advice)
    return Said(tone, happened, money, advice)


def _phase_sentences(scene: Scene, words: Words) -> tuple[Tone, str, str]:
    variant = next((v for v in VARIANTS.get(scene.phase, ()) if _applies(v, scene)), None)
    name = f"{scene.phase}_{variant}" if variant else scene.phase.value
    tone = TONES[scene.phase]
    if variant is Variant.BUSY:
        tone = Tone.BUSY
    elif variant in CAUTIOUS:
        tone = Tone.WARN
    values = _values(scene, words)
    happened = words.say(f"phase.{name}", **values)
    if scene.waiting and scene.waiting.words:
        happened = f"{happened} {words.say('wait.told', words=scene.waiting.words)}"
    return tone, happened, words.say(f"phase_next.{name}", **values)


def _applies(variant: Variant, scene: Scene) -> bool:
    sale = scene.sale
    match variant:
        case Variant.BUSY:
            return scene.busy
        case Variant.NO_GOODS:
            return bool(sale and not sale.lines)
        case Variant.UNPRINTED:
            return bool(scene.unprinted)
        case Variant.LONG:
            return scene.quiet_seconds >= BRIGHTNESS_HINT_SECONDS
        case Variant.RELATIVE:
            return bool(sale and sale.voucher and sale.voucher.by_relative)
        case Variant.CITY:
            return bool(sale and another_city(sale))
        case Variant.FAR:
            return bool(sale and far_away(sale, scene.home_region))
        case Variant.RESTART | Variant.GIVEN_UP | Variant.DIFFERS:
            return bool(sale and sale.lapsed == variant.value)
        case Variant.REVERSING:
            return bool(sale and sale.unresolved and sale.unresolved.status is Status.REVERSING)
        case _:
            assert_never(variant)


def another_city(sale: Sale) -> bool:
    """Whether the code page names another prefecture than the platform does."""
    if sale.voucher is None or sale.person is None or not sale.voucher.region:
        return False
    return sale.voucher.region[:4] != sale.person.region[:4]


def far_away(sale: Sale, home_region: str) -> bool:
    """Whether the customer is insured in another province than the shop's."""
    region = sale.person.region if sale.person else ""
    return bool(region and home_region and region[:2] != home_region[:2])


def _values(scene: Scene, words: Words) -> dict[str, object]:
    sale = scene.sale
    tender = _spoken_of(sale) if sale else None
    waiting = scene.waiting
    person = sale.person if sale else None
    voucher = sale.voucher if sale else None
    return {
        "name": sale.masked_name if sale else "",
        "account": words.say(f"account.{tender.account}") if tender else "",
        "asked": yuan(tender.asked_fen) if tender else "",
        "reason": words.say(f"decline.{tender.reason}") if tender and tender.reason else "",
        "words": tender.words if tender else "",
        "due": yuan(sale.due_fen) if sale else "",
        "seconds": max(0, round(waiting.next_in_seconds)) if waiting else "…",
        "gives_up": round(waiting.gives_up_in_seconds or 0) if waiting else "…",
        "place": words_of_region(person.region, words) if person else "",
        "code_place": words_of_region(voucher.region, words) if voucher else "",
        "number": scene.unprinted,
        "differences": _differences(sale, words) if sale else "",
    }


def _differences(sale: Sale, words: Words) -> str:
    """Whose share of the latest charge is not as it was quoted: what was taken, and the quote."""
    tender = sale.standing
    if tender is None:
        return ""
    taken, quoted = tender.split, foreseen(sale, tender.account, tender.split)
    pairs = [
        (Payer.FUND, taken.fund_fen, quoted.fund_fen),
        (Payer.PERSONAL, taken.personal_fen, quoted.personal_fen),
        (Payer.MUTUAL_AID, taken.mutual_aid_fen, quoted.mutual_aid_fen),
    ]
    told = [
        words.say(
            "difference.share", payer=words.say(f"payer.{who}"), taken=yuan(fen), quoted=yuan(was)
        )
        for who, fen, was in pairs
        if fen != was
    ]
    return words.say("difference.and").join(told)


def _spoken_of(sale: Sale) -> Tender | None:
    """The tender a sentence is about: the open question, else the latest refusal, else the last."""
    if sale.unresolved:
        return sale.unresolved
    declined = [t for t in sale.tenders if t.status is Status.DECLINED and not t.past]
    found = declined or sale.tenders
    return found[-1] if found else None


def words_of_region(region: str, words: Words) -> str:
    """The prefecture where it has a name here, else the province, else the six digits alone."""
    for code in (region[:4], region[:2]):
        if f"region.{code}" in words:
            return words.say(f"region.{code}")
    return visible(region, 6)


def money_sentence(sale: Sale | None, phase: Phase, words: Words) -> str:
    """What is taken, what may be taken, and what is not."""

    def tell(key: str, **amounts: Fen) -> str:
        return words.say(f"money.{key}", **{name: yuan(fen) for name, fen in amounts.items()})

    if sale is None:
        return tell("no_sale")
    held = sale.split.paid_fen
    if sale.closed or sale.undoing:
        return _money_of_ended(sale, words)
    open_tender = sale.unresolved
    if open_tender:
        asked = open_tender.asked_fen
        if open_tender.status is Status.REVERSING:
            return tell("reversing", asked=asked)
        if open_tender.status is Status.INTENDED:
            return tell("moving", asked=asked, held=held)
        return tell("uncertain", asked=asked)
    if phase is Phase.CASH_DUE:
        return tell("cash_due", held=held, due=sale.due_fen)
    if held:
        return tell("held", held=held, due=sale.due_fen)
    return tell("only_quoted" if sale.quote else "nothing_taken", total=sale.total_fen)


def at_stake_fen(sale: Sale) -> Fen:
    """What the accounts have paid of this sale, or may have paid, and have not got back."""
    holding = (t for t in sale.tenders if t.status in HOLDING)
    return Fen(sum(t.split.paid_fen or t.asked_fen for t in holding))


def _money_of_ended(sale: Sale, words: Words) -> str:
    returning = sum(t.asked_fen for t in sale.tenders if t.status is Status.REVERSED)
    if sale.settled:
        change = Fen(sale.tendered_fen - sale.cash_fen)
        key = "settled_change" if change else "settled"
        return words.say(f"money.{key}", total=yuan(sale.total_fen), change=yuan(change))
    if sale.refunded:
        return words.say("money.refunded", cash=yuan(sale.cash_fen))
    if sale.standing:
        return words.say("money.returning", amount=yuan(at_stake_fen(sale)))
    if sale.cash_fen:
        return words.say("money.cash_back", cash=yuan(sale.cash_fen))
    return words.say("money.returned" if returning else "money.nothing_was_taken")


@dataclass(frozen=True, slots=True)
class NoticeSaid:
    tone: Tone
    happened: str
    next: str
    """Empty: what the phase says comes next."""


CALM_REFUSALS = ("busy", "already_read", "just_served", "too_fast", "card_known")
"""Nothing is wrong; the till merely explains itself."""


def notice_sentences(notice: Notice, words: Words) -> NoticeSaid:
    match notice:
        case Refused(reason):
            tone = Tone.BUSY if reason in CALM_REFUSALS else Tone.WARN
            return _pair("refused", reason, tone, words)
        case VoucherRefused(reason):
            happened = words.say_code("voucher", reason)
            advice = words.say(f"voucher_next.{voucher_advice(reason)}")
            return NoticeSaid(Tone.BAD, happened, advice)
        case Decoding(seconds):
            return _pair("decoding", "asking", Tone.BUSY, words, seconds=round(seconds))
        case CodeNotUsable(kind, text):
            return _pair("code", kind, Tone.BAD, words, text=text)
        case BoxKnown(code, sale_id, here):
            kind = "here" if here else "sold"
            return _pair("box", kind, Tone.BAD, words, trace=code, number=sale_id)
        case PlatformRefused(question, reason, told):
            return _platform_refused(question, reason, told, words)
        case PlatformSilent(question, cause):
            asked = words.say(f"question.{question}")
            happened = words.say("platform.silent", question=asked, cause=visible(cause, 60))
            key = "decode" if question == "decode" else "silent"
            return NoticeSaid(Tone.WARN, happened, words.say(f"platform_next.{key}"))
        case ScannerChanged(url, state, detail):
            tone = Tone.GOOD if state == "ready" else Tone.BAD
            return _pair("scanner", state, tone, words, url=url, detail=detail)
        case PrinterFailed(sale_id, detail):
            return _pair("printer", "failed", Tone.BAD, words, number=sale_id, detail=detail)
        case PrinterChanged(url, state, waiting):
            tone = Tone.GOOD if state == "ready" else Tone.BAD
            return _pair("printer", state, tone, words, url=url, waiting=waiting)
        case DayClosed(z):
            return _pair("day", "closed", Tone.GOOD, words, number=z)
        case DayRead() | SalesListed() | SaleFound():
            return NoticeSaid(Tone.CALM, words.say(f"answer.{type(notice).__name__}"), "")
        case Reconciled(reconciliation):
            return _reconciled(reconciliation, words)
        case ClockApart(seconds):
            ahead = "behind" if seconds > 0 else "ahead"
            return _pair("clock", ahead, Tone.WARN, words, seconds=abs(seconds))
        case GoodsRefused(sale_id, line, name, told):
            row = {"sale": sale_id, "line": line, "name": name, "told": told}
            return _pair("goods", "refused", Tone.WARN, words, **row)
        case KeysAgeing(state):
            return _pair("keys", state, Tone.WARN, words)
        case Waiting():
            return NoticeSaid(Tone.WARN, words.say(f"wait.{notice.doing}"), "")
        case _:
            assert_never(notice)


def _reconciled(made: Reconciliation, words: Words) -> NoticeSaid:
    tone = Tone.GOOD if made.verdict is Verdict.AGREES else Tone.WARN
    happened, *_ = reconciliation_lines(made, words)
    return NoticeSaid(tone, happened, words.say(f"reconciled_next.{made.verdict}"))


def _platform_refused(question: str, reason: Decline, told: str, words: Words) -> NoticeSaid:
    asked = words.say(f"question.{question}")
    because = words.say(f"decline.{reason}")
    key = "refused" if told else "refused_wordless"
    happened = words.say(f"platform.{key}", question=asked, reason=because, words=told)
    advice = reason.value
    if reason is Decline.REFUSED:
        advice = {"identify": "not_found", "decode": "decode"}.get(question, advice)
    return NoticeSaid(Tone.BAD, happened, words.say(f"decline_next.{advice}"))


def _pair(table: str, code: str, tone: Tone, words: Words, **values: object) -> NoticeSaid:
    """The sentence of a code, and its advice where it has one of its own."""
    advice = f"{table}_next.{code}"
    return NoticeSaid(
        tone,
        words.say_code(table, code, **values),
        words.say(advice, **values) if advice in words else "",
    )
