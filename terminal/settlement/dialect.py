"""The wire form of a message: envelope, message id, number shapes.  Pure: bytes in, bytes out."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

import msgspec

from terminal.clock import CHINA
from terminal.settlement.fields import Json, Unreadable, child, text, write
from terminal.settlement.messages.node import Node
from terminal.text import words_of_platform

MESSAGES_PER_SECOND_MAX = 100
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


def encode(
    sender: Sender,
    infno: str,
    msgid: str,
    message: Node,
    *,
    sign_no: str = "",
    insured_region: str = "",
) -> Request:
    """The request envelope around a message.  Raises Unsendable.

    msgid  30 characters, by the rule of `MessageIds`; the message is dated by the time in it
    """
    envelope = {
        "infno": infno,
        "msgid": msgid,
        "mdtrtarea_admvs": sender.shop_region,
        "insuplc_admdvs": insured_region or sender.shop_region,
        "recer_sys_code": sender.receiver_code,
        "dev_no": "",
        "dev_safe_info": "",
        "cainfo": "",
        "signtype": "",
        "infver": sender.interface_version,
        "opter_type": "1",
        "opter": sender.operator,
        "opter_name": sender.operator_name,
        "inf_time": _inf_time(msgid),
        "fixmedins_code": sender.shop_code,
        "fixmedins_name": sender.shop_name,
        "sign_no": sign_no,
        "input": write(message),
    }
    return Request(infno, msgid, msgspec.json.encode(envelope))


def _inf_time(msgid: str) -> str:
    """The moment the id was made: a message repeated under its id then has the same bytes."""
    at = msgid[12:26]
    return f"{at[:4]}-{at[4:6]}-{at[6:8]} {at[8:10]}:{at[10:12]}:{at[12:]}"


@dataclass(frozen=True, slots=True)
class Reply:
    ok: bool
    """infcode 0."""
    words: str
    """`err_msg`, filtered for display."""
    output: Json


_ENVELOPE = msgspec.json.Decoder(dict[str, object], float_hook=Decimal)


def decode(body: bytes) -> Reply:
    """The reply envelope.  Raises Unreadable for anything else, such as a gateway's HTML page."""
    try:
        envelope = _ENVELOPE.decode(body)
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError) as exc:
        raise Unreadable("not an envelope") from exc
    infcode = _told(envelope, "infcode")
    if infcode not in ("0", "-1"):
        raise Unreadable("infcode is neither 0 nor -1")
    output: Json = child(envelope, "output") if envelope.get("output") else {}
    return Reply(infcode == "0", words_of_platform(_told(envelope, "err_msg")), output)


def _told(envelope: Json, name: str) -> str:
    value = envelope.get(name)
    return "" if value is None else text(value, name)


class MessageIds:
    """Message ids of the national rule: shop code 12, time 14, till 2, counter 2.

    Unique for this till whatever the clock does: the time part never goes below the latest one
    known, and moves on by itself after a hundred messages in a second.
    """

    def __init__(
        self, shop_code: str, till: int, now: Callable[[], datetime], latest: str = ""
    ) -> None:
        """latest  the greatest message id of this till used so far, "" for none."""
        self._prefix, self._till, self._now = shop_code, till, now
        self._second = datetime.min.replace(tzinfo=CHINA)
        self._count = 0
        if latest:
            told = datetime.strptime(latest[12:26], _SECOND).replace(tzinfo=CHINA)
            self._second = told + timedelta(seconds=1)

    def __call__(self) -> str:
        second = self._now().astimezone(CHINA).replace(microsecond=0)
        if second > self._second:
            self._second, self._count = second, 0
        elif self._count == MESSAGES_PER_SECOND_MAX:
            self._second, self._count = self._second + timedelta(seconds=1), 0
        at = f"{self._second:{_SECOND}}"
        msgid = f"{self._prefix}{at}{self._till:02d}{self._count:02d}"
        self._count += 1
        return msgid
