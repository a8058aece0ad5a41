"""The picture of a slip is drawn from the bytes that print it, and its code is read back."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from drivers.decode import Effort, decode
from terminal.escpos import Print, encode
from terminal.escpos.picture import COLUMN_DOTS, MARGIN_DOTS, NoFont, draw, save
from terminal.receipt import slip_code, slip_number

NUMBER = "20260101010001"


@pytest.mark.parametrize("width", [32, 42, 48])
def test_the_code_on_the_picture_finds_the_sale(tmp_path: Path, width: int) -> None:
    picture = draw(encode(Print(("医保结算票据",), slip_code(NUMBER))), width)
    save(picture, tmp_path / "slip.png")
    read = cv2.imread(str(tmp_path / "slip.png"), cv2.IMREAD_GRAYSCALE)
    assert read is not None
    np.testing.assert_array_equal(read, picture)
    assert read.shape[1] == width * COLUMN_DOTS + 2 * MARGIN_DOTS
    (code,) = decode(read.astype(np.uint8), effort=Effort.LIVE)
    assert slip_number(code.payload) == NUMBER


def test_every_character_has_ink_in_its_own_cell_and_nowhere_else() -> None:
    """The i-th of sixteen wide characters is alone on its row, so that cells cannot mix."""
    for column in range(16):
        for char in "药￥①·—〓é":
            paper = draw(encode(Print(("  " * column + char,))), 32)
            inked = np.flatnonzero((paper == 0).any(axis=0)) - MARGIN_DOTS
            assert inked.size, (char, column)
            left = 2 * column * COLUMN_DOTS
            assert left <= inked.min() <= inked.max() < left + 2 * COLUMN_DOTS, (char, column)


def test_every_ascii_character_has_ink_and_they_differ() -> None:
    drawn = {draw(encode(Print((chr(code),))), 32).tobytes() for code in range(0x21, 0x7F)}
    assert len(drawn) == 0x7F - 0x21
    assert draw(encode(Print((" ",))), 32).min() == 255


def test_without_a_font_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(cv2, "FontFace")
    with pytest.raises(NoFont, match=r"5\.0"):
        draw(b"", 32)
