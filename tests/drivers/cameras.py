"""A web camera: real HTTP, one JPEG after the other, that can stall, break off and come back."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

from drivers import camera_url
from tests.drivers.scenes import Scene, counter, jpeg, payload, photograph

BOUNDARY = b"--picture"

SCENE = Scene()
EMPTY = jpeg(counter(SCENE))
SHOWN = [jpeg(photograph(payload(number), SCENE, number)) for number in range(3)]
"""Phones with a voucher each."""
PAYLOADS = [payload(number).encode() for number in range(3)]
"""What those vouchers say."""


class _Handler(BaseHTTPRequestHandler):
    camera: ClassVar[WebCamera]

    def log_message(self, format: str, *args: object) -> None:
        return

    def do_GET(self) -> None:
        camera = self.camera
        if self.path != "/stream.mjpg":
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=picture")
        self.end_headers()
        camera.viewers.append(self.connection)
        try:
            while not camera.is_off.wait(1 / camera.fps):
                if camera.is_stalled:
                    continue
                picture = camera.picture
                head = b"Content-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(picture)
                self.wfile.write(BOUNDARY + b"\r\n" + head + picture + b"\r\n")
                camera.pictures_sent += 1
        except OSError:
            return


class WebCamera:
    """Shows `picture` until it is given another."""

    def __init__(self, picture: bytes, fps: float = 30.0) -> None:
        self.picture = picture
        self.fps = fps
        self.is_stalled = False
        self.pictures_sent = 0
        self.viewers: list[socket.socket] = []
        self.is_off = threading.Event()
        self._port = 0
        self.switch_on()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._port}/stream.mjpg"

    def url(self, options: str = "") -> str:
        """For the driver; options as in "#hold=1"."""
        return camera_url(self.address) + options

    def switch_on(self) -> None:
        """On the same port as before."""
        handler = type("Handler", (_Handler,), {"camera": self})
        self.is_off.clear()
        self._server = ThreadingHTTPServer(("127.0.0.1", self._port), handler)
        self._server.daemon_threads = False  # closing it waits for the viewers' threads
        self._port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def switch_off(self) -> None:
        """Viewers are cut off in mid-stream, and nobody answers any more."""
        self.is_off.set()
        for viewer in self.viewers:
            with suppress(OSError):
                viewer.shutdown(socket.SHUT_RDWR)
        self.viewers.clear()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def close(self) -> None:
        if not self.is_off.is_set():
            self.switch_off()

    def wait_for_pictures(self, count: int) -> None:
        """Until so many more have been sent."""
        goal = self.pictures_sent + count
        while self.pictures_sent < goal:
            time.sleep(0.005)
