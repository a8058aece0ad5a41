"""Faults of meaning: the platform answers, and the answer is not what it seems.

A charge that is "being processed" is answered by an envelope without a settlement, and asked about
by a state that is neither yes nor no; a reversal is answered by a refusal that says to wait.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import msgspec

from tests.matrix.edges import REVERSALS, Message
from tests.matrix.fault import Case, Fault, Group, charges, reversals
from tests.matrix.faults_network import request_lost
from tests.matrix.network import Act, Line, Trouble, reply, reply_json
from tests.matrix.shop import Shop

PROCESSING = "交易处理中，请稍后查询"
BUSY = "系统忙，请稍后再试"
NOT_FOUND = "未找到该结算"
PENDING_STATE = "9"
LANDS_SECONDS = 8.0
FOREVER_SECONDS = 1800.0
"""Longer than any schedule but the one that never ends."""

Alter = Callable[[dict[str, Any]], None]


def _about(key: str, infno: str = "X103") -> Callable[[Message], bool]:
    return lambda message: message.infno == infno and message.about == key


def _altered(alter: Alter) -> Act:
    """The platform's own reply, changed on the way."""

    async def act(line: Line, message: Message) -> httpx.Response:
        envelope = reply_json(await line.network.deliver(message))
        if isinstance(envelope.get("output"), dict):
            alter(envelope["output"])
        return httpx.Response(200, content=msgspec.json.encode(envelope))

    return act


def _state(value: str) -> Alter:
    """The state of a debit that the platform does not know yet."""

    def alter(output: dict[str, Any]) -> None:
        info = output.get("acctinfo", {})
        if info.get("stas") == "0":
            info["stas"] = value
            info["err_msg"] = "处理失败"

    return alter


def _refusing(words: str) -> Act:
    async def act(line: Line, message: Message) -> httpx.Response:
        return reply(infcode=-1, err_msg=words)

    return act


def _pending(lands: float | None, then: str, seconds: float) -> Act:
    """Answered at once that it is being processed.

    lands    after how many seconds it is carried out; None: never
    then     what a question about it is told afterwards, if the platform knows nothing
    seconds  how long questions are told that it is being processed
    """

    async def act(line: Line, message: Message) -> httpx.Response:
        network, now = line.network, line.network.loop.time()
        if lands is not None:
            network.deliver_later(lands, message)
        about = _about(message.msgid)
        network.add(Trouble(about, _altered(_state(PENDING_STATE)), 10_000, now + seconds, True))
        if then:
            network.add(Trouble(about, _altered(_state(then)), 10_000, now + FOREVER_SECONDS, True))
        if message.infno in REVERSALS:
            return reply(infcode=-1, err_msg=PROCESSING)
        return reply(err_msg=PROCESSING)

    return act


def _money(case: Case, act: Act, count: int = 1, seconds: float | None = None) -> None:
    wants = reversals if case.reversing else charges
    case.next_messages(act, count, wants, seconds)


def _pending_then_ok(case: Case) -> None:
    _money(case, _pending(LANDS_SECONDS, "", LANDS_SECONDS))


def _pending_then_fail(case: Case) -> None:
    _money(case, _pending(None, "2", LANDS_SECONDS))


def _pending_for_ever(case: Case) -> None:
    """For a reversal, "for ever" has to end: it is tried until then."""
    if case.reversing:
        _money(case, _refusing(PROCESSING), 10_000, FOREVER_SECONDS)
    else:
        _money(case, _pending(None, "", FOREVER_SECONDS))


async def _in_flight(line: Line, message: Message) -> httpx.Response:
    line.network.deliver_later(12, message)
    return await request_lost(line, message)


def _not_found_in_flight(case: Case) -> None:
    """The platform knows nothing of the message for a while, and then it does."""
    _money(case, _in_flight)
    if case.reversing:
        _unknown_settlement(case)


def _not_found_truly(case: Case) -> None:
    _money(case, request_lost)
    if case.reversing:
        _unknown_settlement(case)


def _unknown_settlement(case: Case) -> None:
    """The question about a settlement that is being reversed is told that there is none."""
    case.next_messages(
        _refusing(NOT_FOUND), 1, lambda m: m.infno in ("5203", "X103"), is_consequence=True
    )


def _reversal_busy(case: Case) -> None:
    if not case.reversing:
        case.next_messages(request_lost, 1, charges)
    case.next_messages(_refusing(BUSY), 3, reversals, is_consequence=not case.reversing)


def _not_found_and_then_lands(case: Case) -> None:
    """The charge arrives after the platform was told to reverse it and knew nothing of it."""
    if case.reversing:
        case.next_messages(_refusing(NOT_FOUND), 1, reversals)
        return

    async def held_back(line: Line, message: Message) -> httpx.Response:
        async def reversed_first(line_: Line, reversal: Message) -> httpx.Response:
            response = await line_.network.deliver(reversal)
            line_.network.deliver_later(5, message)
            return response

        line.network.add(
            Trouble(
                lambda m: m.infno in REVERSALS and m.about in ("", message.msgid),
                reversed_first,
                is_consequence=True,
            )
        )
        return await request_lost(line, message)

    case.next_messages(held_back, 1, charges)


