"""Two tills, one pot: whatever the order, no account goes below zero and no fen is lost."""

from __future__ import annotations

import asyncio
import threading
from decimal import Decimal
from pathlib import Path

import httpx

from terminal.sandbox.server import serving
from terminal.sandbox.settings import IN_MEMORY, Settings
from terminal.sandbox.store import Store
from tests.sandbox.counter import OTHER_SHOP, SHOP, Clock, Counter, Line, audit

TILLS = 8
SALES_EACH = 6
LINES: tuple[Line, ...] = (("", "97.31", "1"),)


async def test_two_shops_draw_one_pot_empty_and_never_below(tmp_path: Path) -> None:
    """Both kinds of database; 48 sales of 97.31 against 1 800.00 in the pot of two people."""
    for database in (IN_MEMORY, str(tmp_path / "ledger.db")):
        with serving(Settings(database=database)) as running:
            async with httpx.AsyncClient(base_url=running.url, timeout=30) as http:
                paid = await asyncio.gather(*(_sell(http, number) for number in range(TILLS)))
                books = (await http.get("/ledger")).json()
        audit(books)
        balances = {row["account"]: row["balance_fen"] for row in books["accounts"]}
        assert balances["pot:creator-3"] == 0
        assert sum(paid, Decimal(0)) == Decimal("1800.00")
        assert len(books["settlements"]) == TILLS * SALES_EACH
        partly = [row for row in books["settlements"] if 0 < row["split_fen"]["mutual_aid"] < 9731]
        assert len(partly) == 1


async def _sell(http: httpx.AsyncClient, number: int) -> Decimal:
    """What mutual aid paid of this till's sales."""
    counter = Counter(http, Clock(), SHOP if number % 2 else OTHER_SHOP, serial=number * 1000)
    paid = Decimal(0)
    for _ in range(SALES_EACH):
        customer = await counter.scan("resident" if number % 3 else "employee-empty")
        settled = await counter.settle(customer, LINES)
        assert settled.code == 0, settled.err_msg
        paid += settled.setlinfo["acct_mulaid_pay"]
    return paid


async def test_one_message_sent_by_many_at_once_is_carried_out_once() -> None:
    with serving(Settings(clock=Clock())) as running:
        async with httpx.AsyncClient(base_url=running.url, timeout=30) as http:
            counter = Counter(http, Clock())
            customer = await counter.scan("employee")
            envelope = counter.envelope("2102", counter.purchase(customer))
            answers = await asyncio.gather(*(counter.post(envelope) for _ in range(20)))
            books = (await http.get("/ledger")).json()
    assert len({answer.content for answer in answers}) == 1
    assert len(books["settlements"]) == 1
    audit(books)


async def test_a_settlement_and_its_reversal_at_once_end_in_nothing() -> None:
    """Whichever comes first."""
    with serving(Settings(clock=Clock())) as running:
        async with httpx.AsyncClient(base_url=running.url, timeout=30) as http:
            counter = Counter(http, Clock())
            for _ in range(10):
                customer = await counter.scan("employee-short")
                envelope = counter.envelope("2102", counter.purchase(customer))
                await asyncio.gather(
                    counter.post(envelope), counter.reverse(customer, envelope["msgid"])
                )
            books = (await http.get("/ledger")).json()
    balances = {row["account"]: row["balance_fen"] for row in books["accounts"]}
    assert (balances["own:employee-short"], balances["pot:creator-1"]) == (1200, 86000)
    assert all(row["state"] == "reversed" for row in books["settlements"])
    audit(books)


def test_transactions_of_many_threads_follow_one_another() -> None:
    store = Store(":memory:", Clock())
    seen: list[int] = []

    def count() -> None:
        for _ in range(200):
            with store.transaction() as tx:
                seen.append(tx.serial("test"))

    threads = [threading.Thread(target=count) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    store.close()
    assert seen == list(range(1, 1001))
