"""The customer's phone in a real browser: the code on the screen is one the sandbox issued."""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import cv2
import httpx
import numpy as np
import pytest
import pytest_asyncio
import zxingcpp
from playwright.async_api import Browser, Page, async_playwright

from terminal.sandbox.server import serving
from terminal.sandbox.settings import SHIPPED, Settings
from terminal.voucher.algorithms import load_public_key
from terminal.voucher.keys import parse_bundle
from terminal.voucher.voucher import verify
from tests.sandbox.counter import Clock, Counter

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE = {"width": 390, "height": 844}
WAIT_MS = 15_000

pytestmark = [
    pytest.mark.skipif(not CHROMIUM, reason="no chromium on the PATH"),
    pytest.mark.asyncio(loop_scope="module"),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        await browser.close()


async def open_page(browser: Browser, url: str, scale: float = 3) -> Page:
    page = await browser.new_page(viewport=PHONE, device_scale_factor=scale)  # type: ignore[arg-type]  # a TypedDict
    await page.goto(url)
    await page.wait_for_selector("#code:not([hidden])", timeout=WAIT_MS)
    return page


def codes_on(screenshot: bytes) -> list[str]:
    picture = cv2.imdecode(np.frombuffer(screenshot, np.uint8), cv2.IMREAD_GRAYSCALE)
    wanted = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCodeModel2])
    found = zxingcpp.read_barcodes(picture, formats=wanted)
    return [code.text for code in found]


async def shown_code(page: Page) -> str:
    """What a camera would read off the whole screen."""
    (text,) = codes_on(await page.screenshot())
    return text


async def seconds_left(page: Page) -> int:
    words = await page.inner_text("#countdown")
    return int("".join(character for character in words if character.isdigit()))


async def until(condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(WAIT_MS / 1000):
        while not await condition():
            pass


@pytest.mark.parametrize("scale", [1, 2, 2.625, 3])
async def test_the_code_on_the_screen_is_a_valid_voucher(browser: Browser, scale: float) -> None:
    with serving() as running:
        page = await open_page(browser, f"{running.url}/phone?person=employee-short", scale)
        text = await shown_code(page)
        root = load_public_key((SHIPPED / "keys" / "test-root.pub.pem").read_bytes())
        async with httpx.AsyncClient(base_url=running.url) as http:
            bundle = parse_bundle((await http.get("/keys")).content, [root])
            voucher = verify(text, bundle, dt.datetime.now(dt.UTC))
            assert voucher.voucher_id == await page.get_attribute("#code", "data-voucher")
            assert voucher.masked_name == "李*"
            reply = await Counter(http, Clock()).identify(voucher.voucher_id)
        assert reply.output["baseinfo"]["psn_name"] == "李例"
        await page.close()


async def test_modules_are_whole_pixels_with_a_quiet_zone_of_four(browser: Browser) -> None:
    with serving() as running:
        page = await open_page(browser, f"{running.url}/phone?person=employee", 2.625)
        size = await page.evaluate(
            """() => {
              const canvas = document.getElementById("code");
              const box = canvas.getBoundingClientRect();
              return [canvas.width, canvas.height, box.width * devicePixelRatio, box.left];
            }"""
        )
        async with httpx.AsyncClient(base_url=running.url) as http:
            query = {"person": "employee", "qr": "1"}
            modules = (await http.get("/vouchers/new", params=query)).json()["modules"]
        across = len(modules) + 8
        assert size[0] == size[1]
        assert size[0] % across == 0
        assert size[0] // across == int(PHONE["width"] * 2.625) // across
        assert abs(size[2] - size[0]) < 0.5
        picture = await page.evaluate("document.getElementById('code').toDataURL('image/png')")
        png = base64.b64decode(picture.partition(",")[2])
        drawn = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_GRAYSCALE)
        assert drawn is not None
        assert set(np.unique(drawn)) == {0, 255}
        step = size[0] // across
        cells = drawn.reshape(across, step, across, step)
        assert (cells.min(axis=(1, 3)) == cells.max(axis=(1, 3))).all()
        dark = cells.min(axis=(1, 3)) == 0
        assert not dark[:4].any()
        assert not dark[-4:].any()
        assert not dark[:, :4].any()
        assert not dark[:, -4:].any()
        assert dark[4, 4:11].all()
        await page.close()


