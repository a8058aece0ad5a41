"""Signatures and keys, against published vectors and the `openssl` command line."""

from __future__ import annotations

import json
from pathlib import Path

import base45
import cbor2
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from terminal.voucher import algorithms, libcrypto, pem, sm2
from terminal.voucher.algorithms import (
    ALGORITHMS,
    CannotSign,
    NotAKey,
    algorithm_of,
    generate,
    load_private_key,
    load_public_key,
    private_pem,
    public_pem,
    verify_signature,
)
from tests.voucher.crafting import ALGS, key, shared

OPENSSL = json.loads((Path(__file__).parent / "vectors" / "openssl.json").read_text("utf-8"))
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
SM2_PRIME = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
SM2_B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
SM2_ORDER = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123


@pytest.fixture(params=["libcrypto", "gmalg"])
def sm2_library(request: pytest.FixtureRequest) -> libcrypto.Libcrypto | None:
    if request.param == "gmalg":
        return None
    if (lib := sm2.library()) is None:
        pytest.skip("this system's libcrypto has no SM2")
    return lib


def der(public: object) -> bytes:
    assert isinstance(
        public, ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey | rsa.RSAPublicKey
    )
    return public.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


@pytest.mark.parametrize("alg", ALGS)
def test_a_signature_holds_for_its_message_and_key_alone(alg: str) -> None:
    one, other = generate(alg), generate(alg)
    signature = one.sign(b"message")
    assert len(signature) == 64
    assert verify_signature(alg, one.public_key, b"message", signature)
    assert not verify_signature(alg, one.public_key, b"messagf", signature)
    assert not verify_signature(alg, other.public_key, b"message", signature)


@pytest.mark.parametrize("alg", ALGS)
def test_signatures_of_the_openssl_command_line_hold(alg: str) -> None:
    public_key = bytes.fromhex(OPENSSL[alg]["public_key"])
    for vector in OPENSSL[alg]["vouchers"]:
        message = bytes.fromhex(vector["message"])
        signature = signature_in(vector["text"])
        assert verify_signature(alg, public_key, message, signature)


def signature_in(text: str) -> bytes:
    signature = cbor2.loads(base45.b45decode(text[4:])).value[3]
    assert isinstance(signature, bytes)
    return signature


@pytest.mark.parametrize("alg", ALGS)
def test_private_keys_of_the_openssl_command_line_are_read(alg: str) -> None:
    loaded = load_private_key(OPENSSL[alg]["private_key"].encode("ascii"))
    assert loaded.alg == alg
    assert loaded.public_key.hex() == OPENSSL[alg]["public_key"]
    assert private_pem(loaded).decode("ascii") == OPENSSL[alg]["private_key"]


@pytest.mark.parametrize("alg", ALGS)
def test_every_malformed_signature_simply_does_not_hold(alg: str) -> None:
    signer = key(alg)
    good = signer.sign(b"message")
    order = {"es256": P256_ORDER, "sm2": SM2_ORDER}.get(alg, 1 << 252)
    edges = [0, 1, order - 1, order, order + 1, (1 << 256) - 1]
    halves = [edge.to_bytes(32, "big") for edge in edges]
    wrong = [r + s for r in halves for s in halves]
    wrong += [half + good[32:] for half in halves] + [good[:32] + half for half in halves]
    wrong += [good[32:] + good[:32], good[::-1]]
    for signature in wrong:
        assert not verify_signature(alg, signer.public_key, b"message", signature)
    for size in (*range(64), *range(65, 140)):
        signature = (good * 3)[:size]
        assert not verify_signature(alg, signer.public_key, b"message", signature)


@pytest.mark.parametrize("alg", ["es256", "sm2"])
def test_a_zero_byte_more_or_less_is_another_signature(alg: str) -> None:
    """The numbers would be the same; the bytes are not."""
    signer = key(alg)
    good = signer.sign(b"message")
    while good[32]:
        good = signer.sign(b"message")
    assert verify_signature(alg, signer.public_key, b"message", good)
    for other in (good[:32] + good[33:], good[:32] + b"\x00" + good[32:], b"\x00" + good):
        assert not verify_signature(alg, signer.public_key, b"message", other)


