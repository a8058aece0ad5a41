"""`gongji listen`: scans and news of real pseudo-terminals, as JSON lines."""

from __future__ import annotations

import json
import threading
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from terminal.cli import main
from tests.drivers.scanners import PtyScanner
from tests.drivers.scenes import film, flat


def lines(capsys: pytest.CaptureFixture[str]) -> list[Any]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def when_open(scanner: PtyScanner, data: bytes) -> threading.Thread:
    """Answers a trigger, which proves that somebody listens, with a scan."""

    def answer() -> None:
        if scanner.heard(1, 20.0):
            scanner.send(data)

    thread = threading.Thread(target=answer)
    thread.start()
    return thread


@pytest.mark.parametrize("show", [False, True])
def test_a_triggered_scanner_is_heard_and_its_codes_shown_only_when_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], show: bool
) -> None:
    payload = "药\x1b[31m".encode()
    with closing(PtyScanner(tmp_path / "scanner")) as scanner:
        thread = when_open(scanner, b"]Q1" + payload + b"\r")
        words = ["--serial", f"{scanner.link}?vendor=datalogic", "--signal", "trigger-on"]
        code = main(["listen", *words, "--count", "1", *(["--show"] if show else [])])
        thread.join()
    ready, signal, scan = lines(capsys)
    assert code == 0
    assert (ready["status"], ready["reason"]) == ("ready", None)
    assert signal == {"signal": "trigger-on", "taken": True}
    told = scan["scan"]
    assert (told["symbology"], told["bytes"]) == ("]Q1", len(payload))
    assert told["sha256"] == sha256(payload).hexdigest()
    assert 0 <= told["delay_ms"] < 20_000
    assert (told.get("bytes_hex"), told.get("text")) == (
        (payload.hex(), payload.decode()) if show else (None, None)
    )


def test_silence_is_exit_code_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with closing(PtyScanner(tmp_path / "scanner")) as scanner:
        code = main(["listen", "--serial", str(scanner.link), "--seconds", "0.2",
                     "--signal", "reject"])  # fmt: skip
    assert code == 1
    assert lines(capsys)[1:] == [{"signal": "reject", "taken": False}]


def test_a_video_ends_by_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    film(tmp_path / "clip.avi", [flat("ON FILM", 8)] * 4, "MJPG")
    assert main(["listen", "--camera", str(tmp_path / "clip.avi"), "--show"]) == 0
    assert [line["scan"]["text"] for line in lines(capsys) if "scan" in line] == ["ON FILM"]


def test_what_cannot_be_opened_or_is_not_named_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["listen", "--serial", str(tmp_path / "missing")]) == 4
    assert "no scanner at" in capsys.readouterr().err
    assert main(["listen"]) == 2
    assert "--serial" in capsys.readouterr().err
