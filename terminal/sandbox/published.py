"""What this platform publishes of its catalogue: 1301 and 9102 by version, 1312 to 1319 by page.

The rows are those of the sandbox's own catalogue file and, where wanted, any number of invented
drugs.  File and list say the same as settlements do: class, limit and first share are the policy's.

Source: the 97 columns of 1301 and the order of those filled in here are as public client code
reads them (UNVERIFIED); so is the literal `null`.  Own choices: what a version looks like, how many
rows one has, and that nothing newer is an answer without a file number.
"""

from __future__ import annotations

import csv
import functools
import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from terminal.sandbox.catalogue import LEVELS, InsuranceClass
from terminal.sandbox.money import share, yuan
from terminal.sandbox.policy import Benefit

ROWS_OF_A_VERSION = 25_000
COLUMNS = 97
CHANGED = "2026-01-01 00:00:00"
"""Since then nothing did."""

_BEGINNINGS = "阿莫头孢复方盐酸硫酸维生布洛左氧奥美氨氯连花藿香板蓝六味牛黄银杏"
_MIDDLES = "西林克肟丹参沙星拉唑地平他汀清瘟正气地黄解毒救心双胍钠盐钙片锌剂"
_FORMS = "胶囊分散颗粒口服注射滴丸软膏喷雾糖浆散剂"
"""Two characters each."""
_LEVELS = {"甲": "1", "乙": "2", "自费": "3"}


@dataclass(frozen=True, slots=True)
class Drug:
    code: str
    name: str
    spec: str
    maker: str
    insurance_class: InsuranceClass


@dataclass(frozen=True, slots=True)
class Publications:
    catalogue_file: Path
    invented: int = 0
    """How many drugs beside those of the file."""

    def drugs(self) -> Sequence[Drug]:
        return _drugs(self.catalogue_file, self.invented)

    def newer(self, infno: str, version: str) -> tuple[str, int]:
        """Number and rows of the first file beyond a version; "" and 0: there is none."""
        if infno == "1301":
            for at, count in enumerate(self._counts(), start=1):
                if _version(at) > version:
                    return _version(at), count
        return "", 0

    def file(self, number: str) -> bytes | None:
        """The ZIP of that number; None: there is none."""
        versions = [_version(at) for at in range(1, len(self._counts()) + 1)]
        if number not in versions:
            return None
        first = versions.index(number) * ROWS_OF_A_VERSION
        drugs = self.drugs()[first : first + ROWS_OF_A_VERSION]
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            archive.writestr(f"{number}.txt", "".join(_line(drug, number) for drug in drugs))
        return packed.getvalue()

    def _counts(self) -> list[int]:
        left, counts = len(self.drugs()), []
        while left > 0:
            counts.append(min(left, ROWS_OF_A_VERSION))
            left -= ROWS_OF_A_VERSION
        return counts


def classes(drugs: Iterable[Drug]) -> Iterator[dict[str, object]]:
    """Rows of 1312."""
    for drug in drugs:
        yield {**_holds(drug.code), "chrgitm_lv": LEVELS[drug.insurance_class], "list_type": "101"}


def price_limits(benefit: Benefit) -> Iterator[dict[str, object]]:
    """Rows of 1318."""
    for code, limit_fen in benefit.price_limit_fen.items():
        yield {
            **_holds(code),
            "hilist_lmtpric_type": "1",
            "overlmt_dspo_way": "1",
            "hilist_pric_uplmt_amt": yuan(limit_fen),
        }


def first_shares(drugs: Iterable[Drug], benefit: Benefit) -> Iterator[dict[str, object]]:
    """Rows of 1319: of those that have one."""
    for drug in drugs:
        prop = benefit.first_pay_share.get(drug.insurance_class.value, Decimal(1))
        if 0 < prop < 1:
            yield {
                **_holds(drug.code),
                "selfpay_prop_psn_type": "1",
                "selfpay_prop_type": "1",
                "selfpay_prop": share(prop),
            }


def _holds(code: str) -> dict[str, object]:
    return {
        "hilist_code": code,
        "insu_admdvs": "630000",
        "begndate": "2020-01-01",
        "enddate": None,
        "vali_flag": "1",
    }


def _version(at: int) -> str:
    return f"F001_20260101_{at:04d}"


@functools.cache
def _drugs(catalogue_file: Path, invented: int) -> tuple[Drug, ...]:
    """The file was checked when the rules were read, so nothing here can be wrong."""
    with catalogue_file.open(encoding="utf-8-sig", newline="") as file:
        listed = [row for row in csv.DictReader(file) if row["insurance_code"]]
    shipped = (
        Drug(
            row["insurance_code"],
            row["name"],
            row["spec"],
            "示范制药",
            InsuranceClass(row["insurance_class"]),
        )
        for row in listed
    )
    return (*shipped, *map(_invented, range(invented)))


def _invented(number: int) -> Drug:
    name, rest = "", number
    for parts in (_FORMS, _MIDDLES, _BEGINNINGS):
        rest, at = divmod(rest, len(parts) // 2)
        name = parts[2 * at : 2 * at + 2] + name
    classes = (InsuranceClass.A, InsuranceClass.B, InsuranceClass.OWN_COST)
    return Drug(
        f"XZ99ZZZ{number:06d}A001010{rest % 1000:03d}",
        name,
        f"{number % 50 + 1}mg×{number % 7 * 6 + 6}",
        f"示范制药{rest + 1}厂",
        classes[number % 3],
    )


def _line(drug: Drug, version: str) -> str:
    filled = {
        1: drug.code,
        4: drug.name,
        8: drug.name,
        14: drug.spec,
        17: drug.spec,
        37: "2020-01-01 00:00:00",
        54: drug.maker,
        79: "1",
        83: version,
        93: _LEVELS[drug.insurance_class.value],
    }
    return "\t".join(filled.get(column, "null") for column in range(1, COLUMNS + 1)) + "\n"
