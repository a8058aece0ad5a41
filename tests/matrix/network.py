"""The lines between the tills and the platform, and what a message may suffer on the way.

One rule: what the platform does with a message is its own business.  A till that is killed or
stops listening takes nothing back that has arrived.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import Any

import httpx
import msgspec
from starlette.applications import Starlette

from tests.matrix.disk import Process
from tests.matrix.edges import Message, message_of
from tests.matrix.virtual_time import VirtualLoop

LATENCY_SECONDS = {1: 0.05, 2: 0.0731}
"""One way.  Different for each till, so that what happens first does not depend on threads."""

Act = Callable[["Line", Message], Awaitable[httpx.Response]]
Wants = Callable[[Message], bool]


@dataclass
class Trouble:
    """What the next messages of a kind suffer."""

    wants: Wants
    act: Act
    left: int = 1
    until: float | None = None
    """Virtual time after which it is over, whatever is left."""
    is_consequence: bool = False
    """Goes with another one, and may never be met."""
    used: int = 0

    def takes(self, message: Message, now: float) -> bool:
        """Whether this message suffers it; counts it if so."""
        if self.left == 0 or self._expired(now) or not self.wants(message):
            return False
        self.left -= 1
        self.used += 1
        return True

    def has_struck(self, now: float) -> bool:
        """Whether nothing has to come for the fault to have happened."""
        return self.is_consequence or self.used > 0 or self._expired(now)

    def _expired(self, now: float) -> bool:
        return self.until is not None and now >= self.until


class Network:
    def __init__(
        self,
        loop: VirtualLoop,
        app: Starlette,
        true_time: Callable[[], datetime],
        on_sending: Callable[[Message], None],
    ) -> None:
        """on_sending  told of each message of a till before anything happens to it"""
        self.loop, self._true_time, self._on_sending = loop, true_time, on_sending
        self._platform = httpx.ASGITransport(app=app)
        self.sandbox = httpx.AsyncClient(transport=_Counting(self), base_url="http://sandbox")
        self.troubles: list[Trouble] = []
        self._tasks: set[asyncio.Task[Any]] = set()
        self._urgent: set[asyncio.Task[Any]] = set()

    def add(self, *troubles: Trouble) -> None:
        self.troubles.extend(troubles)

    @property
    def spent(self) -> bool:
        """Whether every trouble has struck."""
        now = self.loop.time()
        return all(trouble.has_struck(now) for trouble in self.troubles)

    def trouble_for(self, message: Message) -> Trouble | None:
        now = self.loop.time()
        return next((t for t in self.troubles if t.takes(message, now)), None)

    def sending(self, message: Message) -> None:
        self._on_sending(message)

    # -- the platform's side

    async def ask_platform(self, request: httpx.Request) -> httpx.Response:
        """Carries one request out.  Use `deliver` for messages."""
        self.loop.thread_begins()
        try:
            response = await self._platform.handle_async_request(request)
            await response.aread()
        finally:
            self.loop.thread_ends()
        return response

    async def deliver(self, message: Message) -> httpx.Response:
        """The platform carries the message out and answers, whoever still listens."""
        seconds = LATENCY_SECONDS[message.till]

        async def there_and_back() -> httpx.Response:
            await asyncio.sleep(seconds)
            response = await self.ask_platform(_again(message.request))
            await asyncio.sleep(seconds)
            return response

        response: httpx.Response = await asyncio.shield(self.begin(there_and_back()))
        # The server in front of the application dates its answers.
        response.headers["date"] = format_datetime(self._true_time(), usegmt=True)
        return response

    def deliver_later(self, seconds: float, message: Message) -> None:
        async def arrive() -> None:
            await asyncio.sleep(seconds)
            await self.ask_platform(_again(message.request))

        self.begin(arrive())

    def begin(self, work: Coroutine[Any, Any, Any], *, urgent: bool = False) -> asyncio.Task[Any]:
        """Something that happens beside the till.

        urgent  before the till's next message
        """
        task = self.loop.create_task(work)
        tasks = self._urgent if urgent else self._tasks
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        return task

    async def urgent_done(self) -> None:
        while self._urgent:
            await asyncio.wait(set(self._urgent))

    async def quiet(self) -> None:
        """Until everything that was still to arrive has."""
        while pending := self._tasks | self._urgent:
            done, _ = await asyncio.wait(pending)
            for task in done:
                task.result()

    async def close(self) -> None:
        for task in self._tasks | self._urgent:
            task.cancel()
        await self.sandbox.aclose()


class _Counting(httpx.AsyncBaseTransport):
    """The tests' own way to the sandbox."""

    def __init__(self, network: Network) -> None:
        self._network = network

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self._network.ask_platform(request)


class Line(httpx.AsyncBaseTransport):
    """The connection of one process of one till."""

    def __init__(self, network: Network, till: int, process: Process) -> None:
        self.network, self._till, self._process = network, till, process

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._process.require_alive()
        await self.network.urgent_done()
        message = message_of(self._till, request)
        self.network.sending(message)
        await self.network.urgent_done()
        trouble = self.network.trouble_for(message)
        try:
            if trouble is None:
                return await self.network.deliver(message)
            return await trouble.act(self, message)
        finally:
            self._process.require_alive()

    async def time_out(self, message: Message) -> None:
        """Waits as long as the till does for a reply.  Raises ReadTimeout."""
        await asyncio.sleep(message.request.extensions["timeout"]["read"])
        raise httpx.ReadTimeout("nothing came")

    async def time_out_connecting(self, message: Message) -> None:
        await asyncio.sleep(message.request.extensions["timeout"]["connect"])
        raise httpx.ConnectTimeout("nobody answered")


def _again(request: httpx.Request) -> httpx.Request:
    return httpx.Request(
        request.method, request.url, headers=request.headers, content=request.content
    )


def reply_json(response: httpx.Response) -> dict[str, Any]:
    decoded: dict[str, Any] = msgspec.json.decode(response.content)
    return decoded


def reply(**envelope: object) -> httpx.Response:
    """A reply of the platform's own shape."""
    known: dict[str, object] = {"infcode": 0, "err_msg": "", "output": {}}
    return httpx.Response(200, content=msgspec.json.encode(known | envelope))


class Trickle(httpx.AsyncByteStream):
    """A body that comes one byte a second."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for byte in self._body:
            await asyncio.sleep(1)
            yield bytes([byte])
