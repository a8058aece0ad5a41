"""How product code is broken on purpose, and put right again.

One rule: product code is never edited for this; a mutant lives inside its `with`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from typing import Any

from terminal.checkout import book
from terminal.sale import evolve as rules
from terminal.sale.events import (
    ChargeApproved,
    ChargeDeclined,
    ChargeIntended,
    ChargeReversed,
    ChargeUnknown,
    Event,
    ReversalIntended,
    SaleSettled,
)
from terminal.sale.evolve import IllegalEvent
from terminal.sale.sale import Sale, Status, Tender
from tests.simulation.host import PROFILES

Likelier = tuple[tuple[str, float], ...]
"""Kinds of fault, and how many times as often as usual each strikes."""
Apply = Callable[[], AbstractContextManager[None]]


@dataclass(frozen=True)
class Mutant:
    name: str
    apply: Apply
    profiles: tuple[str, ...]
    likelier: Likelier


MUTANTS: dict[str, Mutant] = {}


def mutant(
    *profiles: str, likelier: Likelier = ()
) -> Callable[[Callable[[], Iterator[None]]], None]:
    """Registers a patch under its own name.

    profiles  where it can show; none given: both
    likelier  for one that shows only where rare faults meet
    """

    def register(patch: Callable[[], Iterator[None]]) -> None:
        name = patch.__name__
        MUTANTS[name] = Mutant(name, contextmanager(patch), profiles or tuple(PROFILES), likelier)

    return register


@contextmanager
def set_(owner: Any, name: str, new: Any) -> Iterator[None]:
    old = owner.__dict__[name]
    setattr(owner, name, new)
    try:
        yield
    finally:
        setattr(owner, name, old)


_evolve = rules.evolve


def _forced(sale: Sale | None, sale_id: str, event: Event) -> Sale:
    """What `evolve` would do if it asked nothing: the last writer wins."""
    try:
        return _evolve(sale, sale_id, event)
    except IllegalEvent:
        assert sale
    changed = sale
    if isinstance(event, SaleSettled):
        changed = replace(sale, closed=True, closed_at=event.at)
    elif isinstance(event, ChargeIntended):
        tender = Tender(event.key, event.account, event.amount_fen)
        changed = replace(sale, tenders=(*sale.tenders, tender))
    elif old := sale.tender(getattr(event, "key", "")):
        changed = replace(
            sale, tenders=tuple(_changed(t, event) if t is old else t for t in sale.tenders)
        )
    return replace(changed, version=sale.version + 1)


@contextmanager
def no_questions_asked() -> Iterator[None]:
    with set_(book, "evolve", _forced), set_(rules, "evolve", _forced):
        yield


def _changed(tender: Tender, event: Event) -> Tender:
    match event:
        case ChargeApproved():
            return replace(
                tender,
                status=Status.APPROVED,
                split=event.split,
                settlement_id=event.settlement_id,
                visit_id=event.visit_id,
            )
        case ChargeDeclined():
            return replace(tender, status=Status.DECLINED, reason=event.reason)
        case ChargeUnknown():
            return replace(tender, status=Status.UNKNOWN)
        case ReversalIntended():
            return replace(tender, status=Status.REVERSING, reversal_key=event.reversal_key)
        case ChargeReversed():
            return replace(tender, status=Status.REVERSED)
        case _:
            return tender
