"""Vouchers to order, good and bad, signed with the published test keys.

Everything a signer can get wrong is a parameter; what is not given is right.  The bytes come from
`cbor2` and `base45`, never from the code under test.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import base45
import cbor2
import pytest

from terminal.voucher import algorithms
from terminal.voucher.algorithms import SigningKey, load_private_key, load_public_key
from terminal.voucher.keys import BundleKey, KeyBundle, key_id, parse_bundle
from terminal.voucher.reasons import Reason, VoucherRefused

ROOT_FOLDER = Path(__file__).parents[2]
KEYS = ROOT_FOLDER / "config" / "keys"
SHARED_VECTORS = ROOT_FOLDER.parent / "shared" / "data" / "vectors"
ALGS = tuple(algorithms.BY_NAME)
ISSUER = "qh-test"
NOW = 1_800_000_000
"""2027-01-15, when the voucher of these tests was issued."""
COSE_SIGN1 = 18


@cache
def key(alg: str) -> SigningKey:
    return load_private_key((KEYS / f"test-{alg}.pem").read_bytes())


@cache
def root() -> SigningKey:
    return load_private_key((KEYS / "test-root.pem").read_bytes())


@cache
def bundle() -> KeyBundle:
    """The published one."""
    root_public_key = load_public_key((KEYS / "test-root.pub.pem").read_bytes())
    return parse_bundle((KEYS / "test-bundle.cbor").read_bytes(), [root_public_key])


def bundle_of(*keys: BundleKey, **changes: object) -> KeyBundle:
    """A bundle that nobody signed."""
    usual: dict[str, object] = {"version": 1, "issued": NOW - 86_400, "not_after": NOW + 86_400}
    return KeyBundle(keys=keys, **{**usual, **changes})  # type: ignore[arg-type]  # tests choose


def bundle_key(alg: str = "es256", **changes: object) -> BundleKey:
    usual: dict[str, object] = {
        "public_key": key(alg).public_key,
        "issuer": ISSUER,
        "not_before": NOW - 3600,
        "not_after": NOW + 3600,
    }
    return BundleKey.of(**{**usual, **changes})  # type: ignore[arg-type]  # tests choose


def at(seconds: float) -> datetime:
    """So many seconds after the voucher was issued."""
    return datetime.fromtimestamp(NOW + seconds, UTC)


DETAILS: dict[object, object] = {1: "630100", 2: "310", 3: "欧阳*明", 4: 0, 5: "wechat"}
CLAIMS: dict[object, object] = {
    1: ISSUER,
    2: bytes.fromhex("00112233445566778899aabbccddeeff"),
    4: NOW + 60,
    5: NOW,
    6: NOW,
    7: bytes.fromhex("0f0e0d0c0b0a09080706050403020100"),
    -65537: DETAILS,
}


def encode(item: object) -> bytes:
    return cbor2.dumps(item, canonical=True)


def claims(
    changes: dict[object, object] | None = None,
    *,
    details: dict[object, object] | None = None,
    drop: object = None,
) -> bytes:
    """The payload, with some claims changed, added, or one dropped (`(-65537, n)`: a detail)."""
    inner = {**DETAILS, **(details or {})}
    outer = {**CLAIMS, -65537: inner, **(changes or {})}
    if isinstance(drop, tuple):
        del inner[drop[1]]
    elif drop is not None:
        del outer[drop]
    return encode(outer)


@dataclass(frozen=True, slots=True)
class Craft:
    """One voucher.  A field left alone is what a good issuer would do."""

    alg: str = "es256"
    payload: bytes | None = None
    protected: object = None
    """A map, or bytes as they are."""
    unprotected: object = None
    content: object = None
    """What stands where the payload should."""
    signature: object = None
    tag: int | None = COSE_SIGN1
    """None: no tag."""
    signer: SigningKey | None = None
    after: bytes = b""
    """Bytes after the envelope."""

    def signed(self) -> bytes:
        signer = self.signer or key(self.alg)
        payload = claims() if self.payload is None else self.payload
        protected = self.protected
        if protected is None:
            alg_id = algorithms.BY_NAME[self.alg].cose_id
            protected = {1: alg_id, 4: key_id(key(self.alg).public_key)}
        if not isinstance(protected, bytes):
            protected = encode(protected)
        signature = self.signature
        if signature is None:
            signature = signer.sign(encode(["Signature1", protected, b"", payload]))
        parts = [
            protected,
            {} if self.unprotected is None else self.unprotected,
            payload if self.content is None else self.content,
            signature,
        ]
        item = parts if self.tag is None else cbor2.CBORTag(self.tag, parts)
        return encode(item) + self.after

    def text(self) -> str:
        return as_text(self.signed())


def as_text(signed: bytes) -> str:
    encoded: bytes = base45.b45encode(signed)
    return "YB1:" + encoded.decode("ascii")


def refusal(call: object, *arguments: object, **named: object) -> Reason | None:
    """The reason a call refuses with; None: it does not refuse."""
    assert callable(call)
    try:
        call(*arguments, **named)
    except VoucherRefused as refused:
        return refused.reason
    return None


def shared(name: str) -> Path:
    """A vector file kept outside the repository; the test skips where it is absent."""
    path = SHARED_VECTORS / name
    if not path.exists():
        pytest.skip(f"needs the vector file {name}, which is not in this checkout")
    return path
