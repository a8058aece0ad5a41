"""The bodies of the bench tests, worked by a program on pretend devices; and that they can fail."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import numpy as np
import pytest

from drivers.decode import decode
from drivers.printer import Printer
from drivers.printer_address import PrinterLost, parse_printer
from terminal.demo.serial_scanner import SerialScanner
from terminal.escpos.commands import GS_CUT
from terminal.escpos.picture import draw
from terminal.hil.listening import Listening, listening
from terminal.receipt import WIDTH_58_MM
from tests.drivers.cameras import EMPTY, WebCamera
from tests.drivers.printers import PretendPrinter, on_tcp
from tests.drivers.scenes import Scene, jpeg, photograph
from tests.hil import bodies
from tests.hil.sheet import SHEET, html

NEAR = Scene(module_pixels=6.0)


class Robot:
    """Hands of a program.  What is set wrong is what a bad device does."""

    patience_seconds = 30.0

    def __init__(self, scanner: SerialScanner | None, camera: WebCamera | None) -> None:
        self._scanner, self._camera = scanner, camera
        self.spoils: dict[str, bytes] = {}
        """Label -> what is sent in its place."""
        self.times = 1
        self.printer: PretendPrinter | None = None

    def scan(self, label: str) -> None:
        assert self._scanner
        for _ in range(self.times):
            self._scanner.send(self.spoils.get(label, SHEET[label]), b"\r")

    def scan_paper(self) -> None:
        assert self._scanner
        printer = self.printer
        assert printer
        printer.until(lambda: printer.paper.endswith(GS_CUT))
        picture = draw(printer.paper, WIDTH_58_MM)
        (code,) = decode(np.asarray(picture, np.uint8))
        self._scanner.send(code.payload, b"\r")

    def show(self, label: str) -> None:
        assert self._camera
        scene = NEAR if label == "A" else Scene()
        self._camera.picture = jpeg(photograph(SHEET[label].decode(), scene))

    def take_away(self) -> None:
        assert self._camera
        self._camera.picture = EMPTY

    def unplug(self) -> None:
        if self._scanner:
            self._scanner.unplug()
        elif self._camera:
            self._camera.switch_off()

    def plug(self) -> None:
        if self._scanner:
            self._scanner.plug()
        elif self._camera:
            self._camera.switch_on()


Bench = tuple[Listening, Robot]


@pytest.fixture
def serial() -> Iterator[Bench]:
    with SerialScanner() as scanner, listening(f"serial://{scanner.path}") as heard:
        yield heard, Robot(scanner, None)


@pytest.fixture
def web() -> Iterator[Bench]:
    with closing(WebCamera(EMPTY)) as camera, listening(camera.url()) as heard:
        yield heard, Robot(None, camera)


@pytest.mark.parametrize("label", SHEET)
def test_every_byte_arrives(serial: Bench, label: str) -> None:
    bodies.every_byte_arrives(*serial, label)


@pytest.mark.parametrize(
    ("label", "sent"), [("C", SHEET["C"].replace(b"\x1d", b"")), ("B", SHEET["B"][:-1])]
)
def test_a_scanner_that_leaves_something_out_is_found(
    serial: Bench, label: str, sent: bytes
) -> None:
    serial[1].spoils[label] = sent
    with pytest.raises(AssertionError):
        bodies.every_byte_arrives(*serial, label)


def test_chinese_may_come_in_gb18030(serial: Bench) -> None:
    serial[1].spoils["D"] = SHEET["D"].decode().encode("gb18030")
    bodies.every_byte_arrives(*serial, "D")


def test_each_scan_is_told_once(serial: Bench) -> None:
    bodies.each_scan_is_told_once(*serial)
    serial[1].times = 2
    with pytest.raises(AssertionError):
        bodies.each_scan_is_told_once(*serial)


@pytest.mark.parametrize("is_dumb", [False, True])
def test_a_printed_slip_is_found_by_its_code(serial: Bench, is_dumb: bool) -> None:
    heard, robot = serial
    robot.printer = PretendPrinter(is_dumb=is_dumb)
    with on_tcp(robot.printer) as url:
        printer = Printer(parse_printer(url))
        bodies.a_printed_slip_is_found_by_its_code(printer, heard, robot)


def test_a_printer_that_stops_half_way_is_found(serial: Bench) -> None:
    heard, robot = serial
    robot.printer = PretendPrinter(stops_after=100)
    with on_tcp(robot.printer) as url:
        printer = Printer(parse_printer(url), stall_seconds=0.3, done_seconds=0.3)
        with pytest.raises(PrinterLost):
            bodies.a_printed_slip_is_found_by_its_code(printer, heard, robot)


def test_a_scanner_comes_back(serial: Bench) -> None:
    bodies.a_scanner_comes_back_and_reads(*serial)


def test_a_code_in_view_is_one_scan(web: Bench) -> None:
    bodies.a_code_in_view_is_one_scan(*web)


def test_a_camera_comes_back(web: Bench) -> None:
    bodies.a_camera_comes_back_and_reads(*web)


def test_a_device_that_does_not_come_back_is_found(serial: Bench) -> None:
    heard, robot = serial
    robot.patience_seconds = 1.0
    robot.plug = lambda: None  # type: ignore[method-assign]  # the plug stays out
    with pytest.raises(AssertionError, match="not ready"):
        bodies.a_scanner_comes_back_and_reads(heard, robot)


def test_the_sheet_has_every_code() -> None:
    assert html().count("<svg") == len(SHEET)
