"""What a fault is: a name, a group, and what it does at the edge where it strikes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum

from terminal.sale.commands import Command
from tests.matrix.clerk import Clerk
from tests.matrix.edges import CHARGES, REVERSALS, Crossing, Job, Message
from tests.matrix.moments import Moment
from tests.matrix.network import Act, Trouble, Wants
from tests.matrix.shop import Shop
from tests.matrix.tills import Life


class Group(StrEnum):
    PROCESS = "process"
    POWER = "power"
    STORAGE = "storage"
    NETWORK = "network"
    MEANING = "platform meaning"
    PEOPLE = "people"
    TIME = "time"
    DEVICES = "devices"
    TERMINALS = "many terminals"


SIZES = {
    Group.PROCESS: 5,
    Group.POWER: 3,
    Group.STORAGE: 8,
    Group.NETWORK: 16,
    Group.MEANING: 11,
    Group.PEOPLE: 9,
    Group.TIME: 5,
    Group.DEVICES: 7,
    Group.TERMINALS: 5,
}
"""As the matrix counts them: 69 together."""


@dataclass(frozen=True)
class Case:
    """One strike: where, and of which kind."""

    shop: Shop
    clerk: Clerk
    moment: Moment
    crossing: Crossing
    variant: str
    fate: str
    """Of the message that is in flight: "arrives", "late" or "lost"; "" where none is."""
    spare: str
    """A code prepared before the run: an expired one."""

    @property
    def life(self) -> Life:
        life = self.shop.posts[1].life
        assert life
        return life

    def expect(self, *causes: type[BaseException]) -> None:
        """The till may die of these."""
        post = self.shop.posts[1]
        post.expected = (*post.expected, *causes)

    def let_message_go(self) -> None:
        """What becomes of a message in flight when the till that sent it is no more."""
        if message := self.crossing.message:
            match self.fate:
                case "arrives":
                    self.shop.network.deliver_later(0, message)
                case "late":
                    self.shop.network.deliver_later(20, message)

    def next_messages(
        self,
        act: Act,
        count: int = 1,
        wants: Wants | None = None,
        seconds: float | None = None,
        *,
        is_consequence: bool = False,
    ) -> None:
        """The next messages of till 1, the one in flight first, suffer `act`."""
        until = None if seconds is None else self.shop.loop.time() + seconds
        self.shop.network.add(Trouble(wants or of_till_1, act, count, until, is_consequence))

    def press(self, *commands: Command) -> None:
        """At this very edge, and again as soon as the till is idle."""
        for command in commands:
            self.life.checkout.do(command)
        self.press_later(*commands)

    def press_later(self, *commands: Command) -> None:
        self.clerk.keys += [_ready(command) for command in commands]

    @property
    def reversing(self) -> bool:
        """Whether the messages of money that follow are reversals."""
        return self.moment.job in (Job.CANCELLED, Job.REFUND)


def _ready(command: Command) -> Callable[[], Awaitable[Command]]:
    async def key() -> Command:
        return command

    return key


def of_till_1(message: Message) -> bool:
    return message.till == 1


def charges(message: Message) -> bool:
    return message.till == 1 and message.infno in CHARGES


def reversals(message: Message) -> bool:
    return message.till == 1 and message.infno in REVERSALS


@dataclass(frozen=True)
class Fault:
    group: Group
    name: str
    strike: Callable[[Case], None]
    variants: tuple[str, ...] = ("",)
    """Each is a run of its own."""
    has_fates: bool = False
    """Ends the process: a message in flight may arrive, arrive late, or be lost."""
