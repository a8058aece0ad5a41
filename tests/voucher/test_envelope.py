"""The envelope: two ways of reading it that never disagree, and what exactly was signed."""

from __future__ import annotations

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from terminal.voucher import envelope
from terminal.voucher.keys import key_id
from terminal.voucher.reasons import Reason
from tests.voucher.crafting import ALGS, Craft, as_text, claims, encode, key, refusal


def agree(signed: bytes) -> bool:
    """Whether the quick way read the envelope; if so, the long way must have read the same."""
    quick = envelope._laid_out(signed)
    if quick is not None:
        assert envelope._decoded(signed) == quick
    return quick is not None


@pytest.mark.parametrize("alg", ALGS)
def test_the_parts_are_those_that_were_put_in(alg: str) -> None:
    signed = Craft(alg).signed()
    parts = cbor2.loads(signed).value
    parsed = envelope.parse(as_text(signed))
    assert (parsed.protected, parsed.payload, parsed.signature) == (parts[0], parts[2], parts[3])
    assert parsed.kid == key_id(key(alg).public_key)
    assert {1: parsed.alg, 4: parsed.kid} == cbor2.loads(parts[0])
    assert agree(signed)


@pytest.mark.parametrize("size", [0, 1, 23, 24, 255, 256, 400])
def test_what_is_signed_is_the_sig_structure(size: int) -> None:
    """RFC 9052 section 4.4, for every length of a length."""
    parsed = envelope.parse(Craft(payload=bytes(size)).text())
    assert parsed.to_be_signed == encode(["Signature1", parsed.protected, b"", bytes(size)])


def test_another_prefix_can_be_asked_for() -> None:
    text = "XY9:" + Craft().text().removeprefix("YB1:")
    assert refusal(envelope.parse, text) is Reason.PREFIX
    assert envelope.parse(text, prefix="XY9:").payload == claims()


@pytest.mark.parametrize("alg", ALGS)
def test_every_byte_changed_to_every_other_is_read_alike(alg: str) -> None:
    signed = Craft(alg).signed()
    for place in range(len(signed)):
        changed = bytearray(signed)
        for byte in range(256):
            changed[place] = byte
            agree(bytes(changed))


@given(st.binary(max_size=40), st.binary(max_size=300), st.binary(max_size=80))
@settings(deadline=None)
def test_any_three_strings_are_read_alike(protected: bytes, payload: bytes, last: bytes) -> None:
    signed = encode(cbor2.CBORTag(18, [protected, {}, payload, last]))
    usual = len(protected) < 24 <= len(payload) < 256 and len(last) == 64
    assert agree(signed) is usual
    assert envelope._decoded(signed) == (protected, payload, last)
    for size in range(len(signed)):
        assert not agree(signed[:size])
    assert not agree(signed + b"\x00")


@given(st.binary(min_size=60, max_size=140))
@settings(max_examples=500, deadline=None)
def test_any_bytes_that_begin_well_are_read_alike(rest: bytes) -> None:
    agree(b"\xd2\x84" + rest)
    agree(b"\xd2\x84\x40\xa0\x58\x18" + bytes(24) + b"\x58\x40" + rest)


def test_a_longer_head_than_needed_is_refused() -> None:
    signed, payload = Craft().signed(), claims()
    head = bytes([0x58, len(payload)])
    longer = signed.replace(head + payload, b"\x59\x00" + head[1:] + payload)
    assert refusal(envelope.parse_sign1, longer) is Reason.NOT_DETERMINISTIC
    short = Craft(payload=bytes(23)).signed().replace(b"\xa0\x57", b"\xa0\x58\x17")
    assert refusal(envelope.parse_sign1, short) is Reason.NOT_DETERMINISTIC
