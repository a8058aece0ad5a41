"""Faults over real TCP: what the caller sees, and whether the money moved."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest

from terminal.sandbox.faults import NoConnection
from terminal.sandbox.server import Running, bind, serving
from terminal.sandbox.settings import Settings
from tests.sandbox.conftest import Open
from tests.sandbox.counter import CALL_SERVICE, Clock, Counter, Customer, audit, read

SETTLED, UNTOUCHED = 528640 - 3239, 528640


@pytest.fixture
def served() -> Iterator[Running]:
    with serving(Settings(clock=Clock())) as running:
        yield running


@pytest.fixture
async def till(served: Running) -> AsyncIterator[Counter]:
    async with httpx.AsyncClient(base_url=served.url, timeout=20) as http:
        yield Counter(http, Clock())
        audit((await http.get("/ledger")).json())


async def arm(till: Counter, **fault: Any) -> None:
    answer = await till.http.post("/_faults", json=fault)
    assert answer.status_code == 200, answer.text


async def own_balance(till: Counter) -> int:
    return (await till.balances())["own:employee"]


@pytest.mark.parametrize(
    ("kind", "balance_fen"), [("drop_before", UNTOUCHED), ("drop_after", SETTLED)]
)
async def test_a_dropped_connection_ends_without_a_byte(
    till: Counter, kind: str, balance_fen: int
) -> None:
    customer = await till.scan("employee")
    await arm(till, infno="2102", kind=kind)
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        await till.settle(customer)
    assert await own_balance(till) == balance_fen
    again = await till.send(till.last_envelope)
    assert again.code == 0
    assert await own_balance(till) == SETTLED


def test_a_dropped_connection_seen_by_a_bare_socket(served: Running) -> None:
    """Not a byte of an answer, not even a status line; the connection is closed at once."""
    httpx.post(f"{served.url}/_faults", json={"infno": "*", "kind": "drop_before"})
    body = b'{"infno":"1101"}'
    host, port = served.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(
            f"POST {CALL_SERVICE} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        try:
            received = connection.recv(65536)
        except ConnectionResetError:
            received = b""
    assert received == b""
    assert httpx.get(f"{served.url}/healthz").json() == {"ok": True}


@pytest.mark.parametrize(
    ("kind", "balance_fen"), [("5xx_before", UNTOUCHED), ("5xx_after", SETTLED)]
)
async def test_a_gateway_error_is_html_and_tells_nothing(
    till: Counter, kind: str, balance_fen: int
) -> None:
    customer = await till.scan("employee")
    await arm(till, infno="2102", kind=kind)
    envelope = till.envelope("2102", till.purchase(customer))
    answer = await till.post(envelope)
    assert answer.status_code == 503
    assert answer.text.startswith("<html>")
    assert await own_balance(till) == balance_fen


async def test_a_garbled_reply_is_cut_after_the_money_moved(till: Counter) -> None:
    customer = await till.scan("employee")
    await arm(till, infno="2102", kind="garble")
    answer = await till.post(till.envelope("2102", till.purchase(customer)))
    assert answer.status_code == 200
    with pytest.raises(ValueError, match=r"."):
        read(answer.content)
    assert await own_balance(till) == SETTLED


async def test_a_delayed_request_lands_after_the_caller_gave_up(till: Counter) -> None:
    customer = await till.scan("employee")
    await arm(till, infno="2102", kind="delay", seconds=2)
    envelope = till.envelope("2102", till.purchase(customer))
    with pytest.raises(httpx.ReadTimeout):
        await till.http.post(CALL_SERVICE, json=_plain(envelope), timeout=0.05)
    assert await own_balance(till) == UNTOUCHED
    assert await _becomes(till, SETTLED)


async def test_a_delayed_request_that_was_reversed_meanwhile_is_refused(till: Counter) -> None:
    customer = await till.scan("employee")
    await arm(till, infno="2102", kind="delay", seconds=2)
    envelope = till.envelope("2102", till.purchase(customer))
    sending = asyncio.create_task(till.post(envelope))
    await _is_armed(till, 0)
    assert (await till.reverse(customer, envelope["msgid"])).code == 0
    assert read((await sending).content).err_msg == "该报文已被冲正"
    assert await own_balance(till) == UNTOUCHED


async def test_a_delayed_reply_is_of_a_request_carried_out_at_once(till: Counter) -> None:
    customer = await till.scan("employee")
    await arm(till, infno="2102", kind="delay_reply", seconds=2)
    sending = asyncio.create_task(till.post(till.envelope("2102", till.purchase(customer))))
    assert await _becomes(till, SETTLED)
    assert not sending.done()
    assert read((await sending).content).code == 0


async def test_faults_are_counted_and_meant_for_one_transaction(till: Counter) -> None:
    await arm(till, infno="2102", kind="5xx_before", count=2)
    await arm(till, infno="*", kind="5xx_before", count=1)
    customer_id = (await till.voucher("employee"))["voucher_id"]
    with pytest.raises(AssertionError, match="503"):
        await till.identify(customer_id)  # takes the one for anything
    assert (await till.identify(customer_id)).code == 0
    customer = Customer("employee", "SBX0000000001", customer_id, "310")
    for _ in range(2):
        with pytest.raises(AssertionError, match="503"):
            await till.settle(customer)
    assert (await till.settle(customer)).code == 0


async def test_armed_faults_are_shown_and_cleared(till: Counter) -> None:
    await arm(till, infno="2102", kind="delay", count=3, seconds=1.5)
    expected = {"infno": "2102", "kind": "delay", "count": 3, "seconds": 1.5}
    assert (await till.http.get("/_faults")).json() == {"armed": [expected]}
    assert (await till.http.delete("/_faults")).json() == {"armed": []}
    assert (await till.settle(await till.scan("employee"))).code == 0


@pytest.mark.parametrize(
    "body",
    [
        "{",
        "[]",
        "{}",
        '{"infno":"2102"}',
        '{"infno":"2102","kind":"explode"}',
        '{"infno":"2102","kind":"delay","count":0}',
        '{"infno":"2102","kind":"delay","seconds":-1}',
        '{"infno":"2102","kind":"delay","every":1}',
    ],
)
async def test_a_fault_that_makes_no_sense_is_refused(counter: Counter, body: str) -> None:
    answer = await counter.http.post("/_faults", content=body)
    assert answer.status_code == 400
    assert (await counter.http.get("/_faults")).json() == {"armed": []}


async def test_faults_have_a_limit(counter: Counter) -> None:
    for _ in range(100):
        await arm(counter, infno="2102", kind="garble")
    answer = await counter.http.post("/_faults", json={"infno": "*", "kind": "garble"})
    assert (answer.status_code, answer.json()) == (400, {"error": "TooManyFaults"})


async def test_in_process_a_drop_is_an_exception(counter: Counter) -> None:
    await arm(counter, infno="1101", kind="drop_after")
    voucher = await counter.voucher("employee")
    with pytest.raises(NoConnection):
        await counter.identify(voucher["voucher_id"])


async def test_latency_slows_every_transaction(open_sandbox: Open) -> None:
    counter = open_sandbox(latency_seconds=0.05)
    begin = asyncio.get_running_loop().time()
    await counter.scan("employee")
    assert asyncio.get_running_loop().time() - begin >= 0.05


def test_a_taken_port_is_an_ordinary_error() -> None:
    with bind() as listener:
        port = listener.getsockname()[1]
        with pytest.raises(OSError, match=r"."), serving(port=port):
            pass


def _plain(envelope: dict[str, Any]) -> Any:
    """Decimals of the fixed basket as JSON numbers; 61.20 and its parts survive a float."""
    return json.loads(json.dumps(envelope, default=float))


async def _becomes(till: Counter, balance_fen: int) -> bool:
    async with asyncio.timeout(20):
        while await own_balance(till) != balance_fen:
            pass
    return True


async def _is_armed(till: Counter, count: int) -> None:
    async with asyncio.timeout(20):
        while len((await till.http.get("/_faults")).json()["armed"]) != count:
            pass


async def test_a_request_delivered_twice_is_carried_out_once_where_ids_count(
    till: Counter,
) -> None:
    customer = await till.scan("employee")
    await arm(till, infno="2102", kind="duplicate")
    assert (await till.settle(customer)).code == 0
    assert await own_balance(till) == SETTLED


async def test_pending_is_answered_at_once_and_carried_out_later(till: Counter) -> None:
    customer = await till.scan("employee")
    await arm(till, infno="2102", kind="pending", seconds=2.0)
    answer = await till.settle(customer)
    assert (answer.code, answer.err_msg) == (-1, "交易处理中，请稍后查询")
    assert await own_balance(till) == UNTOUCHED
    async with asyncio.timeout(30):
        while await own_balance(till) != SETTLED:
            pass


async def test_busy_and_not_found_leave_the_ledger_alone(till: Counter) -> None:
    customer = await till.scan("employee")
    for kind in ("busy", "not_found"):
        await arm(till, infno="2102", kind=kind)
        assert (await till.settle(customer)).code == -1
    assert await own_balance(till) == UNTOUCHED
    settled = await till.settle(customer)
    for infno, nothing in (("5201", {"mdtrtinfo": []}), ("X103", {"acctinfo": {"stas": "0"}})):
        await arm(till, infno=infno, kind="not_found")
        data = {"psn_no": customer.psn_no, "omsgid": settled.setlinfo["medins_setl_id"]}
        period = {"begntime": "2026-11-22", "endtime": "2026-11-22", "med_type": "41"}
        asked = data if infno == "X103" else {"psn_no": customer.psn_no, **period}
        answer = await till.call(infno, {"data": asked})
        assert (answer.code, answer.output) == (0, nothing)


async def test_wrong_sums_are_wrong_in_the_reply_alone(till: Counter) -> None:
    customer = await till.scan("employee")
    await arm(till, infno="2102", kind="wrong_sums")
    wrong = (await till.settle(customer)).setlinfo
    assert wrong["fund_pay_sumamt"] == wrong["hifp_pay"] + 1
    assert await own_balance(till) == SETTLED


async def test_the_same_seed_brings_the_same_faults(till: Counter) -> None:
    customer = await till.scan("employee")
    mix = {"mix": {"busy": 0.3, "not_found": 0.3}, "seed": 7, "infno": "2101"}
    runs = []
    for seed in (7, 7, 8):
        await arm(till, **(mix | {"seed": seed}))
        runs.append([(await till.quote(customer)).err_msg for _ in range(20)])
    assert runs[0] == runs[1] != runs[2]
    assert set(runs[0]) == {"", "系统繁忙，请稍后再试", "未查询到相关记录"}
    assert (await till.http.delete("/_faults")).json() == {"armed": []}
    assert (await till.quote(customer)).code == 0


@pytest.mark.parametrize(
    "mix", [{"busy": 0.6, "delay": 0.5}, {"busy": 1.1}, {"busy": -0.1}, {"earthquake": 0.1}]
)
async def test_a_mix_that_cannot_be_is_refused(till: Counter, mix: dict[str, float]) -> None:
    answer = await till.http.post("/_faults", json={"mix": mix, "seed": 1})
    assert answer.status_code == 400
