"""The bad network does what it says: what the platform gets and what the caller sees, fault by
fault; and nothing is ever changed on the way."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.proxy import FAULTS, HOST, Fault, Proxy

REQUEST = b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"
REPLY = b"HTTP/1.1 200 OK\r\nContent-Length: 60\r\n\r\n" + b"world " * 10
PATIENCE_SECONDS = 0.05

NOTHING, PART, ONCE, AGAIN = "nothing", "part", "once", "twice"
"""What the platform gets of one request."""
GARBAGE, WHOLE = "garbage", "whole"
"""What the caller gets, beside nothing and a part."""

DOES: dict[Fault, tuple[str, str]] = {
    Fault.NONE: (ONCE, WHOLE),
    Fault.SLOW_REQUEST: (ONCE, WHOLE),
    Fault.SLOW_REPLY: (ONCE, WHOLE),
    Fault.CUT_BEFORE: (NOTHING, NOTHING),
    Fault.CUT_HALFWAY: (PART, NOTHING),
    Fault.CUT_AFTER: (ONCE, NOTHING),
    Fault.CUT_REPLY: (ONCE, PART),
    Fault.RESET_AT_ONCE: (NOTHING, NOTHING),
    Fault.RESET_AFTER: (ONCE, NOTHING),
    Fault.RESET_REPLY: (ONCE, PART),
    Fault.TRICKLE_REQUEST: (ONCE, WHOLE),
    Fault.TRICKLE_REPLY: (ONCE, WHOLE),
    Fault.CRAWL: (ONCE, WHOLE),
    Fault.TWICE: (AGAIN, WHOLE),
    Fault.TWICE_LATER: (AGAIN, WHOLE),
    Fault.LATE: (ONCE, NOTHING),
    Fault.GATEWAY_BEFORE: (NOTHING, GARBAGE),
    Fault.GATEWAY_AFTER: (ONCE, GARBAGE),
    Fault.PORTAL: (NOTHING, GARBAGE),
}


class Platform:
    """Answers every whole request with the same reply, and keeps what it got."""

    def __init__(self) -> None:
        self.got: list[bytes] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        content = b""
        while len(content) < len(REQUEST) and (piece := await reader.read(len(REQUEST))):
            content += piece
        self.got.append(content)
        if content == REQUEST:
            writer.write(REPLY)
        with contextlib.suppress(OSError):
            await writer.drain()
        writer.close()


@asynccontextmanager
async def between(*faults: Fault, seed: int = 1) -> AsyncIterator[tuple[Platform, Proxy]]:
    platform = Platform()
    server = await asyncio.start_server(platform.serve, HOST, 0)
    port = server.sockets[0].getsockname()[1]
    proxy = Proxy(port, seed, faults=faults, patience_seconds=PATIENCE_SECONDS)
    await proxy.start()
    try:
        yield platform, proxy
    finally:
        await proxy.stop()
        server.close()
        await server.wait_closed()


async def call(proxy: Proxy) -> tuple[bytes, bool]:
    """What the caller got until the connection ended, and whether it ended with a reset."""
    reader, writer = await asyncio.open_connection(HOST, int(proxy.url.rpartition(":")[2]))
    writer.write(REQUEST)
    content = b""
    try:
        while piece := await reader.read(1000):
            content += piece
    except ConnectionResetError:
        return content, True
    finally:
        writer.close()
    return content, False


def delivered(got: list[bytes]) -> str:
    if got == [REQUEST] * len(got):
        return (NOTHING, ONCE, AGAIN)[len(got)]
    assert len(got) == 1
    assert REQUEST.startswith(got[0])
    return PART


def answered(content: bytes) -> str:
    if content.endswith(b"</html>"):
        return GARBAGE
    assert REPLY.startswith(content)
    return NOTHING if not content else WHOLE if content == REPLY else PART


@pytest.mark.parametrize("fault", Fault)
async def test_each_fault_does_what_it_says(fault: Fault) -> None:
    to_platform, to_caller = DOES[fault]
    async with between(fault) as (platform, proxy):
        proxy.rage(1.0)
        content, reset = await call(proxy)
        await proxy.heal()
        assert delivered(platform.got) == to_platform
        # A reset may overtake the bytes before it.
        seen = answered(content)
        assert seen in ((NOTHING, PART) if fault is Fault.RESET_REPLY else (to_caller,))
        assert reset is (fault.name.startswith("RESET"))
        assert proxy.dealt == {fault: 1}


async def test_what_is_late_comes_after_the_caller_has_gone() -> None:
    async with between(Fault.LATE) as (platform, proxy):
        proxy.rage(1.0)
        assert await call(proxy) == (b"", False)
        assert platform.got == []
        await proxy.heal()
        assert platform.got == [REQUEST]


async def test_without_faults_nothing_is_spoilt() -> None:
    async with between(*FAULTS) as (platform, proxy):
        for _ in range(20):
            assert await call(proxy) == (REPLY, False)
        assert platform.got == [REQUEST] * 20
        assert proxy.dealt == {Fault.NONE: 20}


async def test_the_seed_says_which_exchange_suffers_what() -> None:
    dealt = []
    for seed in (1, 1, 2):
        async with between(*FAULTS, seed=seed) as (_, proxy):
            proxy.rage(0.5)
            order: list[tuple[bytes, bool]] = []
            for _ in range(12):
                order.append(await call(proxy))
            dealt.append((proxy.dealt, [answered(content) for content, _ in order]))
    assert dealt[0][0] == dealt[1][0]
    assert dealt[0] != dealt[2]
