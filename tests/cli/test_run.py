"""`gongji run` as a script meets it: JSON lines, sentences on stderr, exit codes."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from terminal.cli.exits import Exit
from terminal.config import SHIPPED
from terminal.journal import Journal
from terminal.receipt import slip_code
from tests.kill9 import TillProcess, quick_profile, sandbox, sell
from tests.till import BOXES

SECONDS_MAX = 30


@pytest.fixture(scope="module")
def platform() -> Iterator[str]:
    with sandbox() as url:
        yield url


def gongji(*words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "terminal.cli", *words],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        check=False,
    )


def run(journal: Path, platform: str, *words: str, stdin: str = "") -> Any:
    options = ("run", "--headless", "--journal", str(journal), "--platform", platform)
    return gongji(*options, *words, stdin=stdin)


def one_sentence(result: subprocess.CompletedProcess[str]) -> str:
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1, result.stderr
    assert lines[0].startswith("gongji: ")
    assert "Traceback" not in result.stderr
    return lines[0]


def test_a_sale_by_json_lines_and_every_line_of_stdout_is_json(
    tmp_path: Path, platform: str
) -> None:
    code = httpx.get(f"{platform}/vouchers/new", params={"person": "employee"}).json()["text"]
    wishes = [
        *({"do": "add_item", "code": box} for box in BOXES),
        {"do": "present", "text": code},
        {"do": "confirm"},
    ]
    slips = tmp_path / "slips"
    result = run(
        tmp_path / "j",
        platform,
        "--slips",
        str(slips),
        stdin="\n".join(map(json.dumps, wishes)) + "\n",
    )
    assert result.returncode == Exit.OK, result.stderr
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert lines[0] == {"notice": "Ready", "phase": "empty"}
    settled = next(line for line in lines if line.get("event") == "SaleSettled")
    assert settled["sums"] == {
        "total_fen": 6120,
        "fund_fen": 2881,
        "personal_fen": 3239,
        "mutual_aid_fen": 0,
        "cash_fen": 0,
        "due_fen": 0,
    }
    slip = (slips / f"{settled['sale_id']}.txt").read_text(encoding="utf-8")
    assert "医保结算票据" in slip
    assert code not in result.stdout
    assert code not in slip
    again = gongji("receipt", settled["sale_id"], "--journal", str(tmp_path / "j"))
    assert "【补打】" in again.stdout
    assert settled["sale_id"] in again.stdout
    for wide in ([], ["--wide"]):
        picture = tmp_path / "slip.png"
        words = ["receipt", settled["sale_id"], "--journal", str(tmp_path / "j"), *wide]
        assert gongji(*words, "--png", str(picture)).returncode == Exit.OK
        assert f"qr {slip_code(settled['sale_id'])}" in gongji("read", str(picture)).stdout


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("not json", "not a JSON object"),
        ('["confirm"]', "not a JSON object"),
        ('{"do": "pay"}', "must be one of"),
        ('{"do": "confirm", "now": true}', "has no 'now'"),
        ('{"do": "take_cash", "tendered_fen": "12"}', "tendered_fen"),
        ('{"do": "add_item"}', "code"),
        ("x" * 20_000, "longer"),
        ("x" * 200_000, "too long"),
    ],
)
def test_a_line_that_is_no_command_is_answered_and_skipped(
    tmp_path: Path, platform: str, line: str, complaint: str
) -> None:
    stdin = f'{line}\n{{"do": "add_item", "code": "{BOXES[0]}"}}\n'
    result = run(tmp_path / "j", platform, stdin=stdin)
    lines = [json.loads(out) for out in result.stdout.splitlines()]
    assert complaint in next(out for out in lines if out.get("notice") == "BadCommand")["detail"]
    assert any(out.get("event") == "LineAdded" for out in lines)
    assert result.returncode == Exit.OK


def test_an_unknown_key_in_a_file_is_named(tmp_path: Path) -> None:
    text = (SHIPPED / "counters" / "demo.toml").read_text(encoding="utf-8")
    counter = tmp_path / "shop.toml"
    counter.write_text(text.replace("[shop]", "[shop]\ncolour = 1"), encoding="utf-8")
    result = gongji("run", "--headless", "--counter", str(counter))
    assert result.returncode == Exit.CONFIG
    assert str(counter) in one_sentence(result)
    assert "colour" in one_sentence(result)


def test_a_missing_camera_is_named(tmp_path: Path, platform: str) -> None:
    result = run(tmp_path / "j", platform, "--camera", str(tmp_path / "video99"))
    assert result.returncode == Exit.SCANNER
    assert "video99" in one_sentence(result)


def test_a_missing_serial_scanner_is_named(tmp_path: Path, platform: str) -> None:
    result = run(tmp_path / "j", platform, "--serial", str(tmp_path / "ttyACM9"))
    assert result.returncode == Exit.SCANNER
    assert "ttyACM9" in one_sentence(result)


def test_an_address_that_is_none_is_named(tmp_path: Path, platform: str) -> None:
    result = run(tmp_path / "j", platform, "--camera", "ftp://somewhere")
    assert result.returncode == Exit.SCANNER
    assert "ftp://somewhere" in one_sentence(result)


def test_an_unreachable_platform_is_named(tmp_path: Path) -> None:
    result = run(tmp_path / "j", "http://127.0.0.1:9")
    assert result.returncode == Exit.PLATFORM
    assert "http://127.0.0.1:9" in one_sentence(result)


def test_a_platform_that_is_no_address_is_named(tmp_path: Path) -> None:
    result = run(tmp_path / "j", "127.0.0.1:9")
    assert result.returncode == Exit.CONFIG
    assert "127.0.0.1:9" in one_sentence(result)


def test_a_busy_journal_is_named(tmp_path: Path, platform: str) -> None:
    with Journal(tmp_path / "j"):
        result = run(tmp_path / "j", platform)
    assert result.returncode == Exit.JOURNAL
    assert str(tmp_path / "j") in one_sentence(result)
    assert "another till" in one_sentence(result)


def test_an_unknown_verb_and_python_o_are_usage_errors() -> None:
    assert gongji("pay").returncode == Exit.USAGE
    optimised = subprocess.run(
        [sys.executable, "-O", "-m", "terminal.cli", "run"], capture_output=True, text=True
    )
    assert optimised.returncode == Exit.USAGE
    assert "-O" in optimised.stderr


@contextmanager
def serial_port() -> Iterator[tuple[int, int, str]]:
    """A pty: master, slave and the slave's name."""
    master, slave = pty.openpty()
    try:
        yield master, slave, os.ttyname(slave)
    finally:
        for end in (master, slave):
            try:
                os.close(end)
            except OSError:
                continue


