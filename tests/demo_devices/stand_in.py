"""A sandbox of one path, and a reader of codes."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import cv2
import numpy as np
import zxingcpp
from cv2.typing import MatLike

BASE45 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
VOUCHER_CHARS = 301
"""Length of a real voucher."""


def voucher_text(seed: object, chars: int = VOUCHER_CHARS) -> str:
    """As long and as random as a signed voucher; the same seed gives the same text."""
    body = random.Random(str(seed)).choices(BASE45, k=chars - 4)
    return "YB1:" + "".join(body)


def codes(jpeg: bytes) -> list[bytes]:
    """The bytes of every QR code in a frame."""
    frame = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert frame is not None
    return codes_in(frame)


def codes_in(frame: MatLike) -> list[bytes]:
    formats = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCodeModel2)
    return [found.bytes for found in zxingcpp.read_barcodes(frame, formats=formats)]


class StandIn:
    """Answers `GET /vouchers/new?person=ID` for anybody but "nobody"."""

    def __init__(self, port: int = 0, lifetime_seconds: float = 60.0) -> None:
        self.issued: list[str] = []
        self.lifetime_seconds = lifetime_seconds
        self.says: tuple[int, bytes] | None = None
        """Status and body to answer with; None: a voucher."""
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.asked = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"

    @contextmanager
    def running(self) -> Iterator[StandIn]:
        thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield self
        finally:
            self.may_answer.set()
            self._server.shutdown()
            self._server.server_close()
            thread.join()

    def answer(self, person: str) -> tuple[int, bytes]:
        self.asked.set()
        assert self.may_answer.wait(10)
        if self.says is not None:
            return self.says
        if person == "nobody":
            return 404, b"{}"
        text = voucher_text(f"{person} {len(self.issued)}")
        self.issued.append(text)
        fields = {
            "text": text,
            "expires_at": time.time() + self.lifetime_seconds,
            "voucher_id": f"{len(self.issued):032x}",
        }
        return 200, json.dumps(fields).encode()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked = urlsplit(self.path)
                person = parse_qs(asked.query).get("person", [""])[0]
                code, body = stand_in.answer(person)
                self.send_response(code if asked.path == "/vouchers/new" else 404)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler
