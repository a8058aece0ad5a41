"""The pretend camera over real HTTP, read as the till reads it: with OpenCV."""

from __future__ import annotations

import json
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import cv2
import httpx
import pytest
from cv2.typing import MatLike

from terminal.demo.mjpeg import READERS_MAX
from terminal.demo.phone_camera import PERSON_CHARS_MAX, PhoneCamera
from terminal.demo.phone_face import TEXT_BYTES_MAX
from terminal.demo.stage import Sandbox

from .stand_in import StandIn, codes_in, voucher_text

SOON_SECONDS = 20.0
"""A claim that takes longer has failed; a healthy camera needs one or two."""


@pytest.fixture
def sandbox() -> Iterator[StandIn]:
    with StandIn().running() as stand_in:
        yield stand_in


@pytest.fixture
def camera(sandbox: StandIn) -> Iterator[PhoneCamera]:
    with PhoneCamera(sandbox.url) as camera:
        yield camera


@pytest.fixture(scope="module")
def shared() -> Iterator[tuple[PhoneCamera, StandIn]]:
    """For the many small refusals, none of which may leave a trace."""
    with StandIn().running() as stand_in, PhoneCamera(stand_in.url) as camera:
        yield camera, stand_in


class Reader:
    """A till's capture."""

    def __init__(self, url: str) -> None:
        limits = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, 5000, cv2.CAP_PROP_READ_TIMEOUT_MSEC, 5000]
        self._capture = cv2.VideoCapture(url, cv2.CAP_FFMPEG, limits)
        assert self._capture.isOpened()

    def frame(self) -> MatLike:
        there, frame = self._capture.read()
        assert there, "the stream has stopped"
        return frame

    def sees(self, wanted: Callable[[list[bytes]], bool], frames_running: int = 1) -> None:
        """Read on until so many frames running are as wanted."""
        until = time.monotonic() + SOON_SECONDS
        found, running = None, 0
        while running < frames_running:
            assert time.monotonic() < until, f"saw {found} last"
            found = codes_in(self.frame())
            running = running + 1 if wanted(found) else 0

    def sees_text(self, text: str) -> None:
        self.sees(lambda found: found == [text.encode()])

    def sees_nothing(self) -> None:
        """For longer than a single unreadable frame lasts."""
        self.sees(lambda found: found == [], frames_running=6)

    def close(self) -> None:
        self._capture.release()


@contextmanager
def reading(camera: PhoneCamera) -> Iterator[Reader]:
    reader = Reader(camera.url)
    try:
        yield reader
    finally:
        reader.close()


