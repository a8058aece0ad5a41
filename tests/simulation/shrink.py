"""The smallest day that still goes wrong in the same way: fewer customers, then fewer faults.

One rule: it only leaves things out; what is left still comes from the same seed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec

from tests.simulation.day import Outcome, Plan

RUNS_MAX = 200
FIRST_LINES_MAX = 110
LAST_LINES_MAX = 50
_NUMBERS = re.compile(r"[0-9A-Z]*[0-9]{2,}|[0-9]+")

Run = Callable[[Plan], Outcome]


def shrink(outcome: Outcome, run: Run, runs_max: int = RUNS_MAX) -> Outcome:
    """outcome of a run with a violation; run lives a plan.  Returns one at least as small, after at
    most runs_max runs."""
    wrong = _kind(outcome.violations[0])
    runs = 0

    def still_wrong(plan: Plan) -> Outcome | None:
        nonlocal runs
        runs += 1
        tried = run(plan)
        return tried if tried.violations and _kind(tried.violations[0]) == wrong else None

    def leave_out(best: Outcome, numbers: list[int], change: Callable[..., Plan]) -> Outcome:
        """Halves, then quarters, and so on down to one at a time."""
        size = max(1, len(numbers) // 2)
        while runs < runs_max:
            for start in range(0, len(numbers), size):
                if runs < runs_max and (chunk := numbers[start : start + size]):
                    best = still_wrong(change(best.plan, chunk)) or best
            if size == 1:
                break
            size //= 2
        return best

    customers = list(range(outcome.plan.sales))
    best = leave_out(outcome, customers, _without_customers)
    return leave_out(best, list(range(1, best.faults_drawn + 1)), _without_faults)


def _without_customers(plan: Plan, numbers: list[int]) -> Plan:
    return replace(plan, skipped=plan.skipped | frozenset(numbers))


def _without_faults(plan: Plan, numbers: list[int]) -> Plan:
    return replace(plan, left_out=plan.left_out | frozenset(numbers))


def _kind(violation: str) -> str:
    """The sentence without its numbers."""
    return _NUMBERS.sub("#", violation)


def story(outcome: Outcome) -> list[str]:
    """A run, one line each: what became durable, what went over the wire, what broke.  A long one
    is told from both ends."""
    lines = []
    for at, what, *details in outcome.trace:
        if what != "told":
            lines.append(f"{at:>10.3f} s  {_told(str(what), details)}")
    left_out = len(lines) - FIRST_LINES_MAX - LAST_LINES_MAX
    if left_out <= 0:
        return lines
    return [
        *lines[:FIRST_LINES_MAX],
        f"              … {left_out} lines …",
        *lines[-LAST_LINES_MAX:],
    ]


def _told(what: str, details: list[Any]) -> str:
    match what, details:
        case "durable", [till, sale_id, version, kind, body]:
            return f"till {till} writes   {sale_id} v{version} {kind} {_short(body, kind)}"
        case "sent", [till, bytes(body)]:
            envelope = msgspec.json.decode(body)
            nodes = envelope["input"].get("data") or envelope["input"].get("druginfo") or {}
            known = ("omsgid", "setl_id", "acct_type", "amt", "medfee_sumamt", "acct_used_flag")
            said = {field: nodes[field] for field in known if field in nodes}
            return f"till {till} sends    {envelope['infno']} {envelope['msgid']} {said}"
        case "platform", [till, status, bytes(content)]:
            return f"platform answers till {till}  {status} {_answer(content)}"
        case _:
            return " ".join([what, *map(str, details)])


def _short(body: str, kind: str) -> str:
    kept = ("Charge", "Reversal", "Cash", "Cancel", "Sale", "Refund", "Confirm")
    return body if kind.startswith(kept) else ""


def _answer(content: bytes) -> str:
    try:
        envelope = msgspec.json.decode(content)
        output = envelope.get("output") or {}
        node = output.get("acctinfo") or output.get("setlinfo") or {}
    except (msgspec.DecodeError, AttributeError):
        return repr(content[:40])
    known = ("stas", "setl_id", "trns_id", "pay_amt", "avlb_amt", "refd_setl_flag")
    said = {field: node[field] for field in known if field in node}
    return f"infcode {envelope.get('infcode')} {envelope.get('err_msg', '')} {said}"