def test_a_scanner_pulled_out_is_told_and_the_sale_goes_on(tmp_path: Path, platform: str) -> None:
    profile = quick_profile("sandbox", tmp_path)
    with serial_port() as (master, slave, name):
        till = TillProcess(platform, profile, tmp_path / "j", "ask", "--serial", name)
        till.until(lambda line: line.get("notice") == "Ready")
        os.write(master, BOXES[0].encode() + b"\r\n")
        till.until(lambda line: line.get("event") == "LineAdded")
        os.close(slave)
        os.close(master)
        lost = till.until(lambda line: line.get("notice") == "ScannerChanged")
        assert lost["state"] == "lost"
        assert name in lost["url"]
        code = httpx.get(f"{platform}/vouchers/new", params={"person": "employee"}).json()["text"]
        till.say(do="present", text=code)
        till.say(do="confirm")
        till.until(lambda line: line.get("event") == "SaleSettled")
        assert till.end() == Exit.OK


def test_sigterm_lets_the_charge_under_way_finish(tmp_path: Path, platform: str) -> None:
    profile = quick_profile("sandbox", tmp_path)
    till = TillProcess(platform, profile, tmp_path / "j", "ask")
    till.until(lambda line: line.get("notice") == "Ready")
    with httpx.Client(base_url=platform) as http:
        sell(till, http, "employee")
    till.until(lambda line: line.get("event") == "ChargeIntended")
    till.signal(signal.SIGTERM)
    till.until(lambda line: line.get("event") == "SaleSettled")
    assert till.end() == Exit.OK


def test_headless_needs_neither_screen_nor_camera() -> None:
    """Nor does checking a voucher; both would cost a slow start."""
    program = (
        "import sys, terminal.cli.run, terminal.cli.voucher;"
        "print([m for m in ('textual', 'cv2', 'serial', 'starlette') if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert result.stdout.strip() == "[]", result.stderr


def test_two_sales_in_one_second_have_two_numbers(tmp_path: Path, platform: str) -> None:
    wishes = [{"do": "add_item", "code": BOXES[0]}, {"do": "cancel"}] * 3
    result = run(tmp_path / "j", platform, stdin="\n".join(map(json.dumps, wishes)) + "\n")
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    voided = [line["sale_id"] for line in lines if line.get("event") == "SaleVoided"]
    assert len(set(voided)) == 3
    assert time.strftime("%Y") in voided[0]
