"""A recording's scans, one after the other, and what a till would say to each."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from drivers import Scan
from drivers.recording import Entry, Heard, Reader, straight
from terminal.voucher.classify import Kind, classify
from terminal.voucher.keys import KeyBundle
from terminal.voucher.reasons import VoucherRefused
from terminal.voucher.voucher import verify

VALID = "valid"
MS = 1_000_000


class Outcome(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What came of some entries of a recording.  No part of a code is in it."""

    device: str
    at_ms: float
    """Since the recording's first entry: of the last byte, or of the frame."""
    symbology: str | None = None
    bytes: int = 0
    """Of the payload; 0: it is no scan, but news of the device."""
    sha256: str = ""
    """Of the payload, hex."""
    kind: str = ""
    """`terminal.voucher.classify.Kind`."""
    verdict: str = ""
    """Of a voucher: "valid", or why it was refused."""
    state: str = ""
    """Of news: "lost" or "ready"."""
    reason: str = ""
    """Of news: `drivers.LostReason`."""


@dataclass(slots=True)
class Summary:
    """What was seen of a recording on the way through it."""

    entries: int = 0
    began_ns: int = 0
    ended_ns: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    """Entries of each device."""
    payloads: list[tuple[bytes, str | None]] = field(default_factory=list)
    """Of every scan, with its AIM identifier."""

    @property
    def seconds(self) -> float:
        return (self.ended_ns - self.began_ns) / 1e9

    def passing(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        for entry in entries:
            self.entries += 1
            self.began_ns = self.began_ns or entry.at_ns
            self.ended_ns = max(self.ended_ns, entry.at_ns)
            self.counts[entry.device] = self.counts.get(entry.device, 0) + 1
            yield entry


def outcomes(
    reader: Reader, bundle: KeyBundle, summary: Summary | None = None
) -> Iterator[Outcome]:
    """What the drivers and the check of vouchers make of a recording, straight through.

    bundle   whose vouchers are believed
    Raises   ScannerLost for an address no driver takes
    """
    told = summary or Summary()
    for heard in straight(told.passing(reader), reader.devices):
        if isinstance(heard.told, Scan):
            told.payloads.append((heard.told.payload, heard.told.symbology))
        yield outcome_of(heard, told.began_ns, bundle)


def outcome_of(heard: Heard, began_ns: int, bundle: KeyBundle) -> Outcome:
    at_ms = round((heard.at_ns - began_ns) / MS, 3)
    if not isinstance(heard.told, Scan):
        state, reason = heard.told.state.value, heard.told.reason
        return Outcome(heard.device, at_ms, state=state, reason=reason.value if reason else "")
    payload, symbology = heard.told.payload, heard.told.symbology
    code = classify(payload, symbology)
    return Outcome(
        heard.device,
        at_ms,
        symbology,
        len(payload),
        hashlib.sha256(payload).hexdigest(),
        code.kind.value,
        verdict_of(code.text, bundle, heard.at_ns) if code.kind is Kind.VOUCHER else "",
    )


def verdict_of(text: str, bundle: KeyBundle, at_ns: int) -> str:
    """As of then."""
    try:
        verify(text, bundle, datetime.fromtimestamp(at_ns / 1e9, UTC))
    except VoucherRefused as refused:
        return refused.reason.value
    return VALID


def digest_of(path: Path) -> str:
    """SHA-256 of a file, hex.  Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
