"""The sheet of codes for the tests at the bench.

    python -m tests.hil.sheet sheet.html

Open it in a browser and print it, or show it on a phone.  Nothing on it is worth anything: the
voucher is the test issuer's, and was over years ago.
"""

from __future__ import annotations

import sys
from pathlib import Path

import segno

from terminal.cli.keys import TEST_BUNDLE
from terminal.voucher.algorithms import load_private_key
from terminal.voucher.issue import Claims, issue

ISSUED_AT = 1_704_067_200
"""2024-01-01 UTC."""
CHINESE = "感冒灵颗粒 999"


def _voucher() -> bytes:
    key = load_private_key((TEST_BUNDLE.parent / "test-ed25519.pem").read_bytes())
    until = ISSUED_AT + 60
    claims = Claims(
        *("qh-test", "00" * 16, "5e" * 16, "试*", "630100", "310", False, "qinghai"),
        not_before=ISSUED_AT,
        expires_at=until,
        issued_at=ISSUED_AT,
    )
    return issue(claims, key).encode()


SHEET = {
    "A": b"6901234567892",
    "B": _voucher(),
    "C": b"010690123456789217270131" + b"10A1\x1d" + b"21S0042",
    "D": CHINESE.encode(),
}
WHAT = {
    "A": "goods",
    "B": "a voucher of 282 characters",
    "C": "with a separator (GS)",
    "D": "Chinese",
}


def html() -> str:
    parts = []
    for label, code in SHEET.items():
        mode = None if code.isascii() and b"\x1d" not in code else "byte"
        content: str | bytes = code.decode() if mode is None else code
        drawn = segno.make(content, error="m", mode=mode, micro=False, boost_error=False)
        picture = drawn.svg_inline(scale=4)
        parts.append(f"<figure>{picture}<figcaption>{label}: {WHAT[label]}</figcaption></figure>")
    style = "figure{display:inline-block;margin:2em;text-align:center;font:16px sans-serif}"
    body = "\n".join(parts)
    return f'<!doctype html><meta charset="utf-8"><style>{style}</style>\n{body}\n'


def main() -> int:
    if len(sys.argv) != 2:
        print("python -m tests.hil.sheet FILE.html", file=sys.stderr)
        return 2
    Path(sys.argv[1]).write_text(html(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
