"""Which kind of code a scanner read, so that the clerk can be told what to ask for.

One rule: told apart, never guessed.  A code that fits no kind is `UNKNOWN`, and a kind says nothing
about validity: a voucher still has to be verified, an insurance code is only a hint.

| kind | it is |
| --- | --- |
| voucher | text that begins with `YB1:` |
| trace_code | 20 digits, save Alipay's; tested before GS1, to which `8110…` means a coupon |
| gs1 | a code whose AIM identifier says so, or with a group separator, holding a valid GTIN |
| insurance_code | 28 digits: the codes of the national application, decoded online |
| wechat_pay | 18 digits from 10 to 15 |
| alipay | 16 to 24 digits from 25 to 30 |
| unionpay | 19 digits from 62 |
| goods | EAN-13, EAN-8 or UPC-A with a valid check digit |
| web_link | an address: health, travel and collection codes |

AIM identifiers (ISO/IEC 15424) are `]`, a letter for the symbology and a modifier.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from terminal.voucher import envelope, gs1

PAYLOAD_BYTES_MAX = 4096
"""More than the largest QR code holds; what is beyond is not looked at."""
VOUCHER_CHARS_MAX = envelope.TEXT_CHARS_MAX + 1
"""One more than a voucher may have, so that one too long stays too long."""
TEXT_CHARS_MAX = 64
"""For every other kind."""
REPLACEMENT = "\ufffd"
"""Stands for each character that is not shown; no kind of code contains it."""


class Kind(StrEnum):
    VOUCHER = "voucher"
    INSURANCE_CODE = "insurance_code"
    WECHAT_PAY = "wechat_pay"
    ALIPAY = "alipay"
    UNIONPAY = "unionpay"
    WEB_LINK = "web_link"
    GOODS = "goods"
    TRACE_CODE = "trace_code"
    GS1 = "gs1"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Code:
    kind: Kind
    text: str
    """What to look up or verify, printable.  The whole text of a VOUCHER; the digits of a
    TRACE_CODE; of GOODS the GTIN-13 or GTIN-8; of GS1 the GTIN-13, or GTIN-14 for an outer pack; of
    WEB_LINK the host alone, since the rest of a health code's address is about a person; of UNKNOWN
    its first characters.  Empty for payment and insurance codes: whoever reads those digits while
    they live can spend them, and no till of ours needs them."""


_AIM = re.compile(r"\][A-Za-z][0-9A-Za-z]")
_GS1_CARRIERS = frozenset(("]C1", "]d2", "]Q3", "]e0", "]J1"))
"""GS1-128, GS1 DataMatrix, GS1 QR, GS1 DataBar, GS1 DotCode."""

_HIDDEN = re.compile(r"[^A-Za-z0-9 $%*+\-./:_=?&,@#()]")
"""All but an allow-list: base45's characters and what addresses and article numbers need.  Left out
are controls, everything outside ASCII, and the brackets and backslashes of terminal markup."""

_LONG_NUMBER = re.compile(r"[0-9]{15,}[Xx]?")
"""Longer than any article number: an identity, card or account number, which nobody is shown."""

_DIGIT_KINDS = (
    (Kind.ALIPAY, re.compile(r"(?:2[5-9]|30)[0-9]{14,22}")),
    (Kind.TRACE_CODE, re.compile(r"[0-9]{20}")),
    (Kind.INSURANCE_CODE, re.compile(r"[0-9]{28}")),
    (Kind.WECHAT_PAY, re.compile(r"1[0-5][0-9]{16}")),
    (Kind.UNIONPAY, re.compile(r"62[0-9]{17}")),
)
_LINK = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]{1,15})://(?:[^/?#@]*@)?([^/?#:]*)")


def classify(payload: bytes, symbology: str | None = None) -> Code:
    """The kind of one scanned code.

    payload    exactly as scanned; an AIM identifier at its start is taken off
    symbology  AIM identifier, such as "]Q1", where the reader told it apart; None: it did not
    Raises     nothing, whatever the bytes
    """
    symbology, text = without_aim(payload, symbology)
    if text.startswith(envelope.PREFIX):
        return Code(Kind.VOUCHER, _printable(text, VOUCHER_CHARS_MAX))
    if symbology in _GS1_CARRIERS or gs1.GS in text:
        return _gs1(text)
    for kind, pattern in _DIGIT_KINDS:
        if pattern.fullmatch(text):
            return Code(kind, text if kind is Kind.TRACE_CODE else "")
    if len(text) in (8, 12, 13) and gs1.has_check_digit(text):
        return Code(Kind.GOODS, text.zfill(13) if len(text) == 12 else text)
    if link := _LINK.match(text):
        return Code(Kind.WEB_LINK, _printable(link[2], TEXT_CHARS_MAX))
    return _unknown(text)


def without_aim(payload: bytes, symbology: str | None = None) -> tuple[str | None, str]:
    """The AIM identifier, where one is known, and the text without it."""
    text = payload[:PAYLOAD_BYTES_MAX].decode("latin-1")
    return (symbology or text[:3], text[3:]) if _AIM.match(text) else (symbology, text)


def _gs1(text: str) -> Code:
    if len(text) == 20 and gs1.is_digits(text):
        return Code(Kind.TRACE_CODE, text)
    if (found := gs1.elements(text)) is None:
        return _unknown(text)
    return Code(Kind.GS1, found.gtin.removeprefix("0"))


def _unknown(text: str) -> Code:
    shown = _LONG_NUMBER.sub(lambda number: "*" * len(number[0]), text)
    return Code(Kind.UNKNOWN, _printable(shown, TEXT_CHARS_MAX))


def _printable(text: str, chars_max: int) -> str:
    return _HIDDEN.sub(REPLACEMENT, text[:chars_max])
