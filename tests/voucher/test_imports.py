"""Checking a voucher loads no camera and no screen, and SM2 costs nothing until it is used."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from terminal.voucher.issue import issue
from tests.voucher.crafting import ROOT_FOLDER, key
from tests.voucher.test_issue import CLAIMS

HEAVY = ("cv2", "textual", "serial", "httpx", "numpy", "starlette", "zxingcpp", "pyzbar", "asyncio")
SM2_ONLY = ("ctypes", "gmalg", "terminal.voucher.sm2", "terminal.voucher.libcrypto")


def loaded_after(code: str) -> set[str]:
    """The names of all modules that are loaded when a fresh interpreter has run this."""
    tail = "\nimport sys, json; print(json.dumps(sorted(sys.modules)), file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", code + tail],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT_FOLDER,
    )
    return set(json.loads(done.stderr.strip().splitlines()[-1]))


@pytest.mark.parametrize(
    "module", ["classify", "voucher", "keys", "algorithms", "envelope", "issue", "reasons", "gs1"]
)
def test_importing_loads_nothing_of_sm2_and_no_device(module: str) -> None:
    loaded = loaded_after(f"import terminal.voucher.{module}")
    assert f"terminal.voucher.{module}" in loaded
    assert not loaded & {*HEAVY, *SM2_ONLY}


@pytest.mark.parametrize(("alg", "uses_ctypes"), [("es256", False), ("sm2", True)])
def test_the_command_line_checks_a_voucher_with_what_it_needs(alg: str, uses_ctypes: bool) -> None:
    """The published bundle has an SM2 key in it, whose point is checked without any library."""
    text = issue(CLAIMS, key(alg))
    loaded = loaded_after(
        "from terminal.cli import main\n"
        f"assert main(['voucher', 'check', {text!r}, '--now', '2027-01-15T08:00:05Z']) == 0"
    )
    assert not loaded & set(HEAVY)
    assert ("terminal.voucher.libcrypto" in loaded) is uses_ctypes


def test_the_keys_verb_loads_no_device() -> None:
    loaded = loaded_after("import terminal.cli.keys, terminal.cli.voucher")
    assert not loaded & set(HEAVY)
