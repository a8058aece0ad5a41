"""A file of goods replaces the one before as a whole, or not at all."""

from __future__ import annotations

import fcntl
from pathlib import Path

import pytest

from terminal.catalogue.goods import FILE, Goods, import_goods, imported_goods, read_goods
from terminal.catalogue.item import CatalogueError
from tests.catalogue.goods import name, write_sheet

WRONG = {
    "1,药,,1.005,,甲,,": "unit_price: not an amount in yuan: '1.005'; write it like 12.50",
    ",药,,1.00,,甲,,": "code: is empty; fill it in or take the row out",
    "2,药,,1.00,,丙,,": "insurance_class: must be one of 甲, 乙, 自费",
    "6900000000000,药,,1.00,,甲,,": "code: 6900000000000 stands there twice; take one of them out",
    "3,药,,1.00,,甲,": "not 8 cells; quote a cell that has a comma in it",
    "4,药,,1.00,,甲,,83": "trace_prefix: must be 7 digits, or empty",
}


def names(goods: Goods) -> list[str]:
    return [item.name for item in goods]


def test_what_is_imported_is_what_is_read(tmp_path: Path) -> None:
    path = write_sheet(tmp_path / "g.csv", 2_500)
    told: list[int] = []
    assert import_goods(path, tmp_path, progress=told.append) == (2_500, ())
    assert told == [1_000, 2_000, 2_500]
    imported, read = imported_goods(tmp_path), read_goods(path)
    assert list(imported) == list(read)
    for typed in ("amxl", "690000", "胶囊", "zhusheye"):
        assert imported.search(typed) == read.search(typed) != []
    assert imported.find_by_trace("83000070000000000001") == read.find("6900000000007")


def test_every_wrong_row_is_told_and_then_nothing_is_imported(tmp_path: Path) -> None:
    import_goods(write_sheet(tmp_path / "old.csv", 3), tmp_path)
    path = write_sheet(tmp_path / "new.csv", 5, more=WRONG)
    with pytest.raises(CatalogueError) as refused:
        import_goods(path, tmp_path)
    told = str(refused.value).splitlines()
    assert len(told) == len(WRONG)
    for row, (line, sentence) in enumerate(zip(told, WRONG.values(), strict=True), start=7):
        assert line.startswith(f"{path}, row {row}")
        assert line.endswith(sentence)
    assert len(imported_goods(tmp_path)) == 3


def test_the_rows_that_are_right_are_imported_where_that_is_wanted(tmp_path: Path) -> None:
    path = write_sheet(tmp_path / "new.csv", 5, more=WRONG)
    count, left_out = import_goods(path, tmp_path, skip_wrong=True)
    assert (count, len(left_out)) == (5, len(WRONG))
    assert names(imported_goods(tmp_path)) == [name(number) for number in range(5)]


def test_more_mistakes_than_anybody_reads_are_counted(tmp_path: Path) -> None:
    path = write_sheet(tmp_path / "new.csv", 1, more=[",,,,,,,"] * 60)
    with pytest.raises(CatalogueError, match="and 10 more"):
        import_goods(path, tmp_path)


def test_a_till_keeps_the_old_goods_until_the_new_are_whole(tmp_path: Path) -> None:
    import_goods(write_sheet(tmp_path / "old.csv", 3), tmp_path)
    till = imported_goods(tmp_path)
    seen: list[int] = []
    import_goods(
        write_sheet(tmp_path / "new.csv", 2_000, first=100),
        tmp_path,
        progress=lambda rows: seen.append(len(till)),
    )
    assert seen == [3, 3, 3]
    assert len(till) == 2_000
    assert till.find("6900000000000") is None
    assert till.find("6900000000100")


class PulledOut(Exception):
    pass


def test_an_import_that_ends_half_way_changes_nothing(tmp_path: Path) -> None:
    import_goods(write_sheet(tmp_path / "old.csv", 3), tmp_path)

    def end(rows: int) -> None:
        raise PulledOut

    with pytest.raises(PulledOut):
        import_goods(write_sheet(tmp_path / "new.csv", 2_000), tmp_path, progress=end)
    assert len(imported_goods(tmp_path)) == 3
    assert import_goods(tmp_path / "new.csv", tmp_path) == (2_000, ())


def test_only_one_imports_at_a_time(tmp_path: Path) -> None:
    path = write_sheet(tmp_path / "g.csv", 3)
    with (tmp_path / f"{FILE}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(CatalogueError, match="is being written already"):
            import_goods(path, tmp_path)
    assert import_goods(path, tmp_path) == (3, ())


def test_a_file_that_is_broken_later_does_not_stop_a_till(tmp_path: Path) -> None:
    import_goods(write_sheet(tmp_path / "old.csv", 3), tmp_path)
    till = imported_goods(tmp_path)
    broken = tmp_path / "broken"
    broken.write_bytes(b"not a database" * 100)
    broken.replace(tmp_path / FILE)
    assert len(till) == 3
    with pytest.raises(CatalogueError, match=r"import it again|FILE\.csv"):
        len(imported_goods(tmp_path))


def test_limit_and_share_may_stand_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "g.csv"
    head = "code,name,spec,unit_price,insurance_code,insurance_class,pinyin,trace_prefix"
    row = "1,药,,20.00,X1,乙,,"
    path.write_text(f"{head},price_limit,first_share\n{row},18.50,0.10\n", encoding="utf-8")
    (item,) = read_goods(path)
    assert (item.price_limit_fen, item.first_share_bp) == (1850, 1000)
    for wrong in ("18.555,0.1", "18.50,10", "-1,0", "1,1.5", "1,0.12345"):
        path.write_text(f"{head},price_limit,first_share\n{row},{wrong}\n", encoding="utf-8")
        with pytest.raises(CatalogueError, match=r"row 2, (price_limit|first_share)"):
            read_goods(path)


def test_no_goods_at_all_are_no_catalogue(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="has no goods"):
        import_goods(write_sheet(tmp_path / "g.csv", 0), tmp_path)
