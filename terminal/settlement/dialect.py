"""The envelope of a message and its id.  Pure: bytes in, bytes out."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

import msgspec

from terminal.clock import CHINA
from terminal.profile import Unencrypted, Unsigned
from terminal.settlement.credentials import NO_CREDENTIALS
from terminal.settlement.fields import (
    Json,
    Moment,
    Text3,
    Text6,
    Text10,
    Text30,
    Text50,
    Text100,
    Text200,
    Text1024,
    Text2000,
    Unreadable,
    text,
    write,
)
from terminal.settlement.messages.node import Node
from terminal.settlement.seal import Seal
from terminal.text import words_of_platform

MSGID_CHARS = 30
LAST_DIGITS = 4
PLAIN = Seal(Unsigned(), Unencrypted(), NO_CREDENTIALS)
"""Neither signed nor encrypted: a front machine in the private network."""
_SECOND = "%Y%m%d%H%M%S"


@dataclass(frozen=True, slots=True)
class Sender:
    """What every request says of the till that sends it."""

    shop_code: str
    shop_name: str
    shop_region: str
    operator: str
    operator_name: str
    receiver_code: str
    interface_version: str
    mac: str
    """Of this machine's network card, as twelve hex digits with colons between."""
    ip: str
    """Of this machine, as the platform sees it."""


@dataclass(frozen=True, slots=True)
class Request:
    """One message, ready to send; its bytes never change."""

    infno: str
    msgid: str
    body: bytes

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.body).hexdigest()


class Envelope(Node, frozen=True, kw_only=True):
    """What stands around `input` in every request (交易输入报文)."""

    infno: Text6
    msgid: Text30
    mdtrtarea_admvs: Text6
    """Where the shop is.  Spelled `admvs`, not `admdvs`."""
    insuplc_admdvs: Text6
    """Where the customer is insured; the shop's own region while nobody is known."""
    recer_sys_code: Text10
    dev_no: Text100 = ""
    dev_safe_info: Text2000 = ""
    cainfo: Text1024 = ""
    signtype: Text10 = ""
    infver: Text6
    opter_type: Text3
    """1 clerk, 2 self-service terminal, 3 mobile."""
    opter: Text30
    opter_name: Text50
    inf_time: Moment
    fixmedins_code: Text30
    fixmedins_name: Text200
    sign_no: Text30 = ""


def encode(
    sender: Sender,
    infno: str,
    msgid: str,
    message: Node,
    seal: Seal = PLAIN,
    *,
    sign_no: str = "",
    insured_region: str = "",
    password_and_token: str = "",
) -> Request:
    """The request around a message, closed by `seal`.  Raises Unsendable.

    msgid  30 characters, by the rule of `MessageIds`; the message is dated by the time in it
    """
    closed = seal.close(infno, msgspec.json.encode(write(message)), password_and_token)
    envelope = Envelope(
        infno=infno,
        msgid=msgid,
        mdtrtarea_admvs=sender.shop_region,
        insuplc_admdvs=insured_region or sender.shop_region,
        recer_sys_code=sender.receiver_code,
        infver=sender.interface_version,
        opter_type="1",
        opter=sender.operator,
        opter_name=sender.operator_name,
        inf_time=_inf_time(msgid),
        fixmedins_code=sender.shop_code,
        fixmedins_name=sender.shop_name,
        sign_no=sign_no,
    )
    return Request(infno, msgid, msgspec.json.encode(write(envelope) | closed))


def _inf_time(msgid: str) -> str:
    """The moment the id was made: a message repeated under its id then has the same bytes."""
    at = msgid[12:26]
    return f"{at[:4]}-{at[4:6]}-{at[6:8]} {at[8:10]}:{at[10:12]}:{at[12:]}"


def made_at(msgid: str) -> datetime:
    """When a message id was made; aware."""
    return datetime.strptime(msgid[12:26], _SECOND).replace(tzinfo=CHINA)


@dataclass(frozen=True, slots=True)
class Reply:
    ok: bool
    """infcode 0."""
    words: str
    """`err_msg`, filtered for display."""
    output: Json


_ENVELOPE = msgspec.json.Decoder(dict[str, object], float_hook=Decimal)


def decode(body: bytes, seal: Seal = PLAIN) -> Reply:
    """The reply envelope.  Raises Unreadable for anything else, such as a gateway's HTML page."""
    try:
        envelope = _ENVELOPE.decode(body)
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError) as exc:
        raise Unreadable("not an envelope") from exc
    infcode = _told(envelope, "infcode")
    if infcode not in ("0", "-1"):
        raise Unreadable("infcode is neither 0 nor -1")
    words = words_of_platform(_told(envelope, "err_msg"))
    return Reply(infcode == "0", words, seal.open(envelope))


def _told(envelope: Json, name: str) -> str:
    value = envelope.get(name)
    return "" if value is None else text(value, name)


@dataclass(frozen=True, slots=True)
class IdSpace:
    """The message ids that one till of one shop can make."""

    shop_code: str
    till: int
    till_digits: int
    """How many of the last four digits name the till."""

    def is_another_tills(self, msgid: str) -> bool:
        """Whether it is of this shop, and not of this till."""
        if len(msgid) != MSGID_CHARS or not msgid.startswith(self.shop_code):
            return False
        return msgid[26 : 26 + self.till_digits] != f"{self.till:0{self.till_digits}d}"

    def between(self, first: datetime, end: datetime) -> tuple[str, str]:
        """Two texts: an id made at `first` or later and before `end` is not less than the one and
        less than the other."""
        low, high = (f"{at.astimezone(CHINA):{_SECOND}}" for at in (first, end))
        return self.shop_code + low, self.shop_code + high


class MessageIds:
    """Message ids of the national rule: shop code 12, time 14, and four digits for till and count.

    Unique for this till whatever the clock does: the time part never goes below the latest one
    known, and moves on by itself when the count of one second is used up.
    """

    def __init__(
        self,
        shop_code: str,
        till: int,
        now: Callable[[], datetime],
        latest: str = "",
        till_digits: int = 2,
    ) -> None:
        """latest  the greatest message id of this till used so far, "" for none.
        till_digits  how many of the last four digits name the till
        """
        assert till < 10**till_digits
        self._prefix, self._till, self._now = shop_code, till, now
        self._till_digits, self._count_digits = till_digits, LAST_DIGITS - till_digits
        self._second = datetime.min.replace(tzinfo=CHINA)
        self._count = 0
        if latest:
            self._second = made_at(latest) + timedelta(seconds=1)

    def __call__(self) -> str:
        second = self._now().astimezone(CHINA).replace(microsecond=0)
        if second > self._second:
            self._second, self._count = second, 0
        elif self._count == 10**self._count_digits:
            self._second, self._count = self._second + timedelta(seconds=1), 0
        at = f"{self._second:{_SECOND}}"
        till, count = f"{self._till:0{self._till_digits}d}", f"{self._count:0{self._count_digits}d}"
        msgid = f"{self._prefix}{at}{till}{count}"
        self._count += 1
        return msgid
