"""Power cuts under the till's own SQLite: its system calls are recorded, then cut short.

    python -m tests.power.traced --cuts 5000 --seed 1

The journal writes to real files with the standard library's `sqlite3`, under `strace`.  The record
is played to a `Disk` that keeps in mind what was synced, and what a cut would leave at every
moment of it is opened with `sqlite3` again.  Needs strace.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from terminal.journal import Journal
from tests.power.check import Result, examine_with_the_standard_library
from tests.power.deeds import Counter, Deed, entries_of, perform
from tests.power.disk import Disk
from tests.power.lives import KEY, PATH, Cut

CALLS = "openat,pwrite64,write,fsync,fdatasync,ftruncate,unlink"
SHOWN_BYTES_MAX = 100_000
DIARY = "diary"
BEGUN, DONE = b"b", b"d"
"""What the traced program notes in its diary around each deed."""
FAST_FOLDER = Path("/dev/shm")
"""Where the images are opened: in memory, where there is such a place."""


def deeds_by(seed: int, count: int) -> list[Deed]:
    counter = Counter(random.Random(seed))
    return [counter.next() for _ in range(count)]


def write_journal(folder: Path, deeds: list[Deed]) -> None:
    """In the traced process."""
    diary = os.open(folder / DIARY, os.O_WRONLY | os.O_CREAT)
    with Journal(folder / PATH.name, KEY) as journal:
        for deed in deeds:
            os.write(diary, BEGUN)
            perform(journal, deed)
            os.write(diary, DONE)


@dataclass(frozen=True, slots=True)
class Call:
    """One system call that changed something: what, on which file of the folder ("" is the folder
    itself), with which bytes and which number."""

    kind: str
    name: str
    content: bytes = b""
    number: int = 0


_LINE = re.compile(r"^(\w+)\((.*)\)\s+= (-?\d+)")
_ON_FILE = re.compile(r"^\d+<((?:\\x[0-9a-f]{2})*)>(?:, )?(.*)$")
_BYTES = re.compile(r'^"((?:\\x[0-9a-f]{2})*)", \d+(?:, (\d+))?$')
_PATH = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')


def record(folder: Path, seed: int, deeds: int) -> list[Call]:
    """Runs the journal under strace.  Raises CalledProcessError."""
    log = folder / "strace.log"
    work = folder / "work"
    work.mkdir()
    trace = ["strace", "-y", "-xx", "-s", str(SHOWN_BYTES_MAX), "-e", f"trace={CALLS}"]
    words = ["-m", "tests.power.traced", "--write", str(work), "--seed", str(seed)]
    words += ["--deeds", str(deeds)]
    subprocess.run([*trace, "-o", str(log), sys.executable, *words], check=True)
    return list(_parsed(log.read_text(encoding="ascii"), work))


def _parsed(log: str, folder: Path) -> Iterator[Call]:
    for line in log.splitlines():
        match = _LINE.match(line)
        if match is None or match[3].startswith("-"):
            continue
        kind, rest = match[1], match[2]
        if kind in ("openat", "unlink"):
            quoted = _PATH.search(rest)
            assert quoted, line
            name = _inside(_unescaped(quoted[1]).decode(), folder)
            if name is not None and (kind == "unlink" or "O_CREAT" in rest):
                yield Call(kind, name)
            continue
        on_file = _ON_FILE.match(rest)
        assert on_file, line
        name = _inside(_unescaped(on_file[1]).decode(), folder)
        if name is None:
            continue
        if kind in ("pwrite64", "write"):
            written = _BYTES.match(on_file[2])
            assert written, line[:200]
            yield Call(kind, name, _unescaped(written[1]), int(written[2] or 0))
        else:
            yield Call(kind, name, b"", int(on_file[2] or 0))


def _unescaped(text: str) -> bytes:
    return bytes.fromhex(text.replace("\\x", ""))


def _inside(path: str, folder: Path) -> str | None:
    """A file's name in the folder, "" for the folder itself, None for anything else."""
    if path == str(folder):
        return ""
    parent, _, name = path.rpartition("/")
    return name if parent == str(folder) else None


def cuts_of(calls: list[Call], deeds: list[Deed], rng: random.Random, cuts: int) -> Iterator[Cut]:
    """So many cuts, spread over every moment of the record."""
    moments = sum(call.name != DIARY for call in calls)
    whole, rest = divmod(cuts, moments)
    disk = Disk()
    begun = done = 0
    found: list[Cut] = []

    def moment(*_: str) -> None:
        for _number in range(whole + (rng.random() < rest / moments)):
            left = disk.cut(rng)
            found.append(
                Cut(left.image, left.torn, "writing", tuple(deeds[:done]), tuple(deeds[done:begun]))
            )

    disk.before = moment
    for call in calls:
        if call.name == DIARY:
            begun += int(call.content == BEGUN)
            done += int(call.content == DONE)
        else:
            _play(call, disk)
        yield from found
        found.clear()
    assert done == begun == len(deeds)


def _play(call: Call, disk: Disk) -> None:
    match call.kind:
        case "openat":
            disk.open(call.name)
        case "pwrite64":
            disk.write(disk.files[call.name], call.number, call.content)
        case "ftruncate":
            disk.truncate(disk.files[call.name], call.number)
        case "unlink":
            disk.delete(call.name, directory=False)
        case "fsync" | "fdatasync" if call.name == "":
            disk.sync_directory()
        case "fsync" | "fdatasync":
            disk.sync(disk.files[call.name], directory=False)
        case _:
            raise AssertionError(call.kind)


def run(cuts: int, seed: int, deeds: int = 60, *, heeding_syncs: bool = True) -> dict[str, object]:
    """About so many cuts.  heeding_syncs  False: as if the till had never asked for a sync"""
    rng = random.Random(seed)
    counts = {"cuts": 0, "lost": 0, "corrupt": 0, "torn": 0}
    wrong: list[str] = []
    where = FAST_FOLDER if FAST_FOLDER.is_dir() else None
    with tempfile.TemporaryDirectory() as traced, tempfile.TemporaryDirectory(dir=where) as images:
        calls = record(Path(traced), seed, deeds)
        written = deeds_by(seed, deeds)
        if not heeding_syncs:
            calls = [call for call in calls if not call.kind.endswith("sync")]
        for cut in cuts_of(calls, written, rng, cuts):
            examined = examine_with_the_standard_library(cut, Path(images))
            counts["cuts"] += 1
            counts["torn"] += cut.torn
            if examined.result is not Result.SOUND:
                counts[examined.result.value] += 1
                wrong.append(examined.detail)
    syncs = sum(call.kind.endswith("sync") for call in calls)
    return {
        **counts,
        "wrong": wrong[:20],
        "events": len(entries_of(written)),
        "deeds": deeds,
        "calls": len(calls),
        "syncs": syncs,
    }


def is_possible() -> bool:
    """Whether strace is there and may be used."""
    return (
        bool(shutil.which("strace"))
        and not subprocess.run(
            ["strace", "-o", os.devnull, "true"], capture_output=True, check=False
        ).returncode
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.power.traced")
    parser.add_argument("--cuts", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--deeds", type=int, default=120)
    parser.add_argument("--write", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.write:
        write_journal(args.write, deeds_by(args.seed, args.deeds))
        return 0
    told = run(args.cuts, args.seed, args.deeds)
    print(json.dumps(told))
    return 1 if told["lost"] or told["corrupt"] else 0


if __name__ == "__main__":
    sys.exit(main())
