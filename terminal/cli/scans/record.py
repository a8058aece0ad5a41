"""`gongji scans record`: what scanners say, into a file, until it is told to stop."""

from __future__ import annotations

import argparse
import asyncio
import signal
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

from drivers import Scanner, ScannerLost, ScannerStatus, open_scanner
from drivers.recording import Recorder, Writer
from drivers.recording.facts import program_facts
from terminal.cli import scanners
from terminal.cli.exits import Exit, Stop
from terminal.cli.output import complain, say
from terminal.cli.scans.files import told


def add_parsers(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = actions.add_parser("record", help="record scanners until Ctrl-C")
    parser.add_argument("file", type=Path, metavar="FILE", help="a new file, usually NAME.mcap")
    scanners.add_arguments(parser)
    parser.add_argument("--seconds", type=float, default=None, help="for how long")
    parser.add_argument("--title", default="", help="what is shown, for whoever looks at it later")


def run(args: argparse.Namespace) -> int:
    urls = scanners.urls(args)
    if not urls:
        raise Stop(Exit.USAGE, "which scanner? give --camera or --serial")
    facts = {"program": program_facts(), "recording": about(args.title)}
    with told(args.file):
        try:
            with Writer(args.file, facts=facts) as writer:
                recorder = asyncio.run(_record(urls, writer, args.seconds))
        except Stop:
            args.file.unlink()  # nothing is in it, and the next attempt would be refused
            raise
        if recorder.trouble is not None:
            raise recorder.trouble
    say(f"{args.file}: {recorder.entries} entries")
    return Exit.OK


def about(title: str) -> dict[str, str]:
    return {"title": title, "began": datetime.now(UTC).isoformat(timespec="milliseconds")}


async def _record(urls: Sequence[str], writer: Writer, seconds: float | None) -> Recorder:
    loop, stopped = asyncio.get_running_loop(), asyncio.Event()
    recorder = Recorder(writer, lambda: loop.call_soon_threadsafe(stopped.set))
    async with AsyncExitStack() as stack:
        opened: list[Scanner] = []
        for name, url in scanners.named(urls).items():
            try:
                scanner = open_scanner(url, on_status=_tell, tap=recorder.tap(name, url))
                opened.append(await stack.enter_async_context(scanner))
            except ScannerLost as lost:
                raise Stop(Exit.SCANNER, str(lost)) from lost
        complain("recording; Ctrl-C ends it")
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stopped.set)
            stack.callback(loop.remove_signal_handler, number)
        pumps = [asyncio.create_task(_drain(scanner)) for scanner in opened]
        try:
            async with asyncio.timeout(seconds):
                await _until_over(stopped, pumps)
        except TimeoutError:
            pass  # that was all
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
    return recorder


async def _until_over(stopped: asyncio.Event, pumps: Sequence[asyncio.Task[None]]) -> None:
    """Until told to stop, or until every scanner has come to an end, as videos do."""
    waiting = asyncio.create_task(stopped.wait())
    going = set(pumps)
    try:
        while going and not waiting.done():
            done, _ = await asyncio.wait({waiting, *going}, return_when=asyncio.FIRST_COMPLETED)
            for pump in done & going:
                pump.result()
            going -= done
    finally:
        waiting.cancel()


async def _drain(scanner: Scanner) -> None:
    """A driver whose scans nobody takes stops reading.  Ends with a video."""
    async for scan in scanner:
        say(f"{scan.symbology or '-'} {len(scan.payload)} bytes")


def _tell(status: ScannerStatus) -> None:
    complain(status.detail)
