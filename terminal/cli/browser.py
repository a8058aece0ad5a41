"""One till in one browser: textual-serve's page and terminal, and `gongji run` behind them.

    browser  <- websocket ->  CounterServer  <- pipe ->  `gongji run`, drawn by `BrowserDriver`

One rule: whoever is not a page of this server, opened on this machine, is answered with a sentence
and nothing else.  A page of any other site may send requests to loopback; its Origin tells it, and
where it has had its own name point here (DNS rebinding), the Host does.
"""

from __future__ import annotations

import asyncio
from asyncio.subprocess import PIPE, Process
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from html import escape

from aiohttp import web
from textual_serve.app_service import AppService
from textual_serve.download_manager import DownloadManager
from textual_serve.server import Server

from terminal.cli.output import complain
from terminal.text import Words, visible

HOST = "127.0.0.1"
HEARTBEAT_SECONDS = 15
"""A browser that does not answer for half of this is gone."""
COMPLAINT_LINES_MAX = 20
CELLS_MIN, CELLS_MAX = 20, 500
"""Of a side of the screen a page may ask for."""
DRIVER = "terminal.cli.browser_driver:BrowserDriver"
READY = b"__GANGLION__\n"
"""What Textual's driver says before its first packet."""
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
    " connect-src 'self' ws://{host}; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
PAGE = """<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<title>{title}</title>
<link rel="stylesheet" href="/static/css/xterm.css">
<style>
body {{ margin: 0; background: #10151c; color: #e6e9ee; font: 18px/1.6 sans-serif; }}
.textual-terminal {{ position: absolute; inset: 0; overflow: hidden; }}
#ended {{ display: none; position: absolute; inset: auto 0 0 0; padding: 1em 2em;
  background: #202a37; text-align: center; }}
body.-closed #ended {{ display: block; }}
a {{ color: #6cb6ff; }}
</style>
<script src="/static/js/textual.js"></script>
<script src="/keys.js"></script>
</head>
<body>
<div id="terminal" class="textual-terminal" data-font-size="18"
  data-session-websocket-url="ws://{host}/ws"></div>
<div id="ended">{ended} <a href="/">{again}</a></div>
</body>
</html>
"""
"""Nothing of it comes from another machine: a counter may have no way to one."""
KEYS_SCRIPT = """
function listen() { document.querySelector(".xterm-helper-textarea")?.focus(); }
for (const event of ["load", "focus", "click"]) window.addEventListener(event, listen);
"""
"""Every key goes to the terminal, also before somebody has clicked into it."""


class Till(AppService):
    """One life of `gongji run`, drawn in one browser."""

    def __init__(self, command: Sequence[str], browser: web.WebSocketResponse) -> None:
        super().__init__(
            "",
            write_bytes=browser.send_bytes,
            write_str=browser.send_str,
            close=self._close,
            download_manager=DownloadManager(),
        )
        self._words, self._browser = tuple(command), browser

    async def _close(self) -> None:
        await self._browser.close()

    async def _open_app_process(self, width: int = 80, height: int = 24) -> Process:
        """No shell: an address of the command line is one word, whatever is in it."""
        self._process = process = await asyncio.create_subprocess_exec(
            *self._words,
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            env=self._build_environment(width, height) | {"TEXTUAL_DRIVER": DRIVER},
            start_new_session=True,  # Ctrl-C is for the server, which ends the till in order
        )
        assert process.stdin
        self._stdin = process.stdin
        return process

    async def run(self) -> None:
        """Until the process has ended.  Why it ended badly is told in the browser and here."""
        process = self._process
        assert process
        assert process.stdout
        assert process.stderr
        complaints = asyncio.create_task(_last_lines(process.stderr))
        await self._pass_on(process.stdout)
        code, told = await process.wait(), await complaints
        for line in told:
            complain(line)
        if code and told:
            await _only_say(self._browser, told[-1])
        else:
            await _unless_gone(self._browser.close)

    async def _pass_on(self, stdout: asyncio.StreamReader) -> None:
        """Takes everything, also when the browser has gone: a full pipe would hold up the till."""
        try:
            while (line := await stdout.readline()) != READY:
                if not line:
                    return
            while kind := await stdout.read(1):
                size = int.from_bytes(await stdout.readexactly(4), "big")
                payload = await stdout.readexactly(size)
                if kind == b"D" and not self._browser.closed:
                    await _unless_gone(partial(self.remote_write_bytes, payload))
        except asyncio.IncompleteReadError:
            return  # it was ended in the middle of a packet


