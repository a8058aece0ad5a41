"""Two tills, one pot: whatever the order, no account goes below zero and no fen is lost."""

from __future__ import annotations

import asyncio
import threading
from decimal import Decimal
from pathlib import Path

import httpx

from terminal.sandbox.server import serving
from terminal.sandbox.settings import Settings
from terminal.sandbox.store import IN_MEMORY, open_store
from tests.sandbox.conftest import BOTH, Database
from tests.sandbox.counter import OTHER_SHOP, SHOP, Clock, Counter, Line, Reply, audit

TILLS = 8
SALES_EACH = 6
LINES: tuple[Line, ...] = (("", "97.31", "1"),)


@BOTH
async def test_two_shops_draw_one_pot_empty_and_never_below(database: Database) -> None:
    """48 sales of 97.31 against 1 800.00 in the pot of two people."""
    await _draw_empty(database())


async def test_a_pot_in_a_file_is_drawn_empty_and_never_below(tmp_path: Path) -> None:
    await _draw_empty(str(tmp_path / "ledger.db"))


async def _draw_empty(database: str) -> None:
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


@BOTH
async def test_one_message_sent_by_many_at_once_is_carried_out_once(database: Database) -> None:
    with serving(Settings(clock=Clock(), database=database())) as running:
        async with httpx.AsyncClient(base_url=running.url, timeout=30) as http:
            counter = Counter(http, Clock())
            customer = await counter.scan("employee")
            envelope = counter.envelope("2102", counter.purchase(customer))
            answers = await asyncio.gather(*(counter.post(envelope) for _ in range(20)))
            books = (await http.get("/ledger")).json()
    assert len({answer.content for answer in answers}) == 1
    assert len(books["settlements"]) == 1
    audit(books)


@BOTH
async def test_one_voucher_shown_to_many_tills_pays_once(database: Database) -> None:
    """All of one shop, which may all identify with it."""
    with serving(Settings(clock=Clock(), database=database())) as running:
        async with httpx.AsyncClient(base_url=running.url, timeout=30) as http:
            tills = [Counter(http, Clock(), serial=number * 1000) for number in range(TILLS)]
            customer = await tills[0].scan("employee")
            answers = await asyncio.gather(*(till.settle(customer) for till in tills))
            books = (await http.get("/ledger")).json()
    assert sorted(answer.err_msg for answer in answers)[:2] == ["", "医保码已使用，请重新出示"]
    assert len(books["settlements"]) == 1
    audit(books)


@BOTH
async def test_a_family_that_ends_while_it_buys_loses_no_fen(database: Database) -> None:
    """The pot goes back to its creator whole, less what was bought before."""
    with serving(Settings(clock=Clock(), database=database())) as running:
        async with httpx.AsyncClient(base_url=running.url, timeout=30) as http:
            tills = [Counter(http, Clock(), serial=number * 1000) for number in range(TILLS)]
            before = await tills[0].balances()
            people = ["resident" if number % 2 else "employee-empty" for number in range(TILLS)]
            shown = await asyncio.gather(
                *(till.scan(who) for till, who in zip(tills, people, strict=True))
            )
            sales = [till.settle(who, LINES) for till, who in zip(tills, shown, strict=True)]
            ends = [
                http.post("/_dissolve", json={"person": person})
                for person in ("resident", "employee-empty")
            ]
            done = await asyncio.gather(*sales[:4], *ends, *sales[4:])
            books = (await http.get("/ledger")).json()
            after = await tills[0].balances()
    audit(books)
    settled = [answer for answer in done if isinstance(answer, Reply)]
    spent_fen = sum(int(answer.setlinfo["acct_mulaid_pay"] * 100) for answer in settled)
    assert after["pot:creator-3"] == 0
    returned_fen = after["own:creator-3"] - before["own:creator-3"]
    assert returned_fen == before["pot:creator-3"] - spent_fen


@BOTH
async def test_a_settlement_and_its_reversal_at_once_end_in_nothing(database: Database) -> None:
    """Whichever comes first."""
    with serving(Settings(clock=Clock(), database=database())) as running:
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
    store = open_store(IN_MEMORY, Clock())
    seen: list[int] = []

    def count() -> None:
        for _ in range(200):
            with store.transaction() as tx:
                seen.append(tx.serial("visit"))

    threads = [threading.Thread(target=count) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    store.close()
    assert seen == list(range(1, 1001))
