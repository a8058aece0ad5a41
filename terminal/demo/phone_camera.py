"""A pretend counter camera: serves what it sees over HTTP, and people show it their phones.

    python -m terminal.demo.phone_camera --sandbox http://127.0.0.1:8300

prints `{"camera": "http://127.0.0.1:PORT/stream.mjpg"}` when it listens, and ends on SIGTERM, on
SIGINT and with its parent.

    GET  /stream.mjpg          motion JPEG, for cv2.VideoCapture and browsers
    GET  /status               JSON, see Status
    POST /show?person=ID       a phone comes into view with that person's current voucher
    POST /show_text            the same with the request body as the code, whatever it says
    POST /hide                 the phone leaves

One rule: the stream never stops.  A sandbox that is silent means an empty counter and a word in the
status; it is asked again until it answers or something else is shown.
"""

from __future__ import annotations

import argparse
import json
import os
import select
import signal
import stat
import sys
import threading
import time
from dataclasses import asdict, dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urlsplit

import cv2
import httpx

from terminal.demo.mjpeg import Broadcast, serve_stream
from terminal.demo.phone_face import TEXT_BYTES_MAX, TextRefused
from terminal.demo.phone_screen import Scene, Viewpoint, Wallet, nominal
from terminal.demo.stage import NEVER, Sandbox, SandboxSilent, Stage, fetch_voucher

FPS_MAX = 30.0
RENEW_SECONDS = 30.0
RETRY_SECONDS = 2.0
SANDBOX_SECONDS_MAX = 3.0
REQUEST_SECONDS_MAX = 10.0
PERSON_CHARS_MAX = 64
PARENT_SECONDS = 0.5
IDLE_SECONDS = 1.0
VOUCHER_PREFIX = "YB1:"


@dataclass(frozen=True, slots=True)
class Status:
    """What is before the camera; never the code itself."""

    showing: str
    """"voucher", "text" or "nothing"."""
    person: str | None
    """Whose voucher is wanted; None after `hide` and `show_text`."""
    voucher_id: str | None
    """None: no voucher is in view."""
    sandbox: Sandbox
    fps: float
    """Measured; 0 while nobody watches."""
    frames: int
    readers: int


