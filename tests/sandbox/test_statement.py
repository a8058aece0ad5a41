"""3201, 3202 and the files between them, as the interface says and nothing more."""

from __future__ import annotations

import base64
import io
import zipfile
from decimal import Decimal

import httpx
import pytest

from tests.sandbox.conftest import BOTH
from tests.sandbox.counter import OTHER_SHOP, Counter, Reply

TODAY = {"stmt_begndate": "2026-11-22", "stmt_enddate": "2026-11-22"}
PLACE = "630100"


def zipped(text: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(zipfile.ZipInfo("x.txt"), text)
    return file.getvalue()


def listed(settled: Reply, total: str = "") -> str:
    info = settled.setlinfo
    amounts = [total or str(info["medfee_sumamt"]), info["fund_pay_sumamt"], info["acct_pay"], "0"]
    return "\t".join([info["setl_id"], info["mdtrt_id"], info["psn_no"], *map(str, amounts)])


async def upload(counter: Counter, content: bytes) -> Reply:
    given = {
        "in": base64.b64encode(content).decode(),
        "filename": "statement.zip",
        "fixmedins_code": counter.institution,
    }
    return await counter.call("9101", {"fsUploadIn": given})


async def compare(counter: Counter, content: bytes, count: int) -> Reply:
    number = (await upload(counter, content)).output["fsUploadOut"]["file_qury_no"]
    data = {
        "setl_optins": PLACE,
        "file_qury_no": number,
        **TODAY,
        "medfee_sumamt": Decimal("0.00"),
        "fund_pay_sumamt": Decimal("0.00"),
        "cash_payamt": Decimal("0.00"),
        "fixmedins_setl_cnt": count,
        "clr_type": "41",
    }
    return await counter.call("3202", {"data": data})


async def download(counter: Counter, named: dict[str, str]) -> httpx.Response:
    wanted = {
        "file_qury_no": named["file_qury_no"],
        "filename": named["filename"],
        "fixmedins_code": counter.institution,
    }
    return await counter.post(counter.envelope("9102", {"fsDownloadIn": wanted}))


async def result(counter: Counter, content: bytes, count: int) -> list[list[str]]:
    reply = await compare(counter, content, count)
    assert reply.code == 0, reply.err_msg
    answer = await download(counter, reply.output["fileinfo"])
    assert answer.headers["content-type"] == "application/octet-stream"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        (name,) = archive.namelist()
        return [line.split("\t") for line in archive.read(name).decode().splitlines()]


@BOTH
async def test_the_result_names_what_differs_and_nothing_else(counter: Counter) -> None:
    same = await counter.settle(await counter.scan("employee"))
    other = await counter.settle(await counter.scan("resident"))
    missing = await counter.settle(await counter.scan("employee-short"))
    msgid = missing.setlinfo["medins_setl_id"]
    text = "\n".join([listed(same), listed(other, "61.21"), "J0\tV0\tP0\t1.00\t0.00\t0.00\t0"])
    rows = await result(counter, zipped(text), 3)
    assert [(row[2], row[3], row[4]) for row in rows] == [
        (other.setlinfo["setl_id"], other.setlinfo["medins_setl_id"], "000103"),
        ("J0", "", "000102"),
        (missing.setlinfo["setl_id"], msgid, "000101"),
    ]
    assert rows[0][7:] == ["61.20", *(str(other.setlinfo[n]) for n in AMOUNTS)]
    assert rows[1][7:] == ["null"] * 3


AMOUNTS = ("fund_pay_sumamt", "acct_pay")


async def test_what_was_taken_back_is_not_in_the_books(counter: Counter) -> None:
    settled = await counter.settle(await counter.scan("employee"))
    assert await result(counter, zipped(listed(settled)), 1) == []
    await counter.cancel(settled)
    assert [row[4] for row in await result(counter, zipped(listed(settled)), 1)] == ["000102"]
    assert await result(counter, zipped(""), 0) == []


async def test_an_institution_sees_neither_the_books_nor_the_files_of_another(
    counter: Counter,
) -> None:
    await counter.settle(await counter.scan("employee"))
    other = Counter(counter.http, counter.clock, OTHER_SHOP)
    assert await result(other, zipped(""), 0) == []
    theirs = (await upload(counter, b"x")).output["fsUploadOut"]
    assert "文件不存在" in (await download(other, theirs)).text
    assert (await download(counter, theirs)).content == b"x"


@pytest.mark.parametrize(
    ("content", "count", "words"),
    [
        (b"no zip", 0, "ZIP"),
        (zipped("one\ttwo"), 1, "第 1 行须有 7 列"),
        (zipped("J\tV\tP\t1\t0\t0\t0\nJ\tV\tP\t1\t0\t0\t0"), 2, "第 2 行的 setl_id 重复"),
        (zipped(""), 1, "fixmedins_setl_cnt"),
    ],
    ids=["no zip", "columns", "twice", "count"],
)
async def test_a_file_that_is_no_statement_is_refused(
    counter: Counter, content: bytes, count: int, words: str
) -> None:
    reply = await compare(counter, content, count)
    assert reply.code == -1
    assert words in reply.err_msg


async def test_what_is_not_base64_is_refused(counter: Counter) -> None:
    given = {"in": "not base64!", "filename": "x", "fixmedins_code": counter.institution}
    reply = await counter.call("9101", {"fsUploadIn": given})
    assert reply.err_msg == "fsUploadIn.in 不是 Base64"
