"""One camera, many viewers: the newest JPEG frame to every reader over multipart/x-mixed-replace.

One rule: a reader takes what is newest when it is ready, so a slow one misses frames and a dead one
is nobody else's trouble.
"""

from __future__ import annotations

import socket
import threading
import time
from collections import deque
from http.server import BaseHTTPRequestHandler

READERS_MAX = 8
SEND_SECONDS_MAX = 5.0
"""A reader that takes nothing for so long is gone."""
SEND_BUFFER_BYTES = 1 << 17
"""About one frame: what a slow reader finds waiting must not be seconds old."""
RATE_SECONDS = 2.0
BOUNDARY = "frame"


class Broadcast:
    """The newest frame, and whoever waits for it.  Every method may be called from any thread."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._jpeg = b""
        self._number = 0
        self._readers = 0
        self._closed = False
        self._published: deque[float] = deque(maxlen=240)

    def publish(self, jpeg: bytes) -> None:
        with self._changed:
            self._jpeg, self._number = jpeg, self._number + 1
            self._published.append(time.monotonic())
            self._changed.notify_all()

    def newer(self, than: int, timeout_seconds: float) -> tuple[int, bytes] | None:
        """Number and JPEG of a frame after frame `than`; None: closed, or nothing came in time."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._number > than, timeout_seconds)
            if self._closed or self._number <= than:
                return None
            return self._number, self._jpeg

    def join(self) -> int | None:
        """Count one more reader.

        Returns the number of the newest frame, which the reader must not see: it may date from
        before a pause without readers.  None: there are `READERS_MAX` already, or it is closed.
        """
        with self._changed:
            if self._closed or self._readers >= READERS_MAX:
                return None
            self._readers += 1
            self._changed.notify_all()
            return self._number

    def leave(self) -> None:
        with self._changed:
            self._readers -= 1

    def wait_for_reader(self, timeout_seconds: float) -> bool:
        """True as soon as somebody watches; False: nobody came in time."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._readers > 0, timeout_seconds)
            return self._readers > 0

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    @property
    def readers(self) -> int:
        with self._changed:
            return self._readers

    @property
    def number(self) -> int:
        """Frames published so far."""
        with self._changed:
            return self._number

    def rate_hz(self) -> float:
        """Frames a second over the last `RATE_SECONDS`; 0.0 when none came."""
        since = time.monotonic() - RATE_SECONDS
        with self._changed:
            recent = [at for at in self._published if at >= since]
        if len(recent) < 2:
            return 0.0
        return (len(recent) - 1) / (recent[-1] - recent[0])


def serve_stream(request: BaseHTTPRequestHandler, broadcast: Broadcast) -> None:
    """Answer one GET with frames until the reader goes, stalls, or the camera is switched off."""
    number = broadcast.join()
    if number is None:
        request.send_error(503, "too many readers")
        return
    try:
        request.connection.settimeout(SEND_SECONDS_MAX)
        request.connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        request.send_response(200)
        request.send_header("Content-Type", f"multipart/x-mixed-replace; boundary={BOUNDARY}")
        request.send_header("Cache-Control", "no-store")
        request.send_header("Connection", "close")
        request.end_headers()
        while (frame := broadcast.newer(number, SEND_SECONDS_MAX)) is not None:
            number, jpeg = frame
            head = (
                f"--{BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
            )
            # In one piece: a part split over two packets would wait for the reader's delayed ACK.
            request.connection.sendall(head.encode() + jpeg + b"\r\n")
    except OSError:
        # The reader closed, reset, or stopped taking anything: it is gone, whichever it was.
        pass
    finally:
        broadcast.leave()
