"""Faults of the network between till and platform: as the HTTP library reports them."""

from __future__ import annotations

from collections.abc import Callable

import httpx

from tests.matrix.edges import Message
from tests.matrix.fault import Case, Fault, Group
from tests.matrix.network import Act, Line, Trickle

OUTAGE_SECONDS = 20.0
HTML = b"<html><body>Please sign in to the network</body></html>"


def raising(make: Callable[[], Exception]) -> Act:
    """The message never leaves."""

    async def act(line: Line, message: Message) -> httpx.Response:
        raise make()

    return act


def answering(status: int, body: bytes = HTML, *, after: bool = False) -> Act:
    """Something in between answers; `after`: the platform had carried it out."""

    async def act(line: Line, message: Message) -> httpx.Response:
        if after:
            await line.network.deliver(message)
        return httpx.Response(status, content=body)

    return act


async def connect_times_out(line: Line, message: Message) -> httpx.Response:
    await line.time_out_connecting(message)
    raise AssertionError


async def request_lost(line: Line, message: Message) -> httpx.Response:
    await line.time_out(message)
    raise AssertionError


async def reply_lost(line: Line, message: Message) -> httpx.Response:
    await line.network.deliver(message)
    await line.time_out(message)
    raise AssertionError


def late(seconds: float) -> Act:
    """The request is under way for so long; the till has given up waiting by then."""

    async def act(line: Line, message: Message) -> httpx.Response:
        line.network.deliver_later(seconds, message)
        await line.time_out(message)
        raise AssertionError

    return act


def twice(seconds: float) -> Act:
    """The network delivers a copy once more, so many seconds later."""

    async def act(line: Line, message: Message) -> httpx.Response:
        line.network.deliver_later(seconds, message)
        return await line.network.deliver(message)

    return act


async def body_cut(line: Line, message: Message) -> httpx.Response:
    response = await line.network.deliver(message)
    return httpx.Response(200, content=response.content[: len(response.content) // 2])


async def connection_cut_in_body(line: Line, message: Message) -> httpx.Response:
    await line.network.deliver(message)
    raise httpx.RemoteProtocolError("peer closed connection without sending complete message body")


def reset(*, after: bool) -> Act:
    async def act(line: Line, message: Message) -> httpx.Response:
        if after:
            await line.network.deliver(message)
        raise httpx.ReadError("[Errno 104] Connection reset by peer")

    return act


async def one_byte_a_second(line: Line, message: Message) -> httpx.Response:
    response = await line.network.deliver(message)
    return httpx.Response(200, stream=Trickle(response.content))


def _next(act: Act, count: int = 1) -> Callable[[Case], None]:
    return lambda case: case.next_messages(act, count)


def _refusing(words: str) -> Callable[[Case], None]:
    return _next(raising(lambda: httpx.ConnectError(words)), 2)


def _late(case: Case) -> None:
    case.next_messages(late(float(case.variant)))


def _duplicated(case: Case) -> None:
    case.next_messages(twice(float(case.variant)))


def _body_cut(case: Case) -> None:
    case.next_messages(body_cut if case.variant == "by a proxy" else connection_cut_in_body)


def _reset(case: Case) -> None:
    case.next_messages(reset(after=case.variant == "after"))


def _interface(case: Case) -> None:
    """What is in flight is cut off, and for a while nothing leaves."""
    if case.crossing.message:
        case.next_messages(reset(after=True))
    down = raising(lambda: httpx.ConnectError("[Errno 101] Network is unreachable"))
    case.next_messages(down, 1000, seconds=OUTAGE_SECONDS)


NETWORK = (
    Fault(Group.NETWORK, "DNS", _refusing("[Errno -2] Name or service not known")),
    Fault(Group.NETWORK, "refused", _refusing("[Errno 111] Connection refused")),
    Fault(Group.NETWORK, "connect time-out", _next(connect_times_out)),
    Fault(Group.NETWORK, "TLS", _refusing("[SSL: CERTIFICATE_VERIFY_FAILED] has expired")),
    Fault(Group.NETWORK, "request lost", _next(request_lost)),
    Fault(Group.NETWORK, "reply lost", _next(reply_lost)),
    Fault(Group.NETWORK, "late", _late, ("12", "60", "300")),
    Fault(Group.NETWORK, "duplicated request", _duplicated, ("0", "30", "300")),
    Fault(Group.NETWORK, "cut body", _body_cut, ("by a proxy", "by a break")),
    Fault(Group.NETWORK, "5xx before effect", _next(answering(503))),
    Fault(Group.NETWORK, "5xx after effect", _next(answering(502, after=True))),
    Fault(Group.NETWORK, "429", _next(answering(429, b""))),
    Fault(Group.NETWORK, "HTML with 200", _next(answering(200))),
    Fault(Group.NETWORK, "RST", _reset, ("before", "after")),
    Fault(Group.NETWORK, "interface down and up", _interface),
    Fault(Group.NETWORK, "1 byte/s", _next(one_byte_a_second)),
)
