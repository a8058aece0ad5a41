"""One request, one answer: bytes out, bytes in, over HTTP.

One rule: a request leaves once.  Nothing here follows a redirect, keeps a cookie or tries again,
so whoever wrote a charge down knows how often it can have been taken.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from terminal.settlement.outcome import Unknown

ANSWER_BYTES_MAX = 4_000_000
"""Far above any answer to one person's question, far below what would fill the till's memory."""


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
        return await self._exchange("GET", path, {}, None, seconds)

    async def post(
        self, path: str, body: bytes, seconds: float, headers: Mapping[str, str]
    ) -> Answer | NeverSent | Unknown:
        """seconds  how long to wait for the whole answer once connected"""
        return await self._exchange("POST", path, headers, body, seconds)

    async def _exchange(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None, seconds: float
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
                return await self._answer(request)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as exc:
            return NeverSent(type(exc).__name__)
        except (httpx.TransportError, httpx.DecodingError, TimeoutError) as exc:
            return Unknown(type(exc).__name__)

    async def _answer(self, request: httpx.Request) -> Answer | Unknown:
        response = await self._transport.handle_async_request(request)
        try:
            if response.status_code != httpx.codes.OK:
                return Unknown(f"HTTP {response.status_code}")
            content = bytearray()
            async for chunk in response.aiter_bytes():
                content += chunk
                if len(content) > ANSWER_BYTES_MAX:
                    return Unknown(f"reply: longer than {ANSWER_BYTES_MAX} bytes")
            return Answer(bytes(content), response.headers.get("date", ""))
        finally:
            await response.aclose()
