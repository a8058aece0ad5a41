"""What must hold at every instant of a run, not only at its end."""

from __future__ import annotations

from collections import Counter

from terminal.journal import Journal
from terminal.sale.events import (
    ChargeApproved,
    ChargeDeclined,
    ChargeIntended,
    ChargeRepeated,
    ChargeUnknown,
    Event,
    Notice,
    ReversalIntended,
    SaleSettled,
)
from terminal.sale.sale import Sale
from tests.matrix.edges import CHARGES, REVERSALS, Message
from tests.matrix.virtual_time import VirtualLoop

RESOLVED_SECONDS_MAX = 60.0
"""From the moment a charge's outcome is unknown to an answer, or to the decision to reverse."""
ANSWERED_SECONDS_MAX = 30.0
"""From an intent to an outcome, be it "unknown": the customer stands there meanwhile."""


class Watch:
    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop
        self.wrong: list[str] = []
        self.trace: list[str] = []
        """What left the tills and what was told, for whoever has to understand a run."""
        self._bodies: dict[str, bytes] = {}
        self._sent: Counter[str] = Counter()
        self._repeats: Counter[str] = Counter()
        self._intended_at: dict[str, float] = {}
        self._unknown_at: dict[str, float] = {}

    def note(self, words: str) -> None:
        self.trace.append(f"{self._loop.time():9.2f}  {words}")

    def sending(self, message: Message, journal: Journal) -> None:
        """Intents are durable first, an id has one body, and a charge is sent once."""
        about = f" about {message.about}" if message.about else ""
        self.note(f"till {message.till} sends {message.infno} {message.msgid}{about}")
        if not message.moves_money:
            return
        known = journal._db.execute(
            "SELECT 1 FROM message_ids WHERE message_id = ?", (message.msgid,)
        ).fetchone()
        if known is None or journal._db.in_transaction:
            self._find(f"{message.infno} leaves before its id is durable")
        body = message.request.content
        if self._bodies.setdefault(message.msgid, body) != body:
            self._find(f"{message.infno}: two bodies under one id")
        if message.infno in CHARGES:
            self._sent[message.msgid] += 1
            if self._sent[message.msgid] > 1 + self._repeats[message.msgid]:
                self._find(f"{message.infno} was sent again without a written decision")
        assert message.infno in CHARGES + REVERSALS

    def started(self) -> None:
        """A till begins anew: its schedules do too."""
        self._intended_at.clear()
        self._unknown_at.clear()

    def told(self, what: Event | Notice, sale: Sale | None, journal: Journal) -> None:
        now = self._loop.time()
        match what:
            case SaleSettled():
                assert sale
                state = journal._db.execute(
                    "SELECT state FROM sales WHERE sale_id = ?", (sale.sale_id,)
                ).fetchone()
                if state != ("settled",) or journal._db.in_transaction:
                    self._find("goods were handed over before the sale was durably settled")
            case ChargeRepeated(key):
                self._repeats[key] += 1
            case ChargeIntended(key=key):
                self._intended_at[key] = now
            case ChargeUnknown(key):
                self._within(self._intended_at.pop(key, now), ANSWERED_SECONDS_MAX, "an outcome")
                self._unknown_at[key] = now
            case ChargeApproved(key=key) | ChargeDeclined(key=key) | ReversalIntended(key=key):
                self._within(self._intended_at.pop(key, now), ANSWERED_SECONDS_MAX, "an outcome")
                self._within(self._unknown_at.pop(key, now), RESOLVED_SECONDS_MAX, "a decision")
            case _:
                pass

    def _within(self, since: float, seconds_max: float, what: str) -> None:
        took = self._loop.time() - since
        if took > seconds_max:
            self._find(f"{what} took {took:.0f} s")

    def _find(self, wrong: str) -> None:
        if wrong not in self.wrong:
            self.wrong.append(wrong)
