"""A pretend scanner on a serial line: a pseudo-terminal behind a link that stays put.

    python -m terminal.demo.serial_scanner [--suffix crlf|cr|lf|none] [--baud 9600]

prints `{"serial": "/…/usb-Gongji_Demo_Scanner-if00"}`, then sends every line of its input as one
code, and ends with its input.

One rule: the host sees what a USB scanner shows it.  The link is the name under /dev/serial/by-id;
unplugged, the link is gone and an open port fails as a real one does; plugged in again, the same
link leads to another device.  Not real: line speed (a pty has none, so sending is paced), framing
errors, and the control lines.
"""

from __future__ import annotations

import argparse
import json
import os
import pty
import signal
import sys
import tempfile
import threading
import time
import tty
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Self

LINK_NAME = "usb-Gongji_Demo_Scanner-if00"
BITS_PER_BYTE = 10
"""Start bit, eight data bits, stop bit."""
BURST_SECONDS = 0.002
"""Bytes that are due within this are sent together, as a UART's FIFO does."""
HOST_SECONDS_MAX = 2.0
RECEIVED_BYTES_MAX = 1 << 16
CODE_BYTES_MAX = 1 << 13
SUFFIXES = {"crlf": b"\r\n", "cr": b"\r", "lf": b"\n", "none": b""}


class LineDown(StrEnum):
    UNPLUGGED = "unplugged"
    HOST_NOT_READING = "host not reading"
    """The line's buffer of some 4 KiB is full and nobody took a byte for `HOST_SECONDS_MAX`."""


class LineBroken(Exception):
    """The code could not be sent whole."""

    def __init__(self, reason: LineDown) -> None:
        super().__init__(reason.value)
        self.reason = reason


class SerialScanner:
    """A scanner, plugged in on entering.  Its methods may be called from any thread."""

    path: Path
    """What the host opens: a link that exists while the scanner is plugged in."""

    def __init__(self) -> None:
        self._trigger = threading.Lock()
        # Guards the descriptors: a number closed here may be somebody else's the next moment.
        self._line = threading.RLock()
        self._ends: tuple[int, int] | None = None
        self._next: tuple[int, int] | None = None
        """What it will be when it is plugged in again: another port than the one it was."""
        self._received = bytearray()

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory(prefix="gongji-serial-")
        self.path = Path(self._folder.name, LINK_NAME)
        self.plug()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.unplug()
        for end in self._next or ():
            os.close(end)
        self._folder.cleanup()

    def plug(self) -> None:
        """Appear as a new device under the old link.  Plugged in already: nothing happens."""
        with self._line:
            if self._ends is not None:
                return
            # The device end is held open too: else the scanner's end fails whenever the host,
            # the only other holder, closes its port.
            scanner_end, host_end = self._next or pty.openpty()
            self._next = None
            # Raw from the start: an echo would come back as if the host had sent it.
            tty.setraw(host_end)
            os.set_blocking(scanner_end, False)
            self._ends = scanner_end, host_end
            fresh = self.path.with_suffix(".new")
            fresh.symlink_to(os.ttyname(host_end))
            fresh.replace(self.path)

    def unplug(self) -> None:
        """Vanish.  A host that has the port open gets errors from now on.  Twice: nothing more."""
        with self._line:
            if self._ends is None:
                return
            self._take_in()
            self._next = pty.openpty()  # while the old one is taken, so that it is another
            self.path.unlink()
            for end in self._ends:
                os.close(end)
            self._ends = None

    def send(self, payload: bytes, suffix: bytes = b"\r\n", baud: int | None = None) -> None:
        """One code, then `suffix`.

        payload  at most `CODE_BYTES_MAX` with its suffix
        baud     None: all at once; else no byte is earlier than a line of that speed carries it
        Raises   LineBroken when unplugged, before or during, or when the host does not read
        """
        code = payload + suffix
        assert len(code) <= CODE_BYTES_MAX
        assert baud is None or baud > 0
        with self._trigger:
            self._send_paced(code, BITS_PER_BYTE / baud if baud else 0.0)

    def _send_paced(self, code: bytes, byte_seconds: float) -> None:
        began = host_took_at = time.monotonic()
        sent = 0
        while sent < len(code):
            now = time.monotonic()
            due = int((now - began) / byte_seconds) if byte_seconds else len(code)
            taken = self._write(code[sent:due])
            sent += taken
            if taken or due <= sent:
                host_took_at = now
            elif now - host_took_at > HOST_SECONDS_MAX:
                raise LineBroken(LineDown.HOST_NOT_READING)
            if sent < len(code):
                time.sleep(max(BURST_SECONDS, byte_seconds))

    def received(self, timeout_seconds: float = 0.0) -> bytes:
        """What the host sent since the last call; waits so long for the first byte.

        Of more than `RECEIVED_BYTES_MAX` the newest are kept.
        """
        until = time.monotonic() + timeout_seconds
        while True:
            with self._line:
                self._take_in()
                if self._received or time.monotonic() >= until:
                    host_sent = bytes(self._received)
                    self._received.clear()
                    return host_sent
            time.sleep(BURST_SECONDS)

    def _write(self, piece: bytes) -> int:
        """How many bytes the line took."""
        with self._line:
            if self._ends is None:
                raise LineBroken(LineDown.UNPLUGGED)
            self._take_in()
            if not piece:
                return 0
            try:
                return os.write(self._ends[0], piece)
            except BlockingIOError:
                return 0

    def _take_in(self) -> None:
        """A scanner always listens: the host's writes must not fill the line."""
        if self._ends is None:
            return
        try:
            while True:
                self._received += os.read(self._ends[0], 4096)
                del self._received[:-RECEIVED_BYTES_MAX]
        except BlockingIOError:
            pass


def _baud(text: str) -> int:
    baud = int(text)
    if baud <= 0:
        raise argparse.ArgumentTypeError("a positive number of bits a second is expected")
    return baud


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m terminal.demo.serial_scanner", description="a pretend serial scanner"
    )
    parser.add_argument("--suffix", choices=SUFFIXES, default="crlf")
    parser.add_argument("--baud", type=_baud, default=None, help="pace of the line; default: none")
    args = parser.parse_args(argv)
    suffix = SUFFIXES[args.suffix]
    for end in (signal.SIGTERM, signal.SIGINT):
        signal.signal(end, lambda *_: sys.exit(0))
    with SerialScanner() as scanner:
        print(json.dumps({"serial": str(scanner.path)}), flush=True)
        for line in sys.stdin.buffer:
            code = line.rstrip(b"\r\n")
            if len(code) + len(suffix) > CODE_BYTES_MAX:
                print("not sent: too long", file=sys.stderr)
            elif code:
                try:
                    scanner.send(code, suffix, args.baud)
                except LineBroken as broken:
                    print(f"not sent: {broken}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
