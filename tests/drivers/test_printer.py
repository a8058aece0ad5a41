"""Printers on real sockets, ptys and files: what is sent arrives, or it is said why not."""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from drivers.printer import Printer
from drivers.printer_address import Flow, PrinterLost, Scheme, Trouble, parse_printer
from tests.drivers.printers import PretendPrinter, on_pty, on_tcp

DATA = bytes(range(0x20, 0x7F)) * 12
"""More than one chunk, and nothing that is a question."""
Place = Callable[[PretendPrinter], AbstractContextManager[str]]
PLACES = pytest.mark.parametrize("place", [on_tcp, on_pty])


def printer_at(url: str, *, stall_seconds: float = 30.0, done_seconds: float = 30.0) -> Printer:
    return Printer(parse_printer(url), stall_seconds=stall_seconds, done_seconds=done_seconds)


def lost_of(work: Callable[[], object]) -> PrinterLost:
    with pytest.raises(PrinterLost) as caught:
        work()
    return caught.value


@PLACES
def test_every_byte_arrives_in_order_and_the_printer_says_so(place: Place) -> None:
    pretend = PretendPrinter()
    with place(pretend) as url:
        assert printer_at(url).print(DATA) is True
        assert printer_at(url).print(b"more") is True
    assert pretend.paper == DATA + b"more"


@PLACES
def test_a_printer_that_answers_nothing_gets_every_byte(place: Place) -> None:
    pretend = PretendPrinter(is_dumb=True)
    with place(pretend) as url:
        assert printer_at(url).print(DATA) is False
        pretend.until(lambda: pretend.paper == DATA)


@PLACES
def test_a_printer_that_knows_only_half_of_the_questions_gets_every_byte(place: Place) -> None:
    pretend = PretendPrinter(answers_in_turn=False)
    with place(pretend) as url:
        assert printer_at(url).print(DATA) is False
        pretend.until(lambda: pretend.paper == DATA)


def test_a_printer_that_is_not_to_be_asked_is_not(tmp_path: Path) -> None:
    pretend = PretendPrinter(is_dumb=True)
    with on_tcp(pretend) as url:
        assert Printer(parse_printer(url), asks=False).print(b"x") is False
        pretend.until(lambda: pretend.paper == b"x")


@PLACES
@pytest.mark.parametrize("trouble", [Trouble.PAPER_OUT, Trouble.COVER_OPEN, Trouble.JAMMED])
def test_what_ails_a_printer_is_asked_before_anything_is_sent(
    place: Place, trouble: Trouble
) -> None:
    pretend = PretendPrinter()
    setattr(pretend, trouble.value, True)
    with place(pretend) as url:
        printer = printer_at(url)
        for lost in (lost_of(lambda: printer.print(DATA)), lost_of(printer.look)):
            assert (lost.trouble, lost.begun) == (trouble, False)
        setattr(pretend, trouble.value, False)
        assert printer.look() is True
        assert printer.print(DATA) is True
    assert pretend.paper == DATA


@PLACES
@pytest.mark.parametrize("is_dumb", [True, False])
def test_a_printer_that_takes_no_more_is_given_up_and_may_have_begun(
    place: Place, is_dumb: bool
) -> None:
    pretend = PretendPrinter(is_dumb=is_dumb, stops_after=10)
    data = DATA * 5000  # More than any buffer between the two.
    with place(pretend) as url:
        printer = printer_at(url, stall_seconds=0.3, done_seconds=0.3)
        lost = lost_of(lambda: printer.print(data if is_dumb else DATA))
    assert (lost.trouble, lost.begun) == (Trouble.HANGS, True)


@PLACES
@pytest.mark.parametrize("silent", ["is_dumb", "stops_after"])
def test_what_a_printer_answered_once_it_must_answer_again(place: Place, silent: str) -> None:
    """One that hangs, or serves another till, takes bytes all the same and prints none."""
    pretend = PretendPrinter()
    with place(pretend) as url:
        printer = printer_at(url, done_seconds=0.5)
        assert printer.print(b"one") is True
        setattr(pretend, silent, 0 if silent == "stops_after" else True)
        lost = lost_of(lambda: printer.print(DATA))
        assert (lost.trouble, lost.begun) == (Trouble.HANGS, silent == "stops_after")
    assert pretend.paper == b"one"


