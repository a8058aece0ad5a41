"""The pages as HTML: languages, headers, and nothing that could run or be loaded from elsewhere."""

from __future__ import annotations

import re

import pytest

from terminal.sandbox.pages import modules
from tests.sandbox.counter import Counter

PAGES = [
    "/",
    "/phone",
    "/phone?person=resident",
    "/phone?person=resident&lang=en",
    "/phone?person=%3Cscript%3Ealert(1)%3C/script%3E",
    "/?lang=%22%3E%3Cscript%3E",
]


@pytest.mark.parametrize("path", PAGES)
async def test_pages_allow_their_own_script_and_nothing_else(counter: Counter, path: str) -> None:
    first, second = await counter.http.get(path), await counter.http.get(path)
    policy = first.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; ")
    for unsafe in ("unsafe-inline", "unsafe-eval", "http:", "https:", "data:", "*"):
        assert unsafe not in policy
    nonces = re.findall(r"'nonce-([\w-]+)'", policy)
    assert len(set(nonces)) == 1
    assert policy != second.headers["content-security-policy"]
    runs = re.findall(r"<(?:script|style)([^>]*)>", first.text)
    assert all(f'nonce="{nonces[0]}"' in tag or "application/json" in tag for tag in runs)
    assert "alert(1)" not in first.text.replace("%3Cscript%3Ealert%281%29%3C%2Fscript%3E", "")
    assert not re.findall(r"""(?:src|href)=["']?(?:[a-z]+:)?//""", first.text)
    assert "{{" not in first.text
    assert first.headers["cache-control"] == "no-store"
    assert first.headers["x-content-type-options"] == "nosniff"


async def test_the_phone_page_speaks_chinese_or_english(counter: Counter) -> None:
    chinese = (await counter.http.get("/phone?person=resident")).text
    english = (await counter.http.get("/phone?person=resident&lang=en")).text
    assert '<html lang="zh-CN">' in chinese
    assert "陈*  居民：直接用家庭共济" in chinese
    assert 'href="/phone?person=resident&amp;lang=en"' in chinese
    assert '<html lang="en">' in english
    assert "Resident: mutual aid pays directly" in english
    assert 'href="/phone?person=resident&amp;lang=zh"' in english


async def test_the_phone_page_offers_everybody_on_show(counter: Counter) -> None:
    answer = await counter.http.get("/phone")
    people = (await counter.http.get("/people")).json()
    for person in people:
        assert f'href="/phone?person={person["id"]}&amp;lang=zh"' in answer.text
    assert "creator" not in answer.text
    assert (await counter.http.get("/phone?person=nobody")).status_code == 404


async def test_the_overview_shows_balances_and_what_moved_last(counter: Counter) -> None:
    await counter.settle(await counter.scan("employee-short"))
    page = (await counter.http.get("/?lang=en")).text
    assert "<td>李*</td>" in page
    assert "<td>839.61</td>" in page
    assert "<td>own:employee-short</td><td>-12.00</td><td>settlement</td>" in page
    assert "李例" not in page


async def test_health_is_a_yes(counter: Counter) -> None:
    answer = await counter.http.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"ok": True})


@pytest.mark.parametrize("text", ["YB1:A", "YB1:" + "A" * 297])
def test_codes_are_level_m_whatever_their_size(text: str) -> None:
    """ISO/IEC 18004 section 7.9: level M is 00, shown masked with 10, left in row 8."""
    rows = modules(text)
    assert rows[8][:2] == "10"
    assert len({len(row) for row in rows} | {len(rows)}) == 1


async def test_the_overview_lays_the_books_open(counter: Counter) -> None:
    """Every account with its balance, and a settlement with who paid what of it."""
    settled = await counter.settle(await counter.scan("employee-short"))
    page = (await counter.http.get("/?lang=en")).text
    for row in (await counter.ledger())["accounts"]:
        assert f"<td>{row['account']}</td><td>{row['balance_fen'] / 100:.2f}</td>" in page
    parts = ["employee-short", "61.20", "28.81", "12.00", "20.39", "0.00", "settled"]
    cells = "".join(f"<td>{part}</td>" for part in (settled.setlinfo["setl_id"], *parts))
    assert cells in page