class PhoneCamera:
    """The camera and the people before it, on 127.0.0.1, for as long as it is entered.

    sandbox        base URL of the voucher issuer
    port           0: any free one, see `url`
    seed           of the counter, the hand and the noise
    Raises         OSError on entering when the port is taken
    """

    def __init__(
        self,
        sandbox: str,
        *,
        port: int = 0,
        fps: float = 12.0,
        scene: Scene | None = None,
        seed: int = 1,
        renew_seconds: float = RENEW_SECONDS,
    ) -> None:
        assert 0 < fps <= FPS_MAX
        self._sandbox_url, self._port = sandbox, port
        self._frame_seconds, self._renew_seconds = 1 / fps, renew_seconds
        self._view = Viewpoint(scene or nominal(), seed)
        self._stage, self.broadcast = Stage(), Broadcast()
        # Guards what is wanted: the fields below.  Never held while drawing or asking.
        self._wish = threading.Condition()
        self._wish_number = 0
        self._person: str | None = None
        self._ask_at = NEVER
        self._sandbox = Sandbox.NOT_ASKED
        self._ended = threading.Event()

    def __enter__(self) -> Self:
        self._server = _Server(("127.0.0.1", self._port), _Requests)
        self._server.camera = self
        self._client = httpx.Client(
            base_url=self._sandbox_url, timeout=SANDBOX_SECONDS_MAX, trust_env=False
        )
        self._film_thread = threading.Thread(target=self._film, daemon=True)
        self._threads = (
            self._film_thread,
            threading.Thread(target=self._renew, daemon=True),
            threading.Thread(target=self._server.serve_forever, daemon=True),
        )
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._ended.set()
        self.broadcast.close()
        with self._wish:
            self._wish.notify_all()
        self._server.shutdown()
        self._server.server_close()
        for thread in self._threads:
            thread.join(SANDBOX_SECONDS_MAX + 1)
        self._client.close()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def url(self) -> str:
        """The stream, for cv2.VideoCapture."""
        return f"{self.base_url}/stream.mjpg"

    @property
    def filming(self) -> bool:
        return self._film_thread.is_alive()

    def show(self, person: str) -> Status:
        """A phone comes into view with that person's voucher, renewed while it is shown.

        Waits for the sandbox, at most `SANDBOX_SECONDS_MAX`; `sandbox` of the answer says how it
        went.  Unless it refused the person it is asked again every `RETRY_SECONDS`.
        """
        with self._wish:
            self._new_wish(person)
            number = self._wish_number
        self._ask(number, person)
        return self.status()

    def show_text(self, text: str) -> Status:
        """A phone comes into view with any text; raises TextRefused and then changes nothing."""
        wallet = Wallet.VOUCHER if text.startswith(VOUCHER_PREFIX) else Wallet.OTHER
        phone = self._view.phone(text, wallet)
        with self._wish:
            self._new_wish(None)
            self._stage.enter(phone, None)
        return self.status()

    def hide(self) -> Status:
        """The phone leaves; the counter is empty a third of a second later."""
        with self._wish:
            self._new_wish(None)
        return self.status()

    def status(self) -> Status:
        with self._wish:
            visit = self._stage.current
            voucher = visit.voucher if visit else None
            return Status(
                "nothing" if visit is None else "voucher" if voucher else "text",
                self._person,
                voucher.voucher_id if voucher else None,
                self._sandbox,
                round(self.broadcast.rate_hz(), 1),
                self.broadcast.number,
                self.broadcast.readers,
            )

    def _new_wish(self, person: str | None) -> None:
        self._wish_number += 1
        self._person, self._ask_at = person, NEVER
        self._stage.leave()
        self._wish.notify_all()

    def _ask(self, number: int, person: str) -> None:
        """Fetch and show a voucher, unless something else is wanted by the time it is here."""
        try:
            voucher = fetch_voucher(self._client, person)
            phone = self._view.phone(voucher.text, Wallet.VOUCHER)
        except (SandboxSilent, TextRefused) as exc:
            reason = exc.reason if isinstance(exc, SandboxSilent) else Sandbox.GARBLED
            with self._wish:
                if number == self._wish_number:
                    self._sandbox = reason
                    retry = reason is not Sandbox.REFUSED
                    self._ask_at = time.monotonic() + RETRY_SECONDS if retry else NEVER
                    self._wish.notify_all()
            return
        with self._wish:
            if number != self._wish_number:
                return
            self._sandbox = Sandbox.OK
            self._ask_at = time.monotonic() + self._renew_seconds
            if self._stage.current is None:
                self._stage.enter(phone, voucher)
            else:
                self._stage.renew(phone, voucher)
            self._wish.notify_all()

    def _renew(self) -> None:
        """Ask for the next voucher when it is time, and take a dead one out of view."""
        while True:
            with self._wish:
                if self._ended.is_set():
                    return
                visit = self._stage.current
                voucher = visit.voucher if visit else None
                lives_seconds = voucher.expires_at - time.time() if voucher else NEVER
                if lives_seconds <= 0:
                    self._stage.leave()
                    continue
                wait_seconds = min(self._ask_at - time.monotonic(), lives_seconds)
                if wait_seconds > 0:
                    self._wish.wait(None if wait_seconds == NEVER else wait_seconds)
                    continue
                number, person = self._wish_number, self._person
                self._ask_at = NEVER
            assert person is not None, "only a person's voucher is asked for"
            self._ask(number, person)

    def _film(self) -> None:
        due = time.monotonic()
        while not self._ended.is_set():
            if not self.broadcast.wait_for_reader(IDLE_SECONDS):
                due = time.monotonic()
                continue
            now = time.monotonic()
            if (visit := self._stage.in_view(now)) is None:
                jpeg = self._view.photograph(None, now)
            else:
                jpeg = self._view.photograph(visit.phone, now, visit.presence)
            self.broadcast.publish(jpeg)
            # A frame that took too long delays the next ones; it is not caught up with.
            due = max(due + self._frame_seconds, time.monotonic())
            self._ended.wait(due - time.monotonic())


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    camera: PhoneCamera

    def handle_error(self, request: object, client_address: object) -> None:
        # A client that goes away in the middle of an answer is not worth a word.
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]  # handed on


