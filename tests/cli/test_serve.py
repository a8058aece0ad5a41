"""`gongji serve`: a whole sale in a real browser, and who is not let in."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path

import aiohttp
import httpx
import pytest
from playwright.async_api import Browser, Page, WebSocket, async_playwright

from terminal.cli.exits import Exit
from terminal.config import SHIPPED
from terminal.journal import Journal, JournalError
from terminal.text import Words
from tests.drivers.scanners import PtyScanner
from tests.processes import sandbox
from tests.sandbox.test_phone import CHROMIUM, FLAGS
from tests.till import BOXES

SECONDS_MAX = 30.0
SHOWN = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
WORDS = Words.load(SHIPPED / "lang", "zh")
needs_chromium = pytest.mark.skipif(not CHROMIUM, reason="no chromium on the PATH")


@pytest.fixture(scope="module")
def platform() -> Iterator[str]:
    with sandbox() as url:
        yield url


@contextmanager
def scanner(folder: Path) -> Iterator[PtyScanner]:
    with closing(PtyScanner(folder / "scanner")) as plugged:
        yield plugged


class Served:
    """`gongji serve` as a process."""

    def __init__(self, process: Process, url: str) -> None:
        self.process, self.url = process, url


@asynccontextmanager
async def serving(journal: Path, platform: str, *more: str) -> AsyncIterator[Served]:
    words = ("serve", "--port", "0", "--platform", platform, "--journal", str(journal), *more)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "terminal.cli", *words, stdout=PIPE, stderr=PIPE
    )
    assert process.stdout
    try:
        line = await asyncio.wait_for(process.stdout.readline(), SECONDS_MAX)
        yield Served(process, json.loads(line)["counter"])
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await process.communicate()


class Seen:
    """Everything a page was told to draw, without its colours."""

    def __init__(self, page: Page) -> None:
        self.text = ""
        self.asked: list[str] = []
        """Every address the page asked for."""
        self._more = asyncio.Event()
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("websocket", self._watch)

    def _watch(self, socket: WebSocket) -> None:
        socket.on("framereceived", self._take)

    def _take(self, frame: str | bytes) -> None:
        if isinstance(frame, bytes):
            self.text += SHOWN.sub("", frame.decode("utf-8", "replace"))
            self._more.set()

    async def until(self, words: str) -> None:
        """Until `words` are drawn; what was drawn before is forgotten."""
        try:
            async with asyncio.timeout(SECONDS_MAX):
                while words not in self.text:
                    self._more.clear()
                    await self._more.wait()
        except TimeoutError:
            raise AssertionError(f"never shown: {words}; last: {self.text[-600:]}") from None
        self.text = self.text.partition(words)[2]


@asynccontextmanager
async def browsing() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        await browser.close()


async def opened(browser: Browser, url: str) -> tuple[Page, Seen]:
    page = await browser.new_page(viewport={"width": 1200, "height": 800})
    seen = Seen(page)
    await page.goto(url)
    return page, seen


def until(condition: Callable[[], bool]) -> None:
    limit = time.monotonic() + SECONDS_MAX
    while not condition():
        assert time.monotonic() < limit
        time.sleep(0.05)


@needs_chromium
async def test_one_whole_sale_in_a_browser(tmp_path: Path, platform: str) -> None:
    journal = tmp_path / "j.db"
    async with httpx.AsyncClient(base_url=platform) as http:
        voucher = await http.get("/vouchers/new", params={"person": "employee"})
        code = voucher.json()["text"]
    with scanner(tmp_path) as plugged:
        options = ("--serial", str(plugged.link))
        async with serving(journal, platform, *options) as served, browsing() as browser:
            page, seen = await opened(browser, served.url)
            await seen.until(WORDS.say("screen.empty_customer")[:8])
            for box in BOXES:
                plugged.send(f"{box}\r".encode())
            await seen.until("61.20")
            plugged.send(f"{code}\r".encode())
            await seen.until("28.81")
            # An Enter counts only when what it agrees to has been on the screen for a moment.
            await page.wait_for_timeout(1000)
            await page.keyboard.press("Enter")
            await seen.until(WORDS.say("receipt.title"))
            await page.close()
    with Journal(journal) as kept:
        assert kept.latest_settled()
    assert all(url.startswith((served.url, served.url.replace("http", "ws"))) for url in seen.asked)


@needs_chromium
async def test_a_second_window_is_told_and_the_first_one_gives_way_when_it_closes(
    tmp_path: Path, platform: str
) -> None:
    async with serving(tmp_path / "j.db", platform) as served, browsing() as browser:
        first, seen = await opened(browser, served.url)
        await seen.until(WORDS.say("screen.no_voucher_yet"))
        second, told = await opened(browser, served.url)
        await told.until(WORDS.say("serve.taken")[:30])
        await first.keyboard.press("F12")
        await seen.until("Customer")
        await first.close()
        await second.reload()
        await told.until(WORDS.say("screen.no_voucher_yet"))


@needs_chromium
async def test_a_till_that_cannot_start_says_why_in_the_browser(
    tmp_path: Path, platform: str
) -> None:
    journal = tmp_path / "j.db"
    with Journal(journal):
        async with serving(journal, platform) as served, browsing() as browser:
            _, seen = await opened(browser, served.url)
            await seen.until("gongji: ")
            assert "journal" in seen.text or "j.db" in seen.text


@pytest.mark.parametrize(
    ("path", "host", "origin"),
    [
        ("/", "evil.example", None),
        ("/", "evil.example:{port}", None),
        ("/", None, "http://evil.example"),
        ("/static/js/textual.js", None, "null"),
        ("/ws", None, None),
        ("/ws", None, "http://evil.example"),
        ("/ws", None, "https://127.0.0.1:{port}"),
        ("/ws", "evil.example:{port}", "http://evil.example:{port}"),
    ],
)
async def test_a_page_of_another_site_is_turned_away(
    tmp_path: Path, platform: str, path: str, host: str | None, origin: str | None
) -> None:
    async with serving(tmp_path / "j.db", platform) as served, aiohttp.ClientSession() as http:
        port = served.url.rpartition(":")[2]
        named = {"Host": host, "Origin": origin}
        headers = {name: text.format(port=port) for name, text in named.items() if text}
        async with http.get(served.url + path, headers=headers) as answer:
            assert answer.status == 403
            assert f"http://127.0.0.1:{port}/" in await answer.text()
        async with http.get(served.url) as answer:
            assert answer.status == 200
            assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("ends", [signal.SIGTERM, signal.SIGKILL])
async def test_a_till_ends_with_its_server_however_that_one_ends(
    tmp_path: Path, platform: str, ends: signal.Signals
) -> None:
    journal = tmp_path / "j.db"
    async with serving(journal, platform) as served, aiohttp.ClientSession() as http:
        page = http.ws_connect(f"{served.url}/ws", headers={"Origin": served.url})
        async with page as socket:
            drawn = b""
            while "共济".encode() not in drawn:
                drawn += await socket.receive_bytes(timeout=SECONDS_MAX)
            assert not _free(journal)
            served.process.send_signal(ends)
            await asyncio.to_thread(until, lambda: _free(journal))


def _free(journal: Path) -> bool:
    """Whether no till holds it."""
    try:
        with Journal(journal):
            return True
    except JournalError:
        return False


async def test_a_port_that_is_taken_is_said_in_one_sentence(tmp_path: Path, platform: str) -> None:
    async with serving(tmp_path / "j.db", platform) as served:
        port = served.url.rpartition(":")[2]
        again = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "terminal.cli", "serve", "--port", port), stderr=PIPE
        )
        _, stderr = await again.communicate()
    assert again.returncode == Exit.FAILED
    assert f"127.0.0.1:{port}" in stderr.decode()
    assert len(stderr.decode().splitlines()) == 1
