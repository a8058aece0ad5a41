"""One life of a till's process: whether it is alive, and how it dies."""

from __future__ import annotations


class Crash(BaseException):
    """The process is gone, here and now: nothing after this line happens."""


class Process:
    def __init__(self) -> None:
        self.alive = True

    def crash(self, why: str) -> None:
        self.alive = False
        raise Crash(why)

    def require_alive(self) -> None:
        """A dead process writes nothing and sends nothing."""
        if not self.alive:
            raise Crash("already dead")
