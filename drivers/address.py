"""Reads a scanner's address into typed options.

    camera:///dev/v4l/by-id/usb-…-video-index0?size=1280x720&fps=30    a V4L2 camera
    camera:///home/shop/clip.mp4                                      a video file, at its own pace
    camera+http://127.0.0.1:8081/stream.mjpg#engine=pyzbar            a web camera
    serial:///dev/serial/by-id/usb-…?baud=9600&framing=auto           a serial port (or serial://COM3)
    socket://192.168.1.40:4001?framing=cr                             a scanner behind a TCP bridge
    rfc2217://192.168.1.40:2217?baud=9600&vendor=honeywell            a port server
    hid:///dev/hidraw0?layout=auto                                    an HID-POS scanner
    wedge:///dev/input/by-id/usb-…-event-kbd                          one that types, grabbed
    loop://                                                           pyserial's loop-back

Options are the query.  Only a web camera takes them after "#": its own query belongs to the
camera and is sent to it unchanged.

One rule: nothing unknown is ignored.  A scheme, an option or a value that does not exist is
`ScannerLost(BAD_URL)` and says which.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NoReturn, TypeVar
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlsplit

from drivers.framing import IDLE_MS_DEFAULT, Framing
from drivers.hid_pos import Layout
from drivers.scan import LostReason, ScannerLost
from drivers.vendors import Vendor

URL_CHARS_MAX = 2048
EXPOSURES_MAX = 4
WEB_SCHEMES = ("http", "https")
CAMERA_SCHEMES = ("camera", "camera+http", "camera+https")
HID_SCHEMES = ("hid", "wedge")
SERIAL_SCHEMES = ("serial", "socket", "rfc2217", "loop")

T = TypeVar("T")


class Engine(StrEnum):
    """Which library reads codes from a picture."""

    AUTO = "auto"
    """zxing-cpp; pyzbar on a machine zxing-cpp has no wheel for."""
    ZXING = "zxing"
    PYZBAR = "pyzbar"


@dataclass(frozen=True, slots=True)
class CameraAddress:
    url: str
    place: str
    """The device or file, absolute; or the web address."""
    is_web: bool
    size: tuple[int, int] = (1280, 720)
    """Width and height to ask a V4L2 camera for; others come in the size they have."""
    fps: int = 30
    """Frames a second to ask a V4L2 camera for."""
    engine: Engine = Engine.AUTO
    exposures: tuple[int, ...] = ()
    """V4L2 exposure times in steps of 100 microseconds, the usual one first; the others are tried
    where nothing is read.  Empty leaves the camera's automatic on."""
    focus: int | None = None
    """The camera's own focus units; None leaves its automatic on."""
    mains_hz: int = 50
    """Of the lamps over the counter: 50, or 60 outside China."""
    goods: bool = False
    """Also read the bar codes of goods."""
    hold_seconds: float = 2.0
    """A payload is reported again after it has been out of view this long."""


@dataclass(frozen=True, slots=True)
class SerialAddress:
    url: str
    place: str
    """The port's path or name, `host:port` of a TCP bridge, or pyserial's own url of the others."""
    scheme: str
    baud: int = 9600
    framing: Framing = Framing.AUTO
    idle_ms: int = IDLE_MS_DEFAULT
    hold_seconds: float = 0.0
    """As for a camera.  Nought by default: two equal boxes scanned in a row are two scans."""
    vendor: Vendor = Vendor.GENERIC
    """Whose commands it takes."""


@dataclass(frozen=True, slots=True)
class HidAddress:
    url: str
    place: str
    """The device's path."""
    scheme: str
    layout: Layout = Layout.AUTO
    """Of an HID-POS scanner's reports; a wedge has none."""
    hold_seconds: float = 0.0
    """As for a serial scanner."""


@dataclass(frozen=True, slots=True)
class _Options:
    """Option names and how to read them; taken one by one, so that what is left is unknown."""

    url: str
    device: str
    given: dict[str, str]
    known: list[str] = field(default_factory=list)

    def take(self, name: str, read: Callable[[str], T], default: T) -> T:
        self.known.append(name)
        text = self.given.pop(name, None)
        if text is None:
            return default
        try:
            return read(text)
        except ValueError as wrong:
            _bad(self.url, f"{name}={text!r} is not a value for a {self.device}: {wrong}", wrong)

    def nothing_left(self) -> None:
        for name in self.given:
            known = ", ".join(self.known)
            _bad(self.url, f"a {self.device} has no option {name!r}; it has {known}")


