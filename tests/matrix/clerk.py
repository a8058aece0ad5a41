"""A patient clerk: looks at the screen, and does the next sensible thing until nothing is open.

One rule: the clerk knows only what a screen shows - the phase, the sale, what was told last - and
what the customer says.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

from terminal.sale.commands import (
    AddItem,
    Cancel,
    CloseDay,
    Command,
    Confirm,
    Present,
    PrintReceipt,
    Quote,
    Refund,
    TakeCash,
)
from terminal.sale.events import (
    ClockApart,
    DayClosed,
    Decline,
    Event,
    KeysAgeing,
    Notice,
    PlatformRefused,
    PlatformSilent,
    VoucherRefused,
)
from terminal.sale.evolve import fold
from terminal.sale.sale import Sale
from terminal.sale.steps import Phase
from tests.matrix.edges import Job
from tests.matrix.shop import Shop
from tests.matrix.tills import Life
from tests.till import BOXES

PATIENCE_SECONDS = 2 * 3600.0
"""Nothing may be open longer than this after a single fault."""
CODE_SECONDS = 50.0
"""How long a customer's screen shows one code."""
REFUSALS_MAX = 5
REFUSED_SECONDS = 10.0
"""Before a charge that was refused is tried once more."""
BAD_CODES = (Decline.VOUCHER_EXPIRED, Decline.VOUCHER_USED)
SAME_HOLDER_SECONDS = 90.0
"""A phone that was just served is put away before the next sale."""

MAIN_CUSTOMER = "employee-both-short"


class NeverEnds(Exception):
    """The clerk's patience is over and something is still open."""


class Clerk:
    def __init__(self, shop: Shop, till: int = 1) -> None:
        self.shop, self._till = shop, till
        self.code = ""
        """What the customer's phone shows."""
        self._code_until = 0.0
        self.keys: list[Callable[[], Awaitable[Command]]] = []
        """What will be pressed at the next idle moments, whatever the screen shows."""
        self._before = ""

    # -- jobs

    async def sell(self, person: str, *, cancel: bool = False, code: str = "") -> Sale | None:
        """One sale to its end; None where none was opened before the customer left.

        cancel  the customer changes their mind when asked for cash
        code    what the phone shows at first; "": a fresh one
        Where the first sale ends otherwise and another begins, that one is brought to its end too.
        """
        self._before = await self._greatest()
        await self._fresh_code(person)
        self.code = code or self.code
        if self._till == 1:
            self.shop.start_edge()
        refusals = 0
        async for life in self._looks():
            counter = life.checkout.sale
            if not life.checkout.open and ((sale := self._first_after(life)) or self._leaving):
                return sale
            if counter is None and life.checkout.open:
                await self._wait(2)
            elif self._leaving or (cancel and life.checkout.phase is Phase.CASH_DUE):
                await self._press(life, Cancel())
            elif life.checkout.phase is Phase.REFUSED:
                refusals += 1
                again = refusals < REFUSALS_MAX and not self._bad_code(counter)
                await self._wait(REFUSED_SECONDS)
                await self._press(life, Confirm() if again else Cancel())
            elif command := await self._next(life, counter, person):
                await self._press(life, command)
            else:
                await self._wait(1)
        raise AssertionError

    async def refund(self, sale_id: str) -> Sale | None:
        """Takes a settled sale back, all of it; None where an older journal knows no such sale."""
        async for life in self._looks():
            if life.checkout.open:
                await self._clear_counter(life)
            elif (sale := _fold(life, sale_id)) is None or sale.refunded:
                return sale
            else:
                await self._press(life, Refund(sale_id))
        raise AssertionError

    async def close_day(self) -> None:
        """Until a Z report was told on this screen."""
        async for life in self._looks():
            if life.told(DayClosed) and not life.checkout.open:
                return
            if life.checkout.open:
                await self._clear_counter(life)
            else:
                await self._press(life, CloseDay())
        raise AssertionError

    async def reprint(self, sale_id: str) -> None:
        """Where the customer has no slip in hand."""
        async for life in self._looks():
            if any(self.shop.slips.glob(f"{sale_id}*.txt")):
                return
            await self._press(life, PrintReceipt(sale_id))
        raise AssertionError

    async def _clear_counter(self, life: Life) -> None:
        """What lies on the counter is not wanted; what is being undone behind it takes its time."""
        if life.checkout.sale:
            await self._press(life, Cancel())
        else:
            await self._wait(2)

    # -- one look at the screen

    async def _looks(self) -> AsyncIterator[Life]:
        """The till, idle, again and again until the job is done; started again where it is down."""
        until = self.shop.loop.time() + PATIENCE_SECONDS
        while self.shop.loop.time() < until:
            life = await self.shop.up(self._till)
            await life.quiet()
            if life.task.done():
                continue
            if self.keys:
                key = self.keys.pop(0)
                await self._press(life, await key())
                continue
            yield life
        raise NeverEnds(f"open after {PATIENCE_SECONDS:.0f} s")

    async def _next(self, life: Life, sale: Sale | None, person: str) -> Command | None:
        """The next key for a customer who stays; None: wait."""
        if sale is None:
            return await self._show(life, person)
        match life.checkout.phase:
            case Phase.CHARGING | Phase.WAITING:
                return None
            case Phase.LAPSED:
                return Confirm()
            case Phase.CASH_DUE:
                return TakeCash()
        latest = _latest_answer(life)
        bad_code = isinstance(latest, PlatformRefused) and latest.reason in BAD_CODES
        if sale.voucher is None or bad_code:
            return await self._show(life, person)
        missing = [box for box in BOXES if box not in {line.code for line in sale.lines}]
        if missing:
            return AddItem(missing[0])
        if sale.quote is None:
            if isinstance(latest, PlatformSilent | PlatformRefused):
                await self._wait(3)
            return Quote()
        return Confirm()

    async def _show(self, life: Life, person: str) -> Command:
        """The phone under the scanner: the same code while it is shown, then a fresh one."""
        latest = _latest_answer(life)
        refused = isinstance(latest, VoucherRefused | PlatformRefused)
        if refused:
            await self._wait(30)
        if refused or self.shop.loop.time() >= self._code_until:
            await self._fresh_code(person)
        return Present(self.code.encode())

    async def _fresh_code(self, person: str) -> None:
        self.code = await self.shop.voucher(person)
        self._code_until = self.shop.loop.time() + CODE_SECONDS

    async def _press(self, life: Life, command: Command) -> None:
        await life.quiet()
        if not life.task.done():
            life.checkout.do(command)
            await life.quiet()

    async def _wait(self, seconds: float) -> None:
        await self.shop.network.urgent_done()
        await asyncio.sleep(seconds)

    async def put_phone_away(self) -> None:
        await self._wait(SAME_HOLDER_SECONDS)

    @property
    def _leaving(self) -> bool:
        return self.shop.leaving and self._till == 1

    @staticmethod
    def _bad_code(sale: Sale | None) -> bool:
        return bool(sale and sale.tenders and sale.tenders[-1].reason in BAD_CODES)

    async def _greatest(self) -> str:
        life = await self.shop.up(self._till)
        await life.quiet()
        return life.journal.greatest_sale_id()

    def forget_earlier_sales(self) -> None:
        """The journal was replaced by one that does not know them."""
        self._before = ""

    def _first_after(self, life: Life) -> Sale | None:
        """The first sale of this job, as the journal has it."""
        row = life.journal._db.execute(
            "SELECT min(sale_id) FROM sales WHERE sale_id > ?", (self._before,)
        ).fetchone()
        return _fold(life, row[0]) if row[0] else None


