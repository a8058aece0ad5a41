"""`gongji run`: the till, on the screen or headless."""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from msgspec.structs import replace

from terminal.checkout import Checkout
from terminal.cli import keeping, scanners
from terminal.cli.build import Plan, add_arguments, open_till, plan
from terminal.cli.exits import Exit, Stop
from terminal.cli.headless import Printer as Lines
from terminal.cli.headless import obey_lines, stdin_lines
from terminal.cli.printing import make_printer
from terminal.cli.slips import writing_slips
from terminal.config import Printer
from terminal.journal import JournalError


def add_parser(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = verbs.add_parser("run", help="the till")
    add_till_arguments(parser)
    parser.add_argument(
        "--headless", action="store_true", help="no screen: JSON lines on stdin and stdout"
    )


def add_till_arguments(parser: argparse.ArgumentParser) -> None:
    """What every till with its scanners takes, on whatever it is drawn."""
    add_arguments(parser)
    scanners.add_arguments(parser)
    keeping.add_arguments(parser)
    parser.add_argument("--slips", type=Path, metavar="DIR", help="write each slip to a file here")
    parser.add_argument("--printer", metavar="URL", help="the receipt printer's address")


def run(args: argparse.Namespace) -> int:
    made = with_printer(plan(args), args.printer)
    addresses = scanners.urls(args)
    if args.headless:
        return asyncio.run(_headless(args, made, addresses))
    from terminal.cli.screen import run_screen

    return run_screen(args, made, addresses)


def with_printer(made: Plan, url: str | None) -> Plan:
    """The plan, with another address for the printer.  Raises Stop(PRINTER) for a wrong one."""
    printer = made.counter.printer
    if url:
        printer = replace(printer, url=url) if printer else Printer(url)
        made = dataclasses.replace(made, counter=replace(made.counter, printer=printer))
    if printer:
        make_printer(printer)
    return made


async def _headless(args: argparse.Namespace, made: Plan, addresses: list[str]) -> int:
    async with open_till(made, args.journal) as checkout:
        lines = Lines(checkout, sys.stdout)
        checkout.subscribe(lines)

        async def serve() -> None:
            await checkout.idle()
            await sign_in(checkout, made)
            async with scanners.scanning(checkout, addresses, keeper):
                lines.write({"notice": "Ready", "phase": checkout.phase})
                await obey_lines(checkout, lines, await stdin_lines())

        with writing_slips(checkout, made, args.slips), keeping.keeping(args, made) as keeper:
            await beside(checkout, serve)
    return Exit.OK


async def sign_in(checkout: Checkout, made: Plan) -> None:
    """Raises Stop(PLATFORM) where the platform does not take this till."""
    if why := await checkout.sign_in():
        raise Stop(
            Exit.PLATFORM,
            f"the platform {made.profile.name} at {made.profile.url} did not sign this till in"
            f" ({why}); is the address right, and is it running?"
            " What was paid before is safe in the journal",
        )


async def beside(checkout: Checkout, work: Callable[[], Awaitable[None]]) -> None:
    """Runs `work` while the till runs; ends both when either ends.

    The till is never ended while it is doing something: a charge under way gets its answer
    written down first.  Raises Stop(JOURNAL) when the disk refuses.
    """
    till = asyncio.create_task(checkout.run())
    task = asyncio.ensure_future(work())
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, task.cancel)
    try:
        await asyncio.wait({till, task}, return_when=asyncio.FIRST_COMPLETED)
        if till.done():
            till.result()
        try:
            await task
        except asyncio.CancelledError:
            # A signal: an orderly end, like the end of stdin.
            await _first_done(till, checkout.idle())
    except JournalError as exc:
        raise Stop(Exit.JOURNAL, str(exc)) from exc
    finally:
        task.cancel()
        till.cancel()
        await asyncio.wait({task, till})
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(name)


async def _first_done(till: asyncio.Task[None], idle: Awaitable[None]) -> None:
    waiting = asyncio.ensure_future(idle)
    await asyncio.wait({till, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if till.done():
        till.result()
