"""Serial scanners that are told things, answer in packets, or are set to another speed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from drivers import LostReason, ScannerState, Signal, open_scanner
from drivers.vendors import PROFILES, Vendor
from tests.drivers.scanners import PtyScanner
from tests.drivers.test_legibility import as_heard
from tests.drivers.test_serial_line import CODES, url_of
from tests.drivers.test_ssi import decoded
from tests.drivers.watching import News, take


@pytest.fixture
def scanner(tmp_path: Path) -> Iterator[PtyScanner]:
    with closing(PtyScanner(tmp_path / "usb-Scanner_SN1-if00")) as plugged:
        yield plugged


@pytest.mark.parametrize("vendor", Vendor)
async def test_a_scanner_is_told_what_its_maker_has_words_for(
    scanner: PtyScanner, vendor: Vendor
) -> None:
    commands = PROFILES[vendor].commands
    async with open_scanner(url_of(scanner, f"?vendor={vendor}")) as scans:
        for signal in Signal:
            assert scans.signal(signal) == (signal in commands)
            if signal in commands:
                told = await asyncio.to_thread(scanner.heard, len(commands[signal]))
                assert told == commands[signal]


async def test_a_scanner_is_still_read_while_it_is_told_things(scanner: PtyScanner) -> None:
    async with open_scanner(url_of(scanner, "?vendor=datalogic")) as scans:
        for number in range(20):
            assert scans.signal(Signal.GOOD_READ)
            scanner.send(b"%d\r" % number)
        received = [scan.payload for scan in await take(scans, 20)]
    assert received == [b"%d" % number for number in range(20)]


async def test_an_ssi_scanner_is_acknowledged_packet_by_packet(scanner: PtyScanner) -> None:
    acknowledged = bytes.fromhex("04d00400ff28")
    async with open_scanner(url_of(scanner, "?vendor=zebra-ssi")) as scans:
        for number in range(50):
            code = b"%020d" % number
            scanner.send(decoded(0x03, code))
            assert await asyncio.to_thread(scanner.heard, 6) == acknowledged
            [scan] = await take(scans, 1)
            assert (scan.symbology, scan.payload) == ("]C0", code)


async def test_a_line_at_the_wrong_speed_is_told_once_and_taken_back_when_it_makes_sense(
    scanner: PtyScanner,
) -> None:
    news = News()
    async with open_scanner(url_of(scanner, "?baud=115200"), on_status=news) as scans:
        for code in CODES:
            scanner.send(as_heard(code + b"\r", sent_at=9600, heard_at=115200))
            await asyncio.sleep(0.3)
        _, lost = await news.wait_for(2)
        assert (lost.state, lost.reason) == (ScannerState.LOST, LostReason.GARBLED)
        assert "baud" in lost.detail
        scanner.send(b"6901234567892\r")
        _, ready = await news.wait_for(3)
        assert ready.state is ScannerState.READY
        received: list[bytes] = []
        while not received or received[-1] != b"6901234567892":
            received += [scan.payload for scan in await take(scans, 1)]
    assert len(news.told) == 3
