"""The keyed chain over the events, pure but for the key's file.

    link(n) = MAC(key, link(n-1) ‖ JSON [seq, sale, version, type, body])

A plain hash chain can be rewritten by whoever has the file; this one cannot without the key.  MAC
is BLAKE2b with a key (RFC 7693), 32 bytes, told apart by its purpose; two are made for every event,
and HMAC-SHA256 takes four times as long.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path

import msgspec

from terminal.journal.trouble import JournalError, Trouble

HEAD = "head"
"""The mark that holds the newest event's number, sealed under the key."""
FIRST_LINK = bytes(32)
KEY_BYTES = 32


def chain_key(journal: Path) -> bytes:
    """The key in the file beside the journal; made, readable by its owner only, when missing.

    Raises JournalError where the file is no key, OSError where it cannot be made.
    """
    path = key_file(journal)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        pass
    else:
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
            file.flush()
            os.fsync(handle)
    key = path.read_bytes()
    if len(key) != KEY_BYTES:
        raise JournalError(Trouble.FOREIGN, path, f"is not a key of {KEY_BYTES} bytes")
    return key


def key_file(journal: Path) -> Path:
    return journal.with_name(journal.name + ".key")


def pseudonym(key: bytes, text: str) -> str:
    """32 hex digits for a number that must not be written down.  The same number has the same,
    and nobody without the key can try numbers out."""
    return _mac(key, b"pseudonym", text.encode()).hex()[:32]


def next_link(
    key: bytes, before: bytes, seq: int, sale_id: str, version: int, kind: str, body: str
) -> bytes:
    """The link of one event: 32 bytes that nobody without the key can make."""
    text = msgspec.json.encode([seq, sale_id, version, kind, body])
    return _mac(key, b"link", before + text)


def sealed_head(key: bytes, seq: int, link: bytes) -> str:
    """Where the journal ends, so that a shorter one shows."""
    seal = _mac(key, b"head", seq.to_bytes(8, "big") + link)
    return f"{seq}:{seal.hex()}"


def sealed_day(key: bytes, z: int, last_seq: int, link: bytes, body: str) -> bytes:
    """Ties a Z report to its number, to what it says, and to the events it was made from."""
    text = msgspec.json.encode([z, last_seq, link.hex(), body])
    return _mac(key, b"day", text)


def _mac(key: bytes, purpose: bytes, content: bytes) -> bytes:
    return hashlib.blake2b(content, key=key, person=purpose, digest_size=32).digest()
