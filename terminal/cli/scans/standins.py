"""Pretend devices that say again what was recorded: pseudo-terminals and HTTP cameras.

One rule: bytes and pictures come when they came, and a device that was pulled out is pulled out
again.  Not played: HID scanners, for which Linux lets no program stand in.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import numpy as np

from drivers import camera_url, serial_url
from drivers.address import CAMERA_SCHEMES, SERIAL_SCHEMES
from drivers.opencv import jpeg_of_picture, luma_of_jpeg
from drivers.recording import Entry, Opened, Pictured, Reader, Received, Told
from drivers.scan import LostReason
from terminal.cli.exits import Exit, Stop
from terminal.cli.scans.files import reading
from terminal.demo.recorded_camera import RecordedCamera
from terminal.demo.serial_scanner import LineBroken, SerialScanner

NS = 1_000_000_000
IDLE_SECONDS = 0.1
"""Between pictures before the first recorded one and after the last."""
GREY = 90


class StandIns:
    """The devices of a recording, plugged in on entering."""

    def __init__(self, path: Path) -> None:
        """Raises Stop(CONFIG)."""
        self._path = path
        self.began_ns = 0
        """When the recording began, since 1970 UTC."""
        self.seconds = 0.0
        self.urls: dict[str, str] = {}
        """Where a till finds each device, with its options; once entered."""
        self.left_out: list[str] = []
        """Devices nothing can stand in for."""
        self._originals: dict[str, str] = {}
        self._first: dict[str, bytes] = {}
        with reading(path) as reader:
            self._look(reader)
        self._serials: dict[str, SerialScanner] = {}
        self._cameras: dict[str, RecordedCamera] = {}
        self._newest: dict[str, bytes] = {}
        self._is_playing = threading.Event()
        self._ended = threading.Event()

    def _look(self, reader: Reader) -> None:
        ended_ns = 0
        for entry in reader:
            self.began_ns = self.began_ns or entry.at_ns
            ended_ns = max(ended_ns, entry.at_ns)
            if isinstance(entry.seen, Pictured):
                self._first.setdefault(entry.device, entry.seen.jpeg)
        self.seconds = (ended_ns - self.began_ns) / NS
        self._originals = {name: device.url for name, device in reader.devices.items()}

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            for name, original in sorted(self._originals.items()):
                scheme = original.partition("://")[0]
                if scheme in SERIAL_SCHEMES:
                    scanner = self._serials[name] = stack.enter_context(SerialScanner())
                    self.urls[name] = serial_url(f"{scanner.path}{_options(original, '?')}")
                elif scheme in CAMERA_SCHEMES and name in self._first:
                    camera = self._cameras[name] = stack.enter_context(RecordedCamera())
                    self.urls[name] = camera_url(f"{camera.url}{_options(original, '#')}")
                    self._newest[name] = _empty_like(self._first[name])
                elif original:
                    self.left_out.append(name)
            idle = threading.Thread(target=self._idle)
            idle.start()
            stack.callback(idle.join)
            stack.callback(self._ended.set)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stack.close()

    def play(self) -> None:
        """Once, at the pace of the recording; to be called in a thread.  Raises Stop(FAILED)."""
        self._is_playing.set()
        began = time.monotonic()
        try:
            for entry in self._entries():
                due = began + (entry.at_ns - self.began_ns) / NS
                if self._ended.wait(max(0.0, due - time.monotonic())):
                    return
                self._play(entry)
        except LineBroken as broken:
            raise Stop(Exit.FAILED, f"nobody reads the pretend scanner: {broken}") from broken
        finally:
            self._is_playing.clear()

    def _entries(self) -> Iterator[Entry]:
        with reading(self._path) as reader:
            yield from reader

    def _play(self, entry: Entry) -> None:
        scanner, camera = self._serials.get(entry.device), self._cameras.get(entry.device)
        match entry.seen:
            case Pictured(jpeg) if camera is not None:
                self._newest[entry.device] = jpeg
                camera.show(jpeg)
            case Opened() if camera is not None:
                camera.switch_on()
            case Told(reason=LostReason.GONE) if camera is not None:
                camera.switch_off()
            case Received(data) if scanner is not None and data:
                scanner.send(data, suffix=b"")
            case Opened() if scanner is not None:
                scanner.plug()
            case Told(reason=LostReason.GONE) if scanner is not None:
                scanner.unplug()

    def _idle(self) -> None:
        """Who opens a camera waits for a picture; before the first there is an empty counter."""
        while not self._ended.wait(IDLE_SECONDS):
            if not self._is_playing.is_set():
                for name, camera in self._cameras.items():
                    camera.show(self._newest[name])


def _options(url: str, mark: str) -> str:
    parts = urlsplit(url)
    options = parts.fragment or parts.query
    return f"{mark}{options}" if options else ""


def _empty_like(jpeg: bytes) -> bytes:
    luma = luma_of_jpeg(np.frombuffer(jpeg, np.uint8))
    shape = (720, 1280) if luma is None else luma.shape
    return jpeg_of_picture(np.full(shape, GREY, np.uint8))
