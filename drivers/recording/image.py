"""foxglove.CompressedImage in protobuf: a JPEG as it is, its time, and whose it is.

    1 timestamp {1 seconds, 2 nanos} · 2 data · 3 format · 4 frame_id

Written by hand, because four fields do not need a library and its generated code.

Source   docs.foxglove.dev, CompressedImage; protobuf.dev, Encoding; descriptor.proto
"""

from __future__ import annotations

NS = 1_000_000_000
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_FIXED_BYTES = {_FIXED64: 8, _FIXED32: 4}
_VARINT_BYTES_MAX = 10


def packed_image(jpeg: bytes, at_ns: int, frame_id: str) -> bytes:
    seconds, nanos = divmod(at_ns, NS)
    timestamp = _number(1, seconds) + _number(2, nanos)
    return (
        _field(1, timestamp) + _field(2, jpeg) + _field(3, b"jpeg") + _field(4, frame_id.encode())
    )


def jpeg_of(message: bytes) -> bytes:
    """The picture in a message.  Raises ValueError where it is none, or none of JPEG."""
    fields = dict(_fields(message))
    if fields.get(3) != b"jpeg":
        raise ValueError("its format is not jpeg")
    jpeg = fields.get(2, b"")
    if isinstance(jpeg, int):
        raise ValueError("its data is a number")
    return jpeg


def _varint(number: int) -> bytes:
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


def _number(tag: int, number: int) -> bytes:
    """Nothing for 0, which is what an absent number means."""
    return _varint(tag << 3 | _VARINT) + _varint(number) if number else b""


def _field(tag: int, data: bytes) -> bytes:
    return _varint(tag << 3 | _BYTES) + _varint(len(data)) + data


def _fields(message: bytes) -> list[tuple[int, int | bytes]]:
    """Raises ValueError."""
    fields: list[tuple[int, int | bytes]] = []
    at = 0
    while at < len(message):
        key, at = _take_varint(message, at)
        wire = key & 7
        if wire == _VARINT:
            number, at = _take_varint(message, at)
            fields.append((key >> 3, number))
            continue
        if wire == _BYTES:
            size, at = _take_varint(message, at)
        elif wire in _FIXED_BYTES:
            size = _FIXED_BYTES[wire]
        else:
            raise ValueError("not protobuf")
        if at + size > len(message):
            raise ValueError("cut short")
        fields.append((key >> 3, message[at : at + size]))
        at += size
    return fields


def _take_varint(message: bytes, at: int) -> tuple[int, int]:
    number = 0
    for n, byte in enumerate(message[at : at + _VARINT_BYTES_MAX]):
        number |= (byte & 0x7F) << 7 * n
        if byte < 0x80:
            return number, at + n + 1
    raise ValueError("cut short")


# --- the schema: a FileDescriptorSet ----------------------------------------------------------

_OPTIONAL = 1
_INT32, _INT64, _STRING, _MESSAGE, _BLOB = 5, 3, 9, 11, 12


def _descriptor(name: str, number: int, kind: int, type_name: str = "") -> bytes:
    descriptor = _field(1, name.encode()) + _number(3, number) + _number(4, _OPTIONAL)
    descriptor += _number(5, kind)
    return descriptor + (_field(6, type_name.encode()) if type_name else b"")


def _file(path: str, package: str, imports: str, message: str, *fields: bytes) -> bytes:
    message_type = _field(1, message.encode()) + b"".join(_field(2, field) for field in fields)
    file = _field(1, path.encode()) + _field(2, package.encode())
    file += _field(3, imports.encode()) if imports else b""
    return _field(1, file + _field(4, message_type) + _field(12, b"proto3"))


_TIMESTAMP = "google/protobuf/timestamp.proto"
IMAGE_SCHEMA = _file(
    _TIMESTAMP,
    "google.protobuf",
    "",
    "Timestamp",
    _descriptor("seconds", 1, _INT64),
    _descriptor("nanos", 2, _INT32),
) + _file(
    "foxglove/CompressedImage.proto",
    "foxglove",
    _TIMESTAMP,
    "CompressedImage",
    _descriptor("timestamp", 1, _MESSAGE, ".google.protobuf.Timestamp"),
    _descriptor("data", 2, _BLOB),
    _descriptor("format", 3, _STRING),
    _descriptor("frame_id", 4, _STRING),
)
