"""A few rounds of the campaign; `make kill9 ROUNDS=…` runs more."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.kill9 import Trouble, campaign
from tests.proxy import Fault

ROUNDS = 25 if "CI" in os.environ else 5
"""Of each kind: fifty before a change lands, fewer while somebody waits."""
ROUNDS_TO_FIND_OUT = 20


@pytest.mark.slow
@pytest.mark.parametrize("options", [(), ("--hostile",)])
def test_a_till_killed_anywhere_agrees_with_the_platform_after_its_restart(
    options: tuple[str, ...],
) -> None:
    words = ["-m", "tests.kill9", "--rounds", str(ROUNDS), "--seed", "7", *options]
    run = subprocess.run([sys.executable, *words], capture_output=True, text=True, check=False)
    assert run.stdout, run.stderr
    result = json.loads(run.stdout.splitlines()[-1])
    assert result["disagreements"] == []
    assert result["rounds"] == ROUNDS
    assert result["kills"] >= ROUNDS - 1
    assert bool(result["faults"]) is bool(options)
    assert run.returncode == 0


@pytest.mark.slow
def test_a_platform_that_breaks_its_promise_is_found_out() -> None:
    """It says that a reversed id is refused when it arrives late, and carries it out."""
    broken = Trouble((Fault.LATE,), ("--no-tombstones",), rate=0.9, only=b'"infno":"2102"')
    tally = campaign(ROUNDS_TO_FIND_OUT, 7, broken)
    assert any("the journal says 0, the ledger" in one for one in tally.disagreements), tally
