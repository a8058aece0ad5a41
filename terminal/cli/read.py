"""`gongji read`: the codes on pictures, videos and recordings, as the counter would read them.

    gongji read PATH… [--json] [--formats qr,ean-13,…] [--effort live|still]

A folder is searched for pictures, videos and recordings.  With --json each file is one line:

    {"path": …, "codes": [{"text": …, "bytes_hex": …, "format": …, "decoder": …, "rung": …,
     "corners": [[x, y] × 4]}], "ms": …}

`text` is null where the bytes are neither UTF-8 nor GB18030.  `ms` is the processor time of
reading, without the unpacking of the file.  A video's codes are told once each, with the `frame`
they were first read in and `frames_read`; `frames` is how many it has.  A recording of
`gongji scans` is read as a video, and what came over a cable is told with the `device` it came
from, whatever formats are asked for: a scanner does not say which they are.  A file that cannot be
used has an `error`.

Exit code 0: something was read, 1: nothing was read anywhere, 2: the command line is wrong,
3: a path does not exist.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from drivers import Scan, ScannerLost
from drivers.decode import Code, Effort, Format, NoDecoder, decode
from drivers.pictures import PICTURES, RECORDINGS, VIDEOS, NotAPicture, stills
from terminal.cli.exits import Exit, Stop
from terminal.cli.output import say, say_json
from terminal.text import visible

CHARSETS = ("utf-8", "gb18030")


def add_parser(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = verbs.add_parser("read", help="the codes on pictures and videos")
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="file or folder")
    parser.add_argument("--json", action="store_true", help="one line of JSON for each file")
    parser.add_argument(
        "--formats",
        type=_formats,
        default=frozenset({Format.QR}),
        metavar="NAMES",
        help=f"of {', '.join(Format)}, or all; default: qr",
    )
    parser.add_argument(
        "--effort",
        type=Effort,
        choices=list(Effort),
        default=Effort.STILL,
        help="live: only what the frames of a camera get; default: still",
    )


def run(args: argparse.Namespace) -> int:
    anything = False
    for path in _files(args.paths):
        try:
            answer = _read(path, args.formats, args.effort)
        except NoDecoder as missing:
            raise Stop(Exit.SCANNER, f"no library reads codes here: {missing}") from missing
        anything = anything or bool(answer["codes"])
        if args.json:
            say_json(answer)
        else:
            say(_in_words(answer))
    return Exit.OK if anything else Exit.FAILED


def _formats(text: str) -> frozenset[Format]:
    if text == "all":
        return frozenset(Format)
    try:
        return frozenset(Format(name) for name in text.split(","))
    except ValueError as wrong:
        raise argparse.ArgumentTypeError(f"one or more of {', '.join(Format)}") from wrong


def _files(paths: list[Path]) -> Iterator[Path]:
    """Named files whatever they are; of folders what looks like a picture or video."""
    for path in paths:
        if path.is_dir():
            yield from (
                found
                for found in sorted(path.rglob("*"))
                if found.suffix.lower() in PICTURES | VIDEOS | RECORDINGS and found.is_file()
            )
        elif path.exists():
            yield path
        else:
            raise Stop(Exit.CONFIG, f"there is no {visible(str(path))}")


def _read(path: Path, formats: frozenset[Format], effort: Effort) -> dict[str, Any]:
    answer: dict[str, Any] = {"path": str(path), "codes": [], "ms": 0.0}
    told: dict[bytes, dict[str, Any]] = {}
    seconds = 0.0
    try:
        for still in stills(path):
            begun = time.thread_time()
            codes = decode(still.luma, effort=effort, goods=formats != {Format.QR})
            seconds += time.thread_time() - begun
            wanted = [code for code in codes if code.format in formats]
            if still.frame is None:
                answer["codes"] = [_told(code) for code in wanted]
                continue
            answer["frames"] = still.frame + 1
            for code in wanted:
                entry = told.setdefault(
                    code.payload, _told(code) | {"frame": still.frame, "frames_read": 0}
                )
                entry["frames_read"] += 1
        if path.suffix.lower() in RECORDINGS:
            answer["codes"] += _from_cables(path)
    except (NotAPicture, ScannerLost, OSError) as error:
        answer["error"] = str(error.strerror if isinstance(error, OSError) else error)
    answer["codes"] += told.values()
    answer["ms"] = round(seconds * 1000, 3)
    return answer


def _from_cables(path: Path) -> list[dict[str, Any]]:
    """The codes of a recording that came as bytes.  Raises OSError, ScannerLost."""
    from drivers.recording import Pictured, Reader, straight

    with Reader(path) as reader:
        bytes_only = (entry for entry in reader if not isinstance(entry.seen, Pictured))
        return [
            {
                "text": text_of(heard.told.payload),
                "bytes_hex": heard.told.payload.hex(),
                "format": None,
                "decoder": None,
                "rung": None,
                "corners": [],
                "device": heard.device,
            }
            for heard in straight(bytes_only, reader.devices)
            if isinstance(heard.told, Scan)
        ]


def _told(code: Code) -> dict[str, Any]:
    return {
        "text": text_of(code.payload),
        "bytes_hex": code.payload.hex(),
        "format": code.format,
        "decoder": code.decoder,
        "rung": code.rung,
        "corners": [[round(x, 1), round(y, 1)] for x, y in code.corners],
    }


def text_of(payload: bytes) -> str | None:
    """What the bytes say, in the first charset they are valid in; None for none."""
    for charset in CHARSETS:
        try:
            return payload.decode(charset)
        except UnicodeDecodeError:
            continue
    return None


def _in_words(answer: dict[str, Any]) -> str:
    head = f"{visible(answer['path'])} ({answer['ms']:g} ms)"
    if "error" in answer:
        return f"{head}: {visible(answer['error'])}"
    if not answer["codes"]:
        return f"{head}: nothing"
    return "\n".join(
        [f"{head}:"]
        + [
            f"  {code['format'] or code['device']} {visible(code['text'] or code['bytes_hex'])}"
            for code in answer["codes"]
        ]
    )
