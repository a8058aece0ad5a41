"""At a counter: the seconds around what went wrong, kept as files.

One rule: it costs the till nothing.  What is seen goes into a ring in memory; files are written in
a thread of their own, few and small enough for their folder, and never on a disk that is nearly
full.  What cannot be kept is lost, and nothing else is.
"""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from drivers.address import without_secrets
from drivers.recording.entry import Entry
from drivers.recording.facts import device_facts
from drivers.recording.recorder import NS, Clock, packed
from drivers.recording.ring import Held, Ring
from drivers.recording.writer import Facts, Writer
from drivers.scan import LostReason
from drivers.tap import CODE_UNREAD, Noted, Seen, Tap, Told, Unpacked

BEFORE_SECONDS = 10.0
AFTER_SECONDS = 3.0
RING_BYTES_MAX = 48 << 20
"""Ten seconds and more of a camera's JPEG at 720p; of one that sends none, a second."""
FREE_BYTES_MIN = 512 << 20
"""On a disk with less, nothing is kept: the journal needs it more."""
END_SECONDS_MAX = 10.0
"""A disk that hangs does not keep the till from ending."""
FAILED = frozenset((LostReason.SPOILED, LostReason.GARBLED))
"""News of a scan that failed."""

_NAME = re.compile(r"[0-9]{8}T[0-9]{6}Z-[a-z_]+(-[0-9]+)?\.mcap", re.ASCII)
"""Files that are ours, to be deleted when there are too many."""


@dataclass(frozen=True, slots=True)
class Limits:
    files_max: int
    bytes_max: int
    """Of all files together; at least twice RING_BYTES_MAX."""


class Keeper:
    """Works from entering to leaving; its methods may be called from any thread."""

    def __init__(
        self,
        folder: Path,
        limits: Limits,
        facts: Facts,
        on_trouble: Callable[[str], None] = lambda sentence: None,
    ) -> None:
        """
        on_trouble  told, in the keeper's thread, why something was not kept
        Raises      OSError where the folder cannot be made
        """
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder
        self._limits = limits
        self._facts = dict(facts)
        self._on_trouble = on_trouble
        self._clock = Clock.now()
        self._ring = Ring(BEFORE_SECONDS + 2 * AFTER_SECONDS, RING_BYTES_MAX)
        self._devices: dict[str, str] = {"till": ""}
        self._changed = threading.Condition()
        self._wanted: tuple[str, float] | None = None
        self._is_over = False
        self._thread = threading.Thread(target=self._run, name="recordings", daemon=True)

    def tap(self, name: str, url: str) -> Tap:
        """A tap for one device."""
        self._devices[name] = without_secrets(url)
        if facts := device_facts(url):
            self._facts[f"device/{name}"] = facts

        def see(at: float, seen: Seen | Unpacked) -> None:
            self._ring.add(at, name, seen)
            if seen == CODE_UNREAD:
                self.keep("unread")
            elif isinstance(seen, Told) and seen.reason in FAILED:
                self.keep(seen.reason.value)

        return see

    def note(self, event: str, facts: dict[str, str | int | bool | None]) -> None:
        """Something that happened at the till; nothing of a person may be in it."""
        self._ring.add(time.monotonic(), "till", Noted(event, facts))

    def keep(self, why: str) -> None:
        """The seconds before now and a few more become a file; returns at once.

        why      a word of a-z and _, for the file's name.  While a file is waiting for its last
                 seconds, what else happens is in it too
        """
        with self._changed:
            if self._wanted is None:
                self._wanted = why, time.monotonic()
                self._changed.notify()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """What is wanted now is written without its last seconds."""
        with self._changed:
            self._is_over = True
            self._changed.notify()
        self._thread.join(END_SECONDS_MAX)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._is_over or self._wanted is not None)
                if self._wanted is None:
                    return
                why, at = self._wanted
                rest_seconds = at + AFTER_SECONDS - time.monotonic()
                self._changed.wait_for(lambda: self._is_over, max(0.0, rest_seconds))
                self._wanted = None
            try:
                self._write(why, at)
            except OSError as error:
                self._on_trouble(f"{error.filename or self._folder}: {error.strerror}")

    def _write(self, why: str, at: float) -> None:
        held = self._ring.between(at - BEFORE_SECONDS, at + AFTER_SECONDS)
        self._make_room()
        path = self._new_name(why, at)
        facts = {**self._facts, "kept": {"because": why}, "clock": self._clock.facts}
        try:
            with Writer(path, facts=facts) as writer:
                for name, url in self._devices.items():
                    writer.device(name, url)
                for entry in map(self._entry, held):
                    writer.add(entry)
        except OSError:
            path.unlink(missing_ok=True)
            raise

    def _entry(self, held: Held) -> Entry:
        at, device, seen = held
        return Entry(device, self._clock.utc(at), packed(seen))

    def _new_name(self, why: str, at: float) -> Path:
        began = datetime.fromtimestamp(self._clock.utc(at) / NS, UTC)
        stem = f"{began:%Y%m%dT%H%M%SZ}-{why}"
        names = [f"{stem}.mcap", *(f"{stem}-{n}.mcap" for n in range(2, 100))]
        return next(path for name in names if not (path := self._folder / name).exists())

    def _make_room(self) -> None:
        """Deletes the oldest of ours.  Raises OSError where the disk is nearly full even so."""
        ours = sorted(path for path in self._folder.iterdir() if _NAME.fullmatch(path.name))
        sizes = {path: path.stat().st_size for path in ours}
        room = self._limits.bytes_max - RING_BYTES_MAX
        while ours and (len(ours) >= self._limits.files_max or sum(sizes.values()) > room):
            oldest = ours.pop(0)
            del sizes[oldest]
            oldest.unlink(missing_ok=True)
        disk = os.statvfs(self._folder)
        if disk.f_bavail * disk.f_frsize < FREE_BYTES_MIN:
            raise OSError(28, "the disk is nearly full, so no recording was kept")
