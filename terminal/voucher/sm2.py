"""SM2 keys (GB/T 32918, GM/T 0009): their bytes, and who does the arithmetic.

One rule: libcrypto where the system has one with SM2, else `gmalg` for checking alone.  `gmalg` is
right but takes some 25 ms, and pure Python cannot keep a private number from leaking by time, so
nothing is signed with it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from terminal.voucher.pem import CannotSign, NotAKey

if TYPE_CHECKING:
    from terminal.voucher import libcrypto

USER_ID = b"1234567812345678"
"""The identity that GM/T 0009 gives a signer who has no other."""

USER_ID_BYTES_MAX = 4095
"""The standard allows 8191 (GB/T 32918.2 section 5.5), libcrypto 8190, gmalg this."""

_P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
_A = _P - 3
_B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
"""The recommended curve, GB/T 32918.5 section A.1."""

# The one PKCS #8 form that OpenSSL writes for SM2: version, curve, ECPrivateKey with its point.
_PKCS8_HEAD = bytes.fromhex(
    "308187020100301306072a8648ce3d020106082a811ccf5501822d046d306b0201010420"
)
_PKCS8_MIDDLE = bytes.fromhex("a14403420004")
_PKCS8_BYTES = len(_PKCS8_HEAD) + 32 + len(_PKCS8_MIDDLE) + 64
_SPKI_HEAD = bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d03420004")

Verify = Callable[[bytes, bytes, bytes | None], bool]


class Sm2Unavailable(CannotSign):
    """This machine's libcrypto cannot do SM2."""

    def __init__(self) -> None:
        super().__init__(
            "SM2 signatures can be checked but not made here: "
            "the system has no OpenSSL 3 libcrypto with SM2."
        )


def is_point(point: bytes) -> bool:
    """Whether X, Y (64 bytes) is on the curve, without loading any library."""
    x, y = int.from_bytes(point[:32], "big"), int.from_bytes(point[32:], "big")
    return len(point) == 64 and x < _P and y < _P and (y * y - x * x * x - _A * x - _B) % _P == 0


def _can_identify(user_id: bytes) -> bool:
    """An empty identity is what a caller passes who forgot it; gmalg takes none either."""
    return 0 < len(user_id) <= USER_ID_BYTES_MAX


def library() -> libcrypto.Libcrypto | None:
    """This machine's libcrypto; None: it has none that can do SM2."""
    from terminal.voucher import libcrypto

    return libcrypto.load()


def verifier(point: bytes, lib: libcrypto.Libcrypto | None) -> Verify:
    """The check of one public key (X, Y, on the curve); lib None: by gmalg."""
    return _verifier_by_gmalg(point) if lib is None else _verifier_by_libcrypto(point, lib)


def _verifier_by_libcrypto(point: bytes, lib: libcrypto.Libcrypto) -> Verify:
    from terminal.voucher import libcrypto

    key = libcrypto.public_key(lib, point)

    def verify(message: bytes, signature: bytes, user_id: bytes | None) -> bool:
        identity = USER_ID if user_id is None else user_id
        return _can_identify(identity) and key.verify(message, signature, identity)

    return verify


def _verifier_by_gmalg(point: bytes) -> Verify:
    import gmalg

    def verify(message: bytes, signature: bytes, user_id: bytes | None) -> bool:
        identity = USER_ID if user_id is None else user_id
        if not _can_identify(identity):
            return False
        key = gmalg.SM2(pk=b"\x04" + point, uid=identity)
        return bool(key.verify(message, signature[:32], signature[32:]))

    return verify


@dataclass(frozen=True, slots=True, repr=False)
class Sm2Key:
    """A private key held by libcrypto."""

    key: libcrypto.Key
    alg: str = "sm2"

    @property
    def public_key(self) -> bytes:
        """SubjectPublicKeyInfo, DER."""
        return _SPKI_HEAD + self.key.public_point()

    def sign(self, message: bytes, *, user_id: bytes | None = None) -> bytes:
        """64 bytes."""
        identity = USER_ID if user_id is None else user_id
        assert _can_identify(identity)
        return self.key.sign(message, identity)

    def der(self) -> bytes:
        """PKCS #8."""
        return _PKCS8_HEAD + self.key.secret() + _PKCS8_MIDDLE + self.key.public_point()


def generate(lib: libcrypto.Libcrypto | None) -> Sm2Key:
    """Raises Sm2Unavailable where `lib` is None."""
    if lib is None:
        raise Sm2Unavailable
    from terminal.voucher import libcrypto

    return Sm2Key(libcrypto.generate(lib))


def load(der: bytes, lib: libcrypto.Libcrypto | None) -> Sm2Key:
    """A PKCS #8 key.  Raises NotAKey where it is none, Sm2Unavailable where `lib` is None."""
    secret = der[len(_PKCS8_HEAD) : len(_PKCS8_HEAD) + 32]
    point = der[-64:]
    if len(der) != _PKCS8_BYTES or der != _PKCS8_HEAD + secret + _PKCS8_MIDDLE + point:
        raise NotAKey("not the PKCS #8 that `openssl pkcs8 -topk8 -nocrypt` writes for SM2")
    if lib is None:
        raise Sm2Unavailable
    from terminal.voucher import libcrypto

    try:
        return Sm2Key(libcrypto.key_pair(lib, point, secret))
    except libcrypto.LibcryptoFailed as exc:
        raise NotAKey("private and public number do not belong together") from exc
