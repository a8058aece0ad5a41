"""A bad network between two programs: real TCP, faults by seed.

One exchange is one HTTP/1.1 request and its answer.  It may be delayed, cut at every place, reset,
trickled, answered by a gateway instead, delivered twice, or delivered when nobody waits any more.

Its one rule: whatever happens to the connection, a request is delivered whole, cut short, or not at
all, and never changed.  `heal` ends the faults, delivers at once what is held, and `drained` says
when nothing is under way.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import struct
import threading
from collections import Counter
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import TypeVar

HEAD_BYTES_MAX = 64 * 1024
UPSTREAM_SECONDS_MAX = 30.0
HOST = "127.0.0.1"

T = TypeVar("T")


class Fault(StrEnum):
    NONE = "none"
    SLOW_REQUEST = "slow_request"
    SLOW_REPLY = "slow_reply"
    CUT_BEFORE = "cut_before"
    """Closed when the request was read; nothing is forwarded."""
    CUT_HALFWAY = "cut_halfway"
    """A part of the request is forwarded, then both sides are closed."""
    CUT_AFTER = "cut_after"
    """Forwarded, and closed without a reply."""
    CUT_REPLY = "cut_reply"
    """A part of the reply, then closed."""
    RESET_AT_ONCE = "reset_at_once"
    """RST before anything is read."""
    RESET_AFTER = "reset_after"
    """Forwarded, then RST."""
    RESET_REPLY = "reset_reply"
    """A part of the reply, then RST."""
    TRICKLE_REQUEST = "trickle_request"
    """The platform gets it byte by byte."""
    TRICKLE_REPLY = "trickle_reply"
    CRAWL = "crawl"
    """The reply so slowly that it would take minutes, but never silent for long."""
    TWICE = "twice"
    """The request on a second connection too; the first answer counts."""
    TWICE_LATER = "twice_later"
    """The same, but the second is delivered a while after the answer."""
    LATE = "late"
    """Closed at once, and delivered a while later."""
    GATEWAY_BEFORE = "gateway_before"
    """502 in HTML; nothing is forwarded."""
    GATEWAY_AFTER = "gateway_after"
    """502 in HTML; forwarded all the same."""
    PORTAL = "portal"
    """200 in HTML; nothing is forwarded."""


FAULTS = tuple(fault for fault in Fault if fault is not Fault.NONE)

_HTML = b"<html><body><h1>Bad gateway</h1></body></html>"


def _page(status: str) -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: text/html\r\nContent-Length: {len(_HTML)}\r\n"
    return head.encode() + b"Connection: close\r\n\r\n" + _HTML


class _Gone(Exception):
    """The peer closed or broke its connection before it had said everything."""


class Proxy:
    """Between whoever connects to `url` and the program at `port`, in one event loop."""

    def __init__(
        self,
        port: int,
        seed: int,
        *,
        faults: tuple[Fault, ...] = FAULTS,
        only: bytes = b"",
        patience_seconds: float = 1.0,
    ) -> None:
        """
        only              no request suffers but those with these bytes in them
        patience_seconds  how long a caller waits, about: what comes late comes later
        """
        self._port, self._random = port, random.Random(seed)
        self._faults, self.only, self.patience_seconds = faults, only, patience_seconds
        self.rate = 0.0
        """Of the exchanges, how many suffer."""
        self.dealt: Counter[Fault] = Counter()
        self.url = ""
        self._healed = asyncio.Event()
        self._under_way: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._accept, HOST, 0, limit=HEAD_BYTES_MAX)
        self.url = f"http://{HOST}:{self._server.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        assert self._server
        self._server.close()
        await self._server.wait_closed()
        await self.heal()

    def rage(self, rate: float) -> None:
        self._healed.clear()
        self.rate = rate

    async def heal(self) -> None:
        """No new faults; waits until everything that was held has been delivered and answered."""
        self.rate = 0.0
        self._healed.set()
        while self._under_way:
            await asyncio.wait(set(self._under_way))

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        suffers = self._random.random() < self.rate
        fault = self._random.choice(self._faults) if suffers else Fault.NONE
        # A stream of its own for each exchange: how far one gets must not change the next.
        exchange = _Exchange(self, reader, writer, random.Random(self._random.random()))
        self.dealt[fault] += 1
        task = asyncio.create_task(self._run(exchange, fault))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _run(self, exchange: _Exchange, fault: Fault) -> None:
        with contextlib.suppress(_Gone, OSError, TimeoutError):
            await exchange.suffer(fault)
        exchange.close()

    async def deliver(self, request: bytes) -> bytes:
        """The platform's whole answer.  Raises _Gone, OSError, TimeoutError."""
        async with asyncio.timeout(UPSTREAM_SECONDS_MAX):
            reader, writer = await asyncio.open_connection(HOST, self._port, limit=HEAD_BYTES_MAX)
            try:
                writer.write(request)
                await writer.drain()
                return await _message(reader)
            finally:
                writer.close()

    async def deliver_slowly(self, pieces: Iterator[bytes], pause_seconds: float) -> bytes:
        reader, writer = await asyncio.open_connection(HOST, self._port, limit=HEAD_BYTES_MAX)
        try:
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
                await self.pause(pause_seconds)
            return await _message(reader)
        finally:
            writer.close()

    async def deliver_part(self, request: bytes, count: int) -> None:
        """The first so many bytes, then the end."""
        _, writer = await asyncio.open_connection(HOST, self._port)
        writer.write(request[:count])
        await writer.drain()
        writer.close()

    async def pause(self, seconds: float) -> None:
        """Until then, or until the network is healed."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._healed.wait(), seconds)


class _Exchange:
    def __init__(
        self,
        proxy: Proxy,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        rng: random.Random,
    ) -> None:
        self._proxy, self._reader, self._writer, self._random = proxy, reader, writer, rng

    async def suffer(self, fault: Fault) -> None:
        if fault is Fault.RESET_AT_ONCE:
            self._reset()
            return
        request = await _message(self._reader)
        proxy, rng = self._proxy, self._random
        if proxy.only not in request:
            fault = Fault.NONE
        short, long = proxy.patience_seconds * rng.uniform(0, 0.5), proxy.patience_seconds * 2
        match fault:
            case Fault.CUT_BEFORE:
                pass
            case Fault.CUT_HALFWAY:
                await proxy.deliver_part(request, rng.randrange(1, len(request)))
            case Fault.LATE:
                self.close()
                await proxy.pause(rng.uniform(0, long))
                await proxy.deliver(request)
            case Fault.GATEWAY_BEFORE:
                await self._answer(_page("502 Bad Gateway"))
            case Fault.PORTAL:
                await self._answer(_page("200 OK"))
            case Fault.SLOW_REQUEST:
                await proxy.pause(short)
                await self._answer(await proxy.deliver(request))
            case Fault.TRICKLE_REQUEST:
                pieces = (request[i : i + 1] for i in range(len(request)))
                await self._answer(await proxy.deliver_slowly(pieces, 0.0))
            case Fault.TWICE:
                both = [asyncio.create_task(proxy.deliver(request)) for _ in range(2)]
                await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
                await self._answer(next(one for one in both if one.done()).result())
                await asyncio.wait(both)
            case Fault.TWICE_LATER:
                await self._answer(await proxy.deliver(request))
                self.close()
                await proxy.pause(rng.uniform(0, long))
                await proxy.deliver(request)
            case _:
                await self._spoil(await proxy.deliver(request), fault, short)

    async def _spoil(self, reply: bytes, fault: Fault, short_seconds: float) -> None:
        """The request has been delivered: what becomes of its answer."""
        part = reply[: self._random.randrange(1, len(reply))]
        match fault:
            case Fault.NONE:
                await self._answer(reply)
            case Fault.SLOW_REPLY:
                await self._proxy.pause(short_seconds)
                await self._answer(reply)
            case Fault.CUT_AFTER:
                pass
            case Fault.CUT_REPLY:
                await self._answer(part)
            case Fault.RESET_AFTER:
                self._reset()
            case Fault.RESET_REPLY:
                await self._answer(part)
                self._reset()
            case Fault.TRICKLE_REPLY:
                await self._drip(reply, 0.0)
            case Fault.CRAWL:
                await self._drip(reply, self._proxy.patience_seconds / 4)
            case Fault.GATEWAY_AFTER:
                await self._answer(_page("502 Bad Gateway"))
            case _:
                raise AssertionError(fault)

    async def _answer(self, content: bytes) -> None:
        self._writer.write(content)
        await self._writer.drain()

    async def _drip(self, content: bytes, pause_seconds: float) -> None:
        for index in range(len(content)):
            if self._reader.at_eof():
                raise _Gone
            await self._answer(content[index : index + 1])
            await self._proxy.pause(pause_seconds)

    def _reset(self) -> None:
        own: socket.socket = self._writer.get_extra_info("socket")
        own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()

    def close(self) -> None:
        self._writer.close()


async def _message(reader: asyncio.StreamReader) -> bytes:
    """One HTTP message as it came: head and, by its Content-Length, body.  Raises _Gone."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        length = 0
        for line in head.split(b"\r\n"):
            name, _, value = line.partition(b":")
            if name.strip().lower() == b"content-length":
                length = int(value)
        return head + await reader.readexactly(length)
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError) as exc:
        raise _Gone from exc


