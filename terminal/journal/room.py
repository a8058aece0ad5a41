"""Space kept free on the disk, so that a sale that has begun can always end.

Below a floor no new sale begins.  A ballast file lies beside the journal; when a write finds the
disk full all the same, the ballast goes and the write is tried again.
"""

from __future__ import annotations

import os
from pathlib import Path

MIB = 1 << 20
FLOOR_BYTES = 64 * MIB
BALLAST_BYTES = 8 * MIB
"""A sale writes some 20 kB; this is hundreds of them."""


class Room:
    def __init__(
        self, journal: Path, *, floor_bytes: int = FLOOR_BYTES, ballast_bytes: int = BALLAST_BYTES
    ) -> None:
        """Lays the ballast down where there is space for it and for the floor."""
        self._folder = journal.parent
        self._ballast = journal.with_name(journal.name + ".ballast")
        self._floor_bytes, self._ballast_bytes = floor_bytes, ballast_bytes
        self._lay_down()

    def is_enough(self) -> bool:
        """Whether ballast and floor are there.  Lays the ballast down again if it can."""
        return (self._ballast.is_file() or self._lay_down()) and self._free() >= self._floor_bytes

    def release(self) -> bool:
        """Gives the ballast up.  False: there was none."""
        try:
            self._ballast.unlink()
        except OSError:
            return False
        return True

    def _lay_down(self) -> bool:
        if self._ballast.is_file():
            return True
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            if self._free() < self._floor_bytes + self._ballast_bytes:
                return False
            with self._ballast.open("xb") as file:
                os.posix_fallocate(file.fileno(), 0, self._ballast_bytes)
        except OSError:
            self.release()
            return False
        return True

    def _free(self) -> int:
        status = os.statvfs(self._folder)
        return status.f_bavail * status.f_frsize
