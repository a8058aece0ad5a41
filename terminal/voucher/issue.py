"""Making vouchers and key bundles: for the sandbox, the command line and the tests.

One rule: nothing of the checking side is used here.  The bytes come from the `cbor2` and `base45`
libraries, so that both sides agree because they follow the standard, not because they share code.
"""

from __future__ import annotations

from dataclasses import dataclass

import base45
import cbor2

from terminal.voucher import algorithms
from terminal.voucher.algorithms import SigningKey
from terminal.voucher.keys import KeyBundle, key_id

COSE_SIGN1_TAG = 18


@dataclass(frozen=True, slots=True)
class Claims:
    """What a voucher is to say.  Fields as in `voucher.Voucher`; none is checked here."""

    issuer: str
    voucher_id: str
    """32 hex digits, new for each voucher."""
    holder: str
    """32 hex digits."""
    masked_name: str
    region: str
    insutype: str
    by_relative: bool
    channel: str
    not_before: int
    expires_at: int
    issued_at: int


def issue(claims: Claims, key: SigningKey) -> str:
    """The text of a code, signed by `key`."""
    return to_text(sign1(payload(claims), key))


def payload(claims: Claims) -> bytes:
    """The CBOR that is signed."""
    return encode(
        {
            1: claims.issuer,
            2: bytes.fromhex(claims.holder),
            4: claims.expires_at,
            5: claims.not_before,
            6: claims.issued_at,
            7: bytes.fromhex(claims.voucher_id),
            -65537: {
                1: claims.region,
                2: claims.insutype,
                3: claims.masked_name,
                4: int(claims.by_relative),
                5: claims.channel,
            },
        }
    )


def sign1(content: bytes, key: SigningKey) -> bytes:
    """A COSE_Sign1 over `content`, RFC 9052 section 4.2."""
    protected = encode(
        {1: algorithms.BY_NAME[key.alg].cose_id, 4: key_id(key.public_key)},
    )
    signature = key.sign(encode(["Signature1", protected, b"", content]))
    return encode(cbor2.CBORTag(COSE_SIGN1_TAG, [protected, {}, content, signature]))


def to_text(signed: bytes) -> str:
    """`signed` is a COSE_Sign1."""
    encoded: bytes = base45.b45encode(signed)
    return "YB1:" + encoded.decode("ascii")


def sign_bundle(bundle: KeyBundle, root: SigningKey) -> bytes:
    """A key bundle signed by a root key; `bundle.digest` is not used."""
    keys = []
    for key in sorted(bundle.keys, key=lambda key: key.kid):
        entry: dict[int, object] = {
            1: key.kid,
            2: key.cose_id,
            3: key.public_key,
            4: key.issuer,
            5: key.not_before,
            6: key.not_after,
        }
        if key.revoked_at is not None:
            entry[7] = key.revoked_at
        keys.append(entry)
    revoked = [[issuer, bytes.fromhex(id_)] for issuer, id_ in sorted(bundle.revoked_vouchers)]
    content = {1: bundle.version, 2: bundle.issued, 3: bundle.not_after, 4: keys, 5: revoked}
    return sign1(encode(content), root)


def encode(item: object) -> bytes:
    """Deterministic CBOR, RFC 8949 section 4.2."""
    return cbor2.dumps(item, canonical=True)
