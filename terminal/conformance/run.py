"""One run of the checklist: what its lines share, and what came of each."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

from terminal.conformance.bench import Bench, Charge, Customer, Failed, Skipped
from terminal.sale.money import Fen
from terminal.sale.reconcile import Line as ResultLine
from terminal.settlement.messages.settled import Settlement
from terminal.text import words_of_platform


@dataclass(slots=True)
class Run:
    """What a line leaves for those after it."""

    bench: Bench
    customer: Customer | None = None
    estimate: Settlement | None = None
    charge: Charge | None = None
    """Stays known after it was taken back."""
    taken_back: Settlement | None = None
    balance_before: Fen | None = None
    standing: list[Charge] = field(default_factory=list)
    """Settlements that have not been taken back yet."""
    result: tuple[ResultLine, ...] | None = None
    """What 3202 said of those in `standing`."""

    def known_customer(self) -> Customer:
        return _needed(self.customer, "person")

    def known_estimate(self) -> Settlement:
        return _needed(self.estimate, "estimate")

    def known_charge(self) -> Charge:
        return _needed(self.charge, "settle")

    def known_result(self) -> tuple[ResultLine, ...]:
        return _needed(self.result, "reconcile.file")

    def known_reversal(self) -> Settlement:
        return _needed(self.taken_back, "reverse")


Check = Callable[[Run], Awaitable[None]]


T = TypeVar("T")


def _needed(value: T | None, line: str) -> T:
    if value is None:
        raise Skipped(f"needs {line}")
    return value


class Verdict(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Line:
    """What came of one line of the checklist."""

    name: str
    claim: str
    verdict: Verdict
    words: str
    seconds: float


async def carry_out(
    run: Run, checklist: Mapping[str, tuple[Check, str]], monotonic: Callable[[], float]
) -> list[Line]:
    """Every line in order, and what still stands taken back at the end."""
    lines = []
    for name, (check, claim) in checklist.items():
        began, verdict, words = monotonic(), Verdict.PASSED, ""
        try:
            await check(run)
        except Failed as exc:
            verdict, words = Verdict.FAILED, str(exc)
        except Skipped as exc:
            verdict, words = Verdict.SKIPPED, str(exc)
        seconds = round(monotonic() - began, 3)
        lines.append(Line(name, claim, verdict, words_of_platform(words), seconds))
    began, left = monotonic(), await tidy_up(run)
    verdict = Verdict.FAILED if left else Verdict.PASSED
    claim = "what the other lines settled is taken back"
    seconds = round(monotonic() - began, 3)
    lines.append(Line("tidy-up", claim, verdict, words_of_platform(left), seconds))
    return lines


async def tidy_up(run: Run) -> str:
    """Takes back what still stands.  Returns what could not be, in words; empty: nothing."""
    left = []
    for charge in list(run.standing):
        try:
            await run.bench.take_back(charge)
        except (Failed, Skipped) as exc:
            left.append(f"{charge.info.setl_id}: {exc}")
    return "; ".join(left)
