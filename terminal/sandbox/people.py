"""The invented people of the sandbox, and the first state of its ledger.

One rule: nobody here can be mistaken for a real person.  Names end in 例 or 示 (example), identity
numbers begin with a region that does not exist and their check digit is wrong.

The balances are chosen for one basket: 18.50 (甲) + 32.80 (乙) + 9.90 (自费) = 61.20.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass

from terminal.sandbox import accounts, relations
from terminal.sandbox.accounts import Leg, Movement
from terminal.sandbox.benefit import EMPLOYEE
from terminal.sandbox.policy import Kinship, MutualAid, Status
from terminal.sandbox.store import Tx

ACTIVE, SUSPENDED, ENDED = "1", "2", "4"
"""`psn_insu_stas`."""

MALE, FEMALE = "1", "2"


@dataclass(frozen=True, slots=True)
class Enrolment:
    """One row of `insuinfo`."""

    insutype: str
    psn_type: str
    stas: str = ACTIVE
    region: str = "630100"


@dataclass(frozen=True, slots=True)
class Person:
    id: str
    psn_no: str
    name: str
    gend: str
    brdy: str
    enrolments: tuple[Enrolment, ...]
    own_fen: int
    """In the personal account at the start; 0 where the insurance type has none."""
    title_zh: str = ""
    title_en: str = ""
    statuses: tuple[Status, ...] = ()

    @property
    def certno(self) -> str:
        """18 characters of the form of an identity number that is none: see `no_such_certno`."""
        return no_such_certno(self.brdy, int(self.psn_no[-3:]))


@dataclass(frozen=True, slots=True)
class Family:
    """A creator's pot and who draws on it."""

    creator: Person
    members: tuple[tuple[str, Kinship], ...]
    """(person id, what that person is to the creator)."""
    bound_on: dt.date
    pot_fen: int
    """What is left in the pot at the start."""


def no_such_certno(brdy: str, serial: int) -> str:
    """Region 000000, a birthday, a serial, and a check digit that is off by one.

    Source: GB 11643-1999: weights 2^(17-i) mod 11 over 17 digits, check character by table.
    """
    body = f"000000{brdy.replace('-', '')}{serial:03d}"
    total = sum(int(digit) * pow(2, 17 - index, 11) for index, digit in enumerate(body))
    return body + "10X98765432"[(total + 1) % 11]


def card_number(psn_no: str) -> str:
    """Of the social-security card; the sandbox's own form."""
    return f"Q{psn_no[-8:]}"


def masked(name: str) -> str:
    """王例 -> 王*."""
    return name[:1] + "*" * (len(name) - 1)


def holder(psn_no: str) -> bytes:
    """The 16-byte pseudonym vouchers carry; says nothing about the person."""
    return hashlib.sha256(b"gongji sandbox holder:" + psn_no.encode()).digest()[:16]


_IN_WORK = Enrolment(EMPLOYEE, "1101")
_RESIDENT = Enrolment("390", "1501")

THE_SEVEN = (
    Person(
        id="employee",
        psn_no="SBX0000000001",
        name="王例",
        gend=FEMALE,
        brdy="1986-03-05",
        enrolments=(_IN_WORK,),
        own_fen=528640,
        title_zh="职工：本人账户够用",
        title_en="Employee: own account is enough",
    ),
    Person(
        id="employee-short",
        psn_no="SBX0000000002",
        name="李例",
        gend=MALE,
        brdy="1979-11-20",
        # Was a resident before: a till must take the row that is in force.
        enrolments=(Enrolment("390", "1501", ENDED, "630200"), _IN_WORK),
        own_fen=1200,
        title_zh="职工：本人账户不足，家庭共济补足",
        title_en="Employee: own account short, mutual aid covers the rest",
    ),
    Person(
        id="employee-both-short",
        psn_no="SBX0000000003",
        name="张例",
        gend=MALE,
        brdy="1990-07-14",
        enrolments=(_IN_WORK,),
        own_fen=500,
        title_zh="职工：本人与共济账户都不足，余额付现金",
        title_en="Employee: own account and mutual aid both short, rest in cash",
    ),
    Person(
        id="employee-empty",
        psn_no="SBX0000000004",
        name="刘例",
        gend=FEMALE,
        brdy="1958-01-30",
        enrolments=(Enrolment(EMPLOYEE, "1201"),),
        own_fen=0,
        title_zh="退休职工：本人账户为零，用家庭共济",
        title_en="Retired employee: own account empty, mutual aid pays",
    ),
    Person(
        id="resident",
        psn_no="SBX0000000005",
        name="陈例",
        gend=FEMALE,
        brdy="1993-09-09",
        enrolments=(_RESIDENT,),
        own_fen=0,
        title_zh="居民：直接用家庭共济",
        title_en="Resident: mutual aid pays directly",
    ),
    Person(
        id="resident-alone",
        psn_no="SBX0000000006",
        name="杨例",
        gend=MALE,
        brdy="1955-05-01",
        enrolments=(_RESIDENT,),
        own_fen=0,
        title_zh="居民：没有共济关系，付现金",
        title_en="Resident: no mutual aid, pays cash",
    ),
    Person(
        id="suspended",
        psn_no="SBX0000000007",
        name="赵例",
        gend=MALE,
        brdy="1983-12-12",
        enrolments=(Enrolment(EMPLOYEE, "1101", SUSPENDED),),
        own_fen=20000,
        title_zh="参保暂停：不能用医保结算",
        title_en="Insurance suspended: no insurance payment",
    ),
)


