"""Serial scanners, through real pseudo-terminals and real sockets."""

from __future__ import annotations

import asyncio
import os
import socket
import stat
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import serial

from drivers import LostReason, ScannerLost, ScannerState, Signal, open_scanner, serial_url
from drivers.feed import SCANS_MAX
from drivers.framing import FRAME_BYTES_MAX, IDLE_MS_DEFAULT, SUFFIX_PATIENCE
from tests.drivers.scanners import PortServer, PtyScanner, taken_port
from tests.drivers.watching import (
    PATIENCE_SECONDS,
    News,
    nobody,
    nothing_comes,
    nothing_left_behind,
    take,
)

CODES = [b"6901234567892", b"81234567890123456789", b"HC1:" + b"6BF+70790T9WJWG." * 18]


@pytest.fixture
def scanner(tmp_path: Path) -> Iterator[PtyScanner]:
    with closing(PtyScanner(tmp_path / "usb-Scanner_SN1-if00")) as plugged:
        yield plugged


def url_of(scanner: PtyScanner, options: str = "") -> str:
    return serial_url(f"{scanner.link}{options}")


# --- codes -----------------------------------------------------------------------------------

FRAMINGS = {
    "auto, CR": ("", b"", b"\r"),
    "auto, LF": ("?framing=auto", b"", b"\n"),
    "auto, CR LF": ("?baud=115200", b"", b"\r\n"),
    "auto, TAB": ("", b"", b"\t"),
    "auto, STX ETX": ("", b"\x02", b"\x03"),
    "cr": ("?framing=cr", b"", b"\r"),
    "lf": ("?framing=lf", b"", b"\n"),
    "crlf": ("?framing=crlf", b"", b"\r\n"),
    "tab": ("?framing=tab", b"", b"\t"),
    "stx-etx": ("?framing=stx-etx", b"\x02", b"\x03"),
}


@pytest.mark.parametrize("name", FRAMINGS)
async def test_every_framing_delivers_the_codes_and_only_them(
    scanner: PtyScanner, name: str
) -> None:
    options, before, after = FRAMINGS[name]
    url = url_of(scanner, options)
    async with open_scanner(url) as scans:
        started_at = time.monotonic()
        scanner.send(b"".join(before + code + after for code in CODES))
        received = await take(scans, len(CODES))
        await nothing_comes(scans, 0.2)
    assert [scan.payload for scan in received] == CODES
    assert {(scan.symbology, scan.source) for scan in received} == {(None, url)}
    assert all(started_at <= scan.at <= time.monotonic() for scan in received)


@pytest.mark.parametrize("options", ["", "?framing=idle", "?idle_ms=30"])
async def test_a_scanner_without_a_suffix_is_read_by_its_pauses(
    scanner: PtyScanner, options: str
) -> None:
    async with open_scanner(url_of(scanner, options)) as scans:
        for code in CODES:
            scanner.send(code)
            assert [scan.payload for scan in await take(scans, 1)] == [code]


async def test_the_aim_identifier_is_told_beside_the_payload(scanner: PtyScanner) -> None:
    async with open_scanner(url_of(scanner)) as scans:
        scanner.send(b"]E06901234567892\r]d2010690123456789221A\x1d17260131\r]C0\rplain\r")
        received = await take(scans, 3)
    assert [(scan.symbology, scan.payload) for scan in received] == [
        ("]E0", b"6901234567892"),
        ("]d2", b"010690123456789221A\x1d17260131"),
        (None, b"plain"),
    ]


async def test_ten_thousand_codes_in_one_go_are_neither_lost_nor_joined(
    scanner: PtyScanner,
) -> None:
    """Though nobody takes them at first: the line is then no longer read, and waits."""
    codes = [b"]C0%020d" % number for number in range(10_000)]
    stream = b"\r\n".join(codes) + b"\r\n"
    sending = threading.Thread(target=scanner.send, args=(stream,), daemon=True)
    async with open_scanner(url_of(scanner)) as scans:
        sending.start()
        await asyncio.sleep(0.3)
        received = [scan.payload for scan in await take(scans, len(codes))]
        await nothing_comes(scans, 0.2)
    sending.join()
    assert received == [b"%020d" % number for number in range(10_000)]