def _latest_answer(life: Life) -> Event | Notice | None:
    """What was told last, warnings aside."""
    answers = (h for h in reversed(life.happened) if not isinstance(h, ClockApart | KeysAgeing))
    return next(answers, None)


def _fold(life: Life, sale_id: str) -> Sale | None:
    return fold(life.journal.entries_of(sale_id))


class Script:
    """The scripted day: which jobs come before the one that is struck, and which after."""

    def __init__(self, clerk: Clerk) -> None:
        self.clerk, self.shop = clerk, clerk.shop
        self.target: Sale | None = None
        """The sale the moment is about, as its job ended."""

    async def run(self, struck_job: Job) -> None:
        """Jobs up to the struck one, that one, then the day end and, where it matters, a sale."""
        if struck_job in (Job.SALE, Job.REFUND, Job.DAY):
            self.target = await self._sale()
        if struck_job in (Job.CANCELLED, Job.DAY):
            self.shop.job = Job.CANCELLED
            person = "resident-alone" if struck_job is Job.DAY else MAIN_CUSTOMER
            cancelled = await self.clerk.sell(person, cancel=True)
            self.target = cancelled if struck_job is Job.CANCELLED else self.target
        if struck_job in (Job.REFUND, Job.DAY):
            assert self.target
            self.shop.job = Job.REFUND
            self.target = await self.clerk.refund(self.target.sale_id)
        self.shop.job = Job.DAY
        await self.clerk.close_day()
        if not self.shop.struck or not self.spent:
            await self.clerk.put_phone_away()
            self.shop.job = Job.NEXT
            self.shop.leaving = False
            await self.clerk.sell("employee")

    async def _sale(self) -> Sale | None:
        self.shop.job = Job.SALE
        sale = await self.clerk.sell(MAIN_CUSTOMER)
        if sale and sale.settled:
            await self.clerk.reprint(sale.sale_id)
        return sale

    @property
    def spent(self) -> bool:
        """Whether the fault has nothing left to strike."""
        return (
            self.shop.network.spent
            and self.shop.posts[1].weather.spent
            and self.shop.paper_trouble is None
            and self.shop.printer.trouble is None
            and self.shop.display_trouble is None
            and not self.shop.later_cuts
        )
