"""Vouchers: issuing them, and what each is still good for.

One rule: a voucher pays once.  1101 binds it to one institution while it is alive; from then that
institution may settle with it for fifteen minutes; a settlement uses it up, and only taking that
settlement back gives it back.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from terminal.sandbox.people import ACTIVE, card_number, holder, masked
from terminal.sandbox.policy import Status
from terminal.sandbox.quoted import PolicyError
from terminal.sandbox.relations import statuses
from terminal.sandbox.store import Row, Tx
from terminal.sandbox.wire import Call, Refusal
from terminal.voucher.algorithms import CannotSign, NotAKey, SigningKey, load_private_key
from terminal.voucher.issue import Claims, issue

LEEWAY_SECONDS = 30
"""How long after its end a voucher may still reach 1101."""
WINDOW_SECONDS = 15 * 60
"""How long a bound voucher may be settled with."""
LONG_OVER_SECONDS = 300
"""How long a screenshot's voucher has been over."""
KEPT_SECONDS = 3600
"""A voucher nobody presented is forgotten this long after its end."""

CODE_DIGITS = 28
TOKEN_REGION = "630000"
"""What a decoded token begins with, as a recorded one does."""

INVALID = "医保码无效"
NO_SUCH_PERSON = "未获取到人员基本信息（社保卡已更换或未激活）"
EXPIRED = "医保码已过期，请重新出示"
USED = "医保码已使用，请重新出示"
NOT_IDENTIFIED = "医保码尚未用于人员信息获取，请先调用1101"
OTHER_PERSON = "psn_no 与医保码不符"


class Shown(StrEnum):
    """What is the matter with a voucher when it is shown."""

    FRESH = "fresh"
    EXPIRED = "expired"
    """Issued long ago: a screenshot."""
    USED = "used"
    """Another institution has settled with it."""
    OTHER_CITY = "other_city"
    """It names a place where its owner is not insured."""


_VOUCHER = "SELECT * FROM vouchers WHERE voucher_id = ?"

ELSEWHERE = "P63010399999"
"""The institution that used a used voucher."""
NOT_INSURED_THERE = "632700"


@dataclass(frozen=True, slots=True)
class Issuer:
    name: str
    key: SigningKey
    bundle: bytes
    """The trust list tills check vouchers against."""


def load_issuer(name: str, key_file: Path, bundle_file: Path) -> Issuer:
    """Raises PolicyError, which names the file."""
    try:
        return Issuer(name, load_private_key(key_file.read_bytes()), bundle_file.read_bytes())
    except (OSError, NotAKey, CannotSign) as exc:
        raise PolicyError(f"{key_file}: {exc}") from exc


@dataclass(frozen=True, slots=True)
class Issued:
    text: str
    voucher_id: str
    issued_at: int
    expires_at: int


def new_voucher(
    tx: Tx,
    person_id: str,
    issuer: Issuer,
    *,
    lifetime_seconds: int,
    by_relative: bool,
    shown: Shown = Shown.FRESH,
    opaque: bool = False,
) -> Issued | None:
    """A fresh voucher of a person on show; None: nobody, or somebody who never activated it.

    opaque  True: as a code of digits that only 1162 and ec.query can read
    """
    person = tx.row("SELECT * FROM persons WHERE id = ? AND shown = 1", person_id)
    if person is None or Status.NO_VOUCHER in statuses(tx, person["psn_no"]):
        return None
    enrolled = tx.row(
        "SELECT * FROM enrolments WHERE psn_no = ? ORDER BY stas <> ?, seq",
        person["psn_no"],
        ACTIVE,
    )
    assert enrolled
    issued_at = int(tx.now)
    if shown is Shown.EXPIRED:
        issued_at -= lifetime_seconds + LONG_OVER_SECONDS
    claims = Claims(
        issuer=issuer.name,
        voucher_id=f"{TOKEN_REGION}{secrets.token_hex(16)}" if opaque else secrets.token_hex(16),
        holder=holder(person["psn_no"]).hex(),
        masked_name=masked(person["name"]),
        region=NOT_INSURED_THERE if shown is Shown.OTHER_CITY else enrolled["region"],
        insutype=enrolled["insutype"],
        by_relative=by_relative,
        channel="qinghai",
        not_before=issued_at,
        expires_at=issued_at + lifetime_seconds,
        issued_at=issued_at,
    )
    tx.run(
        "DELETE FROM vouchers WHERE institution IS NULL AND expires_at < ?",
        issued_at - KEPT_SECONDS,
    )
    tx.run(
        "INSERT INTO vouchers (voucher_id, psn_no, issued_at, expires_at) VALUES (?, ?, ?, ?)",
        claims.voucher_id,
        person["psn_no"],
        issued_at,
        claims.expires_at,
    )
    if shown is Shown.USED:
        tx.run(
            "UPDATE vouchers SET institution = ?, used_by = ? WHERE voucher_id = ?",
            ELSEWHERE,
            f"{ELSEWHERE}000000000000000000",
            claims.voucher_id,
        )
    text = _opaque_code(tx, claims.voucher_id) if opaque else issue(claims, issuer.key)
    return Issued(text, claims.voucher_id, issued_at, claims.expires_at)