class _Requests(BaseHTTPRequestHandler):
    timeout = REQUEST_SECONDS_MAX
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        match urlsplit(self.path).path:
            case "/stream.mjpg":
                serve_stream(self, self._camera.broadcast)
            case "/status":
                self._answer(self._camera.status())
            case _:
                self.send_error(HTTPStatus.NOT_FOUND)

    def do_POST(self) -> None:
        match urlsplit(self.path).path:
            case "/show":
                self._show()
            case "/show_text":
                self._show_text()
            case "/hide":
                self._answer(self._camera.hide())
            case _:
                self.send_error(HTTPStatus.NOT_FOUND)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: a query names a person."""

    @property
    def _camera(self) -> PhoneCamera:
        assert isinstance(self.server, _Server)
        return self.server.camera

    def _show(self) -> None:
        person = parse_qs(urlsplit(self.path).query).get("person", [""])[0]
        if not 0 < len(person) <= PERSON_CHARS_MAX:
            self.send_error(HTTPStatus.BAD_REQUEST, "person=ID is missing or too long")
            return
        status = self._camera.show(person)
        match status.sandbox:
            case Sandbox.UNREACHABLE | Sandbox.GARBLED:
                self._answer(status, HTTPStatus.BAD_GATEWAY)
            case Sandbox.REFUSED:
                self._answer(status, HTTPStatus.NOT_FOUND)
            case _:
                self._answer(status)

    def _show_text(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()):
            self.send_error(HTTPStatus.LENGTH_REQUIRED)
            return
        if int(length) > TEXT_BYTES_MAX:
            self.send_error(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "no QR code holds so much")
            return
        try:
            self._answer(self._camera.show_text(self.rfile.read(int(length)).decode()))
        except (UnicodeDecodeError, TextRefused):
            self.send_error(HTTPStatus.BAD_REQUEST, "the body is empty or not UTF-8")

    def _answer(self, status: Status, code: HTTPStatus = HTTPStatus.OK) -> None:
        body = json.dumps(asdict(status)).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _http_url(text: str) -> str:
    if urlsplit(text).scheme not in ("http", "https"):
        raise argparse.ArgumentTypeError("an http:// URL is expected")
    return text


def _fps(text: str) -> float:
    fps = float(text)
    if not 0 < fps <= FPS_MAX:
        raise argparse.ArgumentTypeError(f"more than 0 and at most {FPS_MAX:g} is expected")
    return fps


def _until_parent_ends(camera: PhoneCamera) -> None:
    """Return when whoever started this program is gone: its pipe to us closes, or it dies.

    Returns too when a fault has stopped the film.
    """
    parent = os.getppid()
    mode = os.fstat(0).st_mode
    piped = stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)
    while os.getppid() == parent and camera.filming:
        ready, _, _ = select.select([0] if piped else [], [], [], PARENT_SECONDS)
        if ready and not os.read(0, 4096):
            return


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m terminal.demo.phone_camera", description="a pretend counter camera"
    )
    parser.add_argument("--sandbox", required=True, type=_http_url, help="issuer of the vouchers")
    parser.add_argument("--port", default=0, type=int, help="0: any free one")
    parser.add_argument("--fps", default=12.0, type=_fps)
    parser.add_argument("--seed", default=1, type=int, help="of the counter and the hand")
    args = parser.parse_args(argv)
    for end in (signal.SIGTERM, signal.SIGINT):
        signal.signal(end, lambda *_: sys.exit(0))
    # One core draws: the till has the others.
    cv2.setNumThreads(1)
    with PhoneCamera(args.sandbox, port=args.port, fps=args.fps, seed=args.seed) as camera:
        print(json.dumps({"camera": camera.url}), flush=True)
        _until_parent_ends(camera)
        return 0 if camera.filming else 1


if __name__ == "__main__":
    sys.exit(main())
