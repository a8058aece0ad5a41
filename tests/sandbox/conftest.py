"""One sandbox for each test, called in-process, with a clock that stands still."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

from terminal.sandbox.app import create_app
from terminal.sandbox.settings import Settings
from tests.sandbox.counter import Clock, Counter, audit

Open = Callable[..., Counter]
"""Settings by name -> a counter connected to a sandbox of that kind."""


@pytest.fixture
async def open_sandbox() -> AsyncIterator[Open]:
    """Every ledger made through it is audited at the end of the test."""
    async with contextlib.AsyncExitStack() as stack:
        counters: list[Counter] = []

        def open_one(**changes: Any) -> Counter:
            clock = changes.setdefault("clock", Clock())
            app = create_app(Settings(**changes))
            http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://sandbox")
            stack.callback(app.state.store.close)
            stack.push_async_callback(http.aclose)
            counters.append(Counter(http, clock))
            return counters[-1]

        yield open_one
        for counter in counters:
            audit(await counter.ledger())


@pytest.fixture
def counter(open_sandbox: Open) -> Counter:
    """The shipped sandbox."""
    return open_sandbox()
