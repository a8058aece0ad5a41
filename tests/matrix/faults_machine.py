"""Faults of the machine: process, power, storage."""

from __future__ import annotations

import signal
from datetime import datetime, timedelta

import httpx

from terminal.clock import CHINA
from terminal.journal import Journal, JournalError
from terminal.journal.snapshot import raw
from terminal.journal.verify import Verdict, parse_witness, verify
from terminal.sale.commands import LookAgain
from terminal.sale.events import ChargeIntended, Refused
from terminal.sale.events import ReversalIntended as Reversal
from tests.matrix.disk import Trouble, connecting, copy_files, spoil_page
from tests.matrix.edges import Message
from tests.matrix.fault import Case, Fault, Group
from tests.matrix.network import Line
from tests.matrix.shop import OF_THE_DISK, OLDER_COPY

FROZEN_SECONDS = 12.0
STALL_SECONDS = 5.0
CLOCK_PUT_RIGHT_SECONDS = 120.0
DEAD_BATTERY = datetime(2020, 1, 1, tzinfo=CHINA)


def _kill(case: Case) -> None:
    case.let_message_go()
    case.shop.kill()


def _sigterm(case: Case) -> None:
    signal.raise_signal(signal.SIGTERM)


def _bug(case: Case) -> None:
    case.expect(RuntimeError)
    case.let_message_go()
    raise RuntimeError("a bug")


def _out_of_memory(case: Case) -> None:
    case.expect(MemoryError)
    case.let_message_go()
    raise MemoryError


def _frozen(case: Case) -> None:
    case.shop.loop.freeze(FROZEN_SECONDS)
    if case.crossing.message:
        # The reply was there in time, and nobody looked before the time-out.
        case.next_messages(_answered_too_late)


async def _answered_too_late(line: Line, message: Message) -> httpx.Response:
    await line.network.deliver(message)
    raise httpx.ReadTimeout("looked too late")


def _cut(case: Case) -> None:
    case.let_message_go()
    case.shop.cut(case.crossing)


def _cut_and_clock_reset(case: Case) -> None:
    wall = case.shop.wall
    wall.error = DEAD_BATTERY - wall.true()
    case.shop.loop.call_later(CLOCK_PUT_RIGHT_SECONDS, put_clock_right, case)
    _cut(case)


def put_clock_right(case: Case) -> None:
    case.shop.wall.error = timedelta()


def _cut_during_recovery(case: Case) -> None:
    case.shop.later_cuts = [int(case.variant), 0]
    _cut(case)


def _full(case: Case) -> None:
    """Once: the space kept for this helps.  Again: it does not."""
    case.expect(*OF_THE_DISK)
    case.shop.posts[1].weather.expect(Trouble.FULL, 1 if case.variant == "once" else 2)


def _failing(trouble: Trouble, case: Case) -> None:
    case.expect(*OF_THE_DISK)
    case.shop.posts[1].weather.expect(trouble)


def _eio(case: Case) -> None:
    _failing(Trouble.EIO, case)


def _sync(case: Case) -> None:
    _failing(Trouble.SYNC_KEPT if case.variant == "kept" else Trouble.SYNC_LOST, case)


def _read_only(case: Case) -> None:
    _failing(Trouble.READ_ONLY, case)


def _stall(case: Case) -> None:
    """While the disk stalls, a key is answered at once."""
    weather, shop = case.shop.posts[1].weather, case.shop

    def press() -> None:
        life = shop.posts[1].life
        if life and not life.task.done() and life.checkout.busy:
            life.checkout.do(LookAgain())
            if life.happened[-1] != Refused("busy"):
                shop.watch.wrong.append("a key pressed during a stall was not answered")

    weather.on_stall = lambda: shop.loop.call_later(1, press)
    weather.stall_seconds = STALL_SECONDS


def _locked(case: Case) -> None:
    case.expect(*OF_THE_DISK)
    weather = case.shop.posts[1].weather
    if case.variant == "write":
        weather.expect(Trouble.LOCKED)
    else:
        weather.locked_starts = 2
        _kill(case)


def _bad_page(case: Case) -> None:
    """The copy that is spoiled is refused; a person puts back the disk's other half."""
    post, rng = case.shop.posts[1], case.shop.rng

    def spoil() -> None:
        post.undamaged = post.path
        post.path = copy_files(post.path, post.folder / "spoiled")
        spoil_page(post.path, rng)

    post.after_death.append(spoil)
    _kill(case)


def _older_copy(case: Case) -> None:
    """The file of the day before: whole in itself, and only a printed witness tells."""
    shop, post = case.shop, case.shop.posts[1]
    entries = case.life.journal.all_entries()
    row = case.life.journal._db.execute(
        "SELECT seq, link FROM events ORDER BY seq DESC LIMIT 1"
    ).fetchone()
    older = post.oldest
    assert older
    assert row

    def restore() -> None:
        post.path = copy_files(older, post.folder / "restored")
        with raw(post.path) as (db, key):
            found = verify(db, key, parse_witness(f"{row[0]}:{row[1].hex()}"))
        if found.verdict is not Verdict.TRUNCATED:
            shop.watch.wrong.append(f"an older copy is called {found.verdict}")
        shop.held = OLDER_COPY
        case.clerk.forget_earlier_sales()

    kinds = (ChargeIntended, Reversal)
    shop.lost |= {e.event.key for e in entries if isinstance(e.event, kinds)}
    post.after_death.append(restore)
    _kill(case)


def second_resolver_is_refused(case: Case) -> None:
    """Another process on the same journal."""
    post = case.shop.posts[1]
    try:
        Journal(post.path, connect=connecting(type(post.weather)()))
    except JournalError as refused:
        if refused.reason.value != "busy":
            case.shop.watch.wrong.append(f"a second till is refused as {refused.reason}")
    else:
        case.shop.watch.wrong.append("two tills have one journal")


PROCESS = (
    Fault(Group.PROCESS, "kill -9", _kill, has_fates=True),
    Fault(Group.PROCESS, "SIGTERM", _sigterm),
    Fault(Group.PROCESS, "unhandled error", _bug, has_fates=True),
    Fault(Group.PROCESS, "out of memory", _out_of_memory, has_fates=True),
    Fault(Group.PROCESS, "UI frozen for 12 s", _frozen),
)
POWER = (
    Fault(Group.POWER, "cut, torn writes", _cut, has_fates=True),
    Fault(Group.POWER, "cut, clock reset", _cut_and_clock_reset, has_fates=True),
    Fault(Group.POWER, "cut during recovery", _cut_during_recovery, ("0", "1", "2")),
)
STORAGE = (
    Fault(Group.STORAGE, "disk full", _full, ("once", "again")),
    Fault(Group.STORAGE, "EIO", _eio),
    Fault(Group.STORAGE, "fsync error", _sync, ("lost", "kept")),
    Fault(Group.STORAGE, "read-only", _read_only),
    Fault(Group.STORAGE, "5 s stall", _stall),
    Fault(Group.STORAGE, "locked", _locked, ("write", "start")),
    Fault(Group.STORAGE, "bad page at start", _bad_page),
    Fault(Group.STORAGE, "older copy restored", _older_copy),
)
