"""Goods sold and returned are told to the platform: each row once, behind the sale."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import httpx
import msgspec
import pytest
from starlette.applications import Starlette

from terminal.checkout import Trust
from terminal.checkout.disk import WriterThread
from terminal.cli import main
from terminal.cli.build import Plan, assemble, limits_of
from terminal.clock import SystemClock
from terminal.journal import Journal, JournalError, Trouble
from terminal.journal.schema import SCHEMA_VERSION
from terminal.sale.commands import AddItem, LookAgain, Present, Refund, SellForCash
from terminal.sale.events import Entry, Event, GoodsRefused, Notice, SaleRefunded, SaleSettled
from terminal.sale.evolve import fold
from terminal.sandbox.settings import Settings
from tests.audit import disagreements
from tests.till import (
    BOXES,
    Till,
    make_plan,
    open_test_till,
    sandbox_app,
    sender_of_demo,
    shipped_plan,
)

CODE = "81234560000000000017"
T = TypeVar("T")
Rows = Counter[tuple[str, str, str]]
"""(row, sold or returned, goods)."""


def telling(*transactions: str, refusals_max: int = 3) -> Plan:
    """The splitting sandbox, quick, and told of goods; as shipped, but for the schedule."""
    made = make_plan("sandbox-splits")
    goods = shipped_plan("sandbox-splits").profile.goods
    assert goods
    quick = msgspec.structs.replace(
        goods,
        again_seconds=(0.02, 0.05),
        refusals_max=refusals_max,
        transactions=transactions or goods.transactions,
    )
    return replace(made, profile=msgspec.structs.replace(made.profile, goods=quick))


async def told(till: Till) -> Rows:
    rows: Any = (await till.ledger())["goods"]
    return Counter((row["bchno"], row["kind"], row["goods"]) for row in rows)


async def expected(till: Till) -> Rows:
    return due(await till.checkout.everything())


def due(entries: list[Entry]) -> Rows:
    """What the journal's events call for, worked out anew."""
    rows: Rows = Counter()
    by_sale: dict[str, list[Entry]] = {}
    for entry in entries:
        by_sale.setdefault(entry.sale_id, []).append(entry)
        if isinstance(entry.event, SaleSettled | SaleRefunded):
            sale = fold(by_sale[entry.sale_id])
            assert sale
            back = isinstance(entry.event, SaleRefunded)
            for line in sale.lines:
                row = f"{sale.sale_id}-{line.line}" + ("-R" if back else "")
                rows[row, "returned" if back else "sold", line.code] += 1
    return rows


async def until(till: Till, is_so: Callable[[], bool | Awaitable[bool]]) -> None:
    """Raises what ended the till, if anything did."""
    async with asyncio.timeout(30):
        while True:
            answer = is_so()
            if answer if isinstance(answer, bool) else await answer:
                return
            if till.task.done():
                till.task.result()
            await asyncio.sleep(0.01)


async def until_all_told(till: Till) -> None:
    async def are_told() -> bool:
        return await told(till) == await expected(till)

    await until(till, are_told)


async def until_told(till: Till, count: int) -> None:
    async def are_told() -> bool:
        return len(await told(till)) >= count

    await until(till, are_told)


async def sell_for_cash(till: Till) -> str:
    await till.do(AddItem(BOXES[0], 2), AddItem(BOXES[2]), SellForCash())
    assert till.checkout.last
    return till.checkout.last.sale_id


@pytest.mark.parametrize("transactions", [("3505A", "3506"), ("3505", "3506")])
async def test_insured_and_self_paid_sales_and_refunds_are_all_told(
    tmp_path: Path, transactions: tuple[str, ...]
) -> None:
    made = telling(*transactions)
    async with open_test_till(tmp_path / "j", sandbox_app(), made=made) as till:
        insured = await till.sell("employee")
        await sell_for_cash(till)
        await till.do(Refund(insured.sale_id, keeps=(2,)))
        await till.until_resolved()
        await till.do(SellForCash())
        await until_all_told(till)
        rows: Any = (await till.ledger())["goods"]
        number = insured.tenders[0].settlement_id
        assert [row["setl_id"] for row in rows] == [number] * 3 + [""] * 2 + [number] * 3 + [""]
        assert [row["count"] for row in rows[3:5]] == ["2", "1"]
        assert disagreements(await till.checkout.everything(), await till.ledger()) == []