def until(true: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + SOON_SECONDS
    while not true():
        assert time.monotonic() < end, what
        time.sleep(0.02)


def post(camera: PhoneCamera, path: str, body: bytes = b"") -> httpx.Response:
    return httpx.post(camera.base_url + path, content=body, trust_env=False, timeout=10)


def dial(camera: PhoneCamera) -> socket.socket:
    """A reader by hand, for what OpenCV does not do."""
    at = urlsplit(camera.url)
    line = socket.create_connection(("127.0.0.1", at.port or 0), timeout=5)
    line.sendall(b"GET /stream.mjpg HTTP/1.1\r\nHost: camera\r\n\r\n")
    return line


def test_a_shown_person_is_read_from_the_stream(camera: PhoneCamera, sandbox: StandIn) -> None:
    with reading(camera) as reader:
        reader.sees_nothing()
        status = camera.show("employee")
        assert (status.showing, status.person, status.sandbox) == (
            "voucher",
            "employee",
            Sandbox.OK,
        )
        assert status.voucher_id == f"{1:032x}"
        reader.sees_text(sandbox.issued[0])


def test_hiding_removes_the_code_and_frames_go_on(camera: PhoneCamera, sandbox: StandIn) -> None:
    with reading(camera) as reader:
        camera.show("employee")
        reader.sees_text(sandbox.issued[0])
        assert camera.hide().showing == "nothing"
        reader.sees_nothing()
        for _ in range(12):
            assert codes_in(reader.frame()) == []


def test_another_person_takes_the_place_of_the_first(camera: PhoneCamera, sandbox: StandIn) -> None:
    with reading(camera) as reader:
        camera.show("employee")
        reader.sees_text(sandbox.issued[0])
        camera.show("resident")
        reader.sees_text(sandbox.issued[1])


def test_a_shown_voucher_is_renewed_in_the_stream(sandbox: StandIn) -> None:
    with PhoneCamera(sandbox.url, renew_seconds=1.5) as camera, reading(camera) as reader:
        camera.show("employee")
        reader.sees_text(sandbox.issued[0])
        until(lambda: len(sandbox.issued) >= 2, "no second voucher was asked for")
        reader.sees(lambda found: found in [[text.encode()] for text in sandbox.issued[1:]])
        assert camera.status().showing == "voucher"
        camera.hide()
        asked = len(sandbox.issued)
        reader.sees_nothing()
        time.sleep(2.0)
        assert len(sandbox.issued) == asked, "nobody is shown, nothing is renewed"


@pytest.mark.parametrize(
    "text", ["134567890123456789", "https://example.org/x?y=1", "医保 共济", voucher_text("old")]
)
def test_any_text_can_be_shown(camera: PhoneCamera, text: str) -> None:
    answer = post(camera, "/show_text", text.encode())
    assert answer.status_code == 200
    assert answer.json()["showing"] == "text"
    with reading(camera) as reader:
        reader.sees_text(text)


def test_show_and_hide_over_http(camera: PhoneCamera, sandbox: StandIn) -> None:
    with reading(camera) as reader:
        assert post(camera, "/show?person=employee").json()["showing"] == "voucher"
        reader.sees_text(sandbox.issued[0])
        assert post(camera, "/hide").json()["showing"] == "nothing"
        reader.sees_nothing()
    status = httpx.get(camera.base_url + "/status", trust_env=False).json()
    assert status["sandbox"] == "ok"
    assert sandbox.issued[0] not in json.dumps(status)


def test_two_readers_see_the_same(camera: PhoneCamera, sandbox: StandIn) -> None:
    with reading(camera) as one, reading(camera) as other:
        camera.show("employee")
        one.sees_text(sandbox.issued[0])
        other.sees_text(sandbox.issued[0])
        assert camera.status().readers == 2


def test_readers_that_reset_or_stall_do_not_hurt_the_others(camera: PhoneCamera) -> None:
    with reading(camera) as reader:
        reader.frame()
        rude, lazy = dial(camera), dial(camera)
        assert rude.recv(4096)
        assert lazy.recv(16)
        rude.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        rude.close()
        camera.show_text("still here")
        reader.sees_text("still here")
        began, frames = time.monotonic(), 0
        while time.monotonic() - began < 2:
            reader.frame()
            frames += 1
        assert frames > 5, "a stalled reader slows the others down"
        lazy.close()
        until(lambda: camera.status().readers == 1, "readers that are gone are still counted")


def test_a_reader_is_never_shown_what_was_before_it_came(
    camera: PhoneCamera, sandbox: StandIn
) -> None:
    with reading(camera) as reader:
        camera.show("employee")
        reader.sees_text(sandbox.issued[0])
    until(lambda: camera.status().readers == 0, "the reader is still counted")
    camera.hide()
    time.sleep(0.5)
    with reading(camera) as reader:
        assert all(codes_in(reader.frame()) == [] for _ in range(3))


def test_one_reader_too_many_is_turned_away(camera: PhoneCamera) -> None:
    lines = [dial(camera) for _ in range(READERS_MAX)]
    assert all(line.recv(12) == b"HTTP/1.0 200" for line in lines)
    with dial(camera) as late:
        assert late.recv(12) == b"HTTP/1.0 503"
    for line in lines:
        line.close()
    until(lambda: camera.status().readers == 0, "readers that are gone are still counted")


def test_without_a_sandbox_the_stream_goes_on_and_the_status_says_so() -> None:
    stand_in = StandIn()
    with stand_in.running():
        pass
    with PhoneCamera(stand_in.url) as camera, reading(camera) as reader:
        answer = post(camera, "/show?person=employee")
        assert answer.status_code == 502
        assert answer.json()["sandbox"] == "unreachable"
        assert answer.json()["showing"] == "nothing"
        reader.sees_nothing()
        with StandIn(stand_in.port).running() as late:
            until(lambda: bool(late.issued), "the sandbox was not asked again")
            reader.sees_text(late.issued[0])


def test_a_voucher_that_cannot_be_renewed_is_shown_until_it_expires() -> None:
    stand_in = StandIn(lifetime_seconds=4.0)
    with PhoneCamera(stand_in.url, renew_seconds=0.5) as camera, reading(camera) as reader:
        with stand_in.running():
            camera.show("employee")
            reader.sees(lambda found: len(found) == 1)
        until(lambda: camera.status().sandbox is Sandbox.UNREACHABLE, "not noticed")
        if camera.status().showing == "voucher":
            reader.sees(lambda found: found == [stand_in.issued[-1].encode()])
        until(lambda: camera.status().showing == "nothing", "a dead voucher is still shown")
        reader.sees_nothing()


def test_a_person_the_sandbox_does_not_know_is_not_asked_for_again(
    camera: PhoneCamera, sandbox: StandIn
) -> None:
    answer = post(camera, "/show?person=nobody")
    assert (answer.status_code, answer.json()["sandbox"]) == (404, "refused")
    sandbox.asked.clear()
    assert not sandbox.asked.wait(2.5)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"not json",
        b"\xff\xfe",
        b'{"text": 1, "expires_at": 2e9, "voucher_id": "0"}',
        b'{"text": "YB1:A", "voucher_id": "0"}',
        b'{"text": "YB1:A", "expires_at": 1' + b"0" * 400 + b', "voucher_id": "0"}',
        b'{"text": "YB1:A", "expires_at": NaN, "voucher_id": "0"}',
        b'{"text": "", "expires_at": 2e9, "voucher_id": "0"}',
        b'{"text": "\\ud800", "expires_at": 2e9, "voucher_id": "0"}',
        b'{"text": "' + b"A" * 3000 + b'", "expires_at": 2e9, "voucher_id": "0"}',
    ],
)
def test_what_is_no_voucher_is_never_shown(
    shared: tuple[PhoneCamera, StandIn], body: bytes
) -> None:
    camera, sandbox = shared
    sandbox.says = 200, body
    status = camera.show("employee")
    assert (status.showing, status.sandbox) == ("nothing", Sandbox.GARBLED)
    assert camera.filming


