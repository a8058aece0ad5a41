"""Recordings named on the command line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from drivers import ScannerLost
from drivers.recording import BadFile, Reader
from terminal.cli.exits import Exit, Stop
from terminal.cli.keys import TEST_BUNDLE, TEST_ROOT, read_bundle
from terminal.text import visible
from terminal.voucher.keys import KeyBundle

SUFFIX = ".mcap"


def test_bundle() -> KeyBundle:
    """The trust list of the test issuer.  Raises Stop(CONFIG)."""
    return read_bundle(TEST_BUNDLE, TEST_ROOT)


@contextmanager
def told(path: Path) -> Iterator[None]:
    """What goes wrong with a recording inside, as Stop(CONFIG)."""
    try:
        yield
    except OSError as error:
        where = error.filename or path
        raise Stop(Exit.CONFIG, f"{visible(str(where))}: {error.strerror}") from error
    except (BadFile, ScannerLost) as error:
        raise Stop(Exit.CONFIG, f"{visible(str(path))}: {visible(str(error), 500)}") from error


@contextmanager
def reading(path: Path) -> Iterator[Reader]:
    """Raises Stop(CONFIG)."""
    with told(path), Reader(path) as reader:
        yield reader


def recordings(paths: Sequence[Path]) -> Iterator[Path]:
    """Files as they are named; of folders the recordings in them.  Raises Stop(CONFIG)."""
    for path in paths:
        if path.is_dir():
            yield from sorted(path.rglob(f"*{SUFFIX}"))
        elif path.exists():
            yield path
        else:
            raise Stop(Exit.CONFIG, f"there is no {visible(str(path))}")
