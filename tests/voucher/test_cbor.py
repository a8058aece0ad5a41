"""CBOR: one encoding for any item, and nothing built that a voucher does not hold."""

from __future__ import annotations

import json
import math
import struct
from itertools import product

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from terminal.voucher import cbor
from terminal.voucher.reasons import Reason
from tests.voucher.crafting import encode, refusal, shared

KEYS = st.integers(-(2**64), 2**64 - 1) | st.binary(max_size=30) | st.text(max_size=12)
ITEMS = st.recursive(
    KEYS,
    lambda inner: st.lists(inner, max_size=4).map(tuple) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=12,
)


def plain(item: object) -> object:
    """Lists for tuples, so that an item can be compared with what cbor2 reads."""
    if isinstance(item, tuple | list):
        return [plain(inner) for inner in item]
    if isinstance(item, dict):
        return {key: plain(inner) for key, inner in item.items()}
    return item


def depth(item: object) -> int:
    if isinstance(item, tuple):
        return 1 + max(map(depth, item), default=0)
    if isinstance(item, dict):
        return 1 + max(map(depth, item.values()), default=0)
    return 0


def deterministic(item: object) -> bytes:
    """RFC 8949 section 4.2.1, written for these tests: keys sorted by their encoded bytes."""
    if isinstance(item, tuple):
        return _head(0x80, len(item)) + b"".join(map(deterministic, item))
    if isinstance(item, dict):
        pairs = sorted((deterministic(key), deterministic(value)) for key, value in item.items())
        return _head(0xA0, len(item)) + b"".join(key + value for key, value in pairs)
    return cbor2.dumps(item)


def _head(major: int, count: int) -> bytes:
    assert count < 24
    return bytes([major + count])


@given(ITEMS)
@settings(deadline=None)
def test_what_another_encoder_made_is_read_back(item: object) -> None:
    reason = refusal(cbor.decode, deterministic(item))
    if depth(item) > cbor.DEPTH_MAX:
        assert reason is Reason.CBOR
    else:
        assert plain(cbor.decode(deterministic(item))) == plain(item)


@given(st.dictionaries(KEYS, st.integers(0, 9), min_size=2, max_size=5), st.randoms())
@settings(deadline=None)
def test_map_keys_in_any_other_order_are_refused(
    entries: dict[object, int], chance: object
) -> None:
    pairs = [cbor2.dumps(key) + cbor2.dumps(value) for key, value in entries.items()]
    shuffled = list(pairs)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]  # a random.Random
    encoded = _head(0xA0, len(pairs)) + b"".join(shuffled)
    ascending = encoded == deterministic(entries)
    assert refusal(cbor.decode, encoded) is (None if ascending else Reason.NOT_DETERMINISTIC)


@given(ITEMS, st.data())
@settings(deadline=None)
def test_no_other_encoding_of_an_item_is_accepted(item: object, data: st.DataObject) -> None:
    """Any bytes that are accepted are the deterministic encoding of what they are read as."""
    encoded = bytearray(deterministic(item))
    place = data.draw(st.integers(0, len(encoded) - 1))
    encoded[place] = data.draw(st.integers(0, 255))
    if refusal(cbor.decode, bytes(encoded)) is None:
        read = cbor.decode(bytes(encoded))
        if "Other" not in repr(read):
            assert deterministic(read) == encoded


@pytest.mark.parametrize("size", [1, 2])
def test_all_short_strings_agree_with_another_decoder(size: int) -> None:
    """Accepted: cbor2 reads the same.  Refused: cbor2 refuses too, or would write it otherwise."""
    for octets in product(range(256), repeat=size):
        data = bytes(octets)
        if (reason := refusal(cbor.decode, data)) is None:
            read = cbor.decode(data)
            if "Other" not in repr(read):
                assert plain(cbor2.loads(data)) == plain(read)
        elif reason is Reason.NOT_DETERMINISTIC:
            assert _rewritten(data) != data
        else:
            assert reason is Reason.CBOR
            assert _rewritten(data) != data


def _rewritten(data: bytes) -> bytes | None:
    """What cbor2 writes for what it reads in `data`; None: it reads nothing."""
    try:
        return cbor2.dumps(cbor2.loads(data), canonical=True)
    except (cbor2.CBORError, UnicodeDecodeError):
        return None


@given(st.binary(max_size=80))
@settings(max_examples=500, deadline=None)
def test_any_bytes_are_read_or_refused_by_name(data: bytes) -> None:
    assert refusal(cbor.decode, data) in (None, Reason.CBOR, Reason.NOT_DETERMINISTIC)


