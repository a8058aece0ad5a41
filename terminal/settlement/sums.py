"""Whether a settlement's reply adds up, and how it divides the money.

One rule: a reply that fits none of the readings below, or fits two that divide the money
differently, is refused; nothing of it is ever shown as a split.

The identities, for a settlement and, with every sign turned, for its reversal:

    I1  medfee_sumamt = fulamt_ownpay_amt + overlmt_selfpay + preselfpay_amt + inscp_scp_amt
    I2  medfee_sumamt = fund + borne by person + borne by institution
    I3  borne by person = accounts + cash
    I4  fund = hifp + cvlserv + hifes + hifmi + hifob + hifdm + maf + oth
    I5  the rows of setldetail = fund + account + borne by institution
    I6  each line = its own cost + over limit + first share + in scope; selfpay_prop 1: own cost
    I7  medfee_sumamt = fund + accounts + cash + borne by institution, where I2 and I3 have a null

Platforms differ in two conventions, and each reply is read by the one that fits it:
`acct_mulaid_pay` is inside `acct_pay` or comes on top of it; `fund_pay_sumamt` counts the accounts
or does not.  A part that is null is not checked; a total that is null is refused.

Source: I1 to I7 were checked on six recorded replies; Hunan and Guangdong differ in the fund.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from terminal.sale.money import NOTHING, Fen
from terminal.settlement.fields import Unreadable
from terminal.settlement.messages.settled import FundShare, LineShare, SettledInfo

COST_PARTS = ("fulamt_ownpay_amt", "overlmt_selfpay", "preselfpay_amt", "inscp_scp_amt")
FUND_PARTS = (
    "hifp_pay",
    "cvlserv_pay",
    "hifes_pay",
    "hifmi_pay",
    "hifob_pay",
    "hifdm_pay",
    "maf_pay",
    "oth_pay",
)
LINE_PARTS = ("fulamt_ownpay_amt", "overlmt_amt", "preselfpay_amt", "inscp_scp_amt")


class MutualAid(StrEnum):
    """Where `acct_mulaid_pay` is."""

    INSIDE = "inside"
    ON_TOP = "on_top"


class FundTotal(StrEnum):
    """What `fund_pay_sumamt` counts."""

    FUND_ALONE = "fund_alone"
    WITH_ACCOUNT = "with_account"
    WITH_ALL_ACCOUNTS = "with_all_accounts"
    """`acct_pay` and the mutual aid that comes on top of it."""


@dataclass(frozen=True, slots=True)
class Sums:
    """How a reply divides the money; every amount negative in a reversal."""

    total_fen: Fen
    fund_fen: Fen
    """The funds alone, whatever the platform counts in its total."""
    institution_fen: Fen
    own_fen: Fen
    """The person's own account, without the mutual aid."""
    mutual_aid_fen: Fen
    cash_fen: Fen
    mutual_aid: frozenset[MutualAid]
    """The conventions that fit; both where nothing tells them apart."""
    fund_total: frozenset[FundTotal]


@dataclass(frozen=True, slots=True)
class _Reading:
    mutual_aid: MutualAid
    fund_total: FundTotal
    fund: int
    """The funds alone."""
    accounts: int
    """Own account and mutual aid."""
    mismatch: str
    """The first identity that does not hold; empty: all hold."""


def add_up(
    info: SettledInfo, shares: Iterable[FundShare] = (), lines: Iterable[LineShare] = ()
) -> Sums:
    """Reads and adds up one reply: `setlinfo`, `setldetail`, `detlcutinfo`.  Raises Unreadable."""
    total = _needed(info.medfee_sumamt, "medfee_sumamt")
    mutual_aid, institution = info.acct_mulaid_pay or NOTHING, _institution(info)
    cash = _needed(info.cash, "psn_cash_pay")
    _one_sign(info, total, cash)
    costs = _known(getattr(info, name) for name in COST_PARTS)
    if costs is not None and costs != total:
        raise Unreadable("setlinfo: I1: medfee_sumamt is not the sum of its four parts")
    for at, line in enumerate(lines):
        _check_line(line, f"detlcutinfo[{at}]")
    readings = list(_readings(info, tuple(shares)))
    fitting = [reading for reading in readings if not reading.mismatch]
    if not fitting:
        raise Unreadable(f"setlinfo: {readings[0].mismatch}")
    splits = {(reading.fund, reading.accounts - mutual_aid) for reading in fitting}
    if len(splits) > 1:
        raise Unreadable("setlinfo: I7: the amounts can be divided in two ways")
    ((fund, own),) = splits
    return Sums(
        total,
        Fen(fund),
        institution,
        Fen(own),
        mutual_aid,
        cash,
        frozenset(reading.mutual_aid for reading in fitting),
        frozenset(reading.fund_total for reading in fitting),
    )


