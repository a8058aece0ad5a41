"""Writes a recording, one entry after the other.

One rule: what was added is in the file when `add` returns.  A process that is killed loses at most
the entry it was just writing; messages are therefore not gathered in chunks.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from mcap.writer import CompressionType
from mcap.writer import Writer as McapWriter

from drivers.recording.entry import DEVICE_NAME, SCHEMAS, Device, Entry, Kind, encode, topic

PROFILE = "gongji-scans-1"
"""Of the MCAP header: these channels, in this version."""

Facts = Mapping[str, Mapping[str, str]]
"""MCAP metadata: what is known beside the entries, by name."""


class Writer:
    """A new file, readable by its owner only: it may hold what a customer showed."""

    def __init__(self, path: Path, *, facts: Facts | None = None, chunked: bool = False) -> None:
        """
        facts    such as {"recording": {"title": …}, "clock": {…}}
        chunked  gather entries, with an index and checksums, for a file that is made from another
                 one: a program that opens it may then jump in it
        Raises   OSError; FileExistsError rather than write over anything
        """
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        self._file = os.fdopen(os.open(path, flags, 0o600), "wb")
        self._chunked = chunked
        self._mcap = McapWriter(
            self._file, use_chunking=chunked, compression=CompressionType.NONE, chunk_size=1 << 20
        )
        self._devices: dict[str, Device] = {}
        self._schemas: dict[str, int] = {}
        self._channels: dict[tuple[str, Kind], int] = {}
        self._sequence = 0
        self._mcap.start(PROFILE, "gongji")
        for name, values in (facts or {}).items():
            self.fact(name, values)
        self._flush()

    def fact(self, name: str, values: Mapping[str, str]) -> None:
        """Raises OSError."""
        self._mcap.add_metadata(name, dict(values))
        self._flush()

    def device(self, name: str, url: str) -> None:
        """To be called before its first entry.

        name     as `DEVICE_NAME`
        """
        assert DEVICE_NAME.fullmatch(name), name
        self._devices[name] = Device(name, url)

    def add(self, entry: Entry) -> None:
        """Raises OSError; then the file is not to be written to any more."""
        kind, data = encode(entry)
        channel = self._channel(entry.device, kind)
        self._sequence += 1
        self._mcap.add_message(channel, entry.at_ns, data, entry.at_ns, self._sequence)
        self._flush()

    def close(self) -> None:
        """Adds the summary that other programs look for.  Raises OSError."""
        try:
            if not self._file.closed:
                self._mcap.finish()  # type: ignore[no-untyped-call]  # mcap annotates half
        finally:
            self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _flush(self) -> None:
        if not self._chunked:
            self._mcap.flush()  # type: ignore[no-untyped-call]  # mcap annotates half

    def _channel(self, device: str, kind: Kind) -> int:
        channel = self._channels.get((device, kind))
        if channel is None:
            schema = SCHEMAS[kind]
            if schema.name not in self._schemas:
                self._schemas[schema.name] = self._mcap.register_schema(
                    schema.name, schema.schema_encoding, schema.data
                )
            whose = self._devices[device]
            channel = self._channels[device, kind] = self._mcap.register_channel(
                topic(device, kind),
                schema.message_encoding,
                self._schemas[schema.name],
                {"device": whose.name, "url": whose.url},
            )
        return channel
