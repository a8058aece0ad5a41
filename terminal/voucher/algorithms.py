"""Signature algorithms, one row each: a name, a COSE number, and how its keys are read and used.

One rule: nothing outside this module knows an algorithm by name.  A new one is a new row.

Public keys are SubjectPublicKeyInfo in DER (RFC 5280 section 4.1), private ones PKCS #8 (RFC 5958),
signatures raw and 64 bytes for all three (RFC 9053 sections 2.1 and 2.2; GB/T 32918.2).
Each algorithm has exactly one SubjectPublicKeyInfo prefix, so a key also says what it is for.
SM2 lives in `terminal.voucher.sm2`, which is imported when the first SM2 key is used.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)

from terminal.voucher import pem
from terminal.voucher.pem import CannotSign as CannotSign
from terminal.voucher.pem import NotAKey as NotAKey

SIGNATURE_BYTES = 64
PREPARED_KEYS_MAX = 256
"""Public keys kept ready for use; a bundle holds fewer."""


Verify = Callable[[bytes, bytes, bytes | None], bool]
"""(message, signature, user id) -> does it hold.  Never raises."""


class SigningKey(Protocol):
    """A private key, ready to sign."""

    @property
    def alg(self) -> str: ...

    @property
    def public_key(self) -> bytes:
        """SubjectPublicKeyInfo, DER."""
        ...

    def sign(self, message: bytes, *, user_id: bytes | None = None) -> bytes:
        """64 bytes.  `user_id` is SM2's alone and ignored by the others."""
        ...

    def der(self) -> bytes:
        """PKCS #8, not encrypted."""
        ...


@dataclass(frozen=True, slots=True)
class Algorithm:
    name: str
    cose_id: int
    spki_prefix: bytes
    """What the SubjectPublicKeyInfo of every key of this algorithm begins with."""
    spki_bytes: int
    prepare: Callable[[bytes], Verify]
    """SubjectPublicKeyInfo -> its check.  Raises NotAKey."""
    check: Callable[[bytes], None]
    """The same without making ready to verify.  Raises NotAKey."""
    generate: Callable[[], SigningKey]
    """Raises CannotSign."""
    pkcs8_marker: bytes
    """The object identifier that stands near the start of every PKCS #8 of this algorithm."""
    load: Callable[[bytes], SigningKey]
    """PKCS #8 -> key.  Raises NotAKey, CannotSign."""


# ES256: ECDSA on P-256 with SHA-256.

_SHA256 = ec.ECDSA(hashes.SHA256())


def _es256_public(spki: bytes) -> ec.EllipticCurvePublicKey:
    try:
        key = serialization.load_der_public_key(spki)
    except (ValueError, UnsupportedAlgorithm) as exc:
        raise NotAKey("not a point on P-256") from exc
    assert isinstance(key, ec.EllipticCurvePublicKey)
    return key


def _es256_check(spki: bytes) -> None:
    _es256_public(spki)


def _es256_prepare(spki: bytes) -> Verify:
    key = _es256_public(spki)

    def verify(message: bytes, signature: bytes, user_id: bytes | None) -> bool:
        r = int.from_bytes(signature[:32], "big")
        s = int.from_bytes(signature[32:], "big")
        try:
            key.verify(encode_dss_signature(r, s), message, _SHA256)
        except InvalidSignature:
            return False
        return True

    return verify


@dataclass(frozen=True, slots=True, repr=False)
class _Es256Key:
    key: ec.EllipticCurvePrivateKey
    alg: str = "es256"

    @property
    def public_key(self) -> bytes:
        return _spki(self.key.public_key())

    def sign(self, message: bytes, *, user_id: bytes | None = None) -> bytes:
        r, s = decode_dss_signature(self.key.sign(message, _SHA256))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def der(self) -> bytes:
        return _pkcs8(self.key)


