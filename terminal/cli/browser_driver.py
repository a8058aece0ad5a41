"""Textual's driver for a browser, which ends the till when the server that drew it is gone.

Left alone, a till whose server was killed would go on for ever, unseen, and hold the journal.
"""

from __future__ import annotations

from contextlib import suppress

from textual import messages
from textual.drivers.web_driver import WebDriver


class BrowserDriver(WebDriver):
    def run_input_thread(self) -> None:
        super().run_input_thread()
        if not self.exit_event.is_set():
            self.send_message(messages.ExitApp())

    def write(self, data: str) -> None:
        with suppress(BrokenPipeError):
            super().write(data)

    def write_meta(self, data: dict[str, object]) -> None:
        with suppress(BrokenPipeError):
            super().write_meta(data)
