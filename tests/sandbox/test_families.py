"""Making, funding, changing and ending mutual aid, through the sandbox's own addresses."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.conftest import BOTH
from tests.sandbox.counter import Counter

pytestmark = BOTH

Json = dict[str, Any]


async def change(counter: Counter, path: str, **wanted: Any) -> tuple[int, str]:
    answer = await counter.http.post(path, json=wanted)
    told: Json = answer.json()
    return answer.status_code, told.get("error", "")


async def relations(counter: Counter) -> list[Json]:
    rows: list[Json] = (await counter.ledger())["relations"]
    return rows


async def test_a_new_family_is_bound_funded_and_drawn_on(counter: Counter) -> None:
    bind = {"creator": "employee", "member": "resident-alone", "bound_on": "2026-11-01"}
    assert await change(counter, "/_bind", **bind, kinship="parent") == (200, "")
    assert await change(counter, "/_transfer", creator="employee", amount_fen=49999) == (
        409,
        "transfer_too_small",
    )
    assert await change(counter, "/_transfer", creator="employee", amount_fen=50000) == (200, "")
    customer = await counter.scan("resident-alone")
    settled = (await counter.settle(customer)).setlinfo
    assert settled["psn_cash_pay"] == 0
    balances = await counter.balances()
    assert balances["pot:employee"] == 50000 - 3719
    assert balances["own:employee"] == 528640 - 50000


@pytest.mark.parametrize(
    ("member", "kinship", "bound_on", "reason"),
    [
        ("resident-alone", "sibling", "2024-11-30", "kinship"),
        ("resident", "spouse", "2026-11-01", "already_bound"),
        ("suspended", "spouse", "2026-11-01", "member_not_insured"),
        ("nobody", "spouse", "2026-11-01", "member_not_insured"),
    ],
)
async def test_a_family_the_rules_do_not_allow_is_refused_by_its_reason(
    counter: Counter, member: str, kinship: str, bound_on: str, reason: str
) -> None:
    before = await relations(counter)
    wanted = {"creator": "employee", "member": member, "kinship": kinship, "bound_on": bound_on}
    assert await change(counter, "/_bind", **wanted) == (409, reason)
    assert await relations(counter) == before


@pytest.mark.parametrize(
    "why", ["special_treatment", "left", "other_pool", "retired_cadre", "died"]
)
async def test_a_creator_who_may_lend_no_longer_gets_the_pot_back(
    counter: Counter, why: str
) -> None:
    before = await counter.balances()
    assert await change(counter, "/_end", creator="creator-3", why=why) == (200, "")
    after = await counter.balances()
    assert after["pot:creator-3"] == 0
    assert after["own:creator-3"] == before["own:creator-3"] + before["pot:creator-3"]
    closed = [row["member"] for row in await relations(counter) if row["closed_at"]]
    assert closed == ["employee-empty", "resident"]
    assert (await counter.settle(await counter.scan("resident"))).setlinfo["acct_mulaid_pay"] == 0
    assert await change(counter, "/_end", creator="creator-3", why=why) == (409, "no_relation")


async def test_one_who_left_the_insurance_cannot_make_a_family_again(counter: Counter) -> None:
    await change(counter, "/_end", creator="creator-3", why="left")
    bind = {"creator": "creator-3", "member": "resident", "bound_on": "2026-11-01"}
    assert await change(counter, "/_bind", **bind, kinship="spouse") == (
        409,
        "creator_not_entitled",
    )


@pytest.mark.parametrize("path", ["/_bind", "/_transfer", "/_end", "/_dissolve"])
async def test_what_cannot_be_read_changes_nothing(counter: Counter, path: str) -> None:
    status, _ = await change(counter, path, nonsense=1)
    assert status == 400


async def test_the_overview_shows_relations_and_masks_their_names(counter: Counter) -> None:
    page = (await counter.http.get("/", params={"lang": "en"})).text
    assert "Mutual-aid relations" in page
    assert "creator-1 李*" in page
    assert "李示" not in page
