"""Whole sales against the sandbox: who pays what, on both kinds of platform."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.till import make_plan, open_test_till, sandbox_app

# 18.50 甲 + 32.80 乙 (10 % first share) + 9.90 自费: in scope 48.02, the fund pays 60 % or 50 %.
SPLITS = {
    "employee": (2881, 3239, 0, 0),
    "employee-short": (2881, 1200, 2039, 0),
    "employee-both-short": (2881, 500, 800, 1939),
    "employee-empty": (2881, 0, 3239, 0),
    "resident-alone": (2401, 0, 0, 3719),
}


@pytest.mark.parametrize("profile", ["sandbox", "sandbox-splits"])
@pytest.mark.parametrize("person", SPLITS)
async def test_each_person_pays_from_the_right_accounts(
    tmp_path: Path, person: str, profile: str
) -> None:
    app = sandbox_app()
    async with open_test_till(tmp_path / "j", app, made=make_plan(profile)) as till:
        sale = await till.sell(person)
        assert sale.settled
        split = sale.split
        assert (split.fund_fen, split.personal_fen, split.mutual_aid_fen, sale.cash_fen) == SPLITS[
            person
        ]
