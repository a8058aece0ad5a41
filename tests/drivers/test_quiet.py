"""What loading and using a scanner does to the rest of the program: nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from drivers import camera_url
from drivers.opencv import cv2
from tests.drivers.cameras import PAYLOADS, SCENE, SHOWN, WebCamera
from tests.drivers.scenes import counter, film

NOISY = """
import asyncio, sys, time
from drivers import ScannerLost, open_scanner

async def look(url):
    try:
        async with open_scanner(url) as scans, asyncio.timeout(0.5):
            async for scan in scans:
                pass
    except (ScannerLost, TimeoutError) as end:
        print(type(end).__name__)

for url in sys.argv[1:]:
    asyncio.run(look(url))
"""


def test_whatever_a_camera_sends_opencv_and_its_friends_are_silent(
    tmp_path: Path, camera: WebCamera
) -> None:
    """A terminal screen is drawn on stderr."""
    torn = bytearray(SHOWN[0])
    torn[2000:2064] = np.random.default_rng(1).bytes(64)
    luma = cv2.imdecode(np.frombuffer(bytes(torn), np.uint8), cv2.IMREAD_GRAYSCALE)
    assert luma is not None, "the picture must be damaged, not ruined, to make libjpeg speak"
    camera.picture = bytes(torn)
    (tmp_path / "text.mp4").write_text("not a video")
    film(tmp_path / "whole.avi", [counter(SCENE)] * 12, "MJPG")
    film(tmp_path / "whole.mp4", [counter(SCENE)] * 12, "mp4v")
    for name in ("whole.avi", "whole.mp4"):
        data = bytearray((tmp_path / name).read_bytes())
        data[len(data) // 2 : len(data) // 2 + 200] = bytes(200)
        (tmp_path / f"torn-{name}").write_bytes(data)
        (tmp_path / f"cut-{name}").write_bytes(data[: len(data) // 2])
    files = sorted(str(path) for path in tmp_path.iterdir())
    urls = [camera_url(path) for path in [*files, "/dev/null", "/dev/video98"]]
    urls += [camera.url(), camera.url().replace("stream.mjpg", "nothing")]
    urls += ["camera+http://127.0.0.1:1/x"]
    program = [sys.executable, "-c", NOISY, *urls]
    answer = subprocess.run(program, capture_output=True, text=True, check=True, timeout=60)
    assert answer.stderr == ""
    assert answer.stdout.count("ScannerLost") >= 5


ONE_SCAN = """
import asyncio, sys
from drivers import open_scanner

async def scan(url):
    async with open_scanner(url) as scans:
        print((await anext(scans)).payload.decode())

asyncio.run(scan(sys.argv[1]))
"""


def test_a_camera_in_the_shop_is_not_looked_for_behind_a_proxy(camera: WebCamera) -> None:
    camera.picture = SHOWN[0]
    proxies = dict.fromkeys(("http_proxy", "HTTP_PROXY", "ALL_PROXY"), "http://127.0.0.1:1")
    program = [sys.executable, "-c", ONE_SCAN, camera.url()]
    answer = subprocess.run(
        program, env=os.environ | proxies, capture_output=True, text=True, check=True, timeout=30
    )
    assert answer.stdout == PAYLOADS[0].decode() + "\n"


LIGHT = """
import sys
import drivers
drivers.camera_url("/dev/video0")
drivers.serial_url("/dev/ttyACM0")
heavy = {"cv2", "numpy", "serial", "zxingcpp", "pyzbar"} & set(sys.modules)
assert not heavy, heavy
"""


def test_nothing_heavy_is_loaded_before_a_scanner_is_opened() -> None:
    subprocess.run([sys.executable, "-c", LIGHT], check=True, timeout=30)


REFUSED = """
import asyncio, sys
for name in sys.argv[1:]:
    sys.modules[name] = None
from drivers import ScannerLost, open_scanner
try:
    open_scanner("camera:///dev/video0")
except ScannerLost as lost:
    print(lost.reason, lost)
"""


@pytest.mark.parametrize("missing", [["cv2"], ["zxingcpp", "pyzbar"]])
def test_a_machine_without_the_libraries_for_a_camera_is_told_what_to_install(
    missing: list[str],
) -> None:
    program = [sys.executable, "-c", REFUSED, *missing]
    answer = subprocess.run(program, capture_output=True, text=True, check=True, timeout=30)
    assert answer.stdout.startswith("no_decoder ")
    assert "install" in answer.stdout
