"""HID scanners: the driver over a pipe in the device's place, and what cannot be opened."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from drivers import LostReason, Scan, ScannerLost, ScannerState, Signal, open_scanner, serial_url
from drivers.address import HidAddress, parse_hid
from drivers.feed import SCANS_MAX
from drivers.hid import open_hid
from drivers.hid_pos import Layout
from tests.drivers.test_hid_pos import reports
from tests.drivers.test_wedge import ENTER, Keyboard, typed
from tests.drivers.watching import News, nobody, nothing_left_behind, take


class PipeDevice:
    """A named pipe where the device file would be.  It has no HID controls, so that claiming it is
    pretended; closing its other end gives the reader an end, as pulling the plug gives an error."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.claimed: list[int] = []
        self.plug()

    def plug(self) -> None:
        os.mkfifo(self.path)
        self._end = os.open(self.path, os.O_RDWR)

    def unplug(self) -> None:
        self.path.unlink()
        os.close(self._end)
        self._end = -1

    def send(self, data: bytes) -> None:
        os.write(self._end, data)

    def claim(self, device: int) -> None:
        self.claimed.append(device)

    def close(self) -> None:
        if self._end >= 0:
            self.unplug()


@pytest.fixture
def device(tmp_path: Path) -> Iterator[PipeDevice]:
    with closing(PipeDevice(tmp_path / "event7")) as plugged:
        yield plugged


def address_of(device: PipeDevice, scheme: str, options: str = "") -> HidAddress:
    return parse_hid(f"{scheme}://{device.path}{options}")


def told(scans: list[Scan]) -> list[tuple[str | None, bytes]]:
    return [(scan.symbology, scan.payload) for scan in scans]


async def test_a_hid_pos_scanner_is_read_in_both_layouts(device: PipeDevice) -> None:
    long = b"YB1:" + b"X" * 290
    with nothing_left_behind():
        async with open_hid(address_of(device, "hid"), News(), device.claim) as scans:
            assert not scans.signal(Signal.GOOD_READ)
            for report in reports(long, Layout.AIM) + reports(b"6901234567892", Layout.NEWLAND):
                device.send(report)
            received = await take(scans, 2)
    assert told(received) == [("]Q1", long), (None, b"6901234567892")]
    assert len(device.claimed) == 1


async def test_a_wedge_is_read_and_a_spoiled_burst_asks_for_the_scan_again(
    device: PipeDevice,
) -> None:
    news = News()
    async with open_hid(address_of(device, "wedge"), news, device.claim) as scans:
        device.send(typed("]E06901234567892"))
        device.send(Keyboard(200.0).text("8123").dropped().key(ENTER).data)
        _, spoiled = await news.wait_for(2)
        assert (spoiled.state, spoiled.reason) == (ScannerState.LOST, LostReason.SPOILED)
        assert "again" in spoiled.detail
        await news.wait_for(3)
        device.send(Keyboard(300.0).text("8124").key(ENTER).data)
        received = await take(scans, 2)
    assert told(received) == [("]E0", b"6901234567892"), (None, b"8124")]
    assert news.states == [ScannerState.READY, ScannerState.LOST, ScannerState.READY]


@pytest.mark.parametrize("scheme", ["hid", "wedge"])
async def test_a_device_pulled_out_in_mid_code_comes_back_without_its_first_half(
    device: PipeDevice, scheme: str
) -> None:
    if scheme == "hid":
        half = reports(b"x" * 100, Layout.AIM)[0]
        whole = b"".join(reports(b"after", Layout.NEWLAND))
    else:
        half, whole = Keyboard().text("690").data, typed("after")
    news = News()
    async with open_hid(address_of(device, scheme), news, device.claim) as scans:
        for number in range(3):
            device.send(half)
            device.unplug()
            _, lost = await news.wait_for(2 * number + 2)
            assert (lost.state, lost.reason) == (ScannerState.LOST, LostReason.GONE)
            device.plug()
            await news.wait_for(2 * number + 3)
            device.send(whole)
            assert told(await take(scans, 1)) == [(None, b"after")]


@pytest.mark.parametrize("scheme", ["hid", "wedge"])
async def test_a_loss_is_noticed_though_nobody_takes_the_scans(
    device: PipeDevice, scheme: str
) -> None:
    codes = [b"%06d" % number for number in range(SCANS_MAX + 5)]
    news = News()
    async with open_hid(address_of(device, scheme), news, device.claim) as scans:
        for number, code in enumerate(codes):
            wedge = Keyboard(100.0 + number).text(code.decode()).key(ENTER).data
            device.send(b"".join(reports(code, Layout.NEWLAND)) if scheme == "hid" else wedge)
        device.unplug()
        _, lost = await news.wait_for(2)
        assert (lost.state, lost.reason) == (ScannerState.LOST, LostReason.GONE)
        device.plug()
        await news.wait_for(3)
        taken = await take(scans, SCANS_MAX)
        device.send(
            b"".join(reports(b"after", Layout.NEWLAND)) if scheme == "hid" else typed("after")
        )
        while (scan := (await take(scans, 1))[0]).payload != b"after":
            taken.append(scan)
    assert [scan.payload for scan in taken] == codes[: len(taken)]


async def refusal(url: str) -> ScannerLost:
    with nothing_left_behind(), pytest.raises(ScannerLost) as caught:
        async with open_scanner(url):
            raise AssertionError("it opened")
    return caught.value


@pytest.mark.parametrize("scheme", ["hid", "wedge"])
async def test_what_is_no_such_device_is_told_apart(scheme: str, tmp_path: Path) -> None:
    missing = await refusal(f"{scheme}://{tmp_path}/hidraw0")
    assert missing.reason is LostReason.MISSING
    (tmp_path / "file").write_bytes(b"x")
    for path in (tmp_path / "file", Path("/dev/null")):
        other = await refusal(f"{scheme}://{path}")
        assert other.reason is LostReason.NOT_A_SCANNER, path


@pytest.mark.parametrize("scheme", ["hid", "wedge"])
async def test_a_device_without_udev_rules_is_a_matter_of_permission(
    device: PipeDevice, scheme: str
) -> None:
    os.chmod(device.path, 0)
    os.chmod(device.path.parent, 0o711)
    with nobody():
        lost = await refusal(f"{scheme}://{device.path}")
    assert lost.reason is LostReason.PERMISSION
    assert "udev" in str(lost)


async def test_a_wedge_grabbed_by_another_program_is_busy(device: PipeDevice) -> None:
    def taken(_: int) -> None:
        raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))

    with nothing_left_behind(), pytest.raises(ScannerLost) as caught:
        async with open_hid(address_of(device, "wedge"), News(), taken):
            raise AssertionError("it opened")
    assert caught.value.reason is LostReason.BUSY


def test_addresses_of_hid_scanners() -> None:
    expected = HidAddress("", "/dev/hidraw0", "hid", Layout.NEWLAND, 1.5)
    url = "hid:///dev/hidraw0?layout=newland&hold=1.5"
    assert parse_hid(url) == HidAddress(url, *(expected.place, "hid", Layout.NEWLAND, 1.5))
    assert serial_url("wedge:///dev/input/event3") == "wedge:///dev/input/event3"
    for wrong in (
        "hid://hidraw0",
        "hid:///",
        "hid:///dev/hidraw0?baud=9600",
        "wedge:///dev/input/event3?layout=aim",
        "hid:///dev/hidraw0#x",
    ):
        with pytest.raises(ScannerLost) as caught:
            serial_url(wrong)
        assert caught.value.reason is LostReason.BAD_URL, wrong
