"""What every screen and dialog works with: the till, the words, and what was told.

One rule: no Textual here, and no truth of its own; whatever is drawn is asked of the till at that
moment.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from terminal.catalogue import Item
from terminal.checkout import Checkout
from terminal.clock import Clock
from terminal.sale.events import Event, Notice, Refused, Waiting
from terminal.sale.money import Fen
from terminal.sale.sale import Sale
from terminal.sale.steps import Phase, phase
from terminal.text import Words
from terminal.tui.demo_controls import DemoControls
from terminal.tui.pace import Pace
from terminal.tui.told import Told, Wait
from terminal.tui.wording import CALM_REFUSALS, Scene, at_stake_fen

PASSING_SECONDS = 4.0
"""Long enough to read one line."""

Search = Callable[[str], list[Item]]


@dataclass(frozen=True, slots=True)
class ShopFacts:
    """What the title bar says, and where the shop is."""

    name: str
    till_number: int
    operator: str
    region: str = ""
    """Six digits; empty: not known, and no customer is called far away."""


class Desk:
    def __init__(
        self,
        checkout: Checkout,
        words: Mapping[str, Words],
        language: str,
        shop: ShopFacts,
        clock: Clock,
        search: Search,
        demo: DemoControls | None,
    ) -> None:
        assert language in words
        self.checkout, self.shop, self.clock = checkout, shop, clock
        self.search, self.demo = search, demo
        self.told, self.pace = Told(), Pace()
        self.closed_at = float("-inf")
        """When a dialog closed last, seconds of the monotonic clock."""
        self._all_words, self._language = dict(words), language

    @property
    def words(self) -> Words:
        return self._all_words[self._language]

    def next_language(self) -> None:
        languages = list(self._all_words)
        self._language = languages[(languages.index(self._language) + 1) % len(languages)]

    def hear(self, happened: Event | Notice, sale: Sale | None) -> None:
        self.told.hear(happened, sale, self.clock.now(), self.clock.monotonic())

    def now(self) -> datetime:
        return self.clock.now()

    def said(self, key: str, **values: object) -> str:
        return self.words.say(key, **values)

    # -- what is true at this moment

    @property
    def sale(self) -> Sale | None:
        """The sale on the counter."""
        return self.checkout.sale

    @property
    def shown_sale(self) -> Sale | None:
        """The sale on the counter, else the one that left it, until the next one opens."""
        return self.checkout.sale or self.told.ended

    def shown_phase(self) -> Phase:
        return phase(self.shown_sale, self.checkout.rule)

    @property
    def undoing(self) -> list[Sale]:
        """Cancelled and refunded sales whose money is not all back yet."""
        return [sale for sale in self.checkout.open if sale.undoing]

    @property
    def undoing_fen(self) -> Fen:
        """What they hold, or may hold."""
        return Fen(sum(at_stake_fen(sale) for sale in self.undoing))

    def wait_of(self, sale: Sale) -> Wait | None:
        return self.told.waits.get(sale.sale_id)

    def scene(self) -> Scene:
        sale, now = self.shown_sale, self.clock.monotonic()
        wait = self.wait_of(sale) if sale else None
        unprinted = self.checkout.unprinted
        return Scene(
            sale,
            self.shown_phase(),
            self.checkout.busy,
            self._notice(now),
            _counted_down(wait, now) if wait else None,
            now - self.told.quiet_since,
            self.shop.region,
            unprinted.sale_id if unprinted else "",
        )

    def _notice(self, now: float) -> Notice | None:
        """The latest notice; one that merely explains gives way to the state after a moment."""
        notice = self.told.notice
        passing = isinstance(notice, Refused) and notice.reason in CALM_REFUSALS
        return None if passing and now - self.told.notice_at >= PASSING_SECONDS else notice


def _counted_down(wait: Wait, now: float) -> Waiting:
    gives_up = wait.gives_up_in_seconds(now)
    return replace(
        wait.notice,
        next_in_seconds=wait.next_in_seconds(now),
        gives_up_in_seconds=None if gives_up is None else float(gives_up),
    )