@PLACES
def test_one_cut_off_inside_a_picture_is_brought_back_and_waits_for_no_answer(place: Place) -> None:
    pretend = PretendPrinter()
    with place(pretend) as url:
        printer = printer_at(url)
        assert printer.print(b"one") is True
        pretend.swallows = 700
        assert printer.print(b"\0" * 1000 + DATA) is True
    assert pretend.paper == b"one" + b"\0" * 300 + DATA


@PLACES
def test_paper_that_ends_in_the_middle_is_told_and_may_have_begun(place: Place) -> None:
    pretend = PretendPrinter(paper_out_after=100)
    with place(pretend) as url:
        lost = lost_of(lambda: printer_at(url, done_seconds=0.3).print(DATA))
    assert (lost.trouble, lost.begun) == (Trouble.PAPER_OUT, True)
    assert pretend.paper == DATA[:100]


def test_a_printer_that_hangs_up_in_the_middle_may_have_begun() -> None:
    pretend = PretendPrinter(hangs_up_after=10)
    with on_tcp(pretend) as url:
        lost = lost_of(lambda: printer_at(url).print(DATA))
        assert (lost.trouble, lost.begun) == (Trouble.GONE, True)
        assert printer_at(url).print(DATA) is True
    assert bytes(pretend.connections[1]) == DATA


def test_nothing_there_is_missing(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"tcp://127.0.0.1:{server.getsockname()[1]}"
    for place in (url, f"serial://{tmp_path}/none", f"usb://{tmp_path}/none"):
        lost = lost_of(lambda place=place: printer_at(place).print(b"x"))  # type: ignore[misc]
        assert (lost.trouble, lost.begun) == (Trouble.MISSING, False), place


def test_a_file_gets_one_paper_behind_the_other_and_is_its_owners(tmp_path: Path) -> None:
    path = tmp_path / "with space" / "printed.bin"
    path.parent.mkdir()
    url = f"file://{path}".replace(" ", "%20")
    assert printer_at(url).print(b"one") is False
    assert printer_at(url).print(b"two") is False
    assert path.read_bytes() == b"onetwo"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_pipe_that_nobody_reads_holds_up_nothing(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    lost = lost_of(lambda: printer_at(f"file://{tmp_path}/pipe").print(b"x"))
    assert (lost.trouble, lost.begun) == (Trouble.MISSING, False)


def test_a_usb_printer_is_a_device_and_never_somebodys_file(tmp_path: Path) -> None:
    path = tmp_path / "letter"
    path.write_bytes(b"keep me")
    assert lost_of(lambda: printer_at(f"usb://{path}").print(b"x")).trouble is Trouble.MISSING
    assert path.read_bytes() == b"keep me"
    # A pty is a device file, and speaks as a USB printer does.
    pretend = PretendPrinter()
    with on_pty(pretend) as url:
        assert printer_at("usb://" + parse_printer(url).place).print(DATA) is True
    assert pretend.paper == DATA


def test_addresses() -> None:
    tcp = parse_printer("tcp://10.0.0.5")
    assert (tcp.scheme, tcp.place, tcp.port) == (Scheme.TCP, "10.0.0.5", 9100)
    assert parse_printer("tcp://[::1]:9101").place == "::1"
    serial = parse_printer("serial:///dev/ttyUSB0?baud=19200&flow=rtscts")
    assert (serial.place, serial.baud, serial.flow) == ("/dev/ttyUSB0", 19200, Flow.RTSCTS)
    assert parse_printer("usb:///dev/usb/lp0").place == "/dev/usb/lp0"


@pytest.mark.parametrize(
    "url",
    [
        *("", "lp0", "/dev/usb/lp0", "usb://dev/usb/lp0", "usb:///", "file://host/x", "http://x/"),
        *("tcp://", "tcp://h:0x", "tcp://h:99999", "tcp://h/x", "tcp://h:1?baud=9600"),
        *("tcp://h:0", "tcp://u:p@h:1", "tcp://h:1#x", "usb:///dev/lp0?baud=9600"),
        *("serial:///dev/x?baud=9601", "serial:///dev/x?flow=dtr", "serial:///dev/x?colour=red"),
        *("serial:///dev/x?baud", "usb:///dev/\x1b[31m", "usb:///dev/%1b", "tcp://" + "h" * 3000),
    ],
)
def test_an_address_that_cannot_be_one_says_what_is_wrong(url: str) -> None:
    lost = lost_of(lambda: parse_printer(url))
    assert lost.trouble is Trouble.BAD_URL
    assert "cannot be used" in str(lost)
    assert str(lost).isprintable()
