"""`gongji serve`: the counter in a browser on this machine, for one that has no terminal.

stdout  one JSON line when it listens: {"counter": "http://127.0.0.1:8020"}
stderr  the same for people, and why a till ended
exit    0 ended by SIGINT or SIGTERM · 1 the port is taken · 3 a file cannot be used · 4 a scanner
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import socket
import sys

from aiohttp import web

from terminal.cli import scanners
from terminal.cli.browser import HOST, CounterServer
from terminal.cli.build import Plan, plan
from terminal.cli.exits import Exit, Stop
from terminal.cli.output import complain, say_json
from terminal.cli.run import add_till_arguments, with_printer
from terminal.sandbox.server import bind, url_of

PORT = 8020
END_SECONDS_MAX = 60.0
"""How long a till that is ending may take to hear what became of a charge."""


def add_parser(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = verbs.add_parser("serve", help="the counter in a browser on this machine")
    parser.add_argument("--port", type=int, default=PORT, help="0 takes any free port")
    add_till_arguments(parser)


def run(args: argparse.Namespace) -> int:
    made = with_printer(plan(args), args.printer)
    scanners.urls(args)
    try:
        listener = bind(HOST, args.port)
    except (OSError, OverflowError) as exc:
        reason = getattr(exc, "strerror", None) or str(exc)
        sentence = f"the counter cannot be served on {HOST}:{args.port}: {reason}"
        raise Stop(Exit.FAILED, sentence) from exc
    with listener:
        asyncio.run(_serve(till_command(args), made, listener))
    return Exit.OK


def till_command(args: argparse.Namespace) -> list[str]:
    """`gongji run` with the same options."""
    words = [sys.executable, "-m", "terminal.cli", "run"]
    for name, value in vars(args).items():
        if name in ("verb", "port") or value is None:
            continue
        for one in value if isinstance(value, list) else [value]:
            words.append(f"--{name.replace('_', '-')}={one}")
    return words


async def _serve(command: list[str], made: Plan, listener: socket.socket) -> None:
    language = made.counter.language
    port = listener.getsockname()[1]
    server = CounterServer(command, port, made.words[language], language)
    runner = web.AppRunner(await server.application(), shutdown_timeout=END_SECONDS_MAX)
    await runner.setup()
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, ended.set)
    try:
        await web.SockSite(runner, listener).start()
        say_json({"counter": url_of(listener)})
        complain(f"counter: {url_of(listener)}  (Ctrl+C ends)")
        await ended.wait()
    finally:
        await runner.cleanup()
