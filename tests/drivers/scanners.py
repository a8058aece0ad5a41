"""A serial scanner made of a pseudo-terminal, with a link that follows it as udev's by-id does."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import socket
import sys
import termios
import threading
import tty
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import serial
from serial import rfc2217


class PtyScanner:
    """What a driver opens is `link`.  Unplugging gives its reader what pulling a USB plug gives."""

    def __init__(self, link: Path) -> None:
        self.link = link
        self._device = -1
        self._held = -1
        self.plug()

    @property
    def port(self) -> str:
        """The pseudo-terminal behind the link, such as /dev/pts/3."""
        return os.readlink(self.link)

    def plug(self) -> None:
        self._device, self._held = pty.openpty()
        tty.setraw(self._device)
        self.link.symlink_to(os.ttyname(self._held))

    def unplug(self) -> None:
        self.link.unlink()
        os.close(self._held)
        os.close(self._device)
        self._device = -1

    def send(self, data: bytes) -> None:
        """Waits while the reader does not read."""
        while data:
            data = data[os.write(self._device, data) :]

    def unread(self) -> int:
        """Bytes that wait in the line for whoever reads it."""
        room = bytearray(4)
        fcntl.ioctl(self._held, termios.FIONREAD, room)
        return int.from_bytes(room, sys.byteorder)

    def heard(self, count: int, seconds: float = 5.0) -> bytes:
        """What the till wrote: so many bytes, or fewer when no more come."""
        data = b""
        while len(data) < count and select.select([self._device], [], [], seconds)[0]:
            data += os.read(self._device, count - len(data))
        return data

    def close(self) -> None:
        if self._device >= 0:
            self.unplug()


class _Port(serial.Serial):  # type: ignore[misc]  # pyserial ships no types
    """A pseudo-terminal has no modem lines; a server asks after them."""

    cts = dsr = ri = cd = True

    def _update_rts_state(self) -> None:
        return

    def _update_dtr_state(self) -> None:
        return


class PortServer:
    """A serial port behind a network, as RFC 2217 has it; one client after the other."""

    def __init__(self, port: str) -> None:
        self._line = _Port(port, timeout=0.02)
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self._client: socket.socket | None = None
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    @property
    def baud(self) -> int:
        return int(self._line.baudrate)

    def _serve(self) -> None:
        self._server.settimeout(0.05)
        while not self._is_over.is_set():
            with suppress(TimeoutError):
                self._client = self._server.accept()[0]
                with suppress(OSError):
                    self._speak(self._client)
                self._client.close()

    def _speak(self, client: socket.socket) -> None:
        client.settimeout(0.02)
        manager = rfc2217.PortManager(self._line, _Writer(client))
        while not self._is_over.is_set():
            if sent := self._line.read(self._line.in_waiting or 1):
                client.sendall(b"".join(manager.escape(sent)))
            with suppress(TimeoutError):
                if not (asked := client.recv(1024)):
                    return
                self._line.write(b"".join(manager.filter(asked)))

    def hang_up(self) -> None:
        assert self._client is not None
        self._client.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._is_over.set()
        self._thread.join()
        self._server.close()
        self._line.close()


class _Writer:
    """What `rfc2217.PortManager` answers through."""

    def __init__(self, client: socket.socket) -> None:
        self.write = client.sendall


@contextmanager
def taken_port() -> Iterator[None]:
    """The lowest free pseudo-terminal is somebody else's for a while."""
    device, held = pty.openpty()
    yield
    os.close(device)
    os.close(held)