async def test_a_code_that_waits_half_read_while_nobody_takes_scans_is_not_cut(
    scanner: PtyScanner,
) -> None:
    """The driver does not read then; what it does not see is no pause."""
    waiting = [b"%d" % number for number in range(SCANS_MAX + 3)]
    async with open_scanner(url_of(scanner)) as scans:
        scanner.send(b"\r".join([*waiting, b"HALF"]))
        await asyncio.sleep(0.2)
        scanner.send(b"CODE\r")
        await asyncio.sleep(2 * SUFFIX_PATIENCE * IDLE_MS_DEFAULT / 1000)
        received = [scan.payload for scan in await take(scans, len(waiting) + 1)]
    assert received == [*waiting, b"HALFCODE"]


async def test_noise_on_the_line_does_not_harm_the_codes_after_it(scanner: PtyScanner) -> None:
    async with open_scanner(url_of(scanner, "?framing=cr")) as scans:
        scanner.send(b"\0\0\r\n\r\0")
        scanner.send(b"x" * (FRAME_BYTES_MAX + 1000) + b"\r")
        scanner.send(b"\x00690123\x004567892\r")
        assert [scan.payload for scan in await take(scans, 1)] == [b"6901234567892"]
        await nothing_comes(scans, 0.2)


async def test_equal_codes_are_each_a_scan_unless_a_hold_is_asked_for(scanner: PtyScanner) -> None:
    """Three boxes of the same medicine, one after the other."""
    async with open_scanner(url_of(scanner)) as scans:
        scanner.send(b"6901\r6901\r6901\r")
        assert len(await take(scans, 3)) == 3
    async with open_scanner(url_of(scanner, "?hold=0.4")) as scans:
        scanner.send(b"6901\r6901\r6902\r6901\r")
        assert [scan.payload for scan in await take(scans, 2)] == [b"6901", b"6902"]
        await asyncio.sleep(0.5)
        scanner.send(b"6901\r")
        assert [scan.payload for scan in await take(scans, 1)] == [b"6901"]


# --- loss and return -------------------------------------------------------------------------


async def test_a_scanner_pulled_out_in_mid_code_comes_back_at_another_port(
    scanner: PtyScanner,
) -> None:
    """Half a code before, none of it after."""
    news = News()
    async with open_scanner(url_of(scanner), on_status=news) as scans:
        first_port = scanner.port
        scanner.send(b"before\r69012345")
        await take(scans, 1)
        unplugged_at = time.monotonic()
        scanner.unplug()
        lost_at, lost = await news.wait_for(2)
        assert (lost.state, lost.reason) == (ScannerState.LOST, LostReason.GONE)
        assert "went away" in lost.detail
        assert lost_at - unplugged_at < 0.5
        await asyncio.sleep(0.3)
        with taken_port():  # as when the old one is still held
            scanner.plug()
            assert scanner.port != first_port
            plugged_at = time.monotonic()
            ready_at, ready = await news.wait_for(3)
            assert ready.state is ScannerState.READY
            assert ready_at - plugged_at < 1.0
            scanner.send(b"67892\rafter\r")
            assert [scan.payload for scan in await take(scans, 2)] == [b"67892", b"after"]
    assert news.states == [ScannerState.READY, ScannerState.LOST, ScannerState.READY]
    assert news.threads == {threading.get_ident()}


async def test_a_loss_is_noticed_though_nobody_takes_the_scans_and_no_scan_is_lost(
    scanner: PtyScanner,
) -> None:
    codes = [b"%013d" % number for number in range(2 * SCANS_MAX)]
    news = News()
    with nothing_left_behind():
        async with open_scanner(url_of(scanner), on_status=news) as scans:
            scanner.send(b"".join(code + b"\r" for code in codes))
            await until_nothing_more_is_read(scanner)
            for number in range(3):
                scanner.unplug()
                _, lost = await news.wait_for(2 * number + 2)
                assert (lost.state, lost.reason) == (ScannerState.LOST, LostReason.GONE)
                scanner.plug()
                await news.wait_for(2 * number + 3)
            taken = await take(scans, SCANS_MAX)
            scanner.send(b"after\r")
            while (scan := (await take(scans, 1))[0]).payload != b"after":
                taken.append(scan)
    assert [scan.payload for scan in taken] == codes[: len(taken)]


