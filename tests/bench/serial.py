"""How long a scan takes from its last byte on the line to the till, over a pseudo-terminal.

    python -m tests.bench.serial [--scans 2000] [--burst 10000]

One JSON object, microseconds of real time:

    scan      last byte written by the "scanner" to `Scan` in the event loop: median, p95, p99
    pyserial  the same line read by pyserial alone, `read(1)` then what waits, in a thread
    burst     codes sent in one go: received, lost, joined, and codes a second

The two alternate in one run.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import tempfile
import threading
import time
from contextlib import closing
from pathlib import Path

import numpy as np
import serial

from drivers import open_scanner, serial_url
from tests.drivers.scanners import PtyScanner


def code(number: int) -> bytes:
    return b"]C0%020d\r" % number


async def scans_us(scanner: PtyScanner, numbers: range, chance: random.Random) -> list[float]:
    taken = []
    async with open_scanner(serial_url(str(scanner.link))) as scans:
        for number in numbers:
            await asyncio.sleep(chance.uniform(0.001, 0.004))
            data = code(number)
            scanner.send(data[:-1])
            begun = time.perf_counter_ns()
            scanner.send(data[-1:])
            scan = await anext(scans)
            taken.append((time.perf_counter_ns() - begun) / 1000)
            assert scan.payload == data[3:-1]
    return taken


def pyserial_us(scanner: PtyScanner, numbers: range, chance: random.Random) -> list[float]:
    taken: list[float] = []
    arrived = threading.Semaphore(0)
    sent_at = [0]

    def read(port: serial.Serial) -> None:
        line = b""
        while len(taken) < len(numbers):
            line += port.read(1)
            line += port.read(port.in_waiting)
            if line.endswith(b"\r"):
                taken.append((time.perf_counter_ns() - sent_at[0]) / 1000)
                line = b""
                arrived.release()

    with closing(serial.Serial(scanner.port, timeout=0.04)) as port:
        reader = threading.Thread(target=read, args=(port,))
        reader.start()
        for number in numbers:
            time.sleep(chance.uniform(0.001, 0.004))
            data = code(number)
            scanner.send(data[:-1])
            sent_at[0] = time.perf_counter_ns()
            scanner.send(data[-1:])
            arrived.acquire()
        reader.join()
    return taken


async def burst(scanner: PtyScanner, count: int) -> dict[str, float]:
    stream = b"".join(code(number) for number in range(count))
    sending = threading.Thread(target=scanner.send, args=(stream,))
    received: list[bytes] = []
    async with open_scanner(serial_url(str(scanner.link))) as scans:
        begun = time.perf_counter()
        sending.start()
        while len(received) < count:
            received.append((await anext(scans)).payload)
        seconds = time.perf_counter() - begun
    sending.join()
    whole = {b"%020d" % number for number in range(count)}
    return {
        "sent": count,
        "received": len(received),
        "lost": len(whole - set(received)),
        "joined": sum(payload not in whole for payload in received),
        "codes_a_second": round(count / seconds),
    }


def figures(taken: list[float]) -> dict[str, float]:
    return {f"p{share}_us": round(float(np.percentile(taken, share)), 1) for share in (50, 95, 99)}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.serial")
    parser.add_argument("--scans", type=int, default=2000)
    parser.add_argument("--burst", type=int, default=10_000)
    args = parser.parse_args()
    chance = random.Random(1)
    ours: list[float] = []
    theirs: list[float] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(PtyScanner(Path(folder) / "scanner")) as scanner,
    ):
        step = max(1, args.scans // 10)
        for start in range(0, args.scans, step):
            numbers = range(start, start + step)
            ours += asyncio.run(scans_us(scanner, numbers, chance))
            theirs += pyserial_us(scanner, numbers, chance)
        together = asyncio.run(burst(scanner, args.burst))
    print(json.dumps({"scan": figures(ours), "pyserial": figures(theirs), "burst": together}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
