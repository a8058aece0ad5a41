"""OpenCV, made fit for a program that owns the screen.

Import `cv2` from here and nowhere else: OpenCV and FFmpeg read their settings from the
environment while they load.

One rule: nothing of theirs reaches stderr, which a terminal screen shares.  Three writers are
silenced: OpenCV's log, FFmpeg's log, and libjpeg, which prints "Corrupt JPEG data" straight to C's
`stderr` for every damaged frame of a camera.
"""

from __future__ import annotations

import ctypes
import os
import platform
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

PIXELS_MAX = 1 << 25
JPEG_BYTES_MAX = 1 << 24
JPEG_QUALITY = 95
"""Of what is written.  From 50 on every decoder read the same of the easy scenes tried."""

_SETTINGS = {
    "OPENCV_LOG_LEVEL": "SILENT",
    "OPENCV_FFMPEG_LOGLEVEL": "-8",  # AV_LOG_QUIET
    # Whole seconds that one V4L2 read may block (OpenCV's own default is 10).  One, because
    # whoever closes the camera waits for it.
    "OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT": "1",
    # What a picture may unfold to: a web camera's JPEG is not ours.
    "OPENCV_IO_MAX_IMAGE_PIXELS": str(PIXELS_MAX),
    # A camera on the shop's network is never behind a proxy; FFmpeg would obey $http_proxy.
    "OPENCV_FFMPEG_CAPTURE_OPTIONS": "http_proxy;none",
}
for _name, _value in _SETTINGS.items():
    os.environ.setdefault(_name, _value)

import cv2  # noqa: E402  # reads the settings above

cv2.setNumThreads(1)  # a pool that spins between frames costs more than it gives
cv2.utils.logging.setLogLevel(
    cv2.utils.logging.LOG_LEVEL_SILENT
)  # in case something loaded OpenCV before

Picture: TypeAlias = NDArray[np.uint8]

__all__ = ["Picture", "cv2", "jpeg_of_picture", "luma_of_jpeg", "picture_of_jpeg"]


def luma_of_jpeg(jpeg: Picture, reduce: int = 1) -> Picture | None:
    """A camera's JPEG as luma.

    jpeg     the bytes, in any shape
    reduce   1 for full size, 8 for an eighth in each direction (much cheaper than shrinking later)
    Returns  (H, W); None when it is no picture, as after a short USB transfer
    """
    if not 4 <= jpeg.size <= JPEG_BYTES_MAX:
        return None
    flags = {1: cv2.IMREAD_GRAYSCALE, 8: cv2.IMREAD_REDUCED_GRAYSCALE_8}[reduce]
    try:
        with _C_STDERR.silenced():
            luma = cv2.imdecode(jpeg, flags)
    except cv2.error:
        return None
    return None if luma is None else np.asarray(luma, np.uint8)


def picture_of_jpeg(jpeg: Picture) -> Picture | None:
    """A JPEG in its colours, (H, W, 3) BGR, to be painted on; None when it is no picture."""
    if not 4 <= jpeg.size <= JPEG_BYTES_MAX:
        return None
    try:
        with _C_STDERR.silenced():
            picture = cv2.imdecode(jpeg, cv2.IMREAD_COLOR)
    except cv2.error:
        return None
    return None if picture is None else np.asarray(picture, np.uint8)


def jpeg_of_picture(picture: Picture) -> bytes:
    """A picture, (H, W) luma or (H, W, 3) BGR, as a JPEG that hides no code."""
    done, jpeg = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    assert done, picture.shape
    return jpeg.tobytes()


class _CStandardError:
    """C's `stderr` variable, pointed at /dev/null for the length of a call.

    File descriptor 2 stays as it is: Textual draws through it, from another thread, meanwhile.
    Only glibc lets the variable be changed; elsewhere this does nothing.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0
        self._variable: ctypes.c_void_p | None = None
        if platform.libc_ver()[0] != "glibc":
            return
        program = ctypes.CDLL(None)
        program.fopen.restype = ctypes.c_void_p
        program.fopen.argtypes = [ctypes.c_char_p, ctypes.c_char_p]
        self._null = program.fopen(os.devnull.encode(), b"we")
        if self._null:
            self._variable = ctypes.c_void_p.in_dll(program, "stderr")
            self._real = self._variable.value

    @contextmanager
    def silenced(self) -> Iterator[None]:
        variable = self._variable
        if variable is None:
            yield
            return
        with self._lock:
            self._users += 1
            variable.value = self._null
        try:
            yield
        finally:
            with self._lock:
                self._users -= 1
                if self._users == 0:
                    variable.value = self._real


_C_STDERR = _CStandardError()