def _readings(info: SettledInfo, shares: tuple[FundShare, ...]) -> Iterator[_Reading]:
    """Every reading of one reply, fitting or not; the most usual one first."""
    fund = _needed(info.fund_pay_sumamt, "fund_pay_sumamt")
    account = _needed(info.acct_pay, "acct_pay")
    mutual_aid = info.acct_mulaid_pay or NOTHING
    parts = _known(getattr(info, name) for name in FUND_PARTS)
    rows = _known(row.fund_payamt for row in shares)
    for aid in MutualAid:
        accounts = account + mutual_aid if aid is MutualAid.ON_TOP else account
        alone = {FundTotal.FUND_ALONE: int(fund), FundTotal.WITH_ACCOUNT: fund - account}
        if aid is MutualAid.ON_TOP:
            alone[FundTotal.WITH_ALL_ACCOUNTS] = fund - accounts
        for counted, pure in alone.items():
            mismatch = _mismatch(info, pure, accounts)
            if not mismatch and parts is not None and parts != pure:
                mismatch = "I4: fund_pay_sumamt is not the sum of its parts"
            listed = pure + _institution(info)
            # Mutual aid on top has no row of its own on some platforms: no code for it is known.
            if not mismatch and rows not in (None, listed + accounts, listed + account):
                mismatch = "I5: the rows of setldetail are not fund + account + institution"
            yield _Reading(aid, counted, pure, accounts, mismatch)


def _mismatch(info: SettledInfo, fund: int, accounts: int) -> str:
    """The first of I2, I3 and I7 that this reading breaks, as a sentence; empty: none."""
    total, cash = info.medfee_sumamt or NOTHING, info.cash or NOTHING
    institution, person = _institution(info), info.borne_by_person
    own = accounts - (info.acct_mulaid_pay or NOTHING)
    sign = -1 if total < 0 else 1
    if fund * sign < 0 or own * sign < 0:
        return "I3: the accounts or the fund are less than what is counted in them"
    if person is not None and total != fund + person + institution:
        return "I2: medfee_sumamt is not fund + person + institution"
    if person is not None and person != accounts + cash:
        return "I3: the person's part is not account + mutual aid + cash"
    if total != fund + accounts + cash + institution:
        return "I7: medfee_sumamt is not fund + accounts + cash + institution"
    return ""


def _check_line(line: LineShare, where: str) -> None:
    """I6.  Raises Unreadable."""
    amount = line.det_item_fee_sumamt
    parts = _known(getattr(line, name) for name in LINE_PARTS)
    if amount is None or parts is None:
        return
    if parts != amount:
        raise Unreadable(f"{where}: I6: det_item_fee_sumamt is not the sum of its four parts")
    if line.selfpay_prop == 1 and line.fulamt_ownpay_amt not in (None, amount):
        raise Unreadable(f"{where}: I6: selfpay_prop is 1 and a fund would share in the line")


def _one_sign(info: SettledInfo, total: Fen, cash: Fen) -> None:
    """A settlement has no negative amount, a reversal no positive one."""
    amounts = {
        "psn_cash_pay": cash,
        "acct_pay": info.acct_pay,
        "acct_mulaid_pay": info.acct_mulaid_pay,
        "fund_pay_sumamt": info.fund_pay_sumamt,
        "hosp_part_amt": _institution(info),
    }
    for name, amount in amounts.items():
        if amount and (amount < 0) != (total < 0):
            raise Unreadable(f"setlinfo.{name} has another sign than medfee_sumamt")


def _institution(info: SettledInfo) -> Fen:
    """Recorded reversals say `ownpay_hosp_part` and leave `hosp_part_amt` null."""
    if info.hosp_part_amt is not None:
        return info.hosp_part_amt
    return info.ownpay_hosp_part or NOTHING


def _needed(amount: Fen | None, name: str) -> Fen:
    if amount is None:
        raise Unreadable(f"setlinfo.{name} is missing")
    return amount


def _known(amounts: Iterable[Fen | None]) -> int | None:
    """The sum of those that are there; None where none is."""
    told = [amount for amount in amounts if amount is not None]
    return sum(told) if told else None