def _es256_load(der: bytes) -> SigningKey:
    key = _load_pkcs8(der)
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name != "secp256r1":
        raise NotAKey("not a private key on P-256")
    return _Es256Key(key)


# Ed25519.


def _ed25519_public(spki: bytes) -> ed25519.Ed25519PublicKey:
    try:
        key = serialization.load_der_public_key(spki)
    except (ValueError, UnsupportedAlgorithm) as exc:
        raise NotAKey("not an Ed25519 key") from exc
    assert isinstance(key, ed25519.Ed25519PublicKey)
    return key


def _ed25519_check(spki: bytes) -> None:
    _ed25519_public(spki)


def _ed25519_prepare(spki: bytes) -> Verify:
    key = _ed25519_public(spki)

    def verify(message: bytes, signature: bytes, user_id: bytes | None) -> bool:
        try:
            key.verify(signature, message)
        except InvalidSignature:
            return False
        return True

    return verify


@dataclass(frozen=True, slots=True, repr=False)
class _Ed25519Key:
    key: ed25519.Ed25519PrivateKey
    alg: str = "ed25519"

    @property
    def public_key(self) -> bytes:
        return _spki(self.key.public_key())

    def sign(self, message: bytes, *, user_id: bytes | None = None) -> bytes:
        return self.key.sign(message)

    def der(self) -> bytes:
        return _pkcs8(self.key)


def _ed25519_load(der: bytes) -> SigningKey:
    key = _load_pkcs8(der)
    if not isinstance(key, ed25519.Ed25519PrivateKey):
        raise NotAKey("not an Ed25519 private key")
    return _Ed25519Key(key)


# SM2 with SM3, imported when used.


def _sm2_check(spki: bytes) -> None:
    from terminal.voucher import sm2

    if not sm2.is_point(spki[-64:]):
        raise NotAKey("not a point on the SM2 curve")


def _sm2_prepare(spki: bytes) -> Verify:
    from terminal.voucher import sm2

    _sm2_check(spki)
    return sm2.verifier(spki[-64:], sm2.library())


def _sm2_generate() -> SigningKey:
    from terminal.voucher import sm2

    return sm2.generate(sm2.library())


def _sm2_load(der: bytes) -> SigningKey:
    from terminal.voucher import sm2

    return sm2.load(der, sm2.library())


# What they share.


