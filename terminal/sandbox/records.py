"""What the ledger keeps about people, vouchers, messages, settlements and account debits.

One rule: a row that carries money is read and written as one frozen type, so no query elsewhere
knows its columns.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from enum import StrEnum

from terminal.sandbox.store import Row, Tx

VISITS_MAX = 500
"""Rows of one answer to 5201, latest first."""


class State(StrEnum):
    SETTLED = "settled"
    REVERSED = "reversed"


class DebitState(StrEnum):
    DEBITED = "debited"
    REFUSED = "refused"
    REVERSED = "reversed"


class SettlementKind(StrEnum):
    CHARGE = "charge"
    REFUND = "refund"
    """The negative settlement that 2103 makes."""


@dataclass(frozen=True, slots=True)
class Settlement:
    """A 2102, or the negative one of a 2103.  Amounts in fen; a refund's are below zero."""

    setl_id: str
    msgid: str
    mdtrt_id: str
    psn_no: str
    kind: str
    reverses: str | None
    """Of a refund: the `setl_id` it takes back."""
    state: str
    institution: str
    institution_name: str
    region: str
    """Of care: `mdtrtarea_admvs`."""
    insutype: str
    med_type: str
    voucher_id: str
    begntime: str
    setl_time: str
    acct_used: int
    pot: str | None
    """The pot that was drawn on, also when it gave nothing; None: no relation then."""
    total_fen: int
    own_cost_fen: int
    over_limit_fen: int
    first_pay_fen: int
    in_scope_fen: int
    ratio: str
    fund_fen: int
    own_fen: int
    mutual_aid_fen: int
    cash_fen: int
    balance_fen: int
    """Own account afterwards; 0 where there is none."""

    def __post_init__(self) -> None:
        parts = self.own_cost_fen + self.over_limit_fen + self.first_pay_fen + self.in_scope_fen
        assert self.total_fen == parts
        assert self.person_fen == self.own_fen + self.mutual_aid_fen + self.cash_fen

    @property
    def person_fen(self) -> int:
        return self.total_fen - self.fund_fen


@dataclass(frozen=True, slots=True)
class Debit:
    """An X101, whatever came of it."""

    trns_id: str
    msgid: str
    setl_id: str
    psn_no: str
    acct_type: str
    account: str | None
    """None: refused before an account was found."""
    state: str
    asked_fen: int
    paid_fen: int
    available_fen: int
    """Of a refusal: what the account held."""
    balance_fen: int
    """Own account afterwards."""
    err_msg: str


@dataclass(frozen=True, slots=True)
class Message:
    """A message id that moved money, was refused, or was reversed before it arrived."""

    msgid: str
    infno: str
    psn_no: str
    institution: str
    digest: str
    is_reversed: bool
    reply: bytes | None
    """None: never arrived."""


@dataclass(frozen=True, slots=True)
class Insured:
    """Somebody insured, and where their money is."""

    psn_no: str
    id: str
    name: str
    certno: str
    gend: str
    brdy: str


_SETTLEMENT = ", ".join(field.name for field in dataclasses.fields(Settlement))
_DEBIT = ", ".join(field.name for field in dataclasses.fields(Debit))
_MESSAGE = ", ".join(field.name for field in dataclasses.fields(Message))


def person(tx: Tx, psn_no: str) -> Insured | None:
    row = tx.row(
        "SELECT psn_no, id, name, certno, gend, brdy FROM persons WHERE psn_no = ?", psn_no
    )
    return Insured(**dict(row)) if row else None


def hold(tx: Tx, *psn_nos: str) -> None:
    """Nobody else settles, takes back or binds anything of these people until this one is done."""
    for psn_no in sorted(psn_nos):
        tx.held("SELECT psn_no FROM persons WHERE psn_no = ?", psn_no)


def enrolments(tx: Tx, psn_no: str) -> list[Row]:
    return tx.rows("SELECT * FROM enrolments WHERE psn_no = ? ORDER BY seq", psn_no)


def add_settlement(tx: Tx, settlement: Settlement) -> None:
    values = [getattr(settlement, field.name) for field in dataclasses.fields(Settlement)]
    marks = ", ".join("?" * len(values))
    tx.run(f"INSERT INTO settlements ({_SETTLEMENT}) VALUES ({marks})", *values)


def settlement(tx: Tx, setl_id: str) -> Settlement | None:
    row = tx.row(f"SELECT {_SETTLEMENT} FROM settlements WHERE setl_id = ?", setl_id)
    return Settlement(**dict(row)) if row else None