def _opaque_code(tx: Tx, voucher_id: str) -> str:
    code = "".join(secrets.choice("0123456789") for _ in range(CODE_DIGITS - 1))
    code = f"9{code}"
    tx.run("DELETE FROM codes WHERE voucher_id NOT IN (SELECT voucher_id FROM vouchers)")
    tx.run("INSERT INTO codes (code, voucher_id) VALUES (?, ?)", code, voucher_id)
    return code


def decode(tx: Tx, code: str, institution: str) -> Row:
    """1162 and ec.query: the voucher a code stands for.  The same caller may ask again.

    Raises Refusal
    """
    shown = _issued(tx.held("SELECT * FROM codes WHERE code = ?", code))
    voucher = _issued(tx.rows(_VOUCHER, shown["voucher_id"]))
    if voucher["used_by"] or shown["decoded_by"] not in (None, institution):
        raise Refusal(USED)
    if tx.now >= voucher["expires_at"] + LEEWAY_SECONDS:
        raise Refusal(EXPIRED)
    tx.run("UPDATE codes SET decoded_by = ? WHERE code = ?", institution, code)
    return voucher


def of_card(tx: Tx, call: Call, number: str) -> Row:
    """1101 with a card: a voucher as long as the visit.  Raises Refusal.

    Own choice: a card is at one counter at a time, the one that asked last.
    """
    people = tx.rows("SELECT psn_no, certno FROM persons")
    owners = [p["psn_no"] for p in people if number in (p["certno"], card_number(p["psn_no"]))]
    if not owners:
        raise Refusal(NO_SUCH_PERSON)
    tx.held("SELECT psn_no FROM persons WHERE psn_no = ?", owners[0])
    tx.run("DELETE FROM vouchers WHERE voucher_id = ?", number)
    now = int(tx.now)
    tx.run(
        "INSERT INTO vouchers (voucher_id, psn_no, issued_at, expires_at, institution, opter,"
        " device, bound_at, mdtrt_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        number,
        owners[0],
        now,
        now + WINDOW_SECONDS,
        call.institution,
        call.opter,
        call.device,
        tx.now,
        f"V{call.care_region}{tx.serial('visit'):012d}",
    )
    return _issued(tx.rows(_VOUCHER, number))


def take_over(tx: Tx, voucher_id: str, holder_hex: str, issued_at: int, expires_at: int) -> bool:
    """A voucher that another sandbox issued to a person who is in this one too, such as one that
    was recorded.  False: nobody here is its holder."""
    for person in tx.rows("SELECT psn_no FROM persons"):
        if holder(person["psn_no"]).hex() == holder_hex:
            tx.run(
                "INSERT INTO vouchers (voucher_id, psn_no, issued_at, expires_at)"
                " VALUES (?, ?, ?, ?)",
                voucher_id,
                person["psn_no"],
                issued_at,
                expires_at,
            )
            return True
    return False


def identify(tx: Tx, call: Call, voucher_id: str) -> Row:
    """1101: binds a living voucher to the caller.  The same caller may ask again.

    Raises Refusal.  Own choice: a voucher bound to another institution counts as used.
    """
    voucher = _issued(tx.held(_VOUCHER, voucher_id))
    if voucher["used_by"] or voucher["institution"] not in (None, call.institution):
        raise Refusal(USED)
    if tx.now >= voucher["expires_at"] + LEEWAY_SECONDS:
        raise Refusal(EXPIRED)
    if voucher["institution"] is None:
        tx.run(
            "UPDATE vouchers SET institution = ?, opter = ?, device = ?, bound_at = ?,"
            " mdtrt_id = ? WHERE voucher_id = ?",
            call.institution,
            call.opter,
            call.device,
            tx.now,
            f"V{call.care_region}{tx.serial('visit'):012d}",
            voucher_id,
        )
    return voucher


def present(tx: Tx, call: Call, voucher_id: str, psn_no: str) -> Row:
    """A voucher the caller identified this person with, inside its window, used or not.

    Raises Refusal
    """
    voucher = _issued(tx.rows(_VOUCHER, voucher_id))
    if voucher["institution"] is None:
        raise Refusal(NOT_IDENTIFIED)
    if voucher["institution"] != call.institution:
        raise Refusal(USED)
    if tx.now >= voucher["bound_at"] + WINDOW_SECONDS:
        raise Refusal(EXPIRED)
    if voucher["psn_no"] != psn_no:
        raise Refusal(OTHER_PERSON)
    return voucher


def use(tx: Tx, voucher_id: str, msgid: str) -> None:
    tx.run("UPDATE vouchers SET used_by = ? WHERE voucher_id = ?", msgid, voucher_id)


def give_back(tx: Tx, voucher_id: str) -> None:
    tx.run("UPDATE vouchers SET used_by = NULL WHERE voucher_id = ?", voucher_id)


def used_by(tx: Tx, voucher_id: str) -> str | None:
    """The message id of the settlement that holds the voucher; None: it is free."""
    user: str | None = _issued(tx.rows(_VOUCHER, voucher_id))["used_by"]
    return user


def _issued(found: list[Row]) -> Row:
    if not found:
        raise Refusal(INVALID)
    return found[0]
