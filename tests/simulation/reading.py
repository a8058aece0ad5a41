"""An independent reading of a journal's rows, made as they become durable.

One rule: it reads bodies as plain JSON and shares no code with the rules of the sale.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec

KINDS = ("fund", "personal", "mutual_aid")
OPEN_STATES = ("intended", "unknown", "reversing")
"""A charge in one of these may move money; in any other it must not."""


@dataclass
class Leg:
    key: str
    account: str
    asked_fen: int
    digest: str
    intended_at: float
    status: str = "intended"
    paid: dict[str, int] = field(default_factory=dict)
    settlement_id: str = ""
    reversal_keys: list[str] = field(default_factory=list)
    """Every id under which it was, or is, to be reversed; the last one counts."""
    repeats: int = 0

    @property
    def open(self) -> bool:
        return self.status in OPEN_STATES


@dataclass
class Slip:
    """One sale as the journal has it."""

    sale_id: str
    replaces: str
    version: int = 0
    state: str = "open"
    """open, settled, voided, refunded."""
    lines: dict[int, int] = field(default_factory=dict)
    units: dict[int, int] = field(default_factory=dict)
    legs: dict[str, Leg] = field(default_factory=dict)
    vouchers: list[tuple[str, str]] = field(default_factory=list)
    cash_fen: int = 0
    self_pay: bool = False
    boxes: dict[str, int] = field(default_factory=dict)
    """Trace code -> line."""
    keeps: tuple[int, ...] = ()
    """Lines the customer keeps of a sale that is taken back."""
    quote: dict[str, int | None] = field(default_factory=dict)
    """Kind of account -> fen, of the latest pre-settlement; None: it does not say."""
    surprised: bool = False
    """An account was charged otherwise than quoted, and nobody has said yes to that."""

    @property
    def total_fen(self) -> int:
        return sum(self.lines.values())

    def approved(self) -> dict[str, Leg]:
        return {key: leg for key, leg in self.legs.items() if leg.status == "approved"}


class Reading:
    """Every sale of one journal, from its durable rows."""

    def __init__(self) -> None:
        self.slips: dict[str, Slip] = {}
        self.rows = 0

    def take(self, sale_id: str, version: int, kind: str, body: str, at: float) -> Slip:
        """One more row.  Raises KeyError or AssertionError where it cannot follow."""
        fields: dict[str, Any] = msgspec.json.decode(body)
        if kind == "SaleOpened":
            self.slips[sale_id] = Slip(sale_id, fields.get("replaces", ""))
        slip = self.slips[sale_id]
        assert version == slip.version + 1, f"{sale_id} has version {version} twice or too early"
        slip.version = version
        self.rows += 1
        self._apply(slip, kind, fields, at)
        return slip

    def _apply(self, slip: Slip, kind: str, fields: dict[str, Any], at: float) -> None:
        match kind:
            case "LineAdded":
                number = fields["line"]
                slip.units[number] = fields["unit_fen"]
                slip.lines[number] = fields["unit_fen"] * fields["quantity"]
            case "LineRemoved":
                del slip.lines[fields["line"]]
                slip.boxes = {c: n for c, n in slip.boxes.items() if n != fields["line"]}
            case "BoxScanned":
                slip.boxes[fields["code"]] = fields["line"]
            case "QuantitySet":
                slip.lines[fields["line"]] = slip.units[fields["line"]] * fields["quantity"]
            case "VoucherAccepted":
                slip.self_pay = False
                slip.vouchers.append((fields["issuer"], fields["voucher_id"]))
            case "Quoted":
                slip.quote = {kind: fields[f"{kind}_fen"] for kind in KINDS}
            case "Confirmed":
                slip.surprised = False
            case "SelfPayAgreed":
                slip.self_pay = True
            case "CashTaken":
                slip.cash_fen += fields["amount_fen"]
            case "SaleSettled":
                slip.state = "settled"
            case "SaleVoided":
                slip.state = "voided"
            case "RefundRequested":
                slip.state, slip.keeps = "open", tuple(fields["keeps"])
            case "SaleRefunded":
                slip.state = "refunded"
            case _ if "key" in fields:
                self._apply_to_leg(slip, kind, fields, at)

    def _apply_to_leg(self, slip: Slip, kind: str, fields: dict[str, Any], at: float) -> None:
        key = fields["key"]
        if kind == "ChargeIntended":
            asked = fields["amount_fen"]
            slip.legs[key] = Leg(key, fields["account"], asked, fields["digest"], at)
            return
        leg = slip.legs[key]
        match kind:
            case "ChargeApproved":
                leg.status, leg.settlement_id = "approved", fields["settlement_id"]
                leg.paid = fields["split"]
                slip.surprised = _differs(slip.quote, leg)
            case "ChargeDeclined":
                leg.status = "declined"
            case "ChargeUnknown":
                leg.status = "unknown"
            case "ChargeRepeated":
                leg.repeats += 1
            case "ReversalIntended":
                leg.status = "reversing"
                leg.reversal_keys.append(fields["reversal_key"])
            case "ChargeLanded":
                leg.settlement_id = fields["settlement_id"]
                leg.reversal_keys.append(fields["reversal_key"])
            case "ChargeReversed":
                leg.status = "reversed"


def _differs(quote: dict[str, int | None], leg: Leg) -> bool:
    """Only a settlement of the whole cart was quoted; the one of the fund alone, its share."""
    kinds = {"insurance": KINDS, "fund": ("fund",)}.get(leg.account, ())
    return any(quote[kind] not in (None, leg.paid[f"{kind}_fen"]) for kind in kinds)