def test_a_sandbox_at_fault_is_garbled(shared: tuple[PhoneCamera, StandIn]) -> None:
    camera, sandbox = shared
    sandbox.says = 500, b"{}"
    assert camera.show("employee").sandbox is Sandbox.GARBLED


def test_a_voucher_that_comes_after_hide_is_not_shown(
    camera: PhoneCamera, sandbox: StandIn
) -> None:
    sandbox.may_answer.clear()
    with subprocess.Popen(
        [sys.executable, "-c", f"import httpx; httpx.post('{camera.base_url}/show?person=a')"]
    ) as asking:
        assert sandbox.asked.wait(SOON_SECONDS)
        camera.hide()
        sandbox.may_answer.set()
        asking.wait(SOON_SECONDS)
    assert len(sandbox.issued) == 1
    assert camera.status().showing == "nothing"


def test_an_expired_voucher_leaves_at_once(camera: PhoneCamera, sandbox: StandIn) -> None:
    sandbox.says = 200, b'{"text": "YB1:A", "expires_at": 1, "voucher_id": "0"}'
    camera.show("employee")
    until(lambda: camera.status().showing == "nothing", "an expired voucher is still shown")


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("/show", b"", 400),
        ("/show?person=", b"", 400),
        ("/show?person=" + "a" * (PERSON_CHARS_MAX + 1), b"", 400),
        ("/show_text", b"", 400),
        ("/show_text", b"\xff", 400),
        ("/show_text", b"a" * (TEXT_BYTES_MAX + 1), 413),
        ("/elsewhere", b"", 404),
    ],
)
def test_wrong_requests_are_refused_and_change_nothing(
    shared: tuple[PhoneCamera, StandIn], path: str, body: bytes, code: int
) -> None:
    camera, _ = shared
    camera.show_text("before")
    assert post(camera, path, body).status_code == code
    assert camera.status().showing == "text"


def test_nothing_is_drawn_while_nobody_watches(camera: PhoneCamera) -> None:
    camera.show_text("unseen")
    time.sleep(0.5)
    assert camera.status().frames == 0
    assert camera.status().fps == 0.0


def test_leaving_the_camera_ends_the_stream(sandbox: StandIn) -> None:
    with PhoneCamera(sandbox.url) as camera:
        line = dial(camera)
        assert line.recv(4096)
    with line:
        until(lambda: not line.recv(1 << 20), "the stream goes on")
