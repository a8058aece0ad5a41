"""Faults on demand: what the next requests of a kind will suffer.

One rule: a fault says whether the transaction was carried out.  `..._before` has no effect on the
ledger, `..._after` has; the caller sees the same.

To close a connection without a reply is not something an ASGI application can ask for, so the
server's protocol class puts the connection's transport into the request's state (`server.py`) and
`ConnectionDropped` aborts it.  Without a server (httpx.ASGITransport) it raises `NoConnection`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

import msgspec
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

TRANSPORT = "sandbox_transport"
"""Key in the ASGI state."""
ARMED_MAX = 100
COUNT_MAX = 10_000
SECONDS_MAX = 3600.0
ANY = "*"


class FaultKind(StrEnum):
    DROP_BEFORE = "drop_before"
    DROP_AFTER = "drop_after"
    SERVER_ERROR_BEFORE = "5xx_before"
    SERVER_ERROR_AFTER = "5xx_after"
    DELAY = "delay"
    """Carried out and answered only after `seconds`: a caller that gave up meets a late arrival."""
    DELAY_REPLY = "delay_reply"
    """Carried out at once, answered after `seconds`."""
    GARBLE = "garble"
    """Carried out; the reply is cut in the middle of its JSON, with status 200."""


class Fault(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of `POST /_faults`."""

    infno: Annotated[str, msgspec.Meta(min_length=1, max_length=6)]
    """A transaction number, or "*"."""
    kind: FaultKind
    count: Annotated[int, msgspec.Meta(ge=1, le=COUNT_MAX)] = 1
    seconds: Annotated[float, msgspec.Meta(ge=0, le=SECONDS_MAX)] = 0.0


class TooManyFaults(Exception):
    """More than ARMED_MAX kinds of trouble are waiting already."""


class NoConnection(ConnectionResetError):
    """A dropped connection where there is no connection: the application is called in-process."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What one request suffers."""

    kind: FaultKind
    seconds: float


class Faults:
    """Those still to come, first armed first.  Used from the event loop's thread only."""

    def __init__(self) -> None:
        self._armed: list[Fault] = []

    def arm(self, fault: Fault) -> None:
        """Raises TooManyFaults."""
        if len(self._armed) >= ARMED_MAX:
            raise TooManyFaults
        self._armed.append(fault)

    def armed(self) -> tuple[Fault, ...]:
        return tuple(self._armed)

    def clear(self) -> None:
        self._armed.clear()

    def take(self, infno: str) -> Trouble | None:
        """The next fault meant for this transaction; it counts as used."""
        for index, fault in enumerate(self._armed):
            if fault.infno not in (infno, ANY):
                continue
            if fault.count > 1:
                self._armed[index] = msgspec.structs.replace(fault, count=fault.count - 1)
            else:
                del self._armed[index]
            return Trouble(fault.kind, fault.seconds)
        return None


class ConnectionDropped(Response):
    """Instead of a reply, the connection is closed at once."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        state: Mapping[str, object] = scope.get("state") or {}
        transport = state.get(TRANSPORT)
        if not isinstance(transport, asyncio.WriteTransport):
            raise NoConnection("dropped on demand")
        transport.abort()
        # The server answers 500 for an application that returns while the client still listens.
        while (await receive())["type"] != "http.disconnect":
            pass


def garbled(reply: bytes) -> bytes:
    return reply[: len(reply) // 2]


def server_error() -> Response:
    """What a gateway in front of a platform says: HTML, and no envelope."""
    return Response("<html><h1>503 Service Unavailable</h1></html>", 503, media_type="text/html")
