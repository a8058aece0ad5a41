"""What one settlement platform is like: `platforms/NAME.toml` as types, and what cannot be true.

One rule: a profile that contradicts itself is refused at start, in a sentence that names the key.
A wrong promise here is how money gets lost: the resolver believes what the profile says.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Literal

import msgspec

from terminal.sale.events import Decline

Seconds = Annotated[float, msgspec.Meta(gt=0, le=86_400)]
Delay = Annotated[float, msgspec.Meta(ge=0, le=86_400)]
LongSeconds = Annotated[float, msgspec.Meta(gt=0, le=4_000_000_000)]
Words = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
FileName = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class Mode(StrEnum):
    """Who divides an amount among the accounts."""

    PLATFORM_SPLITS = "platform_splits"
    TERMINAL_FALLS_BACK = "terminal_falls_back"


class Timeouts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    connect_seconds: Seconds
    query_seconds: Seconds
    settle_seconds: Seconds
    reverse_seconds: Seconds


class Resolve(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    ask_at_seconds: Annotated[tuple[Delay, ...], msgspec.Meta(min_length=1, max_length=100)]
    """Since the outcome became unknown; after the last one the charge is reversed."""
    reverse_every_seconds: Annotated[
        tuple[Seconds, ...], msgspec.Meta(min_length=1, max_length=100)
    ]
    """Between tries; the last one repeats."""


class Capabilities(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    query_by_own_id: bool
    """Whether the platform can be asked what became of a message, by the till's own id."""
    idempotent_repeat: bool
    """Whether a message sent twice under one id counts once, and is answered alike."""
    failure_is_final: bool
    """Whether infcode -1 on a charge proves that nothing happened, but for the `pending` texts."""
    reversal_binds_unknown: bool
    """Whether a reversed id that the platform has never seen is refused when it arrives later."""
    flight_seconds_max: Seconds
    """Where it does not bind: how long to wait before the reversal is repeated and believed."""
    ids_kept_seconds: LongSeconds
    """How long the platform knows a message id.  What it says of an older one proves nothing."""
    token_seconds_max: LongSeconds
    """How long one voucher may be used after it was identified."""


class DeclineText(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    contains: Words
    reason: Decline


class MessageIdRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`fixmedins_code` 12, time 14, and four digits of the institution's own."""

    till_digits: Annotated[int, msgspec.Meta(ge=1, le=2)]
    """How many of the four name the till; the others count within one second."""


# -- the gateway: headers


class PlainGateway(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="plain"
):
    """No headers of its own: a front machine in the private network."""


class XTifGateway(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="x-tif"
):
    """`x-tif-paasid`, `-timestamp`, `-nonce` and `-signature` (国家网关)."""

    paasid: Words
    token_file: FileName
    """The secret that is hashed between the time and the nonce."""
    upper_case: bool
    """Whether the hexadecimal digits of the signature are capitals."""


class OAuthGateway(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="oauth"
):
    """A bearer token for client id and secret, fetched before it is needed."""

    token_path: Annotated[str, msgspec.Meta(pattern="^/")]
    client_id: Words
    secret_file: FileName


class SignedGateway(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="rfc9421"
):
    """HTTP message signatures (RFC 9421) over method, path and content, for an own platform."""

    key_id: Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9._-]{1,100}$")]
    key_file: FileName
    """Ed25519 or P-256, PKCS #8."""


Gateway = PlainGateway | XTifGateway | OAuthGateway | SignedGateway


# -- the body: signature and encryption


class Unsigned(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="none"
):
    """`cainfo` stays empty."""


class Sm2Signature(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="sm2"
):
    """`cainfo` = Base64 of SM3withSM2 (r, s: 64 bytes) over the JSON text of `input`."""

    user_id: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    """The signer's identity; some provinces take the client id."""
    key_file: FileName


class VoucherPassword(
    msgspec.Struct,
    frozen=True,
    forbid_unknown_fields=True,
    tag_field="kind",
    tag="voucher_password",
):
    """`cainfo` = Base64 of RSA(password + token) in 2102, 2207 and 2304, empty in the others."""

    public_key_file: FileName
    signtype: Annotated[str, msgspec.Meta(max_length=10)]
    """ "MOCK" in one province's test environment."""


Signature = Unsigned | Sm2Signature | VoucherPassword


class Unencrypted(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="none"
):
    """`input` is a JSON object."""


class Sm4Encryption(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="sm4"
):
    """`input` = Base64 of SM4-ECB with PKCS #7; a reply is the same where it says so."""

    key_file: FileName
    """Sixteen bytes, or thirty-two hexadecimal digits."""
    name: Literal["encType", "enc_type"]
    """How this province spells the field that says "SM4"."""


Encryption = Unencrypted | Sm4Encryption


