"""What must hold after every step, and at the end of the day.

One rule: it believes nobody.  The platform tells every effect on its accounts, each till's database
tells every durable row, the wire tells every byte, the till tells every event; all four must agree.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import msgspec

from terminal.journal.verify import Verdict, verify
from terminal.sale.events import Event, Notice, SaleSettled
from terminal.sale.sale import Sale
from tests.simulation.books import SHOP, Books, Charge
from tests.simulation.people import Person
from tests.simulation.platform import CHARGES, REVERSALS
from tests.simulation.reading import Leg, Reading, Slip
from tests.simulation.storage import Database, Row

ANSWER_SECONDS_MAX = 150.0
"""From the intent to an answer or the decision to reverse, while the till runs: the profile's 45 s,
two time-outs at each end, and two stalls of the disk."""

OPEN_QUESTION = ("intended", "unknown")
CART = ("LineAdded", "LineRemoved", "QuantitySet")


class Auditor:
    def __init__(self, now: Callable[[], float], found: Callable[[str], None]) -> None:
        """now in seconds of the loop; found(what) is called once for each violation."""
        self._now, self.found = now, found
        self.books = Books(self)
        self.readings: dict[int, Reading] = {}
        self._effects: dict[str, int] = {}
        self._sent: dict[str, int] = {}
        self._slip_of: dict[str, Slip] = {}
        self._vouchers: dict[tuple[int, str, str], str] = {}
        self._running_since: dict[int, float] = {}
        self._secrets: list[str] = []

    def keep_secret(self, *texts: str) -> None:
        """Texts that no row of any journal may contain."""
        self._secrets += texts

    def till_started(self, till: int) -> None:
        self._running_since[till] = self._now()

    # -- what becomes durable

    def durable(self, till: int, rows: list[Row]) -> None:
        reading = self.readings.setdefault(till, Reading())
        for _, sale_id, version, kind, body, _ in rows:
            before = self._open_questions(reading, sale_id)
            slip = reading.take(sale_id, version, kind, body, self._now())
            self._check_row(till, slip, kind, body, before)
            for secret in self._secrets:
                if secret in body:
                    self.found(f"{sale_id}: a {kind} holds personal data")
        for _, sale_id, _, kind, _, _ in rows:
            if kind == "SaleRefunded":
                self._check_kept(reading, reading.slips[sale_id], {row[1] for row in rows})

    def _check_kept(self, reading: Reading, refunded: Slip, written: set[str]) -> None:
        """Kept goods are on the counter again in the very write that gives the money back."""
        kept = sorted(refunded.lines[number] for number in refunded.keeps)
        slips = [reading.slips[sale_id] for sale_id in written]
        anew = [slip for slip in slips if slip.replaces == refunded.sale_id]
        if sorted(fen for slip in anew for fen in slip.lines.values()) != kept:
            self.found(f"{refunded.sale_id}: goods that were kept are not on the counter")

    def _open_questions(self, reading: Reading, sale_id: str) -> dict[str, float]:
        slip = reading.slips.get(sale_id)
        if slip is None:
            return {}
        return {k: leg.intended_at for k, leg in slip.legs.items() if leg.status in OPEN_QUESTION}

    def _check_row(
        self, till: int, slip: Slip, kind: str, body: str, before: dict[str, float]
    ) -> None:
        if kind in CART and slip.cash_fen:
            self.found(f"{slip.sale_id}: {kind} with cash in the drawer")
        if kind in ("ChargeIntended", "CashTaken", "SaleSettled") and slip.surprised:
            self.found(f"{slip.sale_id}: {kind} though nobody agreed to what was settled")
        if kind == "BoxScanned":
            code = msgspec.json.decode(body)["code"]
            others = (s for s in self.readings[till].slips.values() if s is not slip)
            if any(s.state in ("open", "settled") and code in s.boxes for s in others):
                self.found(f"{slip.sale_id}: the box {code} is in two sales that stand")
        if kind == "ChargeIntended" and slip.self_pay:
            self.found(f"{slip.sale_id}: an account is asked, the customer pays all of it")
        if kind == "ChargeIntended":
            for key in slip.legs:
                if self._slip_of.setdefault(key, slip) is not slip:
                    self.found(f"{key} is the id of two charges")
            if before:
                self.found(f"{slip.sale_id}: a charge is intended while {min(before)} is open")
        elif kind in ("ChargeApproved", "ChargeDeclined", "ChargeUnknown"):
            if (key := msgspec.json.decode(body)["key"]) not in before:
                self.found(f"{key}: {kind} is written down after its outcome was decided")
        elif kind == "VoucherAccepted":
            issuer, voucher_id = slip.vouchers[-1]
            other = self._vouchers.setdefault((till, issuer, voucher_id), slip.sale_id)
            if other != slip.sale_id or slip.vouchers.count((issuer, voucher_id)) > 1:
                self.found(f"{slip.sale_id}: its voucher was used before, in {other}")
        elif kind == "SaleVoided" and any(leg.open for leg in slip.legs.values()):
            self.found(f"{slip.sale_id} is voided with a charge still open")
        elif kind == "SaleRefunded" and msgspec.json.decode(body)["cash_fen"] != slip.cash_fen:
            self.found(f"{slip.sale_id}: refunds other cash than it took")
        for key, since in before.items():
            since = max(since, self._running_since.get(till, 0.0))
            if slip.legs[key].status not in OPEN_QUESTION and (
                self._now() - since > ANSWER_SECONDS_MAX
            ):
                self.found(f"{key}: no decision for {self._now() - since:.0f} s")

    # -- what goes over the wire

    def sent(self, till: int, body: bytes) -> None:
        envelope = msgspec.json.decode(body)
        infno, msgid = envelope["infno"], envelope["msgid"]
        if infno in CHARGES:
            self._charge_sent(msgid, infno, body, envelope["input"])
        elif infno in REVERSALS:
            self._reversal_sent(till, msgid, infno, envelope["input"]["data"])

    def _charge_sent(self, msgid: str, infno: str, body: bytes, nodes: dict[str, Any]) -> None:
        slip = self._slip_of.get(msgid)
        if slip is None:
            self.found(f"{infno} {msgid} is sent before its intent is durable")
            return
        leg = slip.legs[msgid]
        self._sent[msgid] = self._sent.get(msgid, 0) + 1
        if self._sent[msgid] > 1 + leg.repeats:
            self.found(f"{msgid} is sent again without a durable decision")
        if leg.status not in OPEN_QUESTION:
            self.found(f"{msgid} is sent while it is {leg.status}")
        if hashlib.sha256(body).hexdigest() != leg.digest:
            self.found(f"{msgid} is sent with other bytes than were written down")
        if slip.state != "open":
            self.found(f"{msgid} is sent for a sale that is {slip.state}")
        for other in slip.legs.values():
            if other.open and other is not leg:
                self.found(f"{msgid} is sent while {other.key} is {other.status}")
        yuan = nodes["data"]["amt"] if infno == "X101" else nodes["druginfo"]["medfee_sumamt"]
        if round(float(yuan) * 100) != leg.asked_fen:
            self.found(f"{msgid} asks for {yuan}, its intent for {leg.asked_fen} fen")

    def _reversal_sent(self, till: int, msgid: str, infno: str, data: dict[str, Any]) -> None:
        slips = self.readings[till].slips.values()
        legs = [leg for slip in slips for leg in slip.legs.values() if _is_meant(leg, infno, data)]
        if not legs:
            self.found(f"{infno} reverses what no charge of this till was: {data}")
        for leg in legs:
            if leg.status != "reversing":
                self.found(f"{leg.key} is reversed on the wire while it is {leg.status}")
            elif leg.reversal_keys[-1] != msgid:
                self.found(f"{leg.key} is reversed under {msgid}, an id that was not written down")

    # -- what the platform does

    def charged(self, charge: Charge) -> None:
        self._effects[charge.msgid] = self._effects.get(charge.msgid, 0) + 1
        if self._effects[charge.msgid] > 1:
            self.found(f"{charge.msgid} is charged {self._effects[charge.msgid]} times")
        slip = self._slip_of.get(charge.msgid)
        if slip is None:
            self.found(f"{charge.msgid} takes {charge.fen} fen that no journal intended")
            return
        leg = slip.legs[charge.msgid]
        if not leg.open:
            self.found(f"{charge.msgid} takes {charge.fen} fen although it is {leg.status}")
        net = sum(c.fen for c in self.books.standing(charge.sale))
        if net > slip.total_fen:
            self.found(f"{slip.sale_id}: {net} fen taken for {slip.total_fen}")
        if charge.fen > leg.asked_fen:
            self.found(f"{charge.msgid} takes {charge.fen} fen, {leg.asked_fen} were asked")

    def given_back(self, charge: Charge) -> None:
        slip = self._slip_of.get(charge.msgid)
        status = slip.legs[charge.msgid].status if slip else "unknown to the journal"
        if status != "reversing":
            self.found(f"{charge.msgid} is given back while it is {status}")

    # -- what the till tells

    def told(self, till: int, what: Event | Notice, sale: Sale | None) -> None:
        if isinstance(what, Notice) or sale is None:
            return
        slip = self.readings[till].slips.get(sale.sale_id)
        if slip is None or slip.version < sale.version:
            self.found(f"{sale.sale_id}: {type(what).__name__} is told before it is durable")
        elif isinstance(what, SaleSettled):
            self._goods_leave(slip, sale)

    def _goods_leave(self, slip: Slip, sale: Sale) -> None:
        if slip.state != "settled":
            self.found(f"{slip.sale_id}: goods leave, the journal says {slip.state}")
        self._check_settled(slip)
        split = sale.split
        shown = {"fund": split.fund_fen, "own": split.personal_fen, "pot": split.mutual_aid_fen}
        if shown != self._paid_by_kind(slip.sale_id):
            self.found(f"{slip.sale_id}: shows {shown}, taken {self._paid_by_kind(slip.sale_id)}")

    def _check_settled(self, slip: Slip) -> None:
        standing = {charge.msgid: charge.fen for charge in self.books.standing(slip.sale_id)}
        approved = {key: sum(leg.paid.values()) for key, leg in slip.approved().items()}
        if standing != approved:
            self.found(f"{slip.sale_id} is settled: journal {approved}, platform {standing}")
        paid = sum(approved.values()) + slip.cash_fen
        if paid != slip.total_fen:
            self.found(f"{slip.sale_id} is settled with {paid} of {slip.total_fen} fen")

    def _paid_by_kind(self, sale_id: str) -> dict[str, int]:
        paid = {"fund": 0, "own": 0, "pot": 0}
        for charge in self.books.standing(sale_id):
            for account, fen in charge.parts.items():
                paid[account.split(" ")[0]] += fen
        return paid

    # -- at the end

    def finish(self, databases: dict[int, tuple[Database, bytes]], people: list[Person]) -> None:
        """Faults healed long ago."""
        for till, (database, key) in databases.items():
            reading = self.readings.get(till, Reading())
            finding = verify(database, key)
            if finding.verdict is not Verdict.INTACT or finding.seq != reading.rows:
                self.found(f"till {till}: the journal is {finding.verdict} at {finding.seq}")
            for slip in reading.slips.values():
                self._check_end(slip)
        self._check_books(people)

    def _check_end(self, slip: Slip) -> None:
        standing = self.books.standing(slip.sale_id)
        if slip.state == "open":
            self.found(f"{slip.sale_id} is still open")
        elif slip.state == "settled":
            self._check_settled(slip)
        elif standing:
            self.found(f"{slip.sale_id} is {slip.state} and holds {standing}")
        if slip.state != "settled" and slip.approved():
            self.found(f"{slip.sale_id} is {slip.state}, its journal says money is held")
        for leg in slip.legs.values():
            if leg.open:
                self.found(f"{leg.key} of {slip.sale_id} is still {leg.status}")

    def _check_books(self, people: list[Person]) -> None:
        """Every account holds what it held, less what stands and what was spent elsewhere."""
        expected = dict(self.books.opened)
        for account, fen in self.books.spent_elsewhere.items():
            expected[account] -= fen
        for charge in self.books.charges:
            for account, fen in charge.parts.items() if charge.standing else ():
                expected[account] = expected.get(account, 0) - fen
        for account, fen in self.books.accounts.items():
            if account != SHOP and expected.get(account, 0) != fen:
                self.found(f"{account} holds {fen}, {expected.get(account, 0)} expected")
        slips = [slip for reading in self.readings.values() for slip in reading.slips.values()]
        claimed = sum(
            sum(leg.paid.values())
            for slip in slips
            if slip.state == "settled"
            for leg in slip.approved().values()
        )
        if claimed != self.books.accounts[SHOP]:
            owed = self.books.accounts[SHOP]
            self.found(f"the journals claim {claimed} fen, the platform owes {owed}")


def _is_meant(leg: Leg, infno: str, data: dict[str, Any]) -> bool:
    if infno == "2103":
        return leg.account in ("insurance", "fund") and leg.settlement_id == data["setl_id"]
    return bool(leg.key == data["omsgid"])
