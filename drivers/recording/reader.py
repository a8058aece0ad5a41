"""Reads recordings, also those that were cut off.

One rule: a file is a stranger's.  Its lengths are not believed before the bytes are there, and what
cannot be understood ends the reading (`damage`) or is left out (`skipped`), never the program.

The `mcap` library parses the records, but does not find them: on a file that was cut off its own
readers raise, or give nothing, by chance of the place (1.6.0).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from mcap.data_stream import ReadDataStream
from mcap.exceptions import McapError
from mcap.opcode import Opcode
from mcap.records import Channel, Chunk, McapRecord, Message, Metadata
from mcap.stream_reader import breakup_chunk
from mcap.writer import MCAP0_MAGIC

from drivers.recording.entry import BadMessage, Device, Entry, Kind, decode, parse_topic

RECORD_BYTES_MAX = 1 << 26
"""The largest picture a camera's reading takes has a quarter of it."""
CHANNELS_MAX = 1000


class BadFile(Exception):
    """A file is no recording at all.  `str()` is one sentence without the file's name."""


class _Damaged(Exception):
    """Reading ends here; what came before is good."""


class Reader:
    """The entries of a file, in the order in which they were written; to be read through once."""

    def __init__(self, path: Path) -> None:
        """Raises OSError, BadFile."""
        self._file = path.open("rb")
        self.devices: dict[str, Device] = {}
        """As known so far: a device is, from its first entry on."""
        self.facts: dict[str, dict[str, str]] = {}
        """MCAP metadata, as known so far; that of `Writer(facts=…)` stands before the entries."""
        self.damage: str | None = None
        """Once read through: why it ended early, one sentence; None: the file is whole."""
        self.skipped = 0
        """Messages that are not ours, or not understood."""
        self._channels: dict[int, tuple[str, Kind]] = {}
        if self._file.read(len(MCAP0_MAGIC)) != MCAP0_MAGIC:
            self._file.close()
            raise BadFile("it is not an MCAP file")

    def __iter__(self) -> Iterator[Entry]:
        try:
            for record in _records(self._file):
                match record:
                    case Message():
                        entry = self._entry(record)
                        if entry is not None:
                            yield entry
                    case Channel():
                        self._learn(record)
                    case Metadata():
                        self.facts[record.name] = record.metadata
        except _Damaged as damaged:
            self.damage = str(damaged)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._file.close()

    def _learn(self, channel: Channel) -> None:
        ours = parse_topic(channel.topic)
        if ours is None or len(self._channels) >= CHANNELS_MAX:
            return
        self._channels[channel.id] = ours
        name = ours[0]
        self.devices.setdefault(name, Device(name, channel.metadata.get("url", "")))

    def _entry(self, message: Message) -> Entry | None:
        ours = self._channels.get(message.channel_id)
        if ours is not None:
            device, kind = ours
            try:
                return Entry(device, message.log_time, decode(kind, message.data))
            except BadMessage:
                pass
        self.skipped += 1
        return None


@dataclass(frozen=True, slots=True)
class Recording:
    """A whole recording in memory."""

    devices: dict[str, Device]
    facts: dict[str, dict[str, str]]
    entries: tuple[Entry, ...]
    damage: str | None = None
    """Why it ended early; None: the file was whole."""
    skipped: int = 0


def load(path: Path) -> Recording:
    """Raises OSError, BadFile."""
    with Reader(path) as reader:
        entries = tuple(reader)
        return Recording(reader.devices, reader.facts, entries, reader.damage, reader.skipped)


# --- records ---------------------------------------------------------------------------------

_HEAD = struct.Struct("<BQ")
_UNREADABLE = (McapError, struct.error, ValueError)
"""What the library raises for a record that is none; UnicodeDecodeError is a ValueError."""


def _records(file: BinaryIO) -> Iterator[McapRecord]:
    """What stands between the two magics.  Raises _Damaged."""
    while True:
        at = file.tell()
        head = file.read(_HEAD.size)
        if len(head) < _HEAD.size:
            raise _Damaged(f"it ends at byte {at}, before its summary: it was cut off")
        opcode, length = _HEAD.unpack(head)
        if not length <= RECORD_BYTES_MAX:
            raise _Damaged(f"at byte {at} it claims a record of {length} bytes")
        body = file.read(length)
        if len(body) < length:
            raise _Damaged(f"it ends in the middle of the record at byte {at}: it was cut off")
        try:
            yield from _parsed(opcode, body)
        except _UNREADABLE as wrong:
            raise _Damaged(f"at byte {at} there is a record that is none: {wrong}") from wrong
        if opcode == Opcode.FOOTER:
            if file.read(len(MCAP0_MAGIC)) != MCAP0_MAGIC:
                raise _Damaged("its last bytes are missing")
            return


def _parsed(opcode: int, body: bytes) -> list[McapRecord]:
    """Those of the kinds that matter here."""
    stream = ReadDataStream(BytesIO(body))
    match opcode:
        case Opcode.MESSAGE:
            return [Message.read(stream, len(body))]
        case Opcode.CHANNEL:
            return [Channel.read(stream)]
        case Opcode.METADATA:
            return [Metadata.read(stream)]
        case Opcode.CHUNK:
            chunk = Chunk.read(stream)
            if chunk.compression:
                raise ValueError(f"compressed with {chunk.compression}: unpack it first")
            return breakup_chunk(chunk, validate_crc=True)
    return []
