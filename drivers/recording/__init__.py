"""Recordings of scans: what came from cameras and scanners, to be looked at and read again.

A recording is an MCAP file (https://mcap.dev): a list of `Entry`, each of a device, at a time.  It
opens in Foxglove; docs/recordings.md has its channels.

    # By hand, as a test makes one (writer.py).
    with Writer(path, facts={"recording": {"title": "a dim phone"}}) as writer:
        writer.device("serial1", "serial:///dev/ttyACM0?baud=9600")
        writer.add(Entry("serial1", at_ns, Received(b"6901234567892\\r")))
        writer.add(Entry("serial1", at_ns + 40_000_000, Received(b"")))  # and then silence

    # Live (recorder.py).
    recorder = Recorder(writer)
    async with open_scanner(url, tap=recorder.tap("serial1", url)) as scans: ...

    # Read again (reader.py).
    recording = load(path)
    recording.devices, recording.facts, recording.entries, recording.damage
    with Reader(path) as entries:  # the same, one entry after the other
        for entry in entries: ...

    # What the drivers make of it, as fast as it goes (straight.py).
    for heard in straight(recording.entries, recording.devices):
        heard.device, heard.at_ns, heard.told  # a Scan, or a ScannerStatus

Times are nanoseconds since 1970 UTC, by a clock that does not jump while a recording is made.

One rule: whatever can be read of a file is read.  A file that was cut off, by a kill or a full
disk, ends early and says so (`damage`); only a file that is no MCAP at all is refused (`BadFile`).
"""

from __future__ import annotations

from drivers.recording.entry import Device, Entry
from drivers.recording.reader import BadFile, Reader, Recording, load
from drivers.recording.recorder import Recorder
from drivers.recording.straight import Heard, straight
from drivers.recording.writer import Writer
from drivers.tap import Noted, Opened, Pictured, Received, Scanned, Seen, Sent, Told

__all__ = [
    "BadFile",
    "Device",
    "Entry",
    "Heard",
    "Noted",
    "Opened",
    "Pictured",
    "Reader",
    "Received",
    "Recorder",
    "Recording",
    "Scanned",
    "Seen",
    "Sent",
    "Told",
    "Writer",
    "load",
    "straight",
]
