"""A few rounds of the campaign; `make kill9 ROUNDS=…` runs more."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

ROUNDS = 8


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_till_killed_anywhere_agrees_with_the_platform_after_its_restart() -> None:
    command = [sys.executable, "-m", "tests.kill9", "--rounds", str(ROUNDS), "--seed", "7"]
    campaign = subprocess.run(command, capture_output=True, text=True, check=False)
    assert campaign.stdout, campaign.stderr
    result = json.loads(campaign.stdout.splitlines()[-1])
    assert result["disagreements"] == []
    assert result["rounds"] == ROUNDS
    assert campaign.returncode == 0
