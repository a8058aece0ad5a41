"""What a code means at the counter: goods, a voucher, or something to explain to the customer.

Pure but for the largest time it remembers: a scan and the sale go in, events or one notice come
out.  Nothing of a voucher is looked at before its signature holds.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from terminal.catalogue import Catalogue
from terminal.checkout.shown import Pseudonyms, ToDecode
from terminal.checkout.trust import Trust
from terminal.clock import CHINA
from terminal.sale.boxes import is_trace_code
from terminal.sale.commands import Present
from terminal.sale.events import (
    BoxKnown,
    BoxScanned,
    CodeNotUsable,
    Event,
    LineAdded,
    Notice,
    QuantitySet,
    Refused,
    VoucherAccepted,
    VoucherRefused,
)
from terminal.sale.sale import LINES_MAX, QUANTITY_MAX, Sale
from terminal.voucher import reasons
from terminal.voucher.classify import Kind, classify
from terminal.voucher.voucher import Voucher, verify

SAME_HOLDER_QUIET_SECONDS = 60
"""A phone left in view after its sale shows a new code soon; it must not open another sale."""


class Reception:
    def __init__(
        self,
        catalogue: Catalogue,
        trust: Trust,
        pseudonyms: Pseudonyms,
        latest_seen: datetime | None,
    ) -> None:
        """latest_seen  the largest time this till has ever seen, None when it is new"""
        self._catalogue, self.trust, self.pseudonyms = catalogue, trust, pseudonyms
        self._latest_seen = latest_seen

    def receive(
        self, sale: Sale | None, last: Sale | None, scan: Present, now: datetime
    ) -> tuple[Event, ...] | Notice | ToDecode:
        """What a scan adds to the sale on the counter, why nothing, or what to decode first.

        sale  on the counter, None when there is none; last  the one closed before it
        """
        code = classify(scan.payload, scan.symbology)
        if code.kind is Kind.VOUCHER:
            return self._voucher(sale, last, code.text, now)
        if code.kind is Kind.GOODS:
            return self.goods(sale, code.text, 1, now)
        if code.kind is Kind.TRACE_CODE:
            return self._box(sale, code.text, now)
        if to_decode := self.pseudonyms.to_decode(code.kind, scan):
            if sale and not sale.editable:
                return Refused("not_now")
            if sale and sale.voucher and sale.voucher.voucher_id == to_decode.voucher_id:
                return Refused("already_read")
            return to_decode
        return CodeNotUsable(code.kind.value, code.text)

    def goods(
        self, sale: Sale | None, code: str, quantity: int, now: datetime
    ) -> tuple[Event, ...] | Notice:
        """One more line of the goods with this code; of a trace code, that box."""
        if is_trace_code(code):
            return self._box(sale, code, now)
        item = self._catalogue.find(code, now.astimezone(CHINA).date())
        if item is None:
            return CodeNotUsable("goods_not_sold", code)
        if not 0 < quantity <= QUANTITY_MAX:
            return Refused("quantity")
        if sale and not sale.editable:
            return Refused("not_now")
        if sale and sale.lines_ever >= LINES_MAX:
            return Refused("too_many_lines")
        added = LineAdded(
            sale.lines_ever + 1 if sale else 1,
            item.code,
            f"{item.name} {item.spec}".strip(),
            item.unit_fen,
            quantity,
            item.insurance_code,
            item.insurance_class,
            item.trace_prefix,
            item.price_limit_fen,
            item.first_share_bp,
        )
        return (added,)

    def _box(self, sale: Sale | None, code: str, now: datetime) -> tuple[Event, ...] | Notice:
        """The box with this trace code: one that a line waits for, else one more of its goods."""
        item = self._catalogue.find_by_trace(code)
        if item is None:
            return CodeNotUsable(Kind.TRACE_CODE, code)
        if sale and any(box.code == code for box in sale.boxes):
            return BoxKnown(code, sale.sale_id, here=True)
        if sale and not sale.editable:
            return Refused("not_now")
        of_item = [line for line in (sale.lines if sale else ()) if line.code == item.code]
        for line in of_item:
            if sale and line.trace_prefix and sale.boxes_of(line.line) < line.quantity:
                return (BoxScanned(line.line, code),)
        for line in of_item:
            if line.trace_prefix and line.quantity < QUANTITY_MAX:
                more = QuantitySet(line.line, line.quantity + 1)
                return (more, BoxScanned(line.line, code))
        added = self.goods(sale, item.code, 1, now)
        if not isinstance(added, tuple):
            return added
        return (*added, BoxScanned(sale.lines_ever + 1 if sale else 1, code))

    def _voucher(
        self, sale: Sale | None, last: Sale | None, text: str, now: datetime
    ) -> tuple[Event, ...] | Notice:
        if sale and not sale.editable:
            return Refused("not_now")
        try:
            self.trust.require(now)
            voucher = verify(text, self.trust.bundle, now, latest_seen=self._latest_seen)
        except reasons.VoucherRefused as refused:
            return VoucherRefused(refused.reason.value)
        self._latest_seen = max(now, self._latest_seen or now)
        if sale and sale.voucher and sale.voucher.voucher_id == voucher.voucher_id:
            return Refused("already_read")
        return self.welcome(sale, last, _accepted(voucher), now)

    def welcome(
        self, sale: Sale | None, last: Sale | None, accepted: VoucherAccepted, now: datetime
    ) -> tuple[Event, ...] | Notice:
        """A code that may be used, unless it is the phone of the sale before, still in view."""
        if sale is None and last and _just_served(last, accepted.holder, now):
            return Refused("just_served")
        return (accepted,)


def _just_served(last: Sale, holder: str, now: datetime) -> bool:
    if not last.settled or last.voucher is None or last.voucher.holder != holder:
        return False
    closed = datetime.fromisoformat(last.closed_at)
    return now - closed < timedelta(seconds=SAME_HOLDER_QUIET_SECONDS)


def _accepted(voucher: Voucher) -> VoucherAccepted:
    return VoucherAccepted(
        voucher.issuer,
        voucher.voucher_id,
        voucher.holder,
        voucher.masked_name,
        voucher.region,
        voucher.insutype,
        voucher.by_relative,
        voucher.channel,
        voucher.expires_at,
    )
