"""Which codes are a customer's own, so that nobody else may see them.

One rule: what is not known to be harmless is personal, or broken beyond telling.  Harmless are the
codes of goods, and vouchers that name a key of the test issuer: nobody else's voucher does.
"""

from __future__ import annotations

import re

from terminal.voucher import envelope
from terminal.voucher.classify import Kind, classify
from terminal.voucher.keys import KeyBundle
from terminal.voucher.reasons import VoucherRefused

_GOODS = frozenset((Kind.GOODS, Kind.TRACE_CODE, Kind.GS1))
_WORD = re.compile(rb"[\x20-\x7e]{1,32}")
"""A text of no kind is harmless when it is this short, and holds no long number."""
_MASKED = re.compile(rb"\*+")
"""What redacting leaves of a code."""
_LONG_NUMBER = re.compile(rb"[0-9]{11}")
"""From a telephone number on."""


class Personal:
    """
    test_bundle  the trust list of the test issuer, and of nobody else
    """

    def __init__(self, test_bundle: KeyBundle) -> None:
        self._bundle = test_bundle

    def __call__(self, payload: bytes, symbology: str | None) -> bool:
        code = classify(payload, symbology)
        if code.kind is Kind.VOUCHER:
            return not self._is_test_voucher(payload)
        if code.kind is Kind.UNKNOWN:
            if _MASKED.fullmatch(payload):
                return False
            return not _WORD.fullmatch(payload) or _LONG_NUMBER.search(payload) is not None
        return code.kind not in _GOODS

    def _is_test_voucher(self, payload: bytes) -> bool:
        try:
            signed = envelope.parse(payload.decode("latin-1"))
        except VoucherRefused:
            return False
        return self._bundle.key(signed.kid) is not None
