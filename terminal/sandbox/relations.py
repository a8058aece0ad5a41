"""Family mutual aid (家庭共济): who may draw on whose pot, and how a pot is filled and closed.

One rule: a relation exists only if the policy's rules allowed it on the day it was bound, so the
people the sandbox starts with are bound and funded through the same functions as any other.

A creator has one pot; every member of the family draws on it.  Nothing here is a transaction of the
wire: relations are made in an app or at an office, never at a till.
"""

from __future__ import annotations

import datetime as dt
from enum import StrEnum

from terminal.sandbox import accounts, records
from terminal.sandbox.accounts import Leg, Movement
from terminal.sandbox.moment import seconds_text
from terminal.sandbox.policy import Ending, Kinship, MutualAid, Status
from terminal.sandbox.store import Tx


class Reason(StrEnum):
    CREATOR_NOT_ENTITLED = "creator_not_entitled"
    """No active insurance of a type that may create a relation."""
    MEMBER_NOT_INSURED = "member_not_insured"
    OTHER_SCOPE = "other_scope"
    """Insured in another pool or province."""
    KINSHIP = "kinship"
    ALREADY_BOUND = "already_bound"
    """A person is in one active relation at a time, as creator or as member, not both."""
    FAMILY_FULL = "family_full"
    BALANCE_TOO_LOW = "balance_too_low"
    TRANSFER_TOO_SMALL = "transfer_too_small"
    NO_RELATION = "no_relation"
    EXCLUDED = "excluded"
    """The creator's treatment keeps from creating one (A4)."""
    VOUCHER_NOT_ACTIVE = "voucher_not_active"
    """Of the creator or of the member (A9)."""
    NO_SUCH_PERSON = "no_such_person"


OTHER_POOL_REGION = "632800"


class RelationRefused(Exception):
    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


def bind(
    tx: Tx, creator: str, member: str, kinship: Kinship, bound_on: dt.date, rules: MutualAid
) -> None:
    """Makes the relation and, for the first member, opens the creator's pot.

    creator, member   psn_no
    Raises            RelationRefused
    """
    records.hold(tx, creator, member)
    creator_region = _region(tx, creator, rules.creator_insutypes)
    member_region = _region(tx, member, rules.member_insutypes)
    if creator_region is None:
        raise RelationRefused(Reason.CREATOR_NOT_ENTITLED)
    if member_region is None:
        raise RelationRefused(Reason.MEMBER_NOT_INSURED)
    if not rules.same_scope(creator_region, member_region):
        raise RelationRefused(Reason.OTHER_SCOPE)
    if statuses(tx, creator) & set(rules.creator_excluded):
        raise RelationRefused(Reason.EXCLUDED)
    if rules.active_voucher_needed and Status.NO_VOUCHER in statuses(tx, creator) | statuses(
        tx, member
    ):
        raise RelationRefused(Reason.VOUCHER_NOT_ACTIVE)
    if kinship not in rules.kinships_on(bound_on):
        raise RelationRefused(Reason.KINSHIP)
    _check_free(tx, creator, member)
    members = tx.rows("SELECT 1 FROM relations WHERE creator = ? AND closed_at IS NULL", creator)
    if len(members) >= rules.max_members:
        raise RelationRefused(Reason.FAMILY_FULL)
    creator_id = _id(tx, creator)
    own_fen = accounts.balance_fen(tx, accounts.own(creator_id))
    if "create" in rules.threshold_checked and own_fen < rules.min_creator_balance_fen:
        raise RelationRefused(Reason.BALANCE_TOO_LOW)
    accounts.ensure(tx, accounts.pot(creator_id), creator)
    accounts.reopen(tx, accounts.pot(creator_id))
    tx.run(
        "INSERT INTO relations (creator, member, kinship, bound_on) VALUES (?, ?, ?, ?)",
        creator,
        member,
        kinship.value,
        bound_on.isoformat(),
    )


def transfer(tx: Tx, creator: str, amount_fen: int, rules: MutualAid) -> None:
    """From the creator's own account into the pot.  Raises RelationRefused."""
    if not creator:
        raise RelationRefused(Reason.NO_SUCH_PERSON)
    creator_id = _id(tx, creator)
    if not accounts.is_open(tx, accounts.pot(creator_id)):
        raise RelationRefused(Reason.NO_RELATION)
    own_fen = accounts.held_fen(tx, accounts.own(creator_id))
    if amount_fen < rules.min_transfer_fen:
        raise RelationRefused(Reason.TRANSFER_TOO_SMALL)
    too_low = "transfer" in rules.threshold_checked and own_fen < rules.min_creator_balance_fen
    if too_low or own_fen < amount_fen:
        raise RelationRefused(Reason.BALANCE_TOO_LOW)
    legs = [
        Leg(accounts.own(creator_id), -amount_fen),
        Leg(accounts.pot(creator_id), amount_fen),
    ]
    accounts.post(tx, legs, "", Movement.TRANSFER)


