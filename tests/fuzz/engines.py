"""Where the inputs come from: atheris, which follows coverage, or else hypothesis.

Each engine runs one target for some seconds and returns the watch's report.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from random import Random

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.fuzz.targets import TARGETS, Target, settle
from tests.fuzz.watch import Watch

INPUT_BYTES_MAX = 2000
ROUND_EXAMPLES = 40
RELATIVES = 20
GRACE_SECONDS = 60
"""For an atheris child to start and to stop."""


def engine() -> str:
    return "atheris" if find_spec("atheris") else "hypothesis"


def run(name: str, seconds: float) -> dict[str, object]:
    """The report on the target of that name."""
    target = next(one for one in TARGETS if one.name == name)
    if engine() == "atheris":
        return _in_child(name, seconds)
    return by_hypothesis(target, seconds)


@st.composite
def _mutated(draw: st.DrawFn, seeds: tuple[bytes, ...]) -> bytes:
    """One of the seeds with a few places overwritten, cut out, doubled or filled in."""
    data = bytearray(draw(st.sampled_from(seeds)))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, max(0, len(data) - 1)))
        size = draw(st.integers(0, 16))
        match draw(st.sampled_from(("overwrite", "flip", "cut", "double", "insert"))):
            case "overwrite":
                data[at : at + size] = draw(st.binary(min_size=size, max_size=size))
            case "flip" if data:
                data[at] ^= 1 << draw(st.integers(0, 7))
            case "cut":
                del data[at : at + size]
            case "double":
                data[at:at] = data[at : at + size] * draw(st.integers(1, 20))
            case _:
                data[at:at] = draw(st.binary(max_size=16))
    return bytes(data[:INPUT_BYTES_MAX])


def _relatives(data: bytes, chance: Random) -> Iterator[bytes]:
    """The same input with one or two bytes changed: drawing each anew costs more than trying it."""
    for _ in range(RELATIVES if data else 0):
        changed = bytearray(data)
        for _ in range(chance.randint(1, 2)):
            changed[chance.randrange(len(changed))] = chance.randrange(256)
        yield bytes(changed)


def by_hypothesis(target: Target, seconds: float) -> dict[str, object]:
    settle(target)
    watch = Watch(target)
    ends = time.monotonic() + seconds
    inputs = _mutated(target.seeds) | st.binary(max_size=INPUT_BYTES_MAX)

    for seed_of_round in range(1 << 30):

        @seed(seed_of_round)
        @settings(
            max_examples=ROUND_EXAMPLES,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(inputs, st.integers(0, 1 << 32))
        def one_round(data: bytes, chance: int) -> None:
            if time.monotonic() < ends:
                watch(data)
                for relative in _relatives(data, Random(chance)):
                    watch(relative)

        one_round()
        if time.monotonic() >= ends:
            break
    return watch.report()


def _in_child(name: str, seconds: float) -> dict[str, object]:
    """libFuzzer ends its process, so each target has one of its own."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [sys.executable, "-m", "tests.fuzz.by_atheris", name, str(int(seconds))]
        done = subprocess.run(
            [*command, folder],
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds + GRACE_SECONDS,
        )
        if not report.exists():
            raise RuntimeError(f"atheris ended without a report:\n{done.stderr[-2000:]}")
        answer: dict[str, object] = json.loads(report.read_text("utf-8"))
        return answer