async def test_the_code_of_every_box_is_told_also_without_insurance(tmp_path: Path) -> None:
    made = telling()
    prefix = next(item.trace_prefix for item in made.catalogue if item.trace_prefix)
    code = f"{prefix}0000000000017"
    async with open_test_till(tmp_path / "j", sandbox_app(), made=made) as till:
        await till.do(Present(code.encode()), SellForCash())
        sale = till.checkout.last
        assert sale
        await until_all_told(till)
        rows: Any = (await till.ledger())["goods"]
        (row,) = rows
        assert row["codes"] == [code]
        await till.do(Refund(sale.sale_id))
        await till.do(Present(code.encode()), SellForCash())
        await until_all_told(till)


FAULTS = ("5xx_before", "5xx_after", "busy", "garble", "duplicate", "delay_reply", "pending")


@pytest.mark.parametrize("kind", FAULTS)
@pytest.mark.parametrize("infno", ["3505A", "3505", "3506"])
async def test_whatever_the_network_does_every_row_is_told_once(
    tmp_path: Path, infno: str, kind: str
) -> None:
    made = telling("3505" if infno == "3505" else "3505A", "3506", refusals_max=9)
    async with open_test_till(tmp_path / "j", sandbox_app(), made=made) as till:
        await till.fault(infno, kind, count=2, seconds=0.05)
        number = await sell_for_cash(till)
        await till.do(Refund(number))
        await until_all_told(till)
        assert till.checkout.refused_goods == []


async def test_a_row_that_is_refused_for_good_is_listed_and_undoes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    app = sandbox_app(Settings(unmapped=frozenset({BOXES[1]})))
    async with open_test_till(tmp_path / "j", app, made=telling()) as till:
        sale = await till.sell("employee")
        await until(till, lambda: bool(till.told(GoodsRefused)))
        (refused,) = till.told(GoodsRefused)
        assert (refused.sale_id, refused.line, refused.words) == (
            sale.sale_id,
            2,
            "该商品未做目录对照",
        )
        assert [(row.key.line, row.refusals) for row in till.checkout.refused_goods] == [(2, 3)]
        assert sorted(row[2] for row in await told(till)) == sorted([BOXES[0], BOXES[2]])
        assert till.checkout.open == []
        assert till.checkout.last == sale
    async with open_test_till(tmp_path / "j", app, made=telling()) as till:
        await sell_for_cash(till)
        await until_told(till, 4)
        assert [row.key.line for row in till.checkout.refused_goods] == [2]
    assert main(["open", "--journal", str(tmp_path / "j"), "--lang", "en"]) == 0
    shown = capsys.readouterr().out
    assert f"Goods sold, sale {sale.sale_id}, line 2: refused 3 times" in shown
    assert "该商品未做目录对照" in shown
    assert "The sale stands." in shown


async def test_once_the_cause_is_put_right_looking_again_tells_it(tmp_path: Path) -> None:
    app = sandbox_app()
    made = telling()
    item = next(item for item in made.catalogue if item.trace_prefix)
    code = f"{item.trace_prefix}0000000000024"
    with app.state.store.transaction() as tx:
        tx.run("INSERT INTO trace_codes VALUES (?)", code)
    async with open_test_till(tmp_path / "j", app, made=made) as till:
        await till.do(Present(code.encode()), SellForCash())
        await until(till, lambda: bool(till.checkout.refused_goods))
        assert "追溯码已上传" in till.checkout.refused_goods[0].words
        with app.state.store.transaction() as tx:
            tx.run("DELETE FROM trace_codes")
        await till.do(LookAgain())
        await until_all_told(till)
        assert till.checkout.refused_goods == []


