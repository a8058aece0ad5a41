"""The cases of the kit.

Each says what was sent or shown, which codes must come of it, and what would spoil it: without the
very thing it is about, other codes come.  A case that cannot be spoilt proves nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from drivers.opencv import Picture, luma_of_jpeg
from drivers.recording import Entry, Opened, Pictured, Received, Told
from tests.drivers.scenes import Scene, jpeg
from tests.drivers.test_wedge import ENTER, Keyboard
from tests.kit import pictures
from tests.kit.codes import BOX, CHINESE, GOODS, GS1, PAYMENT, voucher
from tests.kit.tape import BEGAN_NS, NS, READ_NS, Tape

SERIAL = "serial:///dev/serial/by-id/usb-Kit_Scanner-if00"
CAMERA = "camera+http://127.0.0.1/stream.mjpg"
WEDGE = "wedge:///dev/input/by-id/usb-Kit_Scanner-event-kbd"

Entries = list[Entry]
Spoil = Callable[[Entries], Entries]


@dataclass(frozen=True, slots=True)
class Case:
    name: str
    title: str
    url: str
    make: Callable[[Tape], None]
    codes: tuple[bytes, ...]
    """What must be scanned, in this order."""
    spoil: Spoil
    """The recording without what the case is about."""

    @property
    def device(self) -> str:
        return {"serial": "serial1", "wedge": "wedge1"}.get(self.url.partition(":")[0], "camera1")

    def entries(self) -> Entries:
        tape = Tape(self.device)
        self.make(tape)
        return tape.entries


# --- how cases are spoilt ----------------------------------------------------------------------


def replacing(old: bytes, new: bytes) -> Spoil:
    """Other bytes on the line."""

    def spoil(entries: Entries) -> Entries:
        return [
            replace(entry, seen=Received(entry.seen.data.replace(old, new)))
            if isinstance(entry.seen, Received)
            else entry
            for entry in entries
        ]

    return spoil


def pausing(after: int, seconds: float) -> Spoil:
    """A silence in mid-code, after so many entries."""

    def spoil(entries: Entries) -> Entries:
        late_ns = round(seconds * NS)
        late = [replace(entry, at_ns=entry.at_ns + late_ns) for entry in entries[after:]]
        before = entries[:after]
        last = before[-1]
        reads = range(last.at_ns + READ_NS, last.at_ns + late_ns, READ_NS)
        return [*before, *(Entry(last.device, at_ns, Received(b"")) for at_ns in reads), *late]

    return spoil


def unnoticed(entries: Entries) -> Entries:
    """As if the driver had not seen that the device was away."""
    first, *rest = entries
    return [first, *(entry for entry in rest if not isinstance(entry.seen, Opened | Told))]


def ending_at(share: float) -> Spoil:
    """Nothing after so much of the time."""

    def spoil(entries: Entries) -> Entries:
        until = BEGAN_NS + round((entries[-1].at_ns - BEGAN_NS) * share)
        return [entry for entry in entries if entry.at_ns <= until]

    return spoil


def treating(treat: Callable[[Picture], Picture]) -> Spoil:
    """Other pixels, in every frame."""

    def spoil(entries: Entries) -> Entries:
        return [
            replace(entry, seen=Pictured(jpeg(treat(_luma(entry.seen.jpeg)), pictures.QUALITY)))
            if isinstance(entry.seen, Pictured)
            else entry
            for entry in entries
        ]

    return spoil


def empty_from(first: float, to: float) -> Spoil:
    """An empty counter for a part of the time, as shares of it."""

    def spoil(entries: Entries) -> Entries:
        span_ns = entries[-1].at_ns - BEGAN_NS
        (nothing,) = pictures.empty(1)
        return [
            replace(entry, seen=Pictured(nothing))
            if isinstance(entry.seen, Pictured)
            and first <= (entry.at_ns - BEGAN_NS) / span_ns <= to
            else entry
            for entry in entries
        ]

    return spoil


def _luma(data: bytes) -> Picture:
    luma = luma_of_jpeg(np.frombuffer(data, np.uint8))
    assert luma is not None
    return luma


# --- a serial line -----------------------------------------------------------------------------


def framed(before: bytes, after: bytes, **options: int) -> Callable[[Tape], None]:
    def make(tape: Tape) -> None:
        for code in (*GOODS, BOX):
            tape.send(before + code + after, **options)

    return make


def framing(name: str, title: str, before: bytes, after: bytes, options: str = "") -> Case:
    """The end of each code taken away: the codes run into one another, or come to no end."""
    spoil = replacing(after, b"")
    return Case(name, title, SERIAL + options, framed(before, after), (*GOODS, BOX), spoil)


def with_aim(tape: Tape) -> None:
    for aim, code in ((b"]E0", GOODS[0]), (b"]C0", BOX), (b"]Q1", voucher(1))):
        tape.send(aim + code + b"\r")


def at_9600_baud(tape: Tape) -> None:
    tape.send(voucher(2) + b"\r", baud=9600)
    tape.send(GOODS[0] + b"\r", baud=9600)


def in_one_burst(tape: Tape) -> None:
    tape.send(b"\r".join(GOODS) + b"\r")


def with_nul_noise(tape: Tape) -> None:
    tape.send(b"\0\0" + GOODS[0][:6] + b"\0" + GOODS[0][6:] + b"\r\0")
    tape.send(b"\0" + GOODS[1] + b"\r")


def unplugged_in_mid_code(tape: Tape) -> None:
    tape.send(GOODS[0][:7], silence=1)
    tape.lost(0.6, then_quiet_seconds=3.0)
    tape.send(GOODS[1] + b"\r")


def replugged_renamed(tape: Tape) -> None:
    for code in GOODS:
        tape.send(code + b"\r")
        if code is not GOODS[-1]:
            tape.lost(0.6, then_quiet_seconds=3.0)


# --- a keyboard wedge --------------------------------------------------------------------------


def typed(tape: Tape, *keystrokes: tuple[str, float], ends: bool) -> None:
    """Each text after a pause, as the kernel tells of the keys; each key a read of its own."""
    for text, pause_seconds in keystrokes:
        tape.wait(pause_seconds)
        for character in text:
            tape.wait(0.004)
            _key(tape, Keyboard(tape.seconds).text(character))
    if ends:
        tape.wait(0.004)
        _key(tape, Keyboard(tape.seconds).key(ENTER))


def _key(tape: Tape, keyboard: Keyboard) -> None:
    tape.read(keyboard.data)


def burst_while_typing(tape: Tape) -> None:
    """Somebody types on the same keyboard: two digits, a pause, and the scanner's burst."""
    typed(tape, ("1", 0.2), ("2", 0.3), ends=False)
    tape.quiet(0.56)
    tape.spoiled()
    tape.quiet(0.2)
    typed(tape, ("6901234567892", 0.1), ends=True)
    tape.quiet(0.2)
    typed(tape, ("83000010000000012345", 0.3), ends=True)
    tape.quiet(0.2)