def test_a_coordinate_above_the_sm2_prime_is_not_on_the_curve() -> None:
    """The point is right modulo the prime, so the equation alone would let it pass."""
    p, b = SM2_PRIME, SM2_B
    for x in range(100):
        y = pow(x**3 - 3 * x + b, (p + 1) // 4, p)
        point = x.to_bytes(32, "big") + y.to_bytes(32, "big")
        if sm2.is_point(point):
            break
    assert sm2.is_point(point)
    assert not sm2.is_point((x + p).to_bytes(32, "big") + point[32:])
    with pytest.raises(NotAKey):
        verify_signature("sm2", (x + p).to_bytes(32, "big") + point[32:], b"", bytes(64))


@pytest.mark.parametrize("alg", ALGS)
@given(st.binary(max_size=80), st.binary(max_size=80))
@settings(max_examples=50, deadline=None)
def test_any_bytes_as_a_signature_raise_nothing(alg: str, message: bytes, signature: bytes) -> None:
    assert not verify_signature(alg, key(alg).public_key, message, signature)


@pytest.mark.parametrize("alg", ALGS)
@given(st.binary(max_size=100))
@settings(max_examples=100, deadline=None)
def test_any_bytes_as_a_key_are_not_a_key(alg: str, data: bytes) -> None:
    with pytest.raises(NotAKey):
        verify_signature(alg, data, b"", bytes(64))
    with pytest.raises(NotAKey):
        load_private_key(data)


@pytest.mark.parametrize("alg", ALGS)
def test_a_key_of_one_algorithm_is_none_of_another(alg: str) -> None:
    for other in ALGS:
        if other != alg:
            with pytest.raises(NotAKey):
                verify_signature(alg, key(other).public_key, b"", bytes(64))


def test_an_unknown_algorithm_is_refused_with_the_known_ones_named() -> None:
    with pytest.raises(NotAKey, match="es256, ed25519, sm2"):
        verify_signature("rs256", key("es256").public_key, b"", bytes(64))
    with pytest.raises(NotAKey):
        generate("none")


NO_KEYS = {
    "P-384": der(ec.generate_private_key(ec.SECP384R1()).public_key()),
    "secp256k1": der(ec.generate_private_key(ec.SECP256K1()).public_key()),
    "RSA": der(rsa.generate_private_key(65537, 1024).public_key()),
    "a byte too many": key("es256").public_key + b"\x00",
    "a byte too few": key("es256").public_key[:-1],
    "off P-256": key("es256").public_key[:-1] + b"\x00",
    "off the SM2 curve": key("sm2").public_key[:-1] + b"\x00",
    "the origin": key("sm2").public_key[:27] + bytes(64),
    "hybrid point": key("es256").public_key.replace(b"\x42\x00\x04", b"\x42\x00\x06"),
    "nothing": b"",
}


@pytest.mark.parametrize("public_key", NO_KEYS.values(), ids=NO_KEYS.keys())
def test_keys_off_their_curve_or_of_another_kind_are_refused(public_key: bytes) -> None:
    with pytest.raises(NotAKey):
        algorithm_of(public_key)


@pytest.mark.parametrize("alg", ALGS)
def test_every_single_bit_of_a_public_key_matters(alg: str) -> None:
    signer = key(alg)
    signature = signer.sign(b"message")
    for place in range(8 * len(signer.public_key)):
        flipped = bytearray(signer.public_key)
        flipped[place // 8] ^= 1 << place % 8
        try:
            assert not verify_signature(alg, bytes(flipped), b"message", signature), place
        except NotAKey:
            continue


@pytest.mark.parametrize("alg", ALGS)
def test_keys_survive_a_file(alg: str) -> None:
    made = generate(alg)
    for data in (private_pem(made), made.der(), private_pem(made).replace(b"\n", b"\r\n")):
        again = load_private_key(data)
        assert (again.alg, again.der()) == (alg, made.der())
    for data in (public_pem(made.public_key), made.public_key):
        assert load_public_key(data) == made.public_key
    assert algorithm_of(made.public_key).name == alg


@pytest.mark.parametrize("alg", ALGS)
def test_a_private_key_is_not_taken_for_a_public_one_nor_printed(alg: str) -> None:
    made = generate(alg)
    with pytest.raises(NotAKey):
        load_public_key(private_pem(made))
    with pytest.raises(NotAKey):
        load_private_key(public_pem(made.public_key))
    assert made.der().hex() not in repr(made)
    assert made.der()[-100:].hex() not in repr(made)


@pytest.mark.parametrize(
    "data",
    [
        b"-----BEGIN PRIVATE KEY-----\n!!!!\n-----END PRIVATE KEY-----\n",
        b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
        b"-----BEGIN PRIVATE KEY-----\n",
        b"-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n",
        b"junk before\n-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        2 * b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
    ],
)
def test_a_broken_pem_file_is_not_a_key(data: bytes) -> None:
    with pytest.raises(NotAKey):
        load_private_key(data)


@given(st.binary(min_size=1, max_size=300))
@settings(deadline=None)
def test_pem_gives_back_what_it_was_given(content: bytes) -> None:
    assert pem.unwrap(pem.wrap(content, "PUBLIC KEY"), "PUBLIC KEY") == content


def test_a_password_protected_key_is_refused() -> None:
    secret = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"password"),
    )
    with pytest.raises(NotAKey):
        load_private_key(secret)


def test_sm2_numbers_that_do_not_belong_together_are_refused() -> None:
    one, other = key("sm2").der(), generate("sm2").der()
    with pytest.raises(NotAKey, match="belong together"):
        load_private_key(one[:-64] + other[-64:])


def test_sm2_accepts_the_bare_point() -> None:
    signature = key("sm2").sign(b"message")
    assert verify_signature("sm2", key("sm2").public_key[-64:], b"message", signature)


