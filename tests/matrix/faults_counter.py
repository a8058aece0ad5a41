"""Faults at the counter: people, clocks, devices, and other terminals."""

from __future__ import annotations

import errno
import signal
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import httpx

from drivers.framing import Framer
from drivers.printer_address import Trouble as PrinterTrouble
from terminal.clock import CHINA
from terminal.sale.commands import (
    AddItem,
    Cancel,
    CloseDay,
    Command,
    Confirm,
    Present,
    Quote,
    Refund,
    RemoveLine,
    SetQuantity,
    TakeCash,
)
from terminal.sale.events import CashTaken, Event, Notice, SaleRefunded, ScannerChanged
from tests.matrix.clerk import MAIN_CUSTOMER, Clerk
from tests.matrix.edges import Job, Message, Place
from tests.matrix.fault import Case, Fault, Group, charges
from tests.matrix.faults_machine import put_clock_right, second_resolver_is_refused
from tests.matrix.faults_network import answering, raising, reply_lost, reset
from tests.matrix.network import Line, Trouble
from tests.matrix.printer import fails
from tests.till import BOXES

TRACE_CODE = b"83000010000000000001"
"""Of the first goods of the demonstration."""
CLOCK_WRONG_SECONDS = 600.0
HANGS_SECONDS = 30.0
OUTAGE_SECONDS = 30.0
FAILOVER_SECONDS = 5.0
STALL_SECONDS = 15.0

# -- people


def _enter(case: Case) -> Command:
    """What Enter means on the screen that is shown at this moment."""
    match case.moment.job:
        case Job.CANCELLED:
            return Cancel()
        case Job.REFUND:
            sale = case.life.journal.latest_settled() or case.life.journal.greatest_sale_id()
            return Refund(sale)
        case Job.DAY:
            return CloseDay()
    if case.moment.number <= 3:
        return Quote()
    return Confirm() if case.moment.number <= 10 else TakeCash()


def _double_enter(case: Case) -> None:
    case.press(_enter(case), _enter(case))


def _same_code_twice(case: Case) -> None:
    code = Present(case.clerk.code.encode())
    case.press(code, code)


def _expired_code(case: Case) -> None:
    case.press(Present(case.spare.encode()))


def _cancel_while_waiting(case: Case) -> None:
    if case.variant == "unanswered":
        case.next_messages(reply_lost, 1, charges)
    case.press(Cancel())


def _cancel_and_fresh_code(case: Case) -> None:
    case.press(Cancel())

    async def fresh() -> Command:
        return Present((await case.shop.voucher(MAIN_CUSTOMER)).encode())

    case.clerk.keys.append(fresh)


def _clerk_swap(case: Case) -> None:
    """The next clerk starts the till under another number."""
    case.shop.posts[1].operator = "0009"
    signal.raise_signal(signal.SIGTERM)


def _customer_leaves(case: Case) -> None:
    case.shop.leaving = True


def _same_trace_code(case: Case) -> None:
    case.press(Present(TRACE_CODE), Present(TRACE_CODE))


def _cart_edited(case: Case) -> None:
    case.press(AddItem(BOXES[0]), SetQuantity(1, 2), RemoveLine(1))


# -- time


def _clock_jumps(by: timedelta) -> Callable[[Case], None]:
    def strike(case: Case) -> None:
        case.shop.wall.error = by
        case.shop.loop.call_later(CLOCK_WRONG_SECONDS, put_clock_right, case)

    return strike


def _midnight(case: Case) -> None:
    """The day changes for everybody, between this instant and the next."""
    wall = case.shop.wall
    now = wall.true().astimezone(CHINA)
    tomorrow = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    wall.skipped += tomorrow - now


def _day_end(case: Case) -> None:
    by_manager = case.variant == "by a manager"
    case.press(CloseDay("9001", "closing time") if by_manager else CloseDay())


# -- devices


