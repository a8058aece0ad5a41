"""One shop: tills that start, die and start again, the platform, and one virtual time.

One rule: a till dies as its fault says and of nothing else.
"""

from __future__ import annotations

import asyncio
import functools
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path, PosixPath
from typing import Any

import msgspec

from terminal.checkout import Checkout
from terminal.cli.exits import Stop
from terminal.cli.papers import Papers, telling
from terminal.cli.run import beside
from terminal.cli.slips import SlipFiles
from terminal.journal import Journal, JournalError, Trouble
from terminal.journal.room import Room
from terminal.sale.events import Entry, Event, Notice
from terminal.sale.sale import Sale
from terminal.sandbox.app import create_app
from terminal.sandbox.rules import Rules
from terminal.sandbox.settings import Settings
from tests.matrix.disk import Killed, Process, connecting, copy_files, litter, tear
from tests.matrix.edges import Crossing, Job, Message, Place
from tests.matrix.moments import Keys, Moment
from tests.matrix.network import Line, Network
from tests.matrix.printer import AtOnceQueue, ShopPrinter
from tests.matrix.tills import (
    Design,
    Life,
    Post,
    TillClock,
    WallClock,
    WatchedJournal,
    compose,
    demo_plan,
)
from tests.matrix.virtual_time import VirtualLoop
from tests.matrix.watch import Watch

OLDER_COPY = "older copy"
RESTART_SECONDS = 3.0
STARTS_MAX = 8
"""More starts than any single fault explains."""


class AtOnce:
    """Writes a slip where the thread would have begun to: one order of things for each seed."""

    def start(self, work: Callable[[], None]) -> bool:
        work()
        return True


class DeadTill(Exception):
    """The till ended of something nobody injected."""


@functools.cache
def _demo_rules() -> Rules:
    return Settings().rules()


class _Settings(Settings):
    """The files of the demonstration are read once for all runs."""

    def rules(self) -> Rules:
        return replace(_demo_rules(), tombstones=self.tombstones, repeat=self.repeat)


