"""Serial scanners: USB-CDC, RS-232, a TCP bridge.

A thread reads the line and cuts it into codes.  `read(1)` wakes on the first byte, and
`read(in_waiting)` takes what came with it; any larger read would wait for its timeout.

One rule: whatever the line does is an OSError.  pyserial reports the unplugging of a device as a
SerialException without errno, or as a bare OSError, by chance of the moment; the first is a kind
of the second.  After it, what was half read is forgotten and the port is opened again, by the same
name: a link in /dev/serial/by-id follows the device to another port.
"""

from __future__ import annotations

import errno
import socket
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from itertools import chain, repeat
from typing import Protocol
from urllib.parse import urlsplit

import serial

from drivers.address import SerialAddress, shown
from drivers.feed import Feed
from drivers.scan import LostReason, Scanner, ScannerLost, ScannerStatus
from drivers.serial_reading import SerialReading, ready
from drivers.tap import Opened, Received, Sent, Tap
from drivers.vendors import PROFILES

try:
    import termios
except ImportError:  # Windows
    _TERMIOS_ERROR: type[Exception] = OSError
else:
    _TERMIOS_ERROR = termios.error  # not an OSError, though it looks like one

READ_SECONDS = 0.04
"""How long one read waits; the grain of the pause that ends a code without a suffix."""
CONNECT_SECONDS = 0.9
BACK_OFF_SECONDS = (0.05, 0.1, 0.2, 0.4)
"""Waits between attempts to reopen; the last one is repeated."""
CHUNK_BYTES_MAX = 4096


WRITE_SECONDS = 0.5
"""A command that cannot be written in so long means that the line is lost."""


class Line(Protocol):
    """An open line.  Each raises OSError when it is lost."""

    def read(self) -> bytes:
        """What has come; b"" when nothing came for READ_SECONDS."""

    def watch(self) -> None:
        """Waits for READ_SECONDS and leaves what comes unread."""

    def write(self, data: bytes) -> None: ...

    def close(self) -> None: ...


def open_serial(
    address: SerialAddress,
    on_status: Callable[[ScannerStatus], None],
    tap: Tap | None = None,
) -> AbstractAsyncContextManager[Scanner]:
    """See `drivers.open_scanner`."""
    takes = frozenset(PROFILES[address.vendor].commands)
    feed = Feed(address.url, on_status, takes, tap)
    return feed.running(SerialScanner(address, feed).run)


class SerialScanner:
    """The reading thread's work."""

    def __init__(self, address: SerialAddress, feed: Feed) -> None:
        self._address = address
        self._feed = feed
        self._commands = PROFILES[address.vendor].commands
        self._reading = SerialReading(address)
        self._was_data = False

    def run(self) -> None:
        line = self._open()
        while line is not None:
            self._reading.opened()
            self._was_data = False
            self._feed.saw(time.monotonic(), Opened(ready(self._address)))
            self._feed.signals.clear()  # they were for what was scanned before
            self._feed.ready(ready(self._address))
            try:
                self._read_until_lost(line)
            finally:
                _close(line)
            line = self._reopen()

    def _read_until_lost(self, line: Line) -> None:
        while not self._feed.stopping.is_set():
            try:
                if not self._feed.has_room:
                    line.watch()
                    self._write(line)
                    continue
                data = line.read()
                now = time.monotonic()
                if data or self._was_data or self._reading.waits:
                    self._feed.saw(now, Received(data))
                self._was_data = bool(data)
                frames = self._reading.cut(data, now)
                self._write(line)
            except OSError as error:
                self._feed.lost(_lost(LostReason.GONE, self._address, error))
                return
            for told in self._reading.tell(frames, data):
                self._feed.report(told)

    def _write(self, line: Line) -> None:
        if answers := self._reading.answers():
            self._send(line, answers)
        while self._feed.signals:
            self._send(line, self._commands[self._feed.signals.popleft()])

    def _send(self, line: Line, data: bytes) -> None:
        line.write(data)
        self._feed.saw(time.monotonic(), Sent(data))

    def _open(self) -> Line | None:
        try:
            return open_line(self._address)
        except ScannerLost as error:
            self._feed.lost(error)
            return None

    def _reopen(self) -> Line | None:
        """None when the scanner is no longer wanted."""
        for wait_seconds in chain(BACK_OFF_SECONDS, repeat(BACK_OFF_SECONDS[-1])):
            if self._feed.stopping.wait(wait_seconds):
                break
            line = self._open()
            if line is not None:
                return line
        return None


# --- lines -----------------------------------------------------------------------------------


