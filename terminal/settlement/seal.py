"""How the body of a message is closed, and the body of a reply opened.

One rule: what is signed is the very JSON text of `input` that is sent, before it is encrypted.

    signature none               cainfo empty
    signature sm2                cainfo = Base64(SM3withSM2, r and s), signtype "SM2"
    signature voucher_password   cainfo = Base64(RSA(password + token)) in 2102, 2207, 2304
    encryption none              input is an object
    encryption sm4               input = Base64(SM4-ECB, PKCS #7), encType "SM4"

SM2 and RSA need a random number for each signature and each password: a message built twice is the
same message in other bytes.  A charge is built once, written down, and sent as it was built.

Source: public client code of Jilin (sm2, sm4) and Hebei (voucher_password).  The mode of SM4 and
the padding of RSA are those of their libraries' defaults; UNVERIFIED for any other province.
"""

from __future__ import annotations

import base64
import binascii
from decimal import Decimal

import msgspec
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from terminal.profile import (
    Encryption,
    Profile,
    Signature,
    Sm2Signature,
    Sm4Encryption,
    VoucherPassword,
)
from terminal.settlement.credentials import NO_CREDENTIALS, Credentials
from terminal.settlement.fields import Json, Unreadable, child, text

PASSWORD_WITH = ("2102", "2207", "2304")
"""Settlements for which some provinces want the password of the voucher or the card."""
SM4_BLOCK_BITS = 128

_OBJECT = msgspec.json.Decoder(dict[str, object], float_hook=Decimal)


class Seal:
    def __init__(
        self, signature: Signature, encryption: Encryption, credentials: Credentials
    ) -> None:
        self._signature, self._encryption, self._credentials = signature, encryption, credentials

    def close(
        self, infno: str, given: bytes, password_and_token: str = ""
    ) -> dict[str, str | msgspec.Raw]:
        """The envelope's `input` and what vouches for it, from the JSON text of `input`.

        password_and_token  what the customer typed, and the number of the voucher; used only where
            the profile's signature is voucher_password
        """
        closed: dict[str, str | msgspec.Raw] = {}
        match self._signature:
            case Sm2Signature(user_id=user_id):
                key = self._credentials.body_key
                assert key
                signature = key.sign(given, user_id=user_id.encode())
                closed |= {"cainfo": _base64(signature), "signtype": "SM2"}
            case VoucherPassword(signtype=signtype) if infno in PASSWORD_WITH:
                public = self._credentials.password_key
                assert public
                secret = public.encrypt(password_and_token.encode(), padding.PKCS1v15())
                closed |= {"cainfo": _base64(secret), "signtype": signtype}
        if isinstance(self._encryption, Sm4Encryption):
            closed |= {self._encryption.name: "SM4", "input": _base64(self._encrypt(given))}
        else:
            closed["input"] = msgspec.Raw(given)
        return closed

    def open(self, envelope: Json) -> Json:
        """The `output` of a reply, {} where it has none.  Raises Unreadable.

        Encrypted only where the reply itself says so: refusals often are not.
        """
        output = envelope.get("output")
        if not output:
            return {}
        if not isinstance(output, str):
            return child(envelope, "output")
        names = ("encType", "enc_type", "enctype")
        said = [text(envelope[name], name) for name in names if envelope.get(name)]
        plain = self._decrypt(output) if "SM4" in said else output.encode()
        try:
            return _OBJECT.decode(plain)
        except (msgspec.DecodeError, UnicodeDecodeError) as exc:
            raise Unreadable("output is not a JSON object") from exc

    def _encrypt(self, plain: bytes) -> bytes:
        padder = PKCS7(SM4_BLOCK_BITS).padder()
        encryptor = self._cipher().encryptor()
        return encryptor.update(padder.update(plain) + padder.finalize()) + encryptor.finalize()

    def _decrypt(self, given: str) -> bytes:
        if not self._credentials.cipher_key:
            raise Unreadable("output is encrypted with SM4 and the profile has no key")
        try:
            secret = base64.b64decode(given, validate=True)
            decryptor, unpadder = self._cipher().decryptor(), PKCS7(SM4_BLOCK_BITS).unpadder()
            padded = decryptor.update(secret) + decryptor.finalize()
            return unpadder.update(padded) + unpadder.finalize()
        except (binascii.Error, ValueError) as exc:
            raise Unreadable("output is not SM4 under the profile's key") from exc

    def _cipher(self) -> Cipher[modes.ECB]:
        # ECB shows which blocks are alike; it is what the platform reads.
        return Cipher(algorithms.SM4(self._credentials.cipher_key), modes.ECB())


def seal_of(profile: Profile, credentials: Credentials = NO_CREDENTIALS) -> Seal:
    return Seal(profile.signature, profile.encryption, credentials)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
