"""The plugin, through pytest itself: what is given, what is missing, what the report says."""

from __future__ import annotations

import threading
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import drivers.serial_line  # noqa: F401  # pytester forgets what is loaded inside it
from terminal.demo.serial_scanner import LINK_NAME, LineBroken, SerialScanner
from terminal.hil.plugin import NEEDS
from tests.drivers.cameras import PAYLOADS, SHOWN, WebCamera
from tests.drivers.printers import PretendPrinter, on_tcp

NEEDS_SCANNER = """
    import pytest

    @pytest.mark.needs("scanner")
    def test_it():
        pass

    def test_without_hardware():
        pass
"""


def run(pytester: pytest.Pytester, *options: str) -> pytest.RunResult:
    """With this plugin and those of pytest itself."""
    others = ("asyncio", "hypothesispytest", "playwright", "timeout", "base_url")
    return pytester.runpytest(*(f"-pno:{name}" for name in others), *options)


@contextmanager
def repeating(scanner: SerialScanner, code: bytes) -> Iterator[None]:
    """The code again and again: what is sent before the port is opened is lost."""
    over = threading.Event()

    def scan() -> None:
        while not over.wait(0.1):
            try:
                scanner.send(code)
            except LineBroken:
                continue

    thread = threading.Thread(target=scan)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def test_without_hardware_a_test_skips_and_says_what_to_give(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(NEEDS_SCANNER)
    result = run(pytester, "-rs")
    result.assert_outcomes(passed=1, skipped=1)
    result.stdout.fnmatch_lines(["*no scanner here: give --scanner URL*"])


def test_where_hardware_is_required_a_missing_one_is_a_failure(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(NEEDS_SCANNER)
    result = run(pytester, "--require-hil")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*no scanner here: give --scanner URL*"])
    assert result.ret == pytest.ExitCode.TESTS_FAILED


@pytest.mark.parametrize(
    ("options", "met"),
    [
        (["--scanner", "serial:///dev/ttyACM7"], {"scanner", "serial"}),
        (["--scanner", "socket://10.0.0.7:4001"], {"scanner", "serial"}),
        (["--scanner", "hid:///dev/hidraw7"], {"scanner", "hid"}),
        (["--scanner", "wedge:///dev/input/event7"], {"scanner", "wedge"}),
        (["--camera", "/dev/video7"], {"camera"}),
        (["--printer", "tcp://10.0.0.7"], {"printer"}),
    ],
)
def test_each_need_is_met_by_its_own_kind_of_device_only(
    pytester: pytest.Pytester, options: list[str], met: set[str]
) -> None:
    pytester.makepyfile(f"""
        import pytest

        @pytest.mark.parametrize("need", [
            pytest.param(need, marks=pytest.mark.needs(need)) for need in {list(NEEDS)}
        ])
        def test_it(need):
            assert need in {met}
    """)
    result = run(pytester, *options)
    result.assert_outcomes(passed=len(met), skipped=len(NEEDS) - len(met))
    result.stdout.fnmatch_lines(["gongji *: *7*"])


def test_a_need_that_does_not_exist_is_not_silently_skipped(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(NEEDS_SCANNER.replace('"scanner"', '"scaner"'))
    result = run(pytester)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*needs 'scaner'; known are scanner, serial*"])


@pytest.mark.parametrize(
    "options",
    [
        ["--scanner", "nonsense://x"],
        ["--camera", "camera:///dev/video0?fps=fast"],
        ["--printer", "tcp://"],
    ],
)
def test_an_address_no_driver_takes_is_said_before_anything_runs(
    pytester: pytest.Pytester, options: list[str]
) -> None:
    pytester.makepyfile(NEEDS_SCANNER)
    result = pytester.runpytest(*options)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*cannot be used*"])


def test_a_scanner_is_read_and_its_identity_is_in_the_report(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import pytest

        @pytest.mark.needs("serial")
        def test_it(hil_scanner, hil_ask):
            hil_ask("scan the code")
            assert hil_scanner.scan(30).payload == b"6901234567892"
    """)
    with SerialScanner() as scanner, repeating(scanner, b"6901234567892"):
        url = f"serial://{scanner.path}?hold=0"
        result = run(pytester, "--scanner", url, "--require-hil", "--junitxml=report.xml")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*>> scan the code"])
    report = ET.parse(pytester.path / "report.xml")
    properties = {p.get("name"): p.get("value") for p in report.iter("property")}
    assert properties["serial.url"] == url
    assert LINK_NAME in url


def test_a_camera_is_read_and_a_code_of_no_test_is_not_repeated(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(f"""
        import pytest

        @pytest.mark.needs("camera")
        def test_it(hil_camera):
            assert hil_camera.scan(30).payload == {PAYLOADS[0]!r}
            hil_camera.silence(0.5)
    """)
    camera = WebCamera(SHOWN[0])
    try:
        # OpenCV cannot be loaded a second time into one process.
        result = pytester.runpytest_subprocess("--camera", camera.address)
    finally:
        camera.close()
    result.assert_outcomes(passed=1)


def test_a_printer_prints_and_is_in_the_report(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import pytest

        @pytest.mark.needs("printer")
        def test_it(hil_printer):
            hil_printer.print(b"paper")
    """)
    printer = PretendPrinter()
    with on_tcp(printer) as url:
        result = run(pytester, "--printer", url, "--junitxml=report.xml")
    result.assert_outcomes(passed=1)
    assert printer.paper == b"paper"
    report = ET.parse(pytester.path / "report.xml")
    assert ("printer.url", url) in {
        (p.get("name"), p.get("value")) for p in report.iter("property")
    }


def test_news_of_the_device_can_be_waited_for(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import pathlib, pytest
        from drivers import LostReason, ScannerState

        @pytest.mark.needs("serial")
        def test_it(hil_scanner, hil_ask):
            hil_ask("pull it")
            pathlib.Path("asked").touch()
            lost = hil_scanner.state(ScannerState.LOST, 30)
            assert lost.reason is LostReason.GONE
            hil_ask("put it back")
            hil_scanner.state(ScannerState.READY, 30)
    """)
    with SerialScanner() as scanner:
        over = threading.Event()

        def pull_and_put_back() -> None:
            while not over.wait(0.1):
                if (pytester.path / "asked").exists():
                    scanner.unplug()
                    over.wait(0.3)
                    scanner.plug()
                    over.wait()

        thread = threading.Thread(target=pull_and_put_back)
        thread.start()
        try:
            result = run(pytester, "--scanner", str(scanner.path))
        finally:
            over.set()
            thread.join()
    result.assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("hil_scanner.scan(0.2)", "*no scan in 0.2 s*"),
        ("hil_scanner.state(ScannerState.LOST, 0.2)", "*not lost in 0.2 s*"),
        ("hil_scanner.scan(30); hil_scanner.silence(30)", "*a scan of 4 bytes*"),
    ],
)
def test_what_does_not_come_or_should_not_is_a_failure(
    pytester: pytest.Pytester, body: str, said: str
) -> None:
    pytester.makepyfile(f"""
        import pytest
        from drivers import ScannerState

        @pytest.mark.needs("serial")
        def test_it(hil_scanner):
            {body}
    """)
    with SerialScanner() as scanner:
        code = repeating(scanner, b"%%No") if "30" in body else repeating(scanner, b"")
        with code:
            result = run(pytester, "--scanner", str(scanner.path))
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([said])


def test_a_device_that_cannot_be_opened_is_an_error_and_no_skip(
    pytester: pytest.Pytester, tmp_path: Path
) -> None:
    pytester.makepyfile("""
        import pytest

        @pytest.mark.needs("serial")
        def test_it(hil_scanner):
            pass
    """)
    result = run(pytester, "--scanner", str(tmp_path / "ttyACM9"))
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*There is no scanner at*"])


def test_a_fixture_without_a_mark_says_which_mark_to_set(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        def test_it(hil_camera):
            pass
    """)
    result = run(pytester, "--camera", "/dev/video0")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(['*mark the test with needs("camera")*'])
