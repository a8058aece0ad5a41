"""Makes `openssl.json`: vouchers signed by the `openssl` command line, with none of our code.

    python tests/voucher/vectors/make.py > tests/voucher/vectors/openssl.json

Needs OpenSSL 3 with SM2 on the PATH.  CBOR is written out by hand here, base45 too, so the file is
an independent reading of the format.  Signatures and keys are new on every run; the tests read the
committed file and never run this.

    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256     openssl dgst -sha256 -sign
    openssl genpkey -algorithm ED25519                                 openssl pkeyutl -sign -rawin
    openssl genpkey -algorithm SM2                                     openssl pkeyutl -sign -rawin
                                            -digest sm3 -pkeyopt distid:1234567812345678
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

BASE45 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
NOW = 1_800_000_000
NAMES = ("张*", "欧阳*明", "阿卜杜拉·艾*", "Li*", "㛃*", "𬭎*")
DISTID = "1234567812345678"
ALGORITHMS = {
    "es256": (["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"], "26"),
    "ed25519": (["-algorithm", "ED25519"], "27"),
    "sm2": (["-algorithm", "SM2"], "3a0001003f"),
}


def openssl(*arguments: str, stdin: bytes = b"") -> bytes:
    done = subprocess.run(["openssl", *arguments], input=stdin, capture_output=True, check=True)
    return done.stdout


def base45(data: bytes) -> str:
    text = ""
    for at in range(0, len(data), 2):
        pair = data[at : at + 2]
        number = int.from_bytes(pair, "big")
        for _ in range(len(pair) + 1):
            number, value = divmod(number, 45)
            text += BASE45[value]
    return text


def tstr(text: str) -> str:
    encoded = text.encode()
    assert len(encoded) < 24
    return f"{0x60 + len(encoded):02x}{encoded.hex()}"


def bstr(data: bytes) -> str:
    head = f"{0x40 + len(data):02x}" if len(data) < 24 else f"58{len(data):02x}"
    return head + data.hex()


def payload(number: int, name: str) -> bytes:
    sub, cti = (hashlib.sha256(f"{w} {number}".encode()).digest()[:16] for w in ("sub", "cti"))
    hexadecimal = (
        "a7"
        + "01" + tstr("qh-test")
        + "02" + bstr(sub)
        + "04" + f"1a{NOW + 60:08x}"
        + "05" + f"1a{NOW:08x}"
        + "06" + f"1a{NOW:08x}"
        + "07" + bstr(cti)
        + "3a00010000" + "a5"
        + "01" + tstr("630100")
        + "02" + tstr(("310", "390")[number % 2])
        + "03" + tstr(name)
        + "04" + f"{number % 2:02x}"
        + "05" + tstr(("nhsa", "qinghai", "wechat", "alipay", "bank")[number % 5])
    )  # fmt: skip
    return bytes.fromhex(hexadecimal)


def raw_signature(der: bytes) -> bytes:
    listing = openssl("asn1parse", "-inform", "DER", stdin=der).decode()
    numbers = re.findall(r"INTEGER\s*:([0-9A-F]+)", listing)
    assert len(numbers) == 2
    return b"".join(bytes.fromhex(number.zfill(64)) for number in numbers)


def sign(alg: str, key: str, message: bytes, folder: Path) -> bytes:
    file = folder / "message"
    file.write_bytes(message)
    if alg == "es256":
        return raw_signature(openssl("dgst", "-sha256", "-sign", key, str(file)))
    if alg == "ed25519":
        return openssl("pkeyutl", "-sign", "-inkey", key, "-rawin", "-in", str(file))
    options = ["-rawin", "-digest", "sm3", "-pkeyopt", f"distid:{DISTID}"]
    return raw_signature(openssl("pkeyutl", "-sign", "-inkey", key, "-in", str(file), *options))


def vouchers(alg: str, folder: Path) -> dict[str, object]:
    arguments, alg_id = ALGORITHMS[alg]
    key = str(folder / f"{alg}.pem")
    openssl("genpkey", *arguments, "-out", key)
    spki = openssl("pkey", "-in", key, "-pubout", "-outform", "DER")
    kid = hashlib.sha256(spki).digest()[:8]
    protected = bytes.fromhex("a201" + alg_id + "04" + bstr(kid))
    made = []
    for number, name in enumerate(NAMES):
        content = payload(number, name)
        message = bytes.fromhex(
            "846a" + b"Signature1".hex() + bstr(protected) + "40" + bstr(content)
        )
        signature = sign(alg, key, message, folder)
        envelope = "d284" + bstr(protected) + "a0" + bstr(content) + bstr(signature)
        text = "YB1:" + base45(bytes.fromhex(envelope))
        made.append({"text": text, "masked_name": name, "message": message.hex()})
    return {"public_key": spki.hex(), "private_key": Path(key).read_text(), "vouchers": made}


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        signed = {alg: vouchers(alg, Path(folder)) for alg in ALGORITHMS}
    version = openssl("version").decode().strip()
    json.dump({"made_with": version, "issued_at": NOW, **signed}, sys.stdout, indent=1)
    print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
