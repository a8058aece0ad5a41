"""Bar codes of goods: read when asked for, exactly, and otherwise not looked for."""

from __future__ import annotations

import numpy as np
import pytest
import zxingcpp

from drivers.address import Engine
from drivers.decode import Format, decode
from drivers.opencv import Picture
from tests.drivers.scenes import flat

F = zxingcpp.BarcodeFormat
FORMATS = {
    F.EAN13: Format.EAN_13,
    F.EAN8: Format.EAN_8,
    F.UPCA: Format.EAN_13,
    F.UPCE: Format.UPC_E,
    F.Code128: Format.CODE_128,
    F.ITF: Format.ITF_14,
    F.DataMatrix: Format.DATA_MATRIX,
}
GS1 = b"010690123456789210ABC\x1d217"
GOODS = {
    "EAN-13": (F.EAN13, "6901234567892", b"6901234567892", "]E0"),
    "EAN-8": (F.EAN8, "96385074", b"96385074", "]E4"),
    "UPC-A": (F.UPCA, "123456789012", b"0123456789012", "]E0"),
    "UPC-E": (F.UPCE, "01234565", b"0012345000065", "]E0"),
    "GS1-128": (F.Code128, "(01)06901234567892(10)ABC(21)7", GS1, "]C1"),
    "GS1 Data Matrix": (F.DataMatrix, "(01)06901234567892(10)ABC(21)7", GS1, "]d2"),
    "Code 128": (F.Code128, "81234567890123456789", b"81234567890123456789", "]C0"),
    "ITF-14": (F.ITF, "16901234567899", b"16901234567899", "]I1"),
    "Data Matrix": (F.DataMatrix, "81234567890123456789", b"81234567890123456789", "]d1"),
}


def bars(symbology: zxingcpp.BarcodeFormat, content: str) -> Picture:
    """The bar code in the middle of a 720p picture."""
    is_gs1 = content.startswith("(01)")
    code = zxingcpp.create_barcode(content, symbology, gs1=is_gs1)
    drawn = zxingcpp.write_barcode_to_image(code, scale=3)
    symbol = np.array(drawn)
    picture = np.full((720, 1280), 230, np.uint8)
    top, left = 360 - symbol.shape[0] // 2, 640 - symbol.shape[1] // 2
    picture[top : top + symbol.shape[0], left : left + symbol.shape[1]] = symbol
    return picture


@pytest.mark.parametrize("name", GOODS)
def test_goods_are_read_when_asked_for_with_their_aim_identifier(name: str) -> None:
    symbology, content, expected, aim = GOODS[name]
    picture = bars(symbology, content)
    [code] = decode(picture, goods=True)
    assert (code.payload, code.symbology, code.rung) == (expected, aim, "goods")
    assert code.format is FORMATS[symbology]
    [turned] = decode(np.rot90(picture), goods=True)
    assert turned.payload == expected


@pytest.mark.parametrize("name", GOODS)
def test_goods_are_not_looked_for_otherwise(name: str) -> None:
    symbology, content, *_ = GOODS[name]
    assert decode(bars(symbology, content)) == []


@pytest.mark.parametrize("name", ["EAN-13", "EAN-8", "UPC-A", "GS1-128", "Code 128", "ITF-14"])
def test_zbar_reads_the_linear_codes_of_goods(name: str) -> None:
    symbology, content, expected, aim = GOODS[name]
    [code] = decode(bars(symbology, content), engine=Engine.PYZBAR, goods=True)
    assert code.payload == expected
    assert code.symbology in (aim, None)


def test_an_itf_code_of_another_length_is_not_believed() -> None:
    for engine in (Engine.ZXING, Engine.PYZBAR):
        assert decode(bars(F.ITF, "1234567890"), engine=engine, goods=True) == []


def test_a_box_shows_its_qr_code_and_its_bar_code_at_once() -> None:
    picture = bars(F.EAN13, "6901234567892")
    code = flat("QR")
    picture[20 : 20 + code.shape[0], 20 : 20 + code.shape[1]] = code
    assert {code.payload for code in decode(picture, goods=True)} == {b"QR", b"6901234567892"}
