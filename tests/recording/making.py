"""Entries of every kind, for whatever writes, cuts or reads recordings."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from hypothesis import strategies as st

from drivers.recording import (
    Entry,
    Noted,
    Opened,
    Pictured,
    Received,
    Scanned,
    Seen,
    Sent,
    Told,
    Writer,
)
from drivers.scan import LostReason, ScannerState

URLS = {
    "camera1": "camera:///dev/v4l/by-id/usb-Camera-video-index0?goods=1",
    "hid1": "hid:///dev/hidraw0?layout=aim",
    "serial1": "serial:///dev/ttyACM0?baud=115200&framing=cr",
    "till": "",
}
AT_NS = 1_790_000_000_123_456_789

texts = st.text(max_size=20)
facts = st.dictionaries(
    texts, texts | st.integers(-(1 << 53), 1 << 53) | st.booleans() | st.none(), max_size=3
)
seens: st.SearchStrategy[Seen] = st.one_of(
    st.builds(Received, st.binary(max_size=80)),
    st.builds(Sent, st.binary(max_size=80)),
    st.builds(Pictured, st.binary(max_size=300)),
    st.builds(Scanned, st.none() | texts, st.integers(0, 4096), texts),
    st.builds(Opened, texts),
    st.builds(Told, st.sampled_from(ScannerState), texts, st.none() | st.sampled_from(LostReason)),
    st.builds(Noted, texts, facts),
)
entries = st.lists(
    st.builds(Entry, st.sampled_from(sorted(URLS)), st.integers(0, (1 << 63) - 1), seens),
    max_size=30,
)

ONE_OF_EACH: tuple[Seen, ...] = (
    Opened("The scanner at '/dev/ttyACM0' is ready."),
    Received(b"6901234567892\r"),
    Received(b""),
    Sent(b"\x16T\r"),
    Pictured(b"\xff\xd8 a picture \xff\xd9"),
    Scanned("]E0", 13, "ab" * 32),
    Told(ScannerState.LOST, "gone", LostReason.GONE),
    Noted("VoucherRefused", {"reason": "expired"}),
)


def some_entries() -> tuple[Entry, ...]:
    """One of each kind, 10 ms apart."""
    return tuple(
        Entry("serial1", AT_NS + n * 10_000_000, seen) for n, seen in enumerate(ONE_OF_EACH)
    )


def write(path: Path, entries: Iterable[Entry], *, chunked: bool = False) -> None:
    with Writer(path, facts={"recording": {"title": "测试"}}, chunked=chunked) as writer:
        for name, url in URLS.items():
            writer.device(name, url)
        for entry in entries:
            writer.add(entry)