def _scanner_pulled(case: Case) -> None:
    """The first half of a code was read, then the plug; the second half comes after it."""
    code = case.clerk.code.encode()
    framer, url = Framer(), "serial:///dev/scanner"
    frames = framer.feed(code[: len(code) // 2], 0.0)
    framer.reset()
    assert frames == []
    case.life.checkout.tell(ScannerChanged(url, "lost", "unplugged"))
    case.life.checkout.tell(ScannerChanged(url, "ready", "back"))
    tail = framer.feed(code[len(code) // 2 :] + b"\r", 9.0)
    case.press(*(Present(frame.data) for frame in tail))


def _codes_joined(case: Case) -> None:
    framer = Framer()
    joined = framer.feed(BOXES[0].encode() + case.clerk.code.encode() + b"\r", 0.0)
    assert len(joined) == 1
    case.press(*(Present(frame.data) for frame in joined))


def _paper_out(case: Case) -> None:
    if case.variant == "printer":
        fails(case.shop.printer, PrinterTrouble.PAPER_OUT, begun=False)
        return

    def trouble(path: Path, text: str) -> None:
        raise OSError(errno.ENOSPC, "out of paper")

    case.shop.paper_trouble = trouble


def _printer_hangs(case: Case) -> None:
    if case.variant == "printer":
        fails(case.shop.printer, PrinterTrouble.HANGS, begun=True)
        return

    def trouble(path: Path, text: str) -> None:
        case.shop.loop.freeze(HANGS_SECONDS)
        raise OSError(errno.ETIMEDOUT, "the printer does not answer")

    case.shop.paper_trouble = trouble


def _cut_mid_print(case: Case) -> None:
    def cut() -> None:
        crossing = case.crossing
        case.shop.cut(type(crossing)(1, Place.WRITTEN, crossing.job))

    def in_a_file(path: Path, text: str) -> None:
        Path(str(path)).write_text(text[: len(text) // 2], encoding="utf-8")
        # Half a slip is no slip: the clerk throws it away.
        Path(str(path)).unlink()
        cut()

    def in_the_printer(data: bytes) -> None:
        case.shop.printer.tear(data)
        cut()

    if case.variant == "printer":
        case.shop.printer.trouble = in_the_printer
    else:
        case.shop.paper_trouble = in_a_file


def _listener_fails(*kinds: type) -> Callable[[Case], None]:
    """A device that listens beside the screen fails when it is next told something of a kind."""

    def strike(case: Case) -> None:
        case.expect(OSError)
        shop = case.shop

        def trouble(what: Event | Notice) -> None:
            if not kinds or isinstance(what, kinds):
                shop.display_trouble = None
                raise OSError(errno.EIO, "the device does not answer")

        shop.display_trouble = trouble

    return strike


# -- many terminals


def _same_voucher_on_two(case: Case) -> None:
    case.shop.network.begin(_sell_on_two(case, MAIN_CUSTOMER, case.clerk.code))


async def _sell_on_two(case: Case, person: str, code: str = "") -> None:
    await Clerk(case.shop, till=2).sell(person, code=code)


def _platform(*troubles: Trouble) -> Callable[[Case], None]:
    """The one thing the terminals share is the platform: both are selling when it fails."""

    def strike(case: Case) -> None:
        shop = case.shop
        now = shop.loop.time()
        shop.network.add(
            *(
                Trouble(t.wants, t.act, t.left, None if t.until is None else now + t.until)
                for t in troubles
            )
        )
        shop.network.begin(_sell_on_two(case, "employee-empty"))

    return strike


async def _stalls(line: Line, message: Message) -> httpx.Response:
    line.network.deliver_later(STALL_SECONDS, message)
    await line.time_out(message)
    raise AssertionError


def _every(message: Message) -> bool:
    return True


PEOPLE = (
    Fault(Group.PEOPLE, "double Enter", _double_enter),
    Fault(Group.PEOPLE, "same QR twice", _same_code_twice),
    Fault(Group.PEOPLE, "expired QR", _expired_code),
    Fault(Group.PEOPLE, "cancel while waiting", _cancel_while_waiting, ("busy", "unanswered")),
    Fault(Group.PEOPLE, "cancel and fresh code", _cancel_and_fresh_code),
    Fault(Group.PEOPLE, "clerk swap", _clerk_swap),
    Fault(Group.PEOPLE, "customer leaves", _customer_leaves),
    Fault(Group.PEOPLE, "same trace code twice", _same_trace_code),
    Fault(Group.PEOPLE, "cart edited after sending", _cart_edited),
)
TIME = (
    Fault(Group.TIME, "+1 h", _clock_jumps(timedelta(hours=1))),
    Fault(Group.TIME, "-1 h", _clock_jumps(timedelta(hours=-1))),
    Fault(Group.TIME, "-1 d", _clock_jumps(timedelta(days=-1))),
    Fault(Group.TIME, "midnight in flight", _midnight),
    Fault(Group.TIME, "day end in flight", _day_end, ("by the clerk", "by a manager")),
)
DEVICES = (
    Fault(Group.DEVICES, "scanner pulled mid-code", _scanner_pulled),
    Fault(Group.DEVICES, "two codes joined", _codes_joined),
    Fault(Group.DEVICES, "paper out", _paper_out, ("file", "printer")),
    Fault(Group.DEVICES, "printer hangs", _printer_hangs, ("file", "printer")),
    Fault(Group.DEVICES, "cut mid-print", _cut_mid_print, ("file", "printer")),
    Fault(Group.DEVICES, "drawer", _listener_fails(CashTaken, SaleRefunded)),
    Fault(Group.DEVICES, "customer display", _listener_fails()),
)
TERMINALS = (
    Fault(Group.TERMINALS, "same voucher on two", _same_voucher_on_two),
    Fault(Group.TERMINALS, "two resolvers", second_resolver_is_refused),
    Fault(
        Group.TERMINALS,
        "shared platform down",
        _platform(Trouble(_every, answering(503), 1000, OUTAGE_SECONDS)),
    ),
    Fault(
        Group.TERMINALS,
        "shared platform fails over",
        _platform(
            Trouble(_every, reset(after=True), 1),
            Trouble(
                _every,
                raising(lambda: httpx.ConnectError("[Errno 111] Connection refused")),
                1000,
                FAILOVER_SECONDS,
            ),
        ),
    ),
    Fault(
        Group.TERMINALS,
        "shared platform stalls",
        _platform(Trouble(_every, _stalls, 1000, OUTAGE_SECONDS)),
    ),
)
