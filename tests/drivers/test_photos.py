"""Photographs of codes, where the set of them is at hand."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from drivers.address import Engine
from drivers.decode import decode
from drivers.opencv import Picture, cv2

PHOTOS = Path(__file__).parents[3] / "shared" / "data" / "photos"
CHARSETS = ("utf-8", "latin-1", "shift-jis", "gb18030")
"""In which the set's texts may have been encoded; the set does not say."""
MISLABELLED = ("zxing/qrcode-2/13.png",)
"""Two engines agree on one letter more than the label has."""

pytestmark = pytest.mark.skipif(
    not (PHOTOS / "manifest.json").exists(), reason=f"no photographs in {PHOTOS}"
)


@dataclass(frozen=True, slots=True)
class Photo:
    name: str
    text: str | None
    """None where the picture holds no QR code."""
    luma: Picture


def photos(*, negative: bool, every: int = 1) -> list[Photo]:
    listed = json.loads((PHOTOS / "manifest.json").read_text())
    wanted = [entry for entry in listed if (entry["text"] is None) is negative][::every]
    read = [cv2.imread(str(PHOTOS / entry["path"]), cv2.IMREAD_GRAYSCALE) for entry in wanted]
    assert all(luma is not None for luma in read)
    return [
        Photo(entry["path"], entry["text"], np.asarray(luma, np.uint8))
        for entry, luma in zip(wanted, read, strict=True)
    ]


def says(payload: bytes, text: str) -> bool:
    """Line ends were made alike when the set's texts were written down."""
    forms = {text, text.replace("\r\n", "\n"), text.replace("\n", "\r\n")}
    encodings = {form.encode(charset, "replace").strip() for form in forms for charset in CHARSETS}
    return payload.strip() in encodings


def test_nearly_every_photographed_code_is_read_and_none_wrongly() -> None:
    pictures = photos(negative=False)
    by_rung: Counter[str] = Counter()
    wrong: list[str] = []
    for photo in pictures:
        assert photo.text is not None
        codes = decode(photo.luma)
        if codes:
            by_rung[codes[0].rung] += 1
        labelled = photo.text and photo.name not in MISLABELLED
        if codes and labelled and not any(says(code.payload, photo.text) for code in codes):
            wrong.append(photo.name)
    print(f"{by_rung.total()} of {len(pictures)} read: {dict(by_rung)}; wrong: {wrong}")
    assert by_rung.total() >= 0.95 * len(pictures)
    assert wrong == []


def test_no_qr_code_is_read_where_there_is_none() -> None:
    reads = {photo.name: decode(photo.luma) for photo in photos(negative=True)}
    assert len(reads) > 40
    assert not any(reads.values()), reads


def test_zbar_reads_most_and_nothing_where_there_is_none() -> None:
    """Every sixth only: it is slow."""
    pictures = photos(negative=False, every=6)
    reads = sum(bool(decode(photo.luma, engine=Engine.PYZBAR)) for photo in pictures)
    print(f"zbar: {reads} of {len(pictures)}")
    assert reads >= 0.7 * len(pictures)
    for photo in photos(negative=True, every=6):
        assert decode(photo.luma, engine=Engine.PYZBAR) == []
