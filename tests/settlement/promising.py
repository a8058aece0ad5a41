"""Profiles that promise everything the sandbox keeps."""

from __future__ import annotations

from pathlib import Path

from terminal.config import SHIPPED


def promising(name: str, folder: Path) -> Path:
    """A shipped profile that also relies on repeats counting once."""
    text = (SHIPPED / "platforms" / f"{name}.toml").read_text(encoding="utf-8")
    path = folder / f"{name}.toml"
    path.write_text(text.replace("idempotent_repeat = false", "idempotent_repeat = true"), "utf-8")
    return path
