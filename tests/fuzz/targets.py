"""What is fuzzed: each target is one function from bytes, with inputs to begin from.

The first byte of an input chooses how the rest is dressed.  Half of the forms sign what they are
given with a published test key, so that the code behind the signature is reached too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cbor2

from terminal.voucher import envelope
from terminal.voucher.classify import TEXT_CHARS_MAX, VOUCHER_CHARS_MAX, Kind, classify
from terminal.voucher.issue import sign1, sign_bundle
from terminal.voucher.keys import KEYS_MAX, parse_bundle
from terminal.voucher.reasons import VoucherRefused
from terminal.voucher.voucher import NAME, verify
from tests.voucher.crafting import (
    ALGS,
    Craft,
    as_text,
    at,
    bundle,
    bundle_key,
    bundle_of,
    claims,
    key,
    root,
)
from tests.voucher.refusals import ATTACKS

SYMBOLOGIES = (None, "]E0", "]C1", "]d2", "]Q1", "")


@dataclass(frozen=True, slots=True)
class Target:
    name: str
    call: Callable[[bytes], None]
    """Raises VoucherRefused, or AssertionError where the answer is not what was promised."""
    seeds: tuple[bytes, ...]


def _classify(data: bytes) -> None:
    code = classify(data[1:], SYMBOLOGIES[data[:1][0] % len(SYMBOLOGIES)] if data else None)
    assert len(code.text) <= (VOUCHER_CHARS_MAX if code.kind is Kind.VOUCHER else TEXT_CHARS_MAX)
    assert code.text.isprintable()


def _text(data: bytes) -> str:
    if data[:1] <= b"\x7f":
        return data[1:].decode("utf-8", "surrogateescape")
    return as_text(data[1:])


def _parse(data: bytes) -> None:
    parsed = envelope.parse(_text(data))
    # What is accepted can be written in one way only.
    again = cbor2.CBORTag(18, [parsed.protected, {}, parsed.payload, parsed.signature])
    assert envelope.parse(as_text(cbor2.dumps(again))) == parsed


def _verify(data: bytes) -> None:
    signed_here = data[:1] >= b"\xc0"
    text = as_text(sign1(data[1:], key("ed25519"))) if signed_here else _text(data)
    voucher = verify(text, bundle(), at(5), latest_seen=at(5))
    assert NAME.fullmatch(voucher.masked_name)
    assert 0 < voucher.expires_at - voucher.issued_at <= 300


def _parse_bundle(data: bytes) -> None:
    signed = sign1(data[1:], root()) if data[:1] >= b"\x80" else data[1:]
    parsed = parse_bundle(signed, [root().public_key])
    assert len(parsed.keys) <= KEYS_MAX
    assert parse_bundle(sign_bundle(parsed, root()), [root().public_key]).keys == parsed.keys


def _bundle_seeds() -> list[bytes]:
    made = sign_bundle(bundle_of(*(bundle_key(alg) for alg in ALGS)), root())
    return [b"\x00" + made, b"\x80" + cbor2.loads(made).value[2]]


_TEXTS = [attack.text().encode("utf-8", "surrogatepass") for attack in ATTACKS]
_VOUCHERS = [Craft(alg) for alg in ALGS]
_PAYLOADS = [claims(), claims({4: 0.5}), claims(details={3: "\u202e"}), claims({99: [1, {2: 3}]})]
_CODES = [b"6901234567892", b"81234567890123456789", b"1" * 28, b"134567890123456789",
          b"281234567890123456", b"6212345678901234567", b"https://a.example/x?y",
          b"]d2010690123456789217271231" b"10LOT\x1d21SERIAL", b"]E06901234567892"]  # fmt: skip

TARGETS = (
    Target(
        "classify",
        _classify,
        tuple(bytes([n % 6]) + code for n, code in enumerate([*_CODES, *_TEXTS])),
    ),
    Target(
        "parse",
        _parse,
        (
            *(b"\x00" + text for text in _TEXTS),
            *(b"\x80" + voucher.signed() for voucher in _VOUCHERS),
        ),
    ),
    Target(
        "verify",
        _verify,
        (
            *(b"\x00" + voucher.text().encode() for voucher in _VOUCHERS),
            *(b"\x80" + voucher.signed() for voucher in _VOUCHERS),
            *(b"\xc0" + payload for payload in _PAYLOADS),
        ),
    ),
    Target("parse_bundle", _parse_bundle, tuple(_bundle_seeds())),
)


def settle(target: Target) -> None:
    """Loads libraries and prepares keys, so that no measured input pays for them."""
    for seed in target.seeds:
        try:
            target.call(seed)
        except VoucherRefused:
            continue
