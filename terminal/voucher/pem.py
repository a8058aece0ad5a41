"""Keys in files: DER as it is, or wrapped in PEM (RFC 7468).

One rule: a file holds one block, of the one kind that was asked for.
"""

from __future__ import annotations

import base64
import binascii
import re

_BLOCK = re.compile(
    rb"\s*-----BEGIN ([A-Z0-9 ]{1,32})-----\s(.{1,4096}?)\s-----END \1-----\s*", re.DOTALL
)
_LINE_CHARS = 64


class NotAKey(ValueError):
    """These bytes are no key of the kind asked for.  The message says why, without the bytes."""


class CannotSign(Exception):
    """This machine can check signatures of this algorithm but not make them."""


def unwrap(data: bytes, label: str) -> bytes:
    """The DER in `data`, which is PEM of that label or DER already.  Raises NotAKey."""
    if b"-----BEGIN" not in data:
        return data
    if (block := _BLOCK.fullmatch(data)) is None or block[1] != label.encode("ascii"):
        raise NotAKey(f"not one PEM block of {label}")
    try:
        return base64.b64decode(b"".join(block[2].split()), validate=True)
    except binascii.Error as exc:
        raise NotAKey("PEM block with broken base64") from exc


def wrap(der: bytes, label: str) -> bytes:
    text = base64.b64encode(der).decode("ascii")
    lines = [text[at : at + _LINE_CHARS] for at in range(0, len(text), _LINE_CHARS)]
    framed = [f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""]
    return "\n".join(framed).encode("ascii")
