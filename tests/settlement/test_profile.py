"""A profile that contradicts itself is refused at start, in a sentence that names the key."""

from __future__ import annotations

from pathlib import Path

import pytest

from terminal.config import SHIPPED, ConfigError, load_profile

PROFILES = sorted(path.stem for path in (SHIPPED / "platforms").glob("*.toml"))

CONTRADICTIONS = [
    ("sandbox", "ask_at_seconds = [0, 2,", "ask_at_seconds = [3, 2,", "ask_at_seconds must rise"),
    ("sandbox", "seconds_max = 400", "seconds_max = 12", "flight_seconds_max is shorter"),
    ("sandbox", "ids_kept_seconds = 2592000", "ids_kept_seconds = 444", "ids_kept_seconds ends"),
    (
        "sandbox",
        "idempotent_repeat = false",
        "idempotent_repeat = true\nnothing = 1",
        "unknown field `nothing`",
    ),
    ("sandbox", "failure_is_final = true", "failure_is_final = false", "failure_is_final"),
    ("sandbox", "token_seconds_max = 900", "token_seconds_max = 9", "token_seconds_max"),
    ("sandbox", '["处理中"]', '["不足"]', "also a reason to decline"),
    ("sandbox", 'contains = "暂停"', 'contains = "余额不足了"', "is never reached"),
    ("sandbox", "till_digits = 2", "till_digits = 3", "till_digits"),
    ("sandbox", 'kind = "plain"', 'kind = "csb"', "gateway"),
    ("sandbox", 'kind = "plain"', 'kind = "x-tif", paasid = "a"', "token_file"),
    (
        "sandbox",
        'mode = "terminal',
        'tls = { ca_file = "", cert_file = "a", key_file = "a" }\nmode = "terminal',
        "the url is not https",
    ),
    ("two-step-account", '"declines",\n]', '"declined",\n]', 'no key "declined"'),
    (
        "qinghai-national",
        'environment = "test"',
        'environment = "production"',
        "take them out of unverified: url, path, receiver_code",
    ),
]


@pytest.mark.parametrize("name", PROFILES)
def test_a_shipped_profile_can_be_used(name: str) -> None:
    assert load_profile(name, SHIPPED).name == name


@pytest.mark.parametrize(("name", "was", "becomes", "words"), CONTRADICTIONS)
def test_a_contradiction_is_refused_by_its_key(
    name: str, was: str, becomes: str, words: str, tmp_path: Path
) -> None:
    text = (SHIPPED / "platforms" / f"{name}.toml").read_text(encoding="utf-8")
    assert was in text
    path = tmp_path / "own.toml"
    path.write_text(text.replace(was, becomes), encoding="utf-8")
    with pytest.raises(ConfigError) as refused:
        load_profile(str(path), tmp_path)
    assert words in str(refused.value)
    assert "own.toml" in str(refused.value)


def test_a_repeat_that_would_come_after_the_voucher_is_refused(tmp_path: Path) -> None:
    text = (SHIPPED / "platforms" / "sandbox-splits.toml").read_text(encoding="utf-8")
    text = text.replace("idempotent_repeat = false", "idempotent_repeat = true")
    path = tmp_path / "own.toml"
    path.write_text(text.replace("token_seconds_max = 900", "token_seconds_max = 45"), "utf-8")
    assert load_profile(str(path), tmp_path).capabilities.idempotent_repeat
    path.write_text(text.replace("token_seconds_max = 900", "token_seconds_max = 44"), "utf-8")
    with pytest.raises(ConfigError, match="idempotent_repeat: a repeat at the last"):
        load_profile(str(path), tmp_path)


@pytest.mark.parametrize("name", ["qinghai-national", "two-step-account"])
def test_every_value_marked_in_the_text_is_in_the_list_and_the_other_way_round(name: str) -> None:
    path = SHIPPED / "platforms" / f"{name}.toml"
    table, marked = "", set()
    lines = path.read_text(encoding="utf-8").splitlines()
    for at, line in enumerate(lines):
        if line.startswith("[") and not line.startswith("[["):
            table = line.strip("[]") + "."
        if "UNVERIFIED" in line and " = " in line:
            marked.add(table + line.split(" = ")[0].strip())
        if line.startswith("# UNVERIFIED"):
            assert lines[at + 1] == "[[declines]]"
            marked.add("declines")
    assert set(load_profile(name, SHIPPED).unverified) == marked
