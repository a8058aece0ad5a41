"""The transactions a counter uses, as types.

Field names are the interface's own, traps included: 2102 says `psn_part_amt` and `psn_cash_pay`
where 5203 says `psn_pay` and `cash_payamt`.  Read tolerantly: an amount may come as a number, as
text, null or "", and any field may be missing.  Amounts are fen here, yuan on the wire.

Source: the national interface (医保定点医药机构接口), transactions 9001, 1101, 2101, 2102, 2103,
2601, 5201, 5203.  X101, X102 and X103 are this project's own, for platforms where the terminal
drives the fallback: debit of one account, its reversal, and a query, all by message id.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from terminal.sale.events import Split
from terminal.sale.money import AMOUNT_FEN_MAX, Fen

Node = Mapping[str, object]


class Unreadable(Exception):
    """A reply that cannot be what it claims to be; the message names node and field."""


def amount(node: Node, field: str) -> Fen | None:
    """An amount in fen; None where the field is missing, null or "".  Raises Unreadable.

    Yuan as a JSON number or as text; more than two decimals are refused unless they are zeros.
    """
    value = node.get(field)
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise Unreadable(f"{field} is not an amount")
    try:
        fen = Decimal(str(value)) * 100
    except InvalidOperation as exc:
        raise Unreadable(f"{field} is not an amount") from exc
    if not fen.is_finite() or abs(fen) > AMOUNT_FEN_MAX or fen != fen.to_integral_value():
        raise Unreadable(f"{field} is not an amount in whole fen")
    return Fen(int(fen))


def text(node: Node, field: str) -> str:
    """A text field, numbers read as text; "" where it is missing or null.  Raises Unreadable."""
    value = node.get(field)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise Unreadable(f"{field} is not text")
    return str(value)


def rows(node: Node, field: str) -> list[Node]:
    """A list of nodes; [] where it is missing or null.  A single node counts as a list of one."""
    value = node.get(field)
    if value is None or value == "":
        return []
    listed = value if isinstance(value, list) else [value]
    nodes: list[Node] = [row for row in listed if isinstance(row, dict)]
    if len(nodes) != len(listed):
        raise Unreadable(f"{field} is not a list of nodes")
    return nodes


def child(node: Node, field: str) -> Node:
    """A node that must be there.  Raises Unreadable."""
    value = node.get(field)
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if not isinstance(value, dict):
        raise Unreadable(f"{field} is missing")
    return value


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
COST_PARTS = ("fulamt_ownpay_amt", "overlmt_selfpay", "preselfpay_amt", "inscp_scp_amt")


@dataclass(frozen=True, slots=True)
class Settlement:
    """`setlinfo` of 2101, 2102 and 5203, checked to add up."""

    setl_id: str
    """Empty in a pre-settlement."""
    mdtrt_id: str
    medins_setl_id: str
    """The message id of the request that made it."""
    total_fen: Fen
    split: Split
    """The institution's own share (`hosp_part_amt`) counts as fund: the customer pays neither."""
    cash_fen: Fen
    balance_after_fen: Fen | None
    reversed: bool


def settlement(setlinfo: Node) -> Settlement:
    """Reads and adds up one `setlinfo`.  Raises Unreadable where the sums do not hold.

    I1  medfee_sumamt = own cost + over limit + first share + in scope
    I2  medfee_sumamt = fund + borne by person + borne by hospital
    I3  borne by person = account + cash, mutual aid inside the account or on top of it
    I4  fund = the sum of its parts
    A part that is null is not checked, a total that is null is refused.
    """
    total = _needed(setlinfo, "medfee_sumamt")
    fund = _needed(setlinfo, "fund_pay_sumamt")
    account = _needed(setlinfo, "acct_pay")
    mutual_aid = amount(setlinfo, "acct_mulaid_pay") or Fen(0)
    cash = _either(setlinfo, "psn_cash_pay", "cash_payamt")
    hospital = amount(setlinfo, "hosp_part_amt") or Fen(0)
    person = _either(setlinfo, "psn_part_amt", "psn_pay")
    if total != fund + person + hospital:
        raise Unreadable("medfee_sumamt is not fund + person + hospital")
    _adds_up(setlinfo, COST_PARTS, total, "medfee_sumamt")
    _adds_up(setlinfo, FUND_PARTS, fund, "fund_pay_sumamt")
    own = _own_account(person, account, mutual_aid, cash)
    if min(total, fund, own, mutual_aid, cash, hospital) < 0:
        raise Unreadable("an amount of the settlement is negative")
    return Settlement(
        text(setlinfo, "setl_id"),
        text(setlinfo, "mdtrt_id"),
        text(setlinfo, "medins_setl_id"),
        total,
        Split(Fen(fund + hospital), own, mutual_aid),
        cash,
        amount(setlinfo, "balc"),
        text(setlinfo, "refd_setl_flag") == "1",
    )


def _own_account(person: Fen, account: Fen, mutual_aid: Fen, cash: Fen) -> Fen:
    """What the customer's own account paid.

    Platforms differ in whether `acct_pay` contains `acct_mulaid_pay`; the sum of each reply tells.
    """
    if person == account + cash:
        return Fen(account - mutual_aid)
    if person == account + cash + mutual_aid:
        return account
    raise Unreadable("the person's share is not account + mutual aid + cash")


def _needed(node: Node, field: str) -> Fen:
    value = amount(node, field)
    if value is None:
        raise Unreadable(f"{field} is missing")
    return value


def _either(node: Node, field: str, other: str) -> Fen:
    value = amount(node, field)
    return _needed(node, other) if value is None else value


def _adds_up(node: Node, fields: tuple[str, ...], total: Fen, name: str) -> None:
    known = [part for part in (amount(node, field) for field in fields) if part is not None]
    if known and sum(known) != total:
        raise Unreadable(f"{name} is not the sum of its parts")
