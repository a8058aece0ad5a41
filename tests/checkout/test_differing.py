"""A settlement that is not what the pre-settlement said stops, and asks."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from terminal.sale.commands import Cancel, Confirm, TakeCash
from terminal.sale.events import ConfirmationLapsed, Split
from terminal.sale.money import Fen
from terminal.sale.sale import DIFFERS
from terminal.sale.steps import Phase
from tests.till import Till, at_number, make_plan, open_test_till, sandbox_app

WHO = "employee-both-short"
"""28.81 of the fund, 5.00 of their own, 8.00 of the family's, 19.39 cash."""


class Two:
    """Two tills of one shop before one sandbox; what one settles the other did not foresee."""

    def __init__(self, folder: Path, profile: str) -> None:
        self._folder, self._profile = folder, profile
        self._app = sandbox_app()

    def till(self, number: int) -> AbstractAsyncContextManager[Till]:
        made = at_number(make_plan(self._profile), number)
        return open_test_till(self._folder / f"{number}.db", self._app, made=made)


@pytest.fixture
def splits(tmp_path: Path) -> Two:
    return Two(tmp_path, "sandbox-splits")


async def emptied_meanwhile(here: Till, there: Till) -> None:
    """Quoted here; then the same customer's account pays for something at the other till."""
    sale = await here.quoted(WHO)
    assert sale.quote
    assert (sale.quote.personal_fen, sale.quote.mutual_aid_fen) == (500, 800)
    assert (await there.sell(WHO)).settled


async def test_stops_with_what_was_taken_and_asks(splits: Two) -> None:
    async with splits.till(1) as here, splits.till(2) as there:
        await emptied_meanwhile(here, there)
        await here.do(Confirm())
        sale = here.checkout.sale
        assert sale
        assert here.checkout.phase is Phase.LAPSED
        assert sale.lapsed == DIFFERS
        assert sale.split == Split(fund_fen=Fen(2881))
        assert here.told(ConfirmationLapsed) == [ConfirmationLapsed(DIFFERS)]
        await here.do(Confirm(), TakeCash())
        assert here.checkout.last
        assert here.checkout.last.settled


async def test_a_customer_who_says_no_gets_all_of_it_back(splits: Two) -> None:
    async with splits.till(1) as here, splits.till(2) as there:
        await emptied_meanwhile(here, there)
        await here.do(Confirm())
        sale = here.checkout.sale
        assert sale
        await here.do(Cancel())
        await here.until_resolved()
        voided = await here.checkout.find(sale.sale_id)
        assert voided
        assert voided.closed
        assert voided.split.paid_fen == voided.cash_fen == 0


async def test_no_cash_is_taken_before_the_yes(splits: Two) -> None:
    async with splits.till(1) as here, splits.till(2) as there:
        await emptied_meanwhile(here, there)
        await here.do(Confirm(), TakeCash())
        assert here.checkout.sale
        assert here.checkout.sale.cash_fen == 0


async def test_it_still_asks_after_a_restart(splits: Two) -> None:
    async with splits.till(2) as there:
        async with splits.till(1) as here:
            await emptied_meanwhile(here, there)
            await here.do(Confirm())
        async with splits.till(1) as again:
            sale = again.checkout.sale
            assert sale
            assert again.checkout.phase is Phase.LAPSED


@pytest.mark.parametrize("profile", ["sandbox", "sandbox-splits"])
async def test_what_comes_as_foreseen_is_not_asked_about(tmp_path: Path, profile: str) -> None:
    two = Two(tmp_path, profile)
    async with two.till(1) as till:
        assert (await till.sell(WHO)).settled
        assert not till.told(ConfirmationLapsed)
