"""What the screen needs of the demo: people who show their phones, and a scanner that reads boxes.

One rule: only the demo offers it; a till at work has None and shows no trace of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class DemoControls(Protocol):
    @property
    def people(self) -> Sequence[tuple[str, str]]:
        """Id and label of each person, in the order to offer them; at most nine."""
        ...

    async def choose(self, person_id: str) -> None:
        """Shows a fresh voucher of this person to the camera, until `hide` or the next choice."""
        ...

    async def hide(self) -> None:
        """Puts the phone away."""
        ...

    async def scan_boxes(self) -> None:
        """The pretend scanner reads the three boxes, one after the other."""
        ...
