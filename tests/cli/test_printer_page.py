"""`gongji printer test`: the page comes out whole, and what ails a printer is said."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from terminal.cli.exits import Exit
from terminal.cli.printer import TEST_NUMBER
from terminal.escpos import columns
from terminal.escpos.reading import Cut, Feed, Pulse, Raster, Row, deeds
from tests.drivers.printers import PretendPrinter, on_pty, on_tcp

SECONDS_MAX = 60


def page(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "terminal.cli", "printer", "test", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=SECONDS_MAX, check=False)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("width", [32, 42, 48])
def test_the_page_fits_and_has_all_that_can_be_wrong(language: str, width: int) -> None:
    pretend = PretendPrinter()
    with on_tcp(pretend) as url:
        ran = page(url, "--columns", str(width), "--lang", language, "--drawer", "pin5")
    assert (ran.returncode, ran.stderr) == (Exit.OK, "")
    assert "says so" in ran.stdout
    pulse, *done = deeds(pretend.paper)
    assert pulse == Pulse(1)
    rows = [deed.text for deed in done if isinstance(deed, Row)]
    assert max(map(columns, rows)) == width
    for sign in ("￥12.50", "①", "·", "—", "×", "é", "〓", TEST_NUMBER):
        assert sign in "".join(rows)
    assert sum(isinstance(deed, Raster) for deed in done) == 1
    assert done[-1] == Cut()


def test_a_serial_printer_without_a_knife_that_is_not_asked() -> None:
    pretend = PretendPrinter(is_dumb=True)
    with on_pty(pretend) as url:
        ran = page(url, "--no-knife", "--silent", "--charset", "gb18030")
        assert ran.returncode == Exit.OK, ran.stderr
        assert "does not say" in ran.stdout
        pretend.until(lambda: bytes(pretend.paper).endswith(b"\x1bd\x04"))
    done = deeds(pretend.paper)
    assert done[-1] == Feed(4)
    assert any("䶮" in deed.text for deed in done if isinstance(deed, Row))


def test_without_paper_it_says_so_and_prints_nothing(tmp_path: Path) -> None:
    pretend = PretendPrinter(paper_out=True)
    with on_tcp(pretend) as url:
        ran = page(url)
    assert ran.returncode == Exit.PRINTER
    assert "out of paper" in ran.stderr
    assert pretend.paper == b""
