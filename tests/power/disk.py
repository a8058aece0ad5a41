"""Storage that keeps what was synced and loses the rest as it likes.

Each file has its durable content, and the changes made since the last sync in the order they were
made.  A cut keeps any part of those changes: none, all, the first few, or a scatter of sectors in
no order; each write may be torn between two sectors; the length may be that of any moment since
the sync.  A name that was made or removed is durable once its directory was synced; until then a
cut may leave any version of it.

Its one rule: what a program asked to be synced, and was told is, survives every cut.  Memory that
was never written is junk, not zeros.

What it takes for granted, as SQLite does by default (`SQLITE_IOCAP_POWERSAFE_OVERWRITE`): a write
that is torn leaves the bytes beside it as they were.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto

SECTORS = (512, 4096)
Image = Mapping[str, bytes]
"""File name -> content: a disk after a cut, or before its first use."""


class Killed(Exception):
    """The process that used the disk is gone."""


@dataclass(frozen=True, slots=True)
class Write:
    offset: int
    content: bytes


@dataclass(frozen=True, slots=True)
class Resize:
    size: int


Change = Write | Resize


@dataclass(eq=False, slots=True)
class File:
    """One file, whether or not it still has its name."""

    name: str
    durable: bytes = b""
    now: bytearray = field(default_factory=bytearray)
    pending: list[Change] = field(default_factory=list)

    def apply(self, change: Change) -> None:
        self.pending.append(change)
        _apply(self.now, change, bytes)

    def sync(self) -> None:
        self.durable = bytes(self.now)
        self.pending.clear()


class Fate(Enum):
    """How much of what is pending in one file a cut leaves."""

    NOTHING = auto()
    EVERYTHING = auto()
    IN_ORDER = auto()
    """The first few writes, the last of them torn."""
    SCATTERED = auto()
    """Each sector of each write, or not."""
    LATE_ONLY = auto()
    """The last few writes without those before them."""


_FATES = (Fate.NOTHING, Fate.EVERYTHING, Fate.IN_ORDER, Fate.SCATTERED, Fate.LATE_ONLY)


@dataclass(frozen=True, slots=True)
class Remains:
    """What a cut left."""

    image: Image
    torn: bool
    """Whether some of the pending changes survived and some did not."""


class Disk:
    """One directory.  `before` is called in every change, with what it is ("create", "write",
    "truncate", "sync", "delete") and of which file: at that moment the change is pending and
    nothing of it is durable.  It may raise what the operation then raises."""

    def __init__(self, image: Image | None = None) -> None:
        self.files = {name: File(name, c, bytearray(c)) for name, c in (image or {}).items()}
        self.before: Callable[[str, str], None] = lambda *_: None
        self.syncs = 0
        """How often a file was made durable."""
        self.dead = False
        """True: whoever asks for a change is a process that was killed."""
        self.lies = False
        """True: a sync is acknowledged and not done."""
        self._versions: dict[str, list[File | None]] = {}
        """Names changed since the directory was synced: what each has been, first to last."""

    def open(self, name: str) -> File:
        """Makes the file when there is none."""
        if name not in self.files:
            self._rename(name, File(name), "create")
        return self.files[name]

    def write(self, file: File, offset: int, content: bytes) -> None:
        self._change(file, Write(offset, content), "write")

    def truncate(self, file: File, size: int) -> None:
        self._change(file, Resize(size), "truncate")

    def sync(self, file: File, *, directory: bool) -> None:
        """directory  whether the file's name becomes durable with it."""
        self._happens("sync", file.name)
        self.syncs += 1
        if self.lies:
            return
        file.sync()
        if directory:
            self._versions.clear()

    def sync_directory(self) -> None:
        self._happens("sync", "")
        if not self.lies:
            self._versions.clear()

    def delete(self, name: str, *, directory: bool) -> None:
        self._rename(name, None, "delete")
        if directory:
            self.sync_directory()

    def cut(self, rng: random.Random) -> Remains:
        """What a power cut at this moment could leave.  Changes nothing: the disk goes on."""
        sector = rng.choice(SECTORS)
        image: dict[str, bytes] = {}
        torn = False
        for name in sorted(self.files.keys() | self._versions.keys()):
            versions = self._versions.get(name, [self.files.get(name)])
            file = rng.choice(versions)
            torn = torn or file is not versions[-1]
            if file is not None:
                content, part = _remains(file, sector, rng)
                image[name] = content
                torn = torn or part
        return Remains(image, torn)

    def _change(self, file: File, change: Change, kind: str) -> None:
        if self.dead:
            raise Killed
        file.apply(change)
        self.before(kind, file.name)

    def _rename(self, name: str, file: File | None, kind: str) -> None:
        if self.dead:
            raise Killed
        self._versions.setdefault(name, [self.files.get(name)]).append(file)
        if file is None:
            del self.files[name]
        else:
            self.files[name] = file
        self.before(kind, name)

    def _happens(self, kind: str, name: str) -> None:
        if self.dead:
            raise Killed
        self.before(kind, name)


def _remains(file: File, sector: int, rng: random.Random) -> tuple[bytes, bool]:
    """The content a cut leaves of one file, and whether it is neither the old nor the new."""
    if not file.pending:
        return file.durable, False
    match rng.choice(_FATES):
        case Fate.NOTHING:
            return file.durable, False
        case Fate.EVERYTHING:
            return bytes(file.now), False
        case Fate.IN_ORDER:
            last = rng.randrange(len(file.pending))
            content = bytearray(file.durable)
            for change in file.pending[:last]:
                _apply(content, change, rng.randbytes)
            for piece in _pieces(file.pending[last], sector):
                if rng.random() < 0.5:
                    _apply(content, piece, rng.randbytes)
        case Fate.SCATTERED:
            content = _scattered(file, file.pending, rng.choice((0.1, 0.5, 0.9)), sector, rng)
        case Fate.LATE_ONLY:
            first = rng.randrange(len(file.pending))
            content = _scattered(file, file.pending[first:], 1.0, sector, rng)
    remains = bytes(content)
    return remains, remains not in (file.durable, file.now)


def _scattered(
    file: File, changes: list[Change], share: float, sector: int, rng: random.Random
) -> bytearray:
    content = bytearray(file.durable)
    for change in changes:
        for piece in _pieces(change, sector):
            if rng.random() < share:
                _apply(content, piece, rng.randbytes)
    ends = [c.offset + len(c.content) for c in file.pending if isinstance(c, Write)]
    if len(ends) == len(file.pending) and rng.random() < 0.5:
        # The length is kept apart from the content: it may be that of another moment.
        length = max(len(file.durable), rng.choice(ends))
        _apply(content, Resize(length), rng.randbytes)
    return content


def _pieces(change: Change, sector: int) -> Iterator[Change]:
    """The parts of a change that reach the medium whole or not at all."""
    if isinstance(change, Resize):
        yield change
        return
    start, end = change.offset, change.offset + len(change.content)
    while start < end:
        stop = min(end, (start // sector + 1) * sector)
        yield Write(start, change.content[start - change.offset : stop - change.offset])
        start = stop


def _apply(content: bytearray, change: Change, filler: Callable[[int], bytes]) -> None:
    """filler  makes the bytes of a hole that nobody wrote."""
    start = change.offset if isinstance(change, Write) else change.size
    if start > len(content):
        content += filler(start - len(content))
    if isinstance(change, Write):
        content[start : start + len(change.content)] = change.content
    else:
        del content[start:]
