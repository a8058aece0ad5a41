"""Random days, random losses on either side: exactly the differing settlements are named.

The platform's books are the sandbox's own tables, written by its own code; the till's are sales
made up here.  What each difference should be called is worked out from what was done to it, not
from either set of books.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

import httpx
from hypothesis import Phase, assume, given, settings
from hypothesis import strategies as st

from terminal.clock import CHINA
from terminal.profile import Profile
from terminal.sale.events import Account, Clearing, LineAdded, PersonIdentified, Split
from terminal.sale.money import Fen
from terminal.sale.sale import Sale, Status, Tender
from terminal.sale.statement import Finding, Reconciliation, Remedy, Verdict
from terminal.sandbox import records
from terminal.sandbox.app import create_app
from terminal.sandbox.records import Settlement
from terminal.sandbox.rules import AccountSplit, FundTotal
from terminal.sandbox.settings import Settings
from terminal.sandbox.store import Store
from terminal.settlement.client import Platform
from terminal.settlement.dialect import IdSpace, MessageIds
from terminal.settlement.statements import Period, Statements
from tests.sandbox.counter import OTHER_SHOP, SHOP, Clock
from tests.till import make_plan, sender_of_demo

DAY, OTHER_DAY = "2026-11-22", "2026-11-21"
PEOPLE = (("SBX0000000001", "310"), ("SBX0000000005", "390"))
IDS = IdSpace(SHOP, 1, 2)


class Fate(StrEnum):
    BOTH = "both"
    LOST_HERE = "lost here"
    LOST_THERE = "lost there"
    TAKEN_BACK_HERE = "taken back here, and the platform still has it"
    DECLINED_HERE = "declined here, and the platform has it"
    OPEN_HERE = "not resolved here yet"
    OTHER_AMOUNTS = "other amounts"
    OTHER_DIVISION = "the same total, divided otherwise"
    OTHER_TILL = "another till's"
    OTHER_DAY = "of the day before, in both"
    OTHER_SHOP = "another shop's"
    TAKEN_BACK = "taken back on both sides"
    UNSAID = "in both, and its reply did not say how it is booked"


EXPECTED = {
    Fate.LOST_HERE: (Finding.NO_SALE, Remedy.ASK),
    Fate.LOST_THERE: (Finding.NOT_THERE, Remedy.ASK),
    Fate.TAKEN_BACK_HERE: (Finding.NOT_SETTLED, Remedy.TAKE_BACK),
    Fate.DECLINED_HERE: (Finding.NOT_SETTLED, Remedy.REVERSE_MESSAGE),
    Fate.OPEN_HERE: (Finding.OPEN, Remedy.WAIT),
    Fate.OTHER_AMOUNTS: (Finding.AMOUNTS, Remedy.ASK),
    Fate.OTHER_DIVISION: (Finding.AMOUNTS, Remedy.ASK),
}
NOT_OURS = (
    Fate.LOST_HERE, Fate.OTHER_TILL, Fate.OTHER_DAY, Fate.OTHER_SHOP, Fate.TAKEN_BACK,
    Fate.TAKEN_BACK_HERE, Fate.DECLINED_HERE, Fate.OPEN_HERE,
)  # fmt: skip


@dataclass(frozen=True)
class Made:
    """One settlement, and what was done to it."""

    number: int
    fate: Fate
    who: int
    fund_fen: int
    own_fen: int
    aid_fen: int
    cash_fen: int

    @property
    def total_fen(self) -> int:
        return self.fund_fen + self.own_fen + self.aid_fen + self.cash_fen

    @property
    def day(self) -> str:
        return OTHER_DAY if self.fate is Fate.OTHER_DAY else DAY

    @property
    def msgid(self) -> str:
        shop = OTHER_SHOP if self.fate is Fate.OTHER_SHOP else SHOP
        till = 2 if self.fate is Fate.OTHER_TILL else 1
        minute = f"{self.number // 60:02d}{self.number % 60:02d}"
        return f"{shop}{self.day.replace('-', '')}12{minute}{till:02d}00"

    @property
    def setl_id(self) -> str:
        return f"J{self.number:029d}"


amounts = st.integers(0, 50_000)
made_up = st.builds(Made, st.just(0), st.sampled_from(Fate), st.integers(0, 1), amounts, amounts,
                    amounts, st.integers(1, 50_000))  # fmt: skip
days = st.lists(made_up, max_size=12).map(
    lambda rows: [replace(row, number=number) for number, row in enumerate(rows)]
)


def write_there(store: Store, days: list[Made]) -> None:
    with store.transaction() as tx:
        for made in days:
            if made.fate is not Fate.LOST_THERE:
                records.add_settlement(tx, _settlement(made))


def _settlement(made: Made) -> Settlement:
    more = 100 if made.fate is Fate.OTHER_AMOUNTS else 0
    moved = 1 if made.fate is Fate.OTHER_DIVISION else 0
    psn_no, insutype = PEOPLE[made.who]
    return Settlement(
        setl_id=made.setl_id, msgid=made.msgid, mdtrt_id=f"V{made.number}", psn_no=psn_no,
        kind="charge", reverses=None,
        state="reversed" if made.fate is Fate.TAKEN_BACK else "settled",
        institution=made.msgid[:12], institution_name="x", region="630102", insutype=insutype,
        med_type="41", voucher_id="v", begntime=f"{made.day} 12:00:00",
        setl_time=f"{made.day} 12:00:00", acct_used=1, pot=None,
        total_fen=made.total_fen + more, own_cost_fen=made.total_fen + more, over_limit_fen=0,
        first_pay_fen=0, in_scope_fen=0, ratio="0", fund_fen=made.fund_fen + moved,
        own_fen=made.own_fen, mutual_aid_fen=made.aid_fen,
        cash_fen=made.cash_fen + more - moved, balance_fen=0,
    )  # fmt: skip


def sales_here(days: list[Made], split: AccountSplit, fund: FundTotal) -> dict[str, Sale]:
    """By message id; what the journal has lost, or never had, is left out."""
    absent = (Fate.LOST_HERE, Fate.OTHER_TILL, Fate.OTHER_SHOP)
    return {made.msgid: _sale(made, split, fund) for made in days if made.fate not in absent}


STATES = {
    Fate.TAKEN_BACK_HERE: Status.REVERSED,
    Fate.TAKEN_BACK: Status.REVERSED,
    Fate.DECLINED_HERE: Status.DECLINED,
    Fate.OPEN_HERE: Status.UNKNOWN,
}


def _sale(made: Made, split: AccountSplit, fund: FundTotal) -> Sale:
    psn_no, insutype = PEOPLE[made.who]
    account = made.own_fen + (made.aid_fen if split is AccountSplit.INSIDE else 0)
    told_fund = made.fund_fen + (account if fund is FundTotal.WITH_ACCOUNT else 0)
    says = made.fate is not Fate.UNSAID
    told = ("41", "630100") if says else ("", "")
    is_known = made.fate not in (Fate.DECLINED_HERE, Fate.OPEN_HERE)
    tender = Tender(
        made.msgid, Account.INSURANCE, Fen(made.total_fen),
        status=STATES.get(made.fate, Status.APPROVED),
        split=Split(Fen(made.fund_fen), Fen(made.own_fen), Fen(made.aid_fen)),
        settlement_id=made.setl_id if is_known else "", visit_id=f"V{made.number}",
        clearing=Clearing(f"{made.day} 12:00:00" if says else "", *told, Fen(told_fund),
                          Fen(account), Fen(made.cash_fen)),
    )  # fmt: skip
    line = LineAdded(1, "x", "x", Fen(made.total_fen), 1)
    person = PersonIdentified(psn_no, insutype, "630100", "例", None)
    number = f"{made.number:014d}"
    return Sale(number, 9, "", lines=(line,), person=person, tenders=(tender,), closed=True)


async def reconciled(
    days: list[Made], split: AccountSplit, fund: FundTotal, profile: Profile
) -> Reconciliation:
    clock = Clock()
    app = create_app(Settings(account_split=split, fund_total=fund, clock=clock))
    write_there(app.state.store, days)
    now = lambda: dt.datetime.fromtimestamp(clock.now, CHINA)  # noqa: E731
    transport = httpx.ASGITransport(app)
    platform = Platform(profile, sender_of_demo(), now, MessageIds(SHOP, 1, now), transport)
    sales = sales_here(days, split, fund)

    async def find(message_ids: Collection[str]) -> Mapping[str, Sale]:
        return {sent: sales[sent] for sent in message_ids if sent in sales}

    assert profile.reconciliation
    statements = Statements(platform, profile.reconciliation, IDS)
    try:
        return await statements.reconcile(list(sales.values()), find, Period(DAY, DAY), "now")
    finally:
        await platform.close()
        app.state.store.close()


def are_apart(days: list[Made]) -> bool:
    """Whether 3201 can tell: two losses that make up for each other are beyond it."""
    absent = (Fate.LOST_THERE, Fate.OTHER_DAY, Fate.OTHER_SHOP, Fate.TAKEN_BACK)
    here, there = (
        sorted(_figures(made) for made in days if made.fate not in fates)
        for fates in (NOT_OURS, absent)
    )
    odd = any(made.fate in (Fate.OTHER_AMOUNTS, Fate.OTHER_DIVISION) for made in days)
    return odd or [sum(column) for column in zip(*here, strict=True)] != [
        sum(column) for column in zip(*there, strict=True)
    ]


def _figures(made: Made) -> tuple[int, ...]:
    return (made.who, 1, made.total_fen, made.fund_fen, made.own_fen, made.aid_fen)


FINDING = (Phase.explicit, Phase.reuse, Phase.generate)
"""A day of twelve settlements can be read as it is; making it smaller takes minutes."""
PROFILE = make_plan("sandbox-splits").profile


@settings(max_examples=60, deadline=None, phases=FINDING)
@given(days, st.sampled_from(AccountSplit), st.sampled_from(FundTotal))
def test_exactly_the_differing_settlements_are_named(
    days: list[Made], split: AccountSplit, fund: FundTotal
) -> None:
    expected = {made.msgid: EXPECTED[made.fate] for made in days if made.fate in EXPECTED}
    assume(not expected or are_apart(days))
    found = asyncio.run(reconciled(days, split, fund, PROFILE))
    named = {each.message_id: (each.finding, each.remedy) for each in found.differences}
    assert named == expected
    assert len(found.differences) == len(expected)
    assert found.verdict is (Verdict.DIFFERS if expected else Verdict.AGREES)
    assert found.other_tills == sum(made.fate is Fate.OTHER_TILL for made in days)
    ours = [made for made in days if made.fate not in NOT_OURS]
    assert found.settlements == len(ours)
    assert found.total_fen == sum(made.total_fen for made in ours)


@settings(max_examples=30, deadline=None, phases=FINDING)
@given(days)
def test_what_each_side_says_of_a_difference_is_what_it_has(days: list[Made]) -> None:
    found = asyncio.run(reconciled(days, AccountSplit.INSIDE, FundTotal.FUND_ALONE, PROFILE))
    by_id = {made.msgid: made for made in days}
    for each in found.differences:
        made = by_id[each.message_id]
        more = 100 if made.fate is Fate.OTHER_AMOUNTS else 0
        here = each.finding in (Finding.NOT_THERE, Finding.AMOUNTS)
        assert each.ours_fen == (made.total_fen if here else None)
        there = each.finding is not Finding.NOT_THERE
        assert each.theirs_fen == (made.total_fen + more if there else None)
        assert each.settlement_id == made.setl_id
        assert each.sale_id == ("" if made.fate is Fate.LOST_HERE else f"{made.number:014d}")
