"""Deterministic CBOR to Python values, and nothing else (RFC 8949 sections 3 and 4.2.1).

One rule: an encoding is accepted only if it is the one a deterministic encoder would have made, so
that what was signed can be read in one way alone.  Definite lengths, shortest heads, shortest
floats, map keys in ascending order of their bytes (hence none twice), no more than `DEPTH_MAX`
containers inside each other, and nothing after the item.

A voucher is made of integers, strings, arrays and maps.  Whatever else CBOR knows (tags, floats,
true, null) is checked and returned as `Other`, which equals nothing a voucher holds: to a Python
dict `1`, `1.0` and `True` are one key, here they are three.  Nothing a tag stands for (a bignum, a
date, a regular expression) is ever built.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from terminal.voucher.reasons import Reason, VoucherRefused

DEPTH_MAX = 6
"""Arrays, maps and tags inside each other."""


@dataclass(frozen=True, slots=True)
class Other:
    """A well-formed item of a kind no voucher holds, or any container used as a map key."""

    encoded: bytes


Item: TypeAlias = "int | bytes | str | tuple[Item, ...] | dict[Key, Item] | Other"
Key: TypeAlias = int | bytes | str | Other

_Read: TypeAlias = Callable[[bytes, int, int], tuple[Item, int]]
"""(data, where the item begins, how many containers may still open) -> the item, where it ends.
Raises IndexError where `data` ends inside the item."""

# The first head of each major type; the low five bits of a head are its `info`.
_UINT, _NEGATIVE, _BYTES, _TEXT, _ARRAY, _MAP, _TAG, _SIMPLE = range(0, 0x100, 0x20)
_INFO = 0x1F
_IN_HEAD_MAX = 23
"""The largest number that stands in the head itself."""
_LONG = {24: (1, 24), 25: (2, 1 << 8), 26: (4, 1 << 16), 27: (8, 1 << 32)}
"""Info -> how many bytes the number takes, and the smallest that needs so many."""
_INDEFINITE = 31
_FLOATS = {25: ">e", 26: ">f", 27: ">d"}
_CANONICAL_NAN = bytes.fromhex("f97e00")


def decode(data: bytes) -> Item:
    """The one item `data` holds.

    Refuses with CBOR (not well-formed, too deep, more bytes after it) or NOT_DETERMINISTIC.
    Time and memory are linear in `data`, whatever lengths it claims.
    """
    try:
        item, end = _READERS[data[0]](data, 0, DEPTH_MAX)
    except (IndexError, UnicodeDecodeError) as exc:
        raise VoucherRefused(Reason.CBOR) from exc
    if end != len(data):
        raise VoucherRefused(Reason.CBOR)
    return item


def _small(data: bytes, at: int, depth: int) -> tuple[Item, int]:
    return data[at], at + 1


def _uint(data: bytes, at: int, depth: int) -> tuple[int, int]:
    """A number that does not stand in its head."""
    size, smallest = _LONG[data[at] & _INFO]
    end = at + 1 + size
    if end > len(data):
        raise IndexError
    number = int.from_bytes(data[at + 1 : end], "big")
    if number < smallest:
        raise VoucherRefused(Reason.NOT_DETERMINISTIC)
    return number, end


def _negative(data: bytes, at: int, depth: int) -> tuple[Item, int]:
    argument, end = _argument(data, at)
    return -1 - argument, end


def _short_bytes(data: bytes, at: int, depth: int) -> tuple[Item, int]:
    at += 1
    end = at + data[at - 1] - _BYTES
    if end > len(data):
        raise IndexError
    return data[at:end], end


def _short_text(data: bytes, at: int, depth: int) -> tuple[Item, int]:
    at += 1
    end = at + data[at - 1] - _TEXT
    if end > len(data):
        raise IndexError
    return data[at:end].decode("utf-8"), end


def _bytes(data: bytes, at: int, depth: int) -> tuple[bytes, int]:
    size, start = _uint(data, at, depth)
    end = start + size
    if end > len(data):
        raise IndexError
    return data[start:end], end


def _text(data: bytes, at: int, depth: int) -> tuple[Item, int]:
    encoded, end = _bytes(data, at, depth)
    return encoded.decode("utf-8"), end


def _array(data: bytes, at: int, depth: int) -> tuple[Item, int]:
    count, at = _open(data, at, depth)
    items: list[Item] = []
    # No list of a claimed length is made ahead of the items that fill it.
    for _ in range(count):
        item, at = _READERS[data[at]](data, at, depth - 1)
        items.append(item)
    return tuple(items), at


def _map(data: bytes, at: int, depth: int) -> tuple[Item, int]:
    count, at = _open(data, at, depth)
    depth -= 1
    entries: dict[Key, Item] = {}
    before = b""
    for _ in range(count):
        key: Key
        if data[at] <= _IN_HEAD_MAX:
            key, end = data[at], at + 1
        else:
            key, end = _key(data, at, depth)
        encoded = data[at:end]
        if encoded <= before:
            raise VoucherRefused(Reason.NOT_DETERMINISTIC)
        before = encoded
        entries[key], at = _READERS[data[end]](data, end, depth)
    return entries, at


def _key(data: bytes, at: int, depth: int) -> tuple[Key, int]:
    key, end = _READERS[data[at]](data, at, depth)
    return Other(data[at:end]) if isinstance(key, tuple | dict) else key, end


def _tag(data: bytes, at: int, depth: int) -> tuple[Item, int]:
    _, inside = _open(data, at, depth)
    _, end = _READERS[data[inside]](data, inside, depth - 1)
    return Other(data[at:end]), end


def _simple(data: bytes, at: int, depth: int) -> tuple[Item, int]:
    """True, false, null and their like, not interpreted."""
    return Other(data[at : at + 1]), at + 1


def _long_simple(data: bytes, at: int, depth: int) -> tuple[Item, int]:
    # Values below 32 have a shorter form or are reserved (section 3.3).
    if data[at + 1] < 32:
        raise VoucherRefused(Reason.CBOR)
    return Other(data[at : at + 2]), at + 2


def _float(data: bytes, at: int, depth: int) -> tuple[Item, int]:
    """Refuses a float that a shorter one could stand for (section 4.2.1)."""
    info = data[at] & _INFO
    end = at + 1 + _LONG[info][0]
    if end > len(data):
        raise IndexError
    (number,) = struct.unpack(_FLOATS[info], data[at + 1 : end])
    if number != number:
        shortest = data[at:end] == _CANONICAL_NAN
    else:
        shortest = info == min(_FLOATS) or not _survives(number, _FLOATS[info - 1])
    if not shortest:
        raise VoucherRefused(Reason.NOT_DETERMINISTIC)
    return Other(data[at:end]), end


def _survives(number: float, form: str) -> bool:
    """Whether `number` is the same after a trip through a shorter form."""
    try:
        (returned,) = struct.unpack(form, struct.pack(form, number))
    except OverflowError:
        return False
    return bool(returned == number)


def _reserved(data: bytes, at: int, depth: int) -> tuple[Item, int]:
    raise VoucherRefused(Reason.CBOR)


def _indefinite(data: bytes, at: int, depth: int) -> tuple[Item, int]:
    raise VoucherRefused(Reason.NOT_DETERMINISTIC)


def _argument(data: bytes, at: int) -> tuple[int, int]:
    """The number that the head at `at` holds or is followed by, and where it ends."""
    info = data[at] & _INFO
    return (info, at + 1) if info <= _IN_HEAD_MAX else _uint(data, at, 0)


def _open(data: bytes, at: int, depth: int) -> tuple[int, int]:
    """The number of a container's head, if one may still open here."""
    if depth == 0:
        raise VoucherRefused(Reason.CBOR)
    return _argument(data, at)


def _reader(head: int) -> _Read:
    """What reads the items that begin with this byte (RFC 8949 appendix B)."""
    major, info = head & ~_INFO, head & _INFO
    if major == _SIMPLE:
        return {24: _long_simple, **dict.fromkeys(_FLOATS, _float)}.get(
            info, _simple if info <= _IN_HEAD_MAX else _reserved
        )
    if info == _INDEFINITE and major in (_BYTES, _TEXT, _ARRAY, _MAP):
        return _indefinite
    if info > max(_LONG):
        return _reserved
    readers = {
        _UINT: _small if info <= _IN_HEAD_MAX else _uint,
        _NEGATIVE: _negative,
        _BYTES: _short_bytes if info <= _IN_HEAD_MAX else _bytes,
        _TEXT: _short_text if info <= _IN_HEAD_MAX else _text,
        _ARRAY: _array,
        _MAP: _map,
        _TAG: _tag,
    }
    return readers[major]


_READERS = tuple(_reader(head) for head in range(0x100))
"""One for each first byte, so that an item costs one look-up instead of eight comparisons."""
