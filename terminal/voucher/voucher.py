"""A voucher: one person's permission to settle one sale, good for about a minute, checked offline.

One rule: no value of a claim is used, shown or returned before the signature holds.  The issuer is
compared with the key's own before that, because a key that signs for another issuer must be told
apart from a forgery; nothing else is.

The checks and their order are in docs/voucher.md.
"""

from __future__ import annotations

import re
from datetime import datetime

from terminal.voucher import algorithms, cbor, claims, envelope
from terminal.voucher.claims import Voucher as Voucher
from terminal.voucher.keys import SKEW_SECONDS, BundleKey, KeyBundle
from terminal.voucher.reasons import Reason, VoucherRefused

LIFETIME_SECONDS_MAX = 300
NAME_CHARS_MAX = 16

NAME = re.compile(
    "["
    "A-Za-z*\u00b7"
    "\u3400-\u4dbf\u4e00-\u9fff"  # CJK extension A, and the basic block.
    "\U00020000-\U0002a6df\U0002a700-\U0002ebe0\U0002ebf0-\U0002ee5d"  # Extensions B to F, and I.
    "\U00030000-\U000323af"  # Extensions G and H.
    f"]{{1,{NAME_CHARS_MAX}}}"
)
"""The whole allow-list.  What it leaves out cannot be drawn on a screen or sent to a printer:
controls, bidirectional marks, zero-width and combining characters, private use, markup, and the
compatibility ideographs that look like others."""


def verify(
    text: str, bundle: KeyBundle, now: datetime, *, latest_seen: datetime | None = None
) -> Voucher:
    """The voucher in the text of a code, or the first reason against it.

    text         exactly as scanned
    bundle       the keys to trust
    now          aware; a voucher holds while `nbf - 30 s <= now < exp + 30 s`
    latest_seen  the largest `now` this counter has ever acted on, aware; None: this is its first.
                 A clock more than 30 s behind it was set back.
    Refuses      any `Reason` of a text, a key or a claim; BUNDLE_NOT_YET, BUNDLE_EXPIRED
    Not checked  whether the voucher was used before: the journal refuses that
    """
    assert now.tzinfo
    assert latest_seen is None or latest_seen.tzinfo
    seconds = now.timestamp()
    signed = envelope.parse(text)
    said = claims.read(signed.payload)
    key = _key(signed, said.issuer, bundle, seconds)
    if not algorithms.verify_signature(
        key.alg, key.public_key, signed.to_be_signed, signed.signature
    ):
        raise VoucherRefused(Reason.SIGNATURE)
    voucher = said.voucher(key)
    if (voucher.issuer, voucher.voucher_id) in bundle.revoked_vouchers:
        raise VoucherRefused(Reason.VOUCHER_REVOKED)
    _require_timely(voucher, seconds)
    if not NAME.fullmatch(voucher.masked_name):
        raise VoucherRefused(Reason.NAME)
    if latest_seen is not None and seconds < latest_seen.timestamp() - SKEW_SECONDS:
        raise VoucherRefused(Reason.CLOCK_SET_BACK)
    return voucher


def _key(
    signed: envelope.Envelope, issuer: cbor.Item, bundle: KeyBundle, seconds: float
) -> BundleKey:
    """The key that is to have signed, if it may sign for this issuer now."""
    bundle.require_current(seconds)
    key = bundle.key(signed.kid)
    if key is None:
        raise VoucherRefused(Reason.UNKNOWN_KEY)
    if key.cose_id != signed.alg:
        raise VoucherRefused(Reason.ALGORITHM_MISMATCH)
    if key.issuer != issuer:
        raise VoucherRefused(Reason.ISSUER_MISMATCH)
    key.require_usable(seconds)
    return key


def _require_timely(voucher: Voucher, seconds: float) -> None:
    issued_at, not_before, expires_at = voucher.issued_at, voucher.not_before, voucher.expires_at
    # Measured from the earlier of the two, or an `iat` in the future would make a voucher that
    # is valid from today for years.
    begins = min(issued_at, not_before)
    lasts = expires_at > issued_at and expires_at > not_before
    if not lasts or expires_at - begins > LIFETIME_SECONDS_MAX:
        raise VoucherRefused(Reason.LIFETIME)
    if seconds < not_before - SKEW_SECONDS:
        raise VoucherRefused(Reason.NOT_YET_VALID)
    if seconds >= expires_at + SKEW_SECONDS:
        raise VoucherRefused(Reason.EXPIRED)