async def until_nothing_more_is_read(scanner: PtyScanner) -> None:
    """Until the line stays as full as it is, for longer than a driver ever pauses."""
    unread, same = -1, 0
    async with asyncio.timeout(PATIENCE_SECONDS):
        while same < 10:
            before, unread = unread, scanner.unread()
            same = same + 1 if unread == before else 0
            await asyncio.sleep(0.05)


async def test_a_bridge_that_closes_is_noticed_though_nobody_takes_the_scans() -> None:
    news = News()
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        url = serial_url(f"socket://127.0.0.1:{server.getsockname()[1]}")
        async with open_scanner(url, on_status=news) as scans:
            bridge, _ = await asyncio.to_thread(server.accept)
            with closing(bridge):
                bridge.sendall(b"".join(b"%d\r" % number for number in range(SCANS_MAX + 5)))
            _, lost = await news.wait_for(2)
            assert (lost.state, lost.reason) == (ScannerState.LOST, LostReason.GONE)
            await take(scans, SCANS_MAX + 5)


async def test_a_scanner_can_come_and_go_many_times(scanner: PtyScanner) -> None:
    news = News()
    with nothing_left_behind():
        async with open_scanner(url_of(scanner), on_status=news) as scans:
            for number in range(5):
                scanner.send(b"%d\r" % number)
                assert [scan.payload for scan in await take(scans, 1)] == [b"%d" % number]
                scanner.unplug()
                await news.wait_for(2 * number + 2)
                scanner.plug()
                await news.wait_for(2 * number + 3)
            scanner.unplug()
    assert news.states[:11] == [ScannerState.READY, *[ScannerState.LOST, ScannerState.READY] * 5]


async def test_a_scanner_that_comes_back_but_may_not_be_opened_says_so(
    scanner: PtyScanner, tmp_path: Path
) -> None:
    news = News()
    async with open_scanner(url_of(scanner), on_status=news):
        scanner.unplug()
        await news.wait_for(2)
        with closing(PtyScanner(tmp_path / "again")) as again:
            with closing(serial.Serial(again.port, exclusive=True)):
                scanner.link.symlink_to(again.port)
                _, status = await news.wait_for(3)
                assert (status.state, status.reason) == (ScannerState.LOST, LostReason.BUSY)
            _, status = await news.wait_for(4)
            assert status.state is ScannerState.READY


# --- what cannot be opened -------------------------------------------------------------------


async def refusal(url: str) -> ScannerLost:
    with nothing_left_behind(), pytest.raises(ScannerLost) as caught:
        async with open_scanner(url):
            raise AssertionError("it opened")
    assert caught.value.url == url
    assert str(caught.value).endswith(".")
    return caught.value


async def test_a_scanner_in_use_is_busy(scanner: PtyScanner) -> None:
    async with open_scanner(url_of(scanner)):
        lost = await refusal(url_of(scanner))
    assert lost.reason is LostReason.BUSY
    assert "another program" in str(lost)
    async with open_scanner(url_of(scanner)):
        pass  # and free again afterwards


async def test_a_scanner_that_is_not_there_is_missing(tmp_path: Path) -> None:
    lost = await refusal(serial_url(str(tmp_path / "usb-Scanner")))
    assert lost.reason is LostReason.MISSING
    assert "usb-Scanner" in str(lost)
    (tmp_path / "dangling").symlink_to("/dev/pts/999999")
    assert (await refusal(serial_url(str(tmp_path / "dangling")))).reason is LostReason.MISSING


