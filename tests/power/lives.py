"""A till's life on a disk: it opens the journal, writes, is killed, opens it again, ends.

At moments of that life a power cut is imagined, and what it would leave is set aside with what
the journal had acknowledged until then.  The life itself goes on, so one life shows cuts between
any two operations of its disk, the operations of opening, of recovery and of closing included.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from terminal.journal import Journal
from tests.power.deeds import Counter, Deed, days_of, entries_of, perform, refuses_again
from tests.power.disk import Disk, Image, Killed
from tests.power.sqlite import connect, told_nobody

PATH = Path("journal.db")
KEY = b"k" * 32

OpenJournal = Callable[[Disk], Journal]


def real_journal(disk: Disk) -> Journal:
    return Journal(PATH, KEY, partial(connect, disk))


@dataclass(frozen=True, slots=True)
class Cut:
    """What one cut left, and what must be found on it."""

    image: Image
    torn: bool
    during: str
    """What the till was doing: "opening", "writing", "closing"."""
    acknowledged: Sequence[Deed]
    """All of these, in this order …"""
    begun: Sequence[Deed]
    """… and then the first few of these, each whole, or none."""


@dataclass(frozen=True, slots=True)
class Course:
    """How a life goes."""

    deeds: int
    checkpoint_pages: int | None
    """Another `wal_autocheckpoint` than the journal's own; None: its own."""
    share_cut: float
    """Of the disk's operations, how many to set a cut aside for."""
    killed: bool
    """Whether the process is killed on the way and another goes on with what it left."""
    ends_orderly: bool


def any_course(rng: random.Random) -> Course:
    """Short lives show every operation, long ones what only a log of many pages meets."""
    killed, ends_orderly = rng.random() < 0.4, rng.random() < 0.5
    match rng.randrange(12):
        case 0:
            return Course(rng.randrange(40, 90), None, 0.1, killed, ends_orderly)
        case 1 | 2 | 3:
            pages = rng.choice((4, 10, 30))
            return Course(rng.randrange(8, 30), pages, 0.25, killed, ends_orderly)
        case _:
            return Course(rng.randrange(6), None, 1.0, killed, ends_orderly)


@dataclass(slots=True)
class Life:
    """One life after another on the same disk, without a cut that really happens."""

    disk: Disk
    open_journal: OpenJournal
    course: Course
    rng: random.Random
    acknowledged: list[Deed] = field(default_factory=list)
    cuts: list[Cut] = field(default_factory=list)
    written: int = 0
    """Deeds acknowledged in this life."""
    _begun: list[Deed] = field(default_factory=list)
    _during: str = "opening"
    _operations_left: int | None = None
    """Until the process is killed; None: it is not."""

    def live(self) -> None:
        self.disk.before = self._moment
        if self.course.killed:
            # An append is a dozen operations; a kill in the first ones falls while opening.
            self._operations_left = self.rng.randrange(12 * self.course.deeds + 40)
        with told_nobody():
            try:
                self._one_process()
            except Killed:
                self._settle_what_was_begun()
                self._one_process()

    def _one_process(self) -> None:
        self._during = "opening"
        journal = self.open_journal(self.disk)
        try:
            if self.course.checkpoint_pages:
                journal._db.execute(f"PRAGMA wal_autocheckpoint = {self.course.checkpoint_pages}")
            self._during = "writing"
            held = [*self.acknowledged, *self._begun]
            counter = Counter(self.rng, entries_of(held))
            while self.written < self.course.deeds:
                if self.acknowledged and self.rng.random() < 0.1:
                    refuses_again(journal, self.rng.choice(self.acknowledged))
                deed = counter.next()
                self._begun.append(deed)
                perform(journal, deed)
                self._acknowledge()
        except Killed:
            self._drop(journal)
            raise
        if self.course.ends_orderly:
            self._during = "closing"
            journal.close()
        else:
            self._drop(journal)

    def _drop(self, journal: Journal) -> None:
        """Forgets the connection as a killed process does: the disk hears nothing of it."""
        self.disk.dead = True
        with suppress(Killed):
            journal.close()
        self.disk.dead = False

    def _acknowledge(self) -> None:
        """Whatever a killed process had begun and this one has found is durable with it."""
        self.acknowledged += self._begun
        self._begun.clear()
        self.written += 1

    def _settle_what_was_begun(self) -> None:
        """After a kill: what the next process will find of what the killed one had begun.  It is
        not durable before that process has written something of its own."""
        self.disk.dead = False
        self.disk.before = lambda *_: None
        found = Disk({name: bytes(file.now) for name, file in self.disk.files.items()})
        with self.open_journal(found) as journal:
            entries, days = journal.all_entries(), journal.latest_day()[0]
        for count in range(len(self._begun) + 1):
            deeds = [*self.acknowledged, *self._begun[:count]]
            if entries == entries_of(deeds) and days == len(days_of(deeds)):
                del self._begun[count:]
                break
        else:
            raise AssertionError("a kill alone, with the power on, lost or made up something")
        self.disk.before = self._moment

    def _moment(self, *_: str) -> None:
        if self.rng.random() < self.course.share_cut:
            remains = self.disk.cut(self.rng)
            self.cuts.append(
                Cut(
                    remains.image,
                    remains.torn,
                    self._during,
                    tuple(self.acknowledged),
                    tuple(self._begun),
                )
            )
        if self._operations_left is not None:
            self._operations_left -= 1
            if self._operations_left < 0:
                self._operations_left = None
                self.disk.dead = True
                raise Killed