def camera_url(text: str) -> str:
    """A camera's url, from what a person may type.

    text     `camera://…`, `camera+http://…`, `http://…`, `/dev/video0`, `0` (for /dev/video0), or a
             file's path, which may be relative; a device or file may be followed by `?option=value`
    Raises   ScannerLost(BAD_URL)
    """
    if text.startswith(tuple(f"{scheme}://" for scheme in WEB_SCHEMES)):
        text = f"camera+{text}"
    elif text.isascii() and text.isdigit() and len(text) <= 3:
        text = f"camera:///dev/video{int(text)}"
    elif "://" not in text and text:
        path, mark, options = text.partition("?")
        text = f"camera://{quote(os.path.abspath(os.path.expanduser(path)))}{mark}{options}"
    return parse_camera(text).url


def serial_url(text: str) -> str:
    """A serial scanner's url, from what a person may type.

    text     `serial://…`, `socket://…`, `rfc2217://…`, `loop://`, `/dev/ttyACM0` or `COM3`; a port
             may be followed by `?option=value`.  Also `hid://…` and `wedge://…`, which are scanners
             on the same cable in another mode
    Raises   ScannerLost(BAD_URL)
    """
    if text.startswith(tuple(f"{scheme}://" for scheme in HID_SCHEMES)):
        return parse_hid(text).url
    if "://" not in text and text:
        port, mark, options = text.partition("?")
        text = f"serial://{quote(port)}{mark}{options}"
    return parse_serial(text).url


def parse_camera(url: str) -> CameraAddress:
    """Raises ScannerLost(BAD_URL)."""
    parts = _split(url, CAMERA_SCHEMES)
    is_web = parts.scheme != "camera"
    options = _Options(url, "camera", _options(url, parts.fragment if is_web else parts.query))
    address = CameraAddress(
        url,
        _web_place(url, parts) if is_web else _camera_path(url, parts),
        is_web,
        options.take("size", _size, (1280, 720)),
        options.take("fps", _whole(1, 240), 30),
        options.take("engine", _choice({name.value: name for name in Engine}), Engine.AUTO),
        options.take("exposure", _several(_whole(1, 100_000), EXPOSURES_MAX), ()),
        options.take("focus", _whole(0, 100_000), None),
        options.take("mains", _choice({"50": 50, "60": 60}), 50),
        options.take("goods", _choice({"0": False, "1": True}), False),
        options.take("hold", _seconds(60.0), 2.0),
    )
    options.nothing_left()
    return address


def parse_serial(url: str) -> SerialAddress:
    """Raises ScannerLost(BAD_URL)."""
    parts = _split(url, SERIAL_SCHEMES)
    options = _Options(url, "serial scanner", _options(url, parts.query))
    address = SerialAddress(
        url,
        _serial_place(url, parts),
        parts.scheme,
        options.take("baud", _whole(50, 4_000_000), 9600),
        options.take("framing", _choice({name.value: name for name in Framing}), Framing.AUTO),
        options.take("idle_ms", _whole(10, 5_000), IDLE_MS_DEFAULT),
        options.take("hold", _seconds(60.0), 0.0),
        options.take("vendor", _choice({name.value: name for name in Vendor}), Vendor.GENERIC),
    )
    options.nothing_left()
    return address


def parse_hid(url: str) -> HidAddress:
    """Raises ScannerLost(BAD_URL)."""
    parts = _split(url, HID_SCHEMES)
    options = _Options(url, "HID scanner", _options(url, parts.query))
    if parts.netloc or parts.fragment or not parts.path.strip("/"):
        _bad(url, "write hid:///dev/hidraw0 or wedge:///dev/input/by-id/usb-…-event-kbd")
    layout = Layout.AUTO
    if parts.scheme == "hid":
        layouts = {name.value: name for name in Layout}
        layout = options.take("layout", _choice(layouts), Layout.AUTO)
    hold_seconds = options.take("hold", _seconds(60.0), 0.0)
    options.nothing_left()
    return HidAddress(url, _printable(url, unquote(parts.path)), parts.scheme, layout, hold_seconds)


def shown(place: str) -> str:
    """A place in quotes, fit for a sentence: control characters escaped, no user or password."""
    return ascii(re.sub(r"(?<=//)[^/@]*@", "", place))


def without_secrets(url: str) -> str:
    """A scanner's url, fit to be kept: a web address may hold a password, or a key in its query.

    Options of ours are all there; with them a recording is read as the device was.
    """
    parts = urlsplit(url)
    if parts.scheme in HID_SCHEMES or not parts.netloc:
        return url
    query = "" if parts.scheme in CAMERA_SCHEMES else parts.query
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query=query).geturl()