class Shop:
    def __init__(
        self,
        loop: VirtualLoop,
        folder: Path,
        rng: random.Random,
        design: Design,
        moment: Moment,
        strike: Callable[[Shop, Crossing], None],
    ) -> None:
        self.loop, self.folder, self.rng, self.design = loop, folder, rng, design
        self.wall = WallClock(loop)
        made = demo_plan()
        capabilities = msgspec.structs.replace(made.profile.capabilities, **design.capabilities)
        profile = msgspec.structs.replace(made.profile, capabilities=capabilities)
        self.made = replace(made, profile=profile)
        settings = _Settings(clock=lambda: self.wall.true().timestamp(), voucher_seconds=60)
        self.app = create_app(replace(settings, **design.settings))
        self.watch = Watch(loop)
        self.network = Network(loop, self.app, self.wall.true, self._sending)
        self.posts = {number: Post(number, folder / str(number)) for number in (1, 2)}
        self.slips = self._paper()(folder / "slips")
        self.paper_trouble: Callable[[Path, str], None] | None = None
        """What happens to the next slip; may raise OSError or Killed."""
        self.printer = ShopPrinter()
        self.display_trouble: Callable[[Event | Notice], None] | None = None
        """What the devices that listen beside the screen do when they are told something."""
        self.moment, self._strike = moment, strike
        self.keys = Keys()
        self.path = made.profile.path
        self.last_settlement: dict[str, Any] | None = None
        """The envelope of the latest 2102 of till 1."""
        self.job = Job.SALE
        self.struck = False
        self.leaving_on_strike = False
        self.leaving = False
        """The customer is gone; the clerk cancels what can be cancelled."""
        self.held: str = ""
        """Why a person had to look at it; "" where nobody had to."""
        self.lost: set[str] = set()
        """Message ids that only a journal knew which is not there any more."""
        self.later_cuts: list[int] = []
        """At which of the next edges till 1 is cut again."""

    # -- edges

    def cross(self, crossing: Crossing) -> None:
        """Called at every edge of every till; strikes where the moment is."""
        self.keys.note(crossing)
        if crossing.till != 1:
            return
        if self.struck and self.later_cuts:
            self.later_cuts[0] -= 1
            if self.later_cuts[0] < 0:
                del self.later_cuts[0]
                self.cut(crossing)
        if self.struck or crossing.job is not self.moment.job:
            return
        if self.moment.fits(crossing, self.keys):
            self.struck = True
            self.watch.note(f"--- {self.moment.code} ---")
            self.leaving = self.leaving_on_strike
            self._strike(self, crossing)

    def start_edge(self) -> None:
        """The till is idle: what strikes now ends it without anything under way."""
        try:
            self.cross(Crossing(1, Place.START, self.job))
        except (Killed, RuntimeError, MemoryError):
            life = self.posts[1].life
            assert life
            life.task.cancel()

    def _sending(self, message: Message) -> None:
        post = self.posts[message.till]
        assert post.life
        self.watch.sending(message, post.life.journal)
        if message.infno == "2102" and message.till == 1:
            self.last_settlement = msgspec.json.decode(message.request.content)
        self.cross(Crossing(message.till, Place.SENDING, self.job, message=message))

    # -- ways to die

    def kill(self, number: int = 1) -> None:
        """The process is gone in this instant; the machine is not.  Raises Killed."""
        post = self.posts[number]
        assert post.life
        post.life.process.alive = False
        post.path = self._copy(post)
        raise Killed

    def cut(self, crossing: Crossing) -> None:
        """Power is gone in this instant: what was being written is torn.  Raises Killed."""
        post = self.posts[1]
        life = post.life
        assert life
        if crossing.place is Place.WRITING:
            before = self._copy(post)
            life.journal.append_unseen(*crossing.entries)
            after = self._copy(post)
            tear(before, after, self.rng)
            post.path = after
        else:
            post.path = self._copy(post)
            litter(post.path, self.rng)
        life.process.alive = False
        raise Killed

    def _copy(self, post: Post) -> Path:
        post.copies += 1
        return copy_files(post.path, post.folder / f"copy-{post.copies}")

    # -- lives

    async def up(self, number: int = 1) -> Life:
        """The till, started again where it is down.

        Raises DeadTill where it ended of a bug, JournalError where its journal is refused and
        nobody has another
        """
        post = self.posts[number]
        while True:
            if post.life and not post.life.task.done():
                return post.life
            if post.life:
                await self._bury(post)
            await asyncio.sleep(RESTART_SECONDS if post.starts else 0)
            if post.starts >= STARTS_MAX:
                raise DeadTill(f"till {number} has started {post.starts} times")
            await self._start(post)

    async def end(self, number: int) -> None:
        """An orderly end: whatever is under way is finished first."""
        post = self.posts[number]
        if post.life and not post.life.task.done():
            await post.life.quiet()
            post.life.task.cancel()
        if post.life:
            await self._bury(post)

    async def _bury(self, post: Post) -> None:
        life = post.life
        assert life
        await asyncio.wait({life.task})
        post.life = None
        await life.platform.close()
        life.journal.close()
        cause = None if life.task.cancelled() else life.task.exception()
        while post.after_death:
            post.after_death.pop(0)()
        if cause is not None and not isinstance(cause, post.expected):
            raise DeadTill(f"till {post.number} died of {cause!r}") from cause

    async def _start(self, post: Post) -> None:
        post.starts += 1
        self.watch.note(f"till {post.number} starts")
        try:
            post.life = self._compose(post)
        except JournalError as exc:
            if exc.reason is Trouble.BUSY and post.weather.trouble:
                return  # In use for now: the clerk tries again.
            if post.undamaged is None:
                raise
            self.held = exc.reason
            post.path, post.undamaged = post.undamaged, None
            return
        if post.undamaged:
            self.watch.wrong.append("a journal with a bad page was opened")
            post.undamaged = None
        if post.number == 1:
            self.watch.started()
        await asyncio.sleep(0)

    def _compose(self, post: Post) -> Life:
        process = Process()
        clock = TillClock(self.wall, self.loop, process)
        journal = WatchedJournal(
            post.path,
            connect=connecting(post.weather),
            room=Room(post.path, floor_bytes=0, ballast_bytes=1 << 14),
        )
        journal.cross = lambda place, entries: self._cross_journal(
            post.number, process, place, entries
        )
        line = Line(self.network, post.number, process)
        checkout, platform = compose(post, self.made, self.design, clock, journal, line)
        happened: list[Event | Notice] = []
        checkout.subscribe(self._listener(post, process, journal, happened))
        files = SlipFiles(self.slips, AtOnce(), telling(checkout))
        words = self.made.words[self.made.counter.language]
        printed = AtOnceQueue(self.printer, words, telling(checkout))
        Papers(checkout, self.made, [printed, files]).watch()
        task = self.loop.create_task(self._serve(post.number, checkout))
        return Life(process, journal, checkout, platform, task, happened)

    async def _serve(self, number: int, checkout: Checkout) -> None:
        """As `gongji run` does it: the first till in earnest, with its signals."""
        if number == 1:
            await beside(checkout, _for_ever)
        else:
            await checkout.run()

    def _cross_journal(
        self, till: int, process: Process, place: Place, entries: tuple[Entry, ...]
    ) -> None:
        process.require_alive()
        self.cross(Crossing(till, place, self.job, entries))
        process.require_alive()

    def _listener(
        self,
        post: Post,
        process: Process,
        journal: Journal,
        happened: list[Event | Notice],
    ) -> Callable[[Event | Notice, Sale | None], None]:
        def listen(what: Event | Notice, sale: Sale | None) -> None:
            process.require_alive()
            happened.append(what)
            self.watch.note(f"till {post.number} told {what}")
            if post.number == 1:
                self.watch.told(what, sale, journal)
                if self.display_trouble:
                    self.display_trouble(what)

        return listen

    def _paper(self) -> type[PosixPath]:
        shop = self

        class Paper(PosixPath):
            def write_text(  # type: ignore[override]  # later Pythons add `newline`
                self, data: str, encoding: str | None = None, errors: str | None = None
            ) -> int:
                if trouble := shop.paper_trouble:
                    shop.paper_trouble = None
                    trouble(Path(self), data)
                return PosixPath.write_text(self, data, encoding, errors)

        return Paper

    # -- the customers' side

    async def voucher(self, person: str) -> str:
        answer = await self.network.sandbox.get("/vouchers/new", params={"person": person})
        text: str = answer.json()["text"]
        return text

    async def ledger(self) -> dict[str, object]:
        answer = await self.network.sandbox.get("/ledger")
        told: dict[str, object] = answer.json()
        return told

    async def close(self) -> None:
        for post in self.posts.values():
            if post.life:
                post.life.process.alive = False
                post.life.task.cancel()
                await asyncio.wait({post.life.task})
                await post.life.platform.close()
                post.life.journal.close()
        await self.network.close()
        self.app.state.store.close()


async def _for_ever() -> None:
    await asyncio.Event().wait()


OF_THE_DISK: tuple[type[BaseException], ...] = (JournalError, Stop)
"""What a till dies of where its disk refuses."""
