"""No acknowledged write is lost to a power cut, and a journal made wrong is found out.

`python -m tests.power --cuts 100000` runs more.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import pytest

from terminal.journal import Journal
from terminal.journal.chain import HEAD
from terminal.sale.events import Entry
from tests.power import traced
from tests.power.campaign import run
from tests.power.disk import Disk
from tests.power.lives import KEY, PATH
from tests.power.sqlite import connect

CUTS = 5000
CUTS_TO_FIND_OUT = 400
FULL = "PRAGMA synchronous = FULL"
WAL = "PRAGMA journal_mode = WAL"
EXCLUSIVE = "PRAGMA locking_mode = EXCLUSIVE"


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_and_nothing_is_half_written() -> None:
    tally = run(CUTS, seed=20260102)
    assert tally.wrong == []
    assert (tally.lost, tally.corrupt) == (0, 0)
    assert tally.cuts >= CUTS
    # The campaign was one: it tore writes, and it cut while opening, closing and recovering.
    assert tally.torn > CUTS // 5
    assert set(tally.during) == {
        "opening",
        "writing",
        "closing",
        "opening after a cut",
        "closing after a cut",
    }
    assert min(tally.during.values()) >= CUTS // 200
    assert tally.opened_by_sqlite3 >= CUTS // 60


@pytest.mark.skipif(not traced.is_possible(), reason="needs strace, and leave to use it")
def test_nor_with_the_very_sqlite_that_the_till_runs_on() -> None:
    told = traced.run(cuts=150, seed=5)
    assert told["wrong"] == []
    assert (told["lost"], told["corrupt"]) == (0, 0)
    unsynced = traced.run(cuts=50, seed=5, heeding_syncs=False)
    assert unsynced["lost"] != 0


def rewritten(rewrite: dict[str, str], disk: Disk) -> Journal:
    return Journal(PATH, KEY, partial(connect, disk, rewrite=rewrite))


@pytest.mark.parametrize(
    "rewrite",
    [
        pytest.param({FULL: "PRAGMA synchronous = NORMAL"}, id="NORMAL"),
        pytest.param({FULL: "PRAGMA synchronous = OFF"}, id="OFF"),
        # A rollback journal comes back from an unsynced directory and undoes the last write.
        pytest.param(
            {WAL: "PRAGMA journal_mode = DELETE", EXCLUSIVE: "PRAGMA locking_mode = NORMAL"},
            id="DELETE",
        ),
    ],
)
def test_a_weaker_way_to_write_loses_acknowledged_writes(rewrite: dict[str, str]) -> None:
    tally = run(CUTS_TO_FIND_OUT, seed=3, open_journal=partial(rewritten, rewrite))
    assert tally.lost > 0, tally


def test_a_disk_that_acknowledges_and_does_not_sync_loses_acknowledged_writes() -> None:
    def lying(disk: Disk) -> Journal:
        disk.lies = True
        return rewritten({}, disk)

    assert run(CUTS_TO_FIND_OUT, seed=3, open_journal=lying).lost > 0


class OneByOne(Journal):
    """Breaks the promise that entries of one append are written together."""

    def append(self, *entries: Entry) -> None:
        for entry in entries:
            super().append(entry)


class HeadAfterwards(Journal):
    """Writes the mark that says where the journal ends after the events, not with them."""

    def _append(self, entries: Sequence[Entry]) -> None:
        self._held_back = ""
        super()._append(entries)
        super()._put_mark(HEAD, self._held_back)

    def _put_mark(self, name: str, value: str) -> None:
        self._held_back = value


@pytest.mark.parametrize("kind", [OneByOne, HeadAfterwards])
def test_a_journal_that_writes_in_two_steps_is_found_half_written(kind: type[Journal]) -> None:
    def open_journal(disk: Disk) -> Journal:
        return kind(PATH, KEY, partial(connect, disk))

    assert run(CUTS_TO_FIND_OUT, seed=3, open_journal=open_journal).corrupt > 0
