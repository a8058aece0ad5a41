"""The ledger: every fen that moves leaves one account and enters another.

One rule: money moves only through `post`, whose legs add up to nothing.  An own account or a pot
below zero is refused by the table itself; callers look first, so reaching that is a bug.

Accounts: `own:ID` and `pot:ID` (what a person, or a creator's family, may still spend), `fund:TYPE`
(what the pooled fund has paid, as a negative balance), `shop:CODE` (what a shop is owed), and
`outside`, where opening balances come from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from terminal.sandbox.moment import seconds_text
from terminal.sandbox.store import Tx

OUTSIDE = "outside"
_ORDER = ("own", "pot", "shop", "fund", OUTSIDE)


class Movement(StrEnum):
    """Why money moved."""

    OPENING = "opening"
    TRANSFER = "transfer"
    """From a creator's own account into the family's pot."""
    EARLIER = "earlier"
    """Spent from a pot before the sandbox was started."""
    SETTLEMENT = "settlement"
    REFUND = "refund"
    REVERSAL = "reversal"
    DEBIT = "debit"
    DEBIT_REVERSAL = "debit_reversal"
    DISSOLUTION = "dissolution"
    ADJUSTMENT = "adjustment"
    """A test's hand in the till: `POST /_adjust`."""


@dataclass(frozen=True, slots=True)
class Leg:
    account: str
    amount_fen: int
    """Positive: the account gains."""


def own(person_id: str) -> str:
    return f"own:{person_id}"


def pot(creator_id: str) -> str:
    return f"pot:{creator_id}"


def fund(insutype: str) -> str:
    return f"fund:{insutype}"


def shop(institution: str) -> str:
    return f"shop:{institution}"


def ensure(tx: Tx, account: str, psn_no: str | None = None) -> None:
    """Opens the account where there is none yet; its kind is what stands before the colon."""
    tx.run(
        "INSERT INTO accounts (account, kind, psn_no) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        account,
        account.partition(":")[0],
        psn_no,
    )


def balance_fen(tx: Tx, account: str) -> int:
    """0 for an account that was never opened."""
    row = tx.row("SELECT balance_fen FROM accounts WHERE account = ?", account)
    return int(row["balance_fen"]) if row else 0


def held_fen(tx: Tx, account: str) -> int:
    """The balance, which stays what it is until this transaction ends; what is spent is read so."""
    rows = tx.held("SELECT balance_fen FROM accounts WHERE account = ?", account)
    return int(rows[0]["balance_fen"]) if rows else 0


def is_open(tx: Tx, account: str) -> bool:
    """Whether it is, which stays so until this transaction ends."""
    rows = tx.held("SELECT is_open FROM accounts WHERE account = ?", account)
    return bool(rows and rows[0]["is_open"])


def close(tx: Tx, account: str) -> None:
    assert balance_fen(tx, account) == 0
    tx.run("UPDATE accounts SET is_open = 0 WHERE account = ?", account)


def reopen(tx: Tx, account: str) -> None:
    tx.run("UPDATE accounts SET is_open = 1 WHERE account = ?", account)


def post(tx: Tx, legs: Sequence[Leg], msgid: str, kind: Movement) -> None:
    """Moves the money of all legs at once.  Legs of nothing leave no trace.

    The fund's and the shop's accounts come last: everybody's money goes through them, and nobody
    else's can until this transaction ends.
    """
    assert sum(leg.amount_fen for leg in legs) == 0
    moving = [leg for leg in legs if leg.amount_fen]
    moving.sort(key=lambda leg: (_ORDER.index(leg.account.partition(":")[0]), leg.account))
    posting = tx.serial("posting") if moving else 0
    for leg in moving:
        changed = tx.row(
            "UPDATE accounts SET balance_fen = balance_fen + ? WHERE account = ? RETURNING account",
            leg.amount_fen,
            leg.account,
        )
        assert changed, leg.account
        tx.run(
            "INSERT INTO movements (posting, at, account, amount_fen, msgid, kind)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            posting,
            seconds_text(tx.now),
            leg.account,
            leg.amount_fen,
            msgid,
            kind.value,
        )
