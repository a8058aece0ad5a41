"""A voucher: one person's permission to settle one sale, good for about a minute, checked offline.

    claims = {1: iss, 2: sub, 4: exp, 5: nbf, 6: iat, 7: cti, -65537: {1: region,
              2: insurance type, 3: masked name, 4: presenter, 5: channel}}

One rule: no value of a claim is used, shown or returned before the signature holds.  The issuer is
compared with the key's own before that, because a key that signs for another issuer must be told
apart from a forgery; nothing else is.

Source: RFC 8392 (CWT) for the claims 1 to 7; the private claim and the limits are this product's
own, in docs/voucher.md.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from terminal.voucher import algorithms, cbor, envelope
from terminal.voucher.keys import SKEW_SECONDS, BundleKey, KeyBundle
from terminal.voucher.reasons import Reason, VoucherRefused

LIFETIME_SECONDS_MAX = 300
ID_BYTES = 16
NAME_CHARS_MAX = 16

ISS, SUB, EXP, NBF, IAT, CTI, DETAILS = 1, 2, 4, 5, 6, 7, -65537
REGION, INSUTYPE, MASKED_NAME, PRESENTER, CHANNEL = 1, 2, 3, 4, 5
CLAIM_KEYS = frozenset((ISS, SUB, EXP, NBF, IAT, CTI, DETAILS))
DETAIL_KEYS = frozenset((REGION, INSUTYPE, MASKED_NAME, PRESENTER, CHANNEL))
BY_HOLDER, BY_RELATIVE = 0, 1
PRESENTERS = (BY_HOLDER, BY_RELATIVE)

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

_REGION = re.compile(r"[0-9]{6}", re.ASCII)
_INSUTYPE = re.compile(r"[0-9]{3,6}", re.ASCII)
_CHANNEL = re.compile(r"[a-z0-9][a-z0-9-]{0,15}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Voucher:
    """What a genuine voucher says.  Times are seconds since 1970 UTC."""

    issuer: str
    voucher_id: str
    """32 lower-case hex digits, used once; `mdtrt_cert_no` to the platform."""
    holder: str
    """Pseudonym of the holder at this issuer, 32 lower-case hex digits."""
    masked_name: str
    region: str
    """Six digits, where the holder is insured."""
    insutype: str
    """310 employees, 390 residents …"""
    by_relative: bool
    """True: shown by a relative; the money is the holder's all the same."""
    channel: str
    """The application that showed it."""
    not_before: int
    expires_at: int
    issued_at: int
    kid: str
    """Of the key that signed it, 16 hex digits."""


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
    claims, details = _claims(signed.payload)
    key = _key(signed, claims, bundle, seconds)
    if not algorithms.verify_signature(
        key.alg, key.public_key, signed.to_be_signed, signed.signature
    ):
        raise VoucherRefused(Reason.SIGNATURE)
    voucher = _typed(claims, details, key)
    if (voucher.issuer, voucher.voucher_id) in bundle.revoked_vouchers:
        raise VoucherRefused(Reason.VOUCHER_REVOKED)
    _require_timely(voucher, seconds)
    if not NAME.fullmatch(voucher.masked_name):
        raise VoucherRefused(Reason.NAME)
    if latest_seen is not None and seconds < latest_seen.timestamp() - SKEW_SECONDS:
        raise VoucherRefused(Reason.CLOCK_SET_BACK)
    return voucher


_Claims = dict[cbor.Key, cbor.Item]


def _claims(payload: bytes) -> tuple[_Claims, _Claims]:
    """All claims, and those of the private one: exactly the known keys, of any type.

    Where the private claim is no map, the second is empty and its type is refused later.
    """
    claims = cbor.decode(payload)
    if not isinstance(claims, dict):
        raise VoucherRefused(Reason.CLAIM_TYPE)
    _require_keys(claims, CLAIM_KEYS)
    details = claims[DETAILS]
    if not isinstance(details, dict):
        return claims, {}
    _require_keys(details, DETAIL_KEYS)
    return claims, details


def _require_keys(claims: _Claims, expected: frozenset[int]) -> None:
    if claims.keys() != expected:
        unknown = claims.keys() - expected
        raise VoucherRefused(Reason.UNKNOWN_CLAIM if unknown else Reason.CLAIM_MISSING)


def _key(
    signed: envelope.Envelope, claims: _Claims, bundle: KeyBundle, seconds: float
) -> BundleKey:
    """The key that is to have signed, if it may sign for this issuer now."""
    bundle.require_current(seconds)
    key = bundle.key(signed.kid)
    if key is None:
        raise VoucherRefused(Reason.UNKNOWN_KEY)
    if key.cose_id != signed.alg:
        raise VoucherRefused(Reason.ALGORITHM_MISMATCH)
    if key.issuer != claims[ISS]:
        raise VoucherRefused(Reason.ISSUER_MISMATCH)
    key.require_usable(seconds)
    return key


def _typed(claims: _Claims, details: _Claims, key: BundleKey) -> Voucher:
    """The claims as a Voucher.  Refuses with CLAIM_TYPE or CLAIM_VALUE."""
    sub, cti, exp, nbf, iat = claims[SUB], claims[CTI], claims[EXP], claims[NBF], claims[IAT]
    if not (
        isinstance(sub, bytes)
        and isinstance(cti, bytes)
        and isinstance(exp, int)
        and isinstance(nbf, int)
        and isinstance(iat, int)
        and len(sub) == len(cti) == ID_BYTES
        and min(exp, nbf, iat) >= 0
        and details
    ):
        raise VoucherRefused(Reason.CLAIM_TYPE)
    region, insutype, name = details[REGION], details[INSUTYPE], details[MASKED_NAME]
    presenter, channel = details[PRESENTER], details[CHANNEL]
    if not (
        isinstance(region, str)
        and isinstance(insutype, str)
        and isinstance(name, str)
        and isinstance(presenter, int)
        and isinstance(channel, str)
    ):
        raise VoucherRefused(Reason.CLAIM_TYPE)
    if presenter not in PRESENTERS or not _can_be(region, insutype, channel):
        raise VoucherRefused(Reason.CLAIM_VALUE)
    return Voucher(
        issuer=key.issuer,
        voucher_id=cti.hex(),
        holder=sub.hex(),
        masked_name=name,
        region=region,
        insutype=insutype,
        by_relative=presenter == BY_RELATIVE,
        channel=channel,
        not_before=nbf,
        expires_at=exp,
        issued_at=iat,
        kid=key.kid.hex(),
    )


@lru_cache(maxsize=256)
def _can_be(region: str, insutype: str, channel: str) -> bool:
    """A counter sees few combinations, so each is looked at once."""
    return bool(
        _REGION.fullmatch(region) and _INSUTYPE.fullmatch(insutype) and _CHANNEL.fullmatch(channel)
    )


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
