"""Recordings as files: what is written is read back, and of a part of a file what is in it."""

from __future__ import annotations

import stat
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from mcap.reader import make_reader

from drivers.recording import BadFile, Device, Entry, Pictured, Reader, Received, Writer, load
from drivers.recording.entry import BadMessage, Kind, decode, parse_topic
from drivers.recording.image import IMAGE_SCHEMA, jpeg_of, packed_image
from tests.recording.making import AT_NS, URLS, entries, some_entries, write


@pytest.mark.parametrize("chunked", [False, True])
@given(wanted=entries)
@settings(max_examples=60, deadline=None)
def test_what_is_written_is_read_back(wanted: list[Entry], chunked: bool) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder, "a.mcap")
        write(path, wanted, chunked=chunked)
        recording = load(path)
    assert list(recording.entries) == wanted
    assert recording.damage is None
    assert recording.skipped == 0
    assert recording.facts["recording"] == {"title": "测试"}
    named = {entry.device for entry in wanted}
    assert recording.devices == {name: Device(name, URLS[name]) for name in named}


@pytest.mark.parametrize("chunked", [False, True])
def test_another_reader_of_mcap_finds_the_same(tmp_path: Path, chunked: bool) -> None:
    path = tmp_path / "a.mcap"
    write(path, some_entries(), chunked=chunked)
    with path.open("rb") as file:
        reader = make_reader(file, validate_crcs=True)
        times = [message.log_time for _, _, message in reader.iter_messages()]
        summary = reader.get_summary()
    assert times == [entry.at_ns for entry in some_entries()]
    assert summary is not None
    assert summary.statistics is not None
    assert summary.statistics.message_count == len(times)
    assert {schema.name for schema in summary.schemas.values()} == {
        *("gongji.Bytes", "gongji.Scan", "gongji.State", "gongji.Event"),
        "foxglove.CompressedImage",
    }


FEW = some_entries()[:3]
"""Of a small file every byte can be tried."""


def test_a_file_cut_off_anywhere_gives_every_entry_that_is_whole(tmp_path: Path) -> None:
    """Entries are in the file before `add` returns: each cut loses what lies behind it, only."""
    path, cut = tmp_path / "a.mcap", tmp_path / "cut.mcap"
    ends: list[int] = []
    writer = Writer(path)
    writer.device("serial1", URLS["serial1"])
    for entry in FEW:
        writer.add(entry)
        ends.append(path.stat().st_size)
    writer.close()
    data = path.read_bytes()
    for size in range(8, len(data)):
        cut.write_bytes(data[:size])
        recording = load(cut)
        whole = sum(end <= size for end in ends)
        assert recording.entries == FEW[:whole], size
        assert recording.damage is not None, size
        assert recording.skipped == 0
    assert load(path).damage is None


@pytest.mark.parametrize("data", [b"", b"\x89MCAP0\r", b"RIFF" + bytes(100)])
def test_what_is_no_mcap_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.mcap"
    path.write_bytes(data)
    with pytest.raises(BadFile, match="not an MCAP file"):
        Reader(path)


def test_every_flipped_byte_leaves_a_file_that_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "a.mcap"
    write(path, FEW)
    data = path.read_bytes()
    for at in range(8, len(data)):
        path.write_bytes(data[:at] + bytes((data[at] ^ 0xFF,)) + data[at + 1 :])
        load(path)


def test_a_length_is_not_believed_before_the_bytes_are_there(tmp_path: Path) -> None:
    path = tmp_path / "a.mcap"
    write(path, some_entries())
    path.write_bytes(path.read_bytes()[:8] + b"\x05" + (1 << 62).to_bytes(8, "little"))
    assert f"{1 << 62} bytes" in str(load(path).damage)


def test_messages_of_others_are_left_out_and_counted(tmp_path: Path) -> None:
    from mcap.writer import Writer as McapWriter

    path = tmp_path / "a.mcap"
    with path.open("wb") as file:
        mcap = McapWriter(file, use_chunking=False)
        mcap.start("ros1", "somebody")
        theirs = mcap.register_channel("/tf", "ros1", 0)
        ours = mcap.register_channel("/serial1/rx", "json", 0, {"url": URLS["serial1"]})
        mcap.add_message(theirs, 1, b"\x00", 1)
        mcap.add_message(ours, 2, b'{"hex":"36"}', 2)
        mcap.add_message(ours, 3, b'{"hex":"6"}', 3)
        mcap.finish()  # type: ignore[no-untyped-call]  # mcap annotates half
    recording = load(path)
    assert recording.entries == (Entry("serial1", 2, Received(b"6")),)
    assert recording.skipped == 2
    assert recording.damage is None


def test_only_its_owner_may_read_it_and_nothing_is_written_over(tmp_path: Path) -> None:
    path = tmp_path / "a.mcap"
    write(path, some_entries())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(FileExistsError):
        Writer(path)
    assert load(path).entries == some_entries()


@pytest.mark.parametrize(
    ("topic", "ours"),
    [
        ("/serial1/rx", ("serial1", Kind.RX)),
        ("/till/event", ("till", Kind.EVENT)),
        ("/serial1/rx/", None),
        ("/serial1", None),
        ("serial1/rx", None),
        ("/Serial1/rx", None),
        ("/serial1/odom", None),
        ("//rx", None),
        ("", None),
    ],
)
def test_only_channels_of_ours_are_taken(topic: str, ours: tuple[str, Kind] | None) -> None:
    assert parse_topic(topic) == ours


# --- pictures --------------------------------------------------------------------------------

# Made with Google's protobuf 6 for Python from the same definitions.
IMAGE_HEX = "0a0b0880f7c4d50610959aef3a120bffd870696374757265ffd91a046a706567220763616d65726131"
SCHEMA_HEX = (
    "0a670a1f676f6f676c652f70726f746f6275662f74696d657374616d702e70726f746f120f676f6f676c652e7072"
    "6f746f627566222b0a0954696d657374616d70120f0a077365636f6e6473180120012803120d0a056e616e6f7318"
    "0220012805620670726f746f330ac5010a1e666f78676c6f76652f436f6d70726573736564496d6167652e70726f"
    "746f1208666f78676c6f76651a1f676f6f676c652f70726f746f6275662f74696d657374616d702e70726f746f22"
    "700a0f436f6d70726573736564496d616765122d0a0974696d657374616d7018012001280b321a2e676f6f676c65"
    "2e70726f746f6275662e54696d657374616d70120c0a046461746118022001280c120e0a06666f726d6174180320"
    "01280912100a086672616d655f6964180420012809620670726f746f33"
)


def test_a_picture_is_what_foxglove_expects() -> None:
    jpeg = b"\xff\xd8picture\xff\xd9"
    assert packed_image(jpeg, AT_NS, "camera1").hex() == IMAGE_HEX
    assert IMAGE_SCHEMA.hex() == SCHEMA_HEX
    assert jpeg_of(bytes.fromhex(IMAGE_HEX)) == jpeg


def test_no_broken_picture_is_taken_for_one() -> None:
    message = packed_image(b"\xff\xd8" + bytes(300), AT_NS, "camera1")
    for size in range(len(message)):
        try:
            seen = decode(Kind.IMAGE, message[:size])
        except BadMessage:
            continue
        # Cut between two fields, the picture itself is whole.
        assert seen == Pictured(b"\xff\xd8" + bytes(300))
    for message in (b"\xff" * 20, b"\x13", b"\x10\x05\x1a\x04jpeg", b""):
        with pytest.raises(BadMessage):
            decode(Kind.IMAGE, message)
