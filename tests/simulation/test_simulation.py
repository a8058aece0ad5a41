"""A part of the simulation that every run of the tests can afford; `python -m tests.simulation`
lives as many days as wanted."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from terminal.checkout import book, settling, till
from terminal.settlement import client, wire
from tests.simulation import day
from tests.simulation.campaign import campaign
from tests.simulation.day import Plan
from tests.simulation.faults import SITES
from tests.simulation.host import PROFILES
from tests.simulation.mutants import REGISTERED
from tests.simulation.mutation import MUTANTS
from tests.simulation.shrink import shrink, story

HERE = Path(__file__).parent
QUICKLY_CAUGHT = (
    "new_id_on_time_out",
    "not_found_is_failed",
    "http_5xx_is_declined",
    "intent_written_after_sending",
    "goods_before_the_durable_write",
    "kept_goods_written_later",
    "reversed_under_a_wrong_id",
    "reversal_tried_once",
    "reversal_with_a_new_id_each_time",
    "one_leg_forgotten_on_cancel",
    "done_without_the_cash",
    "mutual_aid_while_personal_is_unknown",
    "no_replay_guard",
    "repeated_without_writing_it_down",
    "an_answer_that_drips_holds_the_sale",
)
DIGEST = "from tests.simulation.day import Plan, run; print(run(Plan({}, {!r}, 5)).digest())"


SALES = 1000 if "CI" in os.environ else 150
"""20,000 in all before a change lands, fewer while somebody waits."""


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("profile", PROFILES)
def test_money_is_safe_whatever_happens(profile: str, seed: int) -> None:
    tally = campaign(SALES, seed, (profile,), hostility=1 + seed % 3)
    assert tally.wrong is None, tally.wrong.violations
    assert tally.unresolved == 0
    assert tally.endings["SaleSettled"] > 10


@pytest.mark.parametrize("profile", PROFILES)
def test_one_seed_is_one_run_to_the_byte_in_any_process(profile: str) -> None:
    plan = Plan(7, profile, 5)
    digest = day.run(plan).digest()
    assert day.run(plan).digest() == digest
    assert day.run(replace(plan, seed=8)).digest() != digest
    other = subprocess.run(
        [sys.executable, "-c", DIGEST.format(7, profile)],
        env=os.environ | {"PYTHONHASHSEED": "4711"},
        cwd=HERE.parent.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    assert other.stdout.strip() == digest


@pytest.mark.parametrize("name", QUICKLY_CAUGHT)
def test_a_wrong_design_is_caught(name: str) -> None:
    made = MUTANTS[name]
    tally = campaign(1000, 1, made.profiles, 2, made)
    assert tally.wrong, f"{name} escaped"
    assert tally.wrong.violations


def test_a_mutant_leaves_the_real_classes_as_they_were() -> None:
    assert len(REGISTERED) == 2
    owners = (book, settling, till, client, wire, book.Book, settling.Settling, till.Checkout)
    before = [dict(vars(owner)) for owner in owners]
    for made in MUTANTS.values():
        with made.apply():
            pass
    assert [dict(vars(owner)) for owner in owners] == before


def test_every_kind_of_fault_strikes_and_is_counted() -> None:
    tally = campaign(240, 11, hostility=3)
    assert tally.wrong is None, tally.wrong.violations
    kinds = {kind for site in SITES.values() for kind in site}
    rare = {"disk full late", "failed sync", "foreign reply", "stop", "kill", "clock jump"}
    assert kinds - set(tally.faults) <= rare


def test_a_day_that_goes_wrong_is_shrunk_and_still_goes_wrong() -> None:
    made = MUTANTS["reversal_tried_once"]
    # How far forty runs get depends on the day; this seed's can be made much smaller.
    tally = campaign(1000, 4, made.profiles, 2, made)
    assert tally.wrong
    with made.apply():
        smallest = shrink(tally.wrong, day.run, runs_max=40)
        again = day.run(smallest.plan)
    assert again.violations == smallest.violations
    assert len(smallest.plan.skipped) >= 10
    assert smallest.faults.total() <= tally.wrong.faults.total()
    assert any("violation" in line for line in story(smallest))


@pytest.mark.parametrize("name", ["platform", "records", "books", "reading", "faults"])
def test_the_other_side_shares_nothing_with_the_till(name: str) -> None:
    tree = ast.parse((HERE / f"{name}.py").read_text(encoding="utf-8"))
    nodes = list(ast.walk(tree))
    imported = [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    imported += [a.name for node in nodes if isinstance(node, ast.Import) for a in node.names]
    assert imported
    assert not [module for module in imported if module.startswith("terminal")]