def without_enter(entries: Entries) -> Entries:
    enter = (1).to_bytes(2, "little") + ENTER.to_bytes(2, "little")
    return [
        entry
        for entry in entries
        if not isinstance(entry.seen, Received) or enter not in entry.seen.data
    ]


# --- a camera ----------------------------------------------------------------------------------


def shown(scene: Scene, number: int, frames: int = 8) -> Callable[[Tape], None]:
    def make(tape: Tape) -> None:
        tape.show(pictures.empty(2))
        tape.show(pictures.held(voucher(number), frames, scene, seed=10 * number))

    return make


def on_camera(
    name: str, title: str, scene: Scene, number: int, spoil: Callable[[Picture], Picture]
) -> Case:
    return Case(name, title, CAMERA, shown(scene, number), (voucher(number),), treating(spoil))


def held_for_five_seconds(tape: Tape) -> None:
    tape.show(pictures.held(voucher(20), 26), fps=5)


def two_in_view(tape: Tape) -> None:
    tape.show(pictures.side_by_side(voucher(21), GOODS[0], 8))


def renewed_in_view(tape: Tape) -> None:
    tape.show(pictures.held(voucher(22), 8))
    tape.show(pictures.held(voucher(23), 8, seed=30))


def payment_code_first(tape: Tape) -> None:
    tape.show(pictures.held(PAYMENT, 6, replace(pictures.ORDINARY, module_pixels=6.0)))
    tape.show(pictures.held(voucher(24), 8))


def screenshot(tape: Tape) -> None:
    tape.show(pictures.held(voucher(25, issued_before_seconds=300), 6))
    tape.show(pictures.held(voucher(26), 8))


def stalled(tape: Tape) -> None:
    tape.show(pictures.held(voucher(27), 8))
    tape.stalled(3.0, 1.6)
    tape.show(pictures.held(voucher(28), 8, seed=50))


