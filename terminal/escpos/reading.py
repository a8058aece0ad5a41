"""What a printer does with the bytes it gets: the other half of `encoding`, kept apart from it.

One rule: strict.  A byte that no command and no character explains is an error, so that a test of
what is printed is also a test of what is not obeyed.  Only what a NUL cuts off is passed over, as
printers do: that is how one cut off in the middle of a command is brought back (`resync`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

TEXT_FROM = 0x20
CENTRE = 1
PREFIXES = (0x1B, 0x1C, 0x1D)
"""ESC, FS, GS."""


class NotEscPos(Exception):
    """The bytes hold what is neither a command we send nor text; the message says where."""


@dataclass(frozen=True, slots=True)
class Row:
    text: str


@dataclass(frozen=True, slots=True)
class Raster:
    """A picture of bits, each as large as `scale` by `scale` dots."""

    rows: tuple[bytes, ...]
    """Eight bits to a byte, the highest the leftmost, 1 is black."""
    scale: int
    centred: bool


@dataclass(frozen=True, slots=True)
class Feed:
    rows: int


@dataclass(frozen=True, slots=True)
class Cut:
    pass


@dataclass(frozen=True, slots=True)
class Pulse:
    pin: int


Deed: TypeAlias = Row | Raster | Feed | Cut | Pulse


def deeds(data: bytes) -> list[Deed]:
    """What a printer that was just switched on does with `data`, in order.

    Raises NotEscPos.  A command that is cut off at the end is not obeyed; a row that is not ended
    is not printed, as in a printer.
    """
    head = _Head(data)
    while head.at < len(data):
        if not head.step():
            break
    return head.done


@dataclass(slots=True)
class _Head:
    data: bytes
    at: int = 0
    chinese: bool = False
    centred: bool = False
    row: list[str] = field(default_factory=list)
    done: list[Deed] = field(default_factory=list)

    def step(self) -> bool:
        """One command or character.  False: the rest of it is missing."""
        byte = self.data[self.at]
        if byte in PREFIXES:
            return self._command()
        if byte == 0x0A:
            self.done.append(Row("".join(self.row)))
            self.row.clear()
        elif byte >= TEXT_FROM:
            return self._character()
        elif byte != 0x00:
            raise NotEscPos(f"byte {byte:#04x} at {self.at}")
        self.at += 1
        return True

    def _character(self) -> bool:
        lengths = (1,) if self.data[self.at] < 0x80 else (2, 4)
        for length in lengths:
            raw = self.data[self.at : self.at + length]
            if len(raw) < length:
                return False
            try:
                char = raw.decode("gb18030")
            except UnicodeDecodeError:
                continue
            if length > 1 and not self.chinese:
                break
            self.row.append(char)
            self.at += length
            return True
        before, nul, _ = raw.partition(b"\x00")
        if nul:
            self.at += len(before) + 1
            return True
        raise NotEscPos(f"no character at {self.at}: {raw.hex()}")

    def _command(self) -> bool:
        rest = self.data[self.at :]
        for name, arguments in _ARGUMENTS.items():
            if rest.startswith(name):
                end = len(name) + arguments
                if name == b"\x1dv0" and len(rest) >= end:
                    end += _raster_bytes(rest)
                if len(rest) < end:
                    return False
                self._obey(name, rest[len(name) : end])
                self.at += end
                return True
        if any(name.startswith(rest) for name in _ARGUMENTS):
            return False
        before, nul, _ = rest.partition(b"\x00")
        if nul and any(name.startswith(before) for name in _ARGUMENTS):
            self.at += len(before) + 1
            return True
        raise NotEscPos(f"command {rest[:4].hex()} at {self.at}")

    def _obey(self, name: bytes, given: bytes) -> None:
        match name:
            case b"\x1b@":
                self.row.clear()
                self.chinese = self.centred = False
            case b"\x1c&":
                self.chinese = True
            case b"\x1ba":
                self.centred = given[0] == CENTRE
            case b"\x1bd":
                self.done.append(Feed(given[0]))
            case b"\x1bp":
                self.done.append(Pulse(given[0]))
            case b"\x1dV":
                self.done.append(Cut())
            case b"\x1dv0":
                width, rows = max(1, given[1] + 256 * given[2]), given[5:]
                lines = tuple(rows[i : i + width] for i in range(0, len(rows), width))
                self.done.append(Raster(lines, 2 if given[0] == 3 else 1, self.centred))


_ARGUMENTS = {
    b"\x1b@": 0,
    b"\x1c&": 0,
    b"\x1ba": 1,
    b"\x1bd": 1,
    b"\x1bp": 3,
    b"\x1dV": 2,
    b"\x1dv0": 5,
}
"""Each command's name, and how many bytes follow it."""


def _raster_bytes(rest: bytes) -> int:
    return (rest[4] + 256 * rest[5]) * (rest[6] + 256 * rest[7])
