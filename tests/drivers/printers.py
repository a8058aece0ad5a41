"""A pretend receipt printer behind a real TCP port or a real pty.

It answers DLE EOT at once and GS r in its turn, as the manual says, unless it is told to be dumb;
it can be out of paper, open, stuck, and it can go away after so many bytes.
"""

from __future__ import annotations

import contextlib
import os
import pty
import select
import socket
import threading
import time
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

SECONDS_MAX = 30.0
QUESTIONS = (b"\x10\x04\x02", b"\x10\x04\x04", b"\x1dr\x01")


@dataclass
class PretendPrinter:
    is_dumb: bool = False
    """Answers nothing."""
    answers_in_turn: bool = True
    """Else it knows DLE EOT and not GS r."""
    paper_out: bool = False
    cover_open: bool = False
    jammed: bool = False
    stops_after: int | None = None
    """Takes so many bytes of paper of one connection, then no more."""
    hangs_up_after: int | None = None
    paper_out_after: int | None = None
    """Has paper for so many bytes, then takes no more until there is paper."""
    swallows: int = 0
    """Was cut off inside a picture: takes so many bytes for dots, but still what it is asked in
    real time."""
    connections: list[bytearray] = field(default_factory=list)
    """What was printed, without the questions."""
    changed: threading.Condition = field(default_factory=threading.Condition)
    ending: bool = False

    @property
    def paper(self) -> bytes:
        return b"".join(self.connections)

    def until(self, reached: Callable[[], bool]) -> None:
        with self.changed:
            assert self.changed.wait_for(reached, SECONDS_MAX), self.connections

    def serve(self, read: Callable[[], bytes], write: Callable[[bytes], object]) -> None:
        """One connection, until it ends.  read: b"" when nothing came for a while; EOFError"""
        paper = bytearray()
        with self.changed:
            self.connections.append(paper)
        rest = b""
        with contextlib.suppress(OSError, EOFError):
            while not self.ending:
                if not self._is_stuck(paper):
                    rest = self._take(rest + read(), paper, write)
                elif self.is_dumb:
                    time.sleep(0.01)
                else:
                    # Off line; what it is asked in real time it still sees.
                    rest = self._real_time(rest + read(), write)
                if self.hangs_up_after is not None and len(paper) >= self.hangs_up_after:
                    self.hangs_up_after = None
                    return

    def _is_stuck(self, paper: bytearray) -> bool:
        limits = (self.stops_after, self.paper_out_after)
        return any(limit is not None and len(paper) >= limit for limit in limits)

    def _take(self, data: bytes, paper: bytearray, write: Callable[[bytes], object]) -> bytes:
        while data and not self._is_stuck(paper):
            question = next((q for q in QUESTIONS if data.startswith(q)), None)
            if self.swallows and question not in QUESTIONS[:2]:
                self.swallows -= 1
                data = data[1:]
            elif question:
                self._answer(question, write)
                data = data[len(question) :]
            elif any(q.startswith(data[:3]) and len(data) < 3 for q in QUESTIONS):
                break  # The beginning of one, perhaps.
            else:
                with self.changed:
                    paper.append(data[0])
                    self.changed.notify_all()
                data = data[1:]
                if self.hangs_up_after is not None and len(paper) >= self.hangs_up_after:
                    return data
        if self.paper_out_after is not None and len(paper) >= self.paper_out_after:
            self.paper_out, self.paper_out_after = True, len(paper)
        return data

    def _real_time(self, data: bytes, write: Callable[[bytes], object]) -> bytes:
        for question in QUESTIONS[:2]:
            while question in data:
                self._answer(question, write)
                data = data.replace(question, b"", 1)
        return data

    def _answer(self, question: bytes, write: Callable[[bytes], object]) -> None:
        if self.is_dumb or (question == QUESTIONS[2] and not self.answers_in_turn):
            return
        match question:
            case b"\x10\x04\x02":
                bits = 0x04 * self.cover_open + 0x20 * self.paper_out + 0x40 * self.jammed
                write(bytes([0x12 | bits]))
            case b"\x10\x04\x04":
                write(bytes([0x12 | 0x60 * self.paper_out]))
            case _:
                write(b"\x00")


@contextmanager
def on_tcp(printer: PretendPrinter) -> Iterator[str]:
    """Its address.  One connection at a time, as a printer's network card."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)
        # As small as a printer's: what it does not take stays with the sender.
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)

        def work() -> None:
            while not printer.ending:
                with contextlib.suppress(TimeoutError):
                    connection, _ = server.accept()
                    with connection:
                        connection.settimeout(0.05)
                        printer.serve(partial(_received, connection), connection.sendall)

        with _running(printer, work):
            yield f"tcp://127.0.0.1:{server.getsockname()[1]}"


def _received(connection: socket.socket) -> bytes:
    try:
        data = connection.recv(256)
    except TimeoutError:
        return b""
    if not data:
        raise EOFError
    return data


@contextmanager
def on_pty(printer: PretendPrinter) -> Iterator[str]:
    """Its address as a serial printer.  All that is sent is one connection."""
    master, slave = pty.openpty()
    tty.setraw(slave)

    def read() -> bytes:
        return os.read(master, 256) if select.select([master], [], [], 0.05)[0] else b""

    try:
        with _running(printer, lambda: printer.serve(read, lambda data: os.write(master, data))):
            yield f"serial://{os.ttyname(slave)}?baud=9600"
    finally:
        os.close(slave)
        os.close(master)


@contextmanager
def _running(printer: PretendPrinter, work: Callable[[], None]) -> Iterator[None]:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield
    finally:
        printer.ending = True
        thread.join(SECONDS_MAX)
        assert not thread.is_alive()
