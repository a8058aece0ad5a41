"""The books laid open, for audits by tests and for the overview page.

Amounts appear twice: in yuan as on the wire, and as `..._fen`, whole numbers to add up.
"""

from __future__ import annotations

from terminal.sandbox import accounts, goods, relations
from terminal.sandbox.accounts import Leg, Movement
from terminal.sandbox.money import yuan
from terminal.sandbox.people import ACTIVE, masked
from terminal.sandbox.store import Row, Tx

Json = dict[str, object]

ALL = 2**62
"""A limit that is none."""


class BelowZero(Exception):
    """An adjustment would take more than the account holds."""


class NoSuchAccount(Exception):
    """There is no own account or pot of that name."""


def people(tx: Tx) -> list[Json]:
    """Those on show, in order."""
    rows = tx.rows("SELECT * FROM persons WHERE shown = 1 ORDER BY position")
    return [_person(tx, row) for row in rows]


def whole(tx: Tx) -> Json:
    """`GET /ledger`.  Movements and settlements in the order they were made."""
    tx.at_one_moment()
    return {
        "accounts": accounts_of_all(tx),
        "movements": movements(tx),
        "settlements": settlements(tx),
        "relations": relations_of_all(tx),
        "debits": [_debit(tx, row) for row in tx.rows("SELECT * FROM debits ORDER BY seq")],
        "goods": goods.everything(tx),
        "messages": [
            {
                "msgid": row["msgid"],
                "infno": row["infno"],
                "arrived": row["reply"] is not None,
                "reversed": bool(row["is_reversed"]),
            }
            for row in tx.rows("SELECT * FROM messages ORDER BY seq")
        ],
    }


def accounts_of_all(tx: Tx) -> list[Json]:
    """In the order they were opened."""
    return [_account(tx, row) for row in tx.rows("SELECT * FROM accounts ORDER BY seq")]


def settlements(tx: Tx, latest: int = ALL) -> list[Json]:
    """All, or the latest so many; oldest first."""
    rows = tx.rows("SELECT * FROM settlements ORDER BY seq DESC LIMIT ?", latest)
    return [_settlement(tx, row) for row in reversed(rows)]


def movements(tx: Tx, latest: int = ALL) -> list[Json]:
    """All, or the latest so many; oldest first."""
    rows = tx.rows("SELECT * FROM movements ORDER BY seq DESC LIMIT ?", latest)
    return [
        {
            "seq": row["seq"],
            "posting": row["posting"],
            "at": row["at"],
            "account": row["account"],
            "amount": yuan(row["amount_fen"]),
            "amount_fen": row["amount_fen"],
            "msgid": row["msgid"],
            "kind": row["kind"],
        }
        for row in reversed(rows)
    ]


def relations_of_all(tx: Tx) -> list[Json]:
    """Every mutual-aid relation there is or was, in the order they were made."""
    rows = tx.rows(
        "SELECT relations.*, creators.id AS creator_id, creators.name AS creator_name,"
        " members.id AS member_id, members.name AS member_name FROM relations"
        " JOIN persons AS creators ON creators.psn_no = relations.creator"
        " JOIN persons AS members ON members.psn_no = relations.member ORDER BY relations.seq"
    )
    return [
        {
            "creator": row["creator_id"],
            "creator_masked": masked(row["creator_name"]),
            "member": row["member_id"],
            "member_masked": masked(row["member_name"]),
            "kinship": row["kinship"],
            "bound_on": row["bound_on"],
            "closed_at": row["closed_at"],
            "pot": yuan(accounts.balance_fen(tx, accounts.pot(row["creator_id"]))),
        }
        for row in rows
    ]


def adjust(tx: Tx, account: str, amount_fen: int) -> int:
    """What happens elsewhere: pay-in, or a relative spending from the pot.  The new balance.

    Raises NoSuchAccount, BelowZero
    """
    row = tx.row("SELECT kind FROM accounts WHERE account = ? AND is_open = 1", account)
    if row is None or row["kind"] not in ("own", "pot"):
        raise NoSuchAccount
    if accounts.held_fen(tx, account) + amount_fen < 0:
        raise BelowZero
    legs = [Leg(account, amount_fen), Leg(accounts.OUTSIDE, -amount_fen)]
    accounts.post(tx, legs, "", Movement.ADJUSTMENT)
    return accounts.balance_fen(tx, account)


def psn_no(tx: Tx, person_id: str) -> str:
    """ "" where there is no such person."""
    row = tx.row("SELECT psn_no FROM persons WHERE id = ?", person_id)
    return row["psn_no"] if row else ""


def _person(tx: Tx, row: Row) -> Json:
    enrolled = tx.row(
        "SELECT * FROM enrolments WHERE psn_no = ? ORDER BY stas <> ?, seq", row["psn_no"], ACTIVE
    )
    assert enrolled
    own_fen = accounts.balance_fen(tx, accounts.own(row["id"]))
    pot = relations.pot_of(tx, row["psn_no"])
    pot_fen = accounts.balance_fen(tx, pot) if pot else None
    return {
        "id": row["id"],
        "psn_no": row["psn_no"],
        "name_masked": masked(row["name"]),
        "title_zh": row["title_zh"],
        "title_en": row["title_en"],
        "insutype": enrolled["insutype"],
        "insuplc_admdvs": enrolled["region"],
        "psn_insu_stas": enrolled["stas"],
        "balance": yuan(own_fen),
        "balance_fen": own_fen,
        "mutual_aid_account": pot,
        "mutual_aid": None if pot_fen is None else yuan(pot_fen),
        "mutual_aid_fen": pot_fen,
    }


def _account(tx: Tx, row: Row) -> Json:
    owner = tx.row("SELECT id FROM persons WHERE psn_no = ?", row["psn_no"])
    return {
        "account": row["account"],
        "kind": row["kind"],
        "person": owner["id"] if owner else None,
        "open": bool(row["is_open"]),
        "balance": yuan(row["balance_fen"]),
        "balance_fen": row["balance_fen"],
    }


def _settlement(tx: Tx, row: Row) -> Json:
    parts_fen = {
        "total": row["total_fen"],
        "fund": row["fund_fen"],
        "own": row["own_fen"],
        "mutual_aid": row["mutual_aid_fen"],
        "cash": row["cash_fen"],
    }
    return {
        "setl_id": row["setl_id"],
        "msgid": row["msgid"],
        "mdtrt_id": row["mdtrt_id"],
        "person": _id(tx, row["psn_no"]),
        "institution": row["institution"],
        "kind": row["kind"],
        "reverses": row["reverses"],
        "state": row["state"],
        "acct_used": bool(row["acct_used"]),
        "split": {name: yuan(fen) for name, fen in parts_fen.items()},
        "split_fen": parts_fen,
    }


def _debit(tx: Tx, row: Row) -> Json:
    return {
        "trns_id": row["trns_id"],
        "msgid": row["msgid"],
        "setl_id": row["setl_id"],
        "person": _id(tx, row["psn_no"]),
        "acct_type": row["acct_type"],
        "account": row["account"],
        "state": row["state"],
        "asked_fen": row["asked_fen"],
        "amount": yuan(row["paid_fen"]),
        "amount_fen": row["paid_fen"],
        "err_msg": row["err_msg"],
    }


def _id(tx: Tx, psn_no: str) -> str | None:
    row = tx.row("SELECT id FROM persons WHERE psn_no = ?", psn_no)
    return row["id"] if row else None
