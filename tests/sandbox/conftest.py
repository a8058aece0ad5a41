"""One sandbox for each test, called in-process, with a clock that stands still."""

from __future__ import annotations

import contextlib
import itertools
import os
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx
import pytest

from terminal.sandbox.app import create_app
from terminal.sandbox.server import serving
from terminal.sandbox.settings import Settings
from terminal.sandbox.store import IN_MEMORY
from tests import postgres
from tests.sandbox.counter import Clock, Counter, audit

Open = Callable[..., Counter]
"""Settings by name -> a counter connected to a sandbox of that kind."""


EVERYWHERE = os.environ.get("SANDBOX_DATABASE", "sqlite")
"""What tests run on that do not name both; `make postgres` says "postgres"."""

BOTH = pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)
"""For tests of what a database must keep whatever it is."""

Database = Callable[[], str]
"""A new empty one."""


@pytest.fixture(scope="session")
def postgres_database() -> Iterator[Database]:
    """Of one server for all tests.  Skips, with the reason, where it cannot be had."""
    numbers = itertools.count(1)
    try:
        with postgres.server("fsync=off", "max_connections=200") as url:
            yield lambda: postgres.in_schema(url, f"test_{next(numbers)}")
    except postgres.NoPostgres as exc:
        pytest.skip(str(exc))


@pytest.fixture
def database(request: pytest.FixtureRequest) -> Database:
    if getattr(request, "param", EVERYWHERE) == "sqlite":
        return lambda: IN_MEMORY
    made: Database = request.getfixturevalue("postgres_database")
    return made


@pytest.fixture
async def open_sandbox(database: Database) -> AsyncIterator[Open]:
    """Every ledger made through it is audited at the end of the test."""
    async with contextlib.AsyncExitStack() as stack:
        counters: list[Counter] = []

        def open_one(**changes: Any) -> Counter:
            clock = changes.setdefault("clock", Clock())
            changes.setdefault("database", database())
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
async def open_real() -> AsyncIterator[Open]:
    """Served on loopback; every ledger is audited at the end of the test."""
    async with contextlib.AsyncExitStack() as stack:
        counters: list[Counter] = []

        def open_one(**changes: Any) -> Counter:
            clock = changes.setdefault("clock", Clock())
            running = stack.enter_context(serving(Settings(**changes)))
            http = httpx.AsyncClient(base_url=running.url, timeout=30, trust_env=False)
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
