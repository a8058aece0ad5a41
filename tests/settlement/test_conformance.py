"""`gongji conformance` against the real sandbox, over real HTTP: right, and wrong in one way."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from terminal.cli import main
from terminal.config import SHIPPED
from terminal.sandbox.rules import AccountSplit, Repeat
from terminal.sandbox.server import serving
from terminal.sandbox.settings import Settings
from terminal.sandbox.wrong import Wrong
from tests.settlement.promising import promising

Json = dict[str, Any]

BROKEN = {
    Wrong.SHORT_REFERENCE: "envelope",
    Wrong.SILENT_REFUSAL: "refusal",
    Wrong.ESTIMATE_SUMS: "estimate.sums",
    Wrong.UNCHECKED_TOTAL: "estimate.total",
    Wrong.SETTLE_SUMS: "settle.sums",
    Wrong.FOREIGN_ID: "settle.own-id",
    Wrong.ESTIMATE_LOWER: "settle.as-estimated",
    Wrong.REVERSAL_SUMS: "reverse.sums",
    Wrong.REVERSAL_HIDDEN: "reverse.shown",
    Wrong.REVERSAL_KEEPS: "reverse.balance",
    Wrong.REVERSES_TWICE: "reverse.twice",
    Wrong.LOST_REVERSAL_IDLE: "lost-reply",
    Wrong.BLIND_STATEMENT: "reconcile",
    Wrong.CUT_FILE: "reconcile.file",
    Wrong.BLIND_ROWS: "reconcile.rows",
    Wrong.NAMELESS_ROWS: "reconcile.own-id",
}
"""What each wrong platform breaks."""


def examine(
    capsys: pytest.CaptureFixture[str], profile: Path | str, settings: Settings
) -> tuple[int, Json]:
    with serving(settings) as running:
        options = ["--profile", str(profile), "--platform", running.url, "--format", "json"]
        code = main(["conformance", *options, "--sandbox-person", "employee"])
    report: Json = json.loads(capsys.readouterr().out)
    return code, report


def failed(report: Json) -> list[str]:
    return [line["name"] for line in report["lines"] if line["verdict"] == "failed"]


@pytest.mark.parametrize(
    ("profile", "split", "as_text"),
    [
        ("sandbox", AccountSplit.INSIDE, False),
        ("sandbox", AccountSplit.ON_TOP, True),
        ("sandbox-splits", AccountSplit.INSIDE, True),
        ("sandbox-splits", AccountSplit.ON_TOP, False),
    ],
)
def test_the_sandbox_keeps_every_line(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    profile: str,
    split: AccountSplit,
    as_text: bool,
) -> None:
    settings = Settings(account_split=split, amounts_as_text=as_text)
    code, report = examine(capsys, promising(profile, tmp_path), settings)
    assert (failed(report), code) == ([], 0)
    skipped = {line["name"] for line in report["lines"] if line["verdict"] == "skipped"}
    expected = {"debit", "debit.all-or-nothing", "debit.unknown-id"}
    assert skipped == (expected if profile == "sandbox-splits" else set())


@pytest.mark.parametrize("wrong", Wrong)
def test_a_platform_that_is_wrong_in_one_way_fails_exactly_that_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, wrong: Wrong
) -> None:
    settings = Settings(wrong=frozenset({wrong}))
    code, report = examine(capsys, promising("sandbox-splits", tmp_path), settings)
    assert (failed(report), code) == ([BROKEN[wrong]], 1)


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        (Settings(repeat=Repeat.CHARGE), "repeated-id"),
        (Settings(tombstones=False), "unknown-id"),
    ],
)
def test_a_promise_the_platform_does_not_keep_fails_its_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, settings: Settings, line: str
) -> None:
    code, report = examine(capsys, promising("sandbox-splits", tmp_path), settings)
    assert (failed(report), code) == ([line], 1)


def test_what_the_profile_does_not_promise_is_skipped_and_not_judged(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, report = examine(capsys, "sandbox-splits", Settings(repeat=Repeat.CHARGE))
    words = {line["name"]: line["words"] for line in report["lines"]}
    assert code == 0
    assert "idempotent_repeat is not promised" in words["repeated-id"]


def _arguments(url: str) -> list[str]:
    options = ["--profile", "sandbox-splits", "--sandbox-person", "employee", "--platform", url]
    return ["conformance", *options]


def test_the_report_is_also_text_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    with serving(Settings(wrong=frozenset({Wrong.BLIND_STATEMENT}))) as running:
        assert main(_arguments(running.url)) == 1
    text = capsys.readouterr().out
    assert "FAILED  reconcile" in text
    assert "3201 finds equal what is a fen too much" in text


def test_the_report_is_also_junit_in_a_file(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    out = tmp_path / "report.xml"
    with serving(Settings(wrong=frozenset({Wrong.BLIND_STATEMENT}))) as running:
        assert main([*_arguments(running.url), "--format", "junit", "--out", str(out)]) == 1
    suite = ElementTree.parse(out).getroot()
    assert suite.get("failures") == "1"
    (case,) = suite.findall("testcase[failure]")
    assert case.get("name") == "reconcile"
    assert capsys.readouterr().out == ""


def test_a_platform_that_is_not_there_fails_with_a_sentence(
    capsys: pytest.CaptureFixture[str],
) -> None:
    arguments = ["conformance", "--profile", "sandbox", "--platform", "http://127.0.0.1:1"]
    assert main([*arguments, "--token", "x"]) == 1
    assert "9001: no answer: ConnectError" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        (["--till", "100"], "message_id.till_digits allows 0 to 99"),
        (["--profile", "nowhere"], "no such file"),
        (["--out", "/"], "--out /"),
    ],
)
def test_a_setting_that_cannot_be_is_named(
    capsys: pytest.CaptureFixture[str], extra: list[str], words: str
) -> None:
    with serving(Settings()) as running:
        options = ["--platform", running.url, "--sandbox-person", "employee"]
        assert main(["conformance", *options, *extra]) == 3
    assert words in capsys.readouterr().err


def test_production_is_never_tried_out(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    text = (SHIPPED / "platforms" / "sandbox.toml").read_text(encoding="utf-8")
    path = tmp_path / "earnest.toml"
    path.write_text(text.replace('environment = "test"', 'environment = "production"'), "utf-8")
    assert main(["conformance", "--profile", str(path), "--token", "x"]) == 3
    assert "is for production" in capsys.readouterr().err