def settlements_of(tx: Tx, msgid: str) -> list[Settlement]:
    rows = tx.rows(f"SELECT {_SETTLEMENT} FROM settlements WHERE msgid = ? ORDER BY seq", msgid)
    return [Settlement(**dict(row)) for row in rows]


def visits(
    tx: Tx, psn_no: str, institution: str, begin: str, end: str, med_type: str, mdtrt_id: str
) -> list[Settlement]:
    """Charges that began in the closed interval; `mdtrt_id` "" is any."""
    rows = tx.rows(
        f"SELECT {_SETTLEMENT} FROM settlements WHERE psn_no = ? AND institution = ?"
        " AND kind = 'charge' AND begntime BETWEEN ? AND ? AND med_type = ?"
        " AND (? = '' OR mdtrt_id = ?) ORDER BY seq DESC LIMIT ?",
        psn_no,
        institution,
        begin,
        end,
        med_type,
        mdtrt_id,
        mdtrt_id,
        VISITS_MAX,
    )
    return [Settlement(**dict(row)) for row in rows]


def standing(tx: Tx, institution: str, first_day: str, last_day: str) -> list[Settlement]:
    """Charges of the days, yyyy-MM-dd, that nothing took back; oldest first."""
    rows = tx.rows(
        f"SELECT {_SETTLEMENT} FROM settlements WHERE institution = ? AND state = ?"
        " AND kind = ? AND substr(setl_time, 1, 10) BETWEEN ? AND ? ORDER BY seq",
        institution,
        State.SETTLED,
        SettlementKind.CHARGE,
        first_day,
        last_day,
    )
    return [Settlement(**dict(row)) for row in rows]


def set_state(tx: Tx, setl_id: str, state: State) -> None:
    tx.run("UPDATE settlements SET state = ? WHERE setl_id = ?", state.value, setl_id)


def fund_used_fen(tx: Tx, psn_no: str, insutype: str, year: str) -> int:
    """What the fund paid this person in a calendar year, without what was taken back."""
    row = tx.row(
        "SELECT coalesce(sum(fund_fen), 0) AS used FROM settlements WHERE psn_no = ?"
        " AND insutype = ? AND kind = 'charge' AND state = 'settled' AND setl_time BETWEEN ? AND ?",
        psn_no,
        insutype,
        f"{year}-01-01 00:00:00",
        f"{year}-12-31 23:59:59",
    )
    assert row
    return int(row["used"])


def add_debit(tx: Tx, debit: Debit) -> None:
    values = [getattr(debit, field.name) for field in dataclasses.fields(Debit)]
    marks = ", ".join("?" * len(values))
    tx.run(f"INSERT INTO debits ({_DEBIT}) VALUES ({marks})", *values)


def debits_of_message(tx: Tx, msgid: str) -> list[Debit]:
    """Oldest first."""
    rows = tx.rows(f"SELECT {_DEBIT} FROM debits WHERE msgid = ? ORDER BY seq", msgid)
    return [Debit(**dict(row)) for row in rows]


def live_debits(tx: Tx, setl_id: str) -> list[Debit]:
    """Those that hold money now."""
    rows = tx.rows(
        f"SELECT {_DEBIT} FROM debits WHERE setl_id = ? AND state = 'debited' ORDER BY seq",
        setl_id,
    )
    return [Debit(**dict(row)) for row in rows]


def reverse_debit(tx: Tx, trns_id: str) -> None:
    tx.run("UPDATE debits SET state = 'reversed' WHERE trns_id = ?", trns_id)


def message(tx: Tx, msgid: str) -> Message | None:
    row = tx.row(f"SELECT {_MESSAGE} FROM messages WHERE msgid = ?", msgid)
    if row is None:
        return None
    values = dict(row)
    return Message(**{**values, "is_reversed": bool(values["is_reversed"])})


def remember(tx: Tx, arrived: Message) -> None:
    """Keeps a message id and the reply to it; an id is kept once."""
    tx.run(
        f"INSERT INTO messages ({_MESSAGE}) VALUES (?, ?, ?, ?, ?, ?, ?)",
        arrived.msgid,
        arrived.infno,
        arrived.psn_no,
        arrived.institution,
        arrived.digest,
        int(arrived.is_reversed),
        arrived.reply,
    )


def reply_instead(tx: Tx, msgid: str, reply: bytes) -> None:
    """Keeps the latest reply, where a platform carries out a message again."""
    tx.run("UPDATE messages SET reply = ? WHERE msgid = ?", reply, msgid)


def mark_reversed(tx: Tx, msgid: str) -> None:
    """From now on the message is refused when it arrives (again)."""
    tx.run("UPDATE messages SET is_reversed = 1 WHERE msgid = ?", msgid)
