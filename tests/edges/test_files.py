"""Configuration, catalogue and words: a wrong file is named with the place that is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal import config
from terminal.catalogue import CatalogueError
from terminal.catalogue.goods import read_goods
from terminal.config import SHIPPED, ConfigError
from terminal.profile import Mode
from terminal.sale.events import Account
from terminal.sale.money import Fen, parse_yuan, yuan
from terminal.text import LANGUAGES, TextError, Words, visible, words_of_platform

COUNTER = (SHIPPED / "counters" / "demo.toml").read_text(encoding="utf-8")
PROFILE = (SHIPPED / "platforms" / "sandbox.toml").read_text(encoding="utf-8")


def changed(tmp_path: Path, text: str, old: str, new: str) -> Path:
    assert old in text
    path = tmp_path / "changed.toml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


@pytest.mark.parametrize("name", ["sandbox", "sandbox-splits"])
def test_every_shipped_profile_loads(name: str) -> None:
    assert config.load_profile(name, Path()).name == name


def test_the_shipped_counter_loads_with_everything_it_names() -> None:
    counter, beside = config.load_counter("demo")
    for mode in Mode:
        rule = config.load_funding(counter.policy, beside, mode)
        assert rule.order("999") == rule.orders["*"]
    falls = config.load_funding(counter.policy, beside, Mode.TERMINAL_FALLS_BACK)
    assert falls.order("310") == (Account.FUND, Account.PERSONAL, Account.MUTUAL_AID)
    assert falls.order("390") == (Account.FUND, Account.MUTUAL_AID)
    assert read_goods(config.find("catalogues", counter.catalogue, beside)).find("6901234567892")


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("number = 1", "nummer = 1", "nummer"),
        ("number = 1", "number = 0", "till.number"),
        ("number = 1", 'number = "1"', "till.number"),
        ('code = "P63010200001"', 'code = "P6301"', "shop.code"),
        ('language = "zh"', 'language = "fr"', "language"),
        ("[till]", "[till", "line"),
    ],
)
def test_a_wrong_counter_names_file_and_key(tmp_path: Path, old: str, new: str, named: str) -> None:
    path = changed(tmp_path, COUNTER, old, new)
    with pytest.raises(ConfigError) as error:
        config.load_counter(str(path))
    assert str(path) in str(error.value)
    assert named in str(error.value)


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("connect_seconds = 3", "connect_seconds = 0", "timeouts.connect_seconds"),
        ("[0, 2, 5,", "[2, 0, 5,", "ask_at_seconds"),
        ("failure_is_final = true", "failure_is_fatal = true", "failure_is_fatal"),
        ('mode = "terminal_falls_back"', 'mode = "both"', "mode"),
        ('reason = "insufficient"', 'reason = "poor"', "reason"),
    ],
)
def test_a_wrong_profile_names_file_and_key(tmp_path: Path, old: str, new: str, named: str) -> None:
    path = changed(tmp_path, PROFILE, old, new)
    with pytest.raises(ConfigError) as error:
        config.load_profile(str(path), tmp_path)
    assert str(path) in str(error.value)
    assert named in str(error.value)


def test_a_name_that_is_no_file_says_where_it_was_looked_for() -> None:
    with pytest.raises(ConfigError, match="nowhere"):
        config.load_counter("nowhere")


HEAD = "code,name,spec,unit_price,insurance_code,insurance_class,pinyin,trace_prefix\n"


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        ("code,name\n1,2\n", "row 1"),
        (HEAD + "1,药,,1.00,,自费,y,\n1,药,,1.00,,自费,y,\n", "row 3, code: 1 stands there twice"),
        (HEAD + ",药,,1.00,,自费,y,\n", "row 2, code"),
        (HEAD + "1,,,1.00,,自费,y,\n", "row 2, name"),
        (HEAD + "1,药,,1.005,,自费,y,\n", "row 2, unit_price"),
        (HEAD + "1,药,,-1.00,,自费,y,\n", "row 2, unit_price"),
        (HEAD + "1,药,,1.00,,丙,y,\n", "row 2, insurance_class"),
        (HEAD + "1,药,,1.00,,自费,y,830001\n", "row 2, trace_prefix"),
        (HEAD + "1,药,,1.00,,自费,y,830000１\n", "row 2, trace_prefix"),
        (
            HEAD + "1,药,,1.00,,自费,y,8300001\n2,药,,1.00,,自费,y,8300001\n",
            "row 3, trace_prefix: 8300001 stands there twice",
        ),
        (HEAD + "1,药,,1.00,,自费\n", "row 2"),
        (HEAD + "1,药,,1.00,,自费,y,,z\n", "row 2"),
    ],
)
def test_a_wrong_catalogue_names_row_and_column(tmp_path: Path, rows: str, complaint: str) -> None:
    path = tmp_path / "c.csv"
    path.write_text(rows, encoding="utf-8")
    with pytest.raises(CatalogueError, match=complaint) as error:
        read_goods(path)
    assert str(path) in str(error.value)


def test_a_catalogue_in_another_encoding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    path.write_bytes((HEAD + "1,药,,1.00,,自费,y,\n").encode("gbk"))
    with pytest.raises(CatalogueError, match="utf-8"):
        read_goods(path)


def test_a_trace_code_names_its_goods_by_seven_digits() -> None:
    goods = read_goods(SHIPPED / "catalogues" / "demo.csv")
    found = goods.find_by_trace("83000010000000000001")
    assert found
    assert found.name == "阿莫西林胶囊"
    assert goods.find_by_trace("83000000000000000001") is None
    assert goods.find_by_trace("") is None


def test_both_languages_have_the_same_messages_and_placeholders() -> None:
    first, *others = (Words.load(SHIPPED / "lang", language) for language in LANGUAGES)
    for other in others:
        assert first.keys == other.keys
        for key in first.keys:
            assert first.placeholders(key) == other.placeholders(key), key


def test_a_missing_message_is_an_error_that_names_it() -> None:
    words = Words("xx", {"a": "{b}"})
    with pytest.raises(TextError, match="nothing"):
        words.say("nothing")
    with pytest.raises(TextError, match="a"):
        words.say("a")


@given(st.text(max_size=300))
def test_nothing_that_a_terminal_interprets_is_visible(text: str) -> None:
    shown = visible(text)
    assert len(shown) <= 200
    for char in shown:
        assert char.isprintable() or char == " "


@pytest.mark.parametrize(
    "hostile", ["\x1b[2J", "\x1b]0;x\x07", "a\u202eb", "a\u200bb", "a\nb", "\x9b31m", "a\x00b"]
)
def test_controls_become_a_dot(hostile: str) -> None:
    assert "·" in visible(hostile)


def test_a_platforms_words_lose_identity_numbers() -> None:
    assert words_of_platform("证件630102199001011235有误") == "证件…有误"
    assert words_of_platform("错误码12345") == "错误码12345"


@given(st.integers(-(10**9), 10**9))
def test_yuan_and_back(amount: int) -> None:
    assert parse_yuan(yuan(Fen(amount))) == amount


@pytest.mark.parametrize("text", ["", "1.", ".5", "1.005", "1,5", "１２", "1e3", "--1", " 1"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not an amount"):
        parse_yuan(text)
