"""The two ways of reading claims never disagree, and the quick one is the one usually taken."""

from __future__ import annotations

import json
from pathlib import Path

import base45
import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from terminal.voucher import claims
from terminal.voucher.claims import Decoded, LaidOut
from terminal.voucher.keys import BundleKey
from terminal.voucher.reasons import Reason
from tests.voucher.crafting import CLAIMS, ISSUER, NOW, bundle_key, encode, refusal
from tests.voucher.crafting import claims as crafted
from tests.voucher.refusals import ATTACKS

OPENSSL = json.loads((Path(__file__).parent / "vectors" / "openssl.json").read_text("utf-8"))
KEY: BundleKey = bundle_key("es256")
GOOD = [
    crafted(),
    crafted(details={3: "张*", 2: "39999", 4: 1, 5: "a"}),
    crafted(details={3: "𬭎" * 16, 5: "a" * 16}),
    crafted(details={3: "a" * 16}),
    crafted(details={3: "张" * 16}),
    crafted({1: "a"}),
    crafted({1: "a" * 23}),
]


def agree(payload: bytes) -> bool:
    """Whether the quick way read the payload; if so, the long way must have read the same."""
    quick = claims._laid_out(payload)
    if quick is None:
        return False
    decoded = claims._decoded(payload)
    assert decoded.issuer == quick.issuer
    assert decoded.voucher(KEY) == quick.voucher(KEY)
    return True


@pytest.mark.parametrize("payload", GOOD, ids=range(len(GOOD)))
def test_a_good_payload_is_read_the_quick_way(payload: bytes) -> None:
    assert agree(payload)
    assert isinstance(claims.read(payload), LaidOut)


def test_payloads_of_the_openssl_vectors_are_read_the_quick_way() -> None:
    for made in OPENSSL.values():
        if isinstance(made, dict):
            for vector in made["vouchers"]:
                signed = cbor2.loads(base45.b45decode(vector["text"].removeprefix("YB1:")))
                assert agree(signed.value[2])


@pytest.mark.parametrize(
    "payload",
    [crafted({1: "a" * 24}), crafted({1: "a" * 32}), crafted({4: 1 << 32}), crafted({5: 0}),
     crafted({6: 65_535})],
    ids=["issuer of 24", "issuer of 32", "year 2106", "1970", "a number in two bytes"],
)  # fmt: skip
def test_an_unusual_good_payload_is_read_the_long_way(payload: bytes) -> None:
    assert not agree(payload)
    assert isinstance(claims.read(payload), Decoded)


@pytest.mark.parametrize("payload", GOOD, ids=range(len(GOOD)))
def test_every_byte_changed_to_every_other_is_read_alike(payload: bytes) -> None:
    for place in range(len(payload)):
        changed = bytearray(payload)
        for byte in range(256):
            changed[place] = byte
            agree(bytes(changed))


@pytest.mark.parametrize("payload", GOOD, ids=range(len(GOOD)))
def test_bytes_taken_out_or_put_in_are_read_alike(payload: bytes) -> None:
    for place in range(len(payload) + 1):
        for size in (1, 2, 3):
            agree(payload[:place] + payload[place + size :])
            for byte in (0, 0x04, 0x20, 0x30, 0x61, 0x62, 0x80, 0xFF):
                agree(payload[:place] + bytes([byte]) * size + payload[place:])


def longer_heads() -> list[bytes]:
    """Good values in longer heads than they need, each where the layout allows bytes to vary."""
    times = [crafted({label: 60}) for label in (4, 5, 6)]
    usual = [bytes([label]) + b"\x18\x3c" for label in (4, 5, 6)]
    longer = [bytes([label]) + b"\x1a\x00\x00\x00\x3c" for label in (4, 5, 6)]
    pairs = [
        *zip(times, usual, longer, strict=True),
        (crafted(details={3: "a" * 16}), b"\x03\x70", b"\x03\x78\x10"),
        (crafted(details={3: "a"}), b"\x03\x61", b"\x03\x78\x01"),
        (crafted(details={5: "a" * 16}), b"\x05\x70", b"\x05\x78\x10"),
        (crafted(details={4: 1}), b"\x04\x01\x05", b"\x04\x18\x01\x05"),
        (crafted(), b"\x01\x67", b"\x01\x78\x07"),
        (crafted(), b"\x02\x50", b"\x02\x58\x10"),
    ]
    assert all(shortest in payload for payload, shortest, _ in pairs)
    return [payload.replace(shortest, other, 1) for payload, shortest, other in pairs]


@pytest.mark.parametrize("payload", longer_heads(), ids=range(9))
def test_a_longer_head_than_needed_is_refused(payload: bytes) -> None:
    assert refusal(claims.read, payload) is Reason.NOT_DETERMINISTIC


VALUES = st.one_of(
    st.integers(-5, (1 << 64) - 1),
    st.integers(NOW - 100, NOW + 100),
    st.text(max_size=20),
    st.text(alphabet="0123456789", max_size=7),
    st.text(alphabet="张*·Aa", max_size=17),
    st.binary(max_size=17),
    st.none() | st.booleans() | st.floats(),
)


@given(
    st.dictionaries(st.sampled_from(sorted(CLAIMS, key=str)), VALUES, max_size=2),
    st.dictionaries(st.sampled_from((1, 2, 3, 4, 5, 6)), VALUES, max_size=2),
)
@settings(max_examples=1000, deadline=None)
def test_any_values_are_read_alike(
    changes: dict[object, object], details: dict[object, object]
) -> None:
    agree(crafted(changes, details=details))


def test_no_attack_with_a_bad_value_is_read_the_quick_way_and_accepted() -> None:
    """Whatever is refused for its content is refused by the long way for the same reason."""
    for attack in ATTACKS:
        text = attack.text()
        try:
            payload = cbor2.loads(base45.b45decode(text.removeprefix("YB1:"))).value[2]
        except (ValueError, AttributeError, IndexError, TypeError, cbor2.CBORError):
            continue
        if isinstance(payload, bytes):
            agree(payload)


def test_a_payload_that_is_no_map_of_claims_is_refused_the_long_way() -> None:
    assert refusal(claims.read, encode({1: ISSUER}))
    assert refusal(claims.read, b"")