def lost(tape: Tape) -> None:
    tape.show(pictures.held(voucher(29), 8))
    tape.lost(2.5)
    tape.show(pictures.held(voucher(30), 10, seed=60))


CASES = (
    framing("framing-cr", "Each code ends with CR", b"", b"\r"),
    framing("framing-lf", "Each code ends with LF", b"", b"\n"),
    framing("framing-crlf", "Each code ends with CR LF", b"", b"\r\n"),
    framing("framing-tab", "Each code ends with TAB", b"", b"\t"),
    framing("framing-stx-etx", "STX, code, ETX", b"\x02", b"\x03", "?framing=stx-etx"),
    Case(
        "framing-none", "No end at all: a pause is the end", SERIAL,
        framed(b"", b"", silence=5), (*GOODS, BOX),
        lambda entries: [e for e in entries if e.seen != Received(b"")],
    ),
    Case(
        "aim", "With AIM identifiers in front", SERIAL, with_aim,
        (GOODS[0], BOX, voucher(1)), replacing(b"]", b"["),
    ),
    Case(
        "paced-9600", "A voucher at 9600 baud, in many pieces", SERIAL, at_9600_baud,
        (voucher(2), GOODS[0]), pausing(9, 0.5),
    ),
    Case("burst-of-three", "Three codes in one read", SERIAL, in_one_burst, GOODS,
         replacing(b"\r", b"")),
    Case("nul-noise", "NUL before, within and after codes", SERIAL, with_nul_noise, GOODS[:2],
         replacing(b"\0", b"\x80")),
    Case("gbk", "Chinese in GBK: not a byte is changed", SERIAL,
         lambda tape: tape.send(CHINESE + b"\r"), (CHINESE,), replacing(b"\xb8\xd0", b"\xb8\xd1")),
    Case("gs-kept", "A GS1 code with its separator", SERIAL,
         lambda tape: tape.send(b"]d2" + GS1 + b"\r"), (GS1,), replacing(b"\x1d", b"")),
    Case("unplugged-mid-code", "Pulled out half way through a code", SERIAL + "?framing=cr",
         unplugged_in_mid_code, GOODS[1:2], unnoticed),
    Case("replugged-renamed", "Pulled out twice, back at another port", SERIAL,
         replugged_renamed, GOODS, ending_at(0.6)),
    Case("wedge-while-typing", "A keyboard scanner's burst while somebody types", WEDGE,
         burst_while_typing, (GOODS[0], BOX), without_enter),
    on_camera("phone", "A phone on an ordinary day", pictures.ORDINARY, 10, pictures.out_of_focus),
    on_camera("dim", "A dim screen", pictures.DIM, 11, pictures.darker),
    on_camera("glare", "Two lamps in the glass", pictures.GLARE, 12, pictures.burnt_out),
    on_camera("tilt", "Held at an angle", pictures.TILTED, 13, pictures.out_of_focus),
    on_camera("motion-blur", "Moved while the picture is taken", pictures.SHAKEN, 14,
              pictures.out_of_focus),
    on_camera("moire", "The screen's pixels beat with the camera's", pictures.MOIRE, 15,
              pictures.out_of_focus),
    Case("held-5s", "The same code for five seconds: one scan", CAMERA, held_for_five_seconds,
         (voucher(20),), empty_from(0.3, 0.85)),
    Case("two-in-view", "A voucher, and a printed code beside it", CAMERA, two_in_view,
         (voucher(21), GOODS[0]), treating(pictures.burnt_out)),
    Case("renewed-in-view", "The phone shows its next voucher", CAMERA, renewed_in_view,
         (voucher(22), voucher(23)), ending_at(0.4)),
    Case("payment-code", "A payment code first, then the voucher", CAMERA, payment_code_first,
         (PAYMENT, voucher(24)), empty_from(0.0, 0.45)),
    Case("screenshot", "A voucher that is over, then a fresh one", CAMERA, screenshot,
         (voucher(25, issued_before_seconds=300), voucher(26)), empty_from(0.0, 0.45)),
    Case("camera-stalled", "No picture for three seconds", CAMERA, stalled,
         (voucher(27), voucher(28)), ending_at(0.6)),
    Case("camera-lost", "Unplugged, and back after a while", CAMERA, lost,
         (voucher(29), voucher(30)), ending_at(0.6)),
)  # fmt: skip
BY_NAME = {case.name: case for case in CASES}
