"""Pictures, videos and recordings from files, as luma.

One rule: a file is a stranger's.  What OpenCV cannot make a picture of is `NotAPicture`, and no
picture is larger than `drivers.opencv.PIXELS_MAX`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from drivers.opencv import PIXELS_MAX, Picture, cv2, luma_of_jpeg

FILE_BYTES_MAX = 1 << 28
PICTURES = frozenset((".bmp", ".jpeg", ".jpg", ".pgm", ".png", ".tif", ".tiff", ".webp"))
RECORDINGS = frozenset((".mcap",))
VIDEOS = frozenset((".avi", ".mjpg", ".mkv", ".mov", ".mp4", ".webm"))


class NotAPicture(Exception):
    """A file cannot be read as a picture or video.  `str()` is one sentence without its name."""


@dataclass(frozen=True, slots=True)
class Still:
    luma: Picture
    frame: int | None
    """Counts from 0 in a video or recording; None for a picture."""


def stills(path: Path) -> Iterator[Still]:
    """The picture, or the frames of a video or recording in order; a recording may have none.

    Raises   NotAPicture; OSError
    """
    if path.suffix.lower() in RECORDINGS:
        yield from _recorded(path)
    elif path.suffix.lower() in VIDEOS:
        yield from _frames(path)
    else:
        yield Still(_picture(path), None)


def _picture(path: Path) -> Picture:
    if path.stat().st_size > FILE_BYTES_MAX:
        raise NotAPicture(f"it is larger than {FILE_BYTES_MAX} bytes")
    data = np.frombuffer(path.read_bytes(), np.uint8)
    try:
        luma = cv2.imdecode(data, cv2.IMREAD_GRAYSCALE) if data.size else None
    except cv2.error as error:
        raise NotAPicture(f"it has more than {PIXELS_MAX} pixels, or is damaged") from error
    if luma is None:
        raise NotAPicture("it is not a picture")
    return np.asarray(luma, np.uint8)


def _frames(path: Path) -> Iterator[Still]:
    with path.open("rb"):
        pass  # OpenCV only says no; this says why
    video = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
    number = 0
    try:
        while True:
            got, picture = video.read()
            if not got or picture is None or not picture.size:
                break
            yield Still(np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8), number)
            number += 1
    finally:
        video.release()
    if not number:
        raise NotAPicture("it is not a video")


def _recorded(path: Path) -> Iterator[Still]:
    """Of every camera; those that cannot be unfolded are counted and left out."""
    # Loads what pictures do without.
    from drivers.recording import BadFile, Pictured, Reader

    try:
        with Reader(path) as reader:
            pictures = (entry.seen for entry in reader if isinstance(entry.seen, Pictured))
            for number, picture in enumerate(pictures):
                luma = luma_of_jpeg(np.frombuffer(picture.jpeg, np.uint8))
                if luma is not None:
                    yield Still(luma, number)
    except BadFile as bad:
        raise NotAPicture(str(bad)) from bad
