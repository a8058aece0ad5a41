"""Many tills at once do everything there is to do to the same few accounts; then the books add up.

One rule: the audit is the counter's own (`counter.audit`): sums over what `/ledger` tells, without
a line of the code that wrote it.
"""

from __future__ import annotations

import asyncio
import random

import httpx
import pytest

from terminal.sandbox.server import serving
from terminal.sandbox.settings import Settings
from tests.sandbox.conftest import BOTH, Database
from tests.sandbox.counter import OTHER_SHOP, SHOP, Clock, Counter, Reply, audit

TILLS = 16
SALES_EACH = 5
FAMILY = ("employee-empty", "resident")
PEOPLE = (*FAMILY, *FAMILY, "employee-short", "employee-both-short", "employee")

EXPECTED = {
    "",
    "账户余额不足",
    "无可用的账户或共济关系",
    "请先使用本人个人账户",
    "data.amt 超过该结算尚未支付的个人负担",
    "该结算仍有未冲正的账户扣款",
    "账户资金已变动，不能冲正该撤销",
}
"""What a till may be told here; anything else, and any 500, is a fault of the sandbox."""


async def _one_sale(counter: Counter, chance: random.Random) -> list[Reply]:
    """A sale of either kind, and by chance half of it or all of it taken back."""
    customer = await counter.scan(chance.choice(PEOPLE))
    by_terminal = chance.random() < 0.4
    replies = [await counter.quote(customer)]
    settled = await counter.settle(customer, used="0" if by_terminal else "1")
    msgid = counter.last_envelope["msgid"]
    replies.append(settled)
    if by_terminal:
        for account in ("1", "2"):
            replies.append(await counter.debit(customer, settled, account, "5.00"))
            debit = counter.last_envelope["msgid"]
            if chance.random() < 0.5:
                replies.append(await counter.reverse_debit(customer, debit))
    end = chance.random()
    if end < 0.25:
        replies.append(await counter.cancel(settled))
        if end < 0.1:
            replies.append(await counter.reverse(customer, counter.last_envelope["msgid"], "2103"))
    elif end < 0.5:
        replies.append(await counter.reverse(customer, msgid))
    return replies


async def _till(http: httpx.AsyncClient, number: int) -> list[Reply]:
    shop = SHOP if number % 2 else OTHER_SHOP
    counter = Counter(http, Clock(), shop, serial=number * 500)
    chance = random.Random(number)
    sales = [await _one_sale(counter, chance) for _ in range(SALES_EACH)]
    return [reply for sale in sales for reply in sale]


async def _family(http: httpx.AsyncClient) -> None:
    """Ends and begins again while its members buy, and gets more money."""
    for turn in range(12):
        person = FAMILY[turn % 2]
        answers = [await http.post("/_dissolve", json={"person": person})]
        wanted = {"creator": "creator-3", "member": person, "kinship": "parent"}
        answers.append(await http.post("/_bind", json={**wanted, "bound_on": "2026-11-22"}))
        funds = {"creator": "creator-3", "amount_fen": 50000}
        answers.append(await http.post("/_transfer", json=funds))
        assert {answer.status_code for answer in answers} <= {200, 409}


async def _auditor(http: httpx.AsyncClient) -> None:
    """The books add up at every moment, not only when all is quiet."""
    for _ in range(12):
        audit((await http.get("/ledger")).json())


@BOTH
@pytest.mark.slow
async def test_whatever_many_tills_do_at_once_no_fen_is_lost_or_made(database: Database) -> None:
    with serving(Settings(clock=Clock(), database=database())) as running:
        async with httpx.AsyncClient(base_url=running.url, timeout=60, trust_env=False) as http:
            tills = asyncio.gather(*(_till(http, number) for number in range(TILLS)))
            told, *_ = await asyncio.gather(tills, _family(http), _auditor(http))
            books = (await http.get("/ledger")).json()
    audit(books)
    assert {reply.err_msg for replies in told for reply in replies} <= EXPECTED
    assert len([row for row in books["settlements"] if row["kind"] == "charge"]) == (
        TILLS * SALES_EACH
    )
