"""Walks every state a sale can reach, with every answer a platform can give at every step.

The platform's truth is walked along with the till's belief: an unanswered charge has landed or it
has not, and only a reversal or an answer settles which.  Amounts are small, so all of it is small.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from terminal.sale.events import (
    UNPAID,
    Account,
    CancelRequested,
    CashTaken,
    ChargeApproved,
    ChargeDeclined,
    ChargeIntended,
    ChargeReversed,
    ChargeUnknown,
    ConfirmationLapsed,
    Confirmed,
    Decline,
    Event,
    LineAdded,
    LineRemoved,
    PersonIdentified,
    Quoted,
    RefundRequested,
    ReversalIntended,
    SaleHeld,
    SaleOpened,
    SaleRecalled,
    SaleRefunded,
    SaleSettled,
    SaleVoided,
    SelfPayAgreed,
    Split,
    VoucherAccepted,
)
from terminal.sale.evolve import IllegalEvent, evolve
from terminal.sale.funding import FALLS_BACK, WHOLE_CART, FundingRule, foreseen
from terminal.sale.money import NOTHING, Fen
from terminal.sale.sale import DECLINED, DIFFERS, Sale, Status, Tender
from terminal.sale.steps import Ask, Close, Intend, Phase, Reverse, Submit, Undo, next_step, phase

TENDERS_MAX = 4
TOTAL = Fen(3)
FALLS = FundingRule(
    "test",
    {"310": (Account.FUND, Account.PERSONAL, Account.MUTUAL_AID), "*": (Account.FUND,)},
)
SPLITS = FundingRule("test", {"*": (Account.INSURANCE,)})
VOUCHER = VoucherAccepted("i", "v", "h", "王*", "630102", "310", False, "qinghai", 0)


@dataclass(frozen=True)
class World:
    """What the till believes, and what is true at the platform: tender key -> fen taken."""

    sale: Sale
    truth: tuple[tuple[str, int], ...] = ()

    def took(self, key: str, amount: int) -> tuple[tuple[str, int], ...]:
        others = {k: v for k, v in self.truth if k != key}
        return tuple(sorted({**others, key: amount}.items()))


def start() -> Sale:
    sale: Sale | None = None
    for event in (
        SaleOpened("2026-01-01T00:00:00+00:00"),
        LineAdded(1, "c", "n", TOTAL, 1),
        VOUCHER,
        PersonIdentified("p", "310", "630102", "王*", Fen(1)),
        Quoted(TOTAL, Fen(1), None, None),
    ):
        sale = evolve(sale, "s", event)
    assert sale
    return sale


def after(world: World, *events: Event, truth: tuple[tuple[str, int], ...] | None = None) -> World:
    sale = world.sale
    for event in events:
        sale = evolve(sale, "s", event)
    return World(replace(sale, version=0), world.truth if truth is None else truth)


def shares(tender: Tender) -> Iterator[Split]:
    """Every amount the account could pay; an account debit is all or nothing."""
    match tender.account:
        case Account.FUND:
            yield from (Split(fund_fen=Fen(n)) for n in (0, 1))
        case Account.INSURANCE:
            yield from (Split(Fen(1), Fen(n), NOTHING) for n in (0, 2))
        case Account.PERSONAL:
            yield Split(personal_fen=tender.asked_fen)
        case Account.MUTUAL_AID:
            yield Split(mutual_aid_fen=tender.asked_fen)


def approved(sale: Sale, tender: Tender, split: Split) -> tuple[Event, ...]:
    """A yes; one that is not as quoted takes the agreement with it."""
    yes = ChargeApproved(tender.key, "S", "V", split, None)
    asks = sale.confirmed and foreseen(sale, tender.account, split) != split
    return (yes, ConfirmationLapsed(DIFFERS)) if asks else (yes,)


def answers(world: World, tender: Tender) -> Iterator[World]:
    """Everything that can come of sending the tender."""
    for split in shares(tender):
        yield after(
            world,
            *approved(world.sale, tender, split),
            truth=world.took(tender.key, split.paid_fen),
        )
        yield after(
            world,
            ChargeUnknown(tender.key, "ReadTimeout"),
            truth=world.took(tender.key, split.paid_fen),
        )
    yield after(world, ChargeUnknown(tender.key, "ReadTimeout"))
    for reason, held in [
        (Decline.NO_ACCOUNT, 0),
        (Decline.INSUFFICIENT, tender.asked_fen - 1),
        (Decline.REFUSED, 0),
    ]:
        lapsed = () if reason in FALLS_BACK else (ConfirmationLapsed(DECLINED),)
        yield after(world, ChargeDeclined(tender.key, reason, Fen(held), ""), *lapsed)


def asked(world: World, tender: Tender) -> Iterator[World]:
    """A question is answered with the truth, or not answered until the till gives up."""
    landed = dict(world.truth).get(tender.key)
    if landed is not None:
        split = next(s for s in shares(tender) if s.paid_fen == landed)
        yield after(world, *approved(world.sale, tender, split))
    yield after(world, ReversalIntended(tender.key, "r"))


def restarted(world: World) -> World:
    if world.sale.closed:
        return world
    events: list[Event] = [
        ChargeUnknown(t.key, "restart") for t in world.sale.tenders if t.status is Status.INTENDED
    ]
    if world.sale.confirmed and world.sale.due_fen:
        events.append(ConfirmationLapsed("restart"))
    return after(world, *events)


def successors(world: World, rule: FundingRule) -> Iterator[World]:
    sale = world.sale
    step = next_step(sale, rule)
    match step:
        case Intend(account, amount):
            assert account not in WHOLE_CART or amount == sale.total_fen
            if len(sale.tenders) < TENDERS_MAX:
                yield after(world, ChargeIntended(f"k{len(sale.tenders)}", account, amount, ""))
        case Submit(tender):
            yield from answers(world, tender)
            # The power fails after the request left, and before any answer was written.
            for split in shares(tender):
                yield restarted(World(sale, world.took(tender.key, split.paid_fen)))
        case Ask(tender):
            yield from asked(world, tender)
        case Undo(tender):
            yield after(world, ReversalIntended(tender.key, "r"))
        case Reverse(tender):
            lapsed = (ConfirmationLapsed("given_up"),) if sale.confirmed else ()
            yield after(world, ChargeReversed(tender.key), *lapsed, truth=world.took(tender.key, 0))
        case Close():
            yield after(world, _closing(sale))
        case None:
            pass
    yield from _clerk(world)
    yield restarted(world)


def _closing(sale: Sale) -> Event:
    if sale.refunding:
        return SaleRefunded("t", sale.cash_fen)
    return SaleVoided("t") if sale.cancelling else SaleSettled("t")


def _clerk(world: World) -> Iterator[World]:
    """Whatever a person may ask for, legal or not; what is illegal must change nothing."""
    sale = world.sale
    busy = any(t.status is Status.INTENDED for t in sale.tenders)
    # What was declined before changes nothing about a sale that asks no account: one is enough.
    early = (SelfPayAgreed(), SaleHeld(), SaleRecalled()) if len(sale.tenders) < 2 else ()
    for event in (
        *early,
        Confirmed(),
        CashTaken(sale.due_fen, sale.due_fen),
        CancelRequested("clerk"),
        RefundRequested("returned"),
        LineRemoved(1),
        Quoted(sale.total_fen, Fen(1), None, None),
    ):
        try:
            if not busy:
                yield after(world, event)
        except IllegalEvent:
            continue


@pytest.fixture(scope="module", params=[FALLS, SPLITS], ids=["falls back", "splits"])
def walked(request: pytest.FixtureRequest) -> tuple[FundingRule, set[World], set[World]]:
    """The rule, every world reached, and those with nowhere left to go."""
    rule: FundingRule = request.param
    seen, ends = {World(replace(start(), version=0))}, set()
    fresh = list(seen)
    while fresh:
        world = fresh.pop()
        following = {w for w in successors(world, rule) if w != world}
        if not following:
            ends.add(world)
        fresh += following - seen
        seen |= following
    return rule, seen, ends


Walked = tuple[FundingRule, set[World], set[World]]


def test_nothing_new_is_charged_while_an_outcome_is_unknown(walked: Walked) -> None:
    rule, seen, _ = walked
    assert len(seen) > 5_000
    for world in seen:
        if isinstance(next_step(world.sale, rule), Intend):
            assert world.sale.unresolved is None
            assert world.sale.confirmed


def test_a_settled_sale_took_exactly_what_it_says(walked: Walked) -> None:
    _, seen, _ = walked
    settled = [w for w in seen if w.sale.settled]
    assert settled
    for world in settled:
        assert sum(v for _, v in world.truth) == world.sale.split.paid_fen
        assert world.sale.split.paid_fen + world.sale.cash_fen == world.sale.total_fen == TOTAL


def test_a_voided_or_refunded_sale_took_nothing(walked: Walked) -> None:
    _, seen, _ = walked
    given_back = [w for w in seen if w.sale.closed and w.sale.undoing]
    assert {w.sale.refunded for w in given_back} == {True, False}
    for world in given_back:
        assert sum(v for _, v in world.truth) == 0


def test_what_the_till_believes_paid_is_paid(walked: Walked) -> None:
    for world in walked[1]:
        truth = dict(world.truth)
        for tender in world.sale.tenders:
            if tender.status is Status.APPROVED:
                assert truth[tender.key] == tender.split.paid_fen
            if tender.status is Status.DECLINED:
                assert truth.get(tender.key, 0) == 0


def test_what_was_not_settled_as_quoted_waits_for_a_yes(walked: Walked) -> None:
    rule, seen, _ = walked
    surprised = [w for w in seen if w.sale.lapsed == DIFFERS and not w.sale.undoing]
    assert bool(surprised) == (
        rule is FALLS
    )  # where the platform splits, the quote has only the fund's
    for world in surprised:
        assert next_step(world.sale, rule) is None
        assert phase(world.sale, rule) is Phase.LAPSED
        with pytest.raises(IllegalEvent):
            evolve(world.sale, "s", CashTaken(world.sale.due_fen, world.sale.due_fen))


def test_every_end_is_a_closed_sale(walked: Walked) -> None:
    """Or one that this walk cut short at its limit of tenders."""
    _, _, ends = walked
    assert ends
    for world in ends:
        assert world.sale.closed or len(world.sale.tenders) == TENDERS_MAX


def test_every_row_of_the_table_and_every_phase_is_landed_on(walked: Walked) -> None:
    rule, seen, _ = walked
    rows = {type(next_step(world.sale, rule)) for world in seen}
    assert rows == {Intend, Submit, Ask, Undo, Reverse, Close, type(None)}
    phases = {phase(world.sale, rule) for world in seen}
    assert phases == set(Phase) - {Phase.IDENTIFYING}


def test_a_cart_that_can_be_changed_holds_no_money(walked: Walked) -> None:
    """Neither at the platform nor in the drawer: its total may go anywhere."""
    editable = [w for w in walked[1] if w.sale.editable]
    assert {w.sale.lapsed for w in editable} >= {"", "restart"}
    for world in editable:
        assert sum(v for _, v in world.truth) == 0
        assert world.sale.cash_fen == 0


def test_a_sale_put_aside_holds_no_money_and_waits_for_a_person(walked: Walked) -> None:
    rule, seen, _ = walked
    held = [w for w in seen if w.sale.held and not w.sale.undoing]
    assert held
    for world in held:
        assert sum(v for _, v in world.truth) == world.sale.cash_fen == 0
        assert world.sale.voucher is None
        assert not world.sale.editable
        assert next_step(world.sale, rule) is None
        assert phase(world.sale, rule) is Phase.HELD


def test_who_pays_all_of_it_is_not_charged_anywhere(walked: Walked) -> None:
    rule, seen, _ = walked
    self_pay = [w for w in seen if w.sale.self_pay]
    assert {phase(w.sale, rule) for w in self_pay} >= {
        Phase.FILLING,
        Phase.CASH_DUE,
        Phase.SETTLED,
        Phase.VOIDED,
        Phase.REFUNDED,
    }
    for world in self_pay:
        assert sum(v for _, v in world.truth) == 0
        assert world.sale.voucher is None
        assert world.sale.cash_fen in (0, TOTAL)
        assert not isinstance(next_step(world.sale, rule), Intend)


def test_a_sale_is_undone_in_the_reverse_order_of_charging(walked: Walked) -> None:
    rule, seen, _ = walked
    for world in seen:
        step = next_step(world.sale, rule)
        if isinstance(step, Undo):
            position = world.sale.tenders.index(step.tender)
            later = world.sale.tenders[position + 1 :]
            assert all(t.status in (Status.DECLINED, Status.REVERSED) for t in later)


def test_paid_is_never_more_than_asked_nor_than_the_total(walked: Walked) -> None:
    for world in walked[1]:
        assert 0 <= world.sale.due_fen <= TOTAL
        for tender in world.sale.tenders:
            assert tender.split == UNPAID or tender.split.paid_fen <= tender.asked_fen
