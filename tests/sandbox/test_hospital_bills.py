"""The tables of rates by their numbers (D1 to D6), over real HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from terminal.sandbox.quoted import PolicyError
from terminal.sandbox.settings import SHIPPED, Settings
from tests.sandbox.conftest import Open
from tests.sandbox.counter import Counter, Json


async def bill(counter: Counter, fen: int = 1000000, **more: Any) -> Json:
    asked: Json = {
        "insutype": "310",
        "kind": "inpatient",
        "level": "三级",
        "lines": [{"item_class": "甲", "amount_fen": fen}],
        **more,
    }
    answer = await counter.http.post("/benefits", json=asked)
    assert answer.status_code == 200, answer.text
    told: Json = answer.json()
    payers = ("fund", "catastrophic", "hospital", "own", "mutual_aid", "cash")
    assert told["total_fen"] == sum(told[f"{payer}_fen"] for payer in payers)
    assert told["source"]
    assert told["quote"]
    return told


@pytest.mark.parametrize(
    ("level", "deductible_fen", "in_work", "retired"),
    [("一级", 35000, 85, 90), ("二级", 55000, 80, 85), ("三级", 75000, 75, 80)],
)
async def test_d1_employees_by_level_of_the_hospital_and_employment(
    open_real: Open, level: str, deductible_fen: int, in_work: int, retired: int
) -> None:
    counter = open_real()
    for is_retired, percent in ((False, in_work), (True, retired)):
        paid = await bill(counter, level=level, retired=is_retired)
        assert paid["deductible_fen"] == deductible_fen
        assert paid["fund_fen"] == (1000000 - deductible_fen) * percent // 100


async def test_d1_the_deductible_falls_with_each_stay_of_the_year_but_not_below_zero(
    open_real: Open,
) -> None:
    counter = open_real()
    stays = [(await bill(counter, stay=stay))["deductible_fen"] for stay in (1, 2, 3, 4, 9)]
    assert stays == [75000, 65000, 60000, 60000, 60000]
    assert (await bill(counter, 100, stay=1))["deductible_fen"] == 100


@pytest.mark.parametrize(
    ("used_fen", "fund_fen"), [(0, 693750), (21306250, 693750), (21306251, 693749), (22000000, 0)]
)
async def test_d1_the_fund_stops_at_220_000_yuan_a_year(
    open_real: Open, used_fen: int, fund_fen: int
) -> None:
    assert (await bill(open_real(), fund_used_fen=used_fen))["fund_fen"] == fund_fen


@pytest.mark.parametrize(
    ("item_class", "first_pay_fen"),
    [("诊疗项目", 10000), ("一次性医用材料", 10000), ("口腔医用材料", 20000), ("甲", 0)],
)
async def test_d2_first_pay_shares_by_class_of_item(
    open_real: Open, item_class: str, first_pay_fen: int
) -> None:
    lines = [{"item_class": item_class, "amount_fen": 100000}]
    paid = await bill(open_real(), lines=lines)
    assert (paid["first_pay_fen"], paid["in_scope_fen"]) == (first_pay_fen, 100000 - first_pay_fen)


async def test_d2_somebody_from_elsewhere_pays_a_tenth_of_the_rest_beforehand(
    open_real: Open,
) -> None:
    lines = [{"item_class": "口腔医用材料", "amount_fen": 1000000}]
    paid = await bill(open_real(), lines=lines, out_of_area=True)
    assert (paid["in_scope_fen"], paid["out_of_area_fen"]) == (800000, 80000)
    assert paid["fund_fen"] == (800000 - 80000 - 75000) * 75 // 100


async def test_d3_the_catastrophic_fund_is_off_and_cannot_be_had_for_85_percent(
    open_real: Open, tmp_path: Path
) -> None:
    text = Settings().benefits_file.read_text(encoding="utf-8")
    over: Json = {"fund_used_fen": 22000000, "retired": True}
    paid = await bill(open_real(), **over)
    assert (paid["catastrophic_fen"], paid["hospital_fen"], paid["cash_fen"]) == (0, 0, 1000000)
    path = tmp_path / "benefits.toml"
    path.write_text(text.replace("value = []", 'value = ["retired"]'), encoding="utf-8")
    paid = await bill(open_real(benefits_file=path), **over)
    assert (paid["catastrophic_fen"], paid["hospital_fen"]) == (518000, 111000)  # of 7 400.00
    path.write_text(text.replace("value = []", 'value = ["in_work"]'), encoding="utf-8")
    with pytest.raises(PolicyError, match="in_work do not make 100 %"):
        open_real(benefits_file=path)


async def test_d4_residents_sent_elsewhere(open_real: Open) -> None:
    """20 000.00 less 10 % of all, 1 000.00 of own cost and 1 500.00: 70 % of 15 500.00."""
    lines = [
        {"item_class": "甲", "amount_fen": 1900000},
        {"item_class": "自费", "amount_fen": 100000},
    ]
    sent: Json = {"insutype": "390", "kind": "transferred_out"}
    counter = open_real()
    paid = await bill(counter, lines=lines, **sent)
    assert (paid["own_cost_fen"], paid["total_share_fen"]) == (100000, 200000)
    assert (paid["deductible_fen"], paid["fund_fen"]) == (150000, 1085000)
    assert (await bill(counter, 100000, **sent))["fund_fen"] == 0


@pytest.mark.parametrize(
    ("level", "fund_fen"),
    [("省级", 570000), ("市级", 675500), ("区级", 693000), ("乡镇", 895500)],
)
async def test_d5_rural_residents_by_level(open_real: Open, level: str, fund_fen: int) -> None:
    paid = await bill(open_real(), insutype="380", level=level)
    assert paid["fund_fen"] == fund_fen


async def test_d5_rural_outpatients_have_40_yuan_a_year(open_real: Open) -> None:
    outpatient: Json = {"insutype": "380", "kind": "outpatient"}
    counter = open_real()
    assert (await bill(counter, 3999, **outpatient))["fund_fen"] == 3999
    assert (await bill(counter, 4100, **outpatient))["fund_fen"] == 4000
    assert (await bill(counter, 4100, fund_used_fen=3000, **outpatient))["fund_fen"] == 1000


async def test_d6_every_step_in_its_order_and_then_own_account_and_mutual_aid(
    open_real: Open,
) -> None:
    lines = [
        {"item_class": "甲", "amount_fen": 120000, "limit_fen": 100000},  # 200.00 over
        {"item_class": "乙", "amount_fen": 55, "limit_fen": None},  # 0.055: half a fen goes up
        {"item_class": "乙", "amount_fen": 200000, "limit_fen": 150000},  # 10 % of 1 500.00
        {"item_class": "偏方", "amount_fen": 7777},  # nobody knows it: own cost
    ]
    paid = await bill(open_real(), lines=lines, own_fen=60000, pot_fen=1000000)
    assert [line["in_scope_fen"] for line in paid["lines"]] == [100000, 49, 135000, 0]
    assert paid["over_limit_fen"] == 70000
    assert paid["first_pay_fen"] == 15006
    assert paid["own_cost_fen"] == 7777
    assert paid["in_scope_fen"] == 235049
    assert paid["fund_fen"] == 120037  # 75 % of 1 600.49 is 1 200.3675
    assert (paid["own_fen"], paid["mutual_aid_fen"], paid["cash_fen"]) == (60000, 147795, 0)


@pytest.mark.parametrize(
    ("insutype", "kind", "level", "deductible_fen", "in_work", "retired"),
    [
        ("310", "inpatient", "三级", 80000, 85, 89),
        ("310", "inpatient", "二级", 40000, 88, 92),
        ("310", "inpatient", "一级", 20000, 92, 95),
        ("310", "outpatient", "三级", 0, 50, 60),
        ("310", "outpatient", "二级", 0, 60, 70),
        ("310", "outpatient", "一级", 0, 60, 70),
        ("390", "outpatient", "一级", 0, 50, 50),
    ],
)
async def test_the_second_reading_of_the_rates(
    open_real: Open,
    insutype: str,
    kind: str,
    level: str,
    deductible_fen: int,
    in_work: int,
    retired: int,
) -> None:
    folder = SHIPPED / "policies" / "benefits"
    counter = open_real(benefits_file=folder / "xining-2024.toml")
    asked: Json = {"insutype": insutype, "kind": kind, "level": level}
    limit_fen = 20000 if insutype == "390" else 200000
    for is_retired, percent in ((False, in_work), (True, retired)):
        paid = await bill(counter, 90000, retired=is_retired, **asked)
        assert paid["fund_fen"] == min((90000 - deductible_fen) * percent // 100, limit_fen)
    if kind == "outpatient":
        assert (await bill(counter, 10**7, **asked))["fund_fen"] == limit_fen


async def test_a_bill_nobody_has_a_rate_for_says_so(open_real: Open) -> None:
    counter = open_real()
    asked: Json = {"insutype": "390", "kind": "inpatient", "level": "三级", "lines": []}
    assert (await counter.http.post("/benefits", json=asked)).status_code == 400
    asked["lines"] = [{"item_class": "甲", "amount_fen": 1}]
    answer = await counter.http.post("/benefits", json=asked)
    assert (answer.status_code, answer.json()["error"]) == (
        409,
        "xining-2025-03 has no rate for 390 inpatient 三级",
    )
