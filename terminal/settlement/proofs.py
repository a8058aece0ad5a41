"""What a customer showed, as the platform wants to see it in every message about a purchase.

One rule: the number of a card, an identity number and the token of a decoded code are in memory and
nowhere else.  The journal has a pseudonym of them, so a sale that goes on after a restart has to be
shown them again.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from terminal.sale.events import ShownAs, VoucherAccepted

KEPT_MAX = 64
"""One sale is on the counter; the others were replaced or let go."""

CERTIFICATE_TYPES = {
    ShownAs.SIGNED: "01",
    ShownAs.OPAQUE: "01",
    ShownAs.IDENTITY: "02",
    ShownAs.CARD: "03",
}
"""`mdtrt_cert_type`."""


@dataclass(frozen=True, slots=True)
class Proof:
    certificate_type: str
    number: str = field(repr=False)
    card_sn: str = field(default="", repr=False)


class Proofs:
    def __init__(self) -> None:
        self._kept: dict[str, Proof] = {}

    def keep(self, voucher_id: str, shown_as: ShownAs, number: str, card_sn: str = "") -> None:
        assert shown_as is not ShownAs.SIGNED
        self._kept.pop(voucher_id, None)
        self._kept[voucher_id] = Proof(CERTIFICATE_TYPES[shown_as], number, card_sn)
        if len(self._kept) > KEPT_MAX:
            del self._kept[next(iter(self._kept))]

    def of(self, voucher: VoucherAccepted) -> Proof | None:
        """None: it was shown to an earlier process, and has to be shown again."""
        if voucher.shown_as is ShownAs.SIGNED:
            return Proof(CERTIFICATE_TYPES[ShownAs.SIGNED], voucher.voucher_id)
        return self._kept.get(voucher.voucher_id)
