"""The till beside the platform's books: at the day end, on request, and when nobody answers."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from starlette.applications import Starlette

from terminal.journal.snapshot import reading
from terminal.reports import day_lines, day_report
from terminal.sale.answers import Reconciled
from terminal.sale.commands import (
    AddItem,
    Cancel,
    CloseDay,
    Confirm,
    Reconcile,
    Refund,
    SellForCash,
)
from terminal.sale.events import DayClosed, Refused
from terminal.sale.money import Fen
from terminal.sale.statement import Difference, Finding, Reconciliation, Remedy, Verdict
from terminal.settlement.dialect import IdSpace
from tests.till import BOXES, Till, make_plan, open_test_till, sandbox_app

PROFILES = ("sandbox", "sandbox-splits")


def change(app: Starlette, sql: str, *values: object) -> None:
    """The platform's books, changed behind everybody's back."""
    with app.state.store.transaction() as tx:
        tx.run(sql, *values)


async def reconciled(till: Till) -> Reconciliation:
    await till.do(Reconcile())
    return till.told(Reconciled)[-1].reconciliation


async def only_difference(till: Till) -> Difference:
    made = await reconciled(till)
    assert made.verdict is Verdict.DIFFERS
    (difference,) = made.differences
    return difference


@pytest.mark.parametrize("profile", PROFILES)
async def test_sales_refunds_and_voids_of_a_day_agree(tmp_path: Path, profile: str) -> None:
    async with open_test_till(tmp_path / "j", sandbox_app(), made=make_plan(profile)) as till:
        for person in ("employee", "employee-both-short", "resident"):
            await till.sell(person)
        assert till.checkout.last
        await till.do(Refund(till.checkout.last.sale_id))
        await till.quoted("employee-short")
        await till.do(Confirm(), Cancel())
        await till.until_resolved()
        await till.do(AddItem(BOXES[0]), SellForCash())
        made = await reconciled(till)
        assert (made.verdict, made.settlements, made.total_fen) == (Verdict.AGREES, 3, 3 * 6120)
        assert made.other_tills == 0


@pytest.mark.parametrize("profile", PROFILES)
async def test_a_settlement_the_platform_has_lost_is_named(tmp_path: Path, profile: str) -> None:
    app = sandbox_app()
    async with open_test_till(tmp_path / "j", app, made=make_plan(profile)) as till:
        sale = await till.sell("employee")
        await till.sell("resident")
        number = sale.tenders[0].settlement_id
        change(app, "UPDATE settlements SET state = 'reversed' WHERE setl_id = ?", number)
        found = await only_difference(till)
        assert (found.finding, found.remedy) == (Finding.NOT_THERE, Remedy.ASK)
        assert (found.sale_id, found.settlement_id) == (sale.sale_id, number)
        assert (found.ours_fen, found.theirs_fen) == (6120, None)


async def test_a_refund_the_platform_forgot_is_to_be_taken_back_by_its_number(
    tmp_path: Path,
) -> None:
    app = sandbox_app()
    async with open_test_till(tmp_path / "j", app, made=make_plan("sandbox-splits")) as till:
        sale = await till.sell("employee")
        await till.do(Refund(sale.sale_id))
        await till.until_resolved()
        tender = sale.tenders[0]
        change(app, "UPDATE settlements SET state = 'settled' WHERE msgid = ?", tender.key)
        found = await only_difference(till)
        assert (found.finding, found.remedy) == (Finding.NOT_SETTLED, Remedy.TAKE_BACK)
        assert (found.sale_id, found.message_id) == (sale.sale_id, tender.key)


async def test_a_charge_that_never_counted_is_to_be_reversed_by_its_message(
    tmp_path: Path,
) -> None:
    app = sandbox_app()
    async with open_test_till(tmp_path / "j", app, made=make_plan("sandbox-splits")) as till:
        await till.quoted("employee")
        await till.fault("2102", "5xx_after")
        await till.fault("5201", "not_found", 20)
        await till.do(Confirm())
        await till.until_resolved()
        await till.do(Cancel())
        await till.until_resolved()
        change(app, "UPDATE settlements SET state = 'settled'")
        found = await only_difference(till)
        assert (found.finding, found.remedy) == (Finding.NOT_SETTLED, Remedy.REVERSE_MESSAGE)


async def test_a_journal_restored_from_before_a_sale_finds_that_sale_missing(
    tmp_path: Path,
) -> None:
    app = sandbox_app()
    async with open_test_till(tmp_path / "j", app, made=make_plan("sandbox-splits")) as till:
        sale = await till.sell("employee")
    async with open_test_till(tmp_path / "anew", app, made=make_plan("sandbox-splits")) as till:
        found = await only_difference(till)
        assert (found.finding, found.remedy) == (Finding.NO_SALE, Remedy.ASK)
        assert (found.message_id, found.theirs_fen) == (sale.tenders[0].key, 6120)


async def test_the_other_tills_of_the_shop_are_told_apart(tmp_path: Path) -> None:
    app = sandbox_app()
    made = make_plan("sandbox-splits")
    second = replace(
        made,
        counter=msgspec.structs.replace(
            made.counter, till=msgspec.structs.replace(made.counter.till, number=2)
        ),
    )
    async with open_test_till(tmp_path / "1", app, made=made) as till:
        await till.sell("employee")
    async with open_test_till(tmp_path / "2", app, made=second) as till:
        await till.sell("resident")
        found = await reconciled(till)
        assert (found.verdict, found.settlements, found.other_tills) == (Verdict.AGREES, 1, 1)


def test_whose_a_message_is_stands_in_its_id() -> None:
    ids = IdSpace("P63010200001", 3, 2)
    assert not ids.is_another_tills("P6301020000120261122100000" + "0312")
    assert ids.is_another_tills("P6301020000120261122100000" + "1312")
    for foreign in ("", "P63010200001", "P6301029999920261122100000" + "1312"):
        assert not ids.is_another_tills(foreign)


QUESTIONS = ("3201", "9101", "3202", "9102")


@pytest.mark.parametrize("infno", QUESTIONS)
@pytest.mark.parametrize("kind", ["5xx_before", "5xx_after", "busy", "garble"])
async def test_without_an_answer_nothing_is_known_and_the_day_closes_saying_so(
    tmp_path: Path, infno: str, kind: str
) -> None:
    app = sandbox_app()
    async with open_test_till(tmp_path / "j", app, made=make_plan("sandbox-splits")) as till:
        await till.sell("employee")
        change(app, "UPDATE settlements SET state = 'reversed'")
        await till.fault(infno, kind)
        await till.do(CloseDay())
        (closed,) = till.told(DayClosed)
        report = day_report(closed.report)
        assert report.reconciliation
        assert report.reconciliation.verdict is Verdict.UNANSWERED
        assert report.reconciliation.words
        assert report.reconciliation.settlements == 1
        text = "".join(day_lines(report, make_plan().words["zh"], "x", number=1))
        assert "未对账" in text
        assert (await reconciled(till)).verdict is Verdict.DIFFERS


async def test_the_z_report_names_every_difference_and_never_changes(tmp_path: Path) -> None:
    app = sandbox_app()
    made = make_plan("sandbox-splits")
    async with open_test_till(tmp_path / "j", app, made=made) as till:
        lost = await till.sell("employee")
        await till.sell("resident")
        change(
            app,
            "UPDATE settlements SET state = 'reversed' WHERE setl_id = ?",
            lost.tenders[0].settlement_id,
        )
        await till.do(CloseDay(counted_fen=Fen(0)))
        (closed,) = till.told(DayClosed)
        lines = day_lines(day_report(closed.report), made.words["en"], "x", number=1)
        text = "".join("".join(lines).split())
        assert "NOTRECONCILED" in text
        assert f"theplatformhasnosettlement{lost.tenders[0].settlement_id}" in text
        assert "askthebureau" in text
        change(app, "UPDATE settlements SET state = 'settled'")
        assert (await reconciled(till)).verdict is Verdict.AGREES
    with reading(tmp_path / "j") as journal:
        ((body,),) = journal._db.execute("SELECT body FROM days").fetchall()
    assert json.loads(body) == json.loads(closed.report)


async def test_the_day_end_looks_at_every_day_since_the_one_before(tmp_path: Path) -> None:
    app = sandbox_app()
    async with open_test_till(tmp_path / "j", app, made=make_plan("sandbox-splits")) as till:
        await till.sell("employee")
        yesterday = await reconciled(till)
        assert yesterday.first_day == yesterday.last_day
        await till.do(Reconcile("2026-01-01", "2026-01-31"))
        january = till.told(Reconciled)[-1].reconciliation
        assert (january.settlements, january.verdict) == (0, Verdict.AGREES)


@pytest.mark.parametrize(
    ("first", "last", "reason"),
    [
        ("yesterday", "", "not_a_day"),
        ("", "2026-02-30", "not_a_day"),
        ("2026-03-02", "2026-03-01", "too_many_days"),
        ("2026-01-01", "2026-02-01", "too_many_days"),
    ],
)
async def test_days_that_cannot_be_compared_are_refused(
    tmp_path: Path, first: str, last: str, reason: str
) -> None:
    async with open_test_till(tmp_path / "j", sandbox_app()) as till:
        await till.do(Reconcile(first, last))
        assert till.told(Refused) == [Refused(reason)]


async def test_a_platform_without_books_is_not_asked(tmp_path: Path) -> None:
    made = make_plan()
    made = replace(made, profile=msgspec.structs.replace(made.profile, reconciliation=None))
    async with open_test_till(tmp_path / "j", sandbox_app(), made=made) as till:
        await till.do(Reconcile(), CloseDay())
        assert till.told(Refused) == [Refused("no_books")]
        assert day_report(till.told(DayClosed)[0].report).reconciliation is None
