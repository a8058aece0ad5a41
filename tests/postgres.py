"""A PostgreSQL of one's own: Debian's programs, a temporary directory, a Unix socket, no network.

    with server() as url:   # the url of an empty database; `in_schema(url, "name")`: a part of it

PostgreSQL does not run as root: there it runs as the user Debian's package makes for it.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import psycopg

START_SECONDS = 30.0
DEBIAN = Path("/usr/lib/postgresql")
SERVICE_USER = "postgres"


class NoPostgres(Exception):
    """It cannot be had here; the message says why."""


@contextlib.contextmanager
def server(*settings: str) -> Iterator[str]:
    """settings  of `postgres -c`, such as "fsync=off".  Raises NoPostgres."""
    user = _user()
    # A socket's path has at most 107 characters, so not below pytest's own.
    with tempfile.TemporaryDirectory(prefix="gongji-pg-", dir="/tmp") as folder:
        if user:
            shutil.chown(folder, user)
        data = f"{folder}/data"
        made = [_program("initdb"), "-D", data, "-A", "trust", "-U", "gongji", "--no-sync"]
        subprocess.run(
            [*made, "--encoding=UTF8", "--locale=C"],
            user=user, cwd="/", check=True, capture_output=True,
        )  # fmt: skip
        options = ["listen_addresses=", f"unix_socket_directories={folder}", *settings]
        words = [word for option in options for word in ("-c", option)]
        with subprocess.Popen(
            [_program("postgres"), "-D", data, *words],
            user=user, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        ) as process:  # fmt: skip
            url = f"postgresql:///postgres?user=gongji&host={quote(folder, safe='')}"
            try:
                _wait_for(url, process)
                yield url
            finally:
                process.send_signal(signal.SIGINT)  # SIGTERM would wait for everybody to leave


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + START_SECONDS
    while True:
        try:
            psycopg.connect(url).close()
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > until:
                raise
            time.sleep(0.05)
        else:
            return


def in_schema(url: str, name: str) -> str:
    """A part of the database that shares nothing with the others; made here."""
    with psycopg.connect(url, autocommit=True) as db:
        db.execute(f"CREATE SCHEMA {name}")
    return f"{url}&options={quote(f'-csearch_path={name}')}"


def _program(name: str) -> str:
    """Raises NoPostgres."""
    newest_first = sorted(DEBIAN.glob(f"*/bin/{name}"), reverse=True)
    found = next(iter(newest_first), None) or shutil.which(name)
    if found is None:
        raise NoPostgres(f"PostgreSQL's {name} is not installed (apt-get install postgresql)")
    return str(found)


def _user() -> str | None:
    """None: as whoever runs the tests.  Raises NoPostgres."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(SERVICE_USER).pw_name
    except KeyError:
        raise NoPostgres(f"as root, and there is no user {SERVICE_USER} to run it as") from None
