"""What is on the codes of the kit.  All people are invented; the issuer's key is public."""

from __future__ import annotations

from terminal.cli.keys import TEST_BUNDLE
from terminal.voucher.algorithms import load_private_key
from terminal.voucher.issue import Claims, issue
from tests.kit.tape import BEGAN_NS, NS

BEGAN = BEGAN_NS // NS
LIFETIME_SECONDS = 60
KEY = load_private_key((TEST_BUNDLE.parent / "test-ed25519.pem").read_bytes())
"""Ed25519, whose signatures are the same each time."""

GOODS = (b"6901234567892", b"6909876543212", b"6971234567895")
BOX = b"83000010000000012345"
"""A trace code of the first of the goods."""
GS1 = b"0106901234567892" + b"17270131" + b"10A1\x1d" + b"21S0042"
CHINESE = "感冒灵颗粒 999".encode("gbk")
PAYMENT = b"130000000000000017"
"""Shaped as the payment codes of a wallet."""


def voucher(number: int, *, issued_before_seconds: int = 0) -> bytes:
    """One of the same person's vouchers.

    issued_before_seconds  how long before the tape begins
    """
    issued_at = BEGAN - issued_before_seconds
    claims = Claims(
        issuer="qh-test",
        voucher_id=f"{number:032x}",
        holder="5e" * 16,
        masked_name="试*",
        region="630100",
        insutype="310",
        by_relative=False,
        channel="qinghai",
        not_before=issued_at,
        expires_at=issued_at + LIFETIME_SECONDS,
        issued_at=issued_at,
    )
    return issue(claims, KEY).encode()
