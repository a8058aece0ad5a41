"""Between a till and the platform: what is lost, late, doubled, garbled or cut.

One rule: it keeps httpx's time-outs and nothing else.  A request, once sent, lives its own life: it
may arrive after everybody has stopped waiting, and so may its answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import httpx

from tests.simulation.audit import Auditor
from tests.simulation.faults import Faults
from tests.simulation.platform import Platform
from tests.simulation.process import Process

LATENCY_SECONDS = (0.02, 0.25)
LATE_SECONDS = (10.0, 300.0)
DOUBLED_SECONDS = (0.0, 60.0)
Trace = Callable[..., None]


class Network:
    """One for all tills of a day; outages cut off every one of them."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        platform: Platform,
        faults: Faults,
        auditor: Auditor,
        trace: Trace,
        trust_list: bytes,
    ) -> None:
        self.trust_list = trust_list
        self.loop, self.platform, self.faults = loop, platform, faults
        self.auditor, self.trace = auditor, trace
        self.down = False
        self.under_way = 0
        """Requests that have left and not arrived."""

    def send(self, till: int, body: bytes, reply: Reply) -> None:
        """Hands one request to the network."""
        way = self.faults.pick("out")
        seconds = self.faults.uniform(*LATENCY_SECONDS)
        if self.down or way == "request lost":
            return
        if way == "5xx before effect":
            status = 500 + int(self.faults.uniform(0, 5))
            self.loop.call_later(seconds, reply.answer, status, b"<html>gateway</html>")
            return
        if way == "request late":
            seconds += self.faults.uniform(*LATE_SECONDS)
        self._deliver(seconds, till, body, reply)
        # A platform that charges a repeat again is never handed one by the network: no till could
        # do anything about that.
        if way == "request duplicated" and self.platform.manners.repeat == "first reply":
            again = seconds + self.faults.uniform(*DOUBLED_SECONDS)
            self._deliver(again, till, body, Reply(self.loop))

    def _deliver(self, seconds: float, till: int, body: bytes, reply: Reply) -> None:
        self.under_way += 1
        self.loop.call_later(seconds, self._arrive, till, body, reply)

    def _arrive(self, till: int, body: bytes, reply: Reply) -> None:
        self.under_way -= 1
        if self.down:
            return
        status, content = self.platform.receive(body)
        reply.date = self.platform.http_date()
        self.trace("platform", till, status, content)
        way = self.faults.pick("back")
        seconds = self.faults.uniform(*LATENCY_SECONDS)
        if way == "reply lost":
            return
        if way == "reply late":
            seconds += self.faults.uniform(*LATE_SECONDS)
        if way == "5xx after effect":
            status, content = 502, b"<html>bad gateway</html>"
        if way == "garbled":
            status, content = 200, _garbled(content, self.faults)
        if way == "reset":
            self.loop.call_later(seconds, reply.cut)
        elif way == "dripping":
            self.loop.call_later(seconds, reply.begin)
            self.loop.call_later(seconds + len(content), reply.answer, status, content)
        else:
            self.loop.call_later(seconds, reply.answer, status, content)


def _garbled(content: bytes, faults: Faults) -> bytes:
    kinds = (b"", b"<html>ok</html>", content[: len(content) // 2], b"{}", b"[1]", b"\xff\xfe")
    return kinds[int(faults.uniform(0, len(kinds)))]


class Reply:
    """What a till waits for: an answer, a cut connection, or its own time-out."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._waiting: asyncio.Future[httpx.Response] = loop.create_future()
        self.date = ""
        """The platform's clock when it answered; "": a gateway answered that does not tell."""
        self._timer: asyncio.TimerHandle | None = None

    def answer(self, status: int, content: bytes) -> None:
        if not self._waiting.done():
            headers = {"date": self.date} if self.date else None
            self._waiting.set_result(httpx.Response(status, headers=headers, content=content))

    def begin(self) -> None:
        """The first byte is here.  httpx counts from one byte to the next."""
        if self._timer:
            self._timer.cancel()

    def cut(self) -> None:
        if self._timer and not self._waiting.done():
            self._waiting.set_exception(httpx.ReadError("connection reset by peer"))

    def _give_up(self) -> None:
        if not self._waiting.done():
            self._waiting.set_exception(httpx.ReadTimeout("nothing came"))

    async def wait(self, loop: asyncio.AbstractEventLoop, seconds: float) -> httpx.Response:
        self._timer = loop.call_later(seconds, self._give_up)
        try:
            return await self._waiting
        finally:
            self._timer.cancel()


class Line(httpx.AsyncBaseTransport):
    """What one life of a till has for a network card."""

    def __init__(self, network: Network, till: int, process: Process) -> None:
        self._network, self._till, self._process = network, till, process

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        network, faults = self._network, self._network.faults
        self._process.require_alive()
        crash = faults.pick("send")
        if crash == "crash before send":
            self._process.crash(crash)
        timeout = request.extensions["timeout"]
        if request.method == "GET":
            return await self._trust_list()
        await self._connect(timeout["connect"])
        self._process.require_alive()
        network.auditor.sent(self._till, request.content)
        network.trace("sent", self._till, request.content)
        reply = Reply(network.loop)
        network.send(self._till, request.content, reply)
        if crash == "crash after send":
            self._process.crash(crash)
        response = await reply.wait(network.loop, timeout["read"])
        self._process.require_alive()
        return response

    async def _trust_list(self) -> httpx.Response:
        """Where a newer list of issuers would be, if there were one."""
        await asyncio.sleep(self._network.faults.uniform(*LATENCY_SECONDS))
        if self._network.down:
            raise httpx.ReadError("the network is down")
        if self._network.faults.chance(0.5):
            return httpx.Response(404)
        return httpx.Response(200, content=self._network.trust_list)

    async def _connect(self, seconds: float) -> None:
        """Raises what httpx raises where no connection was made."""
        faults = self._network.faults
        failure = faults.pick("connect")
        if self._network.down and faults.chance(0.5):
            failure = "connect time-out" if faults.chance(0.5) else "refused"
        if failure == "connect time-out":
            await asyncio.sleep(seconds)
            raise httpx.ConnectTimeout("no answer to SYN")
        if failure:
            raise httpx.ConnectError(failure)
