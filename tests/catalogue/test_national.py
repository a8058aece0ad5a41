"""What was published of one code holds from its first day to its last, in its region."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from terminal.catalogue import Catalogue
from terminal.catalogue.goods import goods_of
from terminal.catalogue.item import CatalogueError, Item
from terminal.catalogue.national import (
    FILE,
    National,
    NationalWriter,
    Term,
    Terms,
    scope_of,
    writing,
)
from terminal.catalogue.published import Published, read_published
from terminal.sale.money import Fen
from tests.catalogue.goods import THREE, write_published

SHOP = "630102"


class PulledOut(Exception):
    pass


def published(code: str, name: str, version: str = "1", **changes: str) -> Published:
    return Published(
        code, name, "", "", changes.get("insurance_class", "甲"), "", "", True, version
    )


def term(kind: str, value: str, begins: str, ends: str = "", region: str = "630000") -> Term:
    return Term("X1", kind, "1", region, begins, ends, True, value)


def national(folder: Path, *terms: Term, rows: tuple[Published, ...] = ()) -> National:
    with writing(folder) as connection:
        writer = NationalWriter(connection)
        writer.put_rows("1301", rows)
        writer.put_terms(terms)
        writer.finish("1301", "1", "now")
    return National(folder)


@pytest.mark.parametrize(
    ("day", "limit"),
    [
        (date(2025, 12, 31), None),
        (date(2026, 1, 1), 1000),
        (date(2026, 6, 30), 1000),
        (date(2026, 7, 1), 900),
        (date(2030, 1, 1), 900),
    ],
)
def test_a_limit_holds_from_its_first_day_to_its_last(
    tmp_path: Path, day: date, limit: int | None
) -> None:
    made = national(
        tmp_path,
        term("limit", "1000", "2026-01-01", "2026-06-30"),
        term("limit", "900", "2026-07-01"),
    )
    assert made.terms("X1", day, SHOP) == Terms("", None if limit is None else Fen(limit), None)


def test_the_narrowest_region_around_the_shop_counts(tmp_path: Path) -> None:
    made = national(
        tmp_path,
        term("share", "3000", "2020-01-01", region=""),
        term("share", "2000", "2020-01-01", region="639900"),
        term("share", "1000", "2020-01-01", region="630100"),
        term("share", "500", "2020-01-01", region="632800"),
    )
    today = date(2026, 1, 1)
    assert made.terms("X1", today, SHOP).first_share_bp == 1000
    assert made.terms("X1", today, "632801").first_share_bp == 500
    assert made.terms("X1", today, "632100").first_share_bp == 2000
    assert made.terms("X1", today, "510100").first_share_bp == 3000


@pytest.mark.parametrize(
    ("region", "scope"),
    [("630102", "630102"), ("630100", "6301"), ("630000", "63"), ("639900", "63"), ("", "")],
)
def test_a_region_ends_where_zeros_and_nines_begin(region: str, scope: str) -> None:
    assert scope_of(region) == scope


def test_of_several_rows_the_cautious_one_is_shown(tmp_path: Path) -> None:
    kinds = [
        Term("X1", kind, kind_type, "", "2020-01-01", "", True, value)
        for kind, kind_type, value in (
            ("limit", "1", "1000"),
            ("limit", "2", "900"),
            ("share", "1", "1000"),
            ("share", "2", "2000"),
        )
    ]
    made = national(tmp_path, *kinds)
    assert made.terms("X1", date(2026, 1, 1), SHOP) == Terms("", Fen(900), 2000)


def test_what_was_taken_back_does_not_hold(tmp_path: Path) -> None:
    held = term("limit", "1000", "2020-01-01")
    gone = Term("X1", "limit", "1", "630000", "2020-01-01", "", False, "1000")
    assert national(tmp_path, held).terms("X1", date(2026, 1, 1), SHOP).price_limit_fen == 1000
    assert national(tmp_path, gone).terms("X1", date(2026, 1, 1), SHOP).price_limit_fen is None


def test_the_price_stays_the_shops_and_the_rest_is_the_platforms(tmp_path: Path) -> None:
    item = Item("1", "药", "", Fen(2000), "X1", "甲", "", "", Fen(1), 1)
    other = Item("2", "药", "", Fen(2000), "X2", "甲", "", "", Fen(1), 1)
    made = national(
        tmp_path,
        term("limit", "1850", "2026-01-01"),
        term("class", "乙", "2026-01-01"),
        rows=(published("X1", "药", insurance_class="自费"),),
    )
    catalogue = Catalogue(goods_of([item, other]), made, SHOP)
    found = catalogue.find("1", date(2026, 1, 1))
    assert found == Item("1", "药", "", Fen(2000), "X1", "乙", "", "", Fen(1850), 1)
    before = catalogue.find("1", date(2025, 12, 31))
    assert before
    assert (before.insurance_class, before.price_limit_fen) == ("自费", 1)
    assert catalogue.find("2", date(2026, 1, 1)) == other
    assert catalogue.find("1") == item


def test_a_file_that_comes_twice_changes_nothing_and_a_new_name_is_found(tmp_path: Path) -> None:
    rows = (published("X1", "阿莫西林"), published("X2", "头孢克肟"))
    national(tmp_path, rows=rows)
    made = national(tmp_path, rows=rows)
    assert [each.code for each in made.search("amxl")] == ["X1"]
    assert made.counts() == {"1301": 2}
    renamed = national(tmp_path, rows=(published("X2", "布洛芬"),))
    assert [each.code for each in renamed.search("blf")] == ["X2"]
    assert renamed.search("tbkw") == []
    assert [each.code for each in renamed.search("x")] == ["X1", "X2"]


def test_an_attempt_that_ended_is_gone_on_with(tmp_path: Path) -> None:
    def end_half_way() -> None:
        with writing(tmp_path) as connection:
            writer = NationalWriter(connection)
            writer.put_rows("1301", [published("X1", "阿莫西林")])
            writer.finish("1301", "7", "then")
            writer.put_rows("1302", [published("T1", "人参")])
            raise PulledOut

    with pytest.raises(PulledOut):
        end_half_way()
    assert not (tmp_path / FILE).exists()
    with writing(tmp_path) as connection:
        assert NationalWriter(connection).held() == {"1301": "7"}
    assert National(tmp_path).counts() == {"1301": 1}


@pytest.mark.parametrize("torn", [b"", b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_torn_attempt_is_thrown_away(tmp_path: Path, torn: bytes) -> None:
    national(tmp_path, rows=(published("X1", "阿莫西林"),))
    (tmp_path / f"{FILE}.part").write_bytes(torn)
    with writing(tmp_path) as connection:
        assert NationalWriter(connection).held() == {"1301": "1"}
    assert National(tmp_path).counts() == {"1301": 1}


# -- the files


ROW = ("X1", "阿莫西林", "2020-01-01 00:00:00", "null", "1", "V2", "2")


def read(path: Path) -> tuple[list[Published], list[str]]:
    wrong: list[str] = []
    return list(read_published(path, THREE, wrong.append)), wrong


def test_null_is_nothing_and_levels_are_words(tmp_path: Path) -> None:
    path = write_published(tmp_path / "f.zip", [ROW])
    assert read(path) == (
        [Published("X1", "阿莫西林", "", "", "乙", "2020-01-01", "", True, "V2")],
        [],
    )


def test_text_without_a_zip_around_it_is_read_too(tmp_path: Path) -> None:
    path = tmp_path / "f.txt"
    path.write_text("\t".join(ROW) + "\r\n\n", encoding="utf-8")
    rows, wrong = read(path)
    assert ([row.code for row in rows], wrong) == (["X1"], [])


def test_a_broken_row_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    rows = [ROW, ROW[:3], ("null", *ROW[1:]), ("X2", *ROW[1:])]
    found, wrong = read(write_published(tmp_path / "f.zip", rows))
    assert [row.code for row in found] == ["X1", "X2"]
    assert [sentence.split(", ", 1)[1] for sentence in wrong] == [
        "list.txt, row 2: 3 columns, 7 were expected",
        "list.txt, row 3, column 1: no code",
    ]


def test_a_file_with_too_few_columns_for_the_profile_says_so(tmp_path: Path) -> None:
    found, wrong = read(write_published(tmp_path / "f.zip", [ROW[:4]]))
    assert found == []
    assert wrong[0].endswith("4 columns, 7 were expected")


@pytest.mark.parametrize(
    "content",
    [
        "阿莫西林\tX".encode("gbk"),
        b"x" * 200_000,
    ],
)
def test_what_is_no_such_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "f.zip"
    path.write_bytes(content)
    with pytest.raises(CatalogueError, match=str(path)):
        read(path)


def test_every_cut_of_a_zip_is_refused_or_read_whole(tmp_path: Path) -> None:
    whole = write_published(tmp_path / "f.zip", [ROW] * 3).read_bytes()
    for length in range(1, len(whole), 7):
        path = tmp_path / "cut.zip"
        path.write_bytes(whole[:length])
        try:
            found, wrong = read(path)
        except CatalogueError:
            continue
        assert not found
        assert wrong
