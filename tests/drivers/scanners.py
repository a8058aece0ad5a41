"""A serial scanner made of a pseudo-terminal, with a link that follows it as udev's by-id does."""

from __future__ import annotations

import os
import pty
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class PtyScanner:
    """What a driver opens is `link`.  Unplugging gives its reader what pulling a USB plug gives."""

    def __init__(self, link: Path) -> None:
        self.link = link
        self._device = -1
        self._held = -1
        self.plug()

    @property
    def port(self) -> str:
        """The pseudo-terminal behind the link, such as /dev/pts/3."""
        return os.readlink(self.link)

    def plug(self) -> None:
        self._device, self._held = pty.openpty()
        tty.setraw(self._device)
        self.link.symlink_to(os.ttyname(self._held))

    def unplug(self) -> None:
        self.link.unlink()
        os.close(self._held)
        os.close(self._device)
        self._device = -1

    def send(self, data: bytes) -> None:
        """Waits while the reader does not read."""
        while data:
            data = data[os.write(self._device, data) :]

    def close(self) -> None:
        if self._device >= 0:
            self.unplug()


@contextmanager
def taken_port() -> Iterator[None]:
    """The lowest free pseudo-terminal is somebody else's for a while."""
    device, held = pty.openpty()
    yield
    os.close(device)
    os.close(held)
