"""At the bench, with real devices: a person is told what to do.  docs/hil.md

pytest tests/hil/test_bench.py --scanner URL --camera URL --printer URL --require-hil
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from drivers.printer import Printer
from terminal.hil.listening import Listening
from tests.hil import bodies
from tests.hil.sheet import SHEET

Ask = Callable[[str], None]


class Person:
    patience_seconds = 60.0

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    def scan(self, label: str) -> None:
        self._ask(f"scan code {label} of the sheet, once")

    def show(self, label: str) -> None:
        self._ask(f"hold code {label} of the sheet before the camera, and keep it there")

    def scan_paper(self) -> None:
        self._ask("scan the code on the paper that was just printed")

    def take_away(self) -> None:
        self._ask("take the sheet away")

    def unplug(self) -> None:
        self._ask("pull the plug of the device")

    def plug(self) -> None:
        self._ask("put the plug back, into another port if there is one")


@pytest.fixture
def person(hil_ask: Ask) -> Person:
    return Person(hil_ask)


@pytest.mark.needs("scanner")
@pytest.mark.parametrize("label", SHEET)
def test_every_byte_of_a_code_arrives(hil_scanner: Listening, person: Person, label: str) -> None:
    bodies.every_byte_arrives(hil_scanner, person, label)


@pytest.mark.needs("scanner")
def test_each_scan_is_told_once(hil_scanner: Listening, person: Person) -> None:
    bodies.each_scan_is_told_once(hil_scanner, person)


@pytest.mark.needs("scanner")
def test_a_scanner_that_was_pulled_out_comes_back(hil_scanner: Listening, person: Person) -> None:
    bodies.a_scanner_comes_back_and_reads(hil_scanner, person)


@pytest.mark.needs("camera")
def test_a_code_in_view_is_one_scan(hil_camera: Listening, person: Person) -> None:
    bodies.a_code_in_view_is_one_scan(hil_camera, person)


@pytest.mark.needs("camera")
def test_a_camera_that_was_pulled_out_comes_back(hil_camera: Listening, person: Person) -> None:
    bodies.a_camera_comes_back_and_reads(hil_camera, person)


@pytest.mark.needs("printer", "scanner")
def test_a_printed_slip_is_found_by_its_code(
    hil_printer: Printer, hil_scanner: Listening, person: Person
) -> None:
    bodies.a_printed_slip_is_found_by_its_code(hil_printer, hil_scanner, person)
