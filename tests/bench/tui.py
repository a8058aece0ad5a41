"""How soon the screen shows a key and a scan, and what it holds after a long day.

    python -m tests.bench.tui [--samples 200] [--lines 200] [--sales 5000] [--size 160x48]

One JSON object:

    key_to_paint   a byte written to the till's terminal, to the last byte of the row it selects;
                   `lines` goods in the cart: median, p95
    scan_to_paint  the last byte of a box written to its serial scanner, to the row of that box on
                   the terminal, on disk before it is drawn
    bare           a bare Textual application of one static widget, which paints one key the same
                   way; the three alternate in one run
    memory         resident MiB of the till after a tenth of the sales, which fills what is
                   remembered, and after all of them; each scanned, paid in cash by keys, its slip
                   shown; `growth` is of the two

Everything is real: `gongji run` on a pseudo-terminal, its scanner on another, its journal a file,
its platform `gongji sandbox`.  Nothing answers the terminal's questions, so that all paints are
written in full.
"""

from __future__ import annotations

import argparse
import csv
import fcntl
import json
import os
import pty
import random
import re
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path

import numpy as np

from terminal.config import SHIPPED
from tests.bench.platform import sandbox
from tests.drivers.scanners import PtyScanner

PAINT_SECONDS_MAX = 10.0
READ_BYTES = 1 << 16
UP, DOWN, F8, ENTER = b"\x1b[A", b"\x1b[B", b"\x1b[19~", b"\r"
COLOURS = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]")
CHOSEN = rb"\x1b\[[0-9;]*48;2;47;95;149[0-9;]*m"
"""The ground of the selected row in the dark colours."""

HEADER = ("code", "name", "spec", "unit_price", "insurance_code", "insurance_class", "pinyin")
HEADER += ("trace_prefix",)

BARE = """
from textual.app import App
from textual.widgets import Static

class Bare(App):
    keys = 0
    def compose(self):
        yield Static("ready", id="shown")
    def on_key(self, event):
        self.keys += 1
        self.query_one("#shown", Static).update(f"<{self.keys:06d}>")

Bare().run()
"""


