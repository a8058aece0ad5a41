"""At a counter: scans that were refused are beeped at, and the seconds around them are kept."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers import LostReason, ScannerState, open_scanner, serial_url
from drivers.recording import Noted, Pictured, Received, Recording, Sent, Told, load
from drivers.recording import keeper as keeper_module
from drivers.recording.keeper import RING_BYTES_MAX, Keeper, Limits
from drivers.recording.ring import ENTRY_BYTES, Ring
from drivers.tap import CODE_UNREAD, Seen, Unpacked
from terminal.cli.scanners import scanning
from tests.drivers.cameras import EMPTY, SHOWN, WebCamera
from tests.drivers.scanners import PtyScanner
from tests.drivers.scenes import Scene, jpeg, photograph
from tests.drivers.watching import nothing_comes, take
from tests.processes import SECONDS_MAX, TillProcess, sandbox
from tests.recording.test_changes import SECRET
from tests.recording.test_live import no_file_grows_beyond
from tests.till import BOXES, Till, open_test_till, sandbox_app

PLENTY = Limits(files_max=50, bytes_max=500 << 20)
REJECT = b"\x16\x07\r"


@pytest.fixture
def scanner(tmp_path: Path) -> Iterator[PtyScanner]:
    with closing(PtyScanner(tmp_path / "scanner")) as plugged:
        yield plugged


def kept(folder: Path) -> list[Recording]:
    return [load(path) for path in sorted(folder.glob("*.mcap"))]


def received(recording: Recording) -> bytes:
    return b"".join(e.seen.data for e in recording.entries if isinstance(e.seen, Received))


# --- the ring --------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.floats(0, 2), st.integers(0, 500)), min_size=1, max_size=60))
def test_a_ring_is_bounded_in_time_and_bytes_and_keeps_the_newest(
    came: list[tuple[float, int]],
) -> None:
    ring, at = Ring(5.0, 2000), 100.0
    everything = []
    for gap, size in came:
        at += gap
        ring.add(at, "serial1", Received(bytes(size)))
        everything.append((at, size))
    held = [
        (when, len(seen.data))
        for when, _, seen in ring.between(0, at)
        if isinstance(seen, Received)
    ]
    assert held == everything[len(everything) - len(held) :]
    assert sum(size + ENTRY_BYTES for _, size in held) <= 2000
    assert all(at - when <= 5.0 for when, _ in held)
    if len(held) < len(everything):
        when, size = everything[len(everything) - len(held) - 1]
        too_much = sum(size + ENTRY_BYTES for _, size in held) + size + ENTRY_BYTES > 2000
        assert too_much or at - when > 5.0


def test_pictures_count_with_their_bytes() -> None:
    ring = Ring(60.0, 10_000)
    for number in range(20):
        ring.add(float(number), "camera1", Pictured(bytes(900)))
    assert len(ring.between(0, 99)) == 10_000 // (900 + ENTRY_BYTES)
    ring.add(20.0, "camera1", Unpacked(np.zeros((90, 100), np.uint8)))
    assert [type(seen) for _, _, seen in ring.between(0, 99)] == [Unpacked]


# --- the keeper ------------------------------------------------------------------------------


def test_what_was_seen_before_and_after_is_in_the_file(tmp_path: Path) -> None:
    folder = tmp_path / "scans"
    with Keeper(folder, PLENTY, {"program": {"gongji": "1"}}) as keeper:
        tap = keeper.tap("serial1", "serial:///dev/ttyACM0")
        now = time.monotonic()
        tap(now - 60.0, Received(b"long ago\r"))
        tap(now - 5.0, Received(b"before\r"))
        keeper.note("VoucherRefused", {"reason": "expired"})
        keeper.keep("refused")
        keeper.keep("asked")
        tap(now + 1.0, Received(b"after\r"))
    [recording] = kept(folder)
    assert received(recording) == b"before\rafter\r"
    assert [e.seen for e in recording.entries if e.device == "till"] == [
        Noted("VoucherRefused", {"reason": "expired"})
    ]
    assert recording.facts["kept"] == {"because": "refused"}
    assert recording.facts["program"] == {"gongji": "1"}
    [path] = folder.iterdir()
    assert re.fullmatch(r"\d{8}T\d{6}Z-refused\.mcap", path.name)
    assert abs(recording.entries[0].at_ns / 1e9 - time.time()) < 60


def test_nothing_is_written_where_nothing_went_wrong(tmp_path: Path) -> None:
    with Keeper(tmp_path, PLENTY, {}) as keeper:
        keeper.tap("serial1", "serial:///dev/ttyACM0")(time.monotonic(), Received(b"6901\r"))
    assert kept(tmp_path) == []


def test_a_scan_that_failed_is_kept_unasked(tmp_path: Path) -> None:
    with Keeper(tmp_path, PLENTY, {}) as keeper:
        tap = keeper.tap("wedge1", "wedge:///dev/input/event7")
        tap(time.monotonic(), Told(ScannerState.LOST, "gone", LostReason.GONE))
        assert keeper._wanted is None
        tap(time.monotonic(), Told(ScannerState.LOST, "again", LostReason.SPOILED))
    assert len(kept(tmp_path)) == 1


def test_files_are_few_and_only_ours_are_deleted(tmp_path: Path) -> None:
    others = [tmp_path / "20250101T000000Z-mine.txt", tmp_path / "notes.mcap"]
    for other in others:
        other.write_bytes(b"somebody's")
    for number in range(5):
        (tmp_path / f"2025010{number + 1}T000000Z-refused.mcap").write_bytes(bytes(100))
    with Keeper(tmp_path, Limits(files_max=3, bytes_max=500 << 20), {}) as keeper:
        keeper.keep("asked")
    names = sorted(path.name for path in tmp_path.iterdir() if path not in others)
    assert names[:2] == ["20250104T000000Z-refused.mcap", "20250105T000000Z-refused.mcap"]
    assert len(names) == 3
    assert all(other.read_bytes() == b"somebody's" for other in others)


def test_files_are_small_enough_together(tmp_path: Path) -> None:
    for number in range(4):
        (tmp_path / f"2025010{number + 1}T000000Z-refused.mcap").write_bytes(bytes(1000))
    with Keeper(tmp_path, Limits(50, RING_BYTES_MAX + 2500), {}) as keeper:
        keeper.keep("asked")
    assert len(list(tmp_path.glob("2025*"))) == 2


def test_a_disk_that_refuses_costs_a_recording_and_nothing_else(tmp_path: Path) -> None:
    troubles: list[str] = []
    with Keeper(tmp_path, PLENTY, {}, troubles.append) as keeper:
        tap = keeper.tap("serial1", "serial:///dev/ttyACM0")
        for _ in range(100):
            tap(time.monotonic(), Received(b"6901234567892\r"))
        with no_file_grows_beyond(2000):
            keeper.keep("asked")
            with keeper._changed:
                keeper._is_over = True
                keeper._changed.notify()
            keeper._thread.join(30)
    assert troubles
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_is_nearly_full_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper_module, "FREE_BYTES_MIN", 1 << 62)
    troubles: list[str] = []
    with Keeper(tmp_path, PLENTY, {}, troubles.append) as keeper:
        keeper.keep("asked")
    assert "nearly full" in troubles[0]
    assert list(tmp_path.iterdir()) == []


async def test_a_phone_that_cannot_be_read_is_kept_once(tmp_path: Path) -> None:
    """Its code is seen, and no rung reads it; an empty counter and a good phone are nothing."""
    blurred = jpeg(photograph(SECRET.decode(), Scene(blur_pixels=2.0, glare_share=0.12)))
    with closing(WebCamera(EMPTY)) as camera, Keeper(tmp_path, PLENTY, {}) as keeper:
        seen: list[object] = []
        tap = keeper.tap("camera1", camera.url())
        told = asyncio.Event()
        loop = asyncio.get_running_loop()

        def both(at: float, what: Seen | Unpacked) -> None:
            tap(at, what)
            if not isinstance(what, Pictured):
                seen.append(what)
                loop.call_soon_threadsafe(told.set)

        async with open_scanner(camera.url(), tap=both) as scans:
            camera.picture = SHOWN[0]
            await take(scans, 1)
            camera.picture = EMPTY
            await nothing_comes(scans, 1.0)
            assert CODE_UNREAD not in seen
            camera.picture = blurred
            async with asyncio.timeout(30):
                while CODE_UNREAD not in seen:
                    told.clear()
                    await told.wait()
            await nothing_comes(scans, 1.0)
            assert seen.count(CODE_UNREAD) == 1
    [recording] = kept(tmp_path)
    assert recording.facts["kept"] == {"because": "unread"}
    assert any(entry.seen == Pictured(blurred) for entry in recording.entries)


# --- at the counter --------------------------------------------------------------------------


async def until_told(till: Till, name: str) -> None:
    told = asyncio.Event()
    till.checkout.subscribe(lambda *_: told.set())
    async with asyncio.timeout(30):
        while name not in [type(happened).__name__ for happened in till.happened]:
            told.clear()
            await told.wait()


async def test_a_refused_scan_is_beeped_at_and_kept_and_a_good_one_is_not(
    tmp_path: Path, scanner: PtyScanner
) -> None:
    folder = tmp_path / "scans"
    url = serial_url(f"{scanner.link}?vendor=honeywell")
    async with open_test_till(tmp_path / "journal.db", sandbox_app()) as till:
        with Keeper(folder, PLENTY, {}) as keeper:
            async with scanning(till.checkout, [url], keeper):
                scanner.send(BOXES[0].encode() + b"\r")
                await until_told(till, "LineAdded")
                assert keeper._wanted is None
                scanner.send(SECRET + b"\r")
                await until_told(till, "VoucherRefused")
                assert await asyncio.to_thread(scanner.heard, len(REJECT)) == REJECT
                scanner.send(b"4000000000000\r")
                await until_told(till, "CodeNotUsable")
                assert await asyncio.to_thread(scanner.heard, len(REJECT)) == REJECT
    [recording] = kept(folder)
    assert received(recording).split(b"\r")[1:2] == [SECRET]
    noted = [e.seen for e in recording.entries if isinstance(e.seen, Noted)]
    assert noted == [
        Noted("LineAdded", {}),
        Noted("VoucherRefused", {"reason": "unknown_key"}),
        Noted("CodeNotUsable", {"kind": "unknown"}),
    ]
    assert Sent(REJECT) in [e.seen for e in recording.entries]


async def test_what_the_clerk_is_refused_is_no_scan(tmp_path: Path, scanner: PtyScanner) -> None:
    from terminal.sale.commands import Confirm

    url = serial_url(f"{scanner.link}?vendor=honeywell")
    async with open_test_till(tmp_path / "journal.db", sandbox_app()) as till:
        with Keeper(tmp_path / "scans", PLENTY, {}) as keeper:
            async with scanning(till.checkout, [url], keeper):
                scanner.send(BOXES[0].encode() + b"\r")
                await until_told(till, "LineAdded")
                await till.do(Confirm())
                assert "Refused" in [type(happened).__name__ for happened in till.happened]
    assert kept(tmp_path / "scans") == []


def test_a_running_till_keeps_what_it_is_asked_to(tmp_path: Path, scanner: PtyScanner) -> None:
    folder = tmp_path / "scans"
    with sandbox() as platform:
        profile = Path("config/platforms/sandbox.toml").resolve()
        words = ["--serial", str(scanner.link), "--record", str(folder)]
        till = TillProcess(platform, profile, tmp_path / "journal.db", "ask", *words)
        till.until(lambda line: line.get("notice") == "Ready")
        scanner.send(BOXES[0].encode() + b"\r")
        till.until(lambda line: line.get("event") == "LineAdded")
        till.signal(signal.SIGUSR1)
        until = time.monotonic() + SECONDS_MAX
        while not any(path.suffix == ".mcap" for path in folder.iterdir()):
            assert time.monotonic() < until
            time.sleep(0.05)
        assert till.end() == 0
    [recording] = kept(folder)
    assert received(recording) == BOXES[0].encode() + b"\r"
    assert recording.facts["kept"] == {"because": "asked"}
    assert "gongji" in json.dumps(recording.facts["program"])


def test_asking_a_till_that_keeps_nothing_does_not_end_it(tmp_path: Path) -> None:
    with sandbox() as platform:
        profile = Path("config/platforms/sandbox.toml").resolve()
        till = TillProcess(platform, profile, tmp_path / "journal.db", "ask")
        till.until(lambda line: line.get("notice") == "Ready")
        till.signal(signal.SIGUSR1)
        till.say(do="add_item", code=BOXES[0])
        till.until(lambda line: line.get("event") == "LineAdded")
        assert till.end() == 0
