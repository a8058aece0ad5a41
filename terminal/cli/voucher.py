"""`gongji voucher`: check one voucher, or issue one with a test issuer's key.

    gongji voucher check TEXT|- [--keys BUNDLE] [--root FILE] [--now ISO] [--json]
    gongji voucher issue --key FILE --claims FILE|- [--now ISO]

Exit code 0: valid, 1: refused, 2: the command line is wrong, 3: a file cannot be used.
Checking remembers nothing: whether a voucher was used before, only a till's journal knows.
"""

from __future__ import annotations

import argparse
import secrets
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import msgspec

from terminal.cli.exits import Exit, Stop
from terminal.cli.keys import TEST_BUNDLE, TEST_ROOT, read_bundle, read_bytes, read_store
from terminal.cli.output import say, say_json
from terminal.voucher.algorithms import CannotSign, NotAKey, SigningKey, load_private_key
from terminal.voucher.classify import PAYLOAD_BYTES_MAX, Kind, classify
from terminal.voucher.issue import Claims, issue
from terminal.voucher.reasons import Reason, VoucherRefused
from terminal.voucher.voucher import Voucher, verify

LIFETIME_SECONDS = 60
"""Of an issued voucher whose claims do not say."""
SHOWN_HEX_DIGITS = 6
"""The end of an identifier: enough to tell two apart, too little to use."""


def add_parser(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = verbs.add_parser("voucher", help="check or issue a voucher")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    check = actions.add_parser("check", help="is this code a valid voucher?")
    check.add_argument("text", metavar="TEXT|-", help="the text of the code; -: from stdin")
    check.add_argument(
        "--keys",
        type=Path,
        metavar="BUNDLE|DIR",
        help="a trust list, or where a till keeps its own; default: the test issuer's",
    )
    check.add_argument(
        "--root", type=Path, metavar="FILE", help="who may sign the bundle; default: the test root"
    )
    check.add_argument("--now", type=_instant, metavar="ISO", help="check as of this time")
    check.add_argument("--json", action="store_true", help="one line of JSON")
    make = actions.add_parser("issue", help="sign a voucher and print its text")
    make.add_argument("--key", type=Path, required=True, metavar="FILE", help="private key")
    make.add_argument("--claims", required=True, metavar="FILE|-", help="JSON")
    make.add_argument("--now", type=_instant, metavar="ISO", help="issue as of this time")


def run(args: argparse.Namespace) -> int:
    return _check(args) if args.action == "check" else _issue(args)


def _instant(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as exc:
        raise argparse.ArgumentTypeError("not an ISO 8601 time") from exc
    if instant.tzinfo is None:
        raise argparse.ArgumentTypeError("needs a time zone, such as Z or +08:00")
    return instant


def _check(args: argparse.Namespace) -> int:
    keys, root = args.keys or TEST_BUNDLE, args.root or TEST_ROOT
    now = args.now or datetime.now(UTC)
    bundle = read_store(keys, root, now) if keys.is_dir() else read_bundle(keys, root)
    code = classify(_payload(args.text))
    voucher, reason = None, None
    if code.kind is Kind.VOUCHER:
        try:
            voucher = verify(code.text, bundle, now)
        except VoucherRefused as refused:
            reason = refused.reason
    else:
        reason = Reason.PREFIX
    claims = _masked(voucher) if voucher else None
    if args.json:
        answer = {"ok": voucher is not None, "kind": code.kind, "reason": reason, "claims": claims}
        say_json(answer)
    elif claims:
        say("valid")
        for name, claim in claims.items():
            say(f"  {name:12} {claim}")
    else:
        say(f"refused: {reason}" if code.kind is Kind.VOUCHER else f"no voucher: {code.kind}")
    return Exit.OK if voucher else Exit.FAILED


def _payload(text: str) -> bytes:
    if text != "-":
        return text.encode("utf-8", "surrogateescape")
    line = sys.stdin.buffer.read(PAYLOAD_BYTES_MAX)
    # The newline is the shell's, not the code's.
    return line.removesuffix(b"\n").removesuffix(b"\r")


def _masked(voucher: Voucher) -> dict[str, object]:
    """What may be seen on a terminal or in a log."""
    return {
        "issuer": voucher.issuer,
        "voucher_id": "…" + voucher.voucher_id[-SHOWN_HEX_DIGITS:],
        "holder": "…" + voucher.holder[-SHOWN_HEX_DIGITS:],
        "masked_name": voucher.masked_name,
        "region": voucher.region,
        "insutype": voucher.insutype,
        "by_relative": voucher.by_relative,
        "channel": voucher.channel,
        "not_before": _iso(voucher.not_before),
        "expires_at": _iso(voucher.expires_at),
        "issued_at": _iso(voucher.issued_at),
        "kid": voucher.kid,
    }


def _iso(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


Hex32 = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{32}$")]


class ClaimsFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What `issue` reads.  Nothing is checked that a counter checks: it also makes bad vouchers."""

    issuer: str
    holder: Hex32
    masked_name: str
    region: str
    insutype: str
    channel: str
    by_relative: bool = False
    voucher_id: Hex32 | None = None
    """None: a new random one."""
    issued_at: int | None = None
    """Seconds since 1970 UTC.  None: now."""
    not_before: int | None = None
    """None: as `issued_at`."""
    expires_at: int | None = None
    """None: a minute after `issued_at`."""


def _issue(args: argparse.Namespace) -> int:
    key = _signing_key(args.key)
    source = sys.stdin.buffer.read() if args.claims == "-" else read_bytes(Path(args.claims))
    try:
        asked = msgspec.json.decode(source, type=ClaimsFile)
    except msgspec.DecodeError as exc:
        raise Stop(Exit.CONFIG, f"{args.claims}: {exc}") from exc
    now = args.now or datetime.now(UTC)
    issued_at = int(now.timestamp()) if asked.issued_at is None else asked.issued_at
    claims = Claims(
        issuer=asked.issuer,
        voucher_id=asked.voucher_id or secrets.token_hex(16),
        holder=asked.holder,
        masked_name=asked.masked_name,
        region=asked.region,
        insutype=asked.insutype,
        by_relative=asked.by_relative,
        channel=asked.channel,
        not_before=issued_at if asked.not_before is None else asked.not_before,
        expires_at=issued_at + LIFETIME_SECONDS if asked.expires_at is None else asked.expires_at,
        issued_at=issued_at,
    )
    say(issue(claims, key))
    return Exit.OK


def _signing_key(path: Path) -> SigningKey:
    try:
        return load_private_key(read_bytes(path))
    except (NotAKey, CannotSign) as exc:
        raise Stop(Exit.CONFIG, f"{path}: {exc}") from exc
