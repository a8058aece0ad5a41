"""How many codes the ladder reads, at what cost, beside zxing-cpp, pyzbar and OpenCV alone.

    python -m tests.bench.reading [--count 20] [--seed 1] [--photos DIR]... [--kinds NAME,...]

One JSON object.  Everything runs in one process on one core; the pictures lie in memory as luma;
the decoders take each picture in an order drawn for it.  Times are the process's own, in
milliseconds, so that a busy machine does not show; compare them within one run only.

`sets`     for each set and decoder: pictures, reads, false reads, median and 95th percentile
`ratio`    on the pictures zxing-cpp's default reads: the ladder's median time as a multiple of it
`rungs`    for each rung: in how many pictures it was the first to read anything, and its median
           time on an empty counter of either size, as a multiple of zxing-cpp's default there
`idle`     an empty counter: milliseconds a frame with the gate held open, and the share of a core
           at 15 frames a second with the gate, unfolding of the JPEG included
`clips`    frames from the first that any rung reads to the one that is reported, at 30 a second
`ruined`   codes cut, painted over, merged: how many still read, and how many read as something else
`attempts` how often the ladder called its decoder in this run; what it read was checked each time
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import zxingcpp
from pyzbar import pyzbar

from drivers.address import Engine
from drivers.decode import Effort, Seen, decode, reader_for
from drivers.gate import Gate, Glance, Look
from drivers.ladder import BY_NAME, FOCUS, Rung
from drivers.opencv import Picture, cv2, luma_of_jpeg
from drivers.watch import Watch
from tests.bench.screens import KINDS, SIZES, Shot, clip, empty_frames, ruined, shots
from tests.drivers.scenes import jpeg
from tests.drivers.test_photos import MISLABELLED, PHOTOS, says

IDLE_FPS = 15
IDLE_FRAMES = 90
CLIPS = 4

Decoder = Callable[[Picture], list[bytes]]

_QR = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCodeModel2)
_OPENCV = cv2.QRCodeDetector()


def by_zxing(luma: Picture) -> list[bytes]:
    return [bytes(code.bytes) for code in zxingcpp.read_barcodes(luma, formats=_QR)]


def by_pyzbar(luma: Picture) -> list[bytes]:
    return [bytes(one.data) for one in pyzbar.decode(luma, [pyzbar.ZBarSymbol.QRCODE])]


def by_opencv(luma: Picture) -> list[bytes]:
    try:
        found, texts, _, _ = _OPENCV.detectAndDecodeMulti(luma)
    except (cv2.error, UnicodeDecodeError):  # it raises on bytes that are not UTF-8
        return []
    return [text.encode() for text in texts if text] if found else []


class Ladder:
    """Our own reader, with a record of which rung read what."""

    def __init__(self, effort: Effort) -> None:
        self._effort = effort
        self.by_rung: Counter[str] = Counter()

    def __call__(self, luma: Picture) -> list[bytes]:
        codes = decode(luma, effort=self._effort)
        if codes:
            self.by_rung[codes[0].rung] += 1
        return [code.payload for code in codes]


@dataclass
class Tally:
    pictures: int = 0
    reads: int = 0
    false_reads: int = 0
    ms: list[float] = field(default_factory=list)

    def figures(self) -> dict[str, float]:
        return {
            "pictures": self.pictures,
            "reads": self.reads,
            "false_reads": self.false_reads,
            "median_ms": round(statistics.median(self.ms), 3),
            "p95_ms": round(float(np.percentile(self.ms, 95)), 3),
        }


def is_false(payloads: list[bytes], shot: Shot) -> bool:
    """Whether a decoder told something, and none of it is what the picture shows."""
    if shot.text is None:
        return bool(payloads)
    unlabelled = not shot.text or shot.name in MISLABELLED
    return bool(payloads) and not unlabelled and not any(says(one, shot.text) for one in payloads)


def measure(
    pictures: Iterator[Shot], decoders: dict[str, Decoder], chance: random.Random
) -> tuple[dict[str, dict[str, float]], float | None]:
    """Figures of each decoder, and the ratio on what zxing-cpp reads."""
    tallies = {name: Tally() for name in decoders}
    ratios: list[float] = []
    for shot in pictures:
        taken: dict[str, float] = {}
        read: dict[str, bool] = {}
        for name in chance.sample(sorted(decoders), len(decoders)):
            begun = time.process_time()
            payloads = decoders[name](shot.luma)
            taken[name] = (time.process_time() - begun) * 1000
            read[name] = bool(payloads)
            tally = tallies[name]
            tally.pictures += 1
            tally.reads += bool(payloads)
            tally.false_reads += is_false(payloads, shot)
            tally.ms.append(taken[name])
        if read["zxing-cpp"]:
            ratios.append(taken["live"] / taken["zxing-cpp"])
    figures = {name: tally.figures() for name, tally in tallies.items() if tally.pictures}
    return figures, round(statistics.median(ratios), 3) if ratios else None


def photographs(folder: Path) -> Iterator[tuple[str, list[Shot]]]:
    """Each top folder of a set as one, those without a code apart."""
    listed = json.loads((folder / "manifest.json").read_text())
    sets: dict[str, list[Shot]] = {}
    for entry in listed:
        luma = cv2.imread(str(folder / entry["path"]), cv2.IMREAD_GRAYSCALE)
        if luma is not None:
            shot = Shot(entry["path"], entry["text"], np.asarray(luma, np.uint8))
            sets.setdefault(Path(entry["path"]).parts[0], []).append(shot)
    yield from sets.items()


# --- an empty counter ------------------------------------------------------------------------


def idle(size: tuple[int, int]) -> dict[str, float]:
    frames = empty_frames(size, IDLE_FRAMES)
    reader = reader_for(Engine.AUTO)
    open_gate, zxing = [], []
    watch = Watch(reader)
    for luma in frames:
        begun = time.process_time()
        watch.read(luma, Glance(Look.LIVE, None))
        read = time.process_time()
        by_zxing(luma)
        open_gate.append(read - begun)
        zxing.append(time.process_time() - read)
    pictures = [np.frombuffer(jpeg(luma, 80), np.uint8) for luma in frames]
    gate, watch = Gate(), Watch(reader)
    gated_seconds = 0.0
    settling = 3 * IDLE_FPS
    for number, picture in enumerate(pictures + pictures):
        begun = time.process_time()
        thumbnail = luma_of_jpeg(picture, reduce=8)
        assert thumbnail is not None
        glance = gate.look(thumbnail, number / IDLE_FPS)
        if glance.look is not Look.SKIP:
            luma = luma_of_jpeg(picture)
            assert luma is not None
            watch.read(luma, glance)
        if number >= settling:
            gated_seconds += time.process_time() - begun
    watched_seconds = (2 * IDLE_FRAMES - settling) / IDLE_FPS
    return {
        "open_gate_mean_ms": round(statistics.mean(open_gate) * 1000, 2),
        "zxing_cpp_mean_ms": round(statistics.mean(zxing) * 1000, 2),
        "gated_core_percent": round(100 * gated_seconds / watched_seconds, 2),
    }


def rung_costs(size: tuple[int, int]) -> dict[str, float]:
    """Of the whole picture; the rungs of a closer look on a part with a side of 300 pixels."""
    frames = empty_frames(size, 5)
    reader = reader_for(Engine.AUTO)
    taken: dict[str, list[float]] = {}
    for luma in frames:
        for name in ("zxing-cpp", *BY_NAME):
            begun = time.process_time()
            if name == "zxing-cpp":
                by_zxing(luma)
            else:
                rung = BY_NAME[name]
                part = luma[:300, :300] if rung in FOCUS else luma
                reader.read_qr(np.ascontiguousarray(rung.treat(part)), rung)
            taken.setdefault(name, []).append(time.process_time() - begun)
    medians = {name: statistics.median(seconds) for name, seconds in taken.items()}
    return {name: round(medians[name] / medians["zxing-cpp"], 2) for name in BY_NAME}


# --- a phone that comes into view ------------------------------------------------------------


def clips(count: int, seed: int) -> dict[str, object]:
    """Watched at full rate, against every frame read with everything."""
    delays: list[int] = []
    never = 0
    for number in range(count):
        frames = clip(seed + number)
        readable = next(
            (at for at, shot in enumerate(frames) if decode(shot.luma, budget_seconds=60)), None
        )
        gate, watch = Gate(), Watch(reader_for(Engine.AUTO))
        reported = None
        for at, shot in enumerate(frames):
            thumbnail = luma_of_jpeg(np.frombuffer(jpeg(shot.luma, 95), np.uint8), reduce=8)
            assert thumbnail is not None
            glance = gate.look(thumbnail, at / 30)
            if glance.look is not Look.SKIP and watch.read(shot.luma, glance):
                reported = at
                break
        if readable is not None and reported is not None:
            delays.append(reported - readable)
        elif readable is not None:
            never += 1
    return {
        "clips": count,
        "never_reported": never,
        "delay_frames": delays,
        "delay_max_ms": round(max(delays, default=0) * 1000 / 30),
    }


def ruins(calls: Counter[str], attempts: int) -> dict[str, int]:
    """Ruined codes until the decoder was called so often."""
    figures = {"pictures": 0, "reads": 0, "false_reads": 0}
    until = calls.total() + attempts
    while calls.total() < until:
        shot = ruined(figures["pictures"])
        codes = decode(shot.luma)
        assert shot.text is not None
        figures["pictures"] += 1
        figures["reads"] += bool(codes)
        figures["false_reads"] += any(code.payload != shot.text.encode() for code in codes)
    return figures


def counting() -> Counter[str]:
    """Counts every call of the ladder's decoder from now on."""
    calls: Counter[str] = Counter()
    reader = reader_for(Engine.AUTO)
    read_qr = reader.read_qr

    def counted(luma: Picture, rung: Rung) -> Seen:
        calls[rung.name] += 1
        return read_qr(luma, rung)

    reader.read_qr = counted  # type: ignore[method-assign]  # the one instance, for this process
    return calls


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.reading")
    parser.add_argument("--count", type=int, default=20, help="pictures of each generated kind")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--photos", type=Path, action="append", help="folder with a manifest.json")
    parser.add_argument("--kinds", default=",".join(KINDS), help="generated sets; '' for none")
    parser.add_argument("--peers", choices=["all", "zxing"], default="all")
    parser.add_argument("--attempts", type=int, default=10_000, help="on ruined codes")
    args = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    calls = counting()
    live, still = Ladder(Effort.LIVE), Ladder(Effort.STILL)
    decoders: dict[str, Decoder] = {"live": live, "still": still, "zxing-cpp": by_zxing}
    if args.peers == "all":
        decoders |= {"pyzbar": by_pyzbar, "opencv": by_opencv}
    chance = random.Random(args.seed)
    report: dict[str, object] = {"skipped": []}
    sets: dict[str, object] = {}
    ratio: dict[str, float | None] = {}
    for folder in args.photos or [PHOTOS]:
        if not (folder / "manifest.json").exists():
            report["skipped"] = [f"no photographs in {folder.name}"]
            continue
        for name, listed in photographs(folder):
            sets[name], ratio[name] = measure(iter(listed), decoders, chance)
    for kind in filter(None, args.kinds.split(",")):
        sets[kind], ratio[kind] = measure(shots(kind, args.count, args.seed), decoders, chance)
    report |= {
        "sets": sets,
        "ratio": ratio,
        "rungs": {"first_reads": dict(still.by_rung.most_common())}
        | {f"cost_{w}x{h}": rung_costs((w, h)) for w, h in SIZES},
        "idle": {f"{w}x{h}": idle((w, h)) for w, h in SIZES},
        "clips": clips(CLIPS, args.seed),
        "ruined": ruins(calls, args.attempts),
        "attempts": calls.total(),
    }
    print(json.dumps(report))
    return 0


if __name__ == "__main__":
    sys.exit(main())
