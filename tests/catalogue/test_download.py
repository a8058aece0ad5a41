"""`gongji catalogue download` against the sandbox over real HTTP."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import httpx
import pytest

from terminal.catalogue.national import FILE, National, Terms
from terminal.config import SHIPPED
from terminal.sandbox.published import ROWS_OF_A_VERSION
from terminal.sandbox.server import serving
from terminal.sandbox.settings import Settings
from tests.catalogue.goods import write_published, write_sheet

LIANHUA = "ZA01BAL0189010200001"
"""乙 in the demo catalogue; the shipped policy has its first share at 0.10."""
AMOXICILLIN = "XJ01CAA040E001010300001"
TODAY = date(2026, 11, 22)


def gongji(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "terminal.cli", "catalogue", *words],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def download(url: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return gongji("download", "--platform", url, "--journal", str(folder / "journal.db"))


def with_limit(tmp_path: Path) -> Path:
    shipped = (SHIPPED / "policies" / "qinghai-2024-12.toml").read_text(encoding="utf-8")
    none = "[benefit.price_limit_fen]\nvalue = {}"
    assert none in shipped
    one = none.replace("{}", f"{{ {AMOXICILLIN} = 1500 }}")
    path = tmp_path / "policy.toml"
    path.write_text(shipped.replace(none, one), encoding="utf-8")
    return path


def test_every_version_and_every_page_is_read_and_then_only_what_is_newer(tmp_path: Path) -> None:
    count = ROWS_OF_A_VERSION + 10
    settings = Settings(invented_drugs=count, policy_file=with_limit(tmp_path))
    with serving(settings) as sandbox:
        first = download(sandbox.url, tmp_path)
        assert first.returncode == 0, first.stderr
        rows = json.loads(first.stdout)["rows"]
        assert rows["1301"] == rows["class"] == count + 5
        assert "1301 F001_20260101_0002: 15 rows read, 0 passed over" in first.stderr
        again = download(sandbox.url, tmp_path)
        assert again.returncode == 0, again.stderr
        assert json.loads(again.stdout)["rows"] == rows
        assert "1301" not in again.stderr
        assert "1312 page 1: 0 rows read" in again.stderr
    national = National(tmp_path)
    assert national.terms(LIANHUA, TODAY, "630102") == Terms("乙", None, 1000)
    assert national.terms(AMOXICILLIN, TODAY, "630102").price_limit_fen == 1500
    assert next(row.code for row in national.search("lhqw", 3)) == LIANHUA


@pytest.mark.parametrize("infno", ["1301", "9102", "1318"])
def test_a_silence_changes_nothing_and_the_next_download_goes_on(
    tmp_path: Path, infno: str
) -> None:
    with serving() as sandbox:
        fault = {"kind": "drop_before", "infno": infno, "count": 1}
        httpx.post(f"{sandbox.url}/_faults", json=fault).raise_for_status()
        failed = download(sandbox.url, tmp_path)
        assert failed.returncode == 5
        assert "run it again to go on" in failed.stderr
        assert not (tmp_path / FILE).exists()
        assert download(sandbox.url, tmp_path).returncode == 0
    assert National(tmp_path).counts() == {"1301": 5, "class": 5, "share": 1}


def test_what_a_platform_does_not_publish_is_said_and_the_rest_is_read(tmp_path: Path) -> None:
    profile = tmp_path / "own.toml"
    shipped = (SHIPPED / "platforms" / "sandbox.toml").read_text(encoding="utf-8")
    files = "[publishing.files.1301]"
    assert files in shipped
    profile.write_text(
        shipped.replace(files, f"[publishing.files.1309]\ncode = 1\n\n{files}"),
        encoding="utf-8",
    )
    with serving() as sandbox:
        told = gongji(
            *("download", "--platform", sandbox.url, "--profile", str(profile)),
            *("--journal", str(tmp_path / "journal.db")),
        )
    assert told.returncode == 1
    assert "1309: refused" in told.stderr
    assert json.loads(told.stdout)["rows"]["1301"] == 5


def test_goods_and_published_files_are_imported_by_hand_and_found(tmp_path: Path) -> None:
    journal = ("--journal", str(tmp_path / "journal.db"))
    sheet = str(write_sheet(tmp_path / "g.csv", 12))
    imported = gongji("import", sheet, *journal)
    assert (imported.returncode, json.loads(imported.stdout)["goods"]) == (0, 12)
    cells = ["null"] * 97
    cells[0], cells[7], cells[78], cells[82] = "X1", "头孢克肟分散片", "1", "V1"
    packed = str(write_published(tmp_path / "1301.zip", [cells]))
    assert gongji("import", packed, "--list", "1301", *journal).returncode == 0
    found = gongji("find", "tbkw", *journal)
    assert [json.loads(line)["national"]["code"] for line in found.stdout.splitlines()] == ["X1"]
    counter = tmp_path / "own.toml"
    demo = (SHIPPED / "counters" / "demo.toml").read_text(encoding="utf-8")
    counter.write_text(demo.replace('"demo.csv"', '"imported"'), encoding="utf-8")
    shown = gongji("show", "--counter", str(counter), *journal)
    assert json.loads(shown.stdout)["goods"] == 12


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("import", "nowhere.csv"), 3, "nowhere.csv"),
        (("import", "nowhere.zip", "--list", "1301"), 3, "nowhere.zip"),
        (("import", "nowhere.zip", "--list", "1399"), 3, "publishing.files has no 1399"),
        (("download", "--profile", "two-step-account"), 3, "no table [publishing]"),
        (("download", "--platform", "http://127.0.0.1:9"), 5, "1301"),
    ],
)
def test_what_cannot_be_done_says_why(
    tmp_path: Path, words: tuple[str, ...], code: int, sentence: str
) -> None:
    told = gongji(*words, "--journal", str(tmp_path / "journal.db"))
    assert told.returncode == code
    assert sentence in told.stderr
    assert "Traceback" not in told.stderr
