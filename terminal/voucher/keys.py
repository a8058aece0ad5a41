"""The key bundle: which keys may sign vouchers, for which issuer, and until when.

    COSE_Sign1 by a root key over
    {1: version, 2: issued, 3: not_after, 4: [key …], 5: [[issuer, voucher id] …]}
    key = {1: kid, 2: alg, 3: SubjectPublicKeyInfo, 4: issuer, 5: not_before, 6: not_after,
           ? 7: revoked_at}

Times are seconds since 1970 UTC.  Keys stand in ascending order of kid, withdrawn vouchers in
ascending order, so one trust list has one encoding.

One rule: a bundle is trusted only whole.  One bad key in it, and none of it is used.

A bundle's life at a counter: `parse_bundle` (is it genuine), `admit` (is it newer than the one held
and valid now), `require_current` at each use, and `freshness` once a day, so that a counter nobody
updates says so before it stops.  An issuer that changes keys publishes the new one at least
`KEY_OVERLAP_SECONDS_MIN` before the old one ends: vouchers signed by the old one are still shown.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from terminal.voucher import algorithms, cbor, envelope
from terminal.voucher.reasons import Reason, VoucherRefused

BUNDLE_BYTES_MAX = 60_000
KEYS_MAX = 64
REVOKED_VOUCHERS_MAX = 1000
KEY_ID_BYTES = 8
VOUCHER_ID_BYTES = 16
SECONDS_MAX = 253_402_300_799
"""The end of the year 9999: the last that a date can be made of."""
SKEW_SECONDS = 30
"""How far this machine's clock and an issuer's may be apart."""
KEY_OVERLAP_SECONDS_MIN = 300 + SKEW_SECONDS
"""The longest voucher lifetime, and the skew it is still accepted in."""

ISSUER = re.compile(r"[a-z0-9][a-z0-9-]{0,31}", re.ASCII)


@dataclass(frozen=True, slots=True)
class BundleKey:
    """One public key that may sign vouchers."""

    kid: bytes
    alg: str
    """A name of `algorithms.ALGORITHMS`."""
    public_key: bytes
    """SubjectPublicKeyInfo, DER."""
    issuer: str
    not_before: int
    not_after: int
    """Usable while `not_before <= now < not_after`."""
    revoked_at: int | None = None
    """Not usable from this second on, whatever date a voucher bears; None: not revoked."""

    @classmethod
    def of(
        cls,
        public_key: bytes,
        issuer: str,
        not_before: int,
        not_after: int,
        revoked_at: int | None = None,
    ) -> BundleKey:
        """With kid and algorithm read off the key.  Raises `algorithms.NotAKey`."""
        alg = algorithms.algorithm_of(public_key).name
        return cls(key_id(public_key), alg, public_key, issuer, not_before, not_after, revoked_at)

    @property
    def cose_id(self) -> int:
        return algorithms.BY_NAME[self.alg].cose_id

    def require_usable(self, seconds: float) -> None:
        """Refuses with KEY_NOT_YET, KEY_EXPIRED or KEY_REVOKED."""
        if seconds < self.not_before:
            raise VoucherRefused(Reason.KEY_NOT_YET)
        if seconds >= self.not_after:
            raise VoucherRefused(Reason.KEY_EXPIRED)
        if self.revoked_at is not None and seconds >= self.revoked_at:
            raise VoucherRefused(Reason.KEY_REVOKED)


@dataclass(frozen=True, slots=True)
class KeyBundle:
    version: int
    """1, 2, 3 …"""
    issued: int
    not_after: int
    """Usable while `now < not_after`."""
    keys: tuple[BundleKey, ...]
    revoked_vouchers: frozenset[tuple[str, str]] = frozenset()
    """(issuer, voucher id as 32 lower-case hex digits) of single vouchers withdrawn."""
    digest: str = ""
    """SHA-256 of the signed bytes, hex; empty: never signed."""

    def key(self, kid: bytes) -> BundleKey | None:
        """None: no such key."""
        for candidate in self.keys:
            if candidate.kid == kid:
                return candidate
        return None

    def require_current(self, seconds: float) -> None:
        """`seconds` since 1970 UTC.  Refuses with BUNDLE_NOT_YET or BUNDLE_EXPIRED."""
        if seconds < self.issued - SKEW_SECONDS:
            raise VoucherRefused(Reason.BUNDLE_NOT_YET)
        if seconds >= self.not_after:
            raise VoucherRefused(Reason.BUNDLE_EXPIRED)


@dataclass(frozen=True, slots=True)
class Held:
    """What a counter remembers of the newest bundle it ever admitted.  Persist it."""

    version: int
    digest: str


@dataclass(frozen=True, slots=True)
class FreshnessLimits:
    """How old a bundle a counter may work with."""

    warn_age_seconds: int
    refuse_age_seconds: int
    warn_before_end_seconds: int


class Freshness(StrEnum):
    FRESH = "fresh"
    AGEING = "bundle_ageing"
    """Old enough that someone should find out why no newer one came."""
    ENDING = "bundle_ending"
    """About to expire; from then on no voucher is accepted."""


def key_id(public_key: bytes) -> bytes:
    """The first 8 bytes of SHA-256 over a SubjectPublicKeyInfo."""
    return hashlib.sha256(public_key).digest()[:KEY_ID_BYTES]


def parse_bundle(data: bytes, root_public_keys: Sequence[bytes]) -> KeyBundle:
    """The bundle in `data`, if one of these keys signed it.  Whether it is current is not asked.

    root_public_keys  SubjectPublicKeyInfo, DER, each.  Raises NotAKey for one that is none.
    Refuses           BUNDLE_FORMAT, BUNDLE_ROOT, BUNDLE_SIGNATURE, BUNDLE_KEY
    """
    roots = {key_id(root): (root, algorithms.algorithm_of(root)) for root in root_public_keys}
    if len(data) > BUNDLE_BYTES_MAX:
        raise VoucherRefused(Reason.BUNDLE_FORMAT)
    try:
        signed = envelope.parse_sign1(data)
    except VoucherRefused as exc:
        raise VoucherRefused(Reason.BUNDLE_FORMAT) from exc
    if signed.kid not in roots:
        raise VoucherRefused(Reason.BUNDLE_ROOT)
    root, algorithm = roots[signed.kid]
    if signed.alg != algorithm.cose_id or not algorithms.verify_signature(
        algorithm.name, root, signed.to_be_signed, signed.signature
    ):
        raise VoucherRefused(Reason.BUNDLE_SIGNATURE)
    try:
        content = cbor.decode(signed.payload)
    except VoucherRefused as exc:
        raise VoucherRefused(Reason.BUNDLE_FORMAT) from exc
    bundle = _bundle(content, hashlib.sha256(data).hexdigest())
    if any(key.kid in roots for key in bundle.keys):
        # A key that signs vouchers at a counter's request must not be able to sign trust lists.
        raise VoucherRefused(Reason.BUNDLE_KEY)
    return bundle


def admit(bundle: KeyBundle, now: datetime, held: Held | None) -> Held:
    """What to remember when this bundle replaces the held one.  None: the first ever.

    The same bundle again is admitted.  Refuses with BUNDLE_OLDER, BUNDLE_NOT_YET, BUNDLE_EXPIRED.
    """
    if held is not None and (
        bundle.version < held.version
        or (bundle.version == held.version and bundle.digest != held.digest)
    ):
        raise VoucherRefused(Reason.BUNDLE_OLDER)
    bundle.require_current(now.timestamp())
    return Held(bundle.version, bundle.digest)


def freshness(bundle: KeyBundle, now: datetime, limits: FreshnessLimits) -> Freshness:
    """Whether somebody should be told about the age of the bundle.

    Refuses with BUNDLE_NOT_YET, BUNDLE_EXPIRED, or BUNDLE_STALE from `refuse_age_seconds` on.
    """
    seconds = now.timestamp()
    bundle.require_current(seconds)
    age_seconds = seconds - bundle.issued
    if age_seconds >= limits.refuse_age_seconds:
        raise VoucherRefused(Reason.BUNDLE_STALE)
    if bundle.not_after - seconds <= limits.warn_before_end_seconds:
        return Freshness.ENDING
    return Freshness.AGEING if age_seconds >= limits.warn_age_seconds else Freshness.FRESH


def short_overlaps(bundle: KeyBundle) -> tuple[str, ...]:
    """Issuers, sorted, for whom a key begins too late before the one it follows ends.

    Vouchers of such an issuer would be refused for a while around the change, though genuine.
    """
    short = set()
    for issuer in {key.issuer for key in bundle.keys}:
        periods = sorted((k.not_before, k.not_after) for k in bundle.keys if k.issuer == issuer)
        end = periods[0][1]
        for not_before, not_after in periods[1:]:
            if not_before + KEY_OVERLAP_SECONDS_MIN > end:
                short.add(issuer)
            end = max(end, not_after)
    return tuple(sorted(short))


def _bundle(content: cbor.Item, digest: str) -> KeyBundle:
    match content:
        case {
            1: int(version),
            2: int(issued),
            3: int(not_after),
            4: tuple(keys),
            5: tuple(revoked),
            **rest,
        } if not rest and version > 0 and 0 <= issued < not_after <= SECONDS_MAX:
            pass
        case _:
            raise VoucherRefused(Reason.BUNDLE_FORMAT)
    if len(keys) > KEYS_MAX or len(revoked) > REVOKED_VOUCHERS_MAX:
        raise VoucherRefused(Reason.BUNDLE_FORMAT)
    bundle_keys = tuple(_key(entry) for entry in keys)
    withdrawn = [_withdrawn(entry) for entry in revoked]
    kids = [key.kid for key in bundle_keys]
    if sorted(set(kids)) != kids:
        raise VoucherRefused(Reason.BUNDLE_KEY)
    if sorted(set(withdrawn)) != withdrawn:
        raise VoucherRefused(Reason.BUNDLE_FORMAT)
    return KeyBundle(version, issued, not_after, bundle_keys, frozenset(withdrawn), digest)


def _key(entry: cbor.Item) -> BundleKey:
    match entry:
        case {
            1: bytes(kid),
            2: int(cose_id),
            3: bytes(public_key),
            4: str(issuer),
            5: int(not_before),
            6: int(not_after),
            **rest,
        } if 0 <= not_before < not_after <= SECONDS_MAX:
            revoked_at = rest.pop(7, None)
        case _:
            raise VoucherRefused(Reason.BUNDLE_FORMAT)
    if rest or not ISSUER.fullmatch(issuer):
        raise VoucherRefused(Reason.BUNDLE_FORMAT)
    if revoked_at is not None and not (
        isinstance(revoked_at, int) and 0 <= revoked_at <= SECONDS_MAX
    ):
        raise VoucherRefused(Reason.BUNDLE_FORMAT)
    try:
        key = BundleKey.of(public_key, issuer, not_before, not_after, revoked_at)
    except algorithms.NotAKey as exc:
        raise VoucherRefused(Reason.BUNDLE_KEY) from exc
    if key.kid != kid or key.cose_id != cose_id:
        raise VoucherRefused(Reason.BUNDLE_KEY)
    return key


def _withdrawn(entry: cbor.Item) -> tuple[str, str]:
    match entry:
        case (str(issuer), bytes(voucher_id)) if (
            ISSUER.fullmatch(issuer) and len(voucher_id) == VOUCHER_ID_BYTES
        ):
            return issuer, voucher_id.hex()
        case _:
            raise VoucherRefused(Reason.BUNDLE_FORMAT)
