"""What a camera's frames come to: scans, and the exposure to try next.

All of a camera but its capture, so that a recording is read by the same code as the live picture.

But for the processor time the ladder may take (`drivers.decode`), pure: a frame brings its time.
"""

from __future__ import annotations

from drivers.address import CameraAddress
from drivers.capture import Frame
from drivers.debounce import Debounce
from drivers.decode import reader_for
from drivers.exposure import Bracket
from drivers.gate import Gate, Look
from drivers.scan import Scan
from drivers.watch import Watch

UNREAD_FRAMES = 12
"""With the shape of a code and nothing read, of one thing held out: from then on it has failed."""


class PictureReading:
    """One for each camera."""

    def __init__(self, address: CameraAddress) -> None:
        """Raises NoDecoder."""
        self._address = address
        self._gate = Gate()
        self._debounce = Debounce(address.hold_seconds)
        self._codes = Watch(reader_for(address.engine), goods=address.goods)
        self._bracket = Bracket(address.exposures) if address.exposures else None
        self._in_view: tuple[bytes, ...] = ()
        self.exposure = self._bracket.now if self._bracket is not None else None
        """What the camera should be at; None where it is not ours to set."""
        self._unread_frames = 0
        self.has_failed = False
        """Whether with the latest frame a code was given up, which happens once for each."""

    def take(self, frame: Frame, *, can_tell: bool = True) -> list[Scan]:
        """The codes that came into view with this frame.

        can_tell  False: nobody takes scans now, and a code that comes into view counts as not yet
                  seen; it may still be in view when somebody does
        """
        self.has_failed = False
        thumbnail = frame.thumbnail()
        if thumbnail is None:
            return []
        glance = self._gate.look(thumbnail, frame.at)
        if glance.look is Look.SKIP:
            for payload in self._in_view:
                self._debounce.is_new(payload, frame.at)  # still there
            return []
        luma = frame.luma()
        codes = [] if luma is None else self._codes.read(luma, glance)
        self._count(glance.look, is_read=bool(codes))
        if self._bracket is not None:
            self._bracket.next(glance.look, is_read=bool(codes), at=frame.at)
            self.exposure = self._bracket.now
        if not can_tell:
            codes = [code for code in codes if self._debounce.holds(code.payload, frame.at)]
        self._in_view = tuple(code.payload for code in codes)
        return [
            Scan(code.payload, code.symbology, self._address.url, frame.at)
            for code in codes
            if self._debounce.is_new(code.payload, frame.at)
        ]

    def _count(self, look: Look, *, is_read: bool) -> None:
        """Notices a code that is held out and cannot be read."""
        if is_read or look is Look.STILL:
            self._unread_frames = 0
        elif self._codes.sees_unread:
            self._unread_frames += 1
            self.has_failed = self._unread_frames == UNREAD_FRAMES
