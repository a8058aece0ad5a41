"""Refunds go back where they came from; the day adds up; nothing begins that could not end."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from terminal.checkout.disk import WriterThread
from terminal.journal import Journal, JournalError, Trouble
from terminal.journal.room import Room
from terminal.journal.snapshot import raw
from terminal.journal.store import connect_file
from terminal.journal.verify import Verdict, verify
from terminal.sale.commands import AddItem, Cancel, CloseDay, Confirm, Refund, TakeCash
from terminal.sale.events import (
    ChargeReversed,
    DayClosed,
    Entry,
    LineAdded,
    Refused,
    SaleOpened,
    SaleRefunded,
)
from terminal.sale.money import Fen
from terminal.sale.steps import Phase
from tests.audit import disagreements
from tests.till import BOXES, Till, make_plan, open_test_till, sandbox_app


async def balances(till: Till) -> dict[str, int]:
    accounts = (await till.ledger())["accounts"]
    assert isinstance(accounts, list)
    return {a["account"]: a["balance_fen"] for a in accounts if a["kind"] in ("own", "pot", "fund")}


@pytest.mark.parametrize("profile", ["sandbox", "sandbox-splits"])
async def test_a_refund_goes_back_to_each_account_and_only_cash_is_handed_out(
    tmp_path: Path, profile: str
) -> None:
    app = sandbox_app()
    async with open_test_till(tmp_path / "j", app, made=make_plan(profile)) as till:
        before = await balances(till)
        sale = await till.sell("employee-both-short")
        await till.do(Refund(sale.sale_id))
        await till.until_resolved()
        after = await balances(till)
        assert {name: held for name, held in after.items() if held or name in before} == before
        assert till.told(SaleRefunded)[0].cash_fen == 1939
        assert disagreements(await till.checkout.everything(), await till.ledger()) == []


async def test_a_second_refund_and_a_refund_of_nothing_are_refused(tmp_path: Path) -> None:
    async with open_test_till(tmp_path / "j", sandbox_app()) as till:
        sale = await till.sell("employee")
        await till.do(Refund("20000101010001"), Refund(sale.sale_id, keeps=(9,)))
        await till.do(Refund(sale.sale_id, keeps=(1, 2, 3)), Refund(sale.sale_id))
        await till.do(Refund(sale.sale_id))
        await till.until_resolved()
        await till.do(Refund(sale.sale_id), AddItem(BOXES[0]))
        opened = till.checkout.sale
        assert opened
        await till.do(Refund(opened.sale_id))
        assert [notice.reason for notice in till.told(Refused)] == [
            "no_such_sale",
            "no_such_line",
            "nothing_returned",
            "already_refunded",
            "already_refunded",
            "not_settled",
        ]
        assert len(till.told(SaleRefunded)) == 1


async def test_a_refund_is_tried_again_under_the_same_id_until_it_holds(tmp_path: Path) -> None:
    async with open_test_till(tmp_path / "j", sandbox_app()) as till:
        sale = await till.sell("employee")
        await till.fault("X102", "5xx_after", count=2)
        await till.fault("2103", "5xx_after", count=1)
        await till.do(Refund(sale.sale_id))
        await till.until_resolved()
        assert len(till.told(SaleRefunded)) == 1
        assert len(till.told(ChargeReversed)) == 2
        assert disagreements(await till.checkout.everything(), await till.ledger()) == []


async def test_of_a_partial_return_the_kept_goods_are_settled_anew(tmp_path: Path) -> None:
    async with open_test_till(tmp_path / "j", sandbox_app()) as till:
        sale = await till.sell("employee")
        await till.do(Refund(sale.sale_id, keeps=(1, 3)))
        await till.until_resolved()
        anew = till.checkout.sale
        assert anew
        assert anew.replaces == sale.sale_id
        assert [line.code for line in anew.lines] == [BOXES[0], BOXES[2]]
        assert [line.line for line in till.told(LineAdded)][-2:] == [1, 2]
        await till.show("employee")
        await till.do(Confirm())
        assert till.checkout.last
        assert till.checkout.last.settled
        assert disagreements(await till.checkout.everything(), await till.ledger()) == []


async def test_a_refund_interrupted_by_a_restart_goes_on_by_itself(tmp_path: Path) -> None:
    app = sandbox_app()
    async with open_test_till(tmp_path / "j", app) as till:
        sale = await till.sell("employee-short")
        await till.fault("X102", "5xx_before", count=1000)
        await till.do(Refund(sale.sale_id))
        assert till.told(SaleRefunded) == []
    async with open_test_till(tmp_path / "j", app) as till:
        await till.sandbox.delete("/_faults")
        await till.until_resolved()
        assert len(till.told(SaleRefunded)) == 1
        assert till.checkout.sale is None
        assert disagreements(await till.checkout.everything(), await till.ledger()) == []


async def test_a_day_adds_up_sales_and_refunds_and_is_numbered(tmp_path: Path) -> None:
    async with open_test_till(tmp_path / "j", sandbox_app()) as till:
        await till.sell("employee-both-short")
        kept = await till.sell("employee")
        await till.do(AddItem(BOXES[0]), Cancel(), CloseDay())
        await till.do(Refund(kept.sale_id))
        await till.until_resolved()
        await till.do(CloseDay())
    first, second = till.told(DayClosed)
    assert (first.z, second.z) == (1, 2)
    assert json.loads(first.report)["totals"] == {
        "settled": 2,
        "self_pay": 0,
        "voided": 1,
        "refunded": 0,
        "sold_fen": 12240,
        "split": {"fund_fen": 5762, "personal_fen": 3739, "mutual_aid_fen": 800},
        "cash_fen": 1939,
        "returned": {"fund_fen": 0, "personal_fen": 0, "mutual_aid_fen": 0},
        "cash_returned_fen": 0,
    }
    returned = json.loads(second.report)["totals"]
    assert returned["settled"] == 0
    assert returned["refunded"] == 1
    assert returned["returned"] == {"fund_fen": 2881, "personal_fen": 3239, "mutual_aid_fen": 0}


async def test_a_day_with_something_open_closes_only_for_a_manager_with_a_reason(
    tmp_path: Path,
) -> None:
    async with open_test_till(tmp_path / "j", sandbox_app()) as till:
        await till.do(AddItem(BOXES[0]), CloseDay(), CloseDay(manager="9001"))
        await till.do(CloseDay(manager="9001", reason="停电\x1b[2J"))
        sale = till.checkout.sale
    assert [notice.reason for notice in till.told(Refused)] == ["open_items"] * 2
    report = json.loads(till.told(DayClosed)[0].report)
    assert sale
    assert report["open"] == [sale.sale_id]
    assert report["manager"] == "9001"
    assert "\x1b" not in report["reason"]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE days SET body = '{}'",
        "DELETE FROM days WHERE z = 1",
        "UPDATE days SET z = 9 WHERE z = 2",
    ],
)
async def test_a_z_report_cannot_change_afterwards(tmp_path: Path, change: str) -> None:
    async with open_test_till(tmp_path / "j", sandbox_app()) as till:
        await till.do(AddItem(BOXES[0]), Cancel(), CloseDay(), CloseDay())
    db = sqlite3.connect(tmp_path / "j")
    db.execute(change)
    db.commit()
    db.close()
    with raw(tmp_path / "j") as (copy, key):
        assert verify(copy, key).verdict is Verdict.REPORT


async def test_below_the_floor_no_sale_begins_and_an_open_one_ends(tmp_path: Path) -> None:
    async with open_test_till(tmp_path / "j", sandbox_app()) as till:
        await till.quoted("employee-both-short")
        (tmp_path / "j.ballast").unlink()
        till.floor(1 << 62)
        await till.do(Confirm())
        assert till.checkout.phase is Phase.CASH_DUE
        await till.do(TakeCash(), AddItem(BOXES[0]))
        assert till.checkout.last
        assert till.checkout.last.settled
        assert till.told(Refused) == [Refused("disk_full")]
        assert len(till.told(SaleOpened)) == 1
        till.floor(0)
        await till.do(AddItem(BOXES[0]))
        assert till.checkout.sale


class Tight(Room):
    """A disk that has space again only once the ballast is gone."""

    db: sqlite3.Connection

    def release(self) -> bool:
        self.db.execute("PRAGMA max_page_count = 100000")
        return super().release()


def test_on_a_full_disk_the_ballast_goes_and_the_write_succeeds(tmp_path: Path) -> None:
    path = tmp_path / "j"
    room = Tight(path, floor_bytes=0, ballast_bytes=1 << 16)

    def connect(name: Path) -> sqlite3.Connection:
        room.db = connect_file(name)
        return room.db

    with Journal(path, connect=connect, room=room) as journal:
        pages = room.db.execute("PRAGMA page_count").fetchone()[0]
        room.db.execute(f"PRAGMA max_page_count = {pages}")
        entries = [Entry(f"s{n}", 1, SaleOpened("t" * 3000)) for n in range(20)]
        for entry in entries:
            journal.append(entry)
        assert not (tmp_path / "j.ballast").exists()
        assert journal.all_entries() == entries


def test_on_a_full_disk_without_ballast_nothing_is_half_written(tmp_path: Path) -> None:
    path = tmp_path / "j"
    with Journal(path) as journal:
        pages = journal._db.execute("PRAGMA page_count").fetchone()[0]
        journal._db.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(JournalError) as error:
            fill(journal)
        assert error.value.reason is Trouble.FULL
        entries = journal.all_entries()
        assert len(entries) % 2 == 0
    with Journal(path) as journal:
        assert journal.all_entries() == entries


def fill(journal: Journal) -> None:
    for number in range(50):
        journal.append(
            Entry(f"s{number}", 1, SaleOpened("t" * 3000)),
            Entry(f"s{number}", 2, LineAdded(1, "c", "n", Fen(1), 1)),
        )


async def test_the_writer_thread_never_holds_up_the_loop() -> None:
    disk = WriterThread()
    assert await disk.run(lambda: 5) == 5
    disk.close()
