"""What an answer is believed to mean: the real till in front of the real sandbox, at fault."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import msgspec
import pytest

from terminal.catalogue import Catalogue
from terminal.catalogue.goods import goods_of
from terminal.sale.commands import AddItem, Cancel, Confirm, Refund, TakeCash
from terminal.sale.events import (
    ChargeApproved,
    ChargeDeclined,
    ChargeIntended,
    ChargeReversed,
    ChargeUnknown,
    SaleRefunded,
    Waiting,
)
from terminal.settlement.client import FORGOTTEN
from tests.audit import disagreements
from tests.till import BOXES, Till, make_plan, open_test_till, sandbox_app

CHARGES = {"sandbox": "X101", "sandbox-splits": "2102"}


@pytest.fixture(params=list(CHARGES))
def profile(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
async def till(profile: str, tmp_path: Path) -> AsyncIterator[Till]:
    """Every sale of it ends with journal and ledger in agreement."""
    app = sandbox_app()
    made = make_plan(profile)
    async with open_test_till(tmp_path / "journal.db", app, made=made) as till:
        yield till
        await finish(till)
        entries = await till.checkout.everything()
        assert disagreements(entries, await till.ledger()) == []
    app.state.store.close()


async def finish(till: Till) -> None:
    """What is on the counter is paid, in cash where need be, or cancelled."""
    await till.until_resolved()
    for command in (Confirm(), TakeCash(), Cancel()):
        if till.checkout.sale:
            await till.do(command)
            await till.until_resolved()


async def test_still_being_processed_is_never_believed_as_a_decline(
    till: Till, profile: str
) -> None:
    """The charge lands a moment after 处理中: it is found, not charged again and not refused."""
    await till.quoted("employee")
    await till.fault(CHARGES[profile], "pending", seconds=0.01)
    await till.do(Confirm())
    await till.until_resolved()
    assert till.told(ChargeDeclined) == []
    assert [u.cause for u in till.told(ChargeUnknown)] == ["pending: 交易处理中，请稍后查询"]
    charged = [event.key for event in till.told(ChargeIntended)]
    assert len(charged) == len(set(charged)) == len(till.told(ChargeApproved))


async def test_without_the_word_in_the_profile_the_same_answer_is_a_decline(
    tmp_path: Path,
) -> None:
    """What makes the difference is the profile's list and nothing else."""
    app, made = sandbox_app(), make_plan("sandbox-splits")
    made = replace(made, profile=msgspec.structs.replace(made.profile, pending=()))
    async with open_test_till(tmp_path / "journal.db", app, made=made) as till:
        await till.quoted("employee")
        await till.fault("2102", "busy")
        await till.do(Confirm())
        assert [d.words for d in till.told(ChargeDeclined)] == ["系统繁忙，请稍后再试"]
        await till.fault("2102", "pending", seconds=3600)
        await till.do(Confirm())
        assert [d.words for d in till.told(ChargeDeclined)][1:] == ["交易处理中，请稍后查询"]
    app.state.store.close()


async def test_sums_that_do_not_hold_are_never_shown_as_a_split(till: Till, profile: str) -> None:
    await till.quoted("employee")
    await till.fault(CHARGES[profile], "wrong_sums")
    await till.do(Confirm())
    await till.until_resolved()
    assert any(unknown.cause.startswith("sums: ") for unknown in till.told(ChargeUnknown))


async def test_a_reversal_that_does_not_add_up_is_checked_at_the_settlement(till: Till) -> None:
    """Its money is back all the same, and the till sees that from 5203."""
    sale = await till.sell("employee")
    await till.fault("2103", "wrong_sums")
    await till.do(Refund(sale.sale_id))
    await till.until_resolved()
    assert len(till.told(SaleRefunded)) == 1
    assert till.told(Waiting) == []


class _Line(httpx.AsyncBaseTransport):
    """Notes every transaction that is sent."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner
        self.sent: list[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.content:
            self.sent.append(msgspec.json.decode(request.content)["infno"])
        return await self._inner.handle_async_request(request)


async def test_what_the_interface_does_not_allow_is_named_and_not_sent(tmp_path: Path) -> None:
    app = sandbox_app()
    line = _Line(httpx.ASGITransport(app=app))
    made = make_plan("sandbox-splits")
    item = made.catalogue.find(BOXES[0])
    assert item
    long = replace(item, insurance_code="X" * 51)
    made = replace(made, catalogue=Catalogue(goods_of([long])))
    async with open_test_till(tmp_path / "j.db", app, made=made, transport=line) as till:
        await till.do(AddItem(BOXES[0]))
        await till.show("employee")
        told = " ".join(str(happened) for happened in till.happened)
        assert "drugdetail[0].med_list_codg has 51 characters, at most 50" in told
        assert "1101" in line.sent
        assert "2101" not in line.sent
    app.state.store.close()


async def test_an_id_the_platform_no_longer_keeps_is_never_believed_to_be_reversed(
    tmp_path: Path,
) -> None:
    """A charge whose reply was lost, on a platform that has forgotten it before it is reversed."""
    app, made = sandbox_app(), make_plan("sandbox-splits")
    forgets = msgspec.structs.replace(
        made.profile.capabilities, ids_kept_seconds=0.0001, query_by_own_id=False
    )
    made = replace(made, profile=msgspec.structs.replace(made.profile, capabilities=forgets))
    async with open_test_till(tmp_path / "journal.db", app, made=made) as till:
        tried = asyncio.Event()

        def listen(what: object, sale: object) -> None:
            if isinstance(what, Waiting) and what.doing == "reversing":
                tried.set()

        till.checkout.subscribe(listen)
        await till.quoted("employee")
        await till.fault("2102", "5xx_before")
        await till.do(Confirm())
        await asyncio.wait_for(tried.wait(), 10)
        assert {w.words for w in till.told(Waiting) if w.doing == "reversing"} == {FORGOTTEN}
        assert till.told(ChargeReversed) == []
    app.state.store.close()
