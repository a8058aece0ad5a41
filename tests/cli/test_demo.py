"""`gongji demo` as a stranger runs it where there is no terminal."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

COMMAND = [sys.executable, "-m", "terminal.cli", "demo"]


@pytest.mark.slow
def test_the_demo_makes_three_sales_with_the_right_splits() -> None:
    demo = subprocess.run(
        COMMAND, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert demo.returncode == 0, demo.stderr
    result = json.loads(demo.stdout.splitlines()[-1])
    assert result["demo"] == "ok"
    assert result["sales"] == 3
    own, aided, cash = result["splits"]
    assert (own["mutual_aid_fen"], own["cash_fen"]) == (0, 0)
    assert aided["personal_fen"] > 0 < aided["mutual_aid_fen"]
    assert min(cash["personal_fen"], cash["mutual_aid_fen"], cash["cash_fen"]) > 0
    for split in result["splits"]:
        paid = split["fund_fen"] + split["personal_fen"] + split["mutual_aid_fen"]
        assert paid + split["cash_fen"] == split["total_fen"] == 6120
    assert demo.stdout.count("医保结算票据") == 3


@pytest.mark.slow
def test_a_demo_that_is_killed_leaves_nothing_running() -> None:
    demo = subprocess.Popen(COMMAND, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    assert demo.stdout
    demo.stdout.readline()
    props = _children(demo.pid)
    assert len(props) >= 2
    demo.send_signal(signal.SIGKILL)
    demo.wait()
    demo.stdout.close()
    ends = time.monotonic() + 30
    while any(map(_runs, props)) and time.monotonic() < ends:
        time.sleep(0.1)
    assert [pid for pid in props if _runs(pid)] == []


def _children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return [int(child) for task in tasks for child in (task / "children").read_text().split()]


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (ProcessLookupError, FileNotFoundError):
        return False
    return state != "Z"
