"""`gongji` on a real terminal: a pseudo-terminal for all three of its streams."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time

SECONDS_MAX = 60.0


class OnTerminal:
    """A command with a pseudo-terminal for all three of its streams."""

    def __init__(self, *words: str, columns: int = 100, rows: int = 30) -> None:
        self._master, slave = pty.openpty()
        size = os.environ | {"COLUMNS": str(columns), "LINES": str(rows), "TERM": "xterm-256color"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "terminal.cli", *words],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=size,
            start_new_session=True,
        )
        os.close(slave)
        self.written = b""

    def type(self, text: str) -> None:
        os.write(self._master, text.encode())

    def read(self, until: str = "", seconds: float = SECONDS_MAX) -> str:
        """Everything written until a text has come, or, without one, until it ends."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and not (until and until in self.text):
            if select.select([self._master], [], [], 0.1)[0]:
                try:
                    self.written += os.read(self._master, 65536)
                except OSError:
                    break  # Linux tells the end of a terminal like this.
        assert until in self.text, self.text[-3000:]
        return self.text

    @property
    def text(self) -> str:
        return self.written.decode("utf-8", errors="replace")

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self._master)
