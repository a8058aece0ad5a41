"""Every scenario by name: the real till on both kinds of platform, over real HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from terminal.sale.commands import Cancel, Confirm, Refund, TakeCash
from terminal.sale.events import (
    ChargeDeclined,
    ChargeIntended,
    ChargeUnknown,
    SaleRefunded,
    VoucherRefused,
)
from terminal.sale.sale import Sale, Status
from terminal.sandbox.scenarios import SCENARIOS, Scenario
from terminal.sandbox.server import serving
from terminal.sandbox.settings import Settings
from tests.audit import disagreements
from tests.till import BOXES, Till, make_plan, open_test_till

PROFILES = ("sandbox-splits", "sandbox")

PAID = {
    # fund, own account, mutual aid, cash: fen of 61.20
    "employee-own": (2881, 3239, 0, 0),
    "employee-and-aid": (2881, 1200, 2039, 0),
    "aid-exhausted": (2881, 500, 800, 1939),
    "aid-with-empty-own": (2881, 0, 3239, 0),
    "resident-aid": (2401, 0, 3719, 0),
    "resident-alone": (2401, 0, 0, 3719),
    "creator-too-poor-to-create": (2881, 1200, 0, 2039),
    "creator-too-poor-to-settle": (2881, 1200, 0, 2039),
    "dissolved-between": (2881, 1200, 0, 2039),
    "pot-spent-between": (2881, 1200, 1000, 1039),
    "creator-not-insured": (2881, 1200, 0, 2039),
    "creator-in-other-pool": (2881, 1200, 0, 2039),
    "pot-empty": (2881, 1200, 0, 2039),
    "reversal-nulls": (2881, 1200, 2039, 0),
    "aid-on-top": (2881, 1200, 2039, 0),
    "fund-with-account": (2881, 1200, 2039, 0),
    "several-insurances": (2401, 0, 0, 3719),
    "other-city": (2881, 3239, 0, 0),
    "request-lost": (2881, 3239, 0, 0),
    "reply-lost": (2881, 3239, 0, 0),
    "reversal-lost": (2881, 3239, 0, 0),
    "duplicate-message": (2881, 3239, 0, 0),
    "still-processing": (2881, 3239, 0, 0),
    "amounts-as-text": (2881, 1200, 2039, 0),
    "zeros-as-null": (2881, 500, 800, 1939),
    "line-memo": (2881, 3239, 0, 0),
}
"""Who has paid what of the demo basket when the sale is settled."""


@asynccontextmanager
async def counter(scenario: Scenario, profile: str, folder: Path) -> AsyncIterator[Till]:
    """A till in front of the scenario's sandbox; at the end, the books agree."""
    with serving(scenario.over(Settings())) as running:
        made = make_plan(profile, platform=running.url)
        network = httpx.AsyncHTTPTransport()
        path = folder / "journal.db"
        async with open_test_till(path, running.app, made=made, transport=network) as till:
            yield till
            await till.until_resolved()
            entries = await till.checkout.everything()
            assert disagreements(entries, await till.ledger()) == []


async def sell(till: Till, person: str) -> Sale:
    """What a patient clerk does until the sale is settled."""
    await till.quoted(person)
    for _ in range(6):
        await till.until_resolved()
        sale = till.checkout.sale
        if sale is None:
            break
        await till.do(Confirm())
        await till.until_resolved()
        if till.checkout.sale and not till.checkout.sale.unresolved:
            await till.do(TakeCash())
    assert till.checkout.last
    return till.checkout.last


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("name", PAID)
async def test_a_sale_ends_as_the_scenario_says(name: str, profile: str, tmp_path: Path) -> None:
    scenario = SCENARIOS[name]
    async with counter(scenario, profile, tmp_path) as till:
        sale = await sell(till, scenario.person)
        assert sale.settled
        split = sale.split
        paid = (split.fund_fen, split.personal_fen, split.mutual_aid_fen, sale.cash_fen)
        assert paid == PAID[name]
        approved = [t for t in sale.tenders if t.status is Status.APPROVED]
        assert len({t.account for t in approved}) == len(approved)
        _seen(name, till)


def _seen(name: str, till: Till) -> None:
    """That what makes the scenario one did happen."""
    if name in ("request-lost", "reply-lost", "reversal-lost", "still-processing"):
        assert till.told(ChargeUnknown)
        assert till.told(ChargeDeclined) == []
    if name == "duplicate-message":
        assert till.told(ChargeUnknown) == []


@pytest.mark.parametrize("profile", PROFILES)
async def test_a_suspended_person_is_told_and_nothing_is_charged(
    profile: str, tmp_path: Path
) -> None:
    async with counter(SCENARIOS["suspended"], profile, tmp_path) as till:
        await till.show("suspended")
        assert any("suspended" in str(happened) for happened in till.happened)
        assert till.told(ChargeIntended) == []
        await till.do(Cancel())


@pytest.mark.parametrize("profile", PROFILES)
async def test_a_screenshot_is_refused_before_anything_is_sent(
    profile: str, tmp_path: Path
) -> None:
    async with counter(SCENARIOS["expired-code"], profile, tmp_path) as till:
        await till.show("employee")
        assert [refused.reason for refused in till.told(VoucherRefused)] == ["expired"]
        assert till.checkout.sale is None


@pytest.mark.parametrize("profile", PROFILES)
async def test_a_code_used_elsewhere_is_refused_by_the_platform(
    profile: str, tmp_path: Path
) -> None:
    async with counter(SCENARIOS["used-token"], profile, tmp_path) as till:
        await till.show("employee")
        assert any("voucher_used" in str(happened) for happened in till.happened)
        assert till.told(ChargeIntended) == []
        await till.do(Cancel())


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("name", ["employee-and-aid", "reversal-nulls", "fund-with-account"])
async def test_a_refund_brings_every_part_back_to_its_account(
    name: str, profile: str, tmp_path: Path
) -> None:
    scenario = SCENARIOS[name]
    async with counter(scenario, profile, tmp_path) as till:
        before = (await till.sandbox.get("/people")).json()
        sale = await sell(till, scenario.person)
        await till.do(Refund(sale.sale_id))
        await till.until_resolved()
        assert len(till.told(SaleRefunded)) == 1
        assert (await till.sandbox.get("/people")).json() == before


def test_every_scenario_is_one_of_these() -> None:
    assert set(SCENARIOS) == {*PAID, "suspended", "expired-code", "used-token"}
    assert len(BOXES) == 3
