"""Recovering, trimming and redacting: what must stay stays, what must not is not there."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from drivers.hid_pos import Layout
from drivers.recording import (
    Entry,
    Noted,
    Opened,
    Pictured,
    Received,
    Recording,
    Scanned,
    Seen,
    Sent,
    Writer,
    load,
    straight,
)
from drivers.recording.redact import redact
from drivers.recording.rewrite import recover, trim
from drivers.scan import Scan
from drivers.ssi import Opcode, packet
from terminal.recorded import Personal
from tests.drivers.cameras import EMPTY
from tests.drivers.scenes import Scene, jpeg, photograph
from tests.drivers.test_hid_pos import reports
from tests.drivers.test_wedge import ENTER, Keyboard, typed
from tests.recording.making import AT_NS, some_entries, write
from tests.voucher.crafting import NOW, Craft, bundle, claims

NS = 1_000_000_000
GOODS = b"6901234567892"
TEST_VOUCHER = Craft("es256").text().encode()
PERSONAL = Personal(bundle())


SECRET = (
    Craft(
        protected={1: -7, 4: b"notours1"},
        payload=claims(
            {1: "somebody", 2: b"s" * 16, 4: NOW + 99, 5: NOW + 7, 6: NOW + 5, 7: b"c" * 16},
            details={1: "632500", 2: "390", 3: "诸葛*", 5: "alipay"},
        ),
    )
    .text()
    .encode()
)
"""It names a key that is in no list of ours, and nothing in it is as in the test voucher."""


def record(path: Path, url: str, seens: Iterable[Seen], device: str = "serial1") -> Path:
    """50 ms apart."""
    with Writer(path, facts={"recording": {"title": "a day"}}) as writer:
        writer.device(device, url)
        writer.device("till", "")
        for number, seen in enumerate(seens):
            writer.add(Entry(device, AT_NS + number * NS // 20, seen))
        writer.add(Entry("till", AT_NS + NS, Noted("VoucherRefused", {"reason": "expired"})))
    return path


def payloads(recording: Recording) -> list[bytes]:
    heard = straight(recording.entries, recording.devices)
    return [one.told.payload for one in heard if isinstance(one.told, Scan)]


def pieces_of(secret: bytes, size: int = 12) -> set[bytes]:
    """Every piece long enough to be no chance, as bytes and in hex; but for how all vouchers of an
    algorithm begin."""
    cuts = {secret[n : n + size] for n in range(len(secret) - size + 1)}
    cuts = {cut for cut in cuts if cut not in TEST_VOUCHER}
    return cuts | {cut.hex().encode() for cut in cuts}


def assert_nothing_left(path: Path, secret: bytes) -> None:
    data = path.read_bytes()
    assert not [piece for piece in pieces_of(secret) if piece in data]


# --- recover and trim ------------------------------------------------------------------------


def test_a_recording_cut_off_is_made_whole_again(tmp_path: Path) -> None:
    source, cut, target = tmp_path / "a.mcap", tmp_path / "cut.mcap", tmp_path / "b.mcap"
    write(source, some_entries())
    data = source.read_bytes()
    for number, size in enumerate(range(200, len(data), 97)):
        cut.write_bytes(data[:size])
        broken = load(cut)
        out = target.with_name(f"b{number}.mcap")
        told = recover(cut, out)
        whole = load(out)
        assert (whole.entries, whole.damage) == (broken.entries, None)
        assert (told.entries, told.damage) == (len(broken.entries), broken.damage)
        assert whole.facts == broken.facts
        assert whole.devices == (broken.devices if broken.entries else {})
        assert cut.read_bytes() == data[:size]


def test_trimming_keeps_what_is_in_between_and_says_so(tmp_path: Path) -> None:
    source, target = tmp_path / "a.mcap", tmp_path / "b.mcap"
    write(source, some_entries())
    told = trim(source, target, 0.02, 0.05)
    assert load(target).entries == some_entries()[2:5]
    assert (told.entries, told.left_out) == (3, len(some_entries()) - 3)
    assert load(target).facts["trimmed"] == {"from_seconds": "0.02", "to_seconds": "0.05"}


def test_a_change_that_fails_leaves_no_file(tmp_path: Path) -> None:
    source, target = tmp_path / "a.mcap", tmp_path / "b.mcap"
    record(source, "tape://", [Received(b"x\r")])
    with pytest.raises(Exception, match="no driver"):
        redact(source, target, PERSONAL)
    assert not target.exists()


# --- redact: bytes ---------------------------------------------------------------------------


def chunks(data: bytes, size: int) -> list[Seen]:
    return [Received(data[n : n + size]) for n in range(0, len(data), size)]


SERIAL = "serial:///dev/ttyACM0"
QUIET = [Received(b"")] * 10


@pytest.mark.parametrize("size", [1, 7, 64, 4096])
@pytest.mark.parametrize("before", [b"", b"]Q1", b"\x02"])
def test_no_byte_of_a_voucher_is_left_and_goods_are(
    tmp_path: Path, size: int, before: bytes
) -> None:
    codes = [GOODS, before + SECRET, TEST_VOUCHER, GOODS]
    seens: list[Seen] = [Opened("ready"), Sent(b"\x16T\r")]
    for code in codes:
        seens += [*chunks(code + b"\r", size), Received(b"")]
    scan = Scan(SECRET, None, SERIAL, 0.0)
    seens += [Scanned.of(scan), Scanned.of(Scan(GOODS, None, SERIAL, 0.0))]
    source = record(tmp_path / "a.mcap", SERIAL, seens)
    target = tmp_path / "b.mcap"
    redact(source, target, PERSONAL)
    assert_nothing_left(target, SECRET)
    before_it, after_it = load(source), load(target)
    masked = before.removeprefix(b"\x02") + SECRET
    assert payloads(after_it) == [GOODS, b"*" * len(masked), TEST_VOUCHER, GOODS]
    assert [e for e in after_it.entries if isinstance(e.seen, Scanned)] == [
        e for e in before_it.entries if e.seen == Scanned.of(Scan(GOODS, None, SERIAL, 0.0))
    ]
    times = [(e.at_ns, type(e.seen)) for e in before_it.entries if e.seen != Scanned.of(scan)]
    assert [(e.at_ns, type(e.seen)) for e in after_it.entries] == times
    assert after_it.facts["redacted"]


HALVES: dict[str, list[Seen]] = {
    "never ended": [*chunks(SECRET[:150], 30)],
    "pulled out in the middle, and plugged in again": [
        *chunks(SECRET[:150], 30),
        Opened("ready"),
        *chunks(SECRET[150:] + b"\r", 30),
    ],
    "begun again before goods, in one read": [Received(SECRET[:150] + b"\x02" + GOODS + b"\x03")],
    "too long, with goods behind it": [
        *chunks(SECRET * 20, 500),
        Received(b"\r"),
        Received(GOODS + b"\r"),
    ],
    "goods and a voucher in one read": [Received(GOODS + b"\r" + SECRET + b"\r")],
    "ended by a pause": [Received(SECRET[:150]), *QUIET, Received(SECRET[150:]), *QUIET],
}


@pytest.mark.parametrize("options", ["", "?framing=stx-etx", "?framing=cr", "?hold=2"])
@pytest.mark.parametrize("name", HALVES)
def test_no_half_of_a_voucher_is_left(tmp_path: Path, name: str, options: str) -> None:
    source = record(tmp_path / "a.mcap", SERIAL + options, HALVES[name])
    redact(source, tmp_path / "b.mcap", PERSONAL)
    assert_nothing_left(tmp_path / "b.mcap", SECRET)


def ssi(code: bytes) -> bytes:
    return packet(Opcode.DECODE_DATA, b"\x1c" + code, source=0)


OTHERS: dict[str, tuple[str, list[Seen], bytes]] = {
    "hid": (
        "hid:///dev/hidraw0?layout=newland",
        [
            *map(Received, reports(GOODS, Layout.NEWLAND)),
            *map(Received, reports(SECRET, Layout.NEWLAND)),
        ],
        GOODS,
    ),
    "wedge": (
        "wedge:///dev/input/event7",
        [Received(typed(GOODS.decode())), Received(typed(SECRET.decode()))],
        GOODS,
    ),
    "a wedge's half": (
        "wedge:///dev/input/event7",
        [
            Received(typed(GOODS.decode())),
            Received(Keyboard(300.0).text(SECRET.decode()[:90]).dropped().data),
            Received(typed(GOODS.decode())),
        ],
        GOODS,
    ),
    "packets": (
        "serial:///dev/ttyACM0?vendor=zebra-ssi",
        [Received(ssi(GOODS)), Received(ssi(SECRET[:200])), Received(b"\x04" + ssi(GOODS)[1:])],
        GOODS,
    ),
}


@pytest.mark.parametrize("name", OTHERS)
def test_reports_keys_and_packets_of_a_voucher_are_left_out(tmp_path: Path, name: str) -> None:
    url, seens, kept = OTHERS[name]
    source = record(tmp_path / "a.mcap", url, seens, "hid1")
    target = tmp_path / "b.mcap"
    redact(source, target, PERSONAL)
    assert_nothing_left(target, SECRET)
    assert payloads(load(target)) == [kept]
    received = [e.seen for e in load(target).entries if isinstance(e.seen, Received)]
    goods = [seen for seen in seens if isinstance(seen, Received)][: len(received)]
    assert received == goods


def test_goods_behind_half_a_voucher_stay(tmp_path: Path) -> None:
    """The scanner was pulled out in the middle: nothing of before belongs to what comes."""
    seens: list[Seen] = [*chunks(SECRET[:90], 30), Opened("ready"), Received(GOODS + b"\r")]
    source = record(tmp_path / "a.mcap", SERIAL, seens)
    redact(source, tmp_path / "b.mcap", PERSONAL)
    assert payloads(load(tmp_path / "b.mcap")) == [GOODS]


SPOILED: dict[str, tuple[str, list[Seen]]] = {
    "keys with a hole, then goods, in one read": (
        "wedge:///dev/input/event7",
        [
            Received(
                Keyboard(100.0).text(SECRET.decode()[:20]).dropped().key(ENTER).data
                + Keyboard(200.0).text(GOODS.decode()).key(ENTER).data
            )
        ],
    ),
    "keys without an end": (
        "wedge:///dev/input/event7",
        [Received(Keyboard().text(SECRET.decode()[:20]).data)],
    ),
    "a report whose next never came": (
        "hid:///dev/hidraw0?layout=newland",
        [Received(reports(SECRET, Layout.NEWLAND)[0]), *QUIET, *QUIET, *QUIET],
    ),
}


@pytest.mark.parametrize("name", SPOILED)
def test_what_is_no_whole_code_is_left_out(tmp_path: Path, name: str) -> None:
    url, seens = SPOILED[name]
    source = record(tmp_path / "a.mcap", url, seens, "hid1")
    redact(source, tmp_path / "b.mcap", PERSONAL)
    left = [e.seen for e in load(tmp_path / "b.mcap").entries if isinstance(e.seen, Received)]
    assert b"".join(seen.data for seen in left) == b""


# --- redact: pictures ------------------------------------------------------------------------

CAMERA = "camera:///dev/video0"


def shown(content: bytes) -> bytes:
    return jpeg(photograph(content.decode("latin-1"), Scene()))


def test_codes_of_customers_are_painted_over_and_other_pictures_stay_as_they_were(
    tmp_path: Path,
) -> None:
    """Near a secret only what was read stays, even for somebody who has looked at the pictures."""
    pictures = [EMPTY, *[shown(TEST_VOUCHER)], EMPTY, shown(SECRET), EMPTY, EMPTY]
    gaps = [0, 1, 5, 5.5, 6, 9]
    source, target = tmp_path / "a.mcap", tmp_path / "b.mcap"
    with Writer(source) as writer:
        writer.device("camera1", CAMERA)
        for gap, picture in zip(gaps, pictures, strict=True):
            writer.add(Entry("camera1", AT_NS + round(gap * NS), Pictured(picture)))
    redact(source, target, PERSONAL, keeps_unread=True)
    kept = {
        (entry.at_ns - AT_NS) / NS: entry.seen.jpeg
        for entry in load(target).entries
        if isinstance(entry.seen, Pictured)
    }
    assert set(kept) == {0, 1, 5.5, 9}
    assert (kept[0], kept[1], kept[9]) == (EMPTY, pictures[1], EMPTY)
    assert kept[5.5] != pictures[3]
    assert payloads(load(target)) == [TEST_VOUCHER]
    strict = tmp_path / "c.mcap"
    redact(source, strict, PERSONAL)
    times = [(e.at_ns - AT_NS) / NS for e in load(strict).entries if isinstance(e.seen, Pictured)]
    assert times == [1, 5.5]


def test_a_picture_with_a_code_that_cannot_be_read_is_left_out(tmp_path: Path) -> None:
    blurred = jpeg(photograph(SECRET.decode(), Scene(blur_pixels=2.4, glare_share=0.12)))
    source, target = tmp_path / "a.mcap", tmp_path / "b.mcap"
    record(source, CAMERA, [Pictured(blurred), Pictured(b"no picture")], "camera1")
    assert payloads(load(source)) == []
    redact(source, target, PERSONAL, keeps_unread=True)
    assert [e for e in load(target).entries if isinstance(e.seen, Pictured)] == []


# --- what is personal ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("payload", "is_personal"),
    [
        (GOODS, False),
        (b"81234567890123456789", False),
        (b"]d2010690123456789221A\x1d17260131", False),
        (TEST_VOUCHER, False),
        (Craft("sm2").text().encode(), False),
        (SECRET, True),
        (TEST_VOUCHER[:100], True),
        (b"YB1:", True),
        (b"134567890123456789", True),
        (b"2812345678901234567", True),
        (b"1" * 28, True),
        (b"https://example.org/health?id=1", True),
        (b"HELLO 123", False),
        (b"13800138000", True),
        (b"X" * 33, True),
        ("阿莫西林".encode(), True),
        (bytes(range(32)), True),
    ],
)
def test_what_is_not_known_to_be_harmless_is_personal(payload: bytes, is_personal: bool) -> None:
    assert PERSONAL(payload, None) is is_personal
