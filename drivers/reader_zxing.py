"""zxing-cpp as a `Reader`: the decoder of the live picture.

One rule: `.bytes`, never `.text`, which is a guess at a charset.
"""

from __future__ import annotations

import zxingcpp

from drivers.decode import Format, Found, Seen
from drivers.ladder import Binarizer, Rung
from drivers.opencv import Picture
from drivers.region import Corners

_QR = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCodeModel2)
_FORMATS = {
    zxingcpp.BarcodeFormat.QRCode: Format.QR,  # what a model 2 is told as
    zxingcpp.BarcodeFormat.EAN13: Format.EAN_13,
    zxingcpp.BarcodeFormat.UPCA: Format.EAN_13,  # told with its leading 0
    zxingcpp.BarcodeFormat.UPCE: Format.UPC_E,  # told expanded to 13 digits
    zxingcpp.BarcodeFormat.EAN8: Format.EAN_8,
    zxingcpp.BarcodeFormat.Code128: Format.CODE_128,
    zxingcpp.BarcodeFormat.ITF: Format.ITF_14,
    zxingcpp.BarcodeFormat.ITF14: Format.ITF_14,
    zxingcpp.BarcodeFormat.DataMatrix: Format.DATA_MATRIX,
}
_GOODS = zxingcpp.BarcodeFormats(
    [
        zxingcpp.BarcodeFormat.EAN13,
        zxingcpp.BarcodeFormat.UPCE,
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
    name = "zxing"
    skips: frozenset[str] = frozenset()

    def read_qr(self, luma: Picture, rung: Rung) -> Seen:
        barcodes = _read(
            luma,
            _QR,
            _BINARIZERS[rung.binarizer],
            downscale=rung.downscale,
            invert=rung.invert,
            errors=True,
        )
        return Seen(
            tuple(_found(barcode) for barcode in barcodes if _is_read(barcode)),
            tuple(_corners(barcode) for barcode in barcodes if not barcode.valid),
        )

    def read_goods(self, luma: Picture) -> tuple[Found, ...]:
        barcodes = _read(luma, _GOODS, zxingcpp.Binarizer.LocalAverage, downscale=True, rotate=True)
        codes = [_found(barcode) for barcode in barcodes if _is_read(barcode)]
        # An ITF symbol cut short is again an ITF symbol: only the length of a GTIN-14 is believed.
        return tuple(
            code
            for code in codes
            if not (code.symbology or "").startswith(_ITF) or len(code.payload) == _ITF14_DIGITS
        )


def _read(
    luma: Picture,
    formats: zxingcpp.BarcodeFormats,
    binarizer: zxingcpp.Binarizer,
    *,
    downscale: bool,
    invert: bool = False,
    rotate: bool = False,
    errors: bool = False,
) -> list[zxingcpp.Barcode]:
    try:
        barcodes: list[zxingcpp.Barcode] = zxingcpp.read_barcodes(
            luma,
            formats=formats,
            binarizer=binarizer,
            try_downscale=downscale,
            try_invert=invert,
            try_rotate=rotate,  # does nothing for QR, which is found at any angle
            return_errors=errors,
        )
    except (RuntimeError, ValueError):
        # What the binding makes of a C++ exception.  None was ever seen; a stranger's code must
        # not be the first to take the scanner down.
        return []
    return barcodes


def _is_read(barcode: zxingcpp.Barcode) -> bool:
    return bool(barcode.valid and barcode.bytes and barcode.format in _FORMATS)


def _found(barcode: zxingcpp.Barcode) -> Found:
    symbology = barcode.symbology_identifier or None
    return Found(bytes(barcode.bytes), symbology, _FORMATS[barcode.format], _corners(barcode))


def _corners(barcode: zxingcpp.Barcode) -> Corners:
    place = barcode.position
    return (
        (float(place.top_left.x), float(place.top_left.y)),
        (float(place.top_right.x), float(place.top_right.y)),
        (float(place.bottom_right.x), float(place.bottom_right.y)),
        (float(place.bottom_left.x), float(place.bottom_left.y)),
    )


READER = ZxingReader()
