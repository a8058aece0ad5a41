"""What insurance says of a line stands on it: price limit and first share."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import pytest

from terminal.catalogue import Catalogue, Item
from terminal.catalogue.goods import goods_of
from terminal.sale.commands import AddItem
from terminal.sale.money import Fen
from terminal.text import LANGUAGES
from tests.till import make_plan
from tests.tui.counter import LARGE, SMALL, counter

ITEM = Item("6900000000001", "药", "", Fen(2000), "X1", "乙", "", "", Fen(1850), 1050)
EVERYWHERE = list(itertools.product((SMALL, LARGE), LANGUAGES))


@pytest.mark.parametrize(("size", "language"), EVERYWHERE, ids=str)
async def test_limit_and_share_are_on_the_line(
    tmp_path: Path, size: tuple[int, int], language: str
) -> None:
    cheap = replace(ITEM, code="6900000000018", name="物", unit_fen=Fen(1850), first_share_bp=0)
    made = replace(make_plan(), catalogue=Catalogue(goods_of([ITEM, cheap])))
    async with counter(tmp_path, made=made, size=size, language=language) as at:
        say = at.app.desk.words.say
        await at.till.do(AddItem(ITEM.code))
        await at.settle()
        assert say("screen.over_limit", limit="18.50") in at.text
        assert say("screen.first_share", percent="10.5") in at.text
        await at.till.do(AddItem(cheap.code))
        await at.settle()
        assert say("screen.price_limit", limit="18.50") in at.text
        assert say("screen.first_share", percent="0") not in at.text
