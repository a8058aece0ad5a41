"""The stream by itself: how old a frame is when OpenCV hands it on, and who is waited for."""

from __future__ import annotations

import socket
import statistics
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import cv2
import numpy as np
import pytest
from cv2.typing import MatLike

from terminal.demo.mjpeg import READERS_MAX, Broadcast, serve_stream

FRAME_SECONDS = 1 / 12
BITS, CELL_PX = 10, 24


@pytest.fixture
def broadcast() -> Iterator[Broadcast]:
    broadcast = Broadcast()
    yield broadcast
    broadcast.close()


@pytest.fixture
def url(broadcast: Broadcast) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            serve_stream(self, broadcast)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/"
    broadcast.close()
    server.shutdown()
    server.server_close()
    thread.join()


def stamped(number: int) -> bytes:
    """A frame that says its number in black and white cells."""
    frame = np.full((720, 1280, 3), 90, np.uint8)
    for bit in range(BITS):
        frame[:CELL_PX, bit * CELL_PX : (bit + 1) * CELL_PX] = 255 if number >> bit & 1 else 0
    return cv2.imencode(".jpg", frame)[1].tobytes()


def stamp(frame: MatLike) -> int:
    middle = CELL_PX // 2
    return sum(int(frame[middle, bit * CELL_PX + middle, 0] > 127) << bit for bit in range(BITS))


def test_no_queue_builds_up_between_the_camera_and_opencv(broadcast: Broadcast, url: str) -> None:
    """An idle machine needs some 20 ms; the limit is for a busy one."""
    published: list[float] = []
    done = threading.Event()
    frames = [stamped(number) for number in range(120)]

    def publish() -> None:
        for jpeg in frames:
            if done.wait(FRAME_SECONDS):
                return
            published.append(time.monotonic())
            broadcast.publish(jpeg)

    publishing = threading.Thread(target=publish)
    publishing.start()
    capture = cv2.VideoCapture(url, cv2.CAP_FFMPEG)
    ages, numbers = [], []
    for _ in range(36):
        there, frame = capture.read()
        assert there
        numbers.append(stamp(frame))
        ages.append(time.monotonic() - published[numbers[-1]])
    done.set()
    publishing.join()
    capture.release()
    assert numbers == sorted(set(numbers)), "each frame once and in order"
    assert statistics.median(ages) < 3 * FRAME_SECONDS


def test_a_slow_reader_gets_the_newest_frame_and_not_a_queue(broadcast: Broadcast) -> None:
    for number in range(5):
        broadcast.publish(b"%d" % number)
    assert broadcast.newer(0, timeout_seconds=1) == (5, b"4")
    assert broadcast.newer(5, timeout_seconds=0.01) is None


def test_closing_wakes_whoever_waits(broadcast: Broadcast) -> None:
    woken: list[object] = []
    waiting = [
        threading.Thread(target=lambda: woken.append(broadcast.newer(0, 60))),
        threading.Thread(target=lambda: woken.append(broadcast.wait_for_reader(60))),
    ]
    for thread in waiting:
        thread.start()
    broadcast.close()
    for thread in waiting:
        thread.join(5)
    assert sorted(map(str, woken)) == ["False", "None"]
    assert broadcast.join() is None


def test_readers_are_counted_to_a_limit(broadcast: Broadcast) -> None:
    assert [broadcast.join() for _ in range(READERS_MAX + 1)] == [0] * READERS_MAX + [None]
    broadcast.leave()
    assert broadcast.join() == 0


def test_the_rate_is_what_was_published(broadcast: Broadcast) -> None:
    assert broadcast.rate_hz() == 0.0
    began = time.monotonic()
    for _ in range(20):
        broadcast.publish(b"frame")
        time.sleep(0.01)
    assert 19 / (time.monotonic() - began) <= broadcast.rate_hz() <= 100


def test_frames_of_before_are_not_sent_to_a_new_reader(broadcast: Broadcast, url: str) -> None:
    broadcast.publish(b"stale")
    port = int(url.rsplit(":", 1)[1].strip("/"))
    with socket.create_connection(("127.0.0.1", port), timeout=5) as line:
        line.sendall(b"GET / HTTP/1.0\r\n\r\n")
        assert broadcast.wait_for_reader(5)
        head = b""
        while b"\r\n\r\n" not in head:
            head += line.recv(1000)
        broadcast.publish(b"fresh")
        body = b""
        while b"fresh" not in body:
            body += line.recv(1000)
    assert b"stale" not in head + body
