"""What a printer does, drawn as on its paper.

The font is the one OpenCV brings with it since 5.0, so that a picture is the same on every
machine.  A real printer has its own; cells, rows and the code are where they are here.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from cv2.typing import MatLike

from terminal.escpos.encoding import columns
from terminal.escpos.reading import Cut, Deed, Feed, Raster, Row, deeds

COLUMN_DOTS = 12
"""Of the printer's usual font; 203 dots to the inch."""
ROW_DOTS = 30
BASELINE_DOTS = 22
LETTER_DOTS = 22
MARGIN_DOTS = 24
INK_BELOW = 150
"""A dot is burnt or it is not: of the font's soft edges, what is darker than this."""
PAPER = 255
PICTURE_ROWS_MAX = 30_000


class NoFont(Exception):
    """OpenCV is older than 5.0 and has no font with Chinese characters."""


def draw(data: bytes, width: int) -> MatLike:
    """The paper `data` prints: (H, W) uint8, 0 ink, 255 paper, one pixel a dot.

    width  of the paper's printed part, columns
    Raises NoFont; NotEscPos where the data is not what we print
    """
    if not hasattr(cv2, "FontFace"):
        raise NoFont(f"OpenCV {cv2.__version__} has no Chinese font; 5.0 has")
    pieces = [_piece(deed, width * COLUMN_DOTS) for deed in deeds(data)]
    margin = np.full((MARGIN_DOTS, width * COLUMN_DOTS), PAPER, np.uint8)
    paper = np.vstack([margin, *pieces, margin])[:PICTURE_ROWS_MAX]
    return np.pad(paper, ((0, 0), (MARGIN_DOTS, MARGIN_DOTS)), constant_values=PAPER)


def save(picture: MatLike, path: Path) -> None:
    """As PNG, whatever the file is called.  Raises OSError."""
    taken, encoded = cv2.imencode(".png", picture, [cv2.IMWRITE_PNG_BILEVEL, 1])
    assert taken
    path.write_bytes(encoded.tobytes())


def _piece(deed: Deed, width_dots: int) -> MatLike:
    match deed:
        case Row(text):
            return _row(text, width_dots)
        case Raster():
            return _raster(deed, width_dots)
        case Feed(rows):
            return np.full((rows * ROW_DOTS, width_dots), PAPER, np.uint8)
        case Cut():
            return np.full((ROW_DOTS, width_dots), PAPER, np.uint8)
        case _:
            return np.full((0, width_dots), PAPER, np.uint8)


def _row(text: str, width_dots: int) -> MatLike:
    row = np.full((ROW_DOTS, width_dots), PAPER, np.uint8)
    at = 0
    for char in text:
        cell = columns(char) * COLUMN_DOTS
        if at + cell > width_dots:
            break  # A printer would go on below; rows that are laid out never come here.
        row[:, at : at + cell] = _letter(char, cell)
        at += cell
    return row


def _letter(char: str, cell_dots: int) -> MatLike:
    """One character in its cell, squeezed where the font's is wider."""
    face = cv2.FontFace("uni")
    left, _, wide, _ = cv2.getTextSize((0, 0), char, (0, 0), face, LETTER_DOTS)
    canvas: MatLike = np.full((ROW_DOTS, max(cell_dots, left + wide + 2)), PAPER, np.uint8)
    start = max(0, (cell_dots - wide) // 2) - min(left, 0)
    cv2.putText(canvas, char, (start, BASELINE_DOTS), (0,), face, LETTER_DOTS)
    if canvas.shape[1] > cell_dots:
        canvas = cv2.resize(canvas, (cell_dots, ROW_DOTS), interpolation=cv2.INTER_AREA)
    return np.where(canvas < INK_BELOW, 0, PAPER).astype(np.uint8)


def _raster(picture: Raster, width_dots: int) -> MatLike:
    bits = np.unpackbits(np.frombuffer(b"".join(picture.rows), np.uint8))
    dots = np.where(bits.reshape(len(picture.rows), -1), 0, PAPER).astype(np.uint8)
    dots = dots.repeat(picture.scale, axis=0).repeat(picture.scale, axis=1)[:, :width_dots]
    spare = width_dots - dots.shape[1]
    left = spare // 2 if picture.centred else 0
    return np.pad(dots, ((0, 0), (left, spare - left)), constant_values=PAPER)
