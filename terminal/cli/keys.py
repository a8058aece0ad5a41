"""`gongji keys`: make, show, sign, check and install keys and trust lists.

    gongji keys new --alg es256|ed25519|sm2 [--out FILE]
    gongji keys show FILE [--root FILE]        a private key, a public key or a bundle
    gongji keys sign LIST --root FILE --out FILE
    gongji keys check FILE [--root FILE]
    gongji keys update FILE [--root FILE] [--store DIR]

A store is a folder with `bundle.cbor` and `held.json`, the version and digest of the newest bundle
it ever held.  The bundle is written first: a power cut between the two leaves a new bundle with an
old memory, which the next update accepts, never an old bundle that the memory forbids.
"""

from __future__ import annotations

import argparse
import os
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from terminal.cli.exits import Exit, Stop
from terminal.cli.output import say, say_json
from terminal.config import SHIPPED
from terminal.keystore import BUNDLE_FILE, KeyStore, KeyStoreError, replace_file
from terminal.voucher import algorithms
from terminal.voucher.algorithms import CannotSign, NotAKey
from terminal.voucher.issue import sign_bundle
from terminal.voucher.keys import (
    BundleKey,
    Held,
    KeyBundle,
    admit,
    key_id,
    parse_bundle,
    short_overlaps,
)
from terminal.voucher.reasons import VoucherRefused

TEST_BUNDLE = SHIPPED / "keys" / "test-bundle.cbor"
TEST_ROOT = SHIPPED / "keys" / "test-root.pub.pem"
STORE = Path("var/keys")


