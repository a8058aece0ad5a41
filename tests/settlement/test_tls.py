"""TLS with certificates on both sides, over real sockets."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from terminal.config import SHIPPED, ConfigError, load_profile
from terminal.profile import Profile, Tls, contradictions
from terminal.settlement.credentials import load
from terminal.settlement.outcome import Unknown
from terminal.settlement.wire import Answer, NeverSent, Wire

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


class Authority:
    """Signs certificates into a folder."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder, self._name = folder, name
        self._key = ec.generate_private_key(ec.SECP256R1())
        own = self._certificate(name, self._key, is_ca=True)
        (folder / f"{name}.pem").write_bytes(own.public_bytes(Encoding.PEM))

    def issue(self, name: str) -> None:
        """NAME.pem and NAME.key."""
        key = ec.generate_private_key(ec.SECP256R1())
        made = self._certificate(name, key, is_ca=False)
        (self._folder / f"{name}.pem").write_bytes(made.public_bytes(Encoding.PEM))
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (self._folder / f"{name}.key").write_bytes(private)

    def _certificate(
        self, name: str, key: ec.EllipticCurvePrivateKey, *, is_ca: bool
    ) -> x509.Certificate:
        def named(text: str) -> x509.Name:
            return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

        usages = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        address = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
        return (
            x509.CertificateBuilder()
            .subject_name(named(name))
            .issuer_name(named(self._name))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(BEGIN)
            .not_valid_after(datetime.now(UTC) + timedelta(days=30))
            .add_extension(x509.BasicConstraints(is_ca, None), critical=True)
            .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
            .add_extension(address, critical=False)
            .sign(self._key, hashes.SHA256())
        )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    authority = Authority(tmp_path, "bureau")
    for name in ("server", "till"):
        authority.issue(name)
    Authority(tmp_path, "stranger").issue("guest")
    return tmp_path


@asynccontextmanager
async def platform(folder: Path) -> AsyncIterator[str]:
    """Says hello to whoever shows a certificate of the bureau's."""

    async def hello(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello")
        writer.close()

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(folder / "bureau.pem"))
    context.load_cert_chain(folder / "server.pem", folder / "server.key")
    context.verify_mode = ssl.CERT_REQUIRED
    server = await asyncio.start_server(hello, "127.0.0.1", 0, ssl=context)
    async with server:
        yield f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def _answer(folder: Path, tls: Tls | None) -> Answer | NeverSent | Unknown:
    async with platform(folder) as url:
        profile = _profile(url, tls)
        assert list(contradictions(profile)) == []
        credentials = load(profile, lambda name: folder / name, str)
        wire = Wire(profile.url, 3.0, tls=credentials.tls)
        try:
            return await wire.get("/", 3.0)
        finally:
            await wire.close()


def _profile(url: str, tls: Tls | None) -> Profile:
    shipped = load_profile("sandbox-splits", SHIPPED)
    return msgspec.structs.replace(shipped, url=url, tls=tls)


async def test_both_sides_show_their_certificates(folder: Path) -> None:
    answer = await _answer(folder, Tls("bureau.pem", "till.pem", "till.key"))
    assert answer == Answer(b"hello", "")


@pytest.mark.parametrize(
    "tls",
    [
        Tls("stranger.pem", "till.pem", "till.key"),
        Tls("", "till.pem", "till.key"),
        None,
    ],
)
async def test_a_platform_nobody_we_know_vouches_for_is_never_sent_anything(
    folder: Path, tls: Tls | None
) -> None:
    assert isinstance(await _answer(folder, tls), NeverSent)


@pytest.mark.parametrize("name", ["", "guest"])
async def test_a_till_without_the_bureaus_certificate_gets_no_answer(
    folder: Path, name: str
) -> None:
    certificate, key = (f"{name}.pem", f"{name}.key") if name else ("", "")
    answer = await _answer(folder, Tls("bureau.pem", certificate, key))
    assert not isinstance(answer, Answer)


def test_a_certificate_that_cannot_be_used_is_named(folder: Path) -> None:
    for tls, words in (
        (Tls("missing.pem", "", ""), r"tls\.ca_file"),
        (Tls("till.key", "", ""), r"tls\.ca_file"),
        (Tls("bureau.pem", "till.pem", "guest.key"), r"tls\.cert_file"),
    ):
        with pytest.raises(ConfigError, match=words):
            load(_profile("https://127.0.0.1", tls), lambda name: folder / name, str)
