"""`gongji sandbox` as a process: what it prints, how it ends, and that it answers."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from terminal.sandbox.server import bind

ROOT = Path(__file__).resolve().parents[2]


def start(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "terminal.cli", "sandbox", *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONUNBUFFERED": ""},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextmanager
def running(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    process = start("--port", "0", *arguments)
    assert process.stdout
    assert process.stderr
    try:
        yield process, json.loads(process.stdout.readline())["sandbox"]
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        process.stderr.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_says_where_it_is_answers_and_ends_cleanly(number: signal.Signals) -> None:
    with running() as (process, url):
        assert httpx.get(f"{url}/healthz").json() == {"ok": True}
        assert httpx.get(f"{url}/phone").status_code == 200
        process.send_signal(number)
        out, err = process.communicate(timeout=20)
        assert process.returncode == 0
        assert out == ""
        assert f"{url}/phone" in err
        assert len(err.splitlines()) == 1


def test_a_delayed_request_does_not_hold_it_up() -> None:
    with running() as (process, url):
        httpx.post(f"{url}/_faults", json={"infno": "*", "kind": "delay", "seconds": 600})
        path = "/fsi/api/rsfComIfsService/callService"
        with pytest.raises(httpx.ReadTimeout):
            httpx.post(f"{url}{path}", json={"infno": "1101"}, timeout=0.2)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)
        assert process.returncode == 0


def test_a_taken_port_is_one_sentence_and_exit_code_1() -> None:
    with bind() as taken:
        port = taken.getsockname()[1]
        process = start("--port", str(port))
        out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (1, "")
    assert len(err.splitlines()) == 1
    assert f"127.0.0.1:{port}" in err


def test_a_file_it_cannot_use_is_one_sentence_and_exit_code_3(tmp_path: Path) -> None:
    process = start("--port", "0", "--policy", str(tmp_path / "missing.toml"))
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (3, "")
    assert len(err.splitlines()) == 1
    assert "missing.toml" in err


@pytest.mark.parametrize(
    "arguments",
    [
        ("--port", "65536"),
        ("--fund-ratio", "much"),
        ("--voucher-seconds", "301"),
        ("--renew-seconds", "0"),
        ("--latency", "-1"),
        ("--account-split", "beside"),
    ],
)
def test_an_argument_that_makes_no_sense_is_exit_code_2(arguments: tuple[str, ...]) -> None:
    process = start(*arguments)
    out, _ = process.communicate(timeout=20)
    assert (process.returncode, out) == (2, "")


def test_its_switches_reach_the_platform(tmp_path: Path) -> None:
    database = tmp_path / "ledger.db"
    switches = ("--db", str(database), "--voucher-seconds", "7", "--signature", "ed25519")
    with running(*switches, "--fund-ratio", "310=0.7", "--fund-ratio", "0") as (_, url):
        voucher = httpx.get(f"{url}/vouchers/new", params={"person": "employee"}).json()
        assert voucher["lifetime_seconds"] == 7
    assert database.exists()
