"""One of the goods a shop sells, and why a file of them cannot be used."""

from __future__ import annotations

from dataclasses import dataclass

from terminal.sale.money import Fen


class CatalogueError(Exception):
    """A file cannot be used; the message names file, row and column, and what to do."""


@dataclass(frozen=True, slots=True)
class Item:
    code: str
    """As the scanner reads it: usually an EAN-13."""
    name: str
    spec: str
    unit_fen: Fen
    """The shop's own price, whatever a national catalogue says."""
    insurance_code: str
    """`med_list_codg`; empty: not an insured item."""
    insurance_class: str
    """甲, 乙 or 自费."""
    pinyin: str
    """What the shop types for it besides its name; lower case, empty: nothing."""
    trace_prefix: str
    """First seven digits of the trace codes on its boxes; empty: no box of it has one, or none is
    asked for (split packs, herbal slices, granules)."""
    price_limit_fen: Fen | None = None
    """Insurance counts the price of one unit up to here (限价); None: no limit is known."""
    first_share_bp: int | None = None
    """What the customer bears before insurance counts (先自付比例), in hundredths of a per cent;
    None: not known.  Like the limit it is shown: the platform decides."""
