"""`gongji listen`: what a scanner says, without a till behind it.

    gongji listen [--camera URL] [--serial URL] [--seconds S] [--count N] [--signal NAME]… [--show]

One JSON object a line, as it comes:

    {"status": "ready" | "lost", "reason": …, "detail": …, "source": …}
    {"scan": {"symbology": …, "bytes": N, "sha256": …, "source": …, "delay_ms": …}}

A code may be a voucher: its bytes are shown only with --show, as `bytes_hex` and `text`.
`delay_ms` is from capture, or the last byte, to here.  --signal tells the scanner something once it
is ready; {"signal": …, "taken": false} where it has no words for it.

Exit code 0: something was scanned, 1: nothing was, 2: the command line is wrong, 4: a scanner
cannot be opened.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import time
from contextlib import AsyncExitStack

from drivers import Scan, Scanner, ScannerLost, ScannerStatus, Signal, open_scanner
from terminal.cli import scanners
from terminal.cli.exits import Exit, Stop
from terminal.cli.output import say_json
from terminal.cli.read import text_of


def add_parser(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = verbs.add_parser("listen", help="what a scanner says")
    scanners.add_arguments(parser)
    parser.add_argument("--seconds", type=float, default=60.0, help="for how long; default: 60")
    parser.add_argument("--count", type=int, default=0, help="end after so many scans; 0: never")
    parser.add_argument(
        "--signal", type=Signal, choices=list(Signal), action="append", default=[], metavar="NAME",
        help=f"tell the scanner something: {', '.join(Signal)}",
    )  # fmt: skip
    parser.add_argument("--show", action="store_true", help="also the bytes of each code")


def run(args: argparse.Namespace) -> int:
    urls = scanners.urls(args)
    if not urls:
        raise Stop(Exit.USAGE, "which scanner? give --camera or --serial")
    return asyncio.run(_listen(urls, args))


async def _listen(urls: list[str], args: argparse.Namespace) -> int:
    heard = 0
    async with AsyncExitStack() as stack:
        opened: list[Scanner] = []
        for url in urls:
            try:
                opened.append(await stack.enter_async_context(open_scanner(url, on_status=_tell)))
            except ScannerLost as lost:
                raise Stop(Exit.SCANNER, str(lost)) from lost
        for signal in args.signal:
            taken = [scanner.signal(signal) for scanner in opened]
            say_json({"signal": signal, "taken": any(taken)})
        arrived: asyncio.Queue[Scan | None] = asyncio.Queue()
        tasks = [asyncio.create_task(_pump(scanner, arrived)) for scanner in opened]
        try:
            async with asyncio.timeout(args.seconds):
                ended = 0
                while ended < len(tasks) and (not args.count or heard < args.count):
                    scan = await arrived.get()
                    if scan is None:
                        ended += 1
                        continue
                    heard += 1
                    say_json({"scan": _told(scan, args.show)})
        except TimeoutError:
            pass  # that was all
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
    return Exit.OK if heard else Exit.FAILED


async def _pump(scanner: Scanner, arrived: asyncio.Queue[Scan | None]) -> None:
    """Ends with None when there will be no more scans, as after a video's last frame."""
    async for scan in scanner:
        arrived.put_nowait(scan)
    arrived.put_nowait(None)


def _tell(status: ScannerStatus) -> None:
    reason = status.reason
    line = {"status": status.state, "reason": reason, "detail": status.detail}
    say_json(line | {"source": status.url})


def _told(scan: Scan, show: bool) -> dict[str, object]:
    told: dict[str, object] = {
        "symbology": scan.symbology,
        "bytes": len(scan.payload),
        "sha256": hashlib.sha256(scan.payload).hexdigest(),
        "source": scan.source,
        "delay_ms": round((time.monotonic() - scan.at) * 1000, 1),
    }
    if show:
        told |= {"bytes_hex": scan.payload.hex(), "text": text_of(scan.payload)}
    return told
