"""Faults on demand: what the next requests of a kind will suffer.

One rule: a fault says whether the transaction was carried out.  `..._before` has no effect on the
ledger, `..._after` has; the caller sees the same.

To close a connection without a reply is not something an ASGI application can ask for, so the
server's protocol class puts the connection's transport into the request's state (`server.py`) and
`ConnectionDropped` aborts it.  Without a server (httpx.ASGITransport) it raises `NoConnection`.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

import msgspec
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from terminal.sandbox.wire import to_json

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
    DUPLICATE = "duplicate"
    """The request arrives twice; the second answer is sent."""
    PENDING = "pending"
    """Answered at once with infcode -1 and 处理中; carried out `seconds` later."""
    BUSY = "busy"
    """Not carried out: infcode -1 and 系统繁忙."""
    NOT_FOUND = "not_found"
    """Not carried out, and answered as if nothing were known of what is asked about."""
    WRONG_SUMS = "wrong_sums"
    """Carried out; one amount of the reply is a yuan too much."""


class Fault(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of `POST /_faults`."""

    infno: Annotated[str, msgspec.Meta(min_length=1, max_length=6)]
    """A transaction number, or "*"."""
    kind: FaultKind
    count: Annotated[int, msgspec.Meta(ge=1, le=COUNT_MAX)] = 1
    seconds: Annotated[float, msgspec.Meta(ge=0, le=SECONDS_MAX)] = 0.0


class FaultMix(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The other body of `POST /_faults`: from now on each request suffers by chance."""

    mix: Annotated[
        dict[FaultKind, Annotated[float, msgspec.Meta(ge=0, le=1)]], msgspec.Meta(max_length=20)
    ]
    """Share of the requests by kind; together at most 1."""
    seed: int
    """The same seed and the same requests in the same order: the same faults."""
    infno: Annotated[str, msgspec.Meta(min_length=1, max_length=6)] = "*"
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
        self._mix: FaultMix | None = None
        self._chance = random.Random()

    def arm(self, fault: Fault) -> None:
        """Raises TooManyFaults."""
        if len(self._armed) >= ARMED_MAX:
            raise TooManyFaults
        self._armed.append(fault)

    def mix(self, mix: FaultMix) -> None:
        """Takes the place of an earlier mix.  Raises TooManyFaults for more than all requests."""
        if sum(mix.mix.values()) > 1:
            raise TooManyFaults
        self._mix, self._chance = mix, random.Random(mix.seed)

    def armed(self) -> tuple[Fault | FaultMix, ...]:
        return (*self._armed, *([self._mix] if self._mix else []))

    def clear(self) -> None:
        self._armed.clear()
        self._mix = None

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
        return self._by_chance(infno)

    def _by_chance(self, infno: str) -> Trouble | None:
        if self._mix is None or self._mix.infno not in (infno, ANY):
            return None
        drawn = self._chance.random()
        for kind in sorted(self._mix.mix):
            drawn -= self._mix.mix[kind]
            if drawn < 0:
                return Trouble(kind, self._mix.seconds)
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


PENDING_WORDS = "交易处理中，请稍后查询"
BUSY_WORDS = "系统繁忙，请稍后再试"
NOTHING_FOUND: Mapping[str, tuple[str, dict[str, object]]] = {
    "5201": ("", {"mdtrtinfo": []}),
    "X103": ("", {"acctinfo": {"stas": "0"}}),
}
"""`err_msg` and `output` of an answer that knows nothing; every other transaction is refused."""
NOT_FOUND_WORDS = "未查询到相关记录"
WRONG_AMOUNTS = (("setlinfo", "fund_pay_sumamt"), ("acctinfo", "pay_amt"))


def garbled(reply: bytes) -> bytes:
    return reply[: len(reply) // 2]


def without_effect(kind: FaultKind, infno: str) -> bytes | None:
    """The answer of a fault that answers by itself; None: this one does not."""
    match kind:
        case FaultKind.PENDING:
            return _envelope(PENDING_WORDS, {})
        case FaultKind.BUSY:
            return _envelope(BUSY_WORDS, {})
        case FaultKind.NOT_FOUND:
            return _envelope(*NOTHING_FOUND.get(infno, (NOT_FOUND_WORDS, {})))
    return None


def with_wrong_sums(reply: bytes) -> bytes:
    """One amount of it a yuan too much; a reply without such an amount stays as it is."""
    envelope = json.loads(reply, parse_float=Decimal)
    output = envelope.get("output") or {}
    for node, name in WRONG_AMOUNTS:
        if node in output and name in output[node]:
            amount = Decimal(output[node][name]) + 1
            is_text = isinstance(output[node][name], str)
            output[node][name] = str(amount) if is_text else amount
    return to_json(envelope)


def _envelope(err_msg: str, output: Mapping[str, object]) -> bytes:
    return to_json(
        {
            "infcode": -1 if err_msg else 0,
            "inf_refmsgid": "0" * 30,
            "refmsg_time": "0" * 17,
            "respond_time": "0" * 17,
            "err_msg": err_msg,
            "output": output,
        }
    )


def server_error() -> Response:
    """What a gateway in front of a platform says: HTML, and no envelope."""
    return Response("<html><h1>503 Service Unavailable</h1></html>", 503, media_type="text/html")
