"""`gongji sandbox`: a pretend settlement platform and voucher issuer on loopback.

stdout  one JSON line when it listens: {"sandbox": "http://127.0.0.1:8000"}
stderr  the same for people, and what went wrong
exit    0 ended by SIGINT or SIGTERM · 1 the port is taken · 3 a file cannot be used
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from decimal import Decimal, InvalidOperation
from pathlib import Path

from terminal.cli.exits import Exit, Stop
from terminal.cli.output import complain, say_json
from terminal.sandbox.app import create_app
from terminal.sandbox.quoted import PolicyError
from terminal.sandbox.rules import AccountSplit, Repeat
from terminal.sandbox.scenarios import SCENARIOS
from terminal.sandbox.server import HOST, bind, url_of
from terminal.sandbox.server import run as serve
from terminal.sandbox.settings import EVERY_TYPE, SHIPPED, Settings
from terminal.sandbox.store import IN_MEMORY, StoreError
from terminal.sandbox.wrong import Wrong

PORT = 8000
INVENTED_MAX = 999_999


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser(
        "sandbox", help="serve a pretend settlement platform and the customers' phones"
    )
    default = Settings()
    add = parser.add_argument
    add("--host", default=HOST, help="0.0.0.0 lets a real phone open /phone (default: %(default)s)")
    add("--port", type=_port, default=PORT, help="0 takes any free port (default: %(default)s)")
    add(
        "--db",
        metavar="FILE",
        default=IN_MEMORY,
        help="keep the ledger: a file, or postgresql://… (default: in memory)",
    )
    add("--policy", type=Path, metavar="FILE", default=default.policy_file)
    add("--benefits", type=Path, metavar="FILE", default=default.benefits_file)
    add("--catalogue", type=Path, metavar="FILE", default=default.catalogue_file)
    add(
        "--invented-drugs",
        type=_drugs,
        default=default.invented_drugs,
        metavar="N",
        help="to publish beside those of the catalogue (1301)",
    )
    add("--signature", choices=("es256", "ed25519", "sm2"), default="es256")
    add(
        "--account-split",
        choices=[choice.value for choice in AccountSplit],
        default=default.account_split.value,
        help="whether acct_pay counts the mutual-aid money",
    )
    add(
        "--repeat",
        choices=[choice.value for choice in Repeat],
        default=default.repeat.value,
        help="what a message id sent twice does",
    )
    add(
        "--no-tombstones",
        action="store_true",
        help="a reversed id that never arrived is carried out when it does",
    )
    add(
        "--scenario",
        choices=list(SCENARIOS),
        metavar="NAME",
        help=f"what happens at the counter: {', '.join(SCENARIOS)}",
    )
    add(
        "--wrong",
        action="append",
        default=[],
        choices=[choice.value for choice in Wrong],
        help="break one promise, for `gongji conformance` to notice",
    )
    add(
        "--fund-ratio",
        type=_ratio,
        action="append",
        default=[],
        metavar="[TYPE=]RATIO",
        help="over the policy's, such as 310=0.6, or 0 for a fund that pays nothing",
    )
    add("--strict-own-first", action="store_true", help="mutual aid only for an empty own account")
    add("--latency", type=_seconds, default=0.0, metavar="SECONDS")
    add("--voucher-seconds", type=_lifetime, default=default.voucher_seconds)
    add(
        "--until-eof",
        action="store_true",
        help="end when standard input does: with whoever started it, however that one ends",
    )
    add("--renew-seconds", type=_renewal, default=default.renew_seconds)


def run(args: argparse.Namespace) -> int:
    settings = Settings(
        database=args.db,
        policy_file=args.policy,
        benefits_file=args.benefits,
        catalogue_file=args.catalogue,
        invented_drugs=args.invented_drugs,
        issuer_key_file=SHIPPED / "keys" / f"test-{args.signature}.pem",
        account_split=AccountSplit(args.account_split),
        repeat=Repeat(args.repeat),
        tombstones=not args.no_tombstones,
        wrong=frozenset(Wrong(name) for name in args.wrong),
        fund_ratio=dict(args.fund_ratio),
        split_within_settlement=False if args.strict_own_first else None,
        latency_seconds=args.latency,
        voucher_seconds=args.voucher_seconds,
        renew_seconds=args.renew_seconds,
    )
    scenario = SCENARIOS.get(args.scenario)
    if scenario:
        settings = scenario.over(settings)
    try:
        listener = bind(args.host, args.port)
    except OSError as exc:
        reason = exc.strerror or str(exc)
        sentence = f"the sandbox cannot listen on {args.host}:{args.port}: {reason}"
        raise Stop(Exit.FAILED, sentence) from exc
    url = url_of(listener)

    def ready() -> None:
        say_json({"sandbox": url})
        complain(f"sandbox: {url}  a customer's phone: {url}/phone  (Ctrl+C ends)")
        if scenario:
            complain(f"scenario: {scenario.claim}: {url}/phone?person={scenario.person}")

    with listener:
        try:
            app = create_app(settings)
        except (PolicyError, StoreError) as exc:
            raise Stop(Exit.CONFIG, str(exc)) from exc
        if args.until_eof:
            threading.Thread(target=_end_with_stdin, daemon=True).start()
        serve(app, listener, ready)
    return Exit.OK


def _end_with_stdin() -> None:
    while sys.stdin.read(4096):
        continue
    os.kill(os.getpid(), signal.SIGTERM)


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError("a port lies between 0 and 65535")
    return port


def _drugs(text: str) -> int:
    count = int(text)
    if not 0 <= count <= INVENTED_MAX:
        raise argparse.ArgumentTypeError(f"between 0 and {INVENTED_MAX}")
    return count


def _ratio(text: str) -> tuple[str, Decimal]:
    insutype, _, ratio = text.rpartition("=")
    try:
        return insutype or EVERY_TYPE, Decimal(ratio)
    except InvalidOperation as exc:
        raise argparse.ArgumentTypeError(f"not a ratio: {text}") from exc


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 <= seconds <= 3600:
        raise argparse.ArgumentTypeError("between 0 and 3600 seconds")
    return seconds


def _lifetime(text: str) -> int:
    seconds = int(text)
    if not 1 <= seconds <= 300:
        raise argparse.ArgumentTypeError("a voucher lives between 1 and 300 seconds")
    return seconds


def _renewal(text: str) -> float:
    seconds = float(text)
    if not 0.5 <= seconds <= 300:
        raise argparse.ArgumentTypeError("between 0.5 and 300 seconds")
    return seconds
