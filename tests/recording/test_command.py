"""`gongji scans`: real processes, real pseudo-terminals, and the exit code as a contract."""

from __future__ import annotations

import io
import json
import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from drivers.recording import Entry, Received, Writer, load
from drivers.recording.rewrite import recover
from terminal.cli import main
from terminal.recorded import expected_path
from tests.drivers.scanners import PtyScanner
from tests.recording.making import AT_NS
from tests.recording.test_changes import GOODS, SECRET, TEST_VOUCHER
from tests.voucher.crafting import NOW

SECONDS_MAX = 30.0
SCANNED_NS = (NOW + 5) * 1_000_000_000
"""Five seconds after the test voucher was issued."""


def lines(capsys: pytest.CaptureFixture[str]) -> list[Any]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def recording(path: Path, *codes: bytes, at_ns: int = SCANNED_NS, url: str = "") -> Path:
    with Writer(path, facts={"recording": {"title": "a test"}}) as writer:
        writer.device("serial1", url or "serial:///dev/ttyACM0")
        for number, code in enumerate(codes):
            writer.add(Entry("serial1", at_ns + number * 250_000_000, Received(code + b"\r")))
    return path


# --- record ----------------------------------------------------------------------------------


@contextmanager
def recording_process(scanner: PtyScanner, path: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "terminal.cli", "scans", "record", str(path)),
            *("--serial", f"{scanner.link}?vendor=datalogic"),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr
        told = [process.stderr.readline() for _ in range(2)]
        assert any("ready" in line for line in told), told
        yield process
    finally:
        process.kill()
        process.communicate()


def test_what_a_scanner_says_is_recorded_until_told_to_stop(tmp_path: Path) -> None:
    path = tmp_path / "a.mcap"
    with (
        closing(PtyScanner(tmp_path / "scanner")) as scanner,
        recording_process(scanner, path) as process,
    ):
        scanner.send(GOODS + b"\r")
        assert process.stdout
        assert process.stdout.readline() == "- 13 bytes\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(SECONDS_MAX) == 0
    whole = load(path)
    assert whole.damage is None
    assert b"".join(e.seen.data for e in whole.entries if isinstance(e.seen, Received)) == (
        GOODS + b"\r"
    )
    assert whole.devices["serial1"].url == f"serial://{scanner.link}?vendor=datalogic"
    assert {"program", "recording", "clock"} <= whole.facts.keys()
    drift_seconds = whole.entries[0].at_ns / 1e9 - time.time()
    assert abs(drift_seconds) < SECONDS_MAX


def test_killed_at_any_moment_it_loses_at_most_what_it_was_just_writing(tmp_path: Path) -> None:
    """A scan that was told on stdout went into the file before."""
    chance = random.Random(1)
    for number in range(4):
        path = tmp_path / f"{number}.mcap"
        with (
            closing(PtyScanner(tmp_path / f"scanner{number}")) as scanner,
            recording_process(scanner, path) as process,
        ):
            sent = [f"{n:013d}".encode() for n in range(chance.randrange(1, 400))]
            scanner.send(b"".join(code + b"\r" for code in sent))
            told = chance.randrange(1, len(sent) + 1)
            assert process.stdout
            for _ in range(told):
                assert process.stdout.readline() == "- 13 bytes\n"
            process.kill()
            told += len((process.communicate()[0] or "").splitlines())
        assert load(path).damage is not None
        target = tmp_path / f"{number}-whole.mcap"
        recover(path, target)
        whole = load(target)
        assert (whole.entries, whole.damage) == (load(path).entries, None)
        data = b"".join(e.seen.data for e in whole.entries if isinstance(e.seen, Received))
        assert data.split(b"\r")[:told] == sent[:told]


def test_an_existing_file_is_not_written_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = recording(tmp_path / "a.mcap", GOODS)
    before = path.read_bytes()
    assert main(["scans", "record", str(path), "--serial", "/dev/nothing"]) == 3
    assert "exists" in capsys.readouterr().err
    assert path.read_bytes() == before


def test_a_scanner_that_is_not_there_leaves_no_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.mcap"
    words = ["record", str(path), "--serial", str(tmp_path / "nothing")]
    assert main(["scans", *words]) == 4
    assert "no scanner" in capsys.readouterr().err
    assert not path.exists()


def test_a_disk_that_refuses_ends_the_recording(tmp_path: Path) -> None:
    path = tmp_path / "a.mcap"
    with (
        closing(PtyScanner(tmp_path / "scanner")) as scanner,
        recording_process(scanner, path) as process,
    ):
        size = path.stat().st_size + 100
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (size, size))
        scanner.send((GOODS + b"\r") * 20)
        assert process.wait(SECONDS_MAX) == 3
        assert process.stderr
        assert "too large" in process.stderr.read()


# --- look ------------------------------------------------------------------------------------


def test_a_list_has_a_line_for_each_also_for_what_is_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recording(tmp_path / "a.mcap", GOODS, GOODS)
    (tmp_path / "b.mcap").write_bytes(b"nothing of the kind")
    assert main(["scans", "list", str(tmp_path), "--json"]) == 0
    good, bad = lines(capsys)
    assert (good["entries"], good["seconds"], good["devices"]) == (2, 0.25, ["serial1"])
    assert (good["title"], good["accepted"], good["damage"]) == ("a test", False, None)
    assert "not an MCAP file" in bad["error"]
    assert main(["scans", "list", str(tmp_path)]) == 0
    assert "a test" in capsys.readouterr().out
    assert main(["scans", "list", str(tmp_path / "nowhere")]) == 3


