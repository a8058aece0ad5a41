"""The key bundle: trusted whole or not at all, and never an older one again."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import cbor2
import pytest

from terminal.voucher.algorithms import NotAKey, SigningKey, generate
from terminal.voucher.issue import sign1, sign_bundle
from terminal.voucher.keys import (
    BUNDLE_BYTES_MAX,
    KEY_OVERLAP_SECONDS_MIN,
    KEYS_MAX,
    REVOKED_VOUCHERS_MAX,
    SKEW_SECONDS,
    BundleKey,
    Freshness,
    FreshnessLimits,
    Held,
    KeyBundle,
    admit,
    freshness,
    key_id,
    parse_bundle,
    short_overlaps,
)
from terminal.voucher.reasons import Reason
from terminal.voucher.voucher import verify
from tests.voucher.crafting import (
    ALGS,
    ISSUER,
    NOW,
    Craft,
    as_text,
    at,
    bundle,
    bundle_key,
    bundle_of,
    claims,
    encode,
    key,
    refusal,
    root,
)

ROOTS = [root().public_key]
VOUCHER_ID = "0f0e0d0c0b0a09080706050403020100"
FULL = bundle_of(
    *(bundle_key(alg) for alg in ALGS),
    bundle_key("es256", public_key=generate("es256").public_key, revoked_at=NOW),
    version=7,
    revoked_vouchers=frozenset({(ISSUER, VOUCHER_ID), ("a", "00" * 16)}),
)


def content(**changes: object) -> dict[object, object]:
    """What a bundle says, as a map; names as in the format."""
    signed = cbor2.loads(sign_bundle(FULL, root())).value[2]
    read: dict[object, object] = cbor2.loads(signed)
    numbers = {"version": 1, "issued": 2, "not_after": 3, "keys": 4, "revoked": 5}
    return {**read, **{numbers[name]: changed for name, changed in changes.items()}}


def signed(item: object, signer: SigningKey | None = None) -> bytes:
    return sign1(item if isinstance(item, bytes) else encode(item), signer or root())


def entry(**changes: object) -> dict[object, object]:
    """One key of a bundle, as a map."""
    usual = key("es256").public_key
    named: dict[str, object] = {
        "kid": key_id(usual), "alg": -7, "public_key": usual, "issuer": ISSUER,
        "not_before": NOW, "not_after": NOW + 9,
    }  # fmt: skip
    numbers = {name: number for number, name in enumerate((*named, "revoked_at"), start=1)}
    return {numbers[name]: value for name, value in {**named, **changes}.items()}


@pytest.mark.parametrize("alg", ALGS)
def test_a_signed_bundle_comes_back_as_it_was(alg: str) -> None:
    signer = generate(alg)
    parsed = parse_bundle(sign_bundle(FULL, signer), [root().public_key, signer.public_key])
    in_order = tuple(sorted(FULL.keys, key=lambda one: one.kid))
    assert parsed == replace(FULL, keys=in_order, digest=parsed.digest)
    assert len(parsed.digest) == 64


def test_an_empty_bundle_trusts_nobody() -> None:
    parsed = parse_bundle(sign_bundle(bundle_of(), root()), ROOTS)
    assert parsed.keys == ()
    assert refusal(verify, Craft().text(), parsed, at(5)) is Reason.UNKNOWN_KEY


def test_the_published_bundle_trusts_the_published_test_issuer_alone() -> None:
    assert {one.issuer for one in bundle().keys} == {"qh-test"}
    assert {one.alg for one in bundle().keys} == set(ALGS)
    assert {one.public_key for one in bundle().keys} == {key(alg).public_key for alg in ALGS}
    assert bundle().not_after > NOW


def test_every_bit_of_a_bundle_matters() -> None:
    whole = sign_bundle(FULL, root())
    for place in range(8 * len(whole)):
        flipped = bytearray(whole)
        flipped[place // 8] ^= 1 << place % 8
        assert refusal(parse_bundle, bytes(flipped), ROOTS), place


def test_every_truncation_of_a_bundle_is_refused() -> None:
    whole = sign_bundle(FULL, root())
    for size in range(len(whole)):
        assert refusal(parse_bundle, whole[:size], ROOTS) is Reason.BUNDLE_FORMAT


def test_a_bundle_by_another_root_is_refused() -> None:
    stranger = generate("ed25519")
    assert refusal(parse_bundle, sign_bundle(FULL, stranger), ROOTS) is Reason.BUNDLE_ROOT
    assert refusal(parse_bundle, sign_bundle(FULL, root()), []) is Reason.BUNDLE_ROOT


def test_a_voucher_key_cannot_sign_a_bundle() -> None:
    assert refusal(parse_bundle, sign_bundle(FULL, key("es256")), ROOTS) is Reason.BUNDLE_ROOT


def test_a_root_key_in_its_own_bundle_is_refused() -> None:
    own = bundle_of(bundle_key("es256"), bundle_key("ed25519", public_key=ROOTS[0]))
    assert refusal(parse_bundle, sign_bundle(own, root()), ROOTS) is Reason.BUNDLE_KEY


def test_a_voucher_is_no_bundle() -> None:
    voucher = Craft("ed25519").signed()
    assert refusal(parse_bundle, voucher, [key("ed25519").public_key]) is Reason.BUNDLE_FORMAT


def test_a_bundle_is_no_voucher() -> None:
    """Were a root key trusted for vouchers by mistake, its bundles would still not pass as one."""
    trusted = bundle_of(bundle_key("ed25519", public_key=ROOTS[0]))
    text = as_text(signed(content(keys=[], revoked=[])))
    assert refusal(verify, text, trusted, at(5)) is Reason.UNKNOWN_CLAIM


def test_a_signature_under_another_algorithms_number_is_refused() -> None:
    payload = encode(content())
    protected = encode({1: -7, 4: key_id(ROOTS[0])})
    signature = root().sign(encode(["Signature1", protected, b"", payload]))
    item = encode(cbor2.CBORTag(18, [protected, {}, payload, signature]))
    assert refusal(parse_bundle, item, ROOTS) is Reason.BUNDLE_SIGNATURE


def test_a_root_that_is_no_key_is_the_callers_mistake() -> None:
    with pytest.raises(NotAKey):
        parse_bundle(sign_bundle(FULL, root()), [b"not a key"])


OTHER_SHAPES: list[object] = [
    [1, 2],
    content(version=0),
    content(version=-1),
    content(version="7"),
    content(version=7.0),
    content(issued=-1),
    content(issued=NOW + 86_400),
    content(not_after=253_402_300_800),
    content(not_after="2036"),
    content(keys={}),
    content(keys=[1]),
    content(revoked={}),
    content(revoked=[["a"]]),
    content(revoked=[["a", "b"]]),
    content(revoked=[["a", bytes(15)]]),
    content(revoked=[["A", bytes(16)]]),
    content(revoked=[["b", bytes(16)], ["a", bytes(16)]]),
    content(revoked=[["a", bytes(16)], ["a", bytes(16)]]),
    {**content(), 6: 0},
    {**content(), "version": 8},
    {label: part for label, part in content().items() if label != 5},
    content(keys=[entry(issuer="")]),
    content(keys=[entry(issuer="Has Space")]),
    content(keys=[entry(issuer="a" * 33)]),
    content(keys=[entry(not_before=NOW + 9)]),
    content(keys=[entry(not_before=-1)]),
    content(keys=[entry(not_after=253_402_300_800)]),
    content(keys=[entry(revoked_at=-1)]),
    content(keys=[entry(revoked_at="now")]),
    content(keys=[entry(revoked_at=None)]),
    content(keys=[{**entry(), 8: 0}]),
    content(keys=[{label: part for label, part in entry().items() if label != 4}]),
    encode(content()) + b"\x00",
    b"\xbf\xff",
    content(keys=[entry()] * (KEYS_MAX + 1)),
    content(revoked=[["a", n.to_bytes(16, "big")] for n in range(REVOKED_VOUCHERS_MAX + 1)]),
]


@pytest.mark.parametrize("number", range(len(OTHER_SHAPES)))
def test_a_signed_bundle_of_another_shape_is_refused(number: int) -> None:
    assert refusal(parse_bundle, signed(OTHER_SHAPES[number]), ROOTS) is Reason.BUNDLE_FORMAT


@pytest.mark.parametrize(
    "item",
    [
        content(keys=[entry(kid=bytes(8))]),
        content(keys=[entry(alg=-8)]),
        content(keys=[entry(alg=-48)]),
        content(keys=[entry(public_key=key("es256").public_key[:-1] + b"\x00")]),
        content(keys=[entry(public_key=b"")]),
        content(keys=[entry(), entry()]),
        content(keys=list(reversed(cast("list[object]", content()[4])))),
    ],
)
def test_a_bundle_with_one_bad_key_is_refused_whole(item: object) -> None:
    assert refusal(parse_bundle, signed(item), ROOTS) is Reason.BUNDLE_KEY


def test_the_largest_bundle_is_taken_and_a_larger_one_is_not() -> None:
    made = [generate("ed25519").public_key for _ in range(KEYS_MAX)]
    keys = [bundle_key("ed25519", public_key=public_key) for public_key in made]
    revoked = frozenset((ISSUER, f"{n:032x}") for n in range(REVOKED_VOUCHERS_MAX))
    largest = sign_bundle(bundle_of(*keys, revoked_vouchers=revoked), root())
    assert len(parse_bundle(largest, ROOTS).keys) == KEYS_MAX
    assert refusal(parse_bundle, bytes(BUNDLE_BYTES_MAX + 1), ROOTS) is Reason.BUNDLE_FORMAT


def versions() -> list[tuple[Held | None, KeyBundle, Reason | None]]:
    held = Held(5, "digest")
    this = bundle_of(version=5, digest="digest")
    return [
        (None, this, None),
        (held, this, None),
        (held, replace(this, version=6, digest="new"), None),
        (held, replace(this, version=4, digest="old"), Reason.BUNDLE_OLDER),
        (held, replace(this, digest="other"), Reason.BUNDLE_OLDER),
        (held, replace(this, version=6, not_after=NOW + 5), Reason.BUNDLE_EXPIRED),
        (held, replace(this, version=6, issued=NOW + 36), Reason.BUNDLE_NOT_YET),
        (held, replace(this, version=4, not_after=NOW + 5), Reason.BUNDLE_OLDER),
    ]


@pytest.mark.parametrize(("held", "offered", "reason"), versions())
def test_versions_only_rise(held: Held | None, offered: KeyBundle, reason: Reason | None) -> None:
    assert refusal(admit, offered, at(5), held) is reason
    if reason is None:
        assert admit(offered, at(5), held) == Held(offered.version, offered.digest)


LIMITS = FreshnessLimits(
    warn_age_seconds=1000, refuse_age_seconds=2000, warn_before_end_seconds=500
)


@pytest.mark.parametrize(
    ("age", "left", "expected"),
    [
        (0, 501, Freshness.FRESH),
        (999, 501, Freshness.FRESH),
        (1000, 501, Freshness.AGEING),
        (1999, 501, Freshness.AGEING),
        (0, 500, Freshness.ENDING),
        (1999, 1, Freshness.ENDING),
        (2000, 501, Reason.BUNDLE_STALE),
        (5000, 501, Reason.BUNDLE_STALE),
        (0, 0, Reason.BUNDLE_EXPIRED),
        (2000, 0, Reason.BUNDLE_EXPIRED),
        (-SKEW_SECONDS, 501, Freshness.FRESH),
        (-SKEW_SECONDS - 1, 501, Reason.BUNDLE_NOT_YET),
    ],
)
def test_an_old_bundle_warns_before_it_refuses(
    age: int, left: int, expected: Freshness | Reason
) -> None:
    held = bundle_of(issued=NOW - age, not_after=NOW + left)
    if isinstance(expected, Reason):
        assert refusal(freshness, held, at(0), LIMITS) is expected
    else:
        assert freshness(held, at(0), LIMITS) is expected


def period(not_before: int, not_after: int, issuer: str = ISSUER) -> BundleKey:
    return bundle_key("es256", not_before=not_before, not_after=not_after, issuer=issuer)


OVERLAP = KEY_OVERLAP_SECONDS_MIN


@pytest.mark.parametrize(
    ("keys", "short"),
    [
        ([], ()),
        ([period(0, 1000)], ()),
        ([period(0, 1000), period(1000 - OVERLAP, 3000)], ()),
        ([period(0, 1000), period(1001 - OVERLAP, 3000)], (ISSUER,)),
        ([period(0, 1000), period(1000, 3000)], (ISSUER,)),
        ([period(0, 1000), period(2000, 3000, "other")], ()),
        ([period(0, 5000), period(10, 20), period(4000, 6000)], ()),
        ([period(0, 9), period(9, 20, "a"), period(0, 9, "a"), period(9, 20)], ("a", ISSUER)),
    ],
)
def test_a_key_that_follows_too_late_is_told(keys: list[BundleKey], short: tuple[str, ...]) -> None:
    assert short_overlaps(bundle_of(*keys)) == short


def test_across_a_change_of_keys_vouchers_of_both_are_good() -> None:
    old, new = key("es256"), generate("es256")
    change = NOW + 1000
    trusted = bundle_of(
        bundle_key("es256", not_before=0, not_after=change),
        bundle_key("es256", public_key=new.public_key, not_before=change - OVERLAP,
                   not_after=change + 9000),
    )  # fmt: skip
    assert short_overlaps(trusted) == ()

    def issued_at(seconds: int, signer: SigningKey) -> str:
        times: dict[object, object] = {4: seconds + 300, 5: seconds, 6: seconds}
        protected = {1: -7, 4: key_id(signer.public_key)}
        return Craft(payload=claims(times), protected=protected, signer=signer).text()

    last_of_old, first_of_new = change - OVERLAP - 1, change - OVERLAP
    for seconds in range(last_of_old, last_of_old + 301, 50):
        assert not refusal(verify, issued_at(last_of_old, old), trusted, at(seconds - NOW))
    assert not refusal(verify, issued_at(first_of_new, new), trusted, at(first_of_new - NOW))


def test_key_ids_are_the_first_8_bytes_of_sha256() -> None:
    expected = bytes.fromhex("e3b0c44298fc1c14")  # SHA-256 of nothing, FIPS 180-4 example.
    assert key_id(b"") == expected
