"""Goods sold and returned, told to the platform: 3505, 3505A, 3506.

Nothing here moves money, and a row may be told again: its own id says that it is the same one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from terminal.profile import Goods
from terminal.sale.goods import GoodsRow
from terminal.sale.money import Fen, yuan
from terminal.settlement import messages
from terminal.settlement.exchange import Exchange
from terminal.settlement.messages.goods import (
    GoodsReturned,
    GoodsSold,
    TellManySold,
    TellReturned,
    TellSold,
    TraceCode,
)
from terminal.settlement.nodes import moment
from terminal.settlement.outcome import Declined, Unknown
from terminal.text import visible, words_of_platform

TAKEN = "1"
"""`retRslt`."""


@dataclass(frozen=True, slots=True)
class Seller:
    """Who sells, as each row says."""

    region: str
    operator_name: str
    pharmacist: str
    """Empty: nobody is known; so is `certificate`."""
    certificate: str


class GoodsWire:
    def __init__(self, exchange: Exchange, rules: Goods, seller: Seller) -> None:
        self._exchange, self._rules, self._seller = exchange, rules, seller

    @property
    def tells_returns(self) -> bool:
        return messages.RETURNED.infno in self._rules.transactions

    @property
    def rows_max(self) -> int:
        """How many rows of a sale one message can carry."""
        return self._rules.rows_max if messages.MANY_SOLD.infno in self._rules.transactions else 1

    async def sold(self, rows: Sequence[GoodsRow]) -> tuple[str, ...] | Declined | Unknown:
        """What is said to each row, "" where it is taken; or why the message as a whole failed."""
        told = [self._sold(row) for row in rows]
        if self.rows_max == 1:
            answer = await self._exchange.question(messages.SOLD, TellSold(selinfo=told[0]))
            return answer if isinstance(answer, Declined | Unknown) else ("",)
        many = TellManySold(selinfoDetail=tuple(told))
        result = await self._exchange.question(messages.MANY_SOLD, many)
        if isinstance(result, Declined | Unknown):
            return result
        if len(result.result) != len(rows):
            return Unknown(f"reply: {len(result.result)} results for {len(rows)} rows")
        return tuple(
            "" if each.retRslt == TAKEN else words_of_platform(each.msgRslt) or each.retRslt or "?"
            for each in result.result
        )

    async def returned(self, row: GoodsRow) -> tuple[str, ...] | Declined | Unknown:
        message = TellReturned(selinfo=self._returned(row))
        answer = await self._exchange.question(messages.RETURNED, message)
        return answer if isinstance(answer, Declined | Unknown) else ("",)

    def _sold(self, row: GoodsRow) -> GoodsSold:
        absent, seller = self._rules.absent_text, self._seller
        is_insured = row.settlement_id != ""
        return GoodsSold(
            med_list_codg=row.insurance_code or absent,
            fixmedins_hilist_id=row.code,
            fixmedins_hilist_name=visible(row.name) or absent,
            fixmedins_bchno=row.row_id,
            prsc_dr_name=absent,
            phar_name=seller.pharmacist or absent,
            phar_prac_cert_no=seller.certificate or absent,
            hi_feesetl_type=self._where_insured(row),
            setl_id=row.settlement_id,
            mdtrt_sn=row.sale_id,
            psn_no=row.psn_no,
            manu_lotnum=absent,
            manu_date=self._rules.absent_day,
            rx_flag="0",
            trdn_flag="0",
            finl_trns_pric=Decimal(yuan(Fen(row.unit_fen))),
            rtal_docno=row.sale_id,
            drug_prod_barc=row.code,
            sel_retn_cnt=Decimal(row.quantity),
            sel_retn_time=moment(datetime.fromisoformat(row.at)),
            sel_retn_opter_name=seller.operator_name,
            mdtrt_setl_type="1" if is_insured else "2",
            drugtracinfo=tuple(TraceCode(drug_trac_codg=code) for code in row.trace_codes),
        )

    def _returned(self, row: GoodsRow) -> GoodsReturned:
        absent = self._rules.absent_text
        return GoodsReturned(
            med_list_codg=row.insurance_code or absent,
            fixmedins_hilist_id=row.code,
            fixmedins_hilist_name=visible(row.name) or absent,
            fixmedins_bchno=row.row_id,
            setl_id=row.settlement_id,
            psn_no=row.psn_no,
            manu_lotnum=absent,
            manu_date=self._rules.absent_day,
            rx_flag="0",
            trdn_flag="0",
            finl_trns_pric=Decimal(yuan(Fen(row.unit_fen))),
            sel_retn_cnt=Decimal(row.quantity),
            sel_retn_time=moment(datetime.fromisoformat(row.at)),
            sel_retn_opter_name=self._seller.operator_name,
            medins_prod_sel_no=row.sold_row_id,
            drugtracinfo=tuple(TraceCode(drug_trac_codg=code) for code in row.trace_codes),
        )

    def _where_insured(self, row: GoodsRow) -> str:
        """`hi_feesetl_type`: 0 not, 1 in this province, 2 in another."""
        if not row.settlement_id:
            return "0"
        return "1" if row.region[:2] in ("", self._seller.region[:2]) else "2"
