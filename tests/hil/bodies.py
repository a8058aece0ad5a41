"""What is asked of any scanner and any camera, real or pretend.

Whoever works it - a person told what to do, or a program - is `hands`.
"""

from __future__ import annotations

from typing import Protocol

from drivers import LostReason, ScannerState
from drivers.printer import Printer
from terminal.escpos import Print, encode
from terminal.hil.listening import Listening
from terminal.receipt import slip_code, slip_number
from tests.hil.sheet import CHINESE, SHEET

HELD_SECONDS = 5.0
SLIP_NUMBER = "20260101000000"
"""Of no sale: the first number of a day ends in 0001."""


class Hands(Protocol):
    patience_seconds: float

    def scan(self, label: str) -> None:
        """A code of the sheet, once."""

    def scan_paper(self) -> None:
        """The code on the paper that was printed last."""

    def show(self, label: str) -> None:
        """A code of the sheet is in view from now on."""

    def take_away(self) -> None: ...

    def unplug(self) -> None: ...

    def plug(self) -> None: ...


def every_byte_arrives(scanner: Listening, hands: Hands, label: str) -> None:
    hands.scan(label)
    scan = scanner.scan(hands.patience_seconds)
    # A scanner may be set to send Chinese in another charset; nothing else may differ.
    charsets = ("utf-8", "gb18030") if label == "D" else ()
    assert scan.payload in {SHEET[label], *(CHINESE.encode(name) for name in charsets)}


def each_scan_is_told_once(scanner: Listening, hands: Hands) -> None:
    for label in ("A", "B", "A"):
        hands.scan(label)
        assert scanner.scan(hands.patience_seconds).payload == SHEET[label]
        scanner.silence(0.5)


def it_comes_back(device: Listening, hands: Hands) -> None:
    """It is told that it went, and used again when it is back."""
    hands.unplug()
    lost = device.state(ScannerState.LOST, hands.patience_seconds)
    assert lost.reason in (LostReason.GONE, LostReason.STALLED)
    hands.plug()
    device.state(ScannerState.READY, hands.patience_seconds)


def a_scanner_comes_back_and_reads(scanner: Listening, hands: Hands) -> None:
    it_comes_back(scanner, hands)
    every_byte_arrives(scanner, hands, "A")


def a_code_in_view_is_one_scan(camera: Listening, hands: Hands) -> None:
    hands.show("B")
    assert camera.scan(hands.patience_seconds).payload == SHEET["B"]
    camera.silence(HELD_SECONDS)
    hands.take_away()
    hands.show("A")
    assert camera.scan(hands.patience_seconds).payload == SHEET["A"]
    hands.take_away()


def a_camera_comes_back_and_reads(camera: Listening, hands: Hands) -> None:
    it_comes_back(camera, hands)
    hands.show("A")
    assert camera.scan(hands.patience_seconds).payload == SHEET["A"]
    hands.take_away()


def a_printed_slip_is_found_by_its_code(printer: Printer, scanner: Listening, hands: Hands) -> None:
    printer.print(encode(Print(("共济 gongji", "0123456789"), slip_code(SLIP_NUMBER))))
    hands.scan_paper()
    assert slip_number(scanner.scan(hands.patience_seconds).payload) == SLIP_NUMBER
