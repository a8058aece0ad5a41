"""`gongji conformance`: does a platform keep what its profile promises?

It settles and takes back small carts of a test person: never run it with a real person's voucher.

stdout  the report, as text, JSON or JUnit
exit    0 every line passed or was skipped · 1 a line failed · 2 the command line · 3 a file
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, nullcontext
from itertools import islice
from pathlib import Path
from typing import TextIO

import httpx
import msgspec

from terminal.catalogue import CatalogueError
from terminal.cli.build import catalogue_of, http_url, nonce, sender_of
from terminal.cli.exits import Exit, Stop
from terminal.cli.output import say, say_json
from terminal.clock import SystemClock
from terminal.config import ConfigError, find, load_counter, load_profile
from terminal.conformance import checks, debits, report
from terminal.conformance.bench import LINES_MAX, Bench, Skipped
from terminal.conformance.run import Run, Verdict, carry_out
from terminal.profile import VoucherPassword
from terminal.settlement.credentials import load as load_credentials
from terminal.settlement.dialect import MessageIds
from terminal.settlement.gateway import gateway_of
from terminal.settlement.seal import seal_of
from terminal.settlement.wire import Answer, Wire

NewToken = Callable[[], Awaitable[str]]


class _Voucher(msgspec.Struct):
    voucher_id: str


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser(
        "conformance", help="does a platform keep what its profile promises?"
    )
    add = parser.add_argument
    add("--counter", default="demo", metavar="NAME", help="whose shop code and catalogue")
    add("--journal", type=Path, default=Path("var/journal.db"), metavar="FILE")
    add("--profile", metavar="NAME", help="platform profile, file or name (default: the counter's)")
    add("--platform", metavar="URL", help="the platform's address")
    add(
        "--till",
        type=int,
        metavar="NUMBER",
        help="in message ids; no till of the shop may have it (default: the greatest)",
    )
    whose = parser.add_mutually_exclusive_group(required=True)
    whose.add_argument("--sandbox-person", metavar="ID", help="a person of `gongji sandbox`")
    whose.add_argument(
        "--token",
        action="append",
        metavar="NUMBER",
        help="voucher number of a test person; one is used for each settlement: repeat the option",
    )
    add("--password-file", type=Path, metavar="FILE", help="the test person's voucher password")
    add("--format", choices=("text", "json", "junit"), default="text")
    add("--out", type=Path, metavar="FILE", help="write the report there instead of stdout")


def run(args: argparse.Namespace) -> int:
    return asyncio.run(_run(args))


async def _run(args: argparse.Namespace) -> int:
    bench = _bench(args)
    checklist = {**checks.CHECKLIST, **debits.CHECKLIST}
    try:
        lines = await carry_out(Run(bench), checklist, time.monotonic)
    finally:
        await bench.wire.close()
    profile = bench.profile
    with _opened(args.out) as out:
        if args.format == "json":
            say_json(report.as_json(profile, lines), indent=1, out=out)
        else:
            write = report.junit if args.format == "junit" else report.text
            say(write(profile, lines), out=out)
    has_failed = any(line.verdict is Verdict.FAILED for line in lines)
    return Exit.FAILED if has_failed else Exit.OK


def _opened(path: Path | None) -> AbstractContextManager[TextIO | None]:
    """None: stdout.  Raises Stop(CONFIG)."""
    try:
        return path.open("w", encoding="utf-8") if path else nullcontext()
    except OSError as exc:
        raise Stop(Exit.CONFIG, f"--out {path}: {exc.strerror}") from exc


def _bench(args: argparse.Namespace) -> Bench:
    """Raises Stop(CONFIG)."""
    try:
        counter, beside = load_counter(args.counter)
        url = http_url(args.platform) if args.platform else None
        profile = load_profile(args.profile or counter.platform, beside, url)
        if profile.environment == "production":
            raise ConfigError(f"platform {profile.name} is for production: try a test system")
        is_asked = isinstance(profile.signature, VoucherPassword)
        if is_asked and not args.password_file:
            raise ConfigError(f"platform {profile.name} wants the password: give --password-file")
        password = args.password_file.read_text("utf-8").strip() if is_asked else ""
        credentials = load_credentials(profile, lambda name: find("keys", name, beside), nonce)
        catalogue = catalogue_of(counter, beside, args.journal.parent)
        till_max = 10**profile.message_id.till_digits - 1
        till = till_max if args.till is None else args.till
        if not 0 <= till <= till_max:
            raise ConfigError(f"--till {till}: message_id.till_digits allows 0 to {till_max}")
    except (ConfigError, CatalogueError, OSError, UnicodeDecodeError) as exc:
        raise Stop(Exit.CONFIG, str(exc)) from exc
    wire = Wire(profile.url, profile.timeouts.connect_seconds, tls=credentials.tls)
    now = SystemClock().now
    return Bench(
        profile=profile,
        sender=sender_of(counter, profile),
        wire=wire,
        gateway=gateway_of(profile, credentials, wire, now),
        seal=seal_of(profile, credentials),
        now=now,
        new_msgid=MessageIds(
            counter.shop.code, till, now, till_digits=profile.message_id.till_digits
        ),
        new_token=_from_sandbox(wire, args.sandbox_person)
        if args.sandbox_person
        else _from_options(args.token),
        goods=tuple(islice(catalogue, LINES_MAX)),
        password=password,
    )


def _from_options(tokens: list[str]) -> NewToken:
    left = iter(tokens)

    async def new_token() -> str:
        token = next(left, None)
        if token is None:
            raise Skipped(f"needs one more --token than the {len(tokens)} given")
        return token

    return new_token


def _from_sandbox(wire: Wire, person: str) -> NewToken:
    query = httpx.QueryParams({"person": person})

    async def new_token() -> str:
        answer = await wire.get(f"/vouchers/new?{query}", 10.0)
        if not isinstance(answer, Answer):
            raise Skipped(f"no voucher of {person} to be had from a sandbox: {answer.cause}")
        return msgspec.json.decode(answer.content, type=_Voucher).voucher_id

    return new_token
