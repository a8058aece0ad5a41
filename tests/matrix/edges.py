"""The edges a run crosses: where a moment can be recognised and a fault can strike."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

import httpx
import msgspec

from terminal.sale.events import Entry, Event

E = TypeVar("E")

CHARGES = ("2102", "X101")
REVERSALS = ("2103", "2601", "X102")
QUERIES = ("5201", "5203", "X103")


class Job(StrEnum):
    """What the clerk is at."""

    SALE = "sale"
    CANCELLED = "cancelled"
    REFUND = "refund"
    DAY = "day"
    NEXT = "next"
    """A sale after all that, so that a fault that is still to come has something to strike."""


class Place(StrEnum):
    START = "start"
    """The till is idle and the clerk is about to begin."""
    WRITING = "writing"
    """Just before the journal writes `entries`."""
    WRITTEN = "written"
    """They are durable, and nobody was told."""
    SENDING = "sending"
    """The message left the till and is not at the platform yet."""
    DAY_ASKED = "day asked"
    """The day end has begun and has read nothing yet."""
    DAY_READ = "day read"
    """The ended sales are read; they are being compared and added up."""
    DAY_WRITTEN = "day written"
    """The Z report is durable, and nobody was told."""


@dataclass(frozen=True, slots=True)
class Message:
    """One request as it left a till."""

    till: int
    infno: str
    msgid: str
    about: str
    """`omsgid` of a question or reversal that names a message, else ""."""
    request: httpx.Request

    @property
    def moves_money(self) -> bool:
        return self.infno in CHARGES + REVERSALS


def message_of(till: int, request: httpx.Request) -> Message:
    envelope = msgspec.json.decode(request.content)
    data = envelope["input"].get("data")
    about = data.get("omsgid", "") if isinstance(data, dict) else ""
    return Message(till, envelope["infno"], envelope["msgid"], about, request)


@dataclass(frozen=True, slots=True)
class Crossing:
    till: int
    place: Place
    job: Job
    entries: tuple[Entry, ...] = ()
    message: Message | None = None

    def event(self, kind: type[E]) -> E | None:
        """The first event of this kind among those written."""
        events: list[Event] = [entry.event for entry in self.entries]
        return next((event for event in events if isinstance(event, kind)), None)
