"""How a command ends: the exit codes are a contract with scripts."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    OK = 0
    FAILED = 1
    """The command ran, and the answer is no: a refused voucher, a demo that went wrong."""
    USAGE = 2
    """The command line itself; argparse uses the same number."""
    CONFIG = 3
    SCANNER = 4
    PLATFORM = 5
    JOURNAL = 6
    PRINTER = 7


class Stop(Exception):
    """Ends the command with one sentence on stderr: what, where, and what to do."""

    def __init__(self, code: Exit, sentence: str) -> None:
        super().__init__(sentence)
        self.code, self.sentence = code, sentence
