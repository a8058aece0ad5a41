"""One entry of a recording, and how it is written as an MCAP message.

| channel | schema | entry |
| --- | --- | --- |
| /DEVICE/rx, /DEVICE/tx | gongji.Bytes, JSON | Received, Sent: one read, one write, in hex |
| /DEVICE/image | foxglove.CompressedImage, protobuf | Pictured: the JPEG's own bytes |
| /DEVICE/scan | gongji.Scan, JSON | Scanned |
| /DEVICE/state | gongji.State, JSON | Opened, Told |
| /DEVICE/event | gongji.Event, JSON | Noted |

One rule: what is written is read back equal, and nothing else is read.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, assert_never

import msgspec

from drivers.recording.image import IMAGE_SCHEMA, jpeg_of, packed_image
from drivers.scan import LostReason, ScannerState
from drivers.tap import Noted, Opened, Pictured, Received, Scanned, Seen, Sent, Told

DEVICE_NAME = re.compile(r"[a-z][a-z0-9-]{0,31}", re.ASCII)
"""Such as camera1."""


@dataclass(frozen=True, slots=True)
class Device:
    name: str
    url: str
    """As for `drivers.open_scanner`, without user, password or query of a web address; "" of what
    is no scanner, such as the till."""


@dataclass(frozen=True, slots=True)
class Entry:
    device: str
    at_ns: int
    """Nanoseconds since 1970 UTC."""
    seen: Seen


class BadMessage(ValueError):
    """A message is not what its channel promises."""


class Kind(StrEnum):
    """The last part of a channel's topic."""

    RX = "rx"
    TX = "tx"
    IMAGE = "image"
    SCAN = "scan"
    STATE = "state"
    EVENT = "event"


def topic(device: str, kind: Kind) -> str:
    return f"/{device}/{kind}"


def parse_topic(text: str) -> tuple[str, Kind] | None:
    """None: a channel of somebody else's."""
    _, device, name, *rest = [*text.split("/"), "", ""]
    if any(rest) or text.count("/") != 2 or not DEVICE_NAME.fullmatch(device):
        return None
    return (device, Kind(name)) if name in list(Kind) else None


# --- messages --------------------------------------------------------------------------------


class _Bytes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    hex: str


class _Scan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    symbology: str | None
    bytes: int
    sha256: str


class _State(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    state: Literal["opened", "ready", "lost"]
    detail: str
    reason: LostReason | None = None


class _Event(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    event: str
    facts: dict[str, str | int | bool | None]


_STRUCTS: dict[Kind, type[msgspec.Struct]] = {
    Kind.RX: _Bytes,
    Kind.TX: _Bytes,
    Kind.SCAN: _Scan,
    Kind.STATE: _State,
    Kind.EVENT: _Event,
}
_DECODERS: dict[Kind, Callable[[bytes], msgspec.Struct]] = {
    kind: msgspec.json.Decoder(struct).decode for kind, struct in _STRUCTS.items()
}


def encode(entry: Entry) -> tuple[Kind, bytes]:
    """The kind of channel and the message."""
    match entry.seen:
        case Received(data):
            return Kind.RX, msgspec.json.encode(_Bytes(data.hex()))
        case Sent(data):
            return Kind.TX, msgspec.json.encode(_Bytes(data.hex()))
        case Pictured(jpeg):
            return Kind.IMAGE, packed_image(jpeg, entry.at_ns, entry.device)
        case Scanned(symbology, size, sha256):
            return Kind.SCAN, msgspec.json.encode(_Scan(symbology, size, sha256))
        case Opened(detail):
            return Kind.STATE, msgspec.json.encode(_State("opened", detail))
        case Told(state, detail, reason):
            return Kind.STATE, msgspec.json.encode(_State(state.value, detail, reason))
        case Noted(event, facts):
            return Kind.EVENT, msgspec.json.encode(_Event(event, dict(facts)))
        case never:
            assert_never(never)


def decode(kind: Kind, data: bytes) -> Seen:
    """Raises BadMessage."""
    try:
        if kind is Kind.IMAGE:
            return Pictured(jpeg_of(data))
        return _seen(kind, _DECODERS[kind](data))
    except ValueError as wrong:  # what msgspec raises is one too
        raise BadMessage(f"not a message of a channel /…/{kind}: {wrong}") from wrong


def _seen(kind: Kind, message: msgspec.Struct) -> Seen:
    match message:
        case _Bytes(hex=digits):
            data = bytes.fromhex(digits)
            return Received(data) if kind is Kind.RX else Sent(data)
        case _Scan(symbology=symbology, bytes=size, sha256=sha256):
            return Scanned(symbology, size, sha256)
        case _State(state="opened", detail=detail):
            return Opened(detail)
        case _State(state=state, detail=detail, reason=reason):
            return Told(ScannerState(state), detail, reason)
        case _Event(event=event, facts=facts):
            return Noted(event, facts)
    raise AssertionError(message)


# --- schemas, for whoever opens the file with another program ---------------------------------


@dataclass(frozen=True, slots=True)
class Schema:
    name: str
    schema_encoding: str
    data: bytes
    message_encoding: str


def _json(name: str, **properties: object) -> Schema:
    schema = {"title": name, "type": "object", "properties": properties}
    return Schema(name, "jsonschema", msgspec.json.encode(schema), "json")


_TEXT, _WHOLE = {"type": "string"}, {"type": "integer"}
_BYTES = _json("gongji.Bytes", hex=_TEXT)

SCHEMAS: dict[Kind, Schema] = {
    Kind.RX: _BYTES,
    Kind.TX: _BYTES,
    Kind.SCAN: _json("gongji.Scan", symbology=_TEXT, bytes=_WHOLE, sha256=_TEXT),
    Kind.STATE: _json("gongji.State", state=_TEXT, detail=_TEXT, reason=_TEXT),
    Kind.EVENT: _json("gongji.Event", event=_TEXT, facts={"type": "object"}),
    Kind.IMAGE: Schema("foxglove.CompressedImage", "protobuf", IMAGE_SCHEMA, "protobuf"),
}
