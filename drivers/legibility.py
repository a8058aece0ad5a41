"""Whether what comes from a serial scanner is text at all, or a line at the wrong speed.

At another speed than the scanner's each of its bytes becomes several, or a part of one: NULs,
control characters, bytes above 0x7F that are no text in any charset.  A code of a shop is text.
Not noticed: a scanner that sends at twice the speed of the address, whose bytes come out as letters
too often.

One rule: one burst proves nothing.  It takes several in a row that make no sense, and one that
does takes it back.

Pure.
"""

from __future__ import annotations

BURST_BYTES_MAX = 256
"""Of a burst so many are looked at."""
BURST_BYTES_MIN = 4
GARBLED_SHARE = 0.1
"""Of a burst's bytes, from which on it makes no sense."""
GARBLED_BURSTS = 2
"""In a row, from which on it is told."""

_TEXT = frozenset(range(0x20, 0x7F)) | frozenset(b"\t\n\r\x02\x03\x04\x1c\x1d\x1e\x1f")
"""Printable, what frames codes, and the separators of GS1 and ISO 15434."""


class Legibility:
    """One for each opening of a line."""

    def __init__(self) -> None:
        self._burst = bytearray()
        self._garbled = 0
        self.is_garbled = False

    def feed(self, data: bytes) -> None:
        """What was read, NULs and all."""
        room = BURST_BYTES_MAX - len(self._burst)
        self._burst += data[:room]

    def pause(self) -> None:
        """Nothing came for a while: the burst is over."""
        if len(self._burst) < BURST_BYTES_MIN:
            self._burst.clear()
            return
        self._garbled = self._garbled + 1 if makes_no_sense(bytes(self._burst)) else 0
        self.is_garbled = self._garbled >= GARBLED_BURSTS
        self._burst.clear()


def makes_no_sense(burst: bytes) -> bool:
    """Whether too many of its bytes are no text, in the charset that suits it best."""
    strange = min(_strange(burst, charset) for charset in ("utf-8", "gb2312"))
    return strange >= GARBLED_SHARE * len(burst)


def _strange(burst: bytes, charset: str) -> int:
    """How many bytes are no text in this charset.

    Of GB18030 only what GB 2312 has counts as text: almost any two bytes are some rare character.
    """
    text = burst.decode(charset, "surrogateescape")
    return sum(
        0xDC80 <= ord(character) <= 0xDCFF or (character < "\x80" and ord(character) not in _TEXT)
        for character in text
    )
