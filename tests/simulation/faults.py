"""Which fault strikes where.

One rule: every fault is drawn from one stream and has a number, so that a run can be repeated with
some of them left out.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping
from types import MappingProxyType

SITES: dict[str, dict[str, float]] = {
    # Before a message is sent: nothing leaves the till.
    "connect": {"refused": 0.008, "connect time-out": 0.006, "no address": 0.002},
    # On the way to the platform, per message.
    "out": {
        "request lost": 0.022,
        "request late": 0.018,
        "request duplicated": 0.014,
        "5xx before effect": 0.014,
    },
    # On the way back, per message.
    "back": {
        "reply lost": 0.022,
        "reply late": 0.014,
        "5xx after effect": 0.014,
        "garbled": 0.014,
        "reset": 0.006,
        "dripping": 0.002,
    },
    # In the platform, per charge, reversal and query.
    "charge": {"pending": 0.03, "wrong sums": 0.008, "foreign reply": 0.004},
    "reversal": {"busy": 0.10},
    "question": {"stale": 0.01, "refused question": 0.01},
    # In the till's process, per durable write and per message sent.
    "write": {
        "crash before write": 0.0012,
        "crash after write": 0.0016,
        "torn write": 0.0008,
        "disk full": 0.0006,
        "disk full late": 0.0003,
        "failed sync": 0.0004,
    },
    "stall": {"stall": 0.0020},
    "send": {"crash before send": 0.0025, "crash after send": 0.0035},
    # Once a day, each.
    "outage": {"outage": 0.35},
    "clock": {"clock jump": 0.15},
    "kill": {"kill": 0.15},
    "stop": {"stop": 0.05},
}
STRIKES_MAX = 0.6
"""However hostile: a network that loses everything sells nothing."""


class Faults:
    def __init__(
        self,
        seed: str,
        hostility: int,
        left_out: frozenset[int] = frozenset(),
        note: Callable[[str, int], None] = lambda kind, number: None,
        likelier: Mapping[str, float] = MappingProxyType({}),
    ) -> None:
        """left_out  numbers of the faults that do not strike, for shrinking
        likelier  factors on the rates of some kinds
        """
        self._rng = random.Random(seed)
        self._left_out, self._note = left_out, note
        self._tables = {
            site: _cumulative(
                {kind: rate * likelier.get(kind, 1.0) for kind, rate in kinds.items()}, hostility
            )
            for site, kinds in SITES.items()
        }
        self.struck: Counter[str] = Counter()
        self.number = 0
        self.enabled = True

    def pick(self, site: str) -> str:
        """The fault that strikes here now, "" for none."""
        draw = self._rng.random()
        table = self._tables[site]
        if draw >= table[-1][0] or not self.enabled:
            return ""
        kind = next(kind for below, kind in table if draw < below)
        return kind if self.strikes(kind) else ""

    def strikes(self, kind: str) -> bool:
        """One fault of a kind decided elsewhere.  False: this one is left out."""
        self.number += 1
        if self.number in self._left_out:
            return False
        self.struck[kind] += 1
        self._note(kind, self.number)
        return True

    def uniform(self, low: float, high: float) -> float:
        return self._rng.uniform(low, high)

    def chance(self, probability: float) -> bool:
        return self._rng.random() < probability


def _cumulative(kinds: dict[str, float], hostility: int) -> list[tuple[float, str]]:
    factor = min(hostility, STRIKES_MAX / sum(kinds.values()))
    table: list[tuple[float, str]] = []
    reached = 0.0
    for kind, rate in kinds.items():
        reached += rate * factor
        table.append((reached, kind))
    return table
