"""What the platform is told of goods sold and returned: a sale and its end, as rows.  Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from terminal.sale.events import SaleRefunded, SaleSettled
from terminal.sale.funding import WHOLE_CART
from terminal.sale.sale import Sale


@dataclass(frozen=True, slots=True, order=True)
class RowKey:
    """One row for ever: which event of the journal, and which line of the sale."""

    seq: int
    line: int


class RowState(StrEnum):
    WAITING = "waiting"
    TAKEN = "taken"
    REFUSED = "refused"
    """So often that a person must see to it."""


@dataclass(frozen=True, slots=True)
class QueuedRow:
    """As the journal has it."""

    key: RowKey
    sale_id: str
    ended: SaleSettled | SaleRefunded
    """What made the row: sold, or returned."""
    state: RowState
    refusals: int
    words: str
    """What the platform said to the latest refusal."""

    @property
    def is_return(self) -> bool:
        return isinstance(self.ended, SaleRefunded)


@dataclass(frozen=True, slots=True)
class GoodsRow:
    """One line of a sale, as it is told."""

    row_id: str
    """The institution's own name of the row (`fixmedins_bchno`): the same on every try."""
    sold_row_id: str
    """Of a return: the row that told of the sale; else the same as `row_id`."""
    sale_id: str
    code: str
    name: str
    insurance_code: str
    unit_fen: int
    quantity: int
    trace_codes: tuple[str, ...]
    at: str
    """ISO 8601, UTC."""
    settlement_id: str
    """Empty: sold without insurance."""
    psn_no: str
    region: str
    """Where the customer is insured; empty as above."""


def row_of(sale: Sale, queued: QueuedRow) -> GoodsRow:
    """sale  as it stands now: what was in it when it ended does not change any more"""
    line = sale.line(queued.key.line)
    assert line
    settlement = next(
        (t.settlement_id for t in sale.tenders if t.account in WHOLE_CART and t.settlement_id), ""
    )
    insured = sale.person if settlement else None
    sold = f"{sale.sale_id}-{line.line}"
    return GoodsRow(
        row_id=f"{sold}-R" if queued.is_return else sold,
        sold_row_id=sold,
        sale_id=sale.sale_id,
        code=line.code,
        name=line.name,
        insurance_code=line.insurance_code,
        unit_fen=line.unit_fen,
        quantity=line.quantity,
        trace_codes=tuple(box.code for box in sale.boxes if box.line == line.line),
        at=queued.ended.at,
        settlement_id=settlement,
        psn_no=insured.psn_no if insured else "",
        region=insured.region if insured else "",
    )
