"""The trust list a counter holds: a folder with `bundle.cbor` and `held.json`, the version and
digest of the newest list ever admitted.  A lower version is refused for ever after."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from terminal.voucher.keys import Held

BUNDLE_FILE = "bundle.cbor"
HELD_FILE = "held.json"


class KeyStoreError(Exception):
    """The folder cannot be read or written; the message names the file."""


class KeyStore:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def bundle(self) -> bytes | None:
        """The list as it was signed; None: this store never held one."""
        return self._read(BUNDLE_FILE)

    def held(self) -> Held | None:
        """None: this store never held a list."""
        content = self._read(HELD_FILE)
        if content is None:
            return None
        try:
            return msgspec.json.decode(content, type=Held)
        except (msgspec.DecodeError, msgspec.ValidationError) as exc:
            raise KeyStoreError(f"{self.folder / HELD_FILE}: {exc}") from exc

    def save(self, bundle: bytes, held: Held) -> None:
        """What was admitted.  Whenever the power fails, each file is the old one or the new one,
        and the version is never remembered before the list it belongs to is there."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            replace_file(self.folder / BUNDLE_FILE, bundle)
            replace_file(self.folder / HELD_FILE, msgspec.json.encode(held) + b"\n")
        except OSError as exc:
            raise KeyStoreError(f"{self.folder}: {exc.strerror}") from exc

    def _read(self, name: str) -> bytes | None:
        try:
            return (self.folder / name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as exc:
            raise KeyStoreError(f"{self.folder / name}: {exc.strerror}") from exc


def replace_file(path: Path, content: bytes) -> None:
    """Writes a file that is either the old one or the new one, whenever the power fails."""
    beside = path.with_name(path.name + ".new")
    with beside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
