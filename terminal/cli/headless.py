"""`gongji run --headless`: events out as JSON lines, commands in as JSON lines.

    stdout   one JSON object a line: {"event": …} that is in the journal, or {"notice": …}
    stdin    one JSON object a line: {"do": "confirm"}, {"do": "take_cash", "tendered_fen": 5000} …
    stderr   diagnostics for people

A command waits its turn instead of being refused as busy, because a script has no eyes.  The end
of stdin ends the till, once nothing is being done.
"""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Callable
from dataclasses import asdict, fields
from typing import TextIO

import msgspec

from terminal.checkout import Checkout
from terminal.cli.output import say_json
from terminal.sale.commands import COMMANDS, Command, Present
from terminal.sale.events import EVENTS, Event, Notice
from terminal.sale.sale import Sale

LINE_CHARS_MAX = 10_000


class Printer:
    """Writes what happens as JSON lines."""

    def __init__(self, checkout: Checkout, out: TextIO) -> None:
        self._checkout, self._out = checkout, out

    def __call__(self, happened: Event | Notice, sale: Sale | None) -> None:
        name = type(happened).__name__
        line: dict[str, object] = {"event" if name in EVENTS else "notice": name}
        if sale:
            line |= {"sale_id": sale.sale_id, "version": sale.version}
        line |= asdict(happened)
        line["phase"] = self._checkout.phase
        if sale:
            line["sums"] = sums(sale)
        self.write(line)

    def write(self, line: dict[str, object]) -> None:
        say_json(line, out=self._out)


def sums(sale: Sale) -> dict[str, int]:
    """How the sale stands, in fen."""
    split = sale.split
    return {
        "total_fen": sale.total_fen,
        "fund_fen": split.fund_fen,
        "personal_fen": split.personal_fen,
        "mutual_aid_fen": split.mutual_aid_fen,
        "cash_fen": sale.cash_fen,
        "due_fen": sale.due_fen,
    }


class NotACommand(Exception):
    """A line of stdin that asks for nothing the till knows; the message says what is wrong."""


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


_BY_NAME: dict[str, type[Command]] = {_snake(name): kind for name, kind in COMMANDS.items()}


def parse_command(line: str) -> Command:
    """One line of stdin.  Raises NotACommand."""
    if len(line) > LINE_CHARS_MAX:
        raise NotACommand(f"longer than {LINE_CHARS_MAX} characters")
    try:
        wish = msgspec.json.decode(line, type=dict[str, object])
    except (msgspec.DecodeError, msgspec.ValidationError) as exc:
        raise NotACommand(f"not a JSON object: {exc}") from exc
    kind = _BY_NAME.get(str(wish.pop("do", "")))
    if kind is None:
        raise NotACommand(f'"do" must be one of {", ".join(sorted(_BY_NAME))}')
    if kind is Present and isinstance(text := wish.pop("text", None), str):
        return Present(text.encode(), source="stdin")
    known = {field.name for field in fields(kind)}
    if unknown := sorted(set(wish) - known):
        raise NotACommand(f"{_snake(kind.__name__)} has no {unknown[0]!r}; it has {sorted(known)}")
    try:
        command: Command = msgspec.convert(wish, kind)
    except msgspec.ValidationError as exc:
        raise NotACommand(f"{_snake(kind.__name__)}: {exc}") from exc
    return command


async def obey_lines(checkout: Checkout, printer: Printer, lines: asyncio.StreamReader) -> None:
    """Obeys stdin until it ends.  A line that is no command is answered and skipped."""
    while True:
        try:
            raw = await lines.readline()
        except ValueError:
            # The reader's own limit: it has dropped what it read of the line.
            printer.write({"notice": "BadCommand", "detail": "the line is too long"})
            continue
        if not raw:
            await checkout.idle()
            return
        if not raw.strip():
            continue
        try:
            command = parse_command(raw.decode(errors="replace"))
        except NotACommand as exc:
            printer.write({"notice": "BadCommand", "detail": str(exc)})
            continue
        await checkout.do_in_turn(command)
        await checkout.idle()


async def stdin_lines() -> asyncio.StreamReader:
    """Stdin without a thread that could not be ended."""
    reader = asyncio.StreamReader(limit=4 * LINE_CHARS_MAX)
    loop = asyncio.get_running_loop()
    make: Callable[[], asyncio.StreamReaderProtocol] = lambda: asyncio.StreamReaderProtocol(reader)  # noqa: E731
    try:
        await loop.connect_read_pipe(make, sys.stdin)
    except ValueError:
        # A regular file or /dev/null cannot be waited for, and need not be: it is all there.
        reader.feed_data(sys.stdin.buffer.read())
        reader.feed_eof()
    return reader