async def test_the_countdown_falls_and_the_code_renews_itself(browser: Browser) -> None:
    with serving(Settings(renew_seconds=4)) as running:
        page = await open_page(browser, f"{running.url}/phone?person=resident")
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.append(message.text))
        navigations: list[str] = []
        page.on("framenavigated", lambda frame: navigations.append(frame.url))
        seen = {await shown_code(page)}
        falls = [await seconds_left(page)]

        async def fell_twice() -> bool:
            left = await seconds_left(page)
            if left != falls[-1]:
                falls.append(left)
            return len(falls) == 3

        await until(fell_twice)
        assert falls == sorted(falls, reverse=True)
        assert falls[0] <= 4
        first = await page.get_attribute("#code", "data-voucher")
        for _ in range(2):
            await page.wait_for_function(
                "old => document.getElementById('code').dataset.voucher !== old",
                arg=first,
                timeout=WAIT_MS,
            )
            first = await page.get_attribute("#code", "data-voucher")
            seen.add(await shown_code(page))
        assert len(seen) == 3
        assert navigations == []
        assert errors == []
        await page.close()


async def test_a_sandbox_that_went_away_is_said_and_its_code_ends(browser: Browser) -> None:
    with serving(Settings(renew_seconds=1, voucher_seconds=8)) as running:
        page = await open_page(browser, f"{running.url}/phone?person=resident&lang=en")
        assert not await page.is_visible("#trouble")
    await page.wait_for_selector("#trouble:not([hidden])", timeout=WAIT_MS)
    assert "cannot be reached" in await page.inner_text("#trouble")
    assert "this code ends in" in await page.inner_text("#countdown")
    await page.wait_for_selector("#code", state="hidden", timeout=WAIT_MS)
    assert await page.inner_text("#countdown") == ""
    assert codes_on(await page.screenshot()) == []
    port = int(running.url.rpartition(":")[2])
    with serving(port=port):
        await page.wait_for_selector("#code:not([hidden])", timeout=WAIT_MS)
        assert not await page.is_visible("#trouble")
        await shown_code(page)
    await page.close()


async def test_one_touch_chooses_the_person_and_one_the_language(browser: Browser) -> None:
    with serving() as running:
        page = await browser.new_page()
        requested: list[str] = []
        page.on("request", lambda request: requested.append(request.url))
        await page.goto(f"{running.url}/phone")
        assert await page.is_hidden("#code")
        await page.click("text=居民：直接用家庭共济")
        await page.wait_for_selector("#code:not([hidden])", timeout=WAIT_MS)
        assert "陈*" in await page.inner_text("#holder")
        await page.click("text=English")
        await page.wait_for_selector("#code:not([hidden])", timeout=WAIT_MS)
        assert "Resident" in await page.inner_text("#holder")
        assert await page.get_attribute("nav a[aria-current]", "href") == (
            "/phone?person=resident&lang=en"
        )
        assert all(url.startswith(running.url) for url in requested)
        await page.close()


async def test_an_injected_script_does_not_run(browser: Browser, tmp_path: Path) -> None:
    """The policy of the page holds in a real browser."""
    with serving() as running:
        page = await open_page(browser, f"{running.url}/phone?person=resident")
        blocked: list[str] = []
        page.on("console", lambda message: blocked.append(message.text))
        await page.evaluate(
            """() => {
              const script = document.createElement("script");
              script.textContent = "window.injected = 1";
              document.body.append(script);
              const image = document.createElement("img");
              image.setAttribute("onerror", "window.injected = 1");
              image.src = "http://127.0.0.1:1/x.png";
              document.body.append(image);
            }"""
        )
        await until(lambda: page.evaluate("Promise.resolve(true)"))
        assert await page.evaluate("window.injected") is None
        assert any("Content Security Policy" in text for text in blocked)
        await page.close()
