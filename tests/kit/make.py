"""Writes the recordings of the kit anew, and what must come of them.

    python -m tests.kit.make [NAME…]

A case is written only when the codes it names come of it, and others when it is spoilt.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from drivers.recording import Entry, Writer
from drivers.recording.entry import Device
from terminal.cli.scans.files import reading, test_bundle
from terminal.recorded import Expected, Outcome, outcomes, save_expected
from terminal.recorded.outcome import digest_of
from tests.kit.cases import CASES, Case
from tests.kit.paths import straight_scans

FOLDER = Path(__file__).with_name("cases")


def path_of(case: Case) -> Path:
    return FOLDER / f"{case.name}.mcap"


def write(case: Case, entries: Sequence[Entry], path: Path) -> None:
    facts = {"recording": {"title": case.title, "made_by": "tests/kit"}}
    with Writer(path, facts=facts, chunked=True) as writer:
        writer.device(case.device, case.url)
        for entry in entries:
            writer.add(entry)


def judged(path: Path) -> tuple[Outcome, ...]:
    with reading(path) as reader:
        return tuple(outcomes(reader, test_bundle()))


def make(case: Case) -> None:
    entries = case.entries()
    devices = {case.device: Device(case.device, case.url)}
    came = tuple(scan.payload for scan in straight_scans(entries, devices))
    assert came == case.codes, (case.name, came)
    spoilt = tuple(scan.payload for scan in straight_scans(case.spoil(entries), devices))
    assert spoilt != case.codes, case.name
    path = path_of(case)
    path.unlink(missing_ok=True)
    write(case, entries, path)
    path.chmod(0o644)
    save_expected(path, Expected(digest_of(path), judged(path), case.title))
    print(f"{case.name}: {len(entries)} entries, {path.stat().st_size} bytes, {len(came)} scans")


def main() -> int:
    FOLDER.mkdir(exist_ok=True)
    for case in CASES:
        if not sys.argv[1:] or case.name in sys.argv[1:]:
            make(case)
    return 0


if __name__ == "__main__":
    sys.exit(main())