@given(ITEMS)
@settings(deadline=None)
def test_every_truncation_and_every_addition_is_refused(item: object) -> None:
    encoded = deterministic(item)
    for size in range(len(encoded)):
        assert refusal(cbor.decode, encoded[:size]) is Reason.CBOR
    assert refusal(cbor.decode, encoded + b"\x00") is Reason.CBOR


@given(st.floats(width=64))
@settings(deadline=None)
def test_a_float_has_one_encoding_and_is_not_interpreted(number: float) -> None:
    shortest = b"\xf9\x7e\x00" if math.isnan(number) else cbor2.dumps(number, canonical=True)
    assert cbor.decode(shortest) == cbor.Other(shortest)
    full = b"\xfb" + struct.pack(">d", number)
    if full != shortest:
        assert refusal(cbor.decode, full) is Reason.NOT_DETERMINISTIC


def test_of_all_half_floats_that_are_no_number_one_is_accepted() -> None:
    accepted = set()
    for bits in range(0x10000):
        encoded = b"\xf9" + bits.to_bytes(2, "big")
        (number,) = struct.unpack(">e", encoded[1:])
        if refusal(cbor.decode, encoded) is None and math.isnan(number):
            accepted.add(bits)
    assert accepted == {0x7E00}


def test_a_simple_value_in_two_bytes_is_one_that_needs_them() -> None:
    """RFC 8949 section 3.3: below 24 there is a shorter form, 24 to 31 are reserved."""
    for number in range(256):
        encoded = bytes([0xF8, number])
        assert refusal(cbor.decode, encoded) is (Reason.CBOR if number < 32 else None)


@pytest.mark.parametrize(
    "key", [b"\x01", b"\x18\x18", b"\x20", b"\x61a", b"\x41a", b"\xf5", b"\xf9\x3c\x00", b"\x80"]
)
def test_a_key_given_twice_is_refused_where_it_stands_in_order(key: bytes) -> None:
    assert refusal(cbor.decode, b"\xa1" + key + b"\x00") is None
    twice = b"\xa2" + 2 * (key + b"\x00")
    assert refusal(cbor.decode, twice) is Reason.NOT_DETERMINISTIC


def test_one_and_true_and_one_point_zero_are_three_keys() -> None:
    entries = cbor.decode(b"\xa3\x01\x00\xf5\x01\xf9\x3c\x00\x02")
    assert isinstance(entries, dict)
    assert len(entries) == 3
    assert {key for key in entries if key == 1} == {1}
    assert entries[1] == 0


@pytest.mark.parametrize("key", [b"\x80", b"\xa0", b"\x81\x01", b"\xc0\x60", b"\xf6"])
def test_a_key_that_is_no_integer_or_string_is_kept_apart(key: bytes) -> None:
    assert cbor.decode(b"\xa1" + key + b"\x00") == {cbor.Other(key): 0}


@pytest.mark.parametrize("tag", [0, 1, 2, 3, 4, 18, 24, 30, 35, 36, 37, 100, 258, 1004])
def test_nothing_that_a_tag_stands_for_is_built(tag: int) -> None:
    encoded = encode(cbor2.CBORTag(tag, 0))
    assert cbor.decode(encoded) == cbor.Other(encoded)


@pytest.mark.parametrize(("levels", "reason"), [(6, None), (7, Reason.CBOR), (10_000, Reason.CBOR)])
@pytest.mark.parametrize("opening", [b"\x81", b"\xa1\x00", b"\xc6"], ids=["array", "map", "tag"])
def test_six_containers_inside_each_other_are_the_limit(
    levels: int, reason: Reason | None, opening: bytes
) -> None:
    assert refusal(cbor.decode, opening * levels + b"\x00") is reason


@pytest.mark.parametrize("head", [b"\x5b", b"\x7b", b"\x9b", b"\xbb"])
def test_a_claimed_length_costs_nothing(head: bytes) -> None:
    assert refusal(cbor.decode, head + b"\xff" * 8) is Reason.CBOR


@pytest.mark.parametrize("smallest", [24, 1 << 8, 1 << 16, 1 << 32])
def test_numbers_at_the_edge_of_each_length(smallest: int) -> None:
    size = {24: 1, 1 << 8: 2, 1 << 16: 4, 1 << 32: 8}[smallest]
    head = bytes([{1: 24, 2: 25, 4: 26, 8: 27}[size]])
    assert cbor.decode(head + smallest.to_bytes(size, "big")) == smallest
    too_long = head + (smallest - 1).to_bytes(size, "big")
    assert refusal(cbor.decode, too_long) is Reason.NOT_DETERMINISTIC


def test_published_items_that_are_not_well_formed() -> None:
    for vector in json.loads(shared("cbor_not_well_formed.json").read_text("utf-8")):
        assert refusal(cbor.decode, bytes.fromhex(vector["hex"])), vector["cat"]
