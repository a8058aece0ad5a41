"""Every cell that can exist, run one after the other or in several processes."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

from tests.matrix.cells import CELLS, Cell, carry_out
from tests.matrix.faults import FAULTS
from tests.matrix.moments import MOMENTS

CHUNK_RUNS = 8


@dataclass(frozen=True)
class Task:
    """One run by its place in the table, because a fault cannot be sent to another process."""

    cell: int
    run: int
    seed: int


@dataclass(frozen=True)
class Report:
    cell: str
    run: str
    end: str
    wrong: tuple[str, ...]
    trace: tuple[str, ...]


def tasks(seed: int, only: str = "") -> list[Task]:
    """Every run of every cell that can exist.

    only  part of the cell's name; "" for all
    """
    return [
        Task(index, number, seed)
        for index, cell in enumerate(CELLS)
        if not cell.why_not and only in cell.name
        for number, _ in enumerate(cell.runs())
    ]


def carry_out_one(task: Task) -> Report:
    cell = CELLS[task.cell]
    outcome = carry_out(list(cell.runs())[task.run], seed=task.seed)
    return Report(cell.name, outcome.run.name, outcome.end, outcome.wrong, outcome.trace)


def carry_out_all(chosen: list[Task], jobs: int) -> Iterator[Report]:
    if jobs == 1:
        yield from map(carry_out_one, chosen)
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        yield from pool.map(carry_out_one, chosen, chunksize=CHUNK_RUNS)


def counts() -> dict[str, int]:
    """How many cells there are of each kind.  Missing: of no kind, or with nothing to run."""
    runnable = {_place(c) for c in CELLS if not c.why_not and next(c.runs(), None)}
    explained = {_place(c) for c in CELLS if c.why_not}
    wanted = {(fault.name, moment.number) for fault in FAULTS for moment in MOMENTS}
    return {
        "cells": len(wanted),
        "covered": len(runnable),
        "na": len(explained),
        "missing": len(wanted - runnable - explained),
    }


def _place(cell: Cell) -> tuple[str, int]:
    return cell.fault.name, cell.moment.number
