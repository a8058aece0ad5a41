"""Random settlements in every convention a platform may have, and the campaign over many of them.

    python -m tests.settlement.carts --carts 100000 --seed 1

Each cart is divided at random, written as a reply in a random convention with random spellings,
read by the till's own code, and must come out as it was divided; then one amount of it is changed
by a random sum, and it must not be believed to divide the money otherwise.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec

from terminal.settlement.fields import Unreadable, read
from terminal.settlement.messages.settled import Settlement
from terminal.settlement.sums import COST_PARTS, FUND_PARTS, FundTotal, MutualAid, Sums, add_up

Json = dict[str, Any]
SPELLINGS = (
    ("psn_part_amt", "psn_cash_pay"),
    ("psn_pay", "cash_payamt"),
    ("psn_part_amt", "pdn_cash_pay"),
)


@dataclass(frozen=True)
class Cart:
    """One settlement as it really was; amounts in fen."""

    fund: int
    institution: int
    own: int
    mutual_aid: int
    cash: int
    aid: MutualAid
    fund_total: FundTotal
    is_reversal: bool

    @property
    def split(self) -> tuple[int, int, int, int, int]:
        sign = -1 if self.is_reversal else 1
        parts = (self.fund, self.institution, self.own, self.mutual_aid, self.cash)
        fund, institution, own, mutual_aid, cash = (sign * part for part in parts)
        return fund, institution, own, mutual_aid, cash


def split_of(sums: Sums) -> tuple[int, int, int, int, int]:
    return sums.fund_fen, sums.institution_fen, sums.own_fen, sums.mutual_aid_fen, sums.cash_fen


def draw(rng: random.Random) -> Cart:
    """Small sums as well as large ones: coincidences are what could be misread."""

    def part(likely: float) -> int:
        return rng.randint(1, rng.choice((3, 100, 100_000))) if rng.random() < likely else 0

    aid = rng.choice(list(MutualAid))
    totals = [FundTotal.FUND_ALONE, FundTotal.WITH_ACCOUNT]
    if aid is MutualAid.ON_TOP:
        totals.append(FundTotal.WITH_ALL_ACCOUNTS)
    return Cart(
        part(0.7),
        part(0.1),
        part(0.6),
        part(0.5),
        part(0.5) or 1,
        aid,
        rng.choice(totals),
        rng.random() < 0.2,
    )


def reply(cart: Cart, rng: random.Random) -> Json:
    """The cart as a platform of its convention writes it."""
    fund, institution, own, aid, cash = cart.split
    total = fund + institution + own + aid + cash
    account = own + aid if cart.aid is MutualAid.INSIDE else own
    told = {
        FundTotal.FUND_ALONE: fund,
        FundTotal.WITH_ACCOUNT: fund + account,
        FundTotal.WITH_ALL_ACCOUNTS: fund + own + aid,
    }[cart.fund_total]
    person, cash_name = rng.choice(SPELLINGS)
    info: Json = {
        "medfee_sumamt": total,
        "fund_pay_sumamt": told,
        person: own + aid + cash,
        "acct_pay": account,
        "acct_mulaid_pay": aid,
        cash_name: cash,
        rng.choice(("hosp_part_amt", "ownpay_hosp_part")): institution,
    }
    info |= dict(zip(COST_PARTS, _parts(total, len(COST_PARTS), rng), strict=True))
    info |= dict(zip(FUND_PARTS, _parts(fund, len(FUND_PARTS), rng), strict=True))
    rows = [{"fund_payamt": amount} for amount in (fund, account, institution) if amount]
    return {
        "setlinfo": {name: _shown(amount, rng) for name, amount in info.items()},
        "setldetail": [{"fund_payamt": _shown(row["fund_payamt"], rng)} for row in rows],
    }


def _parts(total: int, count: int, rng: random.Random) -> list[int]:
    """`total` in so many parts of its own sign."""
    sign, rest = (-1 if total < 0 else 1), abs(total)
    parts = []
    for _ in range(count - 1):
        part = rng.randint(0, rest)
        parts.append(sign * part)
        rest -= part
    return [*parts, sign * rest]


def _shown(fen: int, rng: random.Random) -> object:
    """As a number or as a text."""
    yuan = Decimal(fen).scaleb(-2)
    return yuan if rng.random() < 0.5 else str(yuan)


def understood(given: Json) -> Sums:
    """Through real JSON and the till's reader.  Raises Unreadable."""
    body = msgspec.json.encode(given, enc_hook=str)
    told = read(Settlement, msgspec.json.decode(body))
    return add_up(told.setlinfo, told.setldetail, told.detlcutinfo)


def wrong(cart: Cart, rng: random.Random) -> str:
    """What is wrong with how one cart is read; empty: nothing."""
    given = reply(cart, rng)
    try:
        sums = understood(given)
    except Unreadable as exc:
        return f"{cart} is not understood: {exc}"
    if split_of(sums) != cart.split:
        return f"{cart} is read as {split_of(sums)}"
    named = {name for name, value in given["setlinfo"].items() if Decimal(value) != 0}
    if cart.aid is MutualAid.INSIDE:
        # A breakdown of `acct_pay` that no sum contains: nothing can tell that it is wrong.
        named.discard("acct_mulaid_pay")
    name = rng.choice(sorted(named))
    # A sum that is out by exactly an account's share is what another convention looks like.
    account = {cart.own, cart.mutual_aid, cart.own + cart.mutual_aid}
    error = rng.choice([fen for fen in range(1, 9) if fen not in account])
    shifted = Decimal(given["setlinfo"][name]) + Decimal(rng.choice((-error, error))).scaleb(-2)
    given["setlinfo"][name] = shifted
    try:
        return f"{cart} with {name} {shifted} is believed: {understood(given)}"
    except Unreadable:
        return ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--carts", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    rng, began = random.Random(args.seed), time.perf_counter()
    found = [told for told in (wrong(draw(rng), rng) for _ in range(args.carts)) if told]
    seconds = round(time.perf_counter() - began, 1)
    told = {"carts": args.carts, "seed": args.seed, "wrong": len(found), "seconds": seconds}
    print(json.dumps({**told, "first": found[:3]}, ensure_ascii=False))
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
