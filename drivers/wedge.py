"""Key events of a scanner that pretends to be a keyboard, to codes.

Read below the terminal (`/dev/input/event*`), where neither an input method nor a control character
can do harm.  The scanner is set to a US keyboard.  The kernel keeps 64 events for a reader that is
late, ten characters; of what did not fit it says SYN_DROPPED.

One rule: a burst ends with Enter or Tab, or it is no code.  A burst with a hole in it, a key that
types nothing, or no end is dropped whole, and `is_spoiled` says so.

Pure: the time is an argument.

Source   linux/input.h, linux/input-event-codes.h
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from drivers.framing import FRAME_BYTES_MAX, Frame

EVENT = struct.Struct("llHHi")
"""struct input_event: seconds, microseconds, type, code, value."""
BURST_SECONDS_MAX = 0.5
"""Between two keys of one burst; a slow scanner takes 20 ms."""

_EV_SYN, _EV_KEY = 0, 1
_SYN_DROPPED = 3
_PRESSED, _RELEASED = 1, 0
_SHIFTS = frozenset((42, 54))
_CONTROLS = frozenset((29, 97))
_ENDS = frozenset((15, 28, 96))
_HARMLESS = frozenset((58, 69, 70))
"""Lock keys: a scanner that minds Caps Lock presses it before and after."""

_ROWS = {
    2: ("1234567890-=", "!@#$%^&*()_+"),
    16: ("qwertyuiop[]", "QWERTYUIOP{}"),
    30: ("asdfghjkl;'`", 'ASDFGHJKL:"~'),
    43: ("\\zxcvbnm,./", "|ZXCVBNM<>?"),
    57: (" ", " "),
}
_PLAIN = {first + n: c for first, (plain, _) in _ROWS.items() for n, c in enumerate(plain)}
_SHIFTED = {first + n: c for first, (_, shifted) in _ROWS.items() for n, c in enumerate(shifted)}
_KEYPAD_KEYS = (71, 72, 73, 75, 76, 77, 79, 80, 81, 82, 83, 55, 74, 78, 98)
_KEYPAD = dict(zip(_KEYPAD_KEYS, "7894561230.*-+/", strict=True))
_CONTROLLED = {"[": 0x1B, "\\": 0x1C, "]": 0x1D, "6": 0x1E, "-": 0x1F}
"""What a terminal makes of Ctrl and these keys; GS is Ctrl and ]."""


class KeyFramer:
    """Events in, codes out."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget everything, as after the device was lost."""
        self._cut = b""
        self._typed = bytearray()
        self._held: set[int] = set()
        self._is_broken = False
        self._last_at = 0.0
        self._typed_at = 0.0
        self.is_spoiled = False
        """Whether a burst was dropped; whoever asks for another scan sets it back."""

    def feed(self, data: bytes, now: float) -> list[Frame]:
        """The codes that these events complete.

        data     as read from the device, any number of events
        """
        frames: list[Frame] = []
        for at, kind, code, value in self._events(data):
            if kind == _EV_SYN and code == _SYN_DROPPED:
                self._is_broken = True
                self._held.clear()
                self._typed_at, self._last_at = at, now
            elif kind == _EV_KEY:
                if at - self._typed_at >= BURST_SECONDS_MAX and self.is_open:
                    self._drop()
                self._typed_at, self._last_at = at, now
                frames += self._key(code, value, now)
        return frames

    def poll(self, now: float) -> list[Frame]:
        """Drops a burst that came to no end.  Never completes one.

        To be called when the device was found empty, which alone proves a pause.
        """
        if self.is_open and now - self._last_at >= BURST_SECONDS_MAX:
            self._drop()
        return []

    @property
    def is_open(self) -> bool:
        """Whether a burst is half read, so that a silence would mean something."""
        return bool(self._typed) or self._is_broken

    def _events(self, data: bytes) -> Iterator[tuple[float, int, int, int]]:
        """Time by the kernel's clock, type, code and value."""
        data = self._cut + data
        whole = len(data) - len(data) % EVENT.size
        self._cut = data[whole:]
        for seconds, micros, kind, code, value in EVENT.iter_unpack(data[:whole]):
            yield seconds + micros / 1e6, kind, code, value

    def _key(self, code: int, value: int, now: float) -> list[Frame]:
        if code in _SHIFTS | _CONTROLS:
            (self._held.discard if value == _RELEASED else self._held.add)(code)
            return []
        if value != _PRESSED or code in _HARMLESS:
            return []
        if code in _ENDS:
            return self._finish(now)
        typed = self._character(code)
        if typed is None or len(self._typed) >= FRAME_BYTES_MAX:
            self._is_broken = True
        else:
            self._typed += typed
        return []

    def _character(self, code: int) -> bytes | None:
        if self._held & _CONTROLS:
            plain = _PLAIN.get(code, "")
            number = ord(plain) & 0x1F if plain.isalpha() else _CONTROLLED.get(plain)
            return None if number is None else bytes((number,))
        keys = _SHIFTED if self._held & _SHIFTS else _PLAIN
        character = keys.get(code) or _KEYPAD.get(code)
        return None if character is None else character.encode("ascii")

    def _finish(self, now: float) -> list[Frame]:
        if self._is_broken:
            self._drop()
            return []
        data = bytes(self._typed)
        self._typed.clear()
        return [Frame(data, now)] if data else []

    def _drop(self) -> None:
        self._typed.clear()
        self._is_broken = False
        self.is_spoiled = True