async def _last_lines(stderr: asyncio.StreamReader) -> list[str]:
    last: deque[str] = deque(maxlen=COMPLAINT_LINES_MAX)
    async for line in stderr:
        last.append(visible(line.decode(errors="replace").rstrip(), 1000))
    return list(last)


async def _unless_gone(send: Callable[[], Awaitable[object]]) -> None:
    try:
        await send()
    except (ConnectionError, RuntimeError):
        return


async def _only_say(browser: web.WebSocketResponse, sentence: str) -> None:
    """A terminal with one sentence on it, for as long as the page is open."""
    text = f"\x1b[2J\x1b[H\x1b[?25l\r\n  {visible(sentence, 1000)}\r\n"
    await _unless_gone(partial(browser.send_bytes, text.encode()))


class CounterServer(Server):
    """Serves the counter to one browser after the other, never to two at once."""

    def __init__(self, command: Sequence[str], port: int, words: Words, language: str) -> None:
        """command  of the till; port  where the server listens on loopback"""
        super().__init__("gongji run", host=HOST, port=port)
        self._till_command, self._said, self._language = tuple(command), words.say, language
        self._hosts = frozenset((f"{HOST}:{port}", f"localhost:{port}"))
        self._browser: web.WebSocketResponse | None = None
        """Which page has the till; None when none has, though one may still be ending."""
        self._one_till = asyncio.Lock()

    async def application(self) -> web.Application:
        app = await self._make_app()
        app.middlewares.append(self._only_from_here)
        app.router.add_get("/keys.js", self._keys_script)
        return app

    async def on_startup(self, app: web.Application) -> None:
        """Says nothing by itself."""

    async def on_shutdown(self, app: web.Application) -> None:
        """Ends the till in order, and waits for it."""
        if self._browser:
            await self._browser.close()
        async with self._one_till:
            return

    @web.middleware
    async def _only_from_here(
        self,
        request: web.Request,
        handler: Callable[[web.Request], Awaitable[web.StreamResponse]],
    ) -> web.StreamResponse:
        origin = request.headers.get("Origin")
        from_page = origin is not None and origin.removeprefix("http://") in self._hosts
        needs_page = origin is not None or request.path == "/ws"
        if request.host not in self._hosts or (needs_page and not from_page):
            raise web.HTTPForbidden(text=self._said("serve.elsewhere", port=self.port))
        return await handler(request)

    async def handle_index(self, request: web.Request) -> web.Response:
        page = PAGE.format(
            host=escape(request.host),
            language=self._language,
            title=escape(self._said("serve.title")),
            ended=escape(self._said("serve.ended")),
            again=escape(self._said("serve.again")),
        )
        headers = {
            "Content-Security-Policy": POLICY.format(host=request.host),
            "Cache-Control": "no-store",
        }
        return web.Response(text=page, content_type="text/html", headers=headers)

    async def _keys_script(self, request: web.Request) -> web.Response:
        return web.Response(text=KEYS_SCRIPT, content_type="text/javascript")

    async def handle_websocket(self, request: web.Request) -> web.WebSocketResponse:
        browser = web.WebSocketResponse(heartbeat=HEARTBEAT_SECONDS)
        await browser.prepare(request)
        if self._browser is not None:
            await _only_say(browser, self._said("serve.taken"))
            async for _ in browser:
                continue
            return browser
        self._browser = browser
        try:
            # The till of a page just left, or just loaded again, ends first.
            async with self._one_till:
                await self._serve(browser, request)
        finally:
            self._release(browser)
        return browser

    async def _serve(self, browser: web.WebSocketResponse, request: web.Request) -> None:
        till = Till(self._till_command, browser)
        columns, rows = (_cells(request, name) for name in ("width", "height"))
        await till.start(columns, rows)
        try:
            await self._process_messages(browser, till)
        finally:
            self._release(browser)
            await till.stop()

    def _release(self, browser: web.WebSocketResponse) -> None:
        if self._browser is browser:
            self._browser = None


def _cells(request: web.Request, name: str) -> int:
    """What a page says of its size, as far as it makes sense."""
    text = request.query.get(name, "")
    return min(max(int(text), CELLS_MIN), CELLS_MAX) if text.isdecimal() else 80