def _other_body(case: Case) -> None:
    """Somebody else's message under the till's own id, right after it."""

    async def act(line: Line, message: Message) -> httpx.Response:
        response = await line.network.deliver(message)
        envelope = msgspec.json.decode(message.request.content)
        for node in envelope["input"].values():
            for row in node if isinstance(node, list) else [node]:
                row |= {name: row[name] + 0.01 for name in ("amt", "medfee_sumamt") if name in row}
                row |= {name: "J0" for name in ("setl_id",) if name in row}
        request = httpx.Request(
            "POST",
            message.request.url,
            headers={"Content-Type": "application/json"},
            content=msgspec.json.encode(envelope),
        )
        other = reply_json(await line.network.ask_platform(request))
        assert message.infno in ("X102", "2601") or other["infcode"] == -1
        return response

    _money(case, act)


def _sums(output: dict[str, Any]) -> None:
    for node, field in (("setlinfo", "fund_pay_sumamt"), ("acctinfo", "pay_amt")):
        if field in output.get(node, {}):
            output[node][field] = round(output[node][field] + 0.01, 2)


def _foreign(output: dict[str, Any]) -> None:
    rows = output.get("mdtrtinfo") or []
    for node in (output.get("setlinfo", {}), output.get("acctinfo", {}), *rows):
        if node.get("medins_setl_id"):
            node["medins_setl_id"] = "P63010299999" + node["medins_setl_id"][12:]


def _wrong_reply(alter: Alter, questions: tuple[str, ...]) -> Callable[[Case], None]:
    def strike(case: Case) -> None:
        """Once: the question afterwards is answered rightly.  Stubborn: it is not either."""
        _money(case, _altered(alter))
        if case.variant == "stubborn":
            case.next_messages(
                _altered(alter),
                10_000,
                lambda m: m.infno in questions,
                FOREVER_SECONDS,
                is_consequence=True,
            )

    return strike


def _head_office(case: Case) -> None:
    """What stands of the customer's charges is taken back without a word to the till."""
    shop = case.shop
    if case.moment.number > 5:
        shop.network.begin(head_office_reverses(shop), urgent=True)
        return

    async def as_soon_as_it_stands(line: Line, message: Message) -> httpx.Response:
        response = await line.network.deliver(message)
        await head_office_reverses(shop)
        return response

    case.next_messages(as_soon_as_it_stands, 1, charges)


async def head_office_reverses(shop: Shop) -> None:
    """Debits before the settlement they hang on, each by a message of head office's own."""
    template = shop.last_settlement
    assert template
    ledger: dict[str, Any] = await shop.ledger()
    psn_no = template["input"]["druginfo"]["psn_no"]
    nodes: list[tuple[str, dict[str, str]]] = [
        ("X102", {"psn_no": psn_no, "omsgid": row["msgid"]})
        for row in ledger["debits"]
        if row["state"] == "debited"
    ]
    nodes += [
        ("2103", {"psn_no": psn_no, "setl_id": row["setl_id"], "mdtrt_id": row["mdtrt_id"]})
        for row in ledger["settlements"]
        if row["state"] == "settled" and row["kind"] == "charge"
    ]
    shop.lost |= {row["msgid"] for row in ledger["debits"] if row["state"] == "debited"}
    shop.lost |= {row["msgid"] for row in ledger["settlements"] if row["state"] == "settled"}
    for number, (infno, data) in enumerate(nodes):
        envelope = template | {
            "infno": infno,
            "msgid": f"{template['msgid'][:26]}99{number:02d}",
            "input": {"data": data},
        }
        answer = await shop.network.sandbox.post(shop.path, json=envelope)
        assert answer.json()["infcode"] == 0, answer.json()["err_msg"]


STUBBORN = ("once", "stubborn")
MEANING = (
    Fault(Group.MEANING, "PENDING, then ok", _pending_then_ok),
    Fault(Group.MEANING, "PENDING, then fail", _pending_then_fail),
    Fault(Group.MEANING, "PENDING for ever", _pending_for_ever),
    Fault(Group.MEANING, "NOT_FOUND in flight", _not_found_in_flight),
    Fault(Group.MEANING, "NOT_FOUND, true", _not_found_truly),
    Fault(Group.MEANING, "reversal BUSY", _reversal_busy),
    Fault(
        Group.MEANING,
        "reversal NOT_FOUND, then it lands",
        _not_found_and_then_lands,
        ("bound", "unbound"),
    ),
    Fault(Group.MEANING, "same id, other body", _other_body),
    Fault(Group.MEANING, "sums wrong", _wrong_reply(_sums, ("5203", "X103")), STUBBORN),
    Fault(
        Group.MEANING,
        "bad signature or foreign id",
        _wrong_reply(_foreign, ("5201", "5203", "X103")),
        STUBBORN,
    ),
    Fault(Group.MEANING, "reversed by head office", _head_office),
)
