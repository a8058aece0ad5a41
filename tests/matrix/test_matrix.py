"""No cell is missing, none is left out without a reason, and those that can exist end well.

Every fault runs here at one moment and every moment with three faults; `python -m tests.matrix
--run` runs every run of every cell.
"""

from __future__ import annotations

import re
from collections import Counter

import pytest

from tests.matrix.campaign import counts
from tests.matrix.cells import CELLS, Cell, Run, carry_out
from tests.matrix.fault import SIZES
from tests.matrix.faults import FAULTS
from tests.matrix.moments import MOMENTS
from tests.matrix.rules import NOT_APPLICABLE, End, allowed

PER_MOMENT = 3
MOMENT_STEP, FAULT_STEP = 5, 23
"""How the sample moves through the table, so that it meets every row and column."""


def test_no_cell_is_missing() -> None:
    assert sum(SIZES.values()) == 69
    assert [moment.number for moment in MOMENTS] == list(range(1, 23))
    assert len({cell.name for cell in CELLS}) == 69 * 22 == 1518
    assert counts()["missing"] == 0
    assert counts()["covered"] + counts()["na"] == 1518


def test_what_is_left_out_has_a_reason_and_every_reason_is_used() -> None:
    used = Counter(cell.why_not for cell in CELLS if cell.why_not)
    assert set(used) == {rule.reason for rule in NOT_APPLICABLE}
    assert sum(used.values()) < 110


def test_every_fault_and_every_moment_has_cells_that_run() -> None:
    for fault in FAULTS:
        assert sum(cell.fault is fault and not cell.why_not for cell in CELLS) >= 11, fault.name
    for moment in MOMENTS:
        assert sum(cell.moment is moment and not cell.why_not for cell in CELLS) >= 50, moment.name


def test_only_five_faults_may_be_left_to_a_person() -> None:
    held = {
        cell.fault.name
        for cell in CELLS
        for run in cell.runs()
        if End.H in allowed(cell.fault, cell.moment, run.variant, leaves=run.leaves)
    }
    assert len(held) == 5


def one_run(cell: Cell, number: int) -> Run:
    runs = list(cell.runs())
    return runs[number % len(runs)]


def sample() -> list[Run]:
    """Every fault at one moment, the moments in rotation; then every moment with three faults."""
    runnable = {(c.fault.name, c.moment.number): c for c in CELLS if not c.why_not}
    chosen: dict[str, Run] = {}
    for index, fault in enumerate(FAULTS):
        places = [m.number for m in MOMENTS if (fault.name, m.number) in runnable]
        cell = runnable[fault.name, places[index * MOMENT_STEP % len(places)]]
        chosen[cell.name] = one_run(cell, index)
    for moment in MOMENTS:
        names = [f.name for f in FAULTS if (f.name, moment.number) in runnable]
        for turn in range(PER_MOMENT):
            cell = runnable[names[(moment.number + turn * FAULT_STEP) % len(names)], moment.number]
            chosen.setdefault(cell.name, one_run(cell, moment.number + turn))
    return list(chosen.values())


SAMPLE = sample()


@pytest.mark.parametrize("run", SAMPLE, ids=[run.name for run in SAMPLE])
def test_a_cell_ends_as_it_may(run: Run) -> None:
    outcome = carry_out(run)
    assert outcome.wrong == ()


def test_the_sample_meets_every_fault_and_every_moment() -> None:
    assert {run.cell.fault.name for run in SAMPLE} == {fault.name for fault in FAULTS}
    met = Counter(run.cell.moment.number for run in SAMPLE)
    assert min(met[moment.number] for moment in MOMENTS) >= PER_MOMENT


@pytest.mark.parametrize("name", ["M6 cut, torn writes", "M9 same voucher on two"])
def test_the_same_seed_is_the_same_run(name: str) -> None:
    (cell,) = (cell for cell in CELLS if cell.name == name)
    (run, *_) = cell.runs()
    first, second = (carry_out(run, seed=7) for _ in range(2))
    assert without_secrets(first.trace) == without_secrets(second.trace)
    assert first.end == second.end


def without_secrets(trace: tuple[str, ...]) -> list[str]:
    """Voucher ids, digests and links are made of secrets, which no seed knows."""
    return [re.sub("[0-9a-f]{32,}", "…", line) for line in trace]
