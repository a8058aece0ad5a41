"""Whose vouchers this till believes, and how fresh that knowledge is.

A voucher by a key that is not in the list may mean that the list is old: the platform is asked for
a newer one then, at most once in five minutes, however many such codes are shown.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from terminal.checkout.patience import Seldom
from terminal.voucher.keys import (
    Freshness,
    FreshnessLimits,
    Held,
    KeyBundle,
    admit,
    freshness,
    parse_bundle,
)
from terminal.voucher.reasons import VoucherRefused

FETCH_EVERY_SECONDS = 300.0


class Trust:
    def __init__(
        self,
        bundle: KeyBundle,
        roots: Sequence[bytes],
        limits: FreshnessLimits,
        save: Callable[[bytes, Held], bool],
    ) -> None:
        """bundle  admitted already; roots  SubjectPublicKeyInfo of who may sign a newer one;
        save  keeps a newer list, as it was signed, and what to remember of it; False: it could not,
        and the list is not used, because its version must never be forgotten"""
        self.bundle = bundle
        self._roots, self._limits, self._save = tuple(roots), limits, save
        self.fetches = Seldom(FETCH_EVERY_SECONDS)

    def require(self, now: datetime) -> Freshness:
        """Refuses with the reason why no voucher can be believed now: the list is stale or over."""
        return freshness(self.bundle, now, self._limits)

    def offer(self, data: bytes, now: datetime) -> bool:
        """Takes a list into use where it is signed by a root and newer.  False: it is not."""
        try:
            bundle = parse_bundle(data, self._roots)
            held = admit(bundle, now, Held(self.bundle.version, self.bundle.digest))
        except VoucherRefused:
            return False
        if bundle.version == self.bundle.version or not self._save(data, held):
            return False
        self.bundle = bundle
        return True
