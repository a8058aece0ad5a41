"""What to do about a voucher that is refused: few kinds of advice for many reasons.

One rule: total.  Every reason has its advice, and a test shows it.
"""

from __future__ import annotations

from enum import StrEnum

from terminal.voucher.reasons import Reason


class Advice(StrEnum):
    """Worded below `voucher_next`."""

    FRESH = "fresh"
    """Let the customer show a new code."""
    CLEAN = "clean"
    """Brightness, a clean screen, then a new code."""
    OFFICIAL = "official"
    """Do not accept it; ask for the code of the official application."""
    CLOCK = "clock"
    """The clock of the till or of the phone."""
    MANAGER = "manager"
    """The keys of this till: nothing the customer can do."""


REPLAYED = "replayed"
"""Told by the journal, not by the voucher: this code opened another sale."""

_ADVICE: dict[str, Advice] = {
    Reason.PREFIX: Advice.OFFICIAL,
    Reason.TOO_LONG: Advice.OFFICIAL,
    Reason.ALPHABET: Advice.CLEAN,
    Reason.CBOR: Advice.CLEAN,
    Reason.NOT_DETERMINISTIC: Advice.OFFICIAL,
    Reason.ENVELOPE: Advice.OFFICIAL,
    Reason.HEADER: Advice.OFFICIAL,
    Reason.UNKNOWN_CLAIM: Advice.MANAGER,
    Reason.CLAIM_MISSING: Advice.OFFICIAL,
    Reason.UNKNOWN_KEY: Advice.MANAGER,
    Reason.ALGORITHM_MISMATCH: Advice.OFFICIAL,
    Reason.ISSUER_MISMATCH: Advice.OFFICIAL,
    Reason.KEY_NOT_YET: Advice.CLOCK,
    Reason.KEY_EXPIRED: Advice.MANAGER,
    Reason.KEY_REVOKED: Advice.OFFICIAL,
    Reason.SIGNATURE: Advice.OFFICIAL,
    Reason.CLAIM_TYPE: Advice.OFFICIAL,
    Reason.CLAIM_VALUE: Advice.OFFICIAL,
    Reason.VOUCHER_REVOKED: Advice.FRESH,
    Reason.LIFETIME: Advice.OFFICIAL,
    Reason.NOT_YET_VALID: Advice.CLOCK,
    Reason.EXPIRED: Advice.FRESH,
    Reason.NAME: Advice.OFFICIAL,
    Reason.CLOCK_SET_BACK: Advice.CLOCK,
    Reason.BUNDLE_FORMAT: Advice.MANAGER,
    Reason.BUNDLE_ROOT: Advice.MANAGER,
    Reason.BUNDLE_SIGNATURE: Advice.MANAGER,
    Reason.BUNDLE_KEY: Advice.MANAGER,
    Reason.BUNDLE_OLDER: Advice.MANAGER,
    Reason.BUNDLE_NOT_YET: Advice.CLOCK,
    Reason.BUNDLE_EXPIRED: Advice.MANAGER,
    Reason.BUNDLE_STALE: Advice.MANAGER,
    REPLAYED: Advice.FRESH,
}


def voucher_advice(reason: str) -> Advice:
    """Advice for a reason of `VoucherRefused`; for one that is not known, do not accept it."""
    return _ADVICE.get(reason, Advice.OFFICIAL)
