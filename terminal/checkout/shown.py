"""What a customer shows that does not prove itself: a code the platform decodes, a card's number.

One rule: what becomes of it in a sale is a pseudonym; the number goes to the platform client and
nowhere else.  Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from terminal.profile import OpaqueCodes
from terminal.sale.commands import Present, ShowCard
from terminal.sale.events import Refused, ShownAs, VoucherAccepted
from terminal.settlement.outcome import Decoded
from terminal.voucher.classify import Kind, without_aim

SECONDS_OF_CARD = 3600
"""A card does not expire on the counter; the sale still has to end."""
NUMBER_CHARS = range(6, 33)
CARD_SN_CHARS_MAX = 32

_IDENTITY = re.compile(r"[0-9]{17}[0-9X]", re.ASCII)
"""The platform knows whether there is such a person; here only a slip of the finger is caught."""


@dataclass(frozen=True, slots=True)
class ToDecode:
    """A code only the platform can read."""

    text: str = field(repr=False)
    voucher_id: str
    """Its pseudonym: one sale, ever."""


@dataclass(frozen=True, slots=True)
class CardShown:
    number: str = field(repr=False)
    card_sn: str = field(repr=False)
    shown_as: ShownAs
    holder: str
    """Pseudonym of the number: the same for the same card."""


class Pseudonyms:
    def __init__(self, pseudonym: Callable[[str], str], opaque: OpaqueCodes | None) -> None:
        """pseudonym  of a text, 32 hex digits
        opaque  None: no platform here decodes codes
        """
        self._pseudonym, self._opaque = pseudonym, opaque

    def to_decode(self, kind: Kind, scan: Present) -> ToDecode | None:
        """None: it is something else, or cannot be decoded here."""
        if self._opaque is None or kind not in (Kind.INSURANCE_CODE, Kind.UNKNOWN):
            return None
        _, text = without_aim(scan.payload, scan.symbology)
        if not self._opaque.fits(text):
            return None
        return ToDecode(text, self._pseudonym(f"code:{text}"))

    def decoded(
        self, code: ToDecode, decoded: Decoded, now: datetime, seconds: float
    ) -> VoucherAccepted:
        """seconds  how long the platform takes its token"""
        return VoucherAccepted(
            ShownAs.OPAQUE.value,
            code.voucher_id,
            self._pseudonym(f"person:{decoded.identity or code.text}"),
            decoded.masked_name,
            decoded.region,
            decoded.insutype,
            by_relative=False,
            channel=decoded.channel,
            expires_at=int(now.timestamp() + seconds),
            shown_as=ShownAs.OPAQUE,
        )

    def card(self, command: ShowCard) -> CardShown | Refused:
        shown_as, number = ShownAs(command.kind), "".join(command.number.split()).upper()
        card_sn = "".join(command.card_sn.split())
        if shown_as is ShownAs.IDENTITY and not _IDENTITY.fullmatch(number):
            return Refused("not_an_identity_number")
        is_plain = number.isascii() and number.isalnum() and len(number) in NUMBER_CHARS
        if not is_plain or len(card_sn) > CARD_SN_CHARS_MAX or not card_sn.isascii():
            return Refused("not_a_card_number")
        if not card_sn.isprintable():
            return Refused("not_a_card_number")
        holder = self._pseudonym(f"{shown_as}:{number}")
        return CardShown(number, card_sn, shown_as, holder)

    def accepted(self, card: CardShown, now: datetime) -> VoucherAccepted:
        """A card may be shown any number of times: each time is a voucher of its own."""
        return VoucherAccepted(
            card.shown_as.value,
            self._pseudonym(f"{card.holder}:{now.isoformat()}"),
            card.holder,
            masked_name="",
            region="",
            insutype="",
            by_relative=False,
            channel="",
            expires_at=int(now.timestamp() + SECONDS_OF_CARD),
            shown_as=card.shown_as,
        )
