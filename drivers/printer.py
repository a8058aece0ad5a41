"""Receipt printers: a network port, a serial port, a USB device file, a file.

Bytes go out, a byte of status comes back where the printer can.  Each piece of paper is one
connection: a printer that was switched off meanwhile is simply found again, and one behind a
print server is not kept from the other tills.

    before     DLE EOT 2 and 4 are answered at once, also by a printer that is off line: cover open,
               paper out.  Nothing is sent then.
    behind     GS r 1 is answered in turn, when all before it is printed.  A printer that answered
               it once is asked for it behind each paper, and only its answer counts.
    otherwise  a printer that answers nothing is believed when its line has taken every byte.

One rule: nothing here waits for longer than its limit.  Whatever was sent before it gave up is
`PrinterLost.begun`, because it may be on paper.

Not python-escpos (3.1): its transports block without limit (a device file, a full socket), cannot
say how much was taken, and bring Pillow and five more packages; what is left to do besides is
opening four kinds of file.  Its text encoder sends Chinese without FS & and "￥" as "?".

Source: Epson, ESC/POS Application Programming Guide: DLE EOT, GS r; Linux, usblp.c.
No printer was at hand.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import select
import socket
import stat
import struct
import termios
import time
from collections.abc import Callable

from drivers.address import shown
from drivers.printer_address import Flow, PrinterAddress, PrinterLost, Scheme, Trouble

CONNECT_SECONDS = 3.0
STATUS_SECONDS = 0.5
"""A printer that answers at all does so in a few milliseconds."""
STALL_SECONDS = 10.0
"""A line that takes not one byte for so long hangs; a printer pauses for as long as its buffer
lasts, about a second."""
DONE_SECONDS = 20.0
"""From the last byte to "printed": half a metre of paper at a slow 50 mm/s, and then some."""
CHUNK_BYTES_MAX = 512
POLL_SECONDS = 0.02

_OFFLINE_CAUSE, _PAPER, _IN_TURN = b"\x10\x04\x02", b"\x10\x04\x04", b"\x1dr\x01"


class Printer:
    def __init__(
        self,
        address: PrinterAddress,
        *,
        asks: bool = True,
        stall_seconds: float = STALL_SECONDS,
        done_seconds: float = DONE_SECONDS,
    ) -> None:
        """asks  whether it is asked how it is: some old printers print the question"""
        self._address, self._asks = address, asks and address.answers
        self._stall_seconds, self._done_seconds = stall_seconds, done_seconds
        # What it has once answered it must answer again: it hangs, or serves another till.
        self._answers_at_once = self._answers_in_turn = False

    def print(self, data: bytes) -> bool:
        """Sends all of it.  Returns whether the printer said that it is on paper; False: it cannot.

        Raises PrinterLost.
        """
        sent = 0
        try:
            with contextlib.closing(open_line(self._address)) as line:
                is_telling = self._require_ready(line)
                behind = _IN_TURN if is_telling else b""
                rest = memoryview(data + behind)
                while rest:
                    taken = line.send(bytes(rest[:CHUNK_BYTES_MAX]), self._stall_seconds)
                    if not taken:
                        raise self._why(line)
                    sent += taken
                    rest = rest[taken:]
                self._require_done(line, is_telling)
                return is_telling
        except OSError as error:
            raise _lost(_reason(error), self._address, begun=sent > 0) from error
        except PrinterLost as lost:
            lost.begun = sent > 0
            raise

    def look(self) -> bool:
        """Whether it answers when it is asked how it is.  Raises PrinterLost where it does not
        print."""
        try:
            with contextlib.closing(open_line(self._address)) as line:
                return self._require_ready(line)
        except OSError as error:
            raise _lost(_reason(error), self._address) from error

    def _require_ready(self, line: Line) -> bool:
        """Returns whether it answers in turn.  Raises PrinterLost."""
        if not self._asks:
            return False
        line.drain()
        if not self._ask(line):
            if self._answers_at_once:
                raise _lost(Trouble.HANGS, self._address)
            return False
        self._answers_at_once = True
        if not self._answers_in_turn:
            line.send(_IN_TURN, STATUS_SECONDS)
            self._answers_in_turn = _told(line, _is_in_turn, STATUS_SECONDS) is not None
        # Not asked again here: one cut off inside a picture takes the question for dots.
        return self._answers_in_turn

    def _ask(self, line: Line) -> bool:
        """Whether it answers at once.  Raises PrinterLost with what it answers."""
        for question in (_OFFLINE_CAUSE, _PAPER):
            line.send(question, STATUS_SECONDS)
            status = _told(line, _is_at_once, STATUS_SECONDS)
            if status is None:
                return False
            if trouble := _meaning(question, status):
                raise _lost(trouble, self._address)
        return True

    def _require_done(self, line: Line, is_telling: bool) -> None:
        if is_telling:
            if _told(line, _is_in_turn, self._done_seconds) is None:
                raise self._why(line)
        elif not line.finish(self._stall_seconds):
            raise self._why(line)

    def _why(self, line: Line) -> PrinterLost:
        """What a printer that takes no more, or never gets done, says about it."""
        if self._asks:
            try:
                self._ask(line)
            except PrinterLost as lost:
                return lost
        return _lost(Trouble.HANGS, self._address)


def _is_at_once(status: int) -> bool:
    """Whether a byte answers DLE EOT: bits 1 and 4 are set, 0 and 7 are not."""
    return status & 0b1001_0011 == 0b0001_0010


def _is_in_turn(status: int) -> bool:
    """Whether a byte answers GS r: bits 4 and 7 are not set."""
    return status & 0b1001_0000 == 0


def _told(line: Line, fits: Callable[[int], bool], seconds: float) -> int | None:
    """The first byte that comes and fits; None when none did in so many seconds.

    Others are passed over: XON, XOFF, an answer that comes late.
    """
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        for status in line.receive(left):
            if fits(status):
                return status
    return None


def _meaning(question: bytes, status: int) -> Trouble | None:
    if question == _OFFLINE_CAUSE and status & 0x04:
        return Trouble.COVER_OPEN
    if status & (0x20 if question == _OFFLINE_CAUSE else 0x60):
        return Trouble.PAPER_OUT
    if question == _OFFLINE_CAUSE and status & 0x40:
        return Trouble.JAMMED
    return None


# --- lines -----------------------------------------------------------------------------------


class Line:
    """An open line to a printer, whatever it is: a descriptor that never blocks.

    Each raises OSError when the line is lost.
    """

    def __init__(self, descriptor: int, close: Callable[[], None]) -> None:
        self._descriptor, self._close = descriptor, close

    def send(self, data: bytes, seconds: float) -> int:
        """How many bytes of it were taken; 0 when none was in so many seconds."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if select.select([], [self._descriptor], [], left)[1]:
                try:
                    return os.write(self._descriptor, data)
                except BlockingIOError:
                    time.sleep(POLL_SECONDS)  # usblp without paper calls itself writable.
        return 0

    def receive(self, seconds: float) -> bytes:
        """What has come, as soon as something has; b"" when nothing came in so many seconds."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if select.select([self._descriptor], [], [], left)[0]:
                with contextlib.suppress(BlockingIOError):
                    if data := os.read(self._descriptor, CHUNK_BYTES_MAX):
                        return data
                    if stat.S_ISSOCK(os.fstat(self._descriptor).st_mode):
                        raise ConnectionResetError(errno.ECONNRESET, "the printer hung up")
                time.sleep(POLL_SECONDS)  # A USB printer that has nothing to say.
        return b""

    def drain(self) -> None:
        """Forgets what came unasked, such as the automatic status of some printers."""
        while self.receive(POLL_SECONDS / 2):
            pass

    def finish(self, seconds: float) -> bool:
        """Waits until the last byte has left this machine; False when it has not after that."""
        until = time.monotonic() + seconds
        # usblp throws away what it has not sent when it is closed; then it is not writable yet.
        if not select.select([], [self._descriptor], [], seconds)[1]:
            return False
        while self._waiting():
            if time.monotonic() > until:
                return False
            time.sleep(POLL_SECONDS)
        return True

    def _waiting(self) -> int:
        """How many bytes the system still holds, where it says so."""
        try:
            held = fcntl.ioctl(self._descriptor, termios.TIOCOUTQ, struct.pack("i", 0))
        except OSError as error:
            if error.errno in (errno.ENOTTY, errno.EINVAL):
                return 0
            raise
        (count,) = struct.unpack("i", held)
        return int(count)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._close()


def open_line(address: PrinterAddress) -> Line:
    """Raises OSError, PrinterLost(BAD_URL)."""
    match address.scheme:
        case Scheme.TCP:
            return _open_tcp(address)
        case Scheme.SERIAL:
            return _open_serial(address)
        case Scheme.USB:
            descriptor = os.open(address.place, os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY)
            if not stat.S_ISCHR(os.fstat(descriptor).st_mode):
                os.close(descriptor)
                raise OSError(errno.ENODEV, "not a device file")
        case Scheme.FILE:
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NONBLOCK
            descriptor = os.open(address.place, flags, 0o600)
    return Line(descriptor, lambda: os.close(descriptor))


def _open_tcp(address: PrinterAddress) -> Line:
    connection = socket.create_connection((address.place, address.port), timeout=CONNECT_SECONDS)
    connection.setblocking(False)

    def close() -> None:
        # Closed with something unread the system would throw away what is still on its way.
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_WR)
            connection.settimeout(STATUS_SECONDS)
            while connection.recv(CHUNK_BYTES_MAX):
                pass
        connection.close()

    return Line(connection.fileno(), close)


def _open_serial(address: PrinterAddress) -> Line:
    import serial  # Only for a serial printer, as drivers of scanners are loaded by scheme.

    try:
        port = serial.Serial(
            address.place,
            address.baud,
            rtscts=address.flow is Flow.RTSCTS,
            xonxoff=address.flow is Flow.XONXOFF,
            exclusive=True,
        )
    except termios.error as error:  # not an OSError, though it looks like one
        raise OSError(*error.args) from error

    def close() -> None:
        # Closing would wait for a stopped printer to take the rest, half a minute.
        with contextlib.suppress(OSError, termios.error):
            if port.out_waiting:
                port.reset_output_buffer()
        port.close()

    return Line(port.fileno(), close)


_TROUBLES = {
    errno.ENOENT: Trouble.MISSING,
    errno.ENODEV: Trouble.MISSING,
    errno.ENXIO: Trouble.MISSING,
    errno.ECONNREFUSED: Trouble.MISSING,
    errno.EHOSTUNREACH: Trouble.MISSING,
    errno.ENETUNREACH: Trouble.MISSING,
    errno.ETIMEDOUT: Trouble.MISSING,
    errno.EAGAIN: Trouble.BUSY,  # what the lock of a serial port answers
    errno.EBUSY: Trouble.BUSY,
    errno.EACCES: Trouble.PERMISSION,
    errno.EPERM: Trouble.PERMISSION,
}


def _reason(error: OSError) -> Trouble:
    """pyserial wraps what the system says; the original, its context, has the number."""
    if isinstance(error, TimeoutError | socket.gaierror):
        return Trouble.MISSING
    for exception in (error, error.__context__):
        number = exception.args[0] if exception is not None and exception.args else None
        if number in _TROUBLES:
            return _TROUBLES[number]
    return Trouble.GONE


_SENTENCES = {
    Trouble.BAD_URL: "The printer at {place} does not take these settings.",
    Trouble.MISSING: "There is no printer at {place}: is it on, and is its address right?",
    Trouble.BUSY: "The printer at {place} is in use by another program: close that program.",
    Trouble.PERMISSION: (
        "This user may not use the printer at {place}: add the user to the device's group, usually"
        " lp or dialout, and log in again."
    ),
    Trouble.GONE: "The printer at {place} went away: check its cable.",
    Trouble.HANGS: "The printer at {place} takes nothing more: switch it off and on.",
    Trouble.PAPER_OUT: "The printer at {place} is out of paper.",
    Trouble.COVER_OPEN: "The cover of the printer at {place} is open.",
    Trouble.JAMMED: "The printer at {place} has an error: look at its knife and its paper.",
}


def _lost(trouble: Trouble, address: PrinterAddress, *, begun: bool = False) -> PrinterLost:
    sentence = _SENTENCES[trouble].format(place=shown(address.place))
    return PrinterLost(trouble, sentence, begun=begun)