def _spki(key: ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey) -> bytes:
    return key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def _pkcs8(key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _load_pkcs8(der: bytes) -> object:
    try:
        return serialization.load_der_private_key(der, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as exc:
        raise NotAKey("not an unencrypted PKCS #8 private key") from exc


_EC_PUBLIC_KEY = "06072a8648ce3d0201"
"""id-ecPublicKey 1.2.840.10045.2.1, RFC 5480."""
_P256 = "06082a8648ce3d030107"
"""1.2.840.10045.3.1.7."""
_SM2_CURVE = "06082a811ccf5501822d"
"""1.2.156.10197.1.301, GM/T 0006."""

ALGORITHMS: tuple[Algorithm, ...] = (
    Algorithm(
        name="es256",
        cose_id=-7,
        spki_prefix=bytes.fromhex(f"30593013{_EC_PUBLIC_KEY}{_P256}03420004"),
        spki_bytes=91,
        prepare=_es256_prepare,
        check=_es256_check,
        generate=lambda: _Es256Key(ec.generate_private_key(ec.SECP256R1())),
        pkcs8_marker=bytes.fromhex(_P256),
        load=_es256_load,
    ),
    Algorithm(
        name="ed25519",
        cose_id=-8,
        spki_prefix=bytes.fromhex("302a300506032b6570032100"),
        spki_bytes=44,
        prepare=_ed25519_prepare,
        check=_ed25519_check,
        generate=lambda: _Ed25519Key(ed25519.Ed25519PrivateKey.generate()),
        pkcs8_marker=bytes.fromhex("06032b6570"),
        load=_ed25519_load,
    ),
    Algorithm(
        name="sm2",
        cose_id=-65600,
        spki_prefix=bytes.fromhex(f"30593013{_EC_PUBLIC_KEY}{_SM2_CURVE}03420004"),
        spki_bytes=91,
        prepare=_sm2_prepare,
        check=_sm2_check,
        generate=_sm2_generate,
        pkcs8_marker=bytes.fromhex(_SM2_CURVE),
        load=_sm2_load,
    ),
)
"""SM2's number is from the private-use range: IANA has assigned none."""

BY_NAME = {row.name: row for row in ALGORITHMS}
BY_COSE_ID = {row.cose_id: row for row in ALGORITHMS}


def by_name(alg: str) -> Algorithm:
    """Raises NotAKey for a name that no row has."""
    if (row := BY_NAME.get(alg)) is None:
        raise NotAKey(f"no algorithm of that name; there are {', '.join(BY_NAME)}")
    return row


def algorithm_of(public_key: bytes) -> Algorithm:
    """The algorithm a SubjectPublicKeyInfo is for.  Raises NotAKey, also for a point off its curve.

    Only the encoding OpenSSL writes is taken: named curve, uncompressed point.
    """
    for row in ALGORITHMS:
        if public_key.startswith(row.spki_prefix) and len(public_key) == row.spki_bytes:
            row.check(public_key)
            return row
    raise NotAKey("not the SubjectPublicKeyInfo of a P-256, Ed25519 or SM2 key")


@lru_cache(maxsize=PREPARED_KEYS_MAX)
def prepared(alg: str, public_key: bytes) -> Verify:
    """The check of one key, made ready once.  Arguments and errors as `verify_signature`."""
    row = by_name(alg)
    if alg == "sm2" and len(public_key) == 64:
        public_key = row.spki_prefix + public_key
    if not public_key.startswith(row.spki_prefix) or len(public_key) != row.spki_bytes:
        raise NotAKey(f"not a public key for {alg}")
    return row.prepare(public_key)


def verify_signature(
    alg: str, public_key: bytes, message: bytes, signature: bytes, *, user_id: bytes | None = None
) -> bool:
    """Whether `signature` over `message` was made by the owner of `public_key`.

    alg         "es256", "ed25519" or "sm2"
    public_key  SubjectPublicKeyInfo, DER; for SM2 also the bare 64 bytes X, Y
    signature   64 bytes: r, s, or Ed25519's R, S; of any other length it does not hold
    user_id     SM2's signer identity; None: `1234567812345678`; the others have none and ignore it
    Raises      NotAKey where `public_key` is no key of that algorithm; nothing else
    """
    verify = prepared(alg, public_key)
    return len(signature) == SIGNATURE_BYTES and verify(message, signature, user_id)


def generate(alg: str) -> SigningKey:
    """A new private key.  Raises NotAKey for an unknown name, CannotSign where SM2 is missing."""
    return by_name(alg).generate()


def load_private_key(data: bytes) -> SigningKey:
    """A private key from PKCS #8, PEM or DER, not encrypted.  Raises NotAKey, CannotSign."""
    der = pem.unwrap(data, "PRIVATE KEY")
    for row in ALGORITHMS:
        if row.pkcs8_marker in der[:40]:
            return row.load(der)
    raise NotAKey("not the PKCS #8 of a P-256, Ed25519 or SM2 key")


def load_public_key(data: bytes) -> bytes:
    """The SubjectPublicKeyInfo in a PEM or DER file.  Raises NotAKey."""
    spki = pem.unwrap(data, "PUBLIC KEY")
    algorithm_of(spki)
    return spki


def private_pem(key: SigningKey) -> bytes:
    return pem.wrap(key.der(), "PRIVATE KEY")


def public_pem(public_key: bytes) -> bytes:
    """`public_key` is a SubjectPublicKeyInfo."""
    return pem.wrap(public_key, "PUBLIC KEY")
