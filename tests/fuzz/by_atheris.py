"""One target under atheris: `python -m tests.fuzz.by_atheris TARGET SECONDS FOLDER`.

Writes FOLDER/report.json while it runs, because libFuzzer ends the process when its time is over.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import atheris  # type: ignore[import-untyped]  # it ships no types

with atheris.instrument_imports(include=["terminal"]):
    from tests.fuzz.targets import TARGETS, settle
    from tests.fuzz.watch import Watch

REPORT_EVERY_SECONDS = 0.5
INPUT_BYTES_MAX = 2000


def main() -> None:
    name, seconds, folder = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    target = next(one for one in TARGETS if one.name == name)
    settle(target)
    watch = Watch(target)
    written = 0.0
    corpus = folder / "corpus"
    corpus.mkdir()
    for number, seed in enumerate(target.seeds):
        (corpus / f"{number:04d}").write_bytes(seed)

    def one(data: bytes) -> None:
        nonlocal written
        watch(data)
        if watch.failures or time.monotonic() - written > REPORT_EVERY_SECONDS:
            beside = folder / "report.new"
            beside.write_text(json.dumps(watch.report()), "utf-8")
            beside.replace(folder / "report.json")
            written = time.monotonic()

    limits = [f"-max_total_time={seconds}", f"-max_len={INPUT_BYTES_MAX}", "-verbosity=0"]
    atheris.Setup([sys.argv[0], *limits, str(corpus)], one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
