"""A voucher is accepted only whole, and every refusal says why."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from terminal.voucher.issue import Claims, issue
from terminal.voucher.keys import SKEW_SECONDS, BundleKey
from terminal.voucher.reasons import Reason
from terminal.voucher.voucher import LIFETIME_SECONDS_MAX, Voucher, verify
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
    key,
    refusal,
)
from tests.voucher.refusals import ATTACKS, Attack

OPENSSL = json.loads((Path(__file__).parent / "vectors" / "openssl.json").read_text("utf-8"))
NAMES_TAKEN = (
    "张*",
    "欧阳*明",
    "𬭎*",
    "阿卜杜拉·艾*",
    "㛃*",
    "Li*",
    "*",
    "A·B",
    "张" * 16,
    "\U000323af*",
)


@pytest.mark.parametrize("alg", ALGS)
def test_a_good_voucher_says_what_its_issuer_said(alg: str) -> None:
    said = Claims(
        issuer=ISSUER,
        voucher_id="0123456789abcdef" * 2,
        holder="fedcba9876543210" * 2,
        masked_name="欧阳*明",
        region="632802",
        insutype="390",
        by_relative=True,
        channel="alipay",
        not_before=NOW - 2,
        expires_at=NOW + 58,
        issued_at=NOW,
    )
    assert verify(issue(said, key(alg)), bundle(), at(5)) == Voucher(
        issuer=ISSUER,
        voucher_id="0123456789abcdef" * 2,
        holder="fedcba9876543210" * 2,
        masked_name="欧阳*明",
        region="632802",
        insutype="390",
        by_relative=True,
        channel="alipay",
        not_before=NOW - 2,
        expires_at=NOW + 58,
        issued_at=NOW,
        kid=bundle_key(alg).kid.hex(),
    )


@pytest.mark.parametrize("alg", ALGS)
def test_vouchers_made_by_the_openssl_command_line_are_accepted(alg: str) -> None:
    made = OPENSSL[alg]
    signer = BundleKey.of(bytes.fromhex(made["public_key"]), ISSUER, NOW - 1, NOW + 100)
    for vector in made["vouchers"]:
        accepted = verify(vector["text"], bundle_of(signer), at(5))
        assert accepted.masked_name == vector["masked_name"]


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_an_attack_is_refused_for_its_own_reason(attack: Attack) -> None:
    latest = None if attack.latest_seconds is None else at(attack.latest_seconds)
    reason = refusal(
        verify, attack.text(), attack.bundle(), at(attack.at_seconds), latest_seen=latest
    )
    assert reason is attack.reason


def test_no_two_attacks_share_a_name() -> None:
    assert len({attack.name for attack in ATTACKS}) == len(ATTACKS)


def test_every_reason_a_voucher_can_be_refused_for_is_tried() -> None:
    tried = {attack.reason for attack in ATTACKS}
    of_bundles_alone = {
        Reason.BUNDLE_FORMAT,
        Reason.BUNDLE_ROOT,
        Reason.BUNDLE_SIGNATURE,
        Reason.BUNDLE_KEY,
        Reason.BUNDLE_OLDER,
        Reason.BUNDLE_STALE,
    }
    assert tried == set(Reason) - of_bundles_alone


@pytest.mark.parametrize("name", NAMES_TAKEN)
def test_names_of_letters_han_dots_and_asterisks_are_taken(name: str) -> None:
    text = Craft(payload=claims(details={3: name})).text()
    assert verify(text, bundle(), at(5)).masked_name == name


@pytest.mark.parametrize(
    ("seconds", "reason"),
    [
        (-SKEW_SECONDS - 0.001, Reason.NOT_YET_VALID),
        (-SKEW_SECONDS, None),
        (-SKEW_SECONDS + 0.001, None),
        (60 + SKEW_SECONDS - 0.001, None),
        (60 + SKEW_SECONDS, Reason.EXPIRED),
        (60 + SKEW_SECONDS + 0.001, Reason.EXPIRED),
    ],
)
def test_valid_from_30_s_before_until_30_s_after(seconds: float, reason: Reason | None) -> None:
    assert refusal(verify, Craft().text(), bundle(), at(seconds)) is reason


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({4: NOW + LIFETIME_SECONDS_MAX - 1}, None),
        ({4: NOW + LIFETIME_SECONDS_MAX}, None),
        ({4: NOW + LIFETIME_SECONDS_MAX + 1}, Reason.LIFETIME),
        ({4: NOW + 1}, None),
        ({4: NOW}, Reason.LIFETIME),
        ({5: NOW - 240}, None),
        ({5: NOW - 241}, Reason.LIFETIME),
        ({5: NOW + 59}, Reason.NOT_YET_VALID),
        ({5: NOW + 60}, Reason.LIFETIME),
        ({6: NOW - 240}, None),
        ({6: NOW - 241}, Reason.LIFETIME),
        ({6: NOW + 59}, None),
        ({6: NOW + 60}, Reason.LIFETIME),
    ],
)
def test_lifetime_limits(changes: dict[object, object], reason: Reason | None) -> None:
    assert refusal(verify, Craft(payload=claims(changes)).text(), bundle(), at(5)) is reason


@pytest.mark.parametrize(
    ("latest", "reason"),
    [
        (4.0, None),
        (5.0, None),
        (5 + SKEW_SECONDS - 0.001, None),
        (5 + SKEW_SECONDS, None),
        (5 + SKEW_SECONDS + 0.001, Reason.CLOCK_SET_BACK),
    ],
)
def test_a_clock_may_go_back_30_s(latest: float, reason: Reason | None) -> None:
    found = refusal(verify, Craft().text(), bundle(), at(5), latest_seen=at(latest))
    assert found is reason


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"not_before": NOW + 6}, Reason.KEY_NOT_YET),
        ({"not_before": NOW + 5}, None),
        ({"not_after": NOW + 5}, Reason.KEY_EXPIRED),
        ({"not_after": NOW + 6}, None),
        ({"revoked_at": NOW + 5}, Reason.KEY_REVOKED),
        ({"revoked_at": NOW + 6}, None),
    ],
)
def test_key_periods_are_half_open(changes: dict[str, int], reason: Reason | None) -> None:
    trusted = bundle_of(bundle_key("es256", **changes))
    assert refusal(verify, Craft().text(), trusted, at(5)) is reason


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"issued": NOW + 5 + SKEW_SECONDS}, None),
        ({"issued": NOW + 6 + SKEW_SECONDS}, Reason.BUNDLE_NOT_YET),
        ({"not_after": NOW + 6}, None),
        ({"not_after": NOW + 5}, Reason.BUNDLE_EXPIRED),
    ],
)
def test_bundle_periods_are_half_open(changes: dict[str, int], reason: Reason | None) -> None:
    trusted = bundle_of(bundle_key("es256"), **changes)
    assert refusal(verify, Craft().text(), trusted, at(5)) is reason


@pytest.mark.parametrize("alg", ALGS)
def test_every_single_bit_of_the_signed_bytes_matters(alg: str) -> None:
    signed = Craft(alg).signed()
    for place in range(8 * len(signed)):
        flipped = bytearray(signed)
        flipped[place // 8] ^= 1 << place % 8
        assert refusal(verify, as_text(bytes(flipped)), bundle(), at(5)), place


@pytest.mark.parametrize("alg", ALGS)
def test_every_single_bit_of_the_text_matters(alg: str) -> None:
    text = Craft(alg).text()
    for place in range(8 * len(text)):
        flipped = chr(ord(text[place // 8]) ^ 1 << place % 8)
        changed = text[: place // 8] + flipped + text[place // 8 + 1 :]
        assert refusal(verify, changed, bundle(), at(5)), place


@pytest.mark.parametrize("alg", ALGS)
def test_every_truncation_is_refused(alg: str) -> None:
    text, signed = Craft(alg).text(), Craft(alg).signed()
    for size in range(len(text)):
        assert refusal(verify, text[:size], bundle(), at(5)), size
    for size in range(len(signed)):
        assert refusal(verify, as_text(signed[:size]), bundle(), at(5)), size


@pytest.mark.parametrize("alg", ALGS)
def test_a_refusal_carries_nothing_of_the_voucher(alg: str) -> None:
    text = Craft(alg, payload=claims(details={3: "\x1b[31m"})).text()
    with pytest.raises(Exception, match=r"^name$") as caught:
        verify(text, bundle(), at(5))
    assert caught.value.args == ("name",)


def test_checks_are_made_in_the_order_of_the_format() -> None:
    """Each fault is added before the earlier ones, and the earliest is the one that is told."""
    good: dict[str, object] = {"payload": claims()}
    bad_name = claims({4: NOW - 5, 5: NOW - 70, 6: NOW - 70}, details={3: "\x00", 1: "x"})
    stages: list[tuple[dict[str, object], Reason | None]] = [
        (good, None),
        ({"payload": claims(details={3: "\x00"})}, Reason.NAME),
        ({"payload": claims({4: NOW - 30, 5: NOW - 90, 6: NOW - 90}, details={3: "\x00"})},
         Reason.EXPIRED),
        ({"payload": claims({4: NOW}, details={3: "\x00"})}, Reason.LIFETIME),
        ({"payload": bad_name}, Reason.CLAIM_VALUE),
        ({"payload": bad_name, "signature": bytes(64)}, Reason.SIGNATURE),
        ({"payload": claims({1: "other", 4: 0}), "signature": bytes(64)}, Reason.ISSUER_MISMATCH),
        ({"payload": claims({99: 0}), "signature": bytes(64)}, Reason.UNKNOWN_CLAIM),
        ({"payload": claims() + b"\x00", "signature": bytes(64)}, Reason.CBOR),
        ({"payload": claims() + b"\x00", "unprotected": {1: 1}}, Reason.HEADER),
    ]  # fmt: skip
    for parts, reason in stages:
        text = Craft(**parts).text()  # type: ignore[arg-type]  # a table of parameters
        assert refusal(verify, text, bundle(), at(5), latest_seen=at(5)) is reason
