"""The outcome a person accepted for a recording: a file beside it, `NAME.expected.json`.

One rule: bytes come out the same to the byte and the millisecond.  Of pictures only the codes and
their order are the same on every machine; a code may be read some frames sooner or later.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from pathlib import Path

import msgspec

from terminal.recorded.outcome import Outcome

BYTES_WITHIN_MS = 1.0
PICTURES_WITHIN_MS = 500.0
FILE_BYTES_MAX = 1 << 22


class Expected(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    sha256: str
    """Of the recording it was accepted for, hex."""
    outcomes: tuple[Outcome, ...]
    note: str = ""
    """What the person saw in it."""


class BadExpectation(Exception):
    """A file beside a recording is not what it should be.  `str()` is one sentence."""


def expected_path(recording: Path) -> Path:
    return recording.with_suffix(".expected.json")


def load_expected(recording: Path) -> Expected | None:
    """None: nobody has accepted anything.  Raises BadExpectation, OSError."""
    path = expected_path(recording)
    if not path.exists():
        return None
    if path.stat().st_size > FILE_BYTES_MAX:
        raise BadExpectation(f"{path} is too large")
    try:
        return msgspec.json.decode(path.read_bytes(), type=Expected)
    except msgspec.DecodeError as wrong:
        raise BadExpectation(f"{path}: {wrong}") from wrong


def save_expected(recording: Path, expected: Expected) -> None:
    """Raises OSError."""
    text = msgspec.json.format(msgspec.json.encode(expected), indent=1)
    expected_path(recording).write_bytes(text + b"\n")


def differences(
    expected: Sequence[Outcome], got: Sequence[Outcome], within_ms: float | None = None
) -> Iterator[str]:
    """One sentence for each outcome that is another; none when all is as expected.

    within_ms  how far apart in time two may be; None: as little as the straight way allows

    Devices are compared each by itself: which of two was first may hang on a frame.
    """
    devices = {outcome.device for outcome in (*expected, *got)}
    for device in sorted(devices):
        pairs = zip_longest(
            [outcome for outcome in expected if outcome.device == device],
            [outcome for outcome in got if outcome.device == device],
        )
        for number, (wanted, came) in enumerate(pairs, 1):
            if why := _difference(wanted, came, within_ms):
                yield f"{device}, outcome {number}: {why}"


def _difference(wanted: Outcome | None, came: Outcome | None, within_ms: float | None) -> str:
    """ "": none that matters."""
    if wanted is None:
        return f"nothing was expected, {_shown(came)} came"
    if came is None:
        return f"{_shown(wanted)} was expected, nothing came"
    at_ms = {"at_ms": wanted.at_ms}
    if msgspec.structs.replace(came, **at_ms) != wanted:
        return f"{_shown(wanted)} was expected, {_shown(came)} came"
    if within_ms is None:
        is_camera = wanted.device.startswith("camera")
        within_ms = PICTURES_WITHIN_MS if is_camera else BYTES_WITHIN_MS
    if abs(came.at_ms - wanted.at_ms) > within_ms:
        return f"expected at {wanted.at_ms:g} ms, came at {came.at_ms:g} ms"
    return ""


def _shown(outcome: Outcome | None) -> str:
    assert outcome is not None
    words = [outcome.kind or outcome.state, outcome.verdict, outcome.reason]
    if outcome.bytes:
        words += [f"{outcome.bytes} bytes", outcome.symbology or "", outcome.sha256[:12]]
    return " ".join(word for word in words if word)
