"""Rows of text and a code to the bytes that print them.  Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import segno

from terminal.escpos.commands import (
    ESC_CENTRE,
    ESC_FEED,
    ESC_INIT,
    ESC_LEFT,
    ESC_PULSE,
    FS_CHINESE,
    GS_CUT,
    GS_RASTER,
    LF,
    NUL,
    PULSE_TIMES,
    RASTER_DOUBLE,
)
from terminal.text import visible

ROWS_MAX = 5_000
"""More than the largest sale; that is twenty metres of paper."""
ROW_CHARS_MAX = 200
MODULE_BITS = 3
"""Of a code's module.  Doubled by the printer to 6 dots, 0.75 mm: a camera reads it easily.

With more than one bit no byte of a picture is 0x10: a printer would take that for the beginning
of a real-time command, which it obeys inside a picture too.
"""
RASTER_BYTES_MAX = 1_024
TEAR_OFF_ROWS = 4
"""From the print head to the edge the paper is torn at."""

LACKING = "〓"
"""What Chinese and Japanese printers set for a character they have not; two columns, as it."""
_REPLACED = str.maketrans({"¥": "￥"})
"""U+00A5 is not in GBK, and in GB18030 has four bytes, which many printers do not know."""


class Charset(StrEnum):
    GBK = "gbk"
    """Every printer sold in China: one byte, or two."""
    GB18030 = "gb18030"
    """Also the characters of four bytes, such as 䶮 in a name."""


class Drawer(StrEnum):
    """Where the cash drawer is plugged in: the pin of the printer's socket that opens it."""

    NONE = "none"
    PIN_2 = "pin2"
    PIN_5 = "pin5"


@dataclass(frozen=True, slots=True)
class Print:
    """One piece of paper."""

    rows: tuple[str, ...]
    """Laid out: no row wider than the paper, a character taking `columns`."""
    code: str = ""
    """Printed as a QR code below the rows; "" prints none.  Letters, digits: ASCII."""


def encode(paper: Print, charset: Charset = Charset.GBK, *, cuts: bool = True) -> bytes:
    """The bytes that print it, from a printer's every state but the middle of a command.

    cuts  whether the printer has a knife; else the paper is fed to where it is torn off
    """
    assert len(paper.rows) <= ROWS_MAX
    text = b"".join(_characters(row, charset) + LF for row in paper.rows)
    code = LF + ESC_CENTRE + _raster(paper.code) + LF + ESC_LEFT if paper.code else b""
    end = GS_CUT if cuts else ESC_FEED + bytes([TEAR_OFF_ROWS])
    return ESC_INIT + FS_CHINESE + text + code + end


def columns(text: str) -> int:
    """How many columns a printer takes for `text`: one for each ASCII character, two for any
    other, whatever a screen would say ("·", "①" and "é" have two bytes in GBK)."""
    return sum(1 if char.isascii() else 2 for char in text)


def pulse(drawer: Drawer) -> bytes:
    """Opens the drawer; b"" where there is none."""
    if drawer is Drawer.NONE:
        return b""
    return ESC_PULSE + bytes([drawer is Drawer.PIN_5]) + PULSE_TIMES


def resync() -> bytes:
    """Sent before anything else to a printer that may have been cut off in the middle of a
    command: ends whatever it waits for, and prints at most the rest of a row."""
    return NUL * RASTER_BYTES_MAX + LF


def _characters(row: str, charset: Charset) -> bytes:
    return b"".join(_character(char, charset) for char in visible(row, ROW_CHARS_MAX))


def _character(char: str, charset: Charset) -> bytes:
    try:
        return char.translate(_REPLACED).encode(charset)
    except UnicodeEncodeError:
        return LACKING.encode(charset)


def _raster(text: str) -> bytes:
    """A QR code as a picture.  Level Q: still read with a quarter of it faded or creased."""
    made = segno.make(text, micro=False, error="q", boost_error=False)
    modules = [[bool(module) for module in row] for row in made.matrix]
    dots = [_packed([bit for bit in row for _ in range(MODULE_BITS)]) for row in modules]
    data = b"".join(row * MODULE_BITS for row in dots)
    assert len(data) <= RASTER_BYTES_MAX
    size = len(dots[0]).to_bytes(2, "little") + (len(dots) * MODULE_BITS).to_bytes(2, "little")
    return GS_RASTER + bytes([RASTER_DOUBLE]) + size + data


def _packed(bits: list[bool]) -> bytes:
    """Eight to a byte, the first the highest, filled up with white."""
    padded = bits + [False] * (-len(bits) % 8)
    eights = [padded[i : i + 8] for i in range(0, len(padded), 8)]
    return bytes(sum(bit << 7 - i for i, bit in enumerate(eight)) for eight in eights)
