"""A scanner that types, told from a person who types: by the pace of the keys alone.

The last resort, for a keyboard scanner that is neither in serial mode nor grabbed (`wedge://`): its
code comes through the terminal like any typing.  Keys that may belong to a code are held back until
they are known to be one or the other; a person's show a tenth of a second later.

    four characters or more, each at once after the last, then Enter or Tab   Scanned
    the same without an end                                                   Unfinished
    fewer, or one over and over as from a key held down                       Typed
    an Enter at once after such typing: the rest of a scan                    Hasty

One rule: what came in a burst never sets a number; with its end it is a scan, without it is nothing
that could be agreed to.

Pure: the times are those at which the input thread saw the keys, so that a busy screen makes no
burst of typing; a silence is counted in ticks, of which a busy screen gets fewer.

Source   keyboard scanners send 2 to 20 ms a character, people hardly below 60; a held key repeats
         every 30 to 40.  CR, LF, STX and GS arrive from a terminal as Enter, Ctrl+J, Ctrl+B, Ctrl+]
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

GAP_SECONDS_MAX = 0.05
"""Between two keys of a burst."""
STUTTER_SECONDS_MAX = 0.5
"""Between two keys of what is known to be a scanner's by then."""
CHARS_MIN = 4
CHARS_MAX = 4096
"""More than the largest QR code holds."""
TICK_SECONDS = 0.04
GAP_TICKS, STUTTER_TICKS = 3, 14
"""Longer silences than the gaps above, though the first tick may come at once."""

ENDS = ("enter", "ctrl+j", "tab", "ctrl+c")
"""CR, LF, TAB and ETX."""
NEVER_IN_A_CODE = ("escape", "backspace", "ctrl+h")
SPELLED = {"ctrl+right_square_bracket": "\x1d"}
"""Where the terminal tells a key and no character."""


@dataclass(frozen=True, slots=True)
class Stroke:
    key: str
    """As Textual names it."""
    character: str | None
    """What it would type; None where it types nothing."""


@dataclass(frozen=True, slots=True)
class Typed:
    """A person's."""

    strokes: tuple[Stroke, ...]


@dataclass(frozen=True, slots=True)
class Scanned:
    payload: bytes
    """What was typed before the end, in UTF-8; not empty."""


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A scanner's, and no end came: text at best, and agrees to nothing."""

    text: str
    """Empty where it was longer than any code."""


@dataclass(frozen=True, slots=True)
class Hasty:
    """An end struck faster than a person strikes it after the character before."""


Verdict: TypeAlias = Typed | Scanned | Unfinished | Hasty


class Burst:
    """Keys in, verdicts out; one for each keyboard."""

    def __init__(self) -> None:
        self._held: list[Stroke] = []
        self._text: list[str] = []
        self._last_at = float("-inf")
        self._is_after_scan = False
        self._silent_ticks = 0

    @property
    def is_holding(self) -> bool:
        """Whether keys wait for a verdict, so that `tick` has to be called."""
        return bool(self._held)

    def press(self, stroke: Stroke, at: float) -> list[Verdict]:
        """What is known now that this key came.

        at       seconds, when the input thread saw it
        """
        gap_seconds_max = STUTTER_SECONDS_MAX if self._is_scanner else GAP_SECONDS_MAX
        follows = at - self._last_at <= gap_seconds_max
        self._last_at, self._silent_ticks = at, 0
        verdicts = [] if follows else self._settle()
        is_second_end = self._is_after_scan and follows
        self._is_after_scan = False
        character = _character(stroke)
        if stroke.key in ENDS and self._held:
            verdicts += self._end()
        elif stroke.key in ENDS and is_second_end:
            self._is_after_scan = True  # the LF of a CR LF
        elif stroke.key not in ENDS and character is not None:
            self._hold(stroke, character)
        else:
            verdicts += [*self._settle(), Typed((stroke,))]
        return verdicts

    def tick(self) -> list[Verdict]:
        """What is known now that TICK_SECONDS more have passed without a key."""
        self._silent_ticks += 1
        patience = STUTTER_TICKS if self._is_scanner else GAP_TICKS
        return self._settle() if self._silent_ticks >= patience else []

    @property
    def _is_scanner(self) -> bool:
        return len(self._text) >= CHARS_MIN and len(set(self._text)) > 1

    def _hold(self, stroke: Stroke, character: str) -> None:
        if len(self._held) <= CHARS_MAX:
            self._held.append(stroke)
            self._text.append(character)

    def _end(self) -> list[Verdict]:
        if not self._is_scanner:
            return [*self._settle(), Hasty()]
        self._is_after_scan = True
        if len(self._text) > CHARS_MAX:
            return self._settle()
        payload = "".join(self._text).removeprefix("\x02").replace("\0", "")
        self._forget()
        return [Scanned(payload.encode())] if payload else []

    def _settle(self) -> list[Verdict]:
        """The verdict on what no end came for."""
        held, is_scanner = tuple(self._held), self._is_scanner
        text = "".join(character for character in self._text if character.isprintable())
        self._forget()
        if is_scanner:
            return [Unfinished(text if len(text) <= CHARS_MAX else "")]
        return [Typed(held)] if held else []

    def _forget(self) -> None:
        self._held.clear()
        self._text.clear()


def _character(stroke: Stroke) -> str | None:
    """The character of a code that this key may stand for; None for none."""
    if stroke.key in NEVER_IN_A_CODE:
        return None
    return stroke.character or SPELLED.get(stroke.key)
