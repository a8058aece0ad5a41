"""Goods are found however a clerk types them."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from terminal.catalogue import Item
from terminal.catalogue.goods import goods_of, read_goods
from terminal.config import SHIPPED
from terminal.readings import Typed, typed_as
from terminal.sale.money import Fen

DEMO = read_goods(SHIPPED / "catalogues" / "demo.csv")
AMOXICILLIN = Item("6901234567892", "阿莫西林胶囊", "", Fen(1850), "", "甲", "", "")


def spellings(name: str) -> list[str]:
    """Every mix of whole readings, initials and characters for the first four of a name."""
    ways = [
        {form for reading in typed_as(char) for form in (reading, reading[0])} for char in name[:4]
    ]
    return ["".join(mixed) for mixed in itertools.product(*ways)]


def test_every_mix_of_initials_full_pinyin_and_characters_finds_the_goods() -> None:
    goods = goods_of([AMOXICILLIN])
    typed = spellings(AMOXICILLIN.name)
    assert {"amxl", "amoxilin", "阿莫西林", "amoxl", "阿mxl"} <= set(typed)
    for text in typed:
        for end in range(1, len(text) + 1):
            assert goods.search(text[:end]) == [AMOXICILLIN], text[:end]


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("AMXL", "阿莫西林胶囊"),
        ("西林", "阿莫西林胶囊"),
        ("xilin", "阿莫西林胶囊"),
        ("ds dw", "复方丹参滴丸"),
        ("shuanggua", "二甲双胍片"),
        ("69012", "阿莫西林胶囊"),
        ("kouzhao", "医用外科口罩"),
    ],
)
def test_a_part_of_the_name_or_code_is_enough(typed: str, name: str) -> None:
    assert name in [item.name for item in DEMO.search(typed)]


@pytest.mark.parametrize("typed", ["", "  ", "xx", "amxlz", "01234567892", "[", "\x1b", "阿西"])
def test_what_is_not_there_is_not_found(typed: str) -> None:
    assert DEMO.search(typed) == []


def test_what_begins_so_comes_before_what_holds_it_and_the_list_has_an_end() -> None:
    inside = [replace(AMOXICILLIN, code=str(n), name=f"复方{n}阿莫") for n in range(30)]
    goods = goods_of([*inside, AMOXICILLIN])
    found = goods.search("am", most=5)
    assert found[0] == AMOXICILLIN
    assert found[1:] == inside[:4]


def test_the_abbreviation_of_the_shop_is_searched_too() -> None:
    item = replace(AMOXICILLIN, pinyin="kss")
    assert goods_of([item]).search("KS") == [item]


def test_a_character_with_several_readings_is_found_by_each() -> None:
    assert {"zhong", "chong"} <= typed_as("重")
    for typed in ("zhongl", "chongl", "zl", "cl", "chl"):
        assert Typed(typed).begins("重楼"), typed
    assert not Typed("zhongl").begins("中药")
