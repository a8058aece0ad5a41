"""What may be written as a scanner's address, and what is refused."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers import LostReason, ScannerLost, camera_url, open_scanner, serial_url
from drivers.address import (
    CameraAddress,
    Engine,
    SerialAddress,
    parse_camera,
    parse_serial,
)
from drivers.framing import Framing
from drivers.vendors import Vendor

DEVICE = CameraAddress("", "/dev/video0", is_web=False)
PORT = SerialAddress("", "/dev/ttyACM0", "serial")

CAMERAS = {
    "camera:///dev/video0": DEVICE,
    "camera:///tmp/a%20clip%3F.mp4": replace(DEVICE, place="/tmp/a clip?.mp4"),
    "camera:///dev/video0?size=1920x1080&fps=15": replace(DEVICE, size=(1920, 1080), fps=15),
    "camera:///dev/video0?engine=pyzbar&goods=1": replace(DEVICE, engine=Engine.PYZBAR, goods=True),
    "camera:///dev/video0?exposure=100&focus=0": replace(DEVICE, exposures=(100,), focus=0),
    "camera:///dev/video0?exposure=100,40,200&mains=60": replace(
        DEVICE, exposures=(100, 40, 200), mains_hz=60
    ),
    "camera:///dev/video0?hold=0.5": replace(DEVICE, hold_seconds=0.5),
    "camera+http://127.0.0.1:8081/s.mjpg?size=1#engine=zxing": replace(
        DEVICE, place="http://127.0.0.1:8081/s.mjpg?size=1", is_web=True, engine=Engine.ZXING
    ),
    "camera+https://cam.example/": replace(DEVICE, place="https://cam.example/", is_web=True),
}
PORTS = {
    "serial:///dev/ttyACM0": PORT,
    "serial://COM3": replace(PORT, place="COM3"),
    "serial:///dev/ttyACM0?baud=115200&framing=stx-etx": replace(
        PORT, baud=115200, framing=Framing.STX_ETX
    ),
    "serial:///dev/ttyACM0?idle_ms=200&hold=1": replace(PORT, idle_ms=200, hold_seconds=1.0),
    "socket://127.0.0.1:4001?framing=cr": replace(
        PORT, place="127.0.0.1:4001", scheme="socket", framing=Framing.CR
    ),
    "socket://[::1]:4001": replace(PORT, place="[::1]:4001", scheme="socket"),
    "rfc2217://10.0.0.9:2217?baud=19200&vendor=honeywell": replace(
        PORT,
        place="rfc2217://10.0.0.9:2217",
        scheme="rfc2217",
        baud=19200,
        vendor=Vendor.HONEYWELL,
    ),
    "serial:///dev/ttyACM0?vendor=zebra-ssi": replace(PORT, vendor=Vendor.ZEBRA_SSI),
    "loop://": replace(PORT, place="loop://", scheme="loop"),
}


@pytest.mark.parametrize("url", CAMERAS)
def test_a_camera_address_is_read_and_its_url_kept(url: str) -> None:
    assert parse_camera(url) == replace(CAMERAS[url], url=url)
    assert camera_url(url) == url


@pytest.mark.parametrize("url", PORTS)
def test_a_serial_address_is_read_and_its_url_kept(url: str) -> None:
    assert parse_serial(url) == replace(PORTS[url], url=url)
    assert serial_url(url) == url


def test_what_people_type_for_a_camera_becomes_its_url() -> None:
    assert camera_url("/dev/video2") == "camera:///dev/video2"
    assert camera_url("0") == "camera:///dev/video0"
    assert camera_url("/dev/video0?fps=15") == "camera:///dev/video0?fps=15"
    assert camera_url("http://[::1]:81/s.mjpg") == "camera+http://[::1]:81/s.mjpg"
    assert camera_url("clip.mp4") == f"camera://{os.getcwd()}/clip.mp4"
    assert camera_url("~/clip.mp4") == f"camera://{os.path.expanduser('~')}/clip.mp4"
    assert camera_url("/tmp/药店 1.mp4") == "camera:///tmp/%E8%8D%AF%E5%BA%97%201.mp4"
    assert parse_camera(camera_url("/tmp/药店 1.mp4")).place == "/tmp/药店 1.mp4"


def test_what_people_type_for_a_serial_scanner_becomes_its_url() -> None:
    assert serial_url("/dev/ttyACM0") == "serial:///dev/ttyACM0"
    assert serial_url("COM3") == "serial://COM3"
    assert serial_url("/dev/ttyUSB0?baud=115200") == "serial:///dev/ttyUSB0?baud=115200"


WRONG = {
    "rtsp://host/stream": "rtsp",
    "": "driver",
    "/dev/video0": "driver",
    "camera:/dev/video0": "driver",
    "camera://0": "camera:///dev/video0",
    "camera://http://host/x": "camera+http://",
    "camera:///": "camera:///dev/video0",
    "camera://": "camera:///dev/video0",
    "camera:///dev/video0#goods=1": "camera:///dev/video0",
    "camera+http:///x": "host",
    "camera+http://host:99999/x": "ort",
    "camera+http://[::1/x": "IPv6",
    "camera:///dev/video0?sise=1x1": "sise",
    "camera:///dev/video0?baud=9600": "baud",
    "camera:///dev/video0?size=big": "size",
    "camera:///dev/video0?size=1280": "size",
    "camera:///dev/video0?fps=0": "fps",
    "camera:///dev/video0?fps=-1": "fps",
    "camera:///dev/video0?fps=٣٠": "fps",
    "camera:///dev/video0?engine=magic": "zxing",
    "camera:///dev/video0?goods=yes": "goods",
    "camera:///dev/video0?hold=nan": "hold",
    "camera:///dev/video0?fps=15&fps=30": "twice",
    "camera:///dev/video0?fps": "fps",
    "camera:///dev/vid%00eo": "control",
    "serial://": "serial:///dev/ttyACM0",
    "serial://host/dev/ttyACM0": "serial:///dev/ttyACM0",
    "serial:///dev/ttyACM0?framing=morse": "stx-etx",
    "serial:///dev/ttyACM0?baud=fast": "baud",
    "serial:///dev/ttyACM0?baud=0": "baud",
    "serial:///dev/ttyACM0?size=1x1": "size",
    "serial:///dev/ttyACM0#x": "#x",
    "socket://host": "socket://host:port",
    "socket://host:70000": "ort",
    "socket://:4001": "socket://host:port",
    "loop://somewhere": "loop://",
    "serial:///dev/tty\x1b[2J": "control",
    "serial:///" + "x" * 3000: "longer",
}


@pytest.mark.parametrize("url", WRONG, ids=range(len(WRONG)))
def test_an_address_that_cannot_be_used_is_refused_and_says_why(url: str) -> None:
    with pytest.raises(ScannerLost, match=re.escape(WRONG[url])) as caught:
        open_scanner(url)
    assert caught.value.reason is LostReason.BAD_URL
    assert str(caught.value).isprintable()
    assert str(caught.value).endswith(".")


def test_a_camera_is_no_serial_scanner_and_the_other_way_round() -> None:
    with pytest.raises(ScannerLost, match="no driver"):
        camera_url("serial:///dev/x")
    with pytest.raises(ScannerLost, match="no driver"):
        serial_url("camera:///dev/x")


def test_a_password_is_never_shown() -> None:
    with pytest.raises(ScannerLost) as caught:
        open_scanner("camera+http://clerk:secret@host/s#size=big")
    assert "secret" not in str(caught.value)
    assert "host" in str(caught.value)


def url_or_reason(read: Callable[[str], str], text: str) -> str:
    try:
        return read(text)
    except ScannerLost as refusal:
        return refusal.reason


@settings(deadline=None)
@given(st.text(max_size=60) | st.text("abc/:?&#=%10 .", max_size=30))
def test_any_text_gives_a_url_or_a_refusal(text: str) -> None:
    for read in (camera_url, serial_url):
        answer = url_or_reason(read, text)
        assert answer == LostReason.BAD_URL or read(answer) == answer
