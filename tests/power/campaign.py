"""Many lives: each starts from what a cut of the one before left, until the journal is long."""

from __future__ import annotations

import random
import tempfile
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.power.check import (
    BREAKS,
    Examined,
    Result,
    examine,
    examine_with_the_standard_library,
)
from tests.power.deeds import Deed
from tests.power.disk import Disk, Image
from tests.power.lives import Cut, Life, OpenJournal, any_course, real_journal

DEEDS_MAX = 60
"""A longer journal is put away for a new one."""
CHANCE_OF_A_NEW_ONE = 0.3
"""That a life is the last on its disk, and the next begins with an empty one."""
CUTS_A_LIFE_MAX = 60
CHANCE_OF_ANOTHER = 0.2
"""That the power fails once more while the journal is opened or closed after a cut."""
STANDARD_LIBRARY_EVERY = 50
WRONG_MAX = 20


@dataclass(slots=True)
class Tally:
    seed: int
    lives: int = 0
    cuts: int = 0
    acknowledged: int = 0
    """Durable writes over all lives."""
    lost: int = 0
    corrupt: int = 0
    torn: int = 0
    """Cuts that left a part of what was not yet durable: some writes of several, or half of one."""
    opened_by_sqlite3: int = 0
    during: dict[str, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    """The first few cuts that went wrong."""
    seconds: float = 0.0
    cpu_seconds: float = 0.0

    def count(self, cut: Cut, examined: Examined, by: str) -> None:
        if examined.result is Result.SOUND:
            return
        self.lost += examined.result is Result.LOST
        self.corrupt += examined.result is Result.CORRUPT
        where = f"life {self.lives}, cut {self.cuts}, while {cut.during}, opened by {by}"
        self.tell(f"{where}: {examined.result}: {examined.detail}")

    def tell(self, sentence: str) -> None:
        if len(self.wrong) < WRONG_MAX:
            self.wrong.append(sentence)


def run(cuts: int, seed: int, open_journal: OpenJournal = real_journal) -> Tally:
    """At least `cuts` cuts; the last may be followed by one in the course of looking at it."""
    rng = random.Random(seed)
    tally = Tally(seed)
    began, cpu_began = time.monotonic(), time.process_time()
    image: Image = {}
    held: Sequence[Deed] = ()
    with tempfile.TemporaryDirectory(prefix="gongji-power-") as folder:
        while tally.cuts < cuts:
            life = Life(Disk(image), open_journal, any_course(rng), rng, list(held))
            tally.lives += 1
            try:
                life.live()
            except BREAKS as exc:
                tally.corrupt += 1
                tally.tell(f"life {tally.lives} broke with the power on: {exc!r}")
            tally.acknowledged += life.written
            chosen = rng.sample(life.cuts, min(CUTS_A_LIFE_MAX, len(life.cuts)))
            sound = _examine_all(chosen[: cuts - tally.cuts], open_journal, rng, tally, folder)
            image, held = rng.choice(sound) if sound else ({}, ())
            if len(held) > DEEDS_MAX or rng.random() < CHANCE_OF_A_NEW_ONE:
                image, held = {}, ()
    tally.seconds = round(time.monotonic() - began, 1)
    tally.cpu_seconds = round(time.process_time() - cpu_began, 1)
    return tally


def _examine_all(
    cuts: Sequence[Cut], open_journal: OpenJournal, rng: random.Random, tally: Tally, folder: str
) -> list[tuple[Image, Sequence[Deed]]]:
    """Every cut, and the cuts that happen while looking at it.  Returns where life may go on."""
    sound: list[tuple[Image, Sequence[Deed]]] = []
    waiting = deque(cuts)
    while waiting:
        cut = waiting.popleft()
        tally.cuts += 1
        tally.torn += cut.torn
        tally.during[cut.during] = tally.during.get(cut.during, 0) + 1
        cut_again = rng.random() < CHANCE_OF_ANOTHER
        examined = examine(cut, open_journal, rng, cut_again=cut_again)
        tally.count(cut, examined, "apsw")
        if examined.again:
            waiting.append(examined.again)
        if tally.cuts % STANDARD_LIBRARY_EVERY == 0:
            tally.opened_by_sqlite3 += 1
            again = examine_with_the_standard_library(cut, Path(folder))
            tally.count(cut, again, "sqlite3")
        if examined.result is Result.SOUND:
            sound.append((cut.image, examined.deeds))
    return sound
