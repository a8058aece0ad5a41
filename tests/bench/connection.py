"""A kept HTTP/1.1 connection that costs next to nothing, so that what is measured is the server.

One httpx client shared by 200 terminals measures itself: its pool looks at every connection for
every request.  Speaks only what the sandbox answers: a status, headers with a length, a body.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit


@dataclass(frozen=True, slots=True)
class Answer:
    status_code: int
    content: bytes

    @property
    def text(self) -> str:
        return self.content.decode()

    def json(self) -> Any:
        return json.loads(self.content)


class Connection:
    """One terminal's; the part of an `httpx.AsyncClient` that a `Counter` uses."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def to(cls, url: str) -> Connection:
        where = urlsplit(url)
        return cls(*await asyncio.open_connection(where.hostname, where.port))

    async def close(self) -> None:
        self._writer.close()
        await self._writer.wait_closed()

    async def get(self, path: str, params: Mapping[str, str] | None = None) -> Answer:
        return await self._ask("GET", f"{path}?{urlencode(params)}" if params else path, b"")

    async def post(
        self, path: str, content: bytes, headers: Mapping[str, str] | None = None
    ) -> Answer:
        return await self._ask("POST", path, content)

    async def _ask(self, method: str, path: str, body: bytes) -> Answer:
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: sandbox\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self._writer.write(head.encode() + body)
        status, *lines = (await self._reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {
            name.lower(): value for name, _, value in (line.partition(": ") for line in lines)
        }
        content = await self._reader.readexactly(int(headers["content-length"]))
        return Answer(int(status.split()[1]), content)
