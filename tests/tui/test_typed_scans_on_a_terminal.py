"""A scanner that types into a real terminal, in front of the real till: bytes in, journal out."""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path
from typing import TypeVar

import httpx

from terminal.journal.snapshot import reading
from terminal.sale.events import LineAdded, QuantitySet, VoucherAccepted
from tests.processes import sandbox
from tests.terminals import SECONDS_MAX, OnTerminal
from tests.till import BOXES

KEY_SECONDS = 0.004
READING_SECONDS = 1.0
"""As long as a clerk looks before the next key."""

T = TypeVar("T")


def scan(till: OnTerminal, text: str) -> None:
    for character in f"{text}\r":
        till.type(character)
        time.sleep(KEY_SECONDS)


def press(till: OnTerminal, keys: str) -> None:
    time.sleep(READING_SECONDS)
    till.type(keys)


def written(journal: Path, kind: type[T], count: int) -> list[T]:
    """Everything of this kind in the journal, once there is so much of it."""
    end = time.monotonic() + SECONDS_MAX
    while time.monotonic() < end:
        with reading(journal) as kept:
            found: list[T] = [e.event for e in kept.all_entries() if isinstance(e.event, kind)]
        if len(found) >= count:
            return found
        time.sleep(0.1)
    raise AssertionError(f"no {count} {kind.__name__} in {SECONDS_MAX} s")


def test_codes_are_scans_and_no_code_is_a_quantity(tmp_path: Path) -> None:
    journal = tmp_path / "journal.db"
    with (
        sandbox() as platform,
        closing(
            OnTerminal("run", "--lang", "en", "--platform", platform, "--journal", str(journal))
        ) as till,
    ):
        till.read("No barcode?")
        scan(till, BOXES[0])
        written(journal, LineAdded, 1)
        press(till, "\x1bOS")  # F4
        till.read("Enter set")
        scan(till, BOXES[1])
        written(journal, LineAdded, 2)
        asked = {"person": "employee"}
        voucher = httpx.get(f"{platform}/vouchers/new", params=asked, trust_env=False)
        scan(till, voucher.json()["text"])
        written(journal, VoucherAccepted, 1)
        press(till, "2")
        press(till, "\r")
        assert written(journal, QuantitySet, 1) == [QuantitySet(1, 2)]
        assert [line.code for line in written(journal, LineAdded, 2)] == list(BOXES[:2])
        assert len(written(journal, VoucherAccepted, 1)) == 1
