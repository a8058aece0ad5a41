"""One request, one answer: bytes out, bytes in, over HTTP.

One rule: a request leaves once.  Nothing here follows a redirect, keeps a cookie or tries again,
so whoever wrote a charge down knows how often it can have been taken.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import httpx

from terminal.settlement.outcome import Unknown

ANSWER_BYTES_MAX = 4_000_000
"""Far above any answer to one person's question, far below what would fill the till's memory."""
FILE_BYTES_MAX = 500_000_000
"""A published catalogue is some tens of megabytes."""

Take = Callable[[bytes], object]
"""Given each piece of an answer as it comes."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back with HTTP status 200."""

    content: bytes
    date: str
    """The header as it was sent, "" where there is none."""


@dataclass(frozen=True, slots=True)
class NeverSent:
    """No connection was made."""

    cause: str


class Wire:
    def __init__(
        self,
        url: str,
        connect_seconds: float,
        transport: httpx.AsyncBaseTransport | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """url  scheme, host and port of the platform
        transport  where requests go instead of the network, for tests
        tls  whose certificates count, and our own; None: the system's, and none
        """
        self._url, self._connect_seconds = httpx.URL(url), connect_seconds
        # A kept connection may be dead without anyone knowing, and a request on a dead connection
        # is an outcome nobody knows.  A new one each time costs a millisecond.
        self._transport = transport or httpx.AsyncHTTPTransport(
            verify=tls or True,
            limits=httpx.Limits(max_keepalive_connections=0),
            trust_env=False,
        )
        self._urls: dict[str, httpx.URL] = {}

    async def close(self) -> None:
        await self._transport.aclose()

    async def get(self, path: str, seconds: float) -> Answer | NeverSent | Unknown:
        return await self._gather("GET", path, {}, None, seconds)

    async def post(
        self, path: str, body: bytes, seconds: float, headers: Mapping[str, str]
    ) -> Answer | NeverSent | Unknown:
        """seconds  how long to wait for the whole answer once connected"""
        return await self._gather("POST", path, headers, body, seconds)

    async def save(
        self, path: str, body: bytes, seconds: float, headers: Mapping[str, str], take: Take
    ) -> Answer | NeverSent | Unknown:
        """As `post`, for a file: the answer's content goes to `take`, and is empty here.

        What was taken counts only when an Answer comes back.
        """
        return await self._exchange("POST", path, headers, body, seconds, take, FILE_BYTES_MAX)

    async def _gather(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None, seconds: float
    ) -> Answer | NeverSent | Unknown:
        content = bytearray()
        answer = await self._exchange(
            method, path, headers, body, seconds, content.extend, ANSWER_BYTES_MAX
        )
        return Answer(bytes(content), answer.date) if isinstance(answer, Answer) else answer

    async def _exchange(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes | None,
        seconds: float,
        take: Take,
        bytes_max: int,
    ) -> Answer | NeverSent | Unknown:
        timeout = httpx.Timeout(seconds, connect=self._connect_seconds)
        request = httpx.Request(
            method,
            self._urls.get(path) or self._urls.setdefault(path, self._url.join(path)),
            headers={"Accept-Encoding": "identity", **headers},
            content=body,
            extensions={"timeout": timeout.as_dict()},
        )
        try:
            # httpx counts from one byte to the next: an answer that drips would hold the sale.
            async with asyncio.timeout(self._connect_seconds + seconds):
                return await self._answer(request, take, bytes_max)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as exc:
            return NeverSent(type(exc).__name__)
        except (httpx.TransportError, httpx.DecodingError, TimeoutError) as exc:
            return Unknown(type(exc).__name__)

    async def _answer(self, request: httpx.Request, take: Take, bytes_max: int) -> Answer | Unknown:
        response = await self._transport.handle_async_request(request)
        try:
            if response.status_code != httpx.codes.OK:
                return Unknown(f"HTTP {response.status_code}")
            taken = 0
            async for chunk in response.aiter_bytes():
                taken += len(chunk)
                if taken > bytes_max:
                    return Unknown(f"reply: longer than {bytes_max} bytes")
                take(chunk)
            return Answer(b"", response.headers.get("date", ""))
        finally:
            await response.aclose()