class Tls(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which certificates count; without this table, the system's, and none of our own."""

    ca_file: str
    """Who may vouch for the platform; empty: the system's authorities."""
    cert_file: str
    key_file: str
    """The till's own certificate and key (mTLS); both empty: none."""


Column = Annotated[int, msgspec.Meta(ge=0, le=1000)]
"""Counted from 1; 0: the file has none."""


class FileColumns(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which column is what in one published file; it has no line of names."""

    code: Annotated[int, msgspec.Meta(ge=1, le=1000)]
    name: Column = 0
    spec: Column = 0
    maker: Column = 0
    insurance_class: Column = 0
    """1 甲, 2 乙, 3 自费."""
    begins: Column = 0
    ends: Column = 0
    valid: Column = 0
    """"0": not valid any more."""
    version: Column = 0

    @property
    def widest(self) -> int:
        columns: tuple[int, ...] = msgspec.structs.astuple(self)
        return max(columns)


class Publishing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the platform publishes its catalogue: files by version (130x, 9102), lists by page."""

    files: dict[Annotated[str, msgspec.Meta(pattern="^13[0-9]{2}$")], FileColumns]
    lists: tuple[Literal["1312", "1318", "1319"], ...]
    """1312 classes, 1318 price limits, 1319 first shares."""
    first_version: Annotated[str, msgspec.Meta(min_length=1, max_length=20)]
    """What to say is held while nothing is."""
    institution: Annotated[str, msgspec.Meta(max_length=30)]
    """`fixmedins_code` of 9102; empty: the shop's own."""
    page_rows: Annotated[int, msgspec.Meta(ge=1, le=10_000)]
    download_seconds: Seconds
    """For one whole file."""


class Books(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is reconciled by 3201 and 3202; without this table nothing is."""

    insutypes: Annotated[
        tuple[Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,6}\Z")], ...],
        msgspec.Meta(min_length=1, max_length=20),
    ]
    """Asked about every time, also where the till knows of no sale of theirs: it may be the one
    that has lost them."""
    clr_type: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,6}\Z")]
    setl_optins: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{6}\Z")]
    """Both: where a settlement's own reply does not say."""


class Goods(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the platform is told of goods sold; without this table nothing is."""

    transactions: Annotated[
        tuple[Literal["3505", "3505A", "3506"], ...], msgspec.Meta(min_length=1, max_length=3)
    ]
    """3505A is used for many rows where it is there; without 3506 no return is told."""
    rows_max: Annotated[int, msgspec.Meta(ge=1, le=200)]
    """Of one 3505A."""
    again_seconds: Annotated[tuple[Seconds, ...], msgspec.Meta(min_length=1, max_length=20)]
    """Between two tries; the last one repeats."""
    refusals_max: Annotated[int, msgspec.Meta(ge=1, le=100)]
    """A row refused so often is for a person."""
    already: tuple[Words, ...]
    """Texts of a refusal that mean: this row is here already."""
    absent_text: Annotated[str, msgspec.Meta(min_length=1, max_length=30)]
    absent_day: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")]
    """What stands in a required field that a till cannot know: lot, day of making, prescriber."""


class OpaqueCodes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Today's real codes, which the platform decodes."""

    by: Literal["1162", "ec.query"]
    lengths: Annotated[
        tuple[Annotated[int, msgspec.Meta(ge=16, le=128)], ...], msgspec.Meta(min_length=1)
    ]
    """How many characters such a code may have.  What is told apart as something else, such as a
    payment code, is never taken for one."""
    digits_only: bool
    """False: letters too."""
    seconds_max: Seconds
    """How long the clerk waits for an answer."""
    business_type: Annotated[str, msgspec.Meta(pattern="^[0-9]{5}$")]
    """`businessType`: 02121 bought at a pharmacy."""
    office_id: Annotated[str, msgspec.Meta(min_length=1, max_length=20)]
    office_name: Annotated[str, msgspec.Meta(min_length=1, max_length=30)]
    path: Annotated[str, msgspec.Meta(pattern="^(/.*)?$")] = ""
    """Of ec.query; empty for 1162, which has the path of every message."""
    code_field: Annotated[str, msgspec.Meta(min_length=1, max_length=40)] = "ecQrCode"
    """Of ec.query: where in `data` the code stands."""

    def fits(self, text: str) -> bool:
        is_right = text.isdigit() if self.digits_only else text.isalnum()
        return len(text) in self.lengths and text.isascii() and is_right


class Profile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One settlement platform: `platforms/NAME.toml`."""

    name: str
    environment: Literal["test", "production"]
    url: Annotated[str, msgspec.Meta(pattern="^https?://")]
    path: Annotated[str, msgspec.Meta(pattern="^/")]
    keys_path: Annotated[str, msgspec.Meta(pattern="^(/.*)?$")]
    """Where a newer list of issuers can be fetched; empty: nowhere."""
    mode: Mode
    receiver_code: Annotated[str, msgspec.Meta(min_length=1, max_length=10)]
    interface_version: Annotated[str, msgspec.Meta(min_length=1, max_length=6)]
    timeouts: Timeouts
    resolve: Resolve
    capabilities: Capabilities
    declines: tuple[DeclineText, ...]
    pending: tuple[Words, ...]
    """Texts of an infcode -1 that mean "still being processed": then nothing is known."""
    message_id: MessageIdRule
    gateway: Gateway
    signature: Signature
    encryption: Encryption
    tls: Tls | None = None
    opaque_codes: OpaqueCodes | None = None
    """None: only codes that prove themselves are taken."""
    publishing: Publishing | None = None
    """None: the platform publishes nothing a till could fetch."""
    reconciliation: Books | None = None
    goods: Goods | None = None
    unverified: tuple[str, ...] = ()
    """Keys whose values nobody has confirmed; none may be left in production."""


def contradictions(profile: Profile) -> Iterator[str]:
    """What cannot be true of any platform, a sentence each, naming the keys."""
    promises, timeouts, asks = profile.capabilities, profile.timeouts, profile.resolve
    last_ask = asks.ask_at_seconds[-1]
    if list(asks.ask_at_seconds) != sorted(asks.ask_at_seconds):
        yield "resolve.ask_at_seconds must rise"
    if promises.flight_seconds_max < timeouts.connect_seconds + timeouts.settle_seconds:
        yield (
            "capabilities.flight_seconds_max is shorter than the till itself waits"
            " (timeouts.connect_seconds + timeouts.settle_seconds)"
        )
    if promises.ids_kept_seconds < last_ask + promises.flight_seconds_max:
        yield (
            "capabilities.ids_kept_seconds ends before a reversal can be believed"
            " (the last of resolve.ask_at_seconds + capabilities.flight_seconds_max)"
        )
    if promises.idempotent_repeat and promises.token_seconds_max < last_ask:
        yield (
            "capabilities.idempotent_repeat: a repeat at the last of resolve.ask_at_seconds"
            " would come after capabilities.token_seconds_max"
        )
    if profile.mode is Mode.TERMINAL_FALLS_BACK:
        if not promises.failure_is_final:
            yield (
                "mode terminal_falls_back needs capabilities.failure_is_final: an account that"
                " refuses could never be followed by the next one"
            )
        if promises.token_seconds_max < timeouts.settle_seconds:
            yield (
                "mode terminal_falls_back: capabilities.token_seconds_max is shorter than one"
                " charge may take (timeouts.settle_seconds)"
            )
    if profile.goods and set(profile.goods.transactions) == {"3506"}:
        yield "goods.transactions: a return (3506) of goods that were never told as sold (3505)"
    yield from _contradicting_texts(profile)
    yield from _contradicting_wire(profile)


def _contradicting_texts(profile: Profile) -> Iterator[str]:
    for pending in profile.pending:
        for decline in profile.declines:
            if decline.contains in pending or pending in decline.contains:
                yield f'"{pending}" in pending is also a reason to decline: {decline.contains}'
    for at, decline in enumerate(profile.declines):
        for earlier in profile.declines[:at]:
            if earlier.contains in decline.contains and earlier.reason is not decline.reason:
                yield (
                    f'declines: "{decline.contains}" is never reached,'
                    f' "{earlier.contains}" stands before it'
                )


def _contradicting_wire(profile: Profile) -> Iterator[str]:
    tls = profile.tls
    if tls and not profile.url.startswith("https://"):
        yield "tls: the url is not https://"
    if tls and bool(tls.cert_file) != bool(tls.key_file):
        yield "tls: cert_file and key_file belong together"
    known = {"name", *_keys_of(profile)}
    opaque = profile.opaque_codes
    if opaque and (opaque.by == "ec.query") != bool(opaque.path):
        yield "opaque_codes.path: ec.query needs one, 1162 has none"
    for key in profile.unverified:
        if key not in known:
            yield f'unverified: there is no key "{key}"'
    if profile.environment == "production" and profile.unverified:
        yield (
            "environment production: confirm these with the bureau and take them out of"
            f" unverified: {', '.join(profile.unverified)}"
        )


def _keys_of(struct: msgspec.Struct, prefix: str = "") -> Iterator[str]:
    for field in msgspec.structs.fields(struct):
        yield f"{prefix}{field.encode_name}"
        value = getattr(struct, field.name)
        if isinstance(value, msgspec.Struct):
            yield from _keys_of(value, f"{prefix}{field.encode_name}.")