def add_parser(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = verbs.add_parser("keys", help="make, show and check keys and trust lists")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    new = actions.add_parser("new", help="make a private key")
    new.add_argument("--alg", required=True, choices=list(algorithms.BY_NAME))
    new.add_argument("--out", type=Path, metavar="FILE", help="default: to stdout")
    show = actions.add_parser("show", help="what is in a key file or a bundle")
    sign = actions.add_parser("sign", help="make a bundle from a list in JSON")
    sign.add_argument("list", type=Path, metavar="LIST")
    sign.add_argument("--root", type=Path, required=True, metavar="FILE", help="private root key")
    sign.add_argument("--out", type=Path, required=True, metavar="FILE")
    check = actions.add_parser("check", help="is this bundle genuine and valid now?")
    update = actions.add_parser("update", help="install a newer bundle")
    for action in (show, check, update):
        action.add_argument("file", type=Path, metavar="FILE")
        action.add_argument(
            "--root", type=Path, default=TEST_ROOT, metavar="FILE", help="default: the test root"
        )
    update.add_argument("--store", type=Path, default=STORE, metavar="DIR", help=f"{STORE}")


def run(args: argparse.Namespace) -> int:
    actions = {"new": _new, "show": _show, "sign": _sign, "check": _check, "update": _update}
    return actions[args.action](args)


def read_bytes(path: Path) -> bytes:
    """The content of a file.  Raises Stop(CONFIG)."""
    try:
        return path.read_bytes()
    except OSError as exc:
        raise Stop(Exit.CONFIG, f"{path}: {exc.strerror}") from exc


def read_root(path: Path) -> bytes:
    """The public root key in a file.  Raises Stop(CONFIG)."""
    try:
        return algorithms.load_public_key(read_bytes(path))
    except NotAKey as exc:
        raise Stop(Exit.CONFIG, f"{path}: {exc}") from exc


def read_bundle(path: Path, root: Path) -> KeyBundle:
    """A bundle signed by that root, current or not.  Raises Stop(CONFIG)."""
    try:
        return parse_bundle(read_bytes(path), [read_root(root)])
    except VoucherRefused as refused:
        raise Stop(Exit.CONFIG, f"{path}: no usable trust list: {refused.reason}") from refused


def read_store(store: Path, root: Path, now: datetime) -> KeyBundle:
    """The bundle a counter works with, if it is genuine, current and not an older one put back.

    Raises Stop(CONFIG).
    """
    bundle = read_bundle(store / BUNDLE_FILE, root)
    try:
        admit(bundle, now, _held(store))
    except VoucherRefused as refused:
        raise Stop(Exit.CONFIG, f"{store / BUNDLE_FILE}: {refused.reason}") from refused
    return bundle


def _new(args: argparse.Namespace) -> int:
    try:
        key = algorithms.generate(args.alg)
    except CannotSign as exc:
        raise Stop(Exit.FAILED, str(exc)) from exc
    pem = algorithms.private_pem(key)
    if args.out is None:
        say(pem.decode("ascii").rstrip())
        return Exit.OK
    try:
        # Created unreadable for others, and never over a key that exists.
        handle = os.open(args.out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as exc:
        raise Stop(Exit.FAILED, f"{args.out}: {exc.strerror}") from exc
    with os.fdopen(handle, "wb") as file:
        file.write(pem)
    say(f"{args.alg} {key_id(key.public_key).hex()}")
    say(algorithms.public_pem(key.public_key).decode("ascii").rstrip())
    return Exit.OK


def _show(args: argparse.Namespace) -> int:
    content = read_bytes(args.file)
    try:
        described = _describe_key(content)
    except NotAKey:
        described = _describe_bundle(read_bundle(args.file, args.root))
    say_json(described, indent=2)
    return Exit.OK


def _describe_key(content: bytes) -> dict[str, object]:
    """Of a private key, the public half.  Raises NotAKey, Stop."""
    public_key = _public_key(content)
    return {
        "alg": algorithms.algorithm_of(public_key).name,
        "kid": key_id(public_key).hex(),
        "public_key": algorithms.public_pem(public_key).decode("ascii"),
    }


def _public_key(content: bytes) -> bytes:
    """The public key in a public or private key file.  Raises NotAKey, Stop."""
    try:
        return algorithms.load_public_key(content)
    except NotAKey:
        pass
    try:
        return algorithms.load_private_key(content).public_key
    except CannotSign as exc:
        raise Stop(Exit.FAILED, str(exc)) from exc


def _describe_bundle(bundle: KeyBundle) -> dict[str, object]:
    return {
        "version": bundle.version,
        "issued": _iso(bundle.issued),
        "not_after": _iso(bundle.not_after),
        "keys": [
            {
                "kid": key.kid.hex(),
                "alg": key.alg,
                "issuer": key.issuer,
                "not_before": _iso(key.not_before),
                "not_after": _iso(key.not_after),
                "revoked_at": None if key.revoked_at is None else _iso(key.revoked_at),
            }
            for key in bundle.keys
        ],
        "revoked_vouchers": len(bundle.revoked_vouchers),
        "digest": bundle.digest,
    }


def _iso(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


class ListedKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    file: str
    """Public or private key file, beside the list."""
    issuer: str
    not_before: datetime
    not_after: datetime
    revoked_at: datetime | None = None


class ListFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What `sign` reads: a trust list in JSON."""

    version: int
    issued: datetime
    not_after: datetime
    keys: tuple[ListedKey, ...]
    revoked_vouchers: tuple[tuple[str, str], ...] = ()
    """Issuer and voucher id, 32 hex digits."""


def _sign(args: argparse.Namespace) -> int:
    try:
        listed = msgspec.json.decode(read_bytes(args.list), type=ListFile)
        root = algorithms.load_private_key(read_bytes(args.root))
        keys = [_bundle_key(entry, args.list.parent) for entry in listed.keys]
        bundle = KeyBundle(
            listed.version,
            _seconds(listed.issued),
            _seconds(listed.not_after),
            tuple(keys),
            frozenset(listed.revoked_vouchers),
        )
        signed = sign_bundle(bundle, root)
        # A list that no counter would take is found here, not at the counters.
        made = parse_bundle(signed, [root.public_key])
    except (msgspec.DecodeError, NotAKey, CannotSign, ValueError) as exc:
        raise Stop(Exit.CONFIG, f"{args.list}: {exc}") from exc
    except VoucherRefused as refused:
        raise Stop(Exit.CONFIG, f"{args.list}: {refused.reason}") from refused
    try:
        replace_file(args.out, signed)
    except OSError as exc:
        raise Stop(Exit.CONFIG, f"{args.out}: {exc.strerror}") from exc
    return _report(made, None)


def _bundle_key(entry: ListedKey, folder: Path) -> BundleKey:
    return BundleKey.of(
        _public_key(read_bytes(folder / entry.file)),
        entry.issuer,
        _seconds(entry.not_before),
        _seconds(entry.not_after),
        None if entry.revoked_at is None else _seconds(entry.revoked_at),
    )


def _seconds(instant: datetime) -> int:
    if instant.tzinfo is None:
        raise ValueError("times need a time zone, such as Z")
    return int(instant.timestamp())


def _check(args: argparse.Namespace) -> int:
    bundle = read_bundle(args.file, args.root)
    try:
        bundle.require_current(datetime.now(UTC).timestamp())
    except VoucherRefused as refused:
        return _report(bundle, refused)
    return _report(bundle, None)


def _update(args: argparse.Namespace) -> int:
    bundle = read_bundle(args.file, args.root)
    try:
        held = admit(bundle, datetime.now(UTC), _held(args.store))
    except VoucherRefused as refused:
        return _report(bundle, refused)
    try:
        KeyStore(args.store).save(read_bytes(args.file), held)
    except KeyStoreError as exc:
        raise Stop(Exit.CONFIG, str(exc)) from exc
    return _report(bundle, None)


def _report(bundle: KeyBundle, refused: VoucherRefused | None) -> int:
    reason = refused.reason if refused else None
    warnings = [f"short_overlap:{issuer}" for issuer in short_overlaps(bundle)]
    answer = {"ok": reason is None, "reason": reason, "warnings": warnings}
    say_json({**answer, **_describe_bundle(bundle)}, indent=2)
    return Exit.OK if reason is None else Exit.FAILED


def _held(store: Path) -> Held | None:
    """None: this store never held a bundle."""
    try:
        return KeyStore(store).held()
    except KeyStoreError as exc:
        raise Stop(Exit.CONFIG, str(exc)) from exc
