"""One target under observation: what became of each input, how long it took, how much it took."""

from __future__ import annotations

import time
import tracemalloc
from collections import Counter
from dataclasses import dataclass, field

from terminal.voucher.reasons import VoucherRefused
from tests.fuzz.targets import Target

CPU_MS_MAX = 50.0
MEMORY_BYTES_MAX = 10_000_000
MEMORY_SAMPLE = 50
"""Memory is traced for one input in so many: tracing makes it ten times slower."""
TIMED_AGAIN = 2
"""The slowest input so far counts as its best time: a collector's pause is not its fault."""
FAILURES_MAX = 20
FAILURES_SHOWN_BYTES = 2048


@dataclass
class Watch:
    target: Target
    outcomes: Counter[str] = field(default_factory=Counter)
    slowest_ms: float = 0.0
    peak_bytes: int = 0
    failures: list[dict[str, str]] = field(default_factory=list)

    def __call__(self, data: bytes) -> None:
        """Never raises: what goes wrong is noted with the input that did it."""
        sampled = self.outcomes.total() % MEMORY_SAMPLE == 0
        if sampled:
            self._note_memory(data)
        taken_ms = self._timed(data, count=True)
        for _ in range(TIMED_AGAIN):
            if taken_ms > self.slowest_ms:
                taken_ms = min(taken_ms, self._timed(data, count=False))
        if taken_ms > CPU_MS_MAX:
            self._fail(f"took {taken_ms:.0f} ms", data)
        self.slowest_ms = max(self.slowest_ms, taken_ms)

    def report(self) -> dict[str, object]:
        return {
            "inputs": self.outcomes.total(),
            "outcomes": dict(self.outcomes.most_common()),
            "slowest_ms": round(self.slowest_ms, 2),
            "peak_kb": round(self.peak_bytes / 1000, 1),
            "failures": self.failures,
        }

    def _timed(self, data: bytes, *, count: bool) -> float:
        """Milliseconds of this thread's own CPU time: a busy machine does not count."""
        began = time.thread_time_ns()
        try:
            self.target.call(data)
            outcome = "accepted"
        except VoucherRefused as refused:
            outcome = refused.reason.value
        except Exception as exc:  # Anything else is what the fuzzer is looking for.
            outcome = f"raised {type(exc).__name__}"
            self._fail(outcome, data)
        taken_ms = (time.thread_time_ns() - began) / 1e6
        if count:
            self.outcomes[outcome] += 1
        return taken_ms

    def _note_memory(self, data: bytes) -> None:
        tracemalloc.start()
        self._timed(data, count=False)
        peak_bytes = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        self.peak_bytes = max(self.peak_bytes, peak_bytes)
        if peak_bytes > MEMORY_BYTES_MAX:
            self._fail(f"took {peak_bytes} bytes", data)

    def _fail(self, what: str, data: bytes) -> None:
        if len(self.failures) < FAILURES_MAX:
            shown = data[:FAILURES_SHOWN_BYTES].hex()
            self.failures.append({"what": what, "input": shown})
