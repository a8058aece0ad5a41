"""What the gateway in front of a platform wants beside the body: headers.

    plain     nothing
    x-tif     x-tif-paasid, -timestamp, -nonce, -signature
    oauth     Authorization: Bearer, with a token that is fetched before it is needed
    rfc9421   Content-Digest, Signature-Input, Signature

One rule: a request whose headers cannot be made never left.  That is known, so it is no Unknown.

Source: x-tif and oauth from public client code (Inner Mongolia, Jilin); RFC 9421 section 2 and 3,
RFC 9530 section 2.  The signing formula of the `_api_name` family was not found anywhere.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol, assert_never
from urllib.parse import urlencode

import msgspec

from terminal.profile import (
    OAuthGateway,
    PlainGateway,
    Profile,
    SignedGateway,
    XTifGateway,
)
from terminal.settlement.credentials import HTTP_ALGORITHMS, Credentials
from terminal.settlement.wire import Answer, NeverSent, Wire

JSON_TYPE = "application/json"
TOKEN_MARGIN_SECONDS = 60
"""A token is renewed this long before it ends, so that none ends under way."""


class Gateway(Protocol):
    async def headers(self, body: bytes) -> Mapping[str, str] | NeverSent:
        """For one request; asks for a token first where there is none that lasts."""
        ...

    def refused(self) -> None:
        """The gateway did not let a request in: what it was shown is not shown again."""
        ...


def gateway_of(
    profile: Profile, credentials: Credentials, wire: Wire, now: Callable[[], datetime]
) -> Gateway:
    match profile.gateway:
        case PlainGateway():
            return _Plain()
        case XTifGateway() as settings:
            return _XTif(settings, credentials, now)
        case OAuthGateway() as settings:
            seconds = profile.timeouts.query_seconds
            return _OAuth(settings, credentials.gateway_secret, wire, now, seconds)
        case SignedGateway() as settings:
            return _Signed(settings, credentials, profile.path, now)
        case _:
            assert_never(profile.gateway)


class _Plain:
    async def headers(self, body: bytes) -> Mapping[str, str]:
        return {"Content-Type": JSON_TYPE}

    def refused(self) -> None:
        return


class _XTif:
    def __init__(
        self, settings: XTifGateway, credentials: Credentials, now: Callable[[], datetime]
    ) -> None:
        self._settings, self._credentials, self._now = settings, credentials, now

    async def headers(self, body: bytes) -> Mapping[str, str]:
        timestamp, nonce = str(int(self._now().timestamp())), self._credentials.new_nonce()
        secret = self._credentials.gateway_secret
        signature = hashlib.sha256(f"{timestamp}{secret}{nonce}{timestamp}".encode()).hexdigest()
        return {
            "Content-Type": JSON_TYPE,
            "x-tif-paasid": self._settings.paasid,
            "x-tif-timestamp": timestamp,
            "x-tif-nonce": nonce,
            "x-tif-signature": signature.upper() if self._settings.upper_case else signature,
        }

    def refused(self) -> None:
        return


class _Token(msgspec.Struct):
    access_token: str
    expires_in: float


class _OAuth:
    def __init__(
        self,
        settings: OAuthGateway,
        secret: str,
        wire: Wire,
        now: Callable[[], datetime],
        seconds: float,
    ) -> None:
        self._settings, self._secret, self._wire = settings, secret, wire
        self._now, self._seconds = now, seconds
        self._token, self._renew_at = "", now()

    async def headers(self, body: bytes) -> Mapping[str, str] | NeverSent:
        if not self._token or self._now() >= self._renew_at:
            trouble = await self._fetch()
            if trouble:
                return NeverSent(f"token: {trouble}")
        return {"Content-Type": JSON_TYPE, "Authorization": f"Bearer {self._token}"}

    def refused(self) -> None:
        self._token = ""

    async def _fetch(self) -> str:
        """Why there is no token; empty: there is one."""
        self._token = ""
        pair = f"{self._settings.client_id}:{self._secret}"
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Authorization": f"Basic {base64.b64encode(pair.encode()).decode('ascii')}",
        }
        form = urlencode({"grant_type": "client_credentials"}).encode()
        answer = await self._wire.post(self._settings.token_path, form, self._seconds, headers)
        if not isinstance(answer, Answer):
            return answer.cause
        try:
            told = msgspec.json.decode(answer.content, type=_Token, strict=False)
        except msgspec.DecodeError:
            return "not a token"
        if not told.access_token.isascii() or not told.access_token.isprintable():
            return "not a token"
        margin = min(TOKEN_MARGIN_SECONDS, told.expires_in / 2)
        self._token = told.access_token
        self._renew_at = self._now() + timedelta(seconds=min(told.expires_in - margin, 86_400))
        return ""


class _Signed:
    def __init__(
        self,
        settings: SignedGateway,
        credentials: Credentials,
        path: str,
        now: Callable[[], datetime],
    ) -> None:
        assert credentials.http_key
        self._key, self._key_id = credentials.http_key, settings.key_id
        self._path, self._now = path, now

    async def headers(self, body: bytes) -> Mapping[str, str]:
        digest = f"sha-256=:{_base64(hashlib.sha256(body).digest())}:"
        covered = [
            ("@method", "POST"),
            ("@path", self._path),
            ("content-type", JSON_TYPE),
            ("content-digest", digest),
        ]
        created, algorithm = int(self._now().timestamp()), HTTP_ALGORITHMS[self._key.alg]
        parameters = f';created={created};keyid="{self._key_id}";alg="{algorithm}"'
        signature = self._key.sign(signature_base(covered, parameters))
        return {
            "Content-Type": JSON_TYPE,
            "Content-Digest": digest,
            "Signature-Input": f"gongji={_names(covered)}{parameters}",
            "Signature": f"gongji=:{_base64(signature)}:",
        }

    def refused(self) -> None:
        return


def signature_base(covered: Sequence[tuple[str, str]], parameters: str) -> bytes:
    """What is signed (RFC 9421 section 2.5).

    covered     component name and value, in order
    parameters  as they follow the list of names, each with its semicolon
    """
    lines = [f'"{name}": {value}' for name, value in covered]
    return "\n".join([*lines, f'"@signature-params": {_names(covered)}{parameters}']).encode()


def _names(covered: Sequence[tuple[str, str]]) -> str:
    quoted = " ".join(f'"{name}"' for name, _ in covered)
    return f"({quoted})"


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
