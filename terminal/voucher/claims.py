"""What a voucher's payload says, from CBOR to a `Voucher`.

    {1: iss, 2: sub, 4: exp, 5: nbf, 6: iat, 7: cti,
     -65537: {1: region, 2: insurance type, 3: masked name, 4: presenter, 5: channel}}

One rule: `read` looks at no value but the issuer; `voucher` does, after the signature holds.

The encoding is deterministic and the claims are a closed set, so a good payload has one layout,
byte for byte, and one regular expression describes it.  A payload of that layout is read from its
groups, in a fraction of the time.  Any other is decoded the long way, which finds the reason
against it, or that it is good all the same: `Decoded` decides, and `LaidOut` only agrees with it.

Source: RFC 8392 (CWT) for the claims 1 to 7; the private claim is this product's own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from terminal.voucher import cbor
from terminal.voucher.keys import BundleKey
from terminal.voucher.reasons import Reason, VoucherRefused

ID_BYTES = 16
ISS, SUB, EXP, NBF, IAT, CTI, DETAILS = 1, 2, 4, 5, 6, 7, -65537
REGION, INSUTYPE, MASKED_NAME, PRESENTER, CHANNEL = 1, 2, 3, 4, 5
CLAIM_KEYS = frozenset((ISS, SUB, EXP, NBF, IAT, CTI, DETAILS))
DETAIL_KEYS = frozenset((REGION, INSUTYPE, MASKED_NAME, PRESENTER, CHANNEL))
BY_HOLDER, BY_RELATIVE = 0, 1
PRESENTERS = (BY_HOLDER, BY_RELATIVE)

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


def read(payload: bytes) -> LaidOut | Decoded:
    """The claims in a payload: deterministic CBOR with exactly the known keys, values of any type.

    Refuses with CBOR, NOT_DETERMINISTIC, UNKNOWN_CLAIM, CLAIM_MISSING, CLAIM_TYPE.
    """
    return _laid_out(payload) or _decoded(payload)


_LAYOUT = re.compile(
    rb"\xa7"
    rb"\x01([\x61-\x77])([a-z0-9-]{1,23})"
    rb"\x02\x50(.{16})"
    rb"\x04\x1a((?!\x00\x00).{4})\x05\x1a((?!\x00\x00).{4})\x06\x1a((?!\x00\x00).{4})"
    rb"\x07\x50(.{16})"
    rb"\x3a\x00\x01\x00\x00\xa5"
    rb"\x01\x66([0-9]{6})"
    rb"\x02([\x63-\x66])([0-9]{3,6})"
    rb"\x03([\x61-\x77]|\x78[\x18-\x40])([^\x00-\x1f]{1,64})"
    rb"\x04([\x00\x01])"
    rb"\x05([\x61-\x70])([a-z0-9][a-z0-9-]{0,15})",
    re.DOTALL,
)
"""No string contains the byte that follows it, so each ends in one place; its length is compared
with its head afterwards.  A number of four bytes begins with two zeros only if it fits in two."""
_ISS_HEAD, _ISS, _SUB, _EXP, _NBF, _IAT, _CTI, _REG, _TYPE_HEAD, _TYPE = range(1, 11)
_NAME_HEAD, _NAME, _BY, _CHANNEL_HEAD, _CHAN = range(11, 16)
_TEXT = 0x60


@dataclass(frozen=True, slots=True)
class LaidOut:
    """A payload of the usual layout."""

    issuer: str
    masked_name: str
    layout: re.Match[bytes]

    def voucher(self, key: BundleKey) -> Voucher:
        """`key` is the one that signed."""
        (sub, exp, nbf, iat, cti, region, insutype, by, channel) = self.layout.group(
            _SUB, _EXP, _NBF, _IAT, _CTI, _REG, _TYPE, _BY, _CHAN
        )
        return Voucher(
            issuer=key.issuer,
            voucher_id=cti.hex(),
            holder=sub.hex(),
            masked_name=self.masked_name,
            region=region.decode("ascii"),
            insutype=insutype.decode("ascii"),
            by_relative=by[0] == BY_RELATIVE,
            channel=channel.decode("ascii"),
            not_before=int.from_bytes(nbf, "big"),
            expires_at=int.from_bytes(exp, "big"),
            issued_at=int.from_bytes(iat, "big"),
            kid=key.kid.hex(),
        )


def _laid_out(payload: bytes) -> LaidOut | None:
    """None: another layout, which is not yet a reason against it."""
    layout = _LAYOUT.fullmatch(payload)
    if layout is None:
        return None
    issuer, name, name_head = layout[_ISS], layout[_NAME], layout[_NAME_HEAD]
    if (
        layout[_ISS_HEAD][0] - _TEXT != len(issuer)
        or layout[_TYPE_HEAD][0] - _TEXT != len(layout[_TYPE])
        or layout[_CHANNEL_HEAD][0] - _TEXT != len(layout[_CHAN])
        or name_head[-1] - (_TEXT if len(name_head) == 1 else 0) != len(name)
    ):
        return None
    try:
        return LaidOut(issuer.decode("ascii"), name.decode("utf-8"), layout)
    except UnicodeDecodeError:
        return None


_Entries = dict[cbor.Key, cbor.Item]


@dataclass(frozen=True, slots=True)
class Decoded:
    """A payload with the right keys.  Where the private claim is no map, `details` is empty."""

    claims: _Entries
    details: _Entries

    @property
    def issuer(self) -> cbor.Item:
        """Of any type."""
        return self.claims[ISS]

    def voucher(self, key: BundleKey) -> Voucher:
        """`key` is the one that signed.  Refuses with CLAIM_TYPE or CLAIM_VALUE."""
        claims, details = self.claims, self.details
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
        if not (
            presenter in PRESENTERS
            and _REGION.fullmatch(region)
            and _INSUTYPE.fullmatch(insutype)
            and _CHANNEL.fullmatch(channel)
        ):
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


def _decoded(payload: bytes) -> Decoded:
    claims = cbor.decode(payload)
    if not isinstance(claims, dict):
        raise VoucherRefused(Reason.CLAIM_TYPE)
    _require_keys(claims, CLAIM_KEYS)
    details = claims[DETAILS]
    if not isinstance(details, dict):
        return Decoded(claims, {})
    _require_keys(details, DETAIL_KEYS)
    return Decoded(claims, details)


def _require_keys(claims: _Entries, expected: frozenset[int]) -> None:
    if claims.keys() != expected:
        unknown = claims.keys() - expected
        raise VoucherRefused(Reason.UNKNOWN_CLAIM if unknown else Reason.CLAIM_MISSING)