def pot_of(tx: Tx, member: str) -> str | None:
    """The account this person may draw on; None: no relation in force."""
    row = tx.row(
        "SELECT persons.id FROM relations JOIN persons ON persons.psn_no = relations.creator"
        " WHERE member = ? AND closed_at IS NULL",
        member,
    )
    return accounts.pot(row["id"]) if row else None


def usable_pot(tx: Tx, member: str, rules: MutualAid) -> str | None:
    """The account this person may draw on now.

    None also where the rules look at the creator's own account at settlement and it holds too
    little (A5): the settlement succeeds, and mutual aid pays nothing (C6).
    """
    pot = pot_of(tx, member)
    if pot is None or "settle" not in rules.threshold_checked:
        return pot
    own_fen = accounts.balance_fen(tx, accounts.own(pot.partition(":")[2]))
    return pot if own_fen >= rules.min_creator_balance_fen else None


def where_it_returns(tx: Tx, pot: str) -> str:
    """The same pot; after the family was dissolved, the creator's own account (C1, C4)."""
    if accounts.is_open(tx, pot):
        return pot
    return accounts.own(pot.partition(":")[2])


def dissolve(tx: Tx, member: str) -> None:
    """Ends the member's relation; with the last one the pot goes back to the creator (A14).

    Raises RelationRefused
    """
    records.hold(tx, member)
    pot = pot_of(tx, member)
    if pot is None:
        raise RelationRefused(Reason.NO_RELATION)
    rest_fen = accounts.held_fen(tx, pot)
    tx.run(
        "UPDATE relations SET closed_at = ? WHERE member = ? AND closed_at IS NULL",
        seconds_text(tx.now),
        member,
    )
    creator_id = pot.partition(":")[2]
    left = tx.row(
        "SELECT 1 FROM relations JOIN persons ON persons.psn_no = relations.creator"
        " WHERE persons.id = ? AND closed_at IS NULL",
        creator_id,
    )
    if left:
        return
    legs = [Leg(pot, -rest_fen), Leg(accounts.own(creator_id), rest_fen)]
    accounts.post(tx, legs, "", Movement.DISSOLUTION)
    accounts.close(tx, pot)


def end(tx: Tx, creator: str, why: Ending, rules: MutualAid) -> None:
    """Something befalls a creator.  Where the policy says so, every relation ends and the pot goes
    back (A11 to A14).

    Raises RelationRefused where there is no relation.
    """
    records.hold(tx, creator)
    members = tx.rows(
        "SELECT member FROM relations WHERE creator = ? AND closed_at IS NULL", creator
    )
    if not members:
        raise RelationRefused(Reason.NO_RELATION)
    if why in rules.dissolved_by:
        for row in members:
            dissolve(tx, row["member"])
    match why:
        case Ending.LEFT | Ending.DIED:
            tx.run("UPDATE enrolments SET stas = '4' WHERE psn_no = ?", creator)
        case Ending.OTHER_POOL:
            tx.run(
                "UPDATE enrolments SET region = ? WHERE psn_no = ? AND stas = '1'",
                OTHER_POOL_REGION,
                creator,
            )
        case Ending.RETIRED_CADRE:
            tx.run(
                "UPDATE enrolments SET insutype = '340' WHERE psn_no = ? AND stas = '1'", creator
            )
        case Ending.SPECIAL_TREATMENT:
            set_status(tx, creator, Status.SPECIAL_OUTPATIENT, holds=True)


def statuses(tx: Tx, psn_no: str) -> set[Status]:
    rows = tx.rows("SELECT status FROM statuses WHERE psn_no = ?", psn_no)
    return {Status(row["status"]) for row in rows}


def set_status(tx: Tx, psn_no: str, status: Status, *, holds: bool) -> None:
    records.hold(tx, psn_no)
    tx.run("DELETE FROM statuses WHERE psn_no = ? AND status = ?", psn_no, status.value)
    if holds:
        tx.run("INSERT INTO statuses VALUES (?, ?)", psn_no, status.value)


def _check_free(tx: Tx, creator: str, member: str) -> None:
    """Both are free: the member altogether, the creator of being somebody else's member."""
    taken = tx.row(
        "SELECT 1 FROM relations WHERE closed_at IS NULL AND (member IN (?, ?) OR creator = ?)",
        creator,
        member,
        member,
    )
    if taken or creator == member:
        raise RelationRefused(Reason.ALREADY_BOUND)


def _region(tx: Tx, psn_no: str, insutypes: tuple[str, ...]) -> str | None:
    for row in tx.rows("SELECT * FROM enrolments WHERE psn_no = ? AND stas = '1'", psn_no):
        if row["insutype"] in insutypes:
            return str(row["region"])
    return None


def _id(tx: Tx, psn_no: str) -> str:
    row = tx.row("SELECT id FROM persons WHERE psn_no = ?", psn_no)
    assert row
    return str(row["id"])