async def test_what_is_no_serial_port_is_no_scanner(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    os.mkfifo(tmp_path / "fifo")
    for path in (tmp_path, tmp_path / "file", tmp_path / "fifo", Path("/dev/null")):
        lost = await refusal(serial_url(str(path)))
        assert lost.reason is LostReason.NOT_A_SCANNER, path


async def test_a_scanner_of_another_group_is_a_matter_of_permission(scanner: PtyScanner) -> None:
    os.chmod(scanner.port, 0)
    os.chmod(scanner.link.parent, stat.S_IRWXU | stat.S_IXOTH)
    user = os.geteuid()
    with nobody():
        lost = await refusal(url_of(scanner))
    assert os.geteuid() == user
    assert lost.reason is LostReason.PERMISSION
    assert "dialout" in str(lost)


# --- leaving ---------------------------------------------------------------------------------


async def test_leaving_takes_no_longer_than_one_read_and_ends_the_iterator(
    scanner: PtyScanner,
) -> None:
    with nothing_left_behind():
        async with open_scanner(url_of(scanner)) as scans:
            scanner.send(b"never taken\r")
            await asyncio.sleep(0.1)
            left_at = time.monotonic()
        assert time.monotonic() - left_at < 1.0
        assert [scan async for scan in scans] == []


async def test_leaving_while_the_scanner_is_lost_or_nobody_takes_its_codes_is_as_quick(
    scanner: PtyScanner,
) -> None:
    news = News()
    async with open_scanner(url_of(scanner), on_status=news):
        scanner.send(b"untaken\r" * 300)
        await asyncio.sleep(0.2)
        left_at = time.monotonic()
    assert time.monotonic() - left_at < 1.0
    async with open_scanner(url_of(scanner), on_status=news):
        scanner.unplug()
        await news.wait_for(3)
        left_at = time.monotonic()
    assert time.monotonic() - left_at < 1.0


async def test_a_cancelled_reader_leaves_nothing_behind(scanner: PtyScanner) -> None:
    async def read() -> None:
        async with open_scanner(url_of(scanner)) as scans:
            opened.set()
            async for _ in scans:
                pass

    opened = asyncio.Event()
    with nothing_left_behind():
        reading = asyncio.create_task(read())
        await opened.wait()
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading


async def test_a_hundred_openings_leave_nothing_behind(scanner: PtyScanner) -> None:
    with nothing_left_behind():
        for number in range(100):
            async with open_scanner(url_of(scanner)) as scans:
                scanner.send(b"%d\r" % number)
                assert [scan.payload for scan in await take(scans, 1)] == [b"%d" % number]


# --- other lines -----------------------------------------------------------------------------


async def test_a_scanner_behind_a_bridge_is_read_from_its_first_byte_and_comes_back() -> None:
    news = News()
    with nothing_left_behind(), socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(PATIENCE_SECONDS)
        port = server.getsockname()[1]
        url = f"socket://127.0.0.1:{port}?framing=cr"

        def serve(data: bytes) -> socket.socket:
            connection, _ = server.accept()
            connection.sendall(data)
            return connection

        first = asyncio.create_task(asyncio.to_thread(serve, b"at once\r"))
        async with open_scanner(url, on_status=news) as scans:
            assert [scan.payload for scan in await take(scans, 1)] == [b"at once"]
            second = asyncio.create_task(asyncio.to_thread(serve, b"again\r"))
            (await first).close()
            assert [scan.payload for scan in await take(scans, 1)] == [b"again"]
            (await second).close()
        assert news.states[:3] == [ScannerState.READY, ScannerState.LOST, ScannerState.READY]
        await asyncio.get_running_loop().shutdown_default_executor()


async def test_a_port_server_is_read_told_and_taken_up_again(scanner: PtyScanner) -> None:
    """RFC 2217, spoken by pyserial's own server over a pseudo-terminal."""
    news = News()
    with nothing_left_behind(), closing(PortServer(scanner.port)) as server:
        url = f"rfc2217://127.0.0.1:{server.port}?vendor=datalogic&baud=19200"
        async with open_scanner(url, on_status=news) as scans:
            scanner.send(b"]C0first\r")
            [scan] = await take(scans, 1)
            assert (scan.symbology, scan.payload) == ("]C0", b"first")
            assert scans.signal(Signal.REJECT)
            assert await asyncio.to_thread(scanner.heard, 1) == b"F"
            assert server.baud == 19200
            server.hang_up()
            _, lost = await news.wait_for(2)
            assert (lost.state, lost.reason) == (ScannerState.LOST, LostReason.GONE)
            await news.wait_for(3)
            scanner.send(b"second\r")
            assert [scan.payload for scan in await take(scans, 1)] == [b"second"]
        await asyncio.get_running_loop().shutdown_default_executor()


async def test_a_bridge_that_does_not_answer_is_missing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert (await refusal(f"socket://127.0.0.1:{port}")).reason is LostReason.MISSING
    assert (await refusal(f"rfc2217://127.0.0.1:{port}")).reason is LostReason.MISSING


async def test_the_loop_back_line_opens_and_says_nothing() -> None:
    async with open_scanner("loop://") as scans:
        await nothing_comes(scans, 0.1)