class Terminal:
    """A program on a pseudo-terminal, and what it has painted since it was last asked."""

    def __init__(self, command: Sequence[str], columns: int, rows: int) -> None:
        self._end, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
        self.process = subprocess.Popen(
            command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment
        )
        os.close(theirs)
        self._painted = b""

    def press(self, keys: bytes) -> None:
        os.write(self._end, keys)

    def drain(self) -> None:
        """Takes and forgets what was painted until now."""
        self._painted = b""
        while select.select([self._end], [], [], 0)[0]:
            os.read(self._end, READ_BYTES)

    def painted(self, pattern: bytes) -> float:
        """When `pattern` had come, seconds of `time.perf_counter`; what came before it is gone."""
        limit = time.perf_counter() + PAINT_SECONDS_MAX
        wanted = re.compile(pattern)
        while time.perf_counter() < limit:
            if found := wanted.search(self._painted):
                self._painted = self._painted[found.end() :]
                return time.perf_counter()
            if select.select([self._end], [], [], limit - time.perf_counter())[0]:
                try:
                    self._painted += os.read(self._end, READ_BYTES)
                except OSError:  # the program has ended, and the text is what it left
                    break
        told = COLOURS.sub(b"", self._painted)[-500:].decode(errors="replace")
        raise AssertionError(f"not painted: {pattern!r}; last was {told}")

    def resident_mib(self) -> float:
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        found = re.search(r"VmRSS:\s+(\d+) kB", status)
        assert found
        return int(found[1]) / 1024

    def close(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        os.close(self._end)


def code(number: int) -> str:
    """An EAN-13."""
    digits = f"69{number:010d}"
    odd, even = (sum(map(int, digits[start::2])) for start in (0, 1))
    return f"{digits}{-(odd + 3 * even) % 10}"


def name(number: int) -> str:
    return f"药品{number:04d}"


def counter_file(folder: Path, goods: int) -> Path:
    """The demo counter, with so many goods at 1.00 each."""
    with (folder / "many.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(HEADER)
        rows.writerows(
            (code(number), name(number), "10片", "1.00", "", "自费", "yp", "")
            for number in range(goods)
        )
    demo = (SHIPPED / "counters" / "demo.toml").read_text(encoding="utf-8")
    file = folder / "counter.toml"
    file.write_text(demo.replace('"demo.csv"', '"many.csv"'), encoding="utf-8")
    return file


class Counter:
    """The till with its scanner and its terminal."""

    def __init__(self, stack: ExitStack, goods: int, columns: int, rows: int) -> None:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        self._scanner = stack.enter_context(closing(PtyScanner(folder / "scanner")))
        words = (
            *("run", "--counter", str(counter_file(folder, goods))),
            *("--platform", stack.enter_context(sandbox())),
            *("--journal", str(folder / "journal.db")),
            *("--serial", str(self._scanner.link)),
        )
        command = [sys.executable, "-m", "terminal.cli", *words]
        self.terminal = stack.enter_context(closing(Terminal(command, columns, rows)))
        self.terminal.painted("示范".encode())

    def scan(self, number: int) -> float:
        """A box until its row is on the screen: seconds."""
        data = f"{code(number)}\r".encode()
        self._scanner.send(data[:-1])
        self.terminal.drain()
        began = time.perf_counter()
        self._scanner.send(data[-1:])
        return self.terminal.painted(CHOSEN + rb"[^\x1b]*" + name(number).encode()) - began

    def select(self, key: bytes, number: int) -> float:
        """An arrow until the row it selects is: seconds."""
        self.terminal.drain()
        began = time.perf_counter()
        self.terminal.press(key)
        return self.terminal.painted(CHOSEN + rb"[^\x1b]*" + name(number).encode()) - began

    def sell(self, number: int) -> None:
        """One box for cash.  Its slip stays up until the next scan."""
        self.scan(number)
        self.terminal.press(F8 + b"1")
        self.terminal.painted(b"1\xe2\x96\x8f")
        self.terminal.press(ENTER)
        self.terminal.painted("自费销售小票".encode())


class BareApp:
    def __init__(self, stack: ExitStack, columns: int, rows: int) -> None:
        command = [sys.executable, "-c", BARE]
        self.terminal = stack.enter_context(closing(Terminal(command, columns, rows)))
        self.terminal.painted(b"ready")
        self._keys = 0

    def press(self) -> float:
        self._keys += 1
        self.terminal.drain()
        began = time.perf_counter()
        self.terminal.press(b"x")
        return self.terminal.painted(b"<%06d>" % self._keys) - began


def paints(samples: int, lines: int, columns: int, rows: int) -> dict[str, object]:
    chance = random.Random(1)
    taken: dict[str, list[float]] = {"key_to_paint": [], "scan_to_paint": [], "bare": []}
    with ExitStack() as stack:
        counter = Counter(stack, lines + samples, columns, rows)
        bare = BareApp(stack, columns, rows)
        for number in range(lines):
            counter.scan(number)
        for number in range(lines, lines + samples):
            taken["key_to_paint"].append(counter.select(UP, number - 2))
            taken["bare"].append(bare.press())
            taken["scan_to_paint"].append(counter.scan(number))
            # Not in step with the clock on the screen.
            time.sleep(chance.uniform(0.01, 0.06))
    return {what: _figures(seconds) for what, seconds in taken.items()}


def _figures(seconds: Sequence[float]) -> dict[str, float]:
    return {
        f"p{share}_ms": round(float(np.percentile(seconds, share)) * 1000, 1) for share in (50, 95)
    }


def memory(sales: int, columns: int, rows: int) -> dict[str, object]:
    warm = max(1, sales // 10)
    with ExitStack() as stack:
        counter = Counter(stack, 100, columns, rows)
        began, early = time.perf_counter(), 0.0
        for number in range(sales):
            counter.sell(number % 100)
            if number + 1 == warm:
                early = counter.terminal.resident_mib()
        late = counter.terminal.resident_mib()
        seconds = time.perf_counter() - began
    return {
        "sales": sales,
        "early_mib": round(early, 1),
        "late_mib": round(late, 1),
        "growth": round(late / early - 1, 4),
        "sales_a_second": round(sales / seconds, 1),
    }


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.tui")
    parser.add_argument("--samples", type=int, default=200)
    parser.add_argument("--lines", type=int, default=200, help="in the cart")
    parser.add_argument("--sales", type=int, default=5000)
    parser.add_argument("--size", default="160x48")
    args = parser.parse_args()
    columns, rows = map(int, args.size.split("x"))
    told: dict[str, object] = {"lines": args.lines, "size": args.size}
    if args.samples:
        told |= paints(args.samples, args.lines, columns, rows)
    if args.sales:
        told["memory"] = memory(args.sales, columns, rows)
    print(json.dumps(told, indent=1))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
