"""The pretend scanner on a real pseudo-terminal, read as the till reads it: with pyserial."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import serial

from terminal.demo.serial_scanner import (
    RECEIVED_BYTES_MAX,
    LineBroken,
    LineDown,
    SerialScanner,
)

EAN13 = b"6901234567892"


@pytest.fixture
def scanner() -> Iterator[SerialScanner]:
    with SerialScanner() as scanner:
        yield scanner


@contextmanager
def port(scanner: SerialScanner, timeout: float = 5.0) -> Iterator[serial.Serial]:
    with serial.Serial(str(scanner.path), 9600, timeout=timeout, exclusive=True) as opened:
        yield opened


@pytest.mark.parametrize("suffix", [b"\r\n", b"\r", b"\n", b"\t", b""])
def test_a_code_arrives_with_its_suffix(scanner: SerialScanner, suffix: bytes) -> None:
    with port(scanner) as host:
        scanner.send(EAN13, suffix)
        assert host.read(len(EAN13 + suffix)) == EAN13 + suffix
        assert host.in_waiting == 0


def test_every_byte_value_arrives_unchanged(scanner: SerialScanner) -> None:
    """No echo, no signals, no newline translation."""
    every = bytes(range(256))
    with port(scanner) as host:
        scanner.send(every, b"")
        assert host.read(256) == every
    assert scanner.received() == b""


def test_plugged_in_again_it_is_another_port_behind_the_same_link(scanner: SerialScanner) -> None:
    before = os.readlink(scanner.path)
    scanner.unplug()
    scanner.plug()
    assert os.readlink(scanner.path) != before
    with port(scanner) as host:
        scanner.send(EAN13, b"\r")
        assert host.read_until(b"\r") == EAN13 + b"\r"


def test_a_code_sent_before_anybody_listens_is_not_echoed(scanner: SerialScanner) -> None:
    scanner.send(EAN13)
    assert scanner.received(timeout_seconds=0.1) == b""


@pytest.mark.parametrize("baud", [9600, 115200])
def test_no_byte_is_earlier_than_the_line_carries_it(scanner: SerialScanner, baud: int) -> None:
    code = b"x" * 64
    arrivals: list[float] = []
    with port(scanner) as host:
        began = time.monotonic()
        sending = threading.Thread(target=scanner.send, args=(code, b"\r", baud))
        sending.start()
        for _ in range(65):
            assert host.read(1)
            arrivals.append(time.monotonic() - began)
        sending.join()
    byte_seconds = 10 / baud
    assert all(at >= (i + 1) * byte_seconds for i, at in enumerate(arrivals))
    assert arrivals[-1] < 65 * byte_seconds + 1.0


def test_without_a_baud_rate_a_code_comes_at_once(scanner: SerialScanner) -> None:
    with port(scanner) as host:
        began = time.monotonic()
        scanner.send(b"x" * 1000)
        assert len(host.read(1002)) == 1002
        assert time.monotonic() - began < 1.0


def test_codes_from_two_hands_do_not_mix(scanner: SerialScanner) -> None:
    codes = [bytes([letter]) * 40 for letter in b"ab"]
    with port(scanner) as host:
        hands = [threading.Thread(target=scanner.send, args=(c, b"\n", 57600)) for c in codes]
        for hand in hands:
            hand.start()
        assert sorted(host.read_until() for _ in hands) == [code + b"\n" for code in codes]
        for hand in hands:
            hand.join()


def test_what_the_host_sends_is_received_once(scanner: SerialScanner) -> None:
    with port(scanner) as host:
        host.write(b"\x16T\r")
        assert scanner.received(timeout_seconds=5) == b"\x16T\r"
        assert scanner.received() == b""


def test_a_talkative_host_never_blocks(scanner: SerialScanner) -> None:
    """Sending takes in what it said, far more than a pty holds; the newest is kept."""
    rounds = RECEIVED_BYTES_MAX // 2000 + 20
    with serial.Serial(str(scanner.path), write_timeout=5) as host:
        for number in range(rounds):
            host.write(b"%04d" % number * 500)
            host.flush()
            scanner.send(EAN13)
    kept = scanner.received()
    assert RECEIVED_BYTES_MAX - 2000 <= len(kept) <= RECEIVED_BYTES_MAX
    in_flight = scanner.received(timeout_seconds=0.2)
    assert (kept + in_flight).endswith(b"%04d" % (rounds - 1))


def test_a_host_may_close_and_open_again(scanner: SerialScanner) -> None:
    for _ in range(3):
        with port(scanner) as host:
            scanner.send(EAN13)
            assert host.read_until(b"\r\n") == EAN13 + b"\r\n"


def test_unplugged_the_link_is_gone_and_the_open_port_fails(scanner: SerialScanner) -> None:
    with port(scanner, timeout=0.5) as host:
        scanner.send(EAN13)
        host.read_until()
        scanner.unplug()
        assert not os.path.lexists(scanner.path)
        with pytest.raises(serial.SerialException, match="no data"):
            host.read(1)
        with pytest.raises(OSError, match="Input/output error"):
            assert host.in_waiting
    with pytest.raises(serial.SerialException, match="could not open"):
        serial.Serial(str(scanner.path))


def test_plugged_in_again_the_same_link_leads_to_a_new_device(scanner: SerialScanner) -> None:
    link = scanner.path
    with port(scanner) as old:
        before = os.readlink(link)
        scanner.unplug()
        scanner.plug()
        assert scanner.path == link
        assert os.readlink(link) != before, "the old device is still open"
        with port(scanner) as new:
            scanner.send(EAN13)
            assert new.read_until() == EAN13 + b"\r\n"
        assert old.is_open


def test_plugging_twice_changes_nothing(scanner: SerialScanner) -> None:
    before = os.readlink(scanner.path)
    scanner.plug()
    assert os.readlink(scanner.path) == before
    scanner.unplug()
    scanner.unplug()
    assert not scanner.path.exists()


def test_an_unplugged_scanner_sends_nothing_and_says_so(scanner: SerialScanner) -> None:
    scanner.unplug()
    with pytest.raises(LineBroken) as broken:
        scanner.send(EAN13)
    assert broken.value.reason is LineDown.UNPLUGGED
    assert scanner.received() == b""


def test_unplugging_in_the_middle_of_a_code_breaks_it_off(scanner: SerialScanner) -> None:
    outcome: list[LineDown] = []

    def send() -> None:
        try:
            scanner.send(b"x" * 200, baud=1200)
        except LineBroken as broken:
            outcome.append(broken.reason)

    with port(scanner) as host:
        sending = threading.Thread(target=send)
        sending.start()
        assert host.read(3) == b"xxx"
        scanner.unplug()
        sending.join(5)
    assert outcome == [LineDown.UNPLUGGED]


def test_a_host_that_never_reads_is_told_apart(scanner: SerialScanner) -> None:
    def fill() -> None:
        for _ in range(100):
            scanner.send(b"x" * 8000)

    with pytest.raises(LineBroken) as broken:
        fill()
    assert broken.value.reason is LineDown.HOST_NOT_READING


def test_leaving_removes_everything() -> None:
    with SerialScanner() as scanner:
        folder = scanner.path.parent
        device = Path(os.readlink(scanner.path))
    assert not folder.exists()
    assert not device.exists()


@contextmanager
def program(*arguments: str) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    command = [sys.executable, "-m", "terminal.demo.serial_scanner", *arguments]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        try:
            assert process.stdout
            yield process, Path(json.loads(process.stdout.readline())["serial"])
        finally:
            process.kill()


def test_the_program_sends_its_lines_and_ends_with_its_input() -> None:
    with program("--suffix", "cr") as (process, link):
        assert process.stdin
        with serial.Serial(str(link), timeout=5) as host:
            process.stdin.write(b"6901234567892\n\n]C081234567890123456789\r\n")
            process.stdin.flush()
            assert host.read_until(b"\r") == b"6901234567892\r"
            assert host.read_until(b"\r") == b"]C081234567890123456789\r"
        process.stdin.close()
        assert process.wait(10) == 0
        assert not link.parent.exists()


def test_the_program_skips_a_line_that_is_too_long() -> None:
    with program() as (process, link):
        assert process.stdin
        assert process.stderr
        with serial.Serial(str(link), timeout=5) as host:
            process.stdin.write(b"x" * 9000 + b"\nshort\n")
            process.stdin.flush()
            assert host.read_until(b"\r\n") == b"short\r\n"
        process.stdin.close()
        assert process.stderr.read() == b"not sent: too long\n"


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_the_program_tidies_up_when_told_to_end(how: signal.Signals) -> None:
    with program() as (process, link):
        process.send_signal(how)
        assert process.wait(10) == 0
        assert not link.parent.exists()


@pytest.mark.parametrize("arguments", [("--baud", "0"), ("--suffix", "space")])
def test_the_program_refuses_wrong_arguments(arguments: tuple[str, str]) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "terminal.demo.serial_scanner", *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    assert ended.returncode == 2
