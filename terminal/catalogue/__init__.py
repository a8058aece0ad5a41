"""What can be sold, and what insurance says of it.

`goods` are the shop's own: codes, names, prices.  `national` is what the platform publishes of its
catalogue: classes, price limits, first shares, each for a time.  The price is always the shop's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from terminal.catalogue.goods import Goods
from terminal.catalogue.item import CatalogueError, Item
from terminal.catalogue.national import National

__all__ = ["Catalogue", "CatalogueError", "Item"]


class Catalogue:
    def __init__(self, goods: Goods, national: National | None = None, region: str = "") -> None:
        """national  None: nothing was downloaded
        region  six digits, where the shop is
        """
        self._goods, self._national, self._region = goods, national, region

    def __len__(self) -> int:
        return len(self._goods)

    def __iter__(self) -> Iterator[Item]:
        return iter(self._goods)

    def find(self, code: str, on: date | None = None) -> Item | None:
        """The goods with this code.

        on  the day whose class, limit and share are wanted; None: as the shop's own file has them
        """
        return self._as_insured(self._goods.find(code), on)

    def find_by_trace(self, trace_code: str) -> Item | None:
        """The goods whose boxes carry such a trace code."""
        return self._goods.find_by_trace(trace_code)

    def search(self, typed: str, most: int = 20) -> list[Item]:
        """Goods by the beginning of their code, by their name or a part of it, or by how that is
        typed in pinyin: initials, in full, or mixed.  What begins so comes first."""
        return self._goods.search(typed, most)

    def _as_insured(self, item: Item | None, on: date | None) -> Item | None:
        if item is None or on is None or self._national is None or not item.insurance_code:
            return item
        terms = self._national.terms(item.insurance_code, on, self._region)
        limit_fen, share_bp = terms.price_limit_fen, terms.first_share_bp
        return replace(
            item,
            insurance_class=terms.insurance_class or item.insurance_class,
            price_limit_fen=item.price_limit_fen if limit_fen is None else limit_fen,
            first_share_bp=item.first_share_bp if share_bp is None else share_bp,
        )
