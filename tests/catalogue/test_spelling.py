"""The index may offer too much and never too little: it finds what reading every name finds."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from terminal.catalogue.goods import Goods, goods_of
from terminal.catalogue.index import OFFERS_MAX
from terminal.catalogue.item import Item
from terminal.catalogue.spelling import WAYS_MAX, Known, known_of, plain, questions
from terminal.readings import TWO_LETTERS, Typed, typed_as
from terminal.sale.money import Fen
from tests.catalogue.goods import name

NAMES = tuple(dict.fromkeys(name(number) for number in range(0, 1000, 6)))
assert len(NAMES) < OFFERS_MAX
MANY = len(NAMES) + 1


def goods_named(*names: str) -> Goods:
    return goods_of(
        Item(f"#{at}", each, "", Fen(1), "", "甲", "", "") for at, each in enumerate(names)
    )


ALL = goods_named(*NAMES)

PIECES = st.sampled_from(sorted({r for each in NAMES for char in each for r in typed_as(char)}))
INITIALS = PIECES.map(lambda piece: piece[:2] if piece[:2] in TWO_LETTERS else piece[0])
TYPED = st.one_of(
    st.lists(st.one_of(PIECES, INITIALS, PIECES.map(lambda p: p[0])), min_size=1, max_size=5).map(
        "".join
    ),
    st.lists(INITIALS, min_size=1, max_size=5).map("".join),
    st.text(alphabet="amxlzhcsngiuv 阿西林0%(", min_size=1, max_size=8),
)


def by_reading_all(typed: str) -> list[str]:
    wanted = plain(typed)
    if not wanted:
        return []
    spelled = Typed(wanted)
    begins = [each for each in NAMES if spelled.begins(plain(each))]
    return begins + [e for e in NAMES if e not in begins and spelled.is_in(plain(e))]


@settings(deadline=None)
@given(TYPED)
def test_the_index_finds_what_reading_every_name_finds(typed: str) -> None:
    # No code begins so: goods are found by their names alone.
    assert [item.name for item in ALL.search(typed, MANY)] == by_reading_all(typed)


@given(st.text(alphabet="zhcsnga", min_size=30, max_size=60))
def test_a_long_text_is_asked_in_few_ways(typed: str) -> None:
    known = Known(known_of("张炸茶昌沙商南刚安昂甲查鲳傻"))
    for question in questions(typed, known) or ():
        assert question.count(" OR (") <= WAYS_MAX * 10


def test_a_name_keeps_its_place_however_many_share_it() -> None:
    same = goods_named(*["阿莫西林胶囊"] * 30)
    assert len(same.search("amxl", 20)) == 20
    assert len(same.search("amxl", 40)) == 30


def test_characters_that_mean_something_to_the_index_are_only_characters() -> None:
    goods = goods_named('药"(AND)', "药* OR NEAR", "药-+^{}:")
    for typed in ('"', "(and", "*", "药*", "^", "{}", ":", "near"):
        assert len(goods.search(typed)) == 1, typed
    assert goods.search("not") == []
