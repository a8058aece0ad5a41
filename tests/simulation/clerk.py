"""A clerk and the customers in front of the till: what people do, sensible or not.

One rule: the clerk knows what the screen knows (the phase and the sale on the counter), and nothing
of the platform.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from terminal.checkout import Checkout
from terminal.journal import JournalError
from terminal.sale.commands import (
    AddItem,
    Cancel,
    CloseDay,
    Command,
    Confirm,
    FindSale,
    Hold,
    ListSales,
    LookAgain,
    Present,
    PrintReceipt,
    Quote,
    ReadDay,
    Recall,
    Refund,
    RemoveLine,
    SellForCash,
    SetQuantity,
    TakeCash,
)
from terminal.sale.events import Event, Notice, SaleRefunded, SaleSettled, SaleVoided
from terminal.sale.money import Fen
from terminal.sale.sale import Sale
from terminal.sale.steps import Phase
from tests.simulation.host import Host
from tests.simulation.people import Code, Person, show_code
from tests.simulation.process import Crash

REACTION_SECONDS = (0.3, 2.5)
LOOKS_MAX = 2000
"""How often a clerk looks at one customer's sale before calling for help."""
QUESTIONS_MAX = 8
"""How often a clerk tries to find out who a customer is."""
PATIENCE_SECONDS = (90.0, 900.0)

GOODS = (
    "6901234567892",
    "6909876543212",
    "6971234567895",
    "6900000000014",
    "6900000000021",
    "6900000000038",
    "6900000000045",
)


@dataclass
class Customer:
    person: Person
    wants: int
    """How many lines."""
    leaves_at: float
    tries: int
    """How often a cancelled sale is begun anew with a fresh code."""
    shows_first: bool
    """The code before the goods."""
    sale_id: str = ""


