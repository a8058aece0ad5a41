"""docs/voucher.md says what the tests show, name by name."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest

from terminal.voucher.reasons import Reason
from tests.voucher.crafting import ROOT_FOLDER
from tests.voucher.refusals import ATTACKS

PAGE = (ROOT_FOLDER / "docs" / "voucher.md").read_text("utf-8")
HERE = Path(__file__).parent


def test_every_attack_is_on_the_page_under_its_reason_and_no_other() -> None:
    listed = {
        reason: set(names.split(" · "))
        for reason, names in re.findall(r"^\| `(\w+)` \| (.+) \|$", PAGE, re.MULTILINE)
    }
    tried: dict[str, set[str]] = {}
    for attack in ATTACKS:
        tried.setdefault(attack.reason.value, set()).add(attack.name)
    assert listed == tried


def test_every_test_named_on_the_page_exists() -> None:
    named = re.findall(r"`(test_\w+\.py)::(test_\w+)`", PAGE)
    assert len(named) > 20
    for file, function in named:
        tree = ast.parse((HERE / file).read_text("utf-8"))
        defined = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
        assert function in defined, f"{file}::{function}"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_reason_has_words_for_the_clerk(language: str) -> None:
    file = ROOT_FOLDER / "config" / "lang" / f"{language}.toml"
    words = tomllib.loads(file.read_text("utf-8"))["voucher"]
    assert {reason.value for reason in Reason} <= words.keys()
