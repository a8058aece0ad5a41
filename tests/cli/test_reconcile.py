"""`gongji reconcile` against the real sandbox over real HTTP: what it says and how it ends."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import httpx
import pytest

from terminal.cli import main
from terminal.cli.exits import Exit
from terminal.config import SHIPPED
from terminal.sandbox.app import create_app
from terminal.sandbox.server import serving
from terminal.sandbox.settings import Settings
from tests.till import make_plan, open_test_till


def sell(journal: Path, platform: str) -> str:
    """One sale over the wire.  Returns its settlement's number."""

    async def work() -> str:
        made = make_plan("sandbox-splits", platform=platform)
        app = create_app(Settings())
        async with (
            httpx.AsyncHTTPTransport() as wire,
            open_test_till(journal, app, made=made, transport=wire) as till,
            httpx.AsyncClient(base_url=platform) as sandbox,
        ):
            till.sandbox = sandbox
            sale = await till.sell("employee")
        app.state.store.close()
        return sale.tenders[0].settlement_id

    return asyncio.run(work())


def options(journal: Path, url: str) -> list[str]:
    profile = ["--profile", "sandbox-splits", "--platform", url, "--lang", "en"]
    return ["reconcile", "--journal", str(journal), *profile]


def test_books_that_agree_and_books_that_do_not(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with serving(Settings()) as running:
        sell(tmp_path / "j", running.url)
        assert main(options(tmp_path / "j", running.url)) == Exit.OK
        assert "1 settlements, 61.20 yuan, as in the platform's books" in capsys.readouterr().out
    with serving(Settings()) as empty:
        assert main(options(tmp_path / "j", empty.url)) == Exit.FAILED
        assert "the platform has no settlement" in capsys.readouterr().out
        assert main([*options(tmp_path / "j", empty.url), "--json"]) == Exit.FAILED
    told = json.loads(capsys.readouterr().out)
    assert [each["finding"] for each in told["differences"]] == ["not_there"]
    assert told["differences"][0]["ours_fen"] == 6120


def test_a_platform_that_is_not_there(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with serving(Settings()) as running:
        sell(tmp_path / "j", running.url)
    assert main(options(tmp_path / "j", "http://127.0.0.1:1")) == Exit.PLATFORM
    assert "the platform gave no answer (ConnectError)" in capsys.readouterr().out


def test_days_and_profiles_that_cannot_be(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with serving(Settings()) as running:
        sell(tmp_path / "j", running.url)
        asked = options(tmp_path / "j", running.url)
        assert main([*asked, "--day", "2026-13-01"]) == Exit.USAGE
        assert "That is not a day" in capsys.readouterr().err
        text = (SHIPPED / "platforms" / "sandbox-splits.toml").read_text(encoding="utf-8")
        start = text.index("[reconciliation]")
        bare = tmp_path / "bare.toml"
        bare.write_text(text[:start] + text[text.index("[timeouts]") :], encoding="utf-8")
        assert main([*asked, "--profile", str(bare)]) == Exit.CONFIG
        assert "no [reconciliation]" in capsys.readouterr().err
    assert main(options(tmp_path / "nowhere", "http://127.0.0.1:1")) == Exit.JOURNAL