class Clerk:
    def __init__(
        self,
        host: Host,
        phone: Callable[[random.Random, Person, float], Code],
        shown: list[Code],
        found: Callable[[str], None],
    ) -> None:
        """phone(rng, person, age in seconds) makes a code; shown: all that were, at both tills;
        found(what) takes a violation."""
        self._found = found
        self._host, self._phone, self._shown = host, phone, shown
        self._loop = asyncio.get_running_loop()
        self._rng = random.Random(0)
        self._people: dict[str, Person] = {}
        self._settled: list[str] = []
        self._confirms: Counter[str] = Counter()
        self._questions: Counter[str] = Counter()
        self.did: Counter[str] = Counter()
        """What people did wrong, or twice, by kind."""
        self.endings: Counter[str] = Counter()

    def told(self, what: Event | Notice, sale: Sale | None) -> None:
        if sale and isinstance(what, SaleSettled | SaleVoided | SaleRefunded):
            self.endings[type(what).__name__] += 1
            if isinstance(what, SaleSettled):
                self._settled.append(sale.sale_id)

    async def serve(self, person: Person, rng: random.Random) -> None:
        """One customer, from the first box to the slip, or until they leave."""
        self._rng = rng
        leaves_at = self._loop.time() + rng.uniform(*PATIENCE_SECONDS)
        customer = Customer(
            person, rng.randint(1, 4), leaves_at, rng.choice((0, 0, 1, 1, 2)), rng.random() < 0.1
        )
        for _ in range(LOOKS_MAX):
            await asyncio.sleep(rng.uniform(*REACTION_SECONDS))
            checkout = self._host.checkout
            if checkout is None:
                await asyncio.sleep(2.0)
            elif checkout.busy:
                self._press_anything(checkout)
            elif sale := checkout.sale:
                self._look_at(checkout, sale, customer)
            elif await self._nothing_left(checkout, customer):
                await self._afterwards(customer)
                return
        phase = checkout.phase if checkout else "down"
        self._found(f"till {self._host.number}: the counter does not come free, it is {phase}")

    async def close(self) -> None:
        """The end of the day: whoever is left goes home."""
        for _ in range(LOOKS_MAX):
            await asyncio.sleep(5.0)
            checkout = self._host.checkout
            if checkout and not checkout.busy:
                if checkout.sale:
                    checkout.do(Cancel())
                elif checkout.held:
                    checkout.do(Recall(checkout.held[0].sale_id))
                else:
                    return
        phase = checkout.phase if checkout else "down"
        self._found(f"till {self._host.number}: at the end of the day it is {phase}")

    # -- looks and acts

    async def _nothing_left(self, checkout: Checkout, customer: Customer) -> bool:
        """The counter is empty: begin, begin again, or done."""
        if customer.sale_id:
            try:
                sale = await checkout.find(customer.sale_id)
            except (Crash, JournalError):
                return False
            if sale and sale.settled and sale.sale_id not in self._settled:
                self._settled.append(sale.sale_id)
            done = sale is None or sale.settled or not customer.tries
            if done or self._loop.time() >= customer.leaves_at:
                return True
            customer.tries -= 1
            customer.sale_id = ""
            self.did["cancelled, then a fresh code"] += 1
        elif self._loop.time() >= customer.leaves_at:
            return True
        if checkout.held and self._rng.random() < 0.3:
            customer.sale_id = checkout.held[0].sale_id
            checkout.do(Recall(customer.sale_id))
            return False
        if customer.shows_first:
            customer.shows_first = False
            self._show_code(checkout, customer.person)
        else:
            self._add_goods(checkout)
        return False

    def _look_at(self, checkout: Checkout, sale: Sale, customer: Customer) -> None:
        if sale.sale_id not in self._people:
            kept_for = self._people.get(sale.replaces)
            self._people[sale.sale_id] = kept_for or customer.person
            if not sale.replaces:
                customer.sale_id = sale.sale_id
        person = self._people[sale.sale_id]
        if self._loop.time() >= customer.leaves_at:
            self.did["customer leaves"] += 1
            checkout.do(Cancel())
            return
        self._act(checkout, sale, person, customer.wants)

    def _act(self, checkout: Checkout, sale: Sale, person: Person, wants: int) -> None:
        phase, draw = checkout.phase, self._rng.random()
        more = len(sale.lines) < wants and not sale.replaces
        match phase:
            case Phase.FILLING if more:
                self._add_goods(checkout)
            case Phase.FILLING if self._too_often(sale):
                checkout.do(Cancel())
            case Phase.FILLING if draw < 0.04:
                self._for_cash(checkout, sale, draw < 0.01)
            case Phase.FILLING:
                self._show_code(checkout, person)
            case Phase.IDENTIFYING if self._too_often(sale):
                self._for_cash(checkout, sale, False) if draw < 0.5 else checkout.do(Cancel())
            case Phase.IDENTIFYING:
                checkout.do(Quote()) if draw < 0.6 and sale.lines else self._show_code(
                    checkout, person
                )
            case Phase.QUOTABLE if more:
                self._add_goods(checkout)
            case Phase.QUOTABLE if self._too_often(sale):
                checkout.do(Cancel())
            case Phase.QUOTABLE:
                checkout.do(Quote())
            case Phase.QUOTED:
                self._before_yes(checkout, sale, draw)
            case Phase.WAITING:
                self._while_waiting(checkout, draw)
            case Phase.CASH_DUE:
                self._cash(checkout, sale, draw)
            case Phase.REFUSED:
                self._after_refusal(checkout, sale, draw)
            case Phase.LAPSED:
                checkout.do(Confirm() if draw < 0.8 else Cancel())
            case _:
                pass

    def _too_often(self, sale: Sale) -> bool:
        """Whether the platform has been asked about this customer in vain long enough."""
        self._questions[sale.sale_id] += 1
        return self._questions[sale.sale_id] > QUESTIONS_MAX

    def _add_goods(self, checkout: Checkout) -> None:
        code = self._rng.choice(GOODS)
        if self._rng.random() < 0.2:
            # Few codes, so that the same box turns up again and again.
            self.did["a box by its trace code"] += 1
            number = self._rng.randint(1, 12)
            checkout.do(Present(f"83{self._rng.randint(1, 5):05d}{number:013d}".encode()))
            return
        by_hand = self._rng.random() < 0.3
        quantity = self._rng.choice((1, 1, 2, 3)) if by_hand else 1
        checkout.do(AddItem(code, quantity) if by_hand else Present(code.encode()))

    def _show_code(self, checkout: Checkout, person: Person) -> None:
        draw = self._rng.random()
        if draw < 0.04:
            self.did["expired code"] += 1
            code = self._phone(self._rng, person, 200.0)
        elif draw < 0.05:
            self.did["code of a stranger"] += 1
            now = self._phone(self._rng, person, 0.0).not_before
            code = show_code(self._rng, person, now, strange=True)
        elif draw < 0.09 and self._shown:
            self.did["a code shown before"] += 1
            code = self._rng.choice(self._shown[-12:])
        else:
            code = self._phone(self._rng, person, self._rng.uniform(0, 20))
        checkout.do(Present(code.text.encode(), "]Q1"))
        if self._rng.random() < 0.08:
            self.did["same code twice"] += 1
            self._again(Present(code.text.encode(), "]Q1"), self._rng.choice((0.0, 0.5, 3.0)))

    def _before_yes(self, checkout: Checkout, sale: Sale, draw: float) -> None:
        line = self._rng.choice(sale.lines).line
        if draw < 0.03:
            self.did["cart edited"] += 1
            checkout.do(SetQuantity(line, self._rng.randint(1, 3)))
        elif draw < 0.05 and len(sale.lines) > 1:
            self.did["cart edited"] += 1
            checkout.do(RemoveLine(line))
        elif draw < 0.08:
            self.did["cancelled before the yes"] += 1
            checkout.do(Cancel())
        elif draw < 0.10:
            self._for_cash(checkout, sale, draw < 0.085)
        elif draw < 0.115:
            self.did["put aside"] += 1
            checkout.do(Hold())
        else:
            checkout.do(Confirm())
            if draw > 0.88:
                self.did["double Enter"] += 1
                self._again(Confirm(), self._rng.choice((0.0, 0.1, 0.6)))

    def _for_cash(self, checkout: Checkout, sale: Sale, too_little: bool) -> None:
        """Without insurance, whatever was shown before."""
        self.did["without insurance"] += 1
        tendered = Fen(sale.total_fen - 1 if too_little else sale.total_fen + 700)
        checkout.do(SellForCash(tendered))

    def _while_waiting(self, checkout: Checkout, draw: float) -> None:
        if draw < 0.04:
            self.did["cancelled while waiting"] += 1
            checkout.do(Cancel())
        elif draw < 0.12:
            checkout.do(LookAgain())
        elif draw < 0.16:
            checkout.do(Confirm())

    def _cash(self, checkout: Checkout, sale: Sale, draw: float) -> None:
        if draw < 0.05:
            self.did["cancelled with cash due"] += 1
            checkout.do(Cancel())
        elif draw < 0.10:
            self.did["too little cash"] += 1
            checkout.do(TakeCash(Fen(sale.due_fen - 1)))
        else:
            more = Fen(sale.due_fen + self._rng.choice((0, 500, 5000)))
            checkout.do(TakeCash(more if draw < 0.6 else None))
            if draw > 0.9:
                self.did["double Enter"] += 1
                self._again(TakeCash(), 0.0)

    def _after_refusal(self, checkout: Checkout, sale: Sale, draw: float) -> None:
        self._confirms[sale.sale_id] += 1
        if draw < 0.5 and self._confirms[sale.sale_id] < 3:
            checkout.do(Confirm())
        elif draw < 0.8:
            checkout.do(TakeCash())
        else:
            checkout.do(Cancel())

    def _press_anything(self, checkout: Checkout) -> None:
        """Now and then somebody presses a key or scans while the till works."""
        draw = self._rng.random()
        if draw < 0.06:
            self.did["key while busy"] += 1
            checkout.do(self._rng.choice((Cancel(), Confirm(), TakeCash(), LookAgain())))

    def _again(self, command: Command, seconds: float) -> None:
        def press() -> None:
            if checkout := self._host.checkout:
                checkout.do(command)

        self._loop.call_later(seconds, press)

    async def _afterwards(self, customer: Customer) -> None:
        """The slip, and now and then somebody brings something back."""
        checkout, rng = self._host.checkout, self._rng
        if checkout and customer.sale_id in self._settled and rng.random() < 0.5:
            checkout.do(PrintReceipt(customer.sale_id))
        if not self._settled or rng.random() > 0.2:
            return
        await asyncio.sleep(rng.uniform(1.0, 30.0))
        if (checkout := self._host.checkout) is None:
            return
        sale_id = rng.choice(self._settled)
        self.did["refund asked"] += 1
        look = rng.choice((FindSale(sale_id), ListSales(20), ReadDay(), CloseDay(), None))
        if look:
            checkout.do(look)
            await asyncio.sleep(rng.uniform(0.5, 2.0))
            if (checkout := self._host.checkout) is None:
                return
        keeps = tuple(n for n in (1, 2, 3, 4) if rng.random() < 0.4) if rng.random() < 0.5 else ()
        checkout.do(Refund(sale_id, keeps=keeps))
        if rng.random() < 0.1:
            self._again(Refund(sale_id), rng.choice((0.0, 2.0)))
