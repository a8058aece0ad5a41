"""What can happen at a counter, by name: who stands there and what goes wrong.

One rule: a scenario is data.  Whatever it needs is a setting, a fault or a happening of the
sandbox, so that each can also be had alone.

Source: the list of scenarios at the end of the policy guides' reading (C6, C7, A5, E4 to E6).
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from terminal.sandbox.benefit import EMPLOYEE
from terminal.sandbox.faults import Fault, FaultKind
from terminal.sandbox.happenings import Happening, Happens
from terminal.sandbox.people import FAMILIES, THE_SEVEN, Enrolment, Family, Person
from terminal.sandbox.policy import Kinship
from terminal.sandbox.rules import AccountSplit, FundTotal
from terminal.sandbox.settings import Settings
from terminal.sandbox.vouchers import Shown

CHARGES = ("2102", "X101")
"""Whichever of the two the till's profile uses."""

_SEVERAL = Person(
    id="several-insurances",
    psn_no="SBX0000000008",
    name="孙例",
    gend="1",
    brdy="1988-06-06",
    enrolments=(Enrolment("390", "1501", region="632800"), Enrolment(EMPLOYEE, "1101")),
    own_fen=20000,
    title_zh="两地参保：居民与职工",
    title_en="Insured twice: as a resident and as an employee",
)
_POOR_CREATOR = Family(
    Person(
        "creator-8",
        "SBX0000000108",
        "李示",
        "1",
        "1975-02-02",
        (Enrolment(EMPLOYEE, "1101"),),
        55000,
    ),
    (("employee-short", Kinship.SPOUSE),),
    dt.date(2025, 1, 1),
    50000,
)
_OTHERS = FAMILIES[1:]


@dataclass(frozen=True, slots=True)
class Scenario:
    claim: str
    """What is to be seen at the counter."""
    person: str = "employee"
    """Who stands there."""
    changes: Mapping[str, Any] = field(default_factory=dict)
    """Settings by name."""

    def over(self, settings: Settings) -> Settings:
        return dataclasses.replace(settings, **self.changes)


def _faults(kind: FaultKind, *infnos: str, count: int = 1) -> tuple[Fault, ...]:
    return tuple(Fault(infno, kind, count) for infno in infnos)


def _after_estimate(what: Happens, person: str, amount_fen: int = 0) -> tuple[Happening, ...]:
    return (Happening("2101", what, person, amount_fen),)


SCENARIOS: Mapping[str, Scenario] = {
    "employee-own": Scenario("the own account is enough"),
    "employee-and-aid": Scenario("own account first, mutual aid for the rest", "employee-short"),
    "aid-exhausted": Scenario(
        "own account, mutual aid, and the rest in cash", "employee-both-short"
    ),
    "aid-with-empty-own": Scenario("nothing of their own: mutual aid pays", "employee-empty"),
    "resident-aid": Scenario("a resident: mutual aid pays directly", "resident"),
    "resident-alone": Scenario("a resident without a relation: cash", "resident-alone"),
    "creator-too-poor-to-create": Scenario(
        "the creator held less than 500 yuan, so there is no relation: cash for the rest",
        "employee-short",
        {"families": _OTHERS},
    ),
    "creator-too-poor-to-settle": Scenario(
        "the creator holds less than 500 yuan at settlement: mutual aid pays nothing",
        "employee-short",
        {"families": (_POOR_CREATOR, *_OTHERS), "threshold_at_settlement": True},
    ),
    "dissolved-between": Scenario(
        "the relation ends between 2101 and 2102: the split is another one",
        "employee-short",
        {"happenings": _after_estimate(Happens.DISSOLVED, "employee-short")},
    ),
    "pot-spent-between": Scenario(
        "a relative draws on the pot between 2101 and 2102",
        "employee-short",
        {"happenings": _after_estimate(Happens.POT_SPENT, "employee-short", 85000)},
    ),
    "creator-not-insured": Scenario(
        "the creator left the insurance: mutual aid pays nothing, and that is no error",
        "employee-short",
        {"happenings": (Happening("1101", Happens.CREATOR_LEFT, "employee-short"),)},
    ),
    "creator-in-other-pool": Scenario(
        "the creator joined another pool: mutual aid pays nothing, and that is no error",
        "employee-short",
        {"happenings": (Happening("1101", Happens.CREATOR_MOVED, "employee-short"),)},
    ),
    "pot-empty": Scenario(
        "there is nothing in the pot: mutual aid pays nothing, and that is no error",
        "employee-short",
        {"happenings": (Happening("1101", Happens.POT_SPENT, "employee-short", 10**9),)},
    ),
    "reversal-nulls": Scenario(
        "the reply of a reversal leaves out what real ones were seen to leave out",
        "employee-short",
        {"reversal_nulls": True},
    ),
    "aid-on-top": Scenario(
        "acct_pay does not count the mutual aid",
        "employee-short",
        {"account_split": AccountSplit.ON_TOP},
    ),
    "fund-with-account": Scenario(
        "fund_pay_sumamt counts the account",
        "employee-short",
        {"fund_total": FundTotal.WITH_ACCOUNT},
    ),
    "several-insurances": Scenario(
        "two active insurances: the one the code names",
        "several-insurances",
        {"people": (*THE_SEVEN, _SEVERAL)},
    ),
    "suspended": Scenario("no insurance payment; cash", "suspended"),
    "other-city": Scenario(
        "the code names a city where its owner is not insured", changes={"shown": Shown.OTHER_CITY}
    ),
    "expired-code": Scenario("a screenshot: the code is over", changes={"shown": Shown.EXPIRED}),
    "used-token": Scenario("the code was used elsewhere", changes={"shown": Shown.USED}),
    "request-lost": Scenario(
        "the charge never arrives; the till finds out and takes the id back",
        changes={"faults": _faults(FaultKind.DROP_BEFORE, *CHARGES)},
    ),
    "reply-lost": Scenario(
        "the charge is made and its reply is lost; the till finds it again",
        changes={"faults": _faults(FaultKind.DROP_AFTER, *CHARGES)},
    ),
    "reversal-lost": Scenario(
        "the charge's reply is lost, nothing can be asked, and the reversal is lost twice",
        changes={
            "faults": _faults(FaultKind.DROP_AFTER, *CHARGES)
            + _faults(FaultKind.DROP_BEFORE, "5201", "X103", count=3)
            + _faults(FaultKind.DROP_AFTER, "2601", "X102", count=2)
        },
    ),
    "duplicate-message": Scenario(
        "the network delivers the charge twice; it is made once",
        changes={"faults": _faults(FaultKind.DUPLICATE, *CHARGES)},
    ),
    "still-processing": Scenario(
        "infcode -1 and 处理中; the charge lands a moment later",
        changes={"faults": tuple(Fault(infno, FaultKind.PENDING, 1, 0.2) for infno in CHARGES)},
    ),
    "amounts-as-text": Scenario(
        "every number is a JSON string, infcode too", "employee-short", {"amounts_as_text": True}
    ),
    "zeros-as-null": Scenario(
        "amounts that are nothing are null", "employee-both-short", {"zeros_as_null": True}
    ),
    "line-memo": Scenario(
        "a line has a memo of what is wrong with it, with infcode 0", changes={"line_memo": True}
    ),
}
"""By name."""
