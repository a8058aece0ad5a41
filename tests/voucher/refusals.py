"""Every way a voucher can be wrong that this product knows of, each with the reason it must give.

`docs/voucher.md` lists the same attacks by name; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import cbor2

from terminal.voucher.algorithms import SigningKey, generate
from terminal.voucher.keys import KeyBundle, key_id
from terminal.voucher.reasons import Reason
from tests.voucher.crafting import (
    CLAIMS,
    DETAILS,
    ISSUER,
    NOW,
    Craft,
    as_text,
    bundle,
    bundle_key,
    bundle_of,
    claims,
    encode,
    key,
)


@dataclass(frozen=True, slots=True)
class Attack:
    name: str
    reason: Reason
    text: Callable[[], str]
    at_seconds: float = 5
    bundle: Callable[[], KeyBundle] = field(default=bundle)
    latest_seconds: float | None = None


def _with(**changes: object) -> Callable[[], str]:
    return lambda: Craft(**changes).text()  # type: ignore[arg-type]  # a table of parameters


def _claims(*arguments: dict[object, object], **named: object) -> Callable[[], str]:
    return lambda: Craft(payload=claims(*arguments, **named)).text()  # type: ignore[arg-type]


def _payload(payload: bytes) -> Callable[[], str]:
    return lambda: Craft(payload=payload).text()


def _text(change: Callable[[str], str]) -> Callable[[], str]:
    return lambda: change(Craft().text())


def _signed(change: Callable[[bytes], bytes]) -> Callable[[], str]:
    return lambda: as_text(change(Craft().signed()))


def _kid(alg: str = "es256") -> bytes:
    return key_id(key(alg).public_key)


def _key_alone(**changes: object) -> Callable[[], KeyBundle]:
    """A bundle with the one key that signs, altered."""
    return lambda: bundle_of(bundle_key("es256", **changes))


def _without_issuer() -> bytes:
    """Claim 1 is under the key `true`, which a Python dict takes for 1."""
    rest = {label: claim for label, claim in CLAIMS.items() if label != 1}
    body = encode(rest)
    return b"\xa7" + body[1:] + b"\xf5" + encode(ISSUER)


def _indefinite_map() -> bytes:
    return b"\xbf" + claims()[1:] + b"\xff"


def _key_twice() -> bytes:
    """`exp` a second time, far in the future, after everything else."""
    return b"\xa8" + claims()[1:] + b"\x04\x1a\x7f\xff\xff\xff"


def _key_twice_in_order() -> bytes:
    """`exp` a second time, right after the first."""
    first = b"\x04\x1a" + (NOW + 60).to_bytes(4, "big")
    return b"\xa8" + claims()[1:].replace(first, first + b"\x04\x1a\x7f\xff\xff\xff")


def _keys_unsorted() -> bytes:
    return cbor2.dumps({label: CLAIMS[label] for label in (2, 1, 4, 5, 6, 7, -65537)})


def _long_integer() -> bytes:
    """`exp` in nine bytes where five do."""
    usual = b"\x04\x1a" + (NOW + 60).to_bytes(4, "big")
    longer = b"\x04\x1b" + (NOW + 60).to_bytes(8, "big")
    assert usual in claims()
    return claims().replace(usual, longer)


def _nested(depth: int) -> bytes:
    return encode({**CLAIMS, 8: None}).replace(b"\x08\xf6", b"\x08" + b"\x81" * depth + b"\x00")


def _text_attacks() -> list[Attack]:
    return [
        Attack("no prefix", Reason.PREFIX, _text(lambda text: text[4:])),
        Attack("prefix in lower case", Reason.PREFIX, _text(str.lower)),
        Attack("another scheme's prefix", Reason.PREFIX, _text(lambda t: t.replace("YB1", "HC1"))),
        Attack("newline of a keyboard scanner", Reason.ALPHABET, _text(lambda t: t + "\n")),
        Attack("lower-case letter inside", Reason.ALPHABET, _text(lambda t: t[:9] + "a" + t[10:])),
        Attack("full-width letters", Reason.ALPHABET, lambda: "YB1:\uff21\uff22\uff23"),
        Attack("letter that becomes ASCII in upper case", Reason.ALPHABET, lambda: "YB1:\u0131BB"),
        Attack("group above 65535", Reason.ALPHABET, lambda: "YB1:GGW"),
        Attack("pair above 255", Reason.ALPHABET, lambda: "YB1:ZZ"),
        Attack("single character left over", Reason.ALPHABET, lambda: "YB1:AAAA"),
        Attack("1001 characters", Reason.TOO_LONG, lambda: "YB1:" + "0" * 997),
        Attack("10 000 characters", Reason.TOO_LONG, lambda: "YB1:" + "A" * 10_000),
        Attack("513 signed bytes", Reason.TOO_LONG, lambda: as_text(bytes(513))),
        Attack("bytes after the envelope", Reason.CBOR, _with(after=b"\x00")),
        Attack("compressed content", Reason.CBOR, lambda: as_text(b"\x78\x9c\xed\xc1\x01")),
        Attack("empty text after the prefix", Reason.CBOR, lambda: "YB1:"),
    ]


def _cbor_attacks() -> list[Attack]:
    huge = b"\xd2\x84\x5b\x7f\xff\xff\xff\xff\xff\xff\xff"
    return [
        Attack("length of 2^63 claimed", Reason.CBOR, lambda: as_text(huge)),
        Attack("array of 2^64 - 1 items claimed", Reason.CBOR,
               lambda: as_text(b"\x9b" + b"\xff" * 8)),
        Attack("200 arrays inside each other", Reason.CBOR,
               lambda: as_text(b"\x81" * 200 + b"\x00")),
        Attack("payload with bytes after it", Reason.CBOR, _payload(claims() + b"\x00")),
        Attack("payload nested 7 deep", Reason.CBOR, _payload(_nested(6))),
        Attack("text that is not UTF-8", Reason.CBOR,
               _payload(claims().replace(b"wechat", b"wech\xff\xfe"))),
        Attack("payload cut short", Reason.CBOR, _payload(claims()[:-1])),
        Attack("indefinite map", Reason.NOT_DETERMINISTIC, _payload(_indefinite_map())),
        Attack("claim given twice", Reason.NOT_DETERMINISTIC, _payload(_key_twice())),
        Attack("claim given twice in a row", Reason.NOT_DETERMINISTIC,
               _payload(_key_twice_in_order())),
        Attack("keys out of order", Reason.NOT_DETERMINISTIC, _payload(_keys_unsorted())),
        Attack("integer in more bytes than needed", Reason.NOT_DETERMINISTIC,
               _payload(_long_integer())),
        Attack("float in more bytes than needed", Reason.NOT_DETERMINISTIC,
               _payload(claims({4: 0}).replace(b"\x04\x00\x05", b"\x04\xfb" + bytes(8) + b"\x05"))),
        Attack("NaN with a message in it", Reason.NOT_DETERMINISTIC,
               _payload(claims({4: 0}).replace(b"\x04\x00\x05", b"\x04\xf9\x7e\x01\x05"))),
        Attack("protected header not deterministic", Reason.NOT_DETERMINISTIC,
               _with(protected=b"\xa2\x04\x48" + _kid() + b"\x01\x26")),
        Attack("no tag", Reason.ENVELOPE, _with(tag=None)),
        Attack("tag of a MAC instead", Reason.ENVELOPE, _with(tag=17)),
        Attack("three parts", Reason.ENVELOPE, lambda: as_text(b"\xd2\x83\x40\xa0\x40")),
        Attack("payload detached", Reason.ENVELOPE, _signed(lambda _: b"\xd2\x84\x40\xa0\xf6\x40")),
        Attack("payload not in a byte string", Reason.ENVELOPE,
               _with(content=cbor2.loads(claims()))),
        Attack("signature is text", Reason.ENVELOPE, _with(signature="A" * 64)),
    ]  # fmt: skip


def _header_attacks() -> list[Attack]:
    es256 = -7
    return [
        Attack("empty protected header", Reason.HEADER, _with(protected=b"")),
        Attack("protected header is an array", Reason.HEADER, _with(protected=[es256, _kid()])),
        Attack("algorithm missing", Reason.HEADER, _with(protected={4: _kid()})),
        Attack("key id missing", Reason.HEADER, _with(protected={1: es256})),
        Attack("critical header", Reason.HEADER,
               _with(protected={1: es256, 2: [99], 4: _kid(), 99: 1})),
        Attack("content type header", Reason.HEADER, _with(protected={1: es256, 3: 0, 4: _kid()})),
        Attack("certificate of the sender's own", Reason.HEADER,
               _with(protected={1: es256, 4: _kid(), 33: b"0"})),
        Attack("algorithm unprotected", Reason.HEADER,
               _with(protected={4: _kid()}, unprotected={1: es256})),
        Attack("key id unprotected", Reason.HEADER,
               _with(protected={1: es256}, unprotected={4: _kid()})),
        Attack("anything unprotected", Reason.HEADER, _with(unprotected={99: 0})),
        Attack("algorithm under the key true", Reason.HEADER,
               _with(protected=b"\xa2\x04\x48" + _kid() + b"\xf5\x26")),
        Attack("algorithm as text", Reason.HEADER, _with(protected={1: "ES256", 4: _kid()})),
        Attack("algorithm as a float", Reason.HEADER, _with(protected={1: -7.0, 4: _kid()})),
        Attack("key id as text", Reason.HEADER, _with(protected={1: es256, 4: "x"})),
        Attack("one unknown claim", Reason.UNKNOWN_CLAIM, _claims({99: 1})),
        Attack("audience claim", Reason.UNKNOWN_CLAIM, _claims({3: "x"})),
        Attack("unknown detail", Reason.UNKNOWN_CLAIM, _claims(details={6: 1})),
        Attack("issuer under the key true", Reason.UNKNOWN_CLAIM, _payload(_without_issuer())),
        Attack("claims are an array", Reason.CLAIM_TYPE, _payload(encode([1, 2]))),
        Attack("no details", Reason.CLAIM_MISSING, _claims(drop=-65537)),
    ]  # fmt: skip


def _key_attacks() -> list[Attack]:
    ed25519 = -8
    other = b"\x00" * 8
    return [
        Attack("unknown key id", Reason.UNKNOWN_KEY, _with(protected={1: -7, 4: other})),
        Attack("key id cut short", Reason.UNKNOWN_KEY, _with(protected={1: -7, 4: _kid()[:7]})),
        Attack("another algorithm than the key's", Reason.ALGORITHM_MISMATCH,
               _with(protected={1: ed25519, 4: _kid()})),
        Attack("algorithm none", Reason.ALGORITHM_MISMATCH,
               _with(protected={1: 0, 4: _kid()}, signature=b"")),
        Attack("HMAC with the public key as secret", Reason.ALGORITHM_MISMATCH,
               _with(protected={1: 5, 4: _kid()})),
        Attack("ML-DSA, once an SM2 draft's number", Reason.ALGORITHM_MISMATCH,
               _with(protected={1: -48, 4: _kid("sm2")}, signer=key("sm2"))),
        Attack("one issuer's key, another's name", Reason.ISSUER_MISMATCH, _claims({1: "qh-ybj"})),
        Attack("issuer is no text", Reason.ISSUER_MISMATCH, _claims({1: 1})),
        Attack("key not valid yet", Reason.KEY_NOT_YET, _with(),
               bundle=_key_alone(not_before=NOW + 6)),
        Attack("key no longer valid", Reason.KEY_EXPIRED, _with(),
               bundle=_key_alone(not_after=NOW + 5)),
        Attack("key revoked", Reason.KEY_REVOKED, _with(), bundle=_key_alone(revoked_at=NOW + 5)),
        Attack("key revoked, voucher dated before", Reason.KEY_REVOKED, _with(),
               bundle=_key_alone(revoked_at=NOW + 1)),
        Attack("bundle expired", Reason.BUNDLE_EXPIRED, _with(),
               bundle=lambda: bundle_of(bundle_key(), not_after=NOW + 5)),
        Attack("bundle from the future", Reason.BUNDLE_NOT_YET, _with(),
               bundle=lambda: bundle_of(bundle_key(), issued=NOW + 36)),
        Attack("no key at all", Reason.UNKNOWN_KEY, _with(), bundle=bundle_of),
        Attack("another private key", Reason.SIGNATURE, _with(signer=_stranger())),
        Attack("payload exchanged", Reason.SIGNATURE,
               _signed(lambda signed: signed.replace(b"630100", b"630200"))),
        Attack("signature of 63 bytes", Reason.SIGNATURE, _signature(lambda s: s[:-1])),
        Attack("signature of 65 bytes", Reason.SIGNATURE, _signature(lambda s: s + b"\x00")),
        Attack("no signature", Reason.SIGNATURE, _with(signature=b"")),
        Attack("signature of zeros", Reason.SIGNATURE, _with(signature=bytes(64))),
        Attack("signature in DER", Reason.SIGNATURE, _with(signature=b"\x30\x44" + bytes(68))),
        Attack("signature over something else", Reason.SIGNATURE,
               lambda: Craft(signature=key("es256").sign(claims())).text()),
    ]  # fmt: skip


def _stranger() -> SigningKey:
    return generate("es256")


def _signature(change: Callable[[bytes], bytes]) -> Callable[[], str]:
    def text() -> str:
        usual = cbor2.loads(Craft().signed())
        return Craft(signature=change(usual.value[3])).text()

    return text


def _claim_attacks() -> list[Attack]:
    nan, infinite = float("nan"), float("inf")
    times: list[tuple[str, object]] = [
        ("NaN", nan), ("infinite", infinite), ("a float", float(NOW + 60)), ("text", str(NOW + 60)),
        ("true", True), ("null", None), ("negative", -1), ("a list", [NOW + 60]),
        ("a date", cbor2.CBORTag(1, NOW + 60)),
    ]  # fmt: skip
    wrong_times = [
        Attack(f"{name} is {what}", Reason.CLAIM_TYPE, _claims({label: wrong}))
        for label, name in ((4, "exp"), (5, "nbf"), (6, "iat"))
        for what, wrong in times
    ]
    missing = [
        Attack(f"claim {label} missing", Reason.CLAIM_MISSING, _claims(drop=label))
        for label in (1, 2, 4, 5, 6, 7)
    ] + [
        Attack(f"detail {label} missing", Reason.CLAIM_MISSING, _claims(drop=(-65537, label)))
        for label in DETAILS
    ]
    of_no_type = [
        Attack(f"detail {label} is {what}", Reason.CLAIM_TYPE, _claims(details={label: wrong}))
        for label, wrongs in (
            (1, (630100, b"630100")), (2, (310, None)), (3, (b"Li*", 0)), (4, (True, "0", 0.0)),
            (5, (1, b"wechat")),
        )
        for what, wrong in ((type(w).__name__, w) for w in wrongs)
    ]  # fmt: skip
    return [*wrong_times, *missing, *of_no_type, *_value_attacks()]


def _value_attacks() -> list[Attack]:
    big = 1 << 80
    return [
        Attack("details are no map", Reason.CLAIM_TYPE, _claims({-65537: [1]})),
        Attack("details are text", Reason.CLAIM_TYPE, _claims({-65537: "x"})),
        Attack("voucher id of 15 bytes", Reason.CLAIM_TYPE, _claims({7: bytes(15)})),
        Attack("voucher id of 17 bytes", Reason.CLAIM_TYPE, _claims({7: bytes(17)})),
        Attack("voucher id is text", Reason.CLAIM_TYPE, _claims({7: "0" * 16})),
        Attack("holder of 15 bytes", Reason.CLAIM_TYPE, _claims({2: bytes(15)})),
        Attack("exp is a bignum", Reason.CLAIM_TYPE, _claims({4: big})),
        Attack("region of five digits", Reason.CLAIM_VALUE, _claims(details={1: "63010"})),
        Attack("region of letters", Reason.CLAIM_VALUE, _claims(details={1: "63010a"})),
        Attack("region in other digits", Reason.CLAIM_VALUE, _claims(details={1: "\u0661" * 6})),
        Attack("region with a newline", Reason.CLAIM_VALUE, _claims(details={1: "630100\n"})),
        Attack("insurance type of two digits", Reason.CLAIM_VALUE, _claims(details={2: "31"})),
        Attack("presenter 2", Reason.CLAIM_VALUE, _claims(details={4: 2})),
        Attack("presenter -1", Reason.CLAIM_VALUE, _claims(details={4: -1})),
        Attack("channel empty", Reason.CLAIM_VALUE, _claims(details={5: ""})),
        Attack("channel of 17", Reason.CLAIM_VALUE, _claims(details={5: "a" * 17})),
        Attack("channel with markup", Reason.CLAIM_VALUE, _claims(details={5: "[b]x"})),
        Attack("voucher withdrawn", Reason.VOUCHER_REVOKED, _with(),
               bundle=lambda: bundle_of(bundle_key(), revoked_vouchers=frozenset(
                   {(ISSUER, "0f0e0d0c0b0a09080706050403020100")}))),
        Attack("valid for 301 s", Reason.LIFETIME, _claims({4: NOW + 301})),
        Attack("valid for a day", Reason.LIFETIME, _claims({4: NOW + 86_400})),
        Attack("valid for 2^64 seconds", Reason.LIFETIME, _claims({4: (1 << 64) - 1})),
        Attack("ends as it begins", Reason.LIFETIME, _claims({4: NOW})),
        Attack("ends before it begins", Reason.LIFETIME, _claims({4: NOW - 1})),
        Attack("issued next year, valid today", Reason.LIFETIME,
               _claims({4: NOW + 31_536_060, 6: NOW + 31_536_000})),
        Attack("begins after it ends", Reason.LIFETIME, _claims({5: NOW + 61})),
        Attack("a second too old", Reason.EXPIRED, _with(), at_seconds=90),
        Attack("a screenshot of yesterday", Reason.EXPIRED, _with(), at_seconds=80_000),
        Attack("a second too early", Reason.NOT_YET_VALID, _with(), at_seconds=-31),
        Attack("clock set back 31 s", Reason.CLOCK_SET_BACK, _with(), latest_seconds=36.001),
        Attack("clock set back a day", Reason.CLOCK_SET_BACK, _with(), latest_seconds=86_405),
    ]  # fmt: skip


NAMES_REFUSED = {
    "ANSI colour": "张\x1b[31m三",
    "printer opens the drawer": "张\x1bp\x00\x19\xfa",
    "printer cuts": "张\x1dV\x00",
    "right-to-left override": "张\u202e三",
    "left-to-right isolate": "张\u2066三",
    "zero-width joiner": "张\u200d三",
    "zero-width space": "张\u200b三",
    "word joiner": "张\u2060三",
    "byte order mark": "\ufeff张",
    "terminal markup": "[@click=app.quit]",
    "newline into a log": "张\nLEVEL=ERROR",
    "NUL": "张\x00",
    "C1 control": "张\x9b31m",
    "DEL": "张\x7f",
    "combining flood": "张" + "\u0301" * 12,
    "one combining mark": "e\u0301",
    "variation selector": "张\ufe0f",
    "ideographic variation selector": "张\U000e0100",
    "Hangul filler": "\u3164",
    "private use": "\ue863",
    "private use plane 15": "\U000f0001",
    "compatibility ideograph": "\uf900",
    "compatibility supplement": "\U0002f800",
    "spreadsheet formula": "=cmd|1",
    "space": "Li Si",
    "ideographic space": "张\u3000三",
    "digits": "张3",
    "Cyrillic that looks Latin": "\u0410\u043b",
    "Arabic": "\u0639\u0644\u064a",
    "full-width asterisk": "张＊",
    "bullet": "张•",
    "emoji": "张\U0001f600",
    "tag characters": "张\U000e0041",
    "quotation mark": "张\"",
    "percent": "张%s",
    "17 characters": "张" * 17,
    "empty": "",
}  # fmt: skip


def _name_attacks() -> list[Attack]:
    return [
        Attack(f"name: {what}", Reason.NAME, _claims(details={3: name}))
        for what, name in NAMES_REFUSED.items()
    ]


ATTACKS: tuple[Attack, ...] = (
    *_text_attacks(),
    *_cbor_attacks(),
    *_header_attacks(),
    *_key_attacks(),
    *_claim_attacks(),
    *_name_attacks(),
)