class PortLine:
    """A serial port, through pyserial."""

    def __init__(self, address: SerialAddress) -> None:
        options = {"baudrate": address.baud, "timeout": READ_SECONDS}
        if address.scheme != "rfc2217":  # pyserial has none there; the socket's own applies
            options["write_timeout"] = WRITE_SECONDS
        if address.scheme == "serial":
            # The lock other programs that care also ask for; it keeps two tills off one scanner.
            options["exclusive"] = True
        try:
            self._port = serial.serial_for_url(address.place, **options)
        except _TERMIOS_ERROR as error:  # unplugged between two steps of opening
            raise OSError(*error.args) from error

    def read(self) -> bytes:
        data: bytes = self._port.read(1)
        if data:
            data += self._port.read(min(self._port.in_waiting, CHUNK_BYTES_MAX))
        return data

    def watch(self) -> None:
        time.sleep(READ_SECONDS)
        # Asking is what fails for a port that is gone; only rfc2217 answers all the same.
        self._port.in_waiting  # noqa: B018

    def write(self, data: bytes) -> None:
        self._port.write(data)

    def close(self) -> None:
        self._port.close()


class SocketLine:
    """A scanner behind a TCP bridge.

    Not pyserial's handler: that throws away what was sent before it looked, waits 5 s to connect,
    and leaves the socket open when the other end closed first (3.5, protocol_socket.py).
    """

    def __init__(self, address: SerialAddress) -> None:
        parts = urlsplit(f"//{address.place}")
        target = (parts.hostname, parts.port)
        self._socket = socket.create_connection(target, timeout=CONNECT_SECONDS)
        self._socket.settimeout(READ_SECONDS)
        # A bridge that loses its power says nothing; ask after it, and give it up in about 6 s.
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in (("TCP_KEEPIDLE", 3), ("TCP_KEEPINTVL", 1), ("TCP_KEEPCNT", 3)):
            if hasattr(socket, name):
                self._socket.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)

    def read(self) -> bytes:
        return self._receive(CHUNK_BYTES_MAX)

    def watch(self) -> None:
        """What the bridge sent before it closed has to be read before its end is seen."""
        if self._receive(1, socket.MSG_PEEK):
            time.sleep(READ_SECONDS)

    def _receive(self, count: int, how: int = 0) -> bytes:
        try:
            data = self._socket.recv(count, how)
        except TimeoutError:
            return b""
        if not data:
            raise ConnectionResetError(errno.ECONNRESET, "the bridge closed the connection")
        return data

    def write(self, data: bytes) -> None:
        self._socket.sendall(data)

    def close(self) -> None:
        self._socket.close()


def open_line(address: SerialAddress) -> Line:
    """Raises ScannerLost, with the reason the system gave."""
    try:
        return SocketLine(address) if address.scheme == "socket" else PortLine(address)
    except ValueError as error:  # pyserial's word for a baud rate the port does not take
        raise _lost(LostReason.BAD_URL, address, error) from error
    except OSError as error:
        raise _lost(_reason(error, address), address, error) from error


_SENTENCES = {
    LostReason.MISSING: "There is no scanner at {place}: check its cable and its address.",
    LostReason.BUSY: "The scanner at {place} is in use by another program: close that program.",
    LostReason.PERMISSION: (
        "This user may not open the scanner at {place}: add the user to the port's group, usually"
        " dialout, and log in again."
    ),
    LostReason.NOT_A_SCANNER: "{place} is not a serial port: check the scanner's address.",
    LostReason.BAD_URL: "The scanner at {place} does not take these settings: check its baud rate.",
    LostReason.GONE: (
        "The scanner at {place} went away: check its cable; it is used again as soon as it is back."
    ),
}

_REASONS = {
    errno.ENOENT: LostReason.MISSING,
    errno.ENODEV: LostReason.MISSING,
    errno.ENXIO: LostReason.MISSING,
    errno.EIO: LostReason.MISSING,  # a port with nothing behind it
    errno.ECONNREFUSED: LostReason.MISSING,
    errno.EHOSTUNREACH: LostReason.MISSING,
    errno.ENETUNREACH: LostReason.MISSING,
    errno.ETIMEDOUT: LostReason.MISSING,
    errno.EAGAIN: LostReason.BUSY,  # what the lock answers
    errno.EBUSY: LostReason.BUSY,
    errno.EACCES: LostReason.PERMISSION,
    errno.EPERM: LostReason.PERMISSION,
}


def _lost(
    reason: LostReason, address: SerialAddress, cause: Exception | None = None
) -> ScannerLost:
    sentence = _SENTENCES[reason].format(place=shown(address.place))
    lost = ScannerLost(reason, address.url, sentence)
    lost.__cause__ = cause
    return lost


def _reason(error: OSError, address: SerialAddress) -> LostReason:
    """Which reason a failed opening has.

    pyserial wraps what termios says without its errno; the original, its context, has the number.
    """
    is_network = address.scheme in ("socket", "rfc2217")
    unknown = LostReason.MISSING if is_network else LostReason.NOT_A_SCANNER
    for exception in (error, error.__context__):
        number = exception.args[0] if exception is not None and exception.args else None
        if number in _REASONS:
            return _REASONS[number]
    return unknown


def _close(line: Line) -> None:
    try:
        line.close()
    except OSError:  # the device is gone; its descriptor is released all the same
        return
