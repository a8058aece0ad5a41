"""One recording, each of its ways: straight, through pretend devices, into a till."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from drivers import open_scanner
from drivers.recording import Entry, Opened, Pictured, Received, Seen, Told, Writer
from drivers.scan import LostReason, ScannerState
from terminal.cli import main
from terminal.sandbox.app import create_app
from terminal.sandbox.settings import Settings
from tests.drivers.cameras import EMPTY
from tests.drivers.scenes import Scene, jpeg, photograph
from tests.drivers.watching import take
from tests.recording.test_command import lines
from tests.till import BOXES
from tests.voucher.crafting import NOW

NS = 1_000_000_000
BEGAN_NS = NOW * NS
FRAMES_A_SECOND = 15


async def voucher_of(person: str) -> str:
    """As the pretend platform issues it, one second before the recording begins."""
    app = create_app(Settings(clock=lambda: NOW - 1.0))
    try:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://sandbox") as sandbox:
            answer = await sandbox.get("/vouchers/new", params={"person": person})
        text: str = answer.json()["text"]
        return text
    finally:
        app.state.store.close()


def a_sale(path: Path, voucher: str) -> Path:
    """Three boxes at a serial scanner, which is pulled out and back; then a phone at a camera."""
    serial: list[tuple[float, Seen]] = [(0.0, Opened("ready"))]
    for number, box in enumerate(BOXES):
        at = 0.4 + number * 0.4
        serial += [
            (at, Received(box[:5].encode())),
            (at + 0.01, Received(box[5:].encode() + b"\r")),
        ]
        serial += [(at + 0.05, Received(b""))]
    gone = Told(ScannerState.LOST, "gone", LostReason.GONE)
    serial[7:7] = [(0.9, gone), (1.0, Opened("ready"))]
    shown = jpeg(photograph(voucher, Scene()))
    with Writer(path, facts={"recording": {"title": "a sale"}}) as writer:
        writer.device("serial1", "serial:///dev/ttyACM0?framing=cr")
        writer.device("camera1", "camera:///dev/video0?hold=2")
        entries = [Entry("serial1", BEGAN_NS + round(at * NS), seen) for at, seen in serial]
        for frame in range(3 * FRAMES_A_SECOND):
            at_ns = BEGAN_NS + frame * NS // FRAMES_A_SECOND
            picture = shown if frame >= 2 * FRAMES_A_SECOND else EMPTY
            entries.append(Entry("camera1", at_ns, Pictured(picture)))
        for entry in sorted(entries, key=lambda entry: entry.at_ns):
            writer.add(entry)
    return path


@pytest.fixture
async def sale(tmp_path: Path) -> Path:
    return a_sale(tmp_path / "sale.mcap", await voucher_of("employee"))


def codes(told: list[Any]) -> list[tuple[str, str]]:
    return sorted((line["device"], line["sha256"]) for line in told if "sha256" in line)


def test_each_way_gives_the_same_codes(sale: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scans", "replay", str(sale)]) == 0
    *straight, _ = lines(capsys)
    assert [line["kind"] for line in straight if line["device"] == "serial1"] == ["goods"] * 3
    assert [
        (line["kind"], line["verdict"]) for line in straight if line["device"] == "camera1"
    ] == [("voucher", "valid")]
    assert main(["scans", "replay", str(sale), "--to", "devices"]) == 0
    assert codes(lines(capsys)) == codes(straight)


def test_an_accepted_recording_is_verified_through_devices_too(
    sale: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["scans", "accept", str(sale), "--yes"]) == 0
    capsys.readouterr()
    assert main(["scans", "verify", str(sale), "--through", "devices", "--json"]) == 0
    assert lines(capsys) == [{"path": str(sale), "ok": True, "wrong": []}]


def test_what_nothing_can_stand_in_for_is_told_apart_from_what_is_wrong(
    sale: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keyboard = sale.with_name("keyboard.mcap")
    with Writer(keyboard) as writer:
        writer.device("wedge1", "wedge:///dev/input/event7")
        writer.add(Entry("wedge1", BEGAN_NS, Opened("ready")))
    assert main(["scans", "accept", str(sale), "--yes"]) == 0
    capsys.readouterr()
    words = ["scans", "verify", "--through", "devices", "--json"]
    assert main([*words, str(keyboard), str(sale)]) == 0
    why = "not played: nothing can stand in for wedge1"
    assert lines(capsys) == [
        {"path": str(keyboard), "ok": None, "wrong": [why]},
        {"path": str(sale), "ok": True, "wrong": []},
    ]
    assert main([*words, str(keyboard)]) == 1


def test_a_till_takes_a_recorded_voucher_as_it_would_have_then(
    sale: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """By today's clock it is long over, or not yet valid."""
    assert main(["scans", "replay", str(sale), "--to", "till"]) == 0
    told = lines(capsys)
    names = [line.get("event") or line.get("notice") for line in told]
    assert names.count("LineAdded") == 3, names
    assert names.count("VoucherAccepted") == 1, names
    assert "VoucherRefused" not in names
    assert told[-1]["phase"] == "quoted", told[-1]
    assert told[-1]["sums"]["total_fen"] == 6120


async def test_another_program_finds_the_devices_where_it_is_told(sale: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "terminal.cli", "scans", "replay", str(sale), "--to", "others"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert process.stdout
    assert process.stdin
    try:
        told = json.loads(await process.stdout.readline())
        assert told["left_out"] == []
        async with open_scanner(told["devices"]["serial1"]) as scans:
            for _ in range(2):
                process.stdin.write(b"\n")
                assert [scan.payload.decode() for scan in await take(scans, 3)] == list(BOXES)
                assert json.loads(await process.stdout.readline()) == {"played": str(sale)}
        process.stdin.close()
        assert await asyncio.wait_for(process.wait(), 30) == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def test_read_tells_the_codes_of_pictures_and_of_cables(
    sale: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["read", str(sale), "--json"]) == 0
    [answer] = lines(capsys)
    assert answer["frames"] == 3 * FRAMES_A_SECOND
    *goods, voucher = answer["codes"]
    assert (voucher["format"], voucher["frame"]) == ("qr", 2 * FRAMES_A_SECOND)
    assert voucher["frames_read"] == FRAMES_A_SECOND
    assert voucher["text"].startswith("YB1:")
    assert [(code["device"], code["text"]) for code in goods] == [("serial1", box) for box in BOXES]
    assert main(["read", str(sale.parent)]) == 0
    assert f"serial1 {BOXES[0]}" in capsys.readouterr().out
    sale.write_bytes(b"no recording at all")
    assert main(["read", str(sale), "--json"]) == 1
    assert "not an MCAP file" in lines(capsys)[0]["error"]


def test_hid_scanners_have_no_stand_in(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.mcap"
    with Writer(path) as writer:
        writer.device("hid1", "hid:///dev/hidraw0")
        writer.add(Entry("hid1", BEGAN_NS, Received(bytes(64))))
    process = subprocess.run(
        [sys.executable, "-m", "terminal.cli", "scans", "replay", str(path), "--to", "others"],
        input="",
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert json.loads(process.stdout) == {"devices": {}, "left_out": ["hid1"]}
