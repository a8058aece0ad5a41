"""Reads a printer's address into typed options.

    tcp://192.168.1.50:9100                       a printer on the network; 9100 is the usual port
    serial:///dev/serial/by-id/usb-…?baud=9600&flow=rtscts
    usb:///dev/usb/lp0                            the device file of a USB printer (Linux, usblp)
    file:///var/lib/gongji/printed.bin            appended to: for tests, and for looking at it

One rule: nothing unknown is ignored.  What has no meaning is `PrinterLost(BAD_URL)` and says which.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NoReturn
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from drivers.address import shown

TCP_PORT = 9100
URL_CHARS_MAX = 2048
BAUDS = (1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200)


class Trouble(StrEnum):
    """Why a printer does not print."""

    BAD_URL = "bad_url"
    MISSING = "missing"
    """Nothing is there under that name or address, or it is switched off."""
    BUSY = "busy"
    """Another program holds it."""
    PERMISSION = "permission"
    GONE = "gone"
    """It was there and went away."""
    HANGS = "hangs"
    """It is there and takes nothing more, or never says that it is done."""
    PAPER_OUT = "paper_out"
    COVER_OPEN = "cover_open"
    JAMMED = "jammed"
    """It says that it has an error: its knife is stuck, or its head too hot."""


class PrinterLost(Exception):
    """A printer does not print, and why."""

    def __init__(self, trouble: Trouble, sentence: str, *, begun: bool = False) -> None:
        """begun  whether some of what was to be printed may be on paper"""
        super().__init__(sentence)
        self.trouble, self.begun = trouble, begun


class Scheme(StrEnum):
    TCP = "tcp"
    SERIAL = "serial"
    USB = "usb"
    FILE = "file"


class Flow(StrEnum):
    """How a serial printer says that it cannot take more."""

    NONE = "none"
    RTSCTS = "rtscts"
    XONXOFF = "xonxoff"


@dataclass(frozen=True, slots=True)
class PrinterAddress:
    url: str
    scheme: Scheme
    place: str
    """A path; of TCP the host."""
    port: int = TCP_PORT
    baud: int = 9600
    flow: Flow = Flow.NONE

    @property
    def answers(self) -> bool:
        """Whether something comes back from there at all."""
        return self.scheme is not Scheme.FILE


def parse_printer(url: str) -> PrinterAddress:
    """Raises PrinterLost(BAD_URL)."""
    if len(url) > URL_CHARS_MAX or not url.isprintable():
        _bad(url[:URL_CHARS_MAX], "it is too long or holds a control character")
    try:
        parts = urlsplit(url)
        port = parts.port
        options = dict(
            parse_qsl(parts.query, keep_blank_values=True, strict_parsing=True)
            if parts.query
            else ()
        )
    except ValueError as wrong:
        _bad(url, str(wrong))
    if "://" not in url or parts.scheme not in list(Scheme):
        _bad(url, f"write one of {', '.join(f'{known}://' for known in Scheme)}")
    if parts.fragment or parts.username is not None:
        _bad(url, "'#' and '@' have no meaning in it")
    scheme = Scheme(parts.scheme)
    if unknown := sorted(set(options) - ({"baud", "flow"} if scheme is Scheme.SERIAL else set())):
        _bad(url, f"there is no option {unknown[0]!r} here")
    if scheme is Scheme.TCP:
        if not parts.hostname or port == 0 or parts.path not in ("", "/"):
            _bad(url, "write tcp://host:9100")
        return PrinterAddress(url, scheme, parts.hostname, TCP_PORT if port is None else port)
    baud, flow = _line(url, options)
    return PrinterAddress(url, scheme, _path(url, parts), baud=baud, flow=flow)


def _path(url: str, parts: SplitResult) -> str:
    path = unquote(parts.path)
    if parts.netloc or not path.startswith("/") or path == "/" or not path.isprintable():
        _bad(url, f"write {parts.scheme}:///the/whole/path, with three slashes")
    return path


def _line(url: str, options: dict[str, str]) -> tuple[int, Flow]:
    baud, flow = options.get("baud", "9600"), options.get("flow", Flow.NONE)
    if baud not in map(str, BAUDS):
        _bad(url, f"baud is one of {', '.join(map(str, BAUDS))}")
    if flow not in list(Flow):
        _bad(url, f"flow is one of {', '.join(Flow)}")
    return int(baud), Flow(flow)


def _bad(url: str, why: str) -> NoReturn:
    sentence = f"The printer address {shown(url)} cannot be used: {why}."
    raise PrinterLost(Trouble.BAD_URL, sentence)