async def test_a_platform_that_keeps_silent_about_goods_holds_up_no_sale(tmp_path: Path) -> None:
    async with open_test_till(tmp_path / "j", sandbox_app(), made=telling()) as till:
        await till.fault("3505A", "delay", count=9, seconds=600)
        for _ in range(3):
            assert (await till.sell("resident")).settled


async def test_what_was_sold_before_goods_were_told_is_not_told_later(tmp_path: Path) -> None:
    app = sandbox_app()
    async with open_test_till(tmp_path / "j", app, made=make_plan("sandbox-splits")) as till:
        old = await sell_for_cash(till)
    async with open_test_till(tmp_path / "j", app, made=telling()) as till:
        await till.do(Refund(old))
        new = await sell_for_cash(till)
        await until_told(till, 2)
        assert {row[0] for row in await told(till)} == {f"{new}-1", f"{new}-2"}


async def test_a_journal_of_the_version_before_is_gone_on_with(tmp_path: Path) -> None:
    app = sandbox_app()
    async with open_test_till(tmp_path / "j", app, made=make_plan("sandbox-splits")) as till:
        await sell_for_cash(till)
    with contextlib.closing(sqlite3.connect(tmp_path / "j")) as db:
        db.execute("DROP TABLE goods_rows")
        db.execute(f"PRAGMA user_version = {SCHEMA_VERSION - 1}")
        db.commit()
    async with open_test_till(tmp_path / "j", app, made=telling()) as till:
        new = await sell_for_cash(till)
        await until_told(till, 2)
        assert {row[0][:14] for row in await told(till)} == {new}


# -- crashes at every access to the disk


class DyingDisk(WriterThread):
    """Fails for ever from its n-th call on, with that call done or not."""

    def __init__(self, calls: int, *, done: bool) -> None:
        super().__init__()
        self.calls, self._done = calls, done

    async def run(self, work: Callable[[], T]) -> T:
        self.calls -= 1
        if self.calls < 0 or (self.calls == 0 and not self._done):
            raise JournalError(Trouble.DISK, Path("j"), "killed")
        result = await super().run(work)
        if self.calls == 0:
            raise JournalError(Trouble.DISK, Path("j"), "killed")
        return result


@asynccontextmanager
async def mortal_till(path: Path, app: Starlette, disk: DyingDisk) -> AsyncIterator[Till]:
    """A till that dies with its disk."""
    made, clock = telling(), SystemClock()
    direct = httpx.ASGITransport(app=app)
    trust = Trust(made.bundle, made.roots, limits_of(made.counter), lambda data, held: True)
    with Journal(path) as journal:
        checkout, platform = assemble(made, journal, clock, disk, trust, sender_of_demo(), direct)
        happened: list[Event | Notice] = []
        checkout.subscribe(lambda what, sale: happened.append(what))
        task = asyncio.create_task(checkout.run())
        try:
            async with httpx.AsyncClient(transport=direct, base_url="http://sandbox") as sandbox:
                yield Till(checkout, task, sandbox, happened)
        finally:
            task.cancel()
            await asyncio.wait({task})
            await platform.close()


async def a_short_day(path: Path, app: Starlette, disk: DyingDisk) -> None:
    with contextlib.suppress(JournalError):
        async with mortal_till(path, app, disk) as till:
            number = await sell_for_cash(till)
            await till.do(Refund(number))
            await sell_for_cash(till)
            await until_all_told(till)


@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
async def test_a_crash_at_any_access_to_the_disk_loses_no_row_and_doubles_none(
    tmp_path: Path, done: bool
) -> None:
    whole = DyingDisk(10_000, done=done)
    await a_short_day(tmp_path / "whole", sandbox_app(), whole)
    accesses = 10_000 - whole.calls
    assert 20 < accesses < 400
    for call in range(1, accesses + 1):
        app, path = sandbox_app(), tmp_path / f"{call}"
        await a_short_day(path, app, DyingDisk(call, done=done))
        async with open_test_till(path, app, made=telling()) as till:
            await until_all_told(till)
            rows = await told(till)
            assert all(count == 1 for count in rows.values()), call
        app.state.store.close()