@pytest.mark.parametrize("show", [False, True])
def test_codes_are_shown_only_when_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], show: bool
) -> None:
    path = str(recording(tmp_path / "a.mcap", SECRET))
    more = ["--show"] if show else []
    for words in (["show", path], ["show", path, "--entries"], ["replay", path]):
        assert main(["scans", *words, *more]) == 0
        out = capsys.readouterr().out
        assert (SECRET[:40].decode() in out or SECRET[:40].hex() in out) is show
    assert main(["scans", "show", path, "--json"]) == 0
    scan, end = lines(capsys)
    assert (scan["kind"], scan["verdict"], scan["bytes"]) == ("voucher", "unknown_key", len(SECRET))
    assert end["devices"] == {"serial1": "serial:///dev/ttyACM0"}
    assert end["facts"]["recording"]["title"] == "a test"


def test_a_voucher_is_judged_as_of_its_recording(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, at_ns, verdict in (
        ("a", SCANNED_NS, "valid"),
        ("b", SCANNED_NS + 200 * 1_000_000_000, "expired"),
        ("c", SCANNED_NS - 200 * 1_000_000_000, "not_yet_valid"),
    ):
        path = recording(tmp_path / f"{name}.mcap", TEST_VOUCHER, at_ns=at_ns)
        assert main(["scans", "replay", str(path)]) == 0
        scan, end = lines(capsys)
        assert (scan["kind"], scan["verdict"]) == ("voucher", verdict)
        assert end["scans"] == 1


# --- test cases ------------------------------------------------------------------------------


def test_what_was_accepted_is_verified_and_a_change_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = recording(tmp_path / "a.mcap", GOODS, TEST_VOUCHER)
    assert main(["scans", "verify", str(path)]) == 1
    assert "nobody has accepted" in capsys.readouterr().out
    assert main(["scans", "accept", str(path), "--yes", "--note", "goods, then a voucher"]) == 0
    capsys.readouterr()
    assert main(["scans", "verify", str(tmp_path), "--json"]) == 0
    assert lines(capsys)[-1] == {"path": str(path), "ok": True, "wrong": []}

    accepted = json.loads(expected_path(path).read_text())
    assert accepted["note"] == "goods, then a voucher"
    assert [outcome["kind"] for outcome in accepted["outcomes"]] == ["goods", "voucher"]
    for change in (
        {"sha256": "0" * 64},
        {"verdict": "expired"},
        {"at_ms": 252.5},
        {"symbology": "]Q1"},
        {"kind": "unknown"},
        {"device": "serial2"},
    ):
        wrong = json.loads(json.dumps(accepted))
        wrong["outcomes"][1] |= change
        expected_path(path).write_text(json.dumps(wrong))
        assert main(["scans", "verify", str(path), "--json"]) == 1, change
        [line] = lines(capsys)
        assert line["wrong"], change
    for outcomes in (accepted["outcomes"][:1], accepted["outcomes"] * 2):
        expected_path(path).write_text(json.dumps(accepted | {"outcomes": outcomes}))
        assert main(["scans", "verify", str(path)]) == 1


def test_another_recording_under_the_same_name_is_not_the_accepted_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = recording(tmp_path / "a.mcap", GOODS)
    assert main(["scans", "accept", str(path), "--yes"]) == 0
    path.unlink()
    recording(path, GOODS, at_ns=AT_NS)
    assert main(["scans", "verify", str(path)]) == 1
    assert "not the recording" in capsys.readouterr().out


def test_nothing_personal_and_nothing_damaged_becomes_a_test_case(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = recording(tmp_path / "a.mcap", SECRET)
    damaged = recording(tmp_path / "b.mcap", GOODS)
    damaged.write_bytes(damaged.read_bytes()[:-20])
    for path, why in ((secret, "redact it first"), (damaged, "recover it first")):
        assert main(["scans", "accept", str(path), "--yes"]) == 3
        assert why in capsys.readouterr().err
        assert not expected_path(path).exists()
    out = tmp_path / "c.mcap"
    assert main(["scans", "redact", str(secret), str(out)]) == 0
    assert main(["scans", "accept", str(out), "--yes"]) == 0


def test_somebody_has_to_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = recording(tmp_path / "a.mcap", GOODS)
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    assert main(["scans", "accept", str(path)]) == 2
    assert not expected_path(path).exists()


def test_trim_and_recover_write_new_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = recording(tmp_path / "a.mcap", GOODS, TEST_VOUCHER, GOODS)
    out = tmp_path / "b.mcap"
    assert main(["scans", "trim", str(path), str(out), "--from", "0.2", "--to", "0.4"]) == 0
    assert [e.seen for e in load(out).entries] == [Received(TEST_VOUCHER + b"\r")]
    assert main(["scans", "trim", str(path), str(out)]) == 3
    assert "exists" in capsys.readouterr().err
    assert main(["scans", "trim", str(path), str(out), "--from", "2", "--to", "1"]) == 2
    path.write_bytes(path.read_bytes()[:-20])
    assert main(["scans", "recover", str(path), str(tmp_path / "c.mcap")]) == 0
    assert "was damaged" in capsys.readouterr().out
    assert len(load(tmp_path / "c.mcap").entries) == 3


def test_an_address_no_driver_takes_is_a_file_that_is_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(recording(tmp_path / "a.mcap", GOODS, url="tape:///dev/st0"))
    for words in (["show", path], ["replay", path], ["redact", path, str(tmp_path / "b.mcap")]):
        assert main(["scans", *words]) == 3
        assert "no driver" in capsys.readouterr().err
