"""Keeps recordings at a counter: what `gongji run --record` and the counter file's table ask for.

One rule: off unless asked for, because what a camera and a scanner see is the customer's.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from terminal.cli.build import Plan
from terminal.cli.exits import Exit, Stop
from terminal.cli.output import complain

if TYPE_CHECKING:
    from drivers.recording.keeper import Keeper

FILES_MAX = 50
MEGABYTES_MAX = 500


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--record",
        type=Path,
        metavar="DIR",
        help="keep the seconds around refused scans here; kill -USR1 keeps them any time",
    )


@contextmanager
def keeping(args: argparse.Namespace, made: Plan) -> Iterator[Keeper | None]:
    """None where nothing is to be kept.  In a running event loop.  Raises Stop(CONFIG)."""
    asked: Path | None = getattr(args, "record", None)
    table = made.counter.recording
    folder = asked or (Path(table.folder) if table is not None else None)
    loop = asyncio.get_running_loop()
    if folder is None:
        # Whoever asks a till that keeps nothing must not end it.
        loop.add_signal_handler(signal.SIGUSR1, lambda: None)
        yield None
        return
    # Loaded only here: a till that keeps no recordings does without.
    from drivers.recording.facts import program_facts
    from drivers.recording.keeper import Keeper, Limits

    files_max = table.files_max if table is not None else FILES_MAX
    megabytes_max = table.megabytes_max if table is not None else MEGABYTES_MAX
    troubles: list[str] = []
    facts = {"program": program_facts()}
    try:
        keeper = Keeper(folder, Limits(files_max, megabytes_max << 20), facts, troubles.append)
    except OSError as error:
        raise Stop(Exit.CONFIG, f"--record {folder}: {error.strerror}") from error
    loop.add_signal_handler(signal.SIGUSR1, keeper.keep, "asked")
    try:
        with keeper:
            yield keeper
    finally:
        loop.remove_signal_handler(signal.SIGUSR1)
        # Not before: the screen has the terminal to itself while it is there.
        for sentence in dict.fromkeys(troubles):
            complain(f"a recording was not kept: {sentence}")
