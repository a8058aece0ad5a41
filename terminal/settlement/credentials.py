"""Keys and secrets of a platform profile, read from their files at start.

One rule: a secret is read here, used by `seal` or `gateway`, and shown nowhere: not in a message,
not in a `repr`.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key, load_pem_public_key

from terminal.config import ConfigError
from terminal.profile import (
    OAuthGateway,
    Profile,
    SignedGateway,
    Sm2Signature,
    Sm4Encryption,
    Tls,
    VoucherPassword,
    XTifGateway,
)
from terminal.voucher.algorithms import CannotSign, NotAKey, SigningKey, load_private_key

HTTP_ALGORITHMS = {"ed25519": "ed25519", "es256": "ecdsa-p256-sha256"}
"""Our name of an algorithm and its name in RFC 9421 section 3.3."""
SECRET_BYTES_MAX = 10_000

Find = Callable[[str], Path]
"""A file of the profile by its name.  Raises ConfigError."""


@dataclass(frozen=True, slots=True, repr=False)
class Credentials:
    """What a profile's files hold; empty where the profile needs none."""

    gateway_secret: str = ""
    """Of the x-tif gateway, or of the OAuth client."""
    http_key: SigningKey | None = None
    body_key: SigningKey | None = None
    password_key: rsa.RSAPublicKey | None = None
    cipher_key: bytes = b""
    """SM4, 16 bytes."""
    tls: ssl.SSLContext | None = None
    new_nonce: Callable[[], str] = str
    """A text that is never the same twice; only the x-tif gateway asks for one."""


NO_CREDENTIALS = Credentials()


def load(profile: Profile, find: Find, new_nonce: Callable[[], str]) -> Credentials:
    """Raises ConfigError, naming the profile's key and the file."""
    gateway, signature, encryption = profile.gateway, profile.signature, profile.encryption
    gateway_secret, http_key, body_key, password_key, cipher_key = "", None, None, None, b""
    match gateway:
        case XTifGateway():
            gateway_secret = _secret("gateway.token_file", gateway.token_file, find)
        case OAuthGateway():
            gateway_secret = _secret("gateway.secret_file", gateway.secret_file, find)
        case SignedGateway():
            http_key = _private("gateway.key_file", gateway.key_file, find, *HTTP_ALGORITHMS)
    match signature:
        case Sm2Signature():
            body_key = _private("signature.key_file", signature.key_file, find, "sm2")
        case VoucherPassword():
            password_key = _rsa("signature.public_key_file", signature.public_key_file, find)
    if isinstance(encryption, Sm4Encryption):
        cipher_key = _sm4("encryption.key_file", encryption.key_file, find)
    return Credentials(
        gateway_secret,
        http_key,
        body_key,
        password_key,
        cipher_key,
        _tls(profile.tls, find) if profile.tls else None,
        new_nonce,
    )


def _bytes(key: str, name: str, find: Find) -> bytes:
    try:
        path = find(name)
        data = path.read_bytes()[: SECRET_BYTES_MAX + 1]
    except OSError as exc:
        raise ConfigError(f"{key}: {name}: {exc.strerror}") from exc
    except ConfigError as exc:
        raise ConfigError(f"{key}: {exc}") from exc
    if not data or len(data) > SECRET_BYTES_MAX:
        raise ConfigError(f"{key}: {path} is empty or longer than {SECRET_BYTES_MAX} bytes")
    return data


def _secret(key: str, name: str, find: Find) -> str:
    """One line of printable ASCII; the line's end does not belong to it."""
    try:
        secret = _bytes(key, name, find).decode("ascii").strip()
    except UnicodeDecodeError as exc:
        raise ConfigError(f"{key}: {name} is not one line of ASCII") from exc
    if not secret.isprintable() or not secret:
        raise ConfigError(f"{key}: {name} is not one line of ASCII")
    return secret


def _private(key: str, name: str, find: Find, *algorithms: str) -> SigningKey:
    try:
        private = load_private_key(_bytes(key, name, find))
    except (NotAKey, CannotSign) as exc:
        raise ConfigError(f"{key}: {name}: {exc}") from exc
    if private.alg not in algorithms:
        raise ConfigError(
            f"{key}: {name} is a key for {private.alg}, not {' or '.join(algorithms)}"
        )
    return private


def _rsa(key: str, name: str, find: Find) -> rsa.RSAPublicKey:
    data = _bytes(key, name, find)
    try:
        is_pem = data.lstrip().startswith(b"-----")
        public = load_pem_public_key(data) if is_pem else load_der_public_key(data)
    except ValueError as exc:
        raise ConfigError(f"{key}: {name} is not a public key, PEM or DER") from exc
    if not isinstance(public, rsa.RSAPublicKey):
        raise ConfigError(f"{key}: {name} is not an RSA key")
    return public


def _sm4(key: str, name: str, find: Find) -> bytes:
    data = _bytes(key, name, find).strip()
    if len(data) == 32:
        try:
            data = bytes.fromhex(data.decode("ascii"))
        except (UnicodeDecodeError, ValueError):
            data = b""
    if len(data) != 16:
        raise ConfigError(f"{key}: {name} is neither 16 bytes nor 32 hexadecimal digits")
    return data


def _tls(tls: Tls, find: Find) -> ssl.SSLContext:
    key = "tls.ca_file"
    try:
        context = ssl.create_default_context(cafile=str(find(tls.ca_file)) if tls.ca_file else None)
        if tls.cert_file:
            key = "tls.cert_file"
            context.load_cert_chain(find(tls.cert_file), find(tls.key_file))
    except (OSError, ConfigError) as exc:
        raise ConfigError(f"{key}: {exc}") from exc
    return context
