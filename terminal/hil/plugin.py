"""The pytest plugin, loaded by its entry point wherever gongji is installed.

    @pytest.mark.needs("serial")
    def test_it_beeps(hil_scanner: Listening) -> None: ...

    pytest --scanner serial:///dev/serial/by-id/… --camera /dev/video0 --require-hil --junitxml=…

What a device is goes into the report of each test that needs it: `serial.by_id`,
`serial.idVendor`, `camera.name` …  docs/hil.md has it all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NoReturn

import pytest

from drivers import ScannerLost, camera_url, serial_url
from drivers.address import CAMERA_SCHEMES
from drivers.printer import Printer
from drivers.printer_address import PrinterLost, parse_printer
from terminal.hil.identity import identity
from terminal.hil.listening import Listening, listening

NEEDS = {
    "scanner": "--scanner URL (serial, HID or wedge)",
    "serial": "--scanner serial:///dev/…",
    "hid": "--scanner hid:///dev/hidraw…",
    "wedge": "--scanner wedge:///dev/input/by-id/…",
    "camera": "--camera URL",
    "printer": "--printer tcp://…, serial://…, usb:///dev/usb/lp0 or file:///…",
}
"""What a test may need, and what to give for it."""

Devices = dict[str, str]
"""The first device of each kind, by what may need it -> url."""

DEVICES: pytest.StashKey[Devices] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("gongji", "gongji: tests with real hardware")
    group.addoption(
        "--scanner", action="append", default=[], metavar="URL", help="a scanner to test with"
    )
    group.addoption(
        "--camera", action="append", default=[], metavar="URL", help="a camera to test with"
    )
    group.addoption(
        "--printer", action="append", default=[], metavar="URL", help="a printer to test with"
    )
    group.addoption(
        "--require-hil",
        action="store_true",
        help="a test whose hardware is missing fails instead of being skipped",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", f"needs(*devices): runs with real hardware only; devices: {', '.join(NEEDS)}"
    )
    config.stash[DEVICES] = devices = _devices(config)
    if devices and config.getoption("numprocesses", None):
        raise pytest.UsageError("a device cannot be used by several processes: leave out -n")


def pytest_report_header(config: pytest.Config) -> list[str]:
    return [f"gongji {need}: {identity(url)['url']}" for need, url in config.stash[DEVICES].items()]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        for need in _needs(item):
            if need not in NEEDS:
                known = ", ".join(NEEDS)
                raise pytest.UsageError(f"{item.nodeid} needs {need!r}; known are {known}")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    devices = item.config.stash[DEVICES]
    for need in _needs(item):
        if need not in devices:
            _missing(item.config, need)
        told = identity(devices[need])
        item.user_properties += [(f"{need}.{name}", value) for name, value in told.items()]


@pytest.fixture
def hil_scanner(request: pytest.FixtureRequest) -> Iterator[Listening]:
    """The scanner that the test's `needs` names, open."""
    yield from _listening(request, [need for need in NEEDS if need not in ("camera", "printer")])


@pytest.fixture
def hil_camera(request: pytest.FixtureRequest) -> Iterator[Listening]:
    """The camera, open."""
    yield from _listening(request, ["camera"])


@pytest.fixture
def hil_printer(request: pytest.FixtureRequest) -> Printer:
    """The printer.  Each page it prints is a connection of its own."""
    return Printer(parse_printer(_given(request, ["printer"])))


@pytest.fixture
def hil_ask(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Tells the person at the bench what to do now, through pytest's capture."""
    capture = request.config.pluginmanager.getplugin("capturemanager")
    reporter = request.config.pluginmanager.getplugin("terminalreporter")

    def ask(what: str) -> None:
        with capture.global_and_fixture_disabled():
            reporter.write_line(f"\n  >> {what}", bold=True)

    return ask


def _devices(config: pytest.Config) -> Devices:
    """Raises UsageError for an address no driver takes."""
    devices: Devices = {}
    try:
        urls = [*map(serial_url, config.getoption("--scanner"))]
        urls += map(camera_url, config.getoption("--camera"))
        printers = [parse_printer(url).url for url in config.getoption("--printer")]
    except (ScannerLost, PrinterLost) as bad:
        raise pytest.UsageError(str(bad)) from bad
    for url in urls:
        scheme = url.partition("://")[0]
        kind = "camera" if scheme in CAMERA_SCHEMES else scheme
        kind = kind if kind in NEEDS else "serial"
        devices.setdefault(kind, url)
        if kind != "camera":
            devices.setdefault("scanner", url)
    if printers:
        devices["printer"] = printers[0]
    return devices


def _needs(item: pytest.Item) -> list[str]:
    return [need for marker in item.iter_markers("needs") for need in marker.args]


def _missing(config: pytest.Config, need: str) -> NoReturn:
    reason = f"no {need} here: give {NEEDS[need]}"
    if config.getoption("--require-hil"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def _listening(request: pytest.FixtureRequest, kinds: list[str]) -> Iterator[Listening]:
    with listening(_given(request, kinds)) as scanner:
        yield scanner


def _given(request: pytest.FixtureRequest, kinds: list[str]) -> str:
    """The address of the device that the test is marked to need."""
    wanted = [need for need in _needs(request.node) if need in kinds]
    if not wanted:
        named = " or ".join(f'"{kind}"' for kind in kinds)
        pytest.fail(f"mark the test with needs({named}), so that it can skip", pytrace=False)
    return request.config.stash[DEVICES][wanted[0]]
