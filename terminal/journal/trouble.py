"""What can be wrong with a journal."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path


class Trouble(StrEnum):
    BUSY = "busy"
    """Another till has it open."""
    CORRUPT = "corrupt"
    FOREIGN = "foreign"
    """Not a journal of this program, or of a newer version of it."""
    DISK = "disk"
    """Read-only or failing."""
    FULL = "full"
    TAMPERED = "tampered"
    """Its newest events are not the ones this program wrote last."""


class JournalError(Exception):
    """The journal cannot be used.  Nothing that was acknowledged is lost."""

    def __init__(self, reason: Trouble, path: Path, detail: str) -> None:
        super().__init__(f"journal {path}: {detail}")
        self.reason, self.path, self.detail = reason, path, detail