class ProxyThread:
    """A proxy with an event loop of its own, for callers that have none."""

    def __init__(self, proxy: Proxy, loop: asyncio.AbstractEventLoop) -> None:
        self._proxy, self._loop = proxy, loop

    @property
    def url(self) -> str:
        return self._proxy.url

    @property
    def dealt(self) -> dict[str, int]:
        return {fault.value: count for fault, count in self._proxy.dealt.most_common()}

    def rage(self, rate: float) -> None:
        self._loop.call_soon_threadsafe(self._proxy.rage, rate)

    def heal(self) -> None:
        """Returns when nothing is under way any more."""
        self._wait(self._proxy.heal())

    def _wait(self, work: Coroutine[None, None, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(2 * UPSTREAM_SECONDS_MAX)


@contextmanager
def proxying(
    port: int,
    seed: int,
    *,
    faults: tuple[Fault, ...] = FAULTS,
    only: bytes = b"",
    patience_seconds: float = 1.0,
) -> Iterator[ProxyThread]:
    """A proxy in front of 127.0.0.1:`port`; harmless until it is told to rage."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="proxy", daemon=True)
    thread.start()

    async def make() -> Proxy:
        proxy = Proxy(port, seed, faults=faults, only=only, patience_seconds=patience_seconds)
        await proxy.start()
        return proxy

    proxy = asyncio.run_coroutine_threadsafe(make(), loop).result(UPSTREAM_SECONDS_MAX)
    running = ProxyThread(proxy, loop)
    try:
        yield running
    finally:
        running._wait(proxy.stop())
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
