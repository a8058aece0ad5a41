"""Makes a recording of another one: whole again, shorter, without what nobody else may see.

One rule: the file it is made from stays as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from drivers.recording.entry import Entry
from drivers.recording.reader import Reader
from drivers.recording.writer import Facts, Writer

NS = 1_000_000_000

Change: TypeAlias = Callable[[Iterable[Entry]], Iterable[Entry]]


@dataclass(frozen=True, slots=True)
class Rewritten:
    entries: int
    """In the new file."""
    left_out: int
    """Of the old one, those that could be read."""
    damage: str | None
    """What was wrong with the old one."""


def recover(source: Path, target: Path) -> Rewritten:
    """Everything that can be read of a file that was cut off or damaged, with an index.

    Raises OSError, BadFile.
    """
    return rewrite(source, target, lambda entries: entries)


def trim(source: Path, target: Path, start_seconds: float, end_seconds: float) -> Rewritten:
    """From so many seconds after the first entry until before so many.

    Raises OSError, BadFile.
    """

    def part(entries: Iterable[Entry]) -> Iterator[Entry]:
        began_ns: int | None = None
        for entry in entries:
            began_ns = entry.at_ns if began_ns is None else began_ns
            if start_seconds <= (entry.at_ns - began_ns) / NS < end_seconds:
                yield entry

    facts = {"trimmed": {"from_seconds": f"{start_seconds:g}", "to_seconds": f"{end_seconds:g}"}}
    return rewrite(source, target, part, facts)


def rewrite(source: Path, target: Path, change: Change, facts: Facts | None = None) -> Rewritten:
    """
    change   what becomes of the entries
    facts    to be added
    Raises   OSError, BadFile; then there is no new file
    """
    read = 0

    def counted(entries: Iterable[Entry]) -> Iterator[Entry]:
        nonlocal read
        for entry in entries:
            read += 1
            yield entry

    with Reader(source) as reader, Writer(target, facts=facts, chunked=True) as writer:
        known = set(facts or {})
        written = 0
        try:
            for entry in change(counted(reader)):
                _pass_on(reader, writer, known)
                writer.add(entry)
                written += 1
            _pass_on(reader, writer, known)
        except BaseException:
            target.unlink(missing_ok=True)
            raise
    return Rewritten(written, read - written, reader.damage)


def _pass_on(reader: Reader, writer: Writer, known: set[str]) -> None:
    """Devices and facts that were learnt since."""
    for name, device in reader.devices.items():
        writer.device(name, device.url)
    for name in reader.facts.keys() - known:
        writer.fact(name, reader.facts[name])
        known.add(name)
