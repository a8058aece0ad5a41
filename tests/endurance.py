"""Scanners for a long time: memory, and coming and going a hundred times.

    python -m tests.endurance [--frames 108000] [--replugs 100] [--stalls 100]

`frames`   through gate, ladder and debounce in virtual time, 30 a second (108,000 are an hour); the
           process's resident memory is taken after a tenth of them and at the end
`replugs`  a serial scanner is pulled out in mid-code and put back: how late either was noticed
`stalls`   a web camera stops sending and goes on: how late either was noticed

One JSON object; exit code 1 when memory grew by more than GROWTH_KIB_MAX, or a limit was passed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

import numpy as np

from drivers import ScannerState, open_scanner, serial_url
from drivers.address import Engine
from drivers.debounce import Debounce
from drivers.decode import reader_for
from drivers.gate import Gate, Look
from drivers.opencv import luma_of_jpeg
from drivers.watch import Watch
from tests.drivers.cameras import EMPTY, SHOWN, WebCamera
from tests.drivers.scanners import PtyScanner
from tests.drivers.scenes import Scene, counter, jpeg, payload, photograph
from tests.drivers.watching import News

FPS = 30
GROWTH_KIB_MAX = 4096
NOTICED_SECONDS_MAX = 2.0
BACK_SECONDS_MAX = 1.0
SMALL = Scene(width=640, height=480, module_pixels=4.0)


def resident_kib() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1])


def frames(count: int) -> dict[str, int]:
    """Phones come and go: two seconds of each, then six of an empty counter."""
    shown = [
        np.frombuffer(jpeg(photograph(payload(seed, 120), SMALL, seed)), np.uint8)
        for seed in range(8)
    ]
    empty = [np.frombuffer(jpeg(counter(SMALL, seed)), np.uint8) for seed in (1, 1)]
    gate, watch, debounce = Gate(), Watch(reader_for(Engine.AUTO), goods=True), Debounce(2.0)
    reads = early_kib = 0
    for number in range(count):
        at = number / FPS
        visit, within = divmod(at, 8.0)
        picture = shown[int(visit) % len(shown)] if within < 2.0 else empty[number % 2]
        thumbnail = luma_of_jpeg(picture, reduce=8)
        assert thumbnail is not None
        glance = gate.look(thumbnail, at)
        if glance.look is not Look.SKIP:
            luma = luma_of_jpeg(picture)
            assert luma is not None
            reads += sum(debounce.is_new(code.payload, at) for code in watch.read(luma, glance))
        if number == count // 10:
            early_kib = resident_kib()
    late_kib = resident_kib()
    return {
        "frames": count,
        "scans": reads,
        "visits": -(-count // (8 * FPS)),
        "early_kib": early_kib,
        "late_kib": late_kib,
        "growth_kib": late_kib - early_kib,
    }


async def replugs(count: int) -> dict[str, float]:
    noticed, back = [0.0], [0.0]
    wrong = 0
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(PtyScanner(Path(folder) / "scanner")) as scanner,
    ):
        news = News()
        async with open_scanner(serial_url(str(scanner.link)), on_status=news) as scans:
            for number in range(count):
                scanner.send(b"%08d\r6901234" % number)
                wrong += (await anext(scans)).payload != b"%08d" % number
                begun = time.monotonic()
                scanner.unplug()
                noticed.append((await news.wait_for(2 * number + 2))[0] - begun)
                begun = time.monotonic()
                scanner.plug()
                back.append((await news.wait_for(2 * number + 3))[0] - begun)
    return {
        "times": count,
        "wrong": wrong,
        "noticed_max_seconds": round(max(noticed), 3),
        "back_max_seconds": round(max(back), 3),
    }


async def stalls(count: int) -> dict[str, float]:
    noticed, back = [0.0], [0.0]
    with closing(WebCamera(EMPTY)) as camera:
        news = News()
        async with open_scanner(camera.url(), on_status=news):  # nobody takes a scan
            for number in range(count):
                camera.picture = SHOWN[number % len(SHOWN)]
                await asyncio.sleep(0.1)
                begun = time.monotonic()
                camera.is_stalled = True
                at, status = await news.wait_for(2 * number + 2)
                assert status.state is ScannerState.LOST
                noticed.append(at - begun)
                begun = time.monotonic()
                camera.is_stalled = False
                back.append((await news.wait_for(2 * number + 3))[0] - begun)
    return {
        "times": count,
        "noticed_max_seconds": round(max(noticed), 3),
        "back_max_seconds": round(max(back), 3),
    }


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.endurance")
    parser.add_argument("--frames", type=int, default=108_000)
    parser.add_argument("--replugs", type=int, default=100)
    parser.add_argument("--stalls", type=int, default=100)
    args = parser.parse_args()
    long = frames(args.frames)
    pulled = asyncio.run(replugs(args.replugs))
    stalled = asyncio.run(stalls(args.stalls))
    good = (
        long["growth_kib"] <= GROWTH_KIB_MAX
        and not pulled["wrong"]
        and max(pulled["noticed_max_seconds"], stalled["noticed_max_seconds"])
        <= NOTICED_SECONDS_MAX
        and pulled["back_max_seconds"] <= BACK_SECONDS_MAX
    )
    print(json.dumps({"good": good, "frames": long, "replugs": pulled, "stalls": stalled}))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
