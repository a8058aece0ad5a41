"""Answers questions about the published catalogue: 1301 to 1306, 1312, 1318, 1319 and 9102."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from terminal.sandbox.published import CHANGED, classes, first_shares, price_limits
from terminal.sandbox.rules import Rules
from terminal.sandbox.store import Tx
from terminal.sandbox.wire import Call, Output, Refusal

FILES = ("1301", "1302", "1303", "1305", "1306")
LISTS = ("1312", "1318", "1319")
PAGE_ROWS_MAX = 1_000


def name_file(tx: Tx, call: Call, rules: Rules) -> Output:
    """130x: where what is newer than `ver` can be fetched."""
    (data,) = call.input["data"]
    number, count = rules.publications.newer(call.infno, data.text("ver"))
    return {
        "data": {
            "file_qury_no": number,
            "filename": f"{number}.zip" if number else "",
            "dld_end_time": "2099-12-31 00:00:00",
            "data_cnt": count,
        }
    }


def send_file(tx: Tx, call: Call, rules: Rules) -> bytes:
    """9102 of a published file, without an envelope.  Raises Refusal."""
    (asked,) = call.input["fsDownloadIn"]
    packed = rules.publications.file(asked.text("file_qury_no"))
    if packed is None:
        raise Refusal("文件不存在或已过期")
    return packed


def page(tx: Tx, call: Call, rules: Rules) -> Output:
    """1312, 1318, 1319.  Raises Refusal."""
    (data,) = call.input["data"]
    number, size = int(data.decimal("page_num")), int(data.decimal("page_size"))
    if number < 1 or not 1 <= size <= PAGE_ROWS_MAX:
        raise Refusal(f"data.page_size 须在 1 至 {PAGE_ROWS_MAX} 之间")
    rows = _rows(call.infno, rules) if data.text("updt_time") <= CHANGED else iter(())
    return {"data": list(islice(rows, (number - 1) * size, number * size))}


def _rows(infno: str, rules: Rules) -> Iterator[dict[str, object]]:
    drugs, benefit = rules.publications.drugs(), rules.policy.benefit
    if infno == "1312":
        return classes(drugs)
    return price_limits(benefit) if infno == "1318" else first_shares(drugs, benefit)
