"""Why a voucher, or the key bundle it is checked against, is refused.

One rule: every refusal is a `VoucherRefused` with exactly one `Reason`; words for the clerk are
made from the reason elsewhere.  No refusal carries any part of the refused text.
"""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """In the order in which the checks are made."""

    # The text.
    PREFIX = "prefix"
    """Does not begin with `YB1:`."""
    TOO_LONG = "too_long"
    """More than 1 000 characters, or more than 512 bytes signed."""
    ALPHABET = "alphabet"
    """A character that is not one of base45's, or a group of them that encodes nothing."""

    # The CBOR.
    CBOR = "cbor"
    """Not well-formed: cut short, a reserved form, nested too deep, or followed by more bytes."""
    NOT_DETERMINISTIC = "not_deterministic"
    """Well-formed, but not in the only encoding that RFC 8949 section 4.2 allows."""
    ENVELOPE = "envelope"
    """Not a tagged COSE_Sign1: header, map, payload, signature."""
    HEADER = "header"
    """The protected header is not exactly algorithm and key id, or the other one is not empty."""
    UNKNOWN_CLAIM = "unknown_claim"
    CLAIM_MISSING = "claim_missing"

    # The key.
    UNKNOWN_KEY = "unknown_key"
    ALGORITHM_MISMATCH = "algorithm_mismatch"
    """The header names another algorithm than the key's own."""
    ISSUER_MISMATCH = "issuer_mismatch"
    """The voucher names another issuer than the key's own."""
    KEY_NOT_YET = "key_not_yet"
    KEY_EXPIRED = "key_expired"
    KEY_REVOKED = "key_revoked"

    SIGNATURE = "signature"

    # The claims.
    CLAIM_TYPE = "claim_type"
    """A claim of another CBOR type or size than the format names."""
    CLAIM_VALUE = "claim_value"
    """Of the right type, but no such region, insurance type, presenter or channel can be."""
    VOUCHER_REVOKED = "voucher_revoked"
    """The bundle names this very voucher as withdrawn."""
    LIFETIME = "lifetime"
    """Valid for no time at all, or for longer than any voucher may be."""
    NOT_YET_VALID = "not_yet_valid"
    EXPIRED = "expired"
    NAME = "name"
    """The masked name is empty, too long, or has a character no name is written with."""
    CLOCK_SET_BACK = "clock_set_back"
    """This machine's clock is behind a time it has already seen."""

    # The bundle of keys.
    BUNDLE_FORMAT = "bundle_format"
    """Too large, not deterministic CBOR, or not the structure of a bundle."""
    BUNDLE_ROOT = "bundle_root"
    """Signed by a key that is none of the root keys."""
    BUNDLE_SIGNATURE = "bundle_signature"
    BUNDLE_KEY = "bundle_key"
    """Properly signed, but a key in it is unusable, misnamed, listed twice, or a root key."""
    BUNDLE_OLDER = "bundle_older"
    """A lower version than one already held, or the same version with other content."""
    BUNDLE_NOT_YET = "bundle_not_yet"
    """Issued in the future: this machine's clock is wrong."""
    BUNDLE_EXPIRED = "bundle_expired"
    BUNDLE_STALE = "bundle_stale"
    """Still valid, but older than this counter may rely on."""


OF_TIME = frozenset(
    {
        Reason.KEY_NOT_YET,
        Reason.KEY_EXPIRED,
        Reason.NOT_YET_VALID,
        Reason.EXPIRED,
        Reason.CLOCK_SET_BACK,
        Reason.BUNDLE_NOT_YET,
        Reason.BUNDLE_EXPIRED,
    }
)
"""What a wrong clock of this machine would cause."""


class VoucherRefused(Exception):
    """A code that looked like a voucher, or a key bundle, is not accepted."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason
