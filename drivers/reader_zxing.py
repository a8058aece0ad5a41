"""zxing-cpp as a `Reader`: the decoder of the live picture.

One rule: `.bytes`, never `.text`, which is a guess at a charset.
"""

from __future__ import annotations

import zxingcpp

from drivers.decode import Binarizer, Found, Rung
from drivers.opencv import Picture

_QR = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCodeModel2)
_GOODS = zxingcpp.BarcodeFormats(
    [
        zxingcpp.BarcodeFormat.EAN13,  # a UPC-A comes out as the EAN-13 it is, with a leading 0
        zxingcpp.BarcodeFormat.EAN8,
        zxingcpp.BarcodeFormat.Code128,
        zxingcpp.BarcodeFormat.ITF14,
        zxingcpp.BarcodeFormat.DataMatrix,
    ]
)
_BINARIZERS = {name: zxingcpp.Binarizer[name.value] for name in Binarizer}

_ITF = "]I"
_ITF14_DIGITS = 14


class ZxingReader:
    every_frame: tuple[str, ...] = ("histogram", "half", "full")
    by_turns: tuple[str, ...] = ("dark", "adaptive", "dim", "sharp")

    def read_qr(self, luma: Picture, rung: Rung) -> list[Found]:
        return _read(
            luma, _QR, _BINARIZERS[rung.binarizer], downscale=rung.downscale, invert=rung.invert
        )

    def read_goods(self, luma: Picture) -> list[Found]:
        codes = _read(luma, _GOODS, zxingcpp.Binarizer.LocalAverage, downscale=True, rotate=True)
        # An ITF symbol cut short is again an ITF symbol: only the length of a GTIN-14 is believed.
        return [
            code
            for code in codes
            if not (code.symbology or "").startswith(_ITF) or len(code.payload) == _ITF14_DIGITS
        ]


def _read(
    luma: Picture,
    formats: zxingcpp.BarcodeFormats,
    binarizer: zxingcpp.Binarizer,
    *,
    downscale: bool,
    invert: bool = False,
    rotate: bool = False,
) -> list[Found]:
    try:
        barcodes = zxingcpp.read_barcodes(
            luma,
            formats=formats,
            binarizer=binarizer,
            try_downscale=downscale,
            try_invert=invert,
            try_rotate=rotate,  # does nothing for QR, which is found at any angle
        )
    except (RuntimeError, ValueError):
        # What the binding makes of a C++ exception.  None was ever seen; a stranger's code must
        # not be the first to take the scanner down.
        return []
    return [_found(barcode) for barcode in barcodes if barcode.valid and barcode.bytes]


def _found(barcode: zxingcpp.Barcode) -> Found:
    place = barcode.position
    return Found(
        bytes(barcode.bytes),
        barcode.symbology_identifier or None,
        (
            (float(place.top_left.x), float(place.top_left.y)),
            (float(place.top_right.x), float(place.top_right.y)),
            (float(place.bottom_right.x), float(place.bottom_right.y)),
            (float(place.bottom_left.x), float(place.bottom_left.y)),
        ),
    )


READER = ZxingReader()
