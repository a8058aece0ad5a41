"""The pretend camera as a program: how it starts, and everything that ends it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import httpx
import pytest

SOON_SECONDS = 20.0
COMMAND = (sys.executable, "-m", "terminal.demo.phone_camera", "--sandbox", "http://127.0.0.1:9")


def until(true: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + SOON_SECONDS
    while not true():
        assert time.monotonic() < end, what
        time.sleep(0.02)


@contextmanager
def program(*command: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The camera as a process of its own, and its address."""
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout
            yield process, json.loads(process.stdout.readline())["camera"]
        finally:
            process.kill()


def test_the_program_serves_and_ends_when_told() -> None:
    with program(*COMMAND) as (process, url):
        capture = cv2.VideoCapture(url, cv2.CAP_FFMPEG)
        there, frame = capture.read()
        capture.release()
        assert there
        assert frame.shape == (720, 1280, 3)
        process.send_signal(signal.SIGTERM)
        assert process.wait(SOON_SECONDS) == 0


def test_the_program_ends_when_its_parent_closes_its_input() -> None:
    with program(*COMMAND) as (process, _url):
        assert process.stdin
        process.stdin.close()
        assert process.wait(SOON_SECONDS) == 0


def test_the_program_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    """Also without a pipe between them."""
    parent = (
        "import subprocess, sys, time\n"
        f"child = subprocess.Popen({COMMAND!r}, stdin=subprocess.DEVNULL)\n"
        f"open({str(tmp_path / 'pid')!r}, 'w').write(str(child.pid))\n"
        "time.sleep(60)\n"
    )
    with program(sys.executable, "-c", parent) as (process, url):
        written = tmp_path / "pid"
        until(lambda: written.exists() and written.read_text() != "", "the child was not started")
        child = int(written.read_text())
        try:
            status = httpx.get(url.replace("stream.mjpg", "status"), trust_env=False)
            assert status.status_code == 200
            process.kill()
            process.wait()
            until(lambda: _is_dead(child), "it lives on")
        finally:
            if not _is_dead(child):
                os.kill(child, signal.SIGKILL)


def _is_dead(pid: int) -> bool:
    """Ended, and only waiting to be reaped."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


@pytest.mark.parametrize("arguments", [("--fps", "0"), ("--fps", "31"), ("--sandbox", "ftp://x")])
def test_the_program_refuses_wrong_arguments(arguments: tuple[str, str]) -> None:
    ended = subprocess.run(
        [*COMMAND, *arguments], stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    assert ended.returncode == 2
    assert arguments[0].encode() in ended.stderr