def _creator(number: int, name: str, brdy: str) -> Person:
    psn_no = f"SBX00000001{number:02d}"
    return Person(f"creator-{number}", psn_no, name, MALE, brdy, (_IN_WORK,), 500000)


FAMILIES = (
    Family(
        _creator(1, "李示", "1975-02-02"),
        (("employee-short", Kinship.SPOUSE),),
        dt.date(2024, 6, 1),
        86000,
    ),
    Family(
        _creator(2, "张示", "1988-08-08"),
        (("employee-both-short", Kinship.SIBLING),),  # possible since December 2024
        dt.date(2025, 1, 10),
        800,
    ),
    # Two people draw on this pot.
    Family(
        _creator(3, "刘示", "1980-04-15"),
        (("employee-empty", Kinship.PARENT), ("resident", Kinship.SPOUSE)),
        dt.date(2025, 3, 17),
        180000,
    ),
)


def settle_in(
    tx: Tx, people: tuple[Person, ...], families: tuple[Family, ...], rules: MutualAid
) -> None:
    """Writes the people, opens their accounts, and lets the creators bind and fund their families.

    Raises RelationRefused where the policy's rules do not allow a family as it is described.
    """
    if tx.row("SELECT 1 FROM persons"):
        return
    accounts.ensure(tx, accounts.OUTSIDE)
    for position, person in enumerate((*people, *(family.creator for family in families))):
        _enrol(tx, person, position, shown=position < len(people))
    numbers = {person.id: person.psn_no for person in people}
    for family in families:
        _bind(tx, family, numbers, rules)


def _enrol(tx: Tx, person: Person, position: int, *, shown: bool) -> None:
    tx.run(
        "INSERT INTO persons VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        person.psn_no,
        person.id,
        int(shown),
        position,
        person.name,
        person.certno,
        person.gend,
        person.brdy,
        person.title_zh,
        person.title_en,
    )
    for status in person.statuses:
        relations.set_status(tx, person.psn_no, status, holds=True)
    for row in person.enrolments:
        tx.run(
            "INSERT INTO enrolments (psn_no, insutype, psn_type, stas, region)"
            " VALUES (?, ?, ?, ?, ?)",
            person.psn_no,
            row.insutype,
            row.psn_type,
            row.stas,
            row.region,
        )
    if any(row.insutype == EMPLOYEE for row in person.enrolments):
        account = accounts.own(person.id)
        accounts.ensure(tx, account, person.psn_no)
        legs = [Leg(accounts.OUTSIDE, -person.own_fen), Leg(account, person.own_fen)]
        accounts.post(tx, legs, "", Movement.OPENING)


def _bind(tx: Tx, family: Family, numbers: dict[str, str], rules: MutualAid) -> None:
    """A pot that is smaller than the least transfer was spent from before the start."""
    creator = family.creator
    for member, kinship in family.members:
        relations.bind(tx, creator.psn_no, numbers[member], kinship, family.bound_on, rules)
    transferred_fen = max(family.pot_fen, rules.min_transfer_fen)
    relations.transfer(tx, creator.psn_no, transferred_fen, rules)
    spent_fen = transferred_fen - family.pot_fen
    pot = accounts.pot(creator.id)
    legs = [Leg(pot, -spent_fen), Leg(accounts.OUTSIDE, spent_fen)]
    accounts.post(tx, legs, "", Movement.EARLIER)