def device_file(url: str) -> str:
    """Of a device on this machine, such as /dev/ttyACM0; "" for an address that names none."""
    parts = urlsplit(url)
    return "" if parts.netloc or not parts.path.startswith("/") else unquote(parts.path)


def _split(url: str, schemes: tuple[str, ...]) -> SplitResult:
    if len(url) > URL_CHARS_MAX:
        _bad(url[:80], f"it is longer than {URL_CHARS_MAX} characters")
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  # reading it is what checks it
    except ValueError as wrong:
        _bad(url, str(wrong), wrong)
    if "://" not in url or parts.scheme not in schemes:
        bad_scheme(url)
    return parts


def bad_scheme(url: str) -> NoReturn:
    """Raises ScannerLost(BAD_URL)."""
    scheme = url.partition("://")[0] if "://" in url else ""
    known = ", ".join(f"{name}://" for name in CAMERA_SCHEMES + SERIAL_SCHEMES + HID_SCHEMES)
    _bad(url, f"there is no driver for {shown(scheme)}; there are {known}")


def _camera_path(url: str, parts: SplitResult) -> str:
    if parts.netloc or not parts.path.startswith("/") or parts.fragment or parts.path == "/":
        _bad(url, "write camera:///dev/video0 or camera:///path/clip.mp4, or camera+http://host/…")
    return _printable(url, unquote(parts.path))


def _web_place(url: str, parts: SplitResult) -> str:
    if not parts.hostname:
        _bad(url, "it names no host")
    scheme = parts.scheme.removeprefix("camera+")
    return _printable(url, parts._replace(scheme=scheme, fragment="").geturl())


def _serial_place(url: str, parts: SplitResult) -> str:
    if parts.fragment:
        _bad(url, f"'#{parts.fragment}' has no meaning for a serial scanner")
    if parts.scheme == "loop":
        place, fits = "loop://", not parts.netloc and not parts.path
    elif parts.scheme == "socket":
        place, fits = parts.netloc, _is_host_and_port(parts)
    elif parts.scheme == "rfc2217":
        place, fits = f"rfc2217://{parts.netloc}", _is_host_and_port(parts)
    else:
        place, fits = unquote(parts.netloc + parts.path), bool(parts.netloc) != bool(parts.path)
    if not fits:
        _bad(
            url,
            "write serial:///dev/ttyACM0, serial://COM3, socket://host:port, rfc2217://host:port or loop://",
        )
    return _printable(url, place)


def _is_host_and_port(parts: SplitResult) -> bool:
    return bool(parts.hostname and parts.port and not parts.path)


def _printable(url: str, place: str) -> str:
    if not place.isprintable():
        _bad(url, "it contains a control character")
    return place


def _options(url: str, query: str) -> dict[str, str]:
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query))
    except ValueError as wrong:
        _bad(url, str(wrong), wrong)
    given = dict(pairs)
    if len(given) != len(pairs):
        _bad(url, "an option is given twice")
    return given


def _whole(least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not (text.isascii() and text.isdigit() and least <= int(text) <= most):
            raise ValueError(f"a whole number from {least} to {most}")
        return int(text)

    return read


def _several(read: Callable[[str], T], most: int) -> Callable[[str], tuple[T, ...]]:
    def read_all(text: str) -> tuple[T, ...]:
        words = text.split(",")
        if len(words) > most:
            raise ValueError(f"at most {most} of them")
        return tuple(read(word) for word in words)

    return read_all


def _seconds(most: float) -> Callable[[str], float]:
    def read(text: str) -> float:
        if not re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,3})?", text) or float(text) > most:
            raise ValueError(f"seconds from 0 to {most:g}")
        return float(text)

    return read


def _size(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"([1-9][0-9]{1,3})x([1-9][0-9]{1,3})", text, re.ASCII)
    if match is None:
        raise ValueError("width x height, as in 1280x720")
    return int(match[1]), int(match[2])


def _choice(choices: Mapping[str, T]) -> Callable[[str], T]:
    def read(text: str) -> T:
        if text not in choices:
            raise ValueError(f"one of {', '.join(choices)}")
        return choices[text]

    return read


def _bad(url: str, why: str, cause: Exception | None = None) -> NoReturn:
    sentence = f"The scanner address {shown(url)} cannot be used: {why}."
    raise ScannerLost(LostReason.BAD_URL, url, sentence) from cause
