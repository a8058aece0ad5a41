"""Each dialect, by golden bytes, and what it makes of the other side's."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import gmalg
import httpx
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from terminal.config import SHIPPED, ConfigError, load_profile
from terminal.profile import (
    Encryption,
    Gateway,
    OAuthGateway,
    PlainGateway,
    Profile,
    Signature,
    SignedGateway,
    Sm2Signature,
    Sm4Encryption,
    Unencrypted,
    Unsigned,
    VoucherPassword,
    XTifGateway,
)
from terminal.sale.money import Fen
from terminal.settlement.client import Platform
from terminal.settlement.credentials import Credentials, load
from terminal.settlement.dialect import PLAIN, MessageIds, Request, Sender, decode, encode
from terminal.settlement.fields import Unreadable
from terminal.settlement.gateway import gateway_of, signature_base
from terminal.settlement.messages.pharmacy import DrugInfo, DrugLine, Purchase
from terminal.settlement.outcome import Unknown
from terminal.settlement.seal import Seal, seal_of
from terminal.settlement.wire import NeverSent, Wire
from terminal.voucher.algorithms import load_private_key

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
SENDER = Sender(
    "P63010200001",
    "共济示范药房",
    "630102",
    "0001",
    "收银员",
    "SBX",
    "V1.0",
    "00:00:5e:00:53:01",
    "192.0.2.1",
)
MSGID = "P63010200001202611221000000100"
PURCHASE = Purchase(
    druginfo=DrugInfo(
        psn_no="63010000000001",
        mdtrt_cert_type="01",
        mdtrt_cert_no="00112233445566778899aabbccddeeff",
        begntime="2026-11-22 10:00:00",
        medfee_sumamt=Fen(1850),
        invono="20261122010001",
        insutype="310",
        acct_used_flag="1",
        med_type="41",
    ),
    drugdetail=(
        DrugLine(
            feedetl_sn="20261122010001-1",
            rx_circ_flag="0",
            fee_ocur_time="2026-11-22 10:00:00",
            med_list_codg="XJ01CAA040E001010300001",
            medins_list_codg="6901234567892",
            det_item_fee_sumamt=Fen(1850),
            cnt=Decimal(1),
            pric=Decimal("18.50"),
        ),
    ),
)
INPUT = (
    '{"druginfo":{"psn_no":"63010000000001","mdtrt_cert_type":"01",'
    '"mdtrt_cert_no":"00112233445566778899aabbccddeeff","begntime":"2026-11-22 10:00:00",'
    '"medfee_sumamt":18.50,"invono":"20261122010001","insutype":"310","acct_used_flag":"1",'
    '"med_type":"41"},"drugdetail":[{"feedetl_sn":"20261122010001-1","rx_circ_flag":"0",'
    '"fee_ocur_time":"2026-11-22 10:00:00","med_list_codg":"XJ01CAA040E001010300001",'
    '"medins_list_codg":"6901234567892","det_item_fee_sumamt":18.50,"cnt":1,"pric":18.50}]}'
)
HEAD = (
    '{"infno":"2102","msgid":"P63010200001202611221000000100","mdtrtarea_admvs":"630102",'
    '"insuplc_admdvs":"630100","recer_sys_code":"SBX","infver":"V1.0","opter_type":"1",'
    '"opter":"0001","opter_name":"收银员","inf_time":"2026-11-22 10:00:00",'
    '"fixmedins_code":"P63010200001","fixmedins_name":"共济示范药房","sign_no":"S1"'
)
SM4_KEY = bytes.fromhex("0123456789abcdeffedcba9876543210")


def _encode(seal: Seal, password_and_token: str = "", infno: str = "2102") -> Request:
    return encode(
        SENDER,
        infno,
        MSGID,
        PURCHASE,
        seal,
        sign_no="S1",
        insured_region="630100",
        password_and_token=password_and_token,
    )


def _profile(
    gateway: Gateway | None = None,
    signature: Signature | None = None,
    encryption: Encryption | None = None,
) -> Profile:
    return msgspec.structs.replace(
        load_profile("sandbox-splits", SHIPPED),
        gateway=gateway or PlainGateway(),
        signature=signature or Unsigned(),
        encryption=encryption or Unencrypted(),
    )


# -- the body


def test_a_plain_charge_has_these_very_bytes_each_time() -> None:
    golden = f'{HEAD},"input":{INPUT}}}'.encode()
    assert _encode(PLAIN).body == golden
    assert _encode(PLAIN).digest == hashlib.sha256(golden).hexdigest()


def test_sm2_signs_the_text_of_input_that_is_sent_for_another_implementation_to_check() -> None:
    key = load_private_key((SHIPPED / "keys" / "test-sm2.pem").read_bytes())
    settings = Sm2Signature(user_id="client-0001", key_file="test-sm2.pem")
    body = _encode(Seal(settings, Unencrypted(), Credentials(body_key=key))).body
    told = json.loads(body)
    signature = base64.b64decode(told["cainfo"])
    head = HEAD.replace(
        ',"sign_no":"S1"', f',"sign_no":"S1","cainfo":"{told["cainfo"]}","signtype":"SM2"'
    )
    assert body == f'{head},"input":{INPUT}}}'.encode()
    checker = gmalg.SM2(pk=b"\x04" + key.public_key[-64:], uid=b"client-0001")
    assert checker.verify(INPUT.encode(), signature[:32], signature[32:])
    assert not checker.verify(INPUT.encode() + b" ", signature[:32], signature[32:])


def test_sm4_encrypts_input_so_that_another_implementation_reads_it() -> None:
    settings = Sm4Encryption(key_file="", name="encType")
    seal = Seal(Unsigned(), settings, Credentials(cipher_key=SM4_KEY))
    told = json.loads(_encode(seal).body)
    assert told["encType"] == "SM4"
    cipher, secret = gmalg.SM4(SM4_KEY), base64.b64decode(told["input"])
    plain = b"".join(cipher.decrypt(secret[at : at + 16]) for at in range(0, len(secret), 16))
    assert plain[: -plain[-1]] == INPUT.encode()
    assert told["input"].startswith("cNBqs15cK8uJJ+0SpXbKfpwgZnI1ofc7")
    golden = "55d872edeee16de7cf1e27a81616cfd3b4104b7c9d012fa991506655e20f37eb"
    assert _encode(seal).digest == golden


def _reply(output: object, **more: object) -> bytes:
    return msgspec.json.encode({"infcode": "0", "err_msg": None, "output": output, **more})


def test_a_reply_is_decrypted_only_where_it_says_so() -> None:
    seal = Seal(
        Unsigned(), Sm4Encryption(key_file="", name="encType"), Credentials(cipher_key=SM4_KEY)
    )
    closed = seal.close("9001", b'{"signinoutb":{"sign_no":"S1"}}')["input"]
    for name in ("encType", "enctype", "enc_type"):
        assert decode(_reply(closed, **{name: "SM4"}), seal).output == {
            "signinoutb": {"sign_no": "S1"}
        }
    assert decode(_reply({"a": 1}), seal).output == {"a": 1}
    assert decode(_reply('{"a":1}'), seal).output == {"a": 1}
    assert decode(_reply(None), seal).output == {}


@pytest.mark.parametrize(
    ("output", "words"),
    [("!", "not SM4"), ("AAAA", "not SM4"), ("A" * 43 + "=", "not SM4"), ("é", "not SM4")],
)
def test_a_reply_that_cannot_be_decrypted_is_unreadable(output: str, words: str) -> None:
    credentials = Credentials(cipher_key=SM4_KEY)
    seal = Seal(Unsigned(), Sm4Encryption(key_file="", name="encType"), credentials)
    with pytest.raises(Unreadable, match=words):
        decode(_reply(output, encType="SM4"), seal)
    with pytest.raises(Unreadable, match="no key"):
        decode(_reply("AAAA", encType="SM4"))


def test_the_voucher_password_goes_into_settlements_alone() -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    settings = VoucherPassword(public_key_file="", signtype="MOCK")
    seal = Seal(settings, Unencrypted(), Credentials(password_key=key.public_key()))
    told = json.loads(_encode(seal, "123456token").body)
    assert told["signtype"] == "MOCK"
    secret = base64.b64decode(told["cainfo"])
    assert key.decrypt(secret, padding.PKCS1v15()) == b"123456token"
    assert "cainfo" not in json.loads(_encode(seal, "123456token", "2101").body)


# -- the gateway


async def _headers(
    gateway: Gateway, credentials: Credentials, body: bytes = b"{}"
) -> dict[str, str]:
    profile = _profile(gateway)
    wire = Wire(profile.url, 1.0, httpx.MockTransport(lambda _: httpx.Response(500)))
    headers = await gateway_of(profile, credentials, wire, lambda: NOW).headers(body)
    assert not isinstance(headers, NeverSent)
    return dict(headers)


async def test_plain_sends_nothing_but_the_content_type() -> None:
    assert await _headers(PlainGateway(), Credentials()) == {"Content-Type": "application/json"}


@pytest.mark.parametrize("upper", [False, True])
async def test_x_tif_signs_time_token_nonce_time(upper: bool) -> None:
    settings = XTifGateway(paasid="gongji", token_file="", upper_case=upper)
    nonce = "2d9f7a52-7d2c-4f7c-9a2a-3c1d0e5b6f70"
    made = await _headers(settings, Credentials(gateway_secret="s3", new_nonce=lambda: nonce))
    golden = "a8cc3fc42b63c269b10dd7a37070a20d38597e85b6b63f09f928e9e509f42364"
    assert made == {
        "Content-Type": "application/json",
        "x-tif-paasid": "gongji",
        "x-tif-timestamp": "1795312800",
        "x-tif-nonce": nonce,
        "x-tif-signature": golden.upper() if upper else golden,
    }


def test_the_signature_base_is_that_of_the_standards_own_example() -> None:
    """RFC 9421 appendix B.2.6: its key, its message, its signature."""
    key = load_private_key(
        b"-----BEGIN PRIVATE KEY-----\n"
        b"MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF\n"
        b"-----END PRIVATE KEY-----\n"
    )
    covered = [
        ("date", "Tue, 20 Apr 2021 02:07:55 GMT"),
        ("@method", "POST"),
        ("@path", "/foo"),
        ("@authority", "example.com"),
        ("content-type", "application/json"),
        ("content-length", "18"),
    ]
    base = signature_base(covered, ';created=1618884473;keyid="test-key-ed25519"')
    signature = base64.b64encode(key.sign(base)).decode()
    assert signature == (
        "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw=="
    )


async def test_rfc_9421_covers_method_path_type_and_content() -> None:
    key = load_private_key((SHIPPED / "keys" / "test-ed25519.pem").read_bytes())
    settings = SignedGateway(key_id="till-1", key_file="")
    made = await _headers(settings, Credentials(http_key=key), b'{"hello": "world"}')
    parameters = ';created=1795312800;keyid="till-1";alg="ed25519"'
    names = '("@method" "@path" "content-type" "content-digest")'
    assert made["Content-Digest"] == (
        "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:"  # RFC 9530 appendix B.1
    )
    assert made["Signature-Input"] == f"gongji={names}{parameters}"
    base = (
        '"@method": POST\n"@path": /fsi/api/rsfComIfsService/callService\n'
        '"content-type": application/json\n'
        f'"content-digest": {made["Content-Digest"]}\n"@signature-params": {names}{parameters}'
    )
    expected = base64.b64encode(key.sign(base.encode())).decode()
    assert made["Signature"] == f"gongji=:{expected}:"


class _TokenServer:
    """Gives tokens of a lifetime, and counts them."""

    def __init__(self) -> None:
        self.given, self.lifetime, self.answer = 0, 3600.0, b""
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        self.given += 1
        told = {"access_token": f"t{self.given}", "expires_in": self.lifetime}
        return httpx.Response(200, content=self.answer or msgspec.json.encode(told))


async def test_oauth_fetches_a_token_before_it_is_needed_and_again_before_it_ends() -> None:
    server, now = _TokenServer(), [NOW.timestamp()]
    settings = OAuthGateway(token_path="/auth/oauth/token", client_id="shop", secret_file="")
    profile = _profile(settings)
    wire = Wire(profile.url, 1.0, httpx.MockTransport(server))
    credentials = Credentials(gateway_secret="s3")
    gateway = gateway_of(profile, credentials, wire, lambda: datetime.fromtimestamp(now[0], UTC))

    async def token() -> str:
        headers = await gateway.headers(b"{}")
        assert not isinstance(headers, NeverSent)
        return headers["Authorization"]

    assert [await token(), await token()] == ["Bearer t1", "Bearer t1"]
    asked = server.asked[0]
    assert asked.url.path == "/auth/oauth/token"
    assert asked.headers["Authorization"] == "Basic c2hvcDpzMw=="
    assert asked.content == b"grant_type=client_credentials"
    now[0] += 3539
    assert await token() == "Bearer t1"
    now[0] += 1
    assert await token() == "Bearer t2"
    gateway.refused()
    assert await token() == "Bearer t3"
    gateway.refused()
    server.answer = b"<html>"
    assert await gateway.headers(b"{}") == NeverSent("token: not a token")


async def test_a_token_that_is_not_let_in_is_not_shown_again() -> None:
    """401 leaves the outcome open; the next message fetches another token."""
    server, shown = _TokenServer(), []

    def gateway(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/auth/oauth/token":
            return server(request)
        shown.append(request.headers["Authorization"])
        is_old = shown[-1] == "Bearer t1"
        return httpx.Response(401) if is_old else httpx.Response(200, content=_reply({}))

    settings = OAuthGateway(token_path="/auth/oauth/token", client_id="shop", secret_file="")
    platform = Platform(
        _profile(settings),
        SENDER,
        lambda: NOW,
        MessageIds(SENDER.shop_code, 1, lambda: NOW),
        httpx.MockTransport(gateway),
        Credentials(gateway_secret="s3"),
    )
    assert await platform.sign_in() == Unknown("HTTP 401")
    assert await platform.sign_in() == Unknown("reply: signinoutb is missing")
    assert shown == ["Bearer t1", "Bearer t2"]
    server.answer = b"x"
    platform._gateway.refused()
    assert await platform.sign_in() == Unknown("token: not a token")
    assert len(shown) == 2


# -- files and ids


def test_keys_come_from_files_and_a_wrong_file_is_named_with_its_key(tmp_path: Path) -> None:
    public = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    files = {
        "token": b"s3cret\n",
        "empty": b"",
        "sm4": b"0123456789abcdeffedcba9876543210\n",
        "short": b"0123",
        "rsa": pem,
        "ed25519": (SHIPPED / "keys" / "test-ed25519.pem").read_bytes(),
        "sm2": (SHIPPED / "keys" / "test-sm2.pem").read_bytes(),
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)

    def loaded(**changes: object) -> Credentials:
        profile = msgspec.structs.replace(_profile(), **changes)
        return load(profile, lambda name: tmp_path / name, str)

    def sm4(name: str) -> Sm4Encryption:
        return Sm4Encryption(key_file=name, name="encType")

    x_tif = XTifGateway(paasid="p", token_file="token", upper_case=False)
    assert loaded(gateway=x_tif).gateway_secret == "s3cret"
    assert loaded(encryption=sm4("sm4")).cipher_key == SM4_KEY
    assert loaded(signature=Sm2Signature(user_id="u", key_file="sm2")).body_key
    assert loaded(signature=VoucherPassword(public_key_file="rsa", signtype="")).password_key
    assert loaded(gateway=SignedGateway(key_id="k", key_file="ed25519")).http_key
    missing, empty = (
        msgspec.structs.replace(x_tif, token_file=name) for name in ("missing", "empty")
    )
    with pytest.raises(ConfigError, match=r"gateway\.token_file: missing"):
        loaded(gateway=missing)
    with pytest.raises(ConfigError, match=r"gateway\.token_file: .*empty"):
        loaded(gateway=empty)
    with pytest.raises(ConfigError, match=r"encryption\.key_file: short is neither"):
        loaded(encryption=sm4("short"))
    with pytest.raises(ConfigError, match=r"gateway\.key_file: sm2 is a key for sm2"):
        loaded(gateway=SignedGateway(key_id="k", key_file="sm2"))
    with pytest.raises(ConfigError, match=r"signature\.key_file: ed25519 is a key"):
        loaded(signature=Sm2Signature(user_id="u", key_file="ed25519"))
    with pytest.raises(ConfigError, match=r"signature\.public_key_file: sm2"):
        loaded(signature=VoucherPassword(public_key_file="sm2", signtype=""))


@pytest.mark.parametrize(("digits", "count"), [(1, 1000), (2, 100)])
def test_message_ids_never_repeat_and_name_the_till_in_so_many_digits(
    digits: int, count: int
) -> None:
    ids = MessageIds("P63010200001", 7, lambda: NOW, till_digits=digits)
    made = [ids() for _ in range(count + 1)]
    assert len(set(made)) == count + 1
    assert {len(msgid) for msgid in made} == {30}
    assert {msgid[26 : 26 + digits] for msgid in made} == {"7".zfill(digits)}
    assert [msgid[12:26] for msgid in (made[0], made[-2], made[-1])] == [
        "20261122100000",
        "20261122100000",
        "20261122100001",
    ]
    assert made == sorted(made)


def test_a_profile_of_each_dialect_makes_its_seal() -> None:
    assert seal_of(_profile()).close("9001", b"{}") == {"input": msgspec.Raw(b"{}")}
