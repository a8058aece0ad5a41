"""The signing side follows the standards by itself, and shares nothing with the checking side."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path

import base45
import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import terminal.voucher.issue
from terminal.voucher.algorithms import BY_NAME
from terminal.voucher.issue import Claims, issue, payload
from terminal.voucher.keys import key_id
from terminal.voucher.voucher import verify
from tests.voucher.crafting import ALGS, ISSUER, NOW, at, bundle, claims, key

CLAIMS = Claims(
    issuer=ISSUER,
    voucher_id="0f0e0d0c0b0a09080706050403020100",
    holder="00112233445566778899aabbccddeeff",
    masked_name="欧阳*明",
    region="630100",
    insutype="310",
    by_relative=False,
    channel="wechat",
    not_before=NOW,
    expires_at=NOW + 60,
    issued_at=NOW,
)
NAMES = st.text(alphabet="张王李赵欧阳明·*AZaz㐀鿿", min_size=1, max_size=16)
DIGITS = st.text(alphabet="0123456789", min_size=6, max_size=6)


@pytest.mark.parametrize("alg", ALGS)
def test_the_envelope_is_what_the_standard_describes(alg: str) -> None:
    text = issue(CLAIMS, key(alg))
    item = cbor2.loads(base45.b45decode(text.removeprefix("YB1:")))
    protected, unprotected, content, signature = item.value
    assert item.tag == 18
    assert cbor2.loads(protected) == {
        1: BY_NAME[alg].cose_id,
        4: key_id(key(alg).public_key),
    }
    assert unprotected == {}
    assert content == claims() == payload(CLAIMS)
    assert len(signature) == 64


@pytest.mark.parametrize("alg", ALGS)
def test_a_usual_voucher_fits_a_version_10_qr_code(alg: str) -> None:
    alphanumeric_version_10_level_m = 311
    assert len(issue(CLAIMS, key(alg))) <= alphanumeric_version_10_level_m


@given(
    name=NAMES,
    region=DIGITS,
    insutype=st.sampled_from(("310", "390", "39999", "510")),
    by_relative=st.booleans(),
    channel=st.sampled_from(("nhsa", "qinghai", "wechat", "alipay", "bank")),
    before=st.integers(0, 30),
    after=st.integers(1, 270),
    identifiers=st.tuples(st.binary(min_size=16, max_size=16), st.binary(min_size=16, max_size=16)),
    alg=st.sampled_from(ALGS),
)
@settings(max_examples=200, deadline=None)
def test_whatever_an_issuer_may_say_is_read_back(
    name: str,
    region: str,
    insutype: str,
    by_relative: bool,
    channel: str,
    before: int,
    after: int,
    identifiers: tuple[bytes, bytes],
    alg: str,
) -> None:
    said = replace(
        CLAIMS,
        masked_name=name,
        region=region,
        insutype=insutype,
        by_relative=by_relative,
        channel=channel,
        not_before=NOW - before,
        expires_at=NOW + after,
        voucher_id=identifiers[0].hex(),
        holder=identifiers[1].hex(),
    )
    read = verify(issue(said, key(alg)), bundle(), at(0))
    for field in Claims.__dataclass_fields__:
        assert getattr(read, field) == getattr(said, field), field


def test_the_signing_side_imports_nothing_that_decodes() -> None:
    source = Path(terminal.voucher.issue.__file__).read_text("utf-8")
    imported = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom):
            imported |= {f"{node.module}.{name.name}" for name in node.names}
    decoders = {"terminal.voucher.cbor", "terminal.voucher.base45", "terminal.voucher.envelope"}
    assert not imported & decoders
    assert not any(name.startswith("terminal.voucher.voucher") for name in imported)
