"""`gongji scans list` and `gongji scans show`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, assert_never

from drivers.recording import (
    Entry,
    Noted,
    Opened,
    Pictured,
    Reader,
    Received,
    Scanned,
    Sent,
    Told,
)
from terminal.cli.exits import Exit, Stop
from terminal.cli.output import say, say_json
from terminal.cli.read import text_of
from terminal.cli.scans.files import reading, recordings, test_bundle
from terminal.clock import CHINA
from terminal.recorded import Outcome, Summary, expected_path, outcomes
from terminal.text import visible


def add_parsers(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    every = actions.add_parser("list", help="one line for each recording")
    every.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="file or folder")
    every.add_argument("--json", action="store_true", help="one line of JSON for each")
    one = actions.add_parser("show", help="what is in a recording")
    one.add_argument("file", type=Path, metavar="FILE")
    one.add_argument("--entries", action="store_true", help="every entry, not only scans")
    one.add_argument("--show", action="store_true", help="also the bytes of codes")
    one.add_argument("--json", action="store_true", help="one line of JSON for each entry")


def run_list(args: argparse.Namespace) -> int:
    found = False
    for path in recordings(args.paths):
        found = True
        try:
            line = _line(path)
        except Stop as stop:  # one bad file among many
            line = {"path": str(path), "error": stop.sentence}
        if args.json:
            say_json(line)
        else:
            say(_in_words(line))
    return Exit.OK if found else Exit.FAILED


def _line(path: Path) -> dict[str, Any]:
    summary = Summary()
    scans = 0
    with reading(path) as reader:
        for entry in summary.passing(reader):
            scans += isinstance(entry.seen, Scanned)
        return {
            "path": str(path),
            "began": began(summary.began_ns),
            "seconds": round(summary.seconds, 3),
            "entries": summary.entries,
            "devices": sorted(reader.devices),
            "scans": scans,
            "title": reader.facts.get("recording", {}).get("title", ""),
            "accepted": expected_path(path).exists(),
            "damage": reader.damage,
        }


def _in_words(line: dict[str, Any]) -> str:
    if "error" in line:
        return visible(line["error"], 500)
    words = [
        visible(line["path"]),
        line["began"],
        f"{line['seconds']:g} s",
        ",".join(line["devices"]),
        f"{line['scans']} scans",
        visible(line["title"]),
        "accepted" if line["accepted"] else "",
        f"damaged: {line['damage']}" if line["damage"] else "",
    ]
    return "  ".join(word for word in words if word)


def began(at_ns: int) -> str:
    return datetime.fromtimestamp(at_ns / 1e9, CHINA).isoformat(timespec="milliseconds")


def run_show(args: argparse.Namespace) -> int:
    with reading(args.file) as reader:
        summary = Summary()
        if args.entries:
            for entry in summary.passing(reader):
                at_ms = (entry.at_ns - summary.began_ns) / 1e6
                say_json({"at_ms": at_ms, "device": entry.device} | _told(entry, args.show))
        else:
            for outcome in outcomes(reader, test_bundle(), summary):
                say_outcome(outcome, summary.payloads[-1:], show=args.show, as_json=args.json)
        _close(reader, summary, as_json=args.json)
    return Exit.OK


def say_outcome(
    outcome: Outcome,
    latest: Sequence[tuple[bytes, str | None]],
    *,
    show: bool,
    as_json: bool,
) -> None:
    """latest  payload and AIM identifier of the scan, where the outcome is of one"""
    line: dict[str, Any] = {
        name: getattr(outcome, name)
        for name in outcome.__struct_fields__
        if getattr(outcome, name) not in ("", 0, None) or name == "at_ms"
    }
    if show and outcome.bytes:
        payload = latest[-1][0]
        line |= {"bytes_hex": payload.hex(), "text": text_of(payload)}
    if as_json:
        say_json(line)
        return
    words = [f"{outcome.at_ms / 1000:10.3f} s", outcome.device]
    words += [f"{outcome.symbology or '-'} {outcome.bytes} bytes"] if outcome.bytes else []
    words += [outcome.kind, outcome.verdict, outcome.state, outcome.reason]
    words += [repr(line["text"])] if line.get("text") else []
    say("  ".join(word for word in words if word))


def _told(entry: Entry, show: bool) -> dict[str, object]:
    match entry.seen:
        case Received(data) | Sent(data):
            name = "received" if isinstance(entry.seen, Received) else "sent"
            return {name: len(data)} | ({"bytes_hex": data.hex()} if show else {})
        case Pictured(jpeg):
            return {"picture": len(jpeg)}
        case Scanned(symbology, size, sha256):
            return {"scanned": size, "symbology": symbology, "sha256": sha256}
        case Opened(detail):
            return {"opened": detail}
        case Told(state, detail, reason):
            return {"status": state, "reason": reason, "detail": detail}
        case Noted(event, facts):
            return {"event": event} | {"facts": dict(facts)}
        case never:
            assert_never(never)


def _close(reader: Reader, summary: Summary, *, as_json: bool) -> None:
    end: dict[str, object] = {
        "began": began(summary.began_ns),
        "seconds": round(summary.seconds, 3),
        "entries": summary.entries,
        "devices": {name: device.url for name, device in sorted(reader.devices.items())},
        "facts": reader.facts,
        "damage": reader.damage,
        "skipped": reader.skipped,
    }
    if as_json:
        say_json(end)
        return
    for name, value in end.items():
        if value:
            say(f"{name:8}  {value}")
