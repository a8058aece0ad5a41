"""zbar, through pyzbar, as a `Reader`: a second opinion, and the only one without zxing-cpp.

zbar turns a QR code's bytes into UTF-8 by guessing their charset, and pyzbar offers no way to
stop it.  One rule, therefore: a payload that is not plain ASCII is not told, because it may not
be what was encoded.
"""

from __future__ import annotations

from pyzbar.pyzbar import Decoded, ZBarSymbol
from pyzbar.pyzbar import decode as zbar_decode
from pyzbar.pyzbar_error import PyZbarError

from drivers.decode import Format, Found, Seen
from drivers.ladder import Rung
from drivers.opencv import Picture
from drivers.region import Corners

_GOODS = {
    ZBarSymbol.EAN13: "]E0",
    ZBarSymbol.EAN8: "]E4",
    ZBarSymbol.CODE128: None,
    ZBarSymbol.I25: None,
}
"""AIM identifiers, where zbar's answer leaves one choice; it does not tell FNC1."""

_FORMATS = {
    "QRCODE": Format.QR,
    "EAN13": Format.EAN_13,
    "EAN8": Format.EAN_8,
    "CODE128": Format.CODE_128,
    "I25": Format.ITF_14,
}

_ITF14_DIGITS = 14


class ZbarReader:
    name = "zbar"
    # zbar binarizes in its own way, so that "histogram" and "full" are the same to it.
    skips = frozenset({"histogram"})

    def read_qr(self, luma: Picture, rung: Rung) -> Seen:
        found = _read(luma, [ZBarSymbol.QRCODE])
        return Seen(tuple(_found(one, None) for one in found), ())

    def read_goods(self, luma: Picture) -> tuple[Found, ...]:
        return tuple(
            _found(one, _GOODS[ZBarSymbol[one.type]])
            for one in _read(luma, list(_GOODS))
            if one.type != ZBarSymbol.I25.name or len(one.data) == _ITF14_DIGITS
        )


def _read(luma: Picture, symbols: list[ZBarSymbol]) -> list[Decoded]:
    try:
        found = zbar_decode(luma, symbols=symbols)
    except PyZbarError:  # zbar refused the picture, or had no memory
        return []
    wanted = {symbol.name for symbol in symbols}
    return [one for one in found if one.type in wanted and one.data and one.data.isascii()]


def _found(found: Decoded, symbology: str | None) -> Found:
    return Found(bytes(found.data), symbology, _FORMATS[found.type], _corners(found))


def _corners(found: Decoded) -> Corners:
    """The four points zbar gives a QR code; of a bar code it gives scan lines, so its box."""
    points = [(float(point.x), float(point.y)) for point in found.polygon]
    if len(points) == 4:
        return (points[0], points[1], points[2], points[3])
    left, top = float(found.rect.left), float(found.rect.top)
    right, bottom = left + found.rect.width, top + found.rect.height
    return ((left, top), (right, top), (right, bottom), (left, bottom))


READER = ZbarReader()
