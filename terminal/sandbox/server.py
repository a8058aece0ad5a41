"""Serving the application on loopback with uvicorn.

One rule: the socket is bound here, before uvicorn starts, so that port 0 has a number, a busy port
is an ordinary error, and no client can be early.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import FrameType

import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.h11_impl import H11Protocol

from terminal.sandbox.app import create_app
from terminal.sandbox.faults import TRANSPORT
from terminal.sandbox.settings import Settings

HOST = "127.0.0.1"
EVERY_HOST = "0.0.0.0"
BACKLOG = 128
START_SECONDS = 10.0
STOP_SECONDS = 10.0
GRACE_SECONDS = 1
"""How long requests under way may take when the server ends; a delayed one is cut off."""


class _Protocol(H11Protocol):
    """Hands each request its connection, so that a fault can close it without a reply."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in the base class
        super().connection_made(transport)
        self.app_state = {**self.app_state, TRANSPORT: transport}


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are the caller's: uvicorn would raise them again after an orderly end."""
        yield


@dataclass(frozen=True, slots=True)
class Running:
    url: str
    """`http://127.0.0.1:PORT`."""
    app: Starlette


def bind(host: str = HOST, port: int = 0) -> socket.socket:
    """A listening socket; port 0 is any free one.  Raises OSError."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def url_of(listener: socket.socket) -> str:
    """Where this machine reaches it, also when it listens on every address."""
    host, port = listener.getsockname()[:2]
    return f"http://{HOST if host == EVERY_HOST else host}:{port}"


def run(app: Starlette, listener: socket.socket, ready: Callable[[], None]) -> None:
    """Serves until SIGINT or SIGTERM.  Main thread only; the socket is closed at the end."""
    server = _server(app)

    def stop(number: int, frame: FrameType | None) -> None:
        server.should_exit = True

    previous = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        ready()
        server.run(sockets=[listener])
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def serving(settings: Settings | None = None, *, port: int = 0) -> Iterator[Running]:
    """A sandbox on loopback in a thread of its own, for tests and demonstrations.

    Raises OSError where the port is taken, and what `create_app` raises.
    """
    listener = bind(HOST, port)
    try:
        app = create_app(settings)
    except BaseException:
        listener.close()
        raise
    server = _server(app)
    thread = threading.Thread(
        target=server.run, kwargs={"sockets": [listener]}, name="sandbox", daemon=True
    )
    thread.start()
    try:
        yield Running(url_of(listener), app)
    finally:
        server.should_exit = True
        thread.join(START_SECONDS + STOP_SECONDS)
        app.state.store.close()
        assert not thread.is_alive()


def _server(app: Starlette) -> _Server:
    config = uvicorn.Config(
        app,
        http=_Protocol,
        ws="none",
        loop="asyncio",
        log_config=None,
        log_level="warning",
        access_log=False,
        lifespan="on",
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    return _Server(config)