def test_the_sm2_identity_is_always_said() -> None:
    """OpenSSL's own default changes between versions; ours never does."""
    signer = key("sm2")
    implicit, explicit = signer.sign(b"m"), signer.sign(b"m", user_id=b"1234567812345678")
    for signature in (implicit, explicit):
        assert verify_signature("sm2", signer.public_key, b"m", signature)
        for user_id, holds in ((b"1234567812345678", True), (b"", False), (b"other", False)):
            found = verify_signature("sm2", signer.public_key, b"m", signature, user_id=user_id)
            assert found is holds


@pytest.mark.parametrize("user_id", [b"a", b"x" * 4095])
def test_any_sm2_identity_can_sign(user_id: bytes, sm2_library: libcrypto.Libcrypto | None) -> None:
    signature = key("sm2").sign(b"m", user_id=user_id)
    check = sm2.verifier(key("sm2").public_key[-64:], sm2_library)
    assert check(b"m", signature, user_id)
    assert not check(b"m", signature, None)


@pytest.mark.parametrize("user_id", [b"", b"x" * 4096])
def test_no_identity_or_one_too_long_to_be_hashed_never_holds(
    user_id: bytes, sm2_library: libcrypto.Libcrypto | None
) -> None:
    check = sm2.verifier(key("sm2").public_key[-64:], sm2_library)
    assert not check(b"m", key("sm2").sign(b"m"), user_id)


def test_sm2_vectors(sm2_library: libcrypto.Libcrypto | None) -> None:
    vectors = json.loads(shared("sm2.json").read_text("utf-8"))
    assert len(vectors) > 100
    # gmalg takes a tenth of a second for three; the public function below tries them all.
    for vector in vectors if sm2_library else vectors[::4]:
        point, message, signature, user_id = (
            bytes.fromhex(vector[name]) for name in ("pk", "msg", "sig", "uid")
        )
        holds = sm2.is_point(point) and len(signature) == 64
        holds = holds and sm2.verifier(point, sm2_library)(message, signature, user_id)
        assert holds is vector["valid"], vector["name"]


def test_sm2_vectors_through_the_public_function() -> None:
    for vector in json.loads(shared("sm2.json").read_text("utf-8")):
        point, message, signature, user_id = (
            bytes.fromhex(vector[name]) for name in ("pk", "msg", "sig", "uid")
        )
        try:
            holds = verify_signature("sm2", point, message, signature, user_id=user_id)
        except NotAKey:
            holds = False
        assert holds is vector["valid"], vector["name"]


def test_ed25519_vectors() -> None:
    groups = json.loads(shared("wycheproof/ed25519_test.json").read_text("utf-8"))["testGroups"]
    for group in groups:
        public_key = bytes.fromhex(group["publicKeyDer"])
        for test in group["tests"]:
            message, signature = bytes.fromhex(test["msg"]), bytes.fromhex(test["sig"])
            holds = verify_signature("ed25519", public_key, message, signature)
            assert holds is (test["result"] == "valid"), test["tcId"]


def test_without_a_library_sm2_is_checked_but_not_signed() -> None:
    signature = key("sm2").sign(b"message")
    check = sm2.verifier(key("sm2").public_key[-64:], None)
    assert check(b"message", signature, None)
    assert not check(b"messagf", signature, None)
    with pytest.raises(CannotSign, match="can be checked but not made here"):
        sm2.generate(None)
    with pytest.raises(CannotSign, match="can be checked but not made here"):
        sm2.load(key("sm2").der(), None)


@pytest.mark.parametrize("names", [(), ("libdoes-not-exist.so.3",), ("libz.so.1",), ("libc.so.6",)])
def test_a_library_that_cannot_do_sm2_is_passed_over(names: tuple[str, ...]) -> None:
    assert libcrypto.load(names) is None


def test_both_sm2_libraries_agree_on_flipped_bits() -> None:
    if (lib := sm2.library()) is None:
        pytest.skip("this system's libcrypto has no SM2")
    point, signature = key("sm2").public_key[-64:], key("sm2").sign(b"message")
    fast, slow = sm2.verifier(point, lib), sm2.verifier(point, None)
    for place in range(0, 512, 37):
        flipped = bytearray(signature)
        flipped[place // 8] ^= 1 << place % 8
        assert not fast(b"message", bytes(flipped), None)
        assert not slow(b"message", bytes(flipped), None)


def test_rows_do_not_share_a_name_a_number_or_a_prefix() -> None:
    for values in (
        {row.name for row in ALGORITHMS},
        {row.cose_id for row in ALGORITHMS},
        {row.spki_prefix for row in ALGORITHMS},
        {row.pkcs8_marker for row in ALGORITHMS},
    ):
        assert len(values) == len(ALGORITHMS)


def test_a_key_is_made_ready_once() -> None:
    public_key = generate("es256").public_key
    assert algorithms.prepared("es256", public_key) is algorithms.prepared("es256", public_key)
