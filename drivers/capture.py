"""Frames from a V4L2 camera, a web camera or a video file, through OpenCV.

One rule: only a frame proves that a camera works.  `isOpened()` stays true after the cable is
pulled, and is true for a device that will never deliver.

A camera's JPEG is kept as it came (`CAP_PROP_CONVERT_RGB=0` for V4L2, `CAP_PROP_FORMAT=-1` for
FFmpeg): unfolding it to luma alone takes half the time of unfolding it to colours first, and most
frames are only wanted small.
"""

from __future__ import annotations

import os
import socket
import stat
import threading
import time
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

import numpy as np

from drivers.address import CameraAddress, shown
from drivers.gate import THUMBNAIL_SHRINK
from drivers.opencv import Picture, cv2, luma_of_jpeg
from drivers.scan import REASONS, LostReason, ScannerLost
from drivers.tap import Pictured, Unpacked
from drivers.v4l2 import steady, why_not

FIRST_FRAME_SECONDS = 3.0
"""How long a camera may take to start its stream."""
STALL_SECONDS = 1.5
"""Without a frame for this long a camera is lost.  Below 2 s by what it takes to notice."""
WEB_OPEN_MS = 800
WEB_READ_MS = 700
PROBE_SECONDS = 0.5
REFUSED_WAIT_SECONDS = 0.02
FPS_MAX = 240.0
FPS_UNKNOWN = 30.0
BUFFERS = 2
"""V4L2 buffers to ask for.  One would leave a driver that takes it at its word nowhere to put the
next frame; more than two only make a queue of old ones."""
JPEG_FORMATS = ("MJPG", "JPEG")
V4L2_EXPOSURE_MANUAL = 1


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture, not yet unfolded."""

    number: int
    """Counts from 1 within one opening of the camera."""
    at: float
    """Capture time, seconds of `time.monotonic`; of a video file, when it was due."""
    raw: Picture
    """A JPEG's bytes, or (H, W, 3) BGR, or (H, W) luma."""
    is_jpeg: bool

    def thumbnail(self) -> Picture | None:
        """Luma at an eighth of the size; None for a damaged picture."""
        if self.is_jpeg:
            return luma_of_jpeg(self.raw, reduce=THUMBNAIL_SHRINK)
        picture = self.raw if self.raw.ndim == 2 else self.raw[:, :, 1]
        height, width = picture.shape
        if min(height, width) < THUMBNAIL_SHRINK:
            return None
        size = (width // THUMBNAIL_SHRINK, height // THUMBNAIL_SHRINK)
        small = cv2.resize(np.ascontiguousarray(picture), size, interpolation=cv2.INTER_AREA)
        return np.asarray(small, np.uint8)

    def seen(self) -> Pictured | Unpacked:
        """For a recording."""
        return Pictured(self.raw.tobytes()) if self.is_jpeg else Unpacked(self.raw)

    def luma(self) -> Picture | None:
        """(H, W); None for a damaged picture."""
        if self.is_jpeg:
            return luma_of_jpeg(self.raw)
        if self.raw.ndim == 2:
            return self.raw
        return np.asarray(cv2.cvtColor(self.raw, cv2.COLOR_BGR2GRAY), np.uint8)


def jpeg_array(jpeg: bytes) -> Picture:
    """As `Frame.raw` has it."""
    return np.frombuffer(jpeg, np.uint8)


class Capture(Protocol):
    """An open camera.  Used by one thread only."""

    detail: str
    """What it delivers, for people: size, format, rate."""
    ends: bool
    """Whether running out of frames is the end (a file) or a loss (a camera)."""

    def next(self, stopping: threading.Event) -> Frame | None:
        """The next frame; None when there will be none, or when stopping."""

    def expose(self, exposure: int) -> None:
        """Another exposure time, from one of the next frames on; nothing where it cannot be set."""

    def close(self) -> None: ...


def open_capture(address: CameraAddress) -> Capture:
    """Raises ScannerLost.  What it returns has yet to prove itself by a frame."""
    if address.is_web:
        return _open_web(address)
    try:
        mode = os.stat(address.place).st_mode
        os.close(os.open(address.place, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY))
    except OSError as error:
        reason = REASONS.get(error.errno or 0, LostReason.NOT_A_SCANNER)
        raise camera_lost(reason, address) from error
    if stat.S_ISREG(mode):
        return _open_file(address)
    if stat.S_ISCHR(mode):
        return _open_device(address)
    raise camera_lost(LostReason.NOT_A_SCANNER, address)


class LiveCapture:
    """A camera, by either of OpenCV's back ends."""

    ends = False

    def __init__(self, video: cv2.VideoCapture, address: CameraAddress, is_jpeg: bool) -> None:
        self._video = video
        self._is_jpeg = is_jpeg
        self._device = None if address.is_web else address.place
        self._number = 0
        self._last_at = time.monotonic()
        self.detail = _detail(video)

    def next(self, stopping: threading.Event) -> Frame | None:
        # FFmpeg's connection is dead after one failure.  A V4L2 handle lives on after a pause, and
        # when its device is gone refuses at once, again and again.
        while not stopping.is_set():
            frame = self._grab()
            if frame is not None or self._device is None or not os.path.exists(self._device):
                return frame
            limit = STALL_SECONDS if self._number else FIRST_FRAME_SECONDS
            if time.monotonic() - self._last_at >= limit or stopping.wait(REFUSED_WAIT_SECONDS):
                return None
        return None

    def _grab(self) -> Frame | None:
        if not self._video.grab():
            return None
        now = time.monotonic()
        got, raw = self._video.retrieve()
        if not got or raw is None or not raw.size:
            return None
        self._number += 1
        self._last_at = now
        return Frame(self._number, self._captured_at(now), np.asarray(raw, np.uint8), self._is_jpeg)

    def _captured_at(self, now: float) -> float:
        """V4L2 stamps its buffers by the same clock; of a stream the number is its position."""
        if self._device is None:
            return now
        stamp = float(self._video.get(cv2.CAP_PROP_POS_MSEC)) / 1000
        return stamp if now - 1.0 <= stamp <= now else now

    def expose(self, exposure: int) -> None:
        if self._device is not None:
            self._video.set(cv2.CAP_PROP_EXPOSURE, exposure)

    def close(self) -> None:
        self._video.release()


class FileCapture:
    """A video file, at the pace it was filmed."""

    ends = True

    def __init__(self, video: cv2.VideoCapture) -> None:
        self._video = video
        fps = float(video.get(cv2.CAP_PROP_FPS))
        self._fps = fps if 0 < fps <= FPS_MAX else FPS_UNKNOWN
        self._number = 0
        self._started_at = time.monotonic()
        self.detail = _detail(video)

    def next(self, stopping: threading.Event) -> Frame | None:
        due_at = self._started_at + self._number / self._fps
        if stopping.wait(max(0.0, due_at - time.monotonic())):
            return None
        got, picture = self._video.read()
        if not got or picture is None or not picture.size:
            return None
        self._number += 1
        return Frame(self._number, due_at, np.asarray(picture, np.uint8), is_jpeg=False)

    def expose(self, exposure: int) -> None:
        return  # it was filmed as it is

    def close(self) -> None:
        self._video.release()


def _open_web(address: CameraAddress) -> Capture:
    limits = {
        cv2.CAP_PROP_OPEN_TIMEOUT_MSEC: WEB_OPEN_MS,
        cv2.CAP_PROP_READ_TIMEOUT_MSEC: WEB_READ_MS,
        cv2.CAP_PROP_N_THREADS: 1,  # each more would keep one more frame back
    }
    video = _opened(address.place, cv2.CAP_FFMPEG, limits)
    if video is None:
        raise camera_lost(_why_no_stream(address), address)
    is_jpeg = _fourcc(video) in JPEG_FORMATS and bool(video.set(cv2.CAP_PROP_FORMAT, -1))
    return LiveCapture(video, address, is_jpeg)


def _open_file(address: CameraAddress) -> Capture:
    video = _opened(address.place, cv2.CAP_FFMPEG, {cv2.CAP_PROP_N_THREADS: 1})
    if video is None:
        raise camera_lost(LostReason.NOT_A_SCANNER, address)
    return FileCapture(video)


def _open_device(address: CameraAddress) -> Capture:
    video = _opened(address.place, cv2.CAP_V4L2, {})
    if video is None:
        raise camera_lost(why_not(address.place), address)
    width, height = address.size
    # In this order: the format decides which sizes there are, the size which rates.
    video.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
    video.set(cv2.CAP_PROP_FRAME_WIDTH, width)
    video.set(cv2.CAP_PROP_FRAME_HEIGHT, height)
    video.set(cv2.CAP_PROP_FPS, address.fps)
    video.set(cv2.CAP_PROP_BUFFERSIZE, BUFFERS)
    refused = []
    steady(address.place, address.mains_hz)
    if address.exposures:
        video.set(cv2.CAP_PROP_AUTO_EXPOSURE, V4L2_EXPOSURE_MANUAL)
        if not video.set(cv2.CAP_PROP_EXPOSURE, address.exposures[0]):
            refused.append("exposure")
    if address.focus is not None:
        video.set(cv2.CAP_PROP_AUTOFOCUS, 0)
        if not video.set(cv2.CAP_PROP_FOCUS, address.focus):
            refused.append("focus")
    # A camera that has no JPEG sends another format; OpenCV then makes BGR of it.
    is_jpeg = _fourcc(video) in JPEG_FORMATS and bool(video.set(cv2.CAP_PROP_CONVERT_RGB, 0))
    capture = LiveCapture(video, address, is_jpeg)
    capture.detail += "".join(f"; it does not take the {name} asked for" for name in refused)
    return capture


def _opened(place: str, back_end: int, options: dict[int, int]) -> cv2.VideoCapture | None:
    flat = [number for option in options.items() for number in option]
    video = cv2.VideoCapture(place, back_end, flat)
    if video.isOpened():
        return video
    video.release()
    return None


def _fourcc(video: cv2.VideoCapture) -> str:
    code = int(video.get(cv2.CAP_PROP_FOURCC)) & 0xFFFFFFFF
    return code.to_bytes(4, "little").decode("ascii", "replace")


def _detail(video: cv2.VideoCapture) -> str:
    """What was got, which is not always what was asked for."""
    width = int(video.get(cv2.CAP_PROP_FRAME_WIDTH))
    height = int(video.get(cv2.CAP_PROP_FRAME_HEIGHT))
    fps = float(video.get(cv2.CAP_PROP_FPS))
    return f"{width}x{height} {shown(_fourcc(video))}, {fps:g} frames a second"


# --- why a camera cannot be used -------------------------------------------------------------

_SENTENCES = {
    LostReason.MISSING: "There is no camera at {place}: check its cable and its address.",
    LostReason.BUSY: "The camera at {place} is in use by another program: close that program.",
    LostReason.PERMISSION: (
        "This user may not open {place}: for a camera, add the user to the group video and log in"
        " again; for a file, check who may read it."
    ),
    LostReason.NOT_A_SCANNER: "{place} delivers no video: check the camera's address.",
    LostReason.GONE: (
        "The camera at {place} went away: check its cable; it is used again as soon as it is back."
    ),
    LostReason.STALLED: (
        "The camera at {place} sends no pictures: check its cable, and that no other program uses"
        " it; it is used again as soon as pictures come."
    ),
    LostReason.NO_DECODER: (
        "The pictures of {place} cannot be read: install zxing-cpp, or pyzbar and libzbar."
    ),
}


def camera_lost(reason: LostReason, address: CameraAddress) -> ScannerLost:
    """The sentence for one camera and one reason."""
    return ScannerLost(reason, address.url, _SENTENCES[reason].format(place=shown(address.place)))


def _why_no_stream(address: CameraAddress) -> LostReason:
    """FFmpeg only says no; whether anybody listens there tells the two cases apart."""
    parts = urlsplit(address.place)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        socket.create_connection((parts.hostname, port), timeout=PROBE_SECONDS).close()
    except OSError:
        return LostReason.MISSING
    return LostReason.NOT_A_SCANNER
