"""Bodies of requests and answers that are not the wire's."""

from __future__ import annotations

from typing import TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from terminal.sandbox.wire import to_json

BODY_BYTES_MAX = 1_000_000

T = TypeVar("T")


class BodyTooLarge(Exception):
    """More than BODY_BYTES_MAX."""


async def body_of(request: Request) -> bytes:
    """Raises BodyTooLarge as soon as it is, without reading on."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_BYTES_MAX:
            raise BodyTooLarge
    return body


async def decoded(request: Request, kind: type[T]) -> T:
    """Raises msgspec.DecodeError, BodyTooLarge."""
    return msgspec.json.decode(await body_of(request), type=kind)


def as_json(value: object, status: int = 200) -> Response:
    headers = {"Cache-Control": "no-store"}
    return Response(to_json(value), status, headers, media_type="application/json")
