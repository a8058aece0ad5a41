"""A camera that shows the pictures it is given: HTTP, one JPEG after the other.

One rule: nothing is shown twice by itself; who plays a recording says when each picture is due.
"""

from __future__ import annotations

import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

from terminal.demo.mjpeg import Broadcast, serve_stream

PATH = "/stream.mjpg"


class RecordedCamera:
    """On a free port of loopback, switched on on entering."""

    url: str

    def __init__(self) -> None:
        self._port = 0
        self._is_on = False

    def __enter__(self) -> Self:
        self.switch_on()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.switch_off()

    def switch_on(self) -> None:
        """At the same address as before.  On already: nothing happens."""
        if self._is_on:
            return
        self._broadcast = Broadcast()
        self._server = _Server(("127.0.0.1", self._port), _Requests)
        self._server.broadcast = self._broadcast
        self._port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self._port}{PATH}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        self._is_on = True

    def switch_off(self) -> None:
        """Viewers are cut off, and nobody answers.  Off already: nothing happens."""
        if not self._is_on:
            return
        self._is_on = False
        self._broadcast.close()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def show(self, jpeg: bytes) -> None:
        self._broadcast.publish(jpeg)


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # closing it waits for the viewers' threads
    broadcast: Broadcast

    def handle_error(self, request: object, client_address: object) -> None:
        # A viewer that goes away in the middle of a picture is not worth a word.
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]  # handed on


class _Requests(BaseHTTPRequestHandler):
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        if self.path != PATH:
            self.send_error(404)
            return
        assert isinstance(self.server, _Server)
        serve_stream(self, self.server.broadcast)

    def log_message(self, format: str, *args: object) -> None:
        return
