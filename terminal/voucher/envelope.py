"""From the text of a QR code to the five parts of a signed envelope.

    YB1:<base45 of COSE_Sign1>
    COSE_Sign1 = 18([protected: bstr {1: alg, 4: kid}, {}, payload: bstr, signature: bstr])

One rule: nothing inside the payload is looked at here.  Source: RFC 9285 (base45), RFC 8949
(CBOR), RFC 9052 section 4.2 (COSE_Sign1) and 4.4 (what is signed).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from terminal.voucher import base45, cbor
from terminal.voucher.reasons import Reason, VoucherRefused

PREFIX = "YB1:"
TEXT_CHARS_MAX = 1000
"""With the prefix.  A QR code of a readable density holds no more."""
SIGNED_BYTES_MAX = 512
SIGNED_BYTES_MIN = 70
"""Shorter than any signature with its heads."""

TAG_18 = b"\xd2"
"""The tag of a COSE_Sign1, in its only deterministic encoding."""
_BSTR = 0x40
"""The head of an empty byte string; a length up to _IN_HEAD_MAX is added to it."""
_IN_HEAD_MAX = 23
HEADER_ALG = 1
HEADER_KID = 4
HEADER_KEYS = {HEADER_ALG, HEADER_KID}
HEADERS_MAX = 64
"""Protected headers remembered once read."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """A COSE_Sign1 whose signature has not been checked."""

    protected: bytes
    """The protected header as it was signed."""
    alg: int
    """COSE number of the algorithm it claims."""
    kid: bytes
    payload: bytes
    signature: bytes
    """Of any length."""
    to_be_signed: bytes
    """The Sig_structure: what the signature is over."""


def parse(text: str, *, prefix: str = PREFIX) -> Envelope:
    """The envelope in the text of a code.

    text     exactly as scanned: no newline, no space around it
    prefix   what the text begins with
    Refuses  PREFIX, TOO_LONG, ALPHABET, CBOR, NOT_DETERMINISTIC, ENVELOPE, HEADER
    """
    if not text.startswith(prefix):
        raise VoucherRefused(Reason.PREFIX)
    if len(text) > TEXT_CHARS_MAX:
        raise VoucherRefused(Reason.TOO_LONG)
    signed = base45.decode(text[len(prefix) :])
    if len(signed) > SIGNED_BYTES_MAX:
        raise VoucherRefused(Reason.TOO_LONG)
    return parse_sign1(signed)


def parse_sign1(signed: bytes) -> Envelope:
    """The envelope in the bytes of a COSE_Sign1; its length is the caller's to limit.

    Refuses  CBOR, NOT_DETERMINISTIC, ENVELOPE, HEADER
    """
    protected, payload, signature = _laid_out(signed) or _decoded(signed)
    alg, kid, opening = _header(protected)
    return Envelope(protected, alg, kid, payload, signature, opening + _bstr(payload))


_Parts = tuple[bytes, bytes, bytes]
"""Protected header, payload, signature."""


def _laid_out(signed: bytes) -> _Parts | None:
    """The parts of an envelope whose three strings have the usual lengths.

    None: another layout, which is not yet a reason against it.  `_decoded` decides, this one only
    agrees with it, in a fraction of the time.
    """
    if len(signed) < SIGNED_BYTES_MIN or signed[:2] != b"\xd2\x84":
        return None
    start = 3 + signed[2] - _BSTR
    if not 3 <= start <= 3 + _IN_HEAD_MAX or signed[start : start + 2] != b"\xa0\x58":
        return None
    payload_bytes = signed[start + 2]
    end = start + 3 + payload_bytes
    if payload_bytes <= _IN_HEAD_MAX or signed[end : end + 2] != b"\x58\x40":
        return None
    signature = signed[end + 2 :]
    return (signed[3:start], signed[start + 3 : end], signature) if len(signature) == 64 else None


def _decoded(signed: bytes) -> _Parts:
    if not signed.startswith(TAG_18):
        # Decoded only to tell junk from something else that is CBOR.
        cbor.decode(signed)
        raise VoucherRefused(Reason.ENVELOPE)
    parts = cbor.decode(signed[len(TAG_18) :])
    if not isinstance(parts, tuple) or len(parts) != 4:
        raise VoucherRefused(Reason.ENVELOPE)
    protected, unprotected, payload, signature = parts
    if not (
        isinstance(protected, bytes)
        and isinstance(unprotected, dict)
        and isinstance(payload, bytes)
        and isinstance(signature, bytes)
    ):
        raise VoucherRefused(Reason.ENVELOPE)
    if unprotected:
        raise VoucherRefused(Reason.HEADER)
    return protected, payload, signature


@lru_cache(maxsize=HEADERS_MAX)
def _header(protected: bytes) -> tuple[int, bytes, bytes]:
    """Algorithm, key id, and how the Sig_structure of every such envelope begins.

    There are few, one for each key in use, so a header is read once.
    """
    header = cbor.decode(protected) if protected else None
    if not isinstance(header, dict) or header.keys() != HEADER_KEYS:
        raise VoucherRefused(Reason.HEADER)
    alg, kid = header[HEADER_ALG], header[HEADER_KID]
    if not isinstance(alg, int) or not isinstance(kid, bytes):
        raise VoucherRefused(Reason.HEADER)
    # ["Signature1", protected, no external data, payload], RFC 9052 section 4.4.
    return alg, kid, b"\x84\x6aSignature1" + _bstr(protected) + b"\x40"


def _bstr(content: bytes) -> bytes:
    """One CBOR byte string of up to 65 535 bytes."""
    size = len(content)
    if size <= _IN_HEAD_MAX:
        return bytes((_BSTR + size,)) + content
    if size < 0x100:
        return bytes((0x58, size)) + content
    return b"\x59" + size.to_bytes(2, "big") + content
