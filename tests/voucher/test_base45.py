"""Base45: exactly one text for any bytes."""

from __future__ import annotations

import json
from itertools import product

import base45 as library
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from terminal.voucher import base45
from terminal.voucher.reasons import Reason
from tests.voucher.crafting import refusal, shared


@pytest.mark.parametrize("chars", [2, 3])
def test_every_group_decodes_as_the_standard_says_or_is_refused(chars: int) -> None:
    limit = 256 ** (chars - 1)
    for values in product(range(45), repeat=chars):
        number = sum(value * 45**place for place, value in enumerate(values))
        text = "".join(base45.ALPHABET[value] for value in values)
        if number < limit:
            assert base45.decode(text) == number.to_bytes(chars - 1, "big")
        else:
            assert refusal(base45.decode, text) is Reason.ALPHABET


@pytest.mark.parametrize("code", range(0x180))
def test_a_character_outside_the_alphabet_is_refused_wherever_it_stands(code: int) -> None:
    if chr(code) in base45.ALPHABET:
        return
    for place in range(4):
        text = "00000"[:place] + chr(code) + "00000"[place + 1 :]
        assert refusal(base45.decode, text) is Reason.ALPHABET


@given(st.binary(max_size=600))
@settings(deadline=None)
def test_what_another_encoder_made_comes_back(data: bytes) -> None:
    assert base45.decode(library.b45encode(data).decode("ascii")) == data


@given(st.text(alphabet=base45.ALPHABET, max_size=60))
@settings(deadline=None)
def test_an_accepted_text_is_the_only_one_for_its_bytes(text: str) -> None:
    if refusal(base45.decode, text) is None:
        assert library.b45encode(base45.decode(text)).decode("ascii") == text


def test_published_examples() -> None:
    vectors = json.loads(shared("base45.json").read_text("utf-8"))
    for decoded, text in vectors["valid"]:
        assert base45.decode(text) == bytes.fromhex(decoded)
    for text in vectors["invalid"]:
        assert refusal(base45.decode, text) is Reason.ALPHABET, text
