"""SM2 with SM3 from the system's OpenSSL 3 libcrypto, the only place that uses ctypes.

One rule: every foreign function has its argument and result types declared before it is called.
A pointer that ctypes guesses to be an `int` is cut to 32 bits and crashes the process later.

The user id is passed in every call: OpenSSL before 4.0 takes an empty one by default, 4.0 takes
`1234567812345678`.  Source: OpenSSL 3.0 manual, EVP_SIGNATURE-SM2(7), EVP_PKEY-SM2(7).
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from ctypes import POINTER, byref, c_char_p, c_int, c_size_t, c_ulong, c_void_p
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)

NAMES = (
    "libcrypto.so.3",
    "libcrypto.so.4",
    "libcrypto.3.dylib",
    "/opt/homebrew/opt/openssl@3/lib/libcrypto.3.dylib",
    "libcrypto-3-x64.dll",
    "libcrypto-3-arm64.dll",
)
VERSION_MIN = 0x30000000
"""OpenSSL 3.0.0: the first with SM2 as a key type of its own and EVP_PKEY_fromdata."""

_PUBLIC = 0x86
"""EVP_PKEY_PUBLIC_KEY: parameters and public key."""
_KEYPAIR = 0x87
_DER_BYTES_MAX = 80
"""SEQUENCE of two INTEGERs of at most 33 bytes each."""

_PROTOTYPES: dict[str, tuple[object, tuple[object, ...]]] = {
    "OpenSSL_version_num": (c_ulong, ()),
    "ERR_clear_error": (None, ()),
    "EVP_MD_fetch": (c_void_p, (c_void_p, c_char_p, c_char_p)),
    "EVP_MD_CTX_new": (c_void_p, ()),
    "EVP_MD_CTX_free": (None, (c_void_p,)),
    "EVP_MD_CTX_set_pkey_ctx": (None, (c_void_p, c_void_p)),
    "EVP_PKEY_CTX_new": (c_void_p, (c_void_p, c_void_p)),
    "EVP_PKEY_CTX_new_from_name": (c_void_p, (c_void_p, c_char_p, c_char_p)),
    "EVP_PKEY_CTX_free": (None, (c_void_p,)),
    "EVP_PKEY_CTX_set1_id": (c_int, (c_void_p, c_char_p, c_int)),
    "EVP_PKEY_fromdata_init": (c_int, (c_void_p,)),
    "EVP_PKEY_fromdata": (c_int, (c_void_p, POINTER(c_void_p), c_int, c_void_p)),
    "EVP_PKEY_public_check": (c_int, (c_void_p,)),
    "EVP_PKEY_pairwise_check": (c_int, (c_void_p,)),
    "EVP_PKEY_keygen_init": (c_int, (c_void_p,)),
    "EVP_PKEY_generate": (c_int, (c_void_p, POINTER(c_void_p))),
    "EVP_PKEY_get_octet_string_param": (
        c_int,
        (c_void_p, c_char_p, c_char_p, c_size_t, POINTER(c_size_t)),
    ),
    "EVP_PKEY_get_bn_param": (c_int, (c_void_p, c_char_p, POINTER(c_void_p))),
    "EVP_PKEY_free": (None, (c_void_p,)),
    "EVP_DigestVerifyInit": (c_int, (c_void_p, c_void_p, c_void_p, c_void_p, c_void_p)),
    "EVP_DigestVerify": (c_int, (c_void_p, c_char_p, c_size_t, c_char_p, c_size_t)),
    "EVP_DigestSignInit": (c_int, (c_void_p, c_void_p, c_void_p, c_void_p, c_void_p)),
    "EVP_DigestSign": (c_int, (c_void_p, c_char_p, POINTER(c_size_t), c_char_p, c_size_t)),
    "OSSL_PARAM_BLD_new": (c_void_p, ()),
    "OSSL_PARAM_BLD_free": (None, (c_void_p,)),
    "OSSL_PARAM_BLD_push_utf8_string": (c_int, (c_void_p, c_char_p, c_char_p, c_size_t)),
    "OSSL_PARAM_BLD_push_octet_string": (c_int, (c_void_p, c_char_p, c_char_p, c_size_t)),
    "OSSL_PARAM_BLD_push_BN": (c_int, (c_void_p, c_char_p, c_void_p)),
    "OSSL_PARAM_BLD_to_param": (c_void_p, (c_void_p,)),
    "OSSL_PARAM_free": (None, (c_void_p,)),
    "BN_bin2bn": (c_void_p, (c_char_p, c_int, c_void_p)),
    "BN_bn2binpad": (c_int, (c_void_p, c_char_p, c_int)),
    "BN_clear_free": (None, (c_void_p,)),
}


class LibcryptoFailed(Exception):
    """libcrypto refused an operation that only fails for a bad key or for want of memory."""


class Libcrypto:
    """One loaded library with declared prototypes and SM3 fetched."""

    def __init__(self, library: ctypes.CDLL) -> None:
        """Raises AttributeError where a function is missing, LibcryptoFailed where SM3 is."""
        for name, (result, arguments) in _PROTOTYPES.items():
            function = getattr(library, name)
            function.restype = result
            function.argtypes = arguments
        self.call = library
        self.sm3: int | None = None
        if library.OpenSSL_version_num() >= VERSION_MIN:
            self.sm3 = library.EVP_MD_fetch(None, b"SM3", None)
        if not self.sm3:
            library.ERR_clear_error()
            raise LibcryptoFailed("no SM3")

    def refuse_unless(self, succeeded: bool, what: str) -> None:
        if not succeeded:
            self.call.ERR_clear_error()
            raise LibcryptoFailed(what)


class Key:
    """An EVP_PKEY, freed with this object.  Reading it from several threads is allowed."""

    def __init__(self, lib: Libcrypto, handle: int) -> None:
        self._lib = lib
        self._handle = handle

    def __del__(self) -> None:
        self._lib.call.EVP_PKEY_free(self._handle)

    @contextmanager
    def _digest_context(self, initialise: str, user_id: bytes) -> Iterator[int]:
        """An EVP_MD_CTX for one operation with this key."""
        call = self._lib.call
        key_context = call.EVP_PKEY_CTX_new(self._handle, None)
        digest_context = call.EVP_MD_CTX_new()
        try:
            self._lib.refuse_unless(bool(key_context and digest_context), "memory")
            identified = call.EVP_PKEY_CTX_set1_id(key_context, user_id, len(user_id)) > 0
            self._lib.refuse_unless(identified, "user id")
            call.EVP_MD_CTX_set_pkey_ctx(digest_context, key_context)
            begin = getattr(call, initialise)
            begun = begin(digest_context, None, self._lib.sm3, None, self._handle) == 1
            self._lib.refuse_unless(begun, initialise)
            yield digest_context
        finally:
            # The digest context does not own a key context that was set from outside.
            call.EVP_MD_CTX_free(digest_context)
            call.EVP_PKEY_CTX_free(key_context)

    def verify(self, message: bytes, signature: bytes, user_id: bytes) -> bool:
        """`signature` is r, s, 64 bytes; any value of them is allowed and most do not hold."""
        r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
        der = encode_dss_signature(r, s)
        with self._digest_context("EVP_DigestVerifyInit", user_id) as context:
            verify = self._lib.call.EVP_DigestVerify
            holds: bool = verify(context, der, len(der), message, len(message)) == 1
        if not holds:
            self._lib.call.ERR_clear_error()
        return holds

    def sign(self, message: bytes, user_id: bytes) -> bytes:
        """r, s, 64 bytes."""
        der = ctypes.create_string_buffer(_DER_BYTES_MAX)
        size = c_size_t(_DER_BYTES_MAX)
        with self._digest_context("EVP_DigestSignInit", user_id) as context:
            sign = self._lib.call.EVP_DigestSign
            signed = sign(context, der, byref(size), message, len(message)) == 1
            self._lib.refuse_unless(signed, "EVP_DigestSign")
        r, s = decode_dss_signature(der.raw[: size.value])
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def public_point(self) -> bytes:
        """X, Y, 64 bytes."""
        point = ctypes.create_string_buffer(65)
        size = c_size_t()
        read = self._lib.call.EVP_PKEY_get_octet_string_param
        got = read(self._handle, b"encoded-pub-key", point, 65, byref(size)) == 1
        self._lib.refuse_unless(got and size.value == 65 and point.raw[0] == 4, "public key")
        return point.raw[1:]

    def secret(self) -> bytes:
        """The private number, 32 bytes."""
        call = self._lib.call
        number = c_void_p()
        scalar = ctypes.create_string_buffer(32)
        got = call.EVP_PKEY_get_bn_param(self._handle, b"priv", byref(number)) == 1
        try:
            padded = got and call.BN_bn2binpad(number, scalar, 32) == 32
            self._lib.refuse_unless(padded, "private key")
        finally:
            call.BN_clear_free(number)
        return scalar.raw


def public_key(lib: Libcrypto, point: bytes) -> Key:
    """`point` is X, Y, 64 bytes.  Raises LibcryptoFailed where it is not on the curve."""
    return _from_data(lib, point, None)


def key_pair(lib: Libcrypto, point: bytes, secret: bytes) -> Key:
    """Raises LibcryptoFailed where the two numbers do not belong together."""
    return _from_data(lib, point, secret)


def generate(lib: Libcrypto) -> Key:
    call = lib.call
    context = call.EVP_PKEY_CTX_new_from_name(None, b"SM2", None)
    handle = c_void_p()
    try:
        lib.refuse_unless(bool(context) and call.EVP_PKEY_keygen_init(context) == 1, "keygen")
        lib.refuse_unless(call.EVP_PKEY_generate(context, byref(handle)) == 1, "keygen")
    finally:
        call.EVP_PKEY_CTX_free(context)
    assert handle.value
    return Key(lib, handle.value)


def _from_data(lib: Libcrypto, point: bytes, secret: bytes | None) -> Key:
    call = lib.call
    encoded = b"\x04" + point
    builder, number, parameters = call.OSSL_PARAM_BLD_new(), None, None
    context = call.EVP_PKEY_CTX_new_from_name(None, b"SM2", None)
    handle = c_void_p()
    try:
        lib.refuse_unless(bool(builder and context), "no SM2")
        pushed = call.OSSL_PARAM_BLD_push_utf8_string(builder, b"group", b"SM2", 0) == 1
        pushed &= call.OSSL_PARAM_BLD_push_octet_string(builder, b"pub", encoded, 65) == 1
        if secret is not None:
            number = call.BN_bin2bn(secret, len(secret), None)
            pushed &= call.OSSL_PARAM_BLD_push_BN(builder, b"priv", number) == 1
        parameters = call.OSSL_PARAM_BLD_to_param(builder) if pushed else None
        lib.refuse_unless(bool(parameters), "parameters")
        selection = _PUBLIC if secret is None else _KEYPAIR
        begun = call.EVP_PKEY_fromdata_init(context) == 1
        made = begun and (
            call.EVP_PKEY_fromdata(context, byref(handle), selection, parameters) == 1
        )
        lib.refuse_unless(made, "key")
    finally:
        call.EVP_PKEY_CTX_free(context)
        call.OSSL_PARAM_free(parameters)
        call.OSSL_PARAM_BLD_free(builder)
        call.BN_clear_free(number)
    assert handle.value
    key = Key(lib, handle.value)
    _check(lib, handle.value, pair=secret is not None)
    return key


def _check(lib: Libcrypto, handle: int, *, pair: bool) -> None:
    call = lib.call
    context = call.EVP_PKEY_CTX_new(handle, None)
    try:
        sound = bool(context) and call.EVP_PKEY_public_check(context) == 1
        if pair:
            sound = sound and call.EVP_PKEY_pairwise_check(context) == 1
        lib.refuse_unless(sound, "key check")
    finally:
        call.EVP_PKEY_CTX_free(context)


@lru_cache(maxsize=4)
def load(names: Sequence[str] = NAMES) -> Libcrypto | None:
    """The first of these libraries that can do SM2; None: this machine has none that can."""
    for name in names:
        try:
            lib = Libcrypto(ctypes.CDLL(name))
            generate(lib)
        except (OSError, AttributeError, LibcryptoFailed):
            continue
        return lib
    return None
