"""Catalogue downloads: files by 1301 to 1315, pages by 1304, 1312 and 1316 to 1319.

A file's name comes from 130x and its content from 9102; it is a ZIP of tab-separated text in which
nothing is written as `null`.
"""

from __future__ import annotations

from terminal.settlement.fields import (
    Moment,
    Price,
    Ratio,
    Text3,
    Text6,
    Text20,
    Text40,
    Text50,
    Text100,
    Text500,
)
from terminal.settlement.messages.node import Node


class VersionHeld(Node, frozen=True, kw_only=True):
    """`data` of the file downloads."""

    ver: Text20
    """The newest version the institution holds; "0": none."""


class AskFile(Node, frozen=True, kw_only=True):
    data: VersionHeld


class CatalogueFile(Node, frozen=True, kw_only=True):
    """Of the reply to a file download."""

    file_qury_no: Text40 = ""
    """Empty: there is nothing newer."""
    filename: Text100 = ""
    dld_end_time: str = ""
    """`dld_endtime` of 9101 and 3202, under another name."""
    data_cnt: int | None = None


class FileTold(Node, frozen=True, kw_only=True):
    data: CatalogueFile


class PageAsked(Node, frozen=True, kw_only=True):
    """`data` of the paged downloads."""

    page_num: int
    """From 1."""
    page_size: int
    updt_time: Moment
    """Only what changed since."""


class AskPage(Node, frozen=True, kw_only=True):
    data: PageAsked


class PriceLimit(Node, frozen=True, kw_only=True):
    """One row of 1318 (限价)."""

    hilist_code: Text50 = ""
    hilist_lmtpric_type: Text6 = ""
    overlmt_dspo_way: Text3 = ""
    insu_admdvs: Text6 = ""
    begndate: str = ""
    enddate: str = ""
    hilist_pric_uplmt_amt: Price | None = None
    vali_flag: Text3 = ""


class PriceLimits(Node, frozen=True, kw_only=True):
    data: tuple[PriceLimit, ...] = ()


class FirstShare(Node, frozen=True, kw_only=True):
    """One row of 1319 (先自付比例)."""

    hilist_code: Text50 = ""
    selfpay_prop_psn_type: Text6 = ""
    selfpay_prop_type: Text6 = ""
    insu_admdvs: Text6 = ""
    begndate: str = ""
    enddate: str = ""
    selfpay_prop: Ratio | None = None
    vali_flag: Text3 = ""


class FirstShares(Node, frozen=True, kw_only=True):
    data: tuple[FirstShare, ...] = ()


class ListedItem(Node, frozen=True, kw_only=True):
    """One row of 1304 and 1312, and of the matches 1316 and 1317."""

    hilist_code: Text50 = ""
    hilist_name: Text500 = ""
    insu_admdvs: Text6 = ""
    begndate: str = ""
    enddate: str = ""
    med_chrgitm_type: Text6 = ""
    chrgitm_lv: Text3 = ""
    lmt_used_flag: Text3 = ""
    list_type: Text6 = ""
    vali_flag: Text3 = ""
    medins_list_codg: Text500 = ""
    med_list_codg: Text50 = ""


class ListedItems(Node, frozen=True, kw_only=True):
    data: tuple[ListedItem, ...] = ()
