"""Customers: who is insured how, and the phones that show their codes.

One rule: everybody here is invented, and no number is one that a person could have.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cache

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from terminal.config import SHIPPED
from terminal.voucher.algorithms import SigningKey, load_private_key
from terminal.voucher.issue import Claims, issue

ISSUER = "qh-test"
LIFETIME_SECONDS = 60
HOME = "630102"


@dataclass(frozen=True)
class Person:
    psn_no: str
    name: str
    """In full, as only the platform knows it."""
    certno: str
    """Looks like an identity number from afar; its check digit is wrong."""
    insutype: str
    own_fen: int
    """In the personal account; 0 where the insurance type has none."""
    pot: str
    """Name of the mutual-aid account, "" for none; relatives share one."""
    pot_fen: int
    suspended: str
    """"": active; "known": 1101 says so; "late": only a settlement finds out."""
    fund_left_fen: int

    @property
    def own(self) -> str:
        return f"own {self.psn_no}"

    @property
    def holder(self) -> str:
        return f"{int(self.psn_no):032x}"

    @property
    def masked_name(self) -> str:
        return self.name[0] + "*" * (len(self.name) - 1)


KINDS: dict[str, tuple[str, int, int, str]] = {
    # insutype, own account, mutual-aid account (-1: none), suspended
    "employee": ("310", 100_000, -1, ""),
    "employee-short": ("310", 900, 100_000, ""),
    "employee-both-short": ("310", 700, 500, ""),
    "employee-empty": ("310", 0, 0, ""),
    "employee-alone": ("310", 600, -1, ""),
    "resident": ("390", 0, 80_000, ""),
    "resident-short": ("390", 0, 800, ""),
    "resident-alone": ("390", 0, -1, ""),
    "other": ("340", 0, -1, ""),
    "suspended": ("310", 5_000, -1, "known"),
    "suspended-late": ("310", 5_000, -1, "late"),
}
WEIGHTS = (3, 5, 5, 2, 3, 3, 3, 1, 1, 1, 1)
SURNAMES = "欧司诸慕尉澹闻"
GIVEN = "铂镧铈钕钷钐铕钆铽镝钬铒铥镱镥"
"""Elements: characters that occur in no other text of a run."""


def a_person(rng: random.Random, number: int) -> Person:
    kind = rng.choices(tuple(KINDS), WEIGHTS)[0]
    insutype, own_fen, pot_fen, suspended = KINDS[kind]
    own_fen = own_fen * rng.randint(50, 150) // 100
    has_pot = pot_fen >= 0
    name = rng.choice(SURNAMES) + rng.choice(GIVEN) + rng.choice(GIVEN)
    psn_no = f"6301{number:06d}"
    return Person(
        psn_no,
        name,
        _no_identity(f"990000190001{number:05d}"),
        insutype,
        own_fen,
        # Half of the families share one account.
        f"pot {number // 2 if rng.random() < 0.5 else 100 + number}" if has_pot else "",
        max(0, pot_fen) * rng.randint(50, 150) // 100,
        suspended,
        rng.choice((0, 1500, 200_000, 200_000, 200_000)),
    )


def _no_identity(first17: str) -> str:
    """Eighteen digits that fail the check of GB 11643 on purpose."""
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    right = "10X98765432"[sum(int(d) * w for d, w in zip(first17, weights, strict=True)) % 11]
    return first17 + ("7" if right != "7" else "8")


@cache
def issuer_key() -> SigningKey:
    """Ed25519, whose signatures are the same on every run."""
    return load_private_key((SHIPPED / "keys" / "test-ed25519.pem").read_bytes())


@dataclass(frozen=True)
class Code:
    """One dynamic code on a phone."""

    text: str
    voucher_id: str
    person: Person
    not_before: int
    expires_at: int


@cache
def strangers_key() -> SigningKey:
    """Of an issuer nobody at the counter has heard of."""
    return load_private_key(
        ed25519.Ed25519PrivateKey.from_private_bytes(bytes(range(32))).private_bytes(
            serialization.Encoding.DER,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )


def show_code(rng: random.Random, person: Person, now: float, *, strange: bool = False) -> Code:
    """A fresh code; now in seconds since 1970; strange: signed by a key nobody knows."""
    voucher_id = f"{rng.getrandbits(128):032x}"
    issued_at = int(now)
    expires_at = issued_at + LIFETIME_SECONDS
    claims = Claims(
        issuer=ISSUER,
        voucher_id=voucher_id,
        holder=person.holder,
        masked_name=person.masked_name,
        region=HOME,
        insutype=person.insutype,
        by_relative=rng.random() < 0.1,
        channel="qinghai",
        not_before=issued_at,
        expires_at=expires_at,
        issued_at=issued_at,
    )
    key = strangers_key() if strange else issuer_key()
    return Code(issue(claims, key), voucher_id, person, issued_at, expires_at)
